//! Words that are an indicator by themselves: digests, wallets, and numbers of vulnerabilities and techniques.

use super::super::IocKind;
use super::{Run, lower, pieces, places_of};
use crate::{Span, wallet};
use std::borrow::Cow;

/// The shortest that is not the number of a technique: a Bitcoin address.
pub(super) const SHORTEST_LONG: usize = 14;

impl<F: FnMut(IocKind, Cow<'_, str>, Span)> Run<'_, F> {
    /// Digests, techniques and wallets.
    pub(super) fn words(&mut self, text: &str) {
        for (start, word) in pieces(text, |byte| byte.is_ascii_alphanumeric()) {
            let end = start + word.len();
            if word.len() < SHORTEST_LONG {
                if let Some(length) = technique(&text[start..]) {
                    let value = Cow::Borrowed(&text[start..start + length]);
                    self.report(IocKind::Technique, value, start, start + length);
                }
            } else if let Some(kind) = digest(word.len()).filter(|_| is_digest(word)) {
                self.report(kind, lower(word), start, end);
            } else if is_wallet(word) {
                self.report(IocKind::Wallet, Cow::Borrowed(word), start, end);
            }
        }
    }

    pub(super) fn vulnerabilities(&mut self, text: &str) {
        let bytes = text.as_bytes();
        for hyphen in places_of(b'-', bytes) {
            let Some(start) = hyphen.checked_sub(3) else { continue };
            let Some((year, number)) = bytes[hyphen + 1..].split_at_checked(4) else { continue };
            let alone = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
            if !alone
                || !bytes[start..hyphen].eq_ignore_ascii_case(b"cve")
                || !(*b"1999"..=*b"2099").contains(&[year[0], year[1], year[2], year[3]])
                || !year.iter().all(u8::is_ascii_digit)
                || number.first() != Some(&b'-')
            {
                continue;
            }
            let digits = number[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let ends = !number.get(1 + digits).is_some_and(u8::is_ascii_alphabetic);
            if ends && (4..=19).contains(&digits) {
                let end = hyphen + 6 + digits;
                let value = Cow::Owned(text[start..end].to_ascii_uppercase());
                self.report(IocKind::Cve, value, start, end);
            }
        }
    }
}

/// The digest that has so many hexadecimal digits.
fn digest(length: usize) -> Option<IocKind> {
    match length {
        32 => Some(IocKind::Md5),
        40 => Some(IocKind::Sha1),
        64 => Some(IocKind::Sha256),
        128 => Some(IocKind::Sha512),
        _ => None,
    }
}

/// Hexadecimal, with more than a few different digits: `000...0` is a digest of nothing.
fn is_digest(word: &str) -> bool {
    let mut seen = 0u32;
    word.chars().all(|c| {
        c.to_digit(16).is_some_and(|digit| {
            seen |= 1 << digit;
            true
        })
    }) && seen.count_ones() > 4
}

/// Bitcoin by its checksum; Ethereum by its shape, and by its checksum if it is in mixed case.
fn is_wallet(word: &str) -> bool {
    match word.as_bytes() {
        [b'0', b'x', digits @ ..] => {
            digits.len() == 40 && is_digest(&word[2..]) && wallet::ethereum(word.as_bytes())
        }
        [b'b' | b'B' | b'1' | b'3', ..] => wallet::bitcoin(word.as_bytes()),
        _ => false,
    }
}

/// Length of `T1059`, `T1059.001` or `TA0001` at the start of a text.
fn technique(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'T') {
        return None;
    }
    let digits =
        |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let letters = if text.starts_with("TA0") { 2 } else { 1 };
    if digits(letters) != 4 || !(letters == 2 || matches!(bytes[1], b'0' | b'1')) {
        return None;
    }
    let base = letters + 4;
    let length =
        if letters == 1 && bytes.get(base) == Some(&b'.') && digits(base + 1) == 3 { base + 4 } else { base };
    (!bytes.get(length).is_some_and(u8::is_ascii_alphanumeric)).then_some(length)
}

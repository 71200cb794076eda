//! Format-preserving encryption: FF1 of NIST SP 800-38G over AES-256.

use crate::Key;
use aes::Aes256;
use fpe::ff1::{FF1, NumeralString, Operations};
use std::fmt;

/// Kinds whose last digit is a Luhn check digit. It is written so that it is wrong: what comes out is never anybody's
/// valid number.
const LUHN_KINDS: [&str; 4] = ["ca_sin", "credit_card", "imei", "us_npi"];

/// A group of characters that is too small to be encrypted stays, but only up to this length: the letters of a passport
/// number or of an IBAN.
const MAX_CLEAR: usize = 3;
/// SP 800-38G asks for a million possible values: six digits, five letters.
const MIN_DIGITS: usize = 6;
const MIN_LETTERS: usize = 5;

/// Encrypts digits to digits and letters to letters, and leaves everything else. The kind is the tweak.
pub(super) struct Cipher {
    digits: FF1<Aes256>,
    letters: FF1<Aes256>,
    tweak: Vec<u8>,
    has_check_digit: bool,
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(***)")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Encrypt,
    Decrypt,
}

impl Cipher {
    pub(super) fn new(key: &Key, kind: &str) -> Self {
        let key = key.derive("format-preserving encryption");
        let cipher = |radix| FF1::new(&key, radix).expect("ten and 26 are radices of FF1");
        Self {
            digits: cipher(10),
            letters: cipher(26),
            tweak: kind.as_bytes().to_vec(),
            has_check_digit: LUHN_KINDS.contains(&kind),
        }
    }

    /// None if the value has too few digits and letters to be encrypted, or letters beyond ASCII.
    pub(super) fn apply(&self, value: &str, direction: Direction) -> Option<String> {
        if value.chars().any(|c| !c.is_ascii() && c.is_alphanumeric()) {
            return None;
        }
        let mut digits: Vec<u16> =
            value.bytes().filter(u8::is_ascii_digit).map(|b| u16::from(b - b'0')).collect();
        let letter = |b: u8| u16::from(b.to_ascii_lowercase() - b'a');
        let mut letters: Vec<u16> = value.bytes().filter(u8::is_ascii_alphabetic).map(letter).collect();

        let check = if self.has_check_digit { digits.pop() } else { None };
        let offset = check.map(|check| (10 + check - luhn(&digits)) % 10);
        let digits_done = self.group(&self.digits, &mut digits, MIN_DIGITS, direction)?;
        let letters_done = self.group(&self.letters, &mut letters, MIN_LETTERS, direction)?;
        if !digits_done && !letters_done {
            return None;
        }
        if let Some(offset) = offset {
            // A right digit is off by none, and becomes one that is off by one; and back.
            let turn = if direction == Direction::Encrypt { 1 } else { 9 };
            digits.push((luhn(&digits) + offset + turn) % 10);
        }
        let (mut digits, mut letters) = (digits.into_iter(), letters.into_iter());
        let mut write = |c: char| {
            let (numeral, first) = match c {
                '0'..='9' => (digits.next(), b'0'),
                'a'..='z' => (letters.next(), b'a'),
                'A'..='Z' => (letters.next(), b'A'),
                _ => (None, 0),
            };
            numeral.map_or(c, |numeral| char::from(first + numeral as u8))
        };
        Some(value.chars().map(&mut write).collect())
    }

    /// Encrypts one group. False if it is small enough to stay as it is, none if it is neither that nor long enough.
    fn group(
        &self,
        cipher: &FF1<Aes256>,
        group: &mut Vec<u16>,
        min: usize,
        direction: Direction,
    ) -> Option<bool> {
        if group.len() < min {
            return (group.len() <= MAX_CLEAR).then_some(false);
        }
        let numerals = Numerals(std::mem::take(group));
        let done = match direction {
            Direction::Encrypt => cipher.encrypt(&self.tweak, &numerals),
            Direction::Decrypt => cipher.decrypt(&self.tweak, &numerals),
        };
        *group = done.ok()?.0;
        Some(true)
    }
}

/// The digit that makes a number pass the Luhn test (ISO/IEC 7812-1, annex B).
fn luhn(payload: &[u16]) -> u16 {
    let doubled = |(i, digit): (usize, &u16)| match (i % 2, digit * 2) {
        (0, twice) => twice / 10 + twice % 10,
        _ => *digit,
    };
    (10 - payload.iter().rev().enumerate().map(doubled).sum::<u16>() % 10) % 10
}

/// Numerals in some radix, the most significant first. The crate's own needs three crates for big integers; values are
/// short, so that schoolbook arithmetic does.
struct Numerals(Vec<u16>);

impl NumeralString for Numerals {
    type Ops = Self;

    fn is_valid(&self, radix: u32) -> bool {
        self.0.iter().all(|numeral| u32::from(*numeral) < radix)
    }

    fn numeral_count(&self) -> usize {
        self.0.len()
    }

    fn split(&self) -> (Self, Self) {
        let (a, b) = self.0.split_at(self.0.len() / 2);
        (Self(a.to_vec()), Self(b.to_vec()))
    }

    fn concat(mut a: Self, b: Self) -> Self {
        a.0.extend(b.0);
        a
    }
}

impl Operations for Numerals {
    type Bytes = Vec<u8>;

    fn numeral_count(&self) -> usize {
        self.0.len()
    }

    fn to_be_bytes(&self, radix: u32, b: usize) -> Vec<u8> {
        let mut bytes = vec![0; b];
        for numeral in &self.0 {
            let mut carry = u32::from(*numeral);
            for byte in bytes.iter_mut().rev() {
                let sum = u32::from(*byte) * radix + carry;
                *byte = sum as u8;
                carry = sum >> 8;
            }
        }
        bytes
    }

    fn add_mod_exp(self, other: impl Iterator<Item = u8>, radix: u32, m: usize) -> Self {
        let mut carry = 0;
        let mut sum = reduced(other, radix, m);
        for (i, numeral) in sum.iter_mut().rev().enumerate() {
            let total = u32::from(*numeral) + self.nth_last(i) + carry;
            *numeral = (total % radix) as u16;
            carry = total / radix;
        }
        Self(sum)
    }

    fn sub_mod_exp(self, other: impl Iterator<Item = u8>, radix: u32, m: usize) -> Self {
        let mut borrow = 0;
        let mut difference = reduced(other, radix, m);
        for (i, numeral) in difference.iter_mut().rev().enumerate() {
            let total = radix + self.nth_last(i) - u32::from(*numeral) - borrow;
            *numeral = (total % radix) as u16;
            borrow = u32::from(total < radix);
        }
        Self(difference)
    }
}

impl Numerals {
    fn nth_last(&self, i: usize) -> u32 {
        self.0.len().checked_sub(i + 1).map_or(0, |at| u32::from(self.0[at]))
    }
}

/// A number given by its bytes, modulo radix to the power of m, as m numerals.
fn reduced(bytes: impl Iterator<Item = u8>, radix: u32, m: usize) -> Vec<u16> {
    let mut numerals = vec![0_u16; m];
    for byte in bytes {
        let mut carry = u32::from(byte);
        for numeral in numerals.iter_mut().rev() {
            let sum = u32::from(*numeral) * 256 + carry;
            *numeral = (sum % radix) as u16;
            carry = sum / radix;
        }
    }
    numerals
}

#[cfg(test)]
mod tests {
    use super::{Cipher, Direction, FF1, Numerals, luhn};
    use crate::Key;
    use aes::{Aes128, Aes256};
    use proptest::prelude::*;

    fn cipher(kind: &str) -> Cipher {
        Cipher::new(&Key::new("0123456789abcdef").unwrap(), kind)
    }

    /// NIST's published examples for FF1 (SP 800-38G samples 1, 2, 3 and 7).
    #[test]
    fn nist_samples() {
        let key: Vec<u8> = (0..32)
            .map(|i| {
                [
                    0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F,
                    0x3C, 0xEF, 0x43, 0x59, 0xD8, 0xD5, 0x80, 0xAA, 0x4F, 0x7F, 0x03, 0x6D, 0x6F, 0x04, 0xFC,
                    0x6A, 0x94,
                ][i]
            })
            .collect();
        let numerals = |text: &str| Numerals(text.chars().map(|c| c.to_digit(36).unwrap() as u16).collect());
        let check = |done: Numerals, wanted: &str| assert_eq!(done.0, numerals(wanted).0);
        let ten = FF1::<Aes128>::new(&key[..16], 10).unwrap();
        check(ten.encrypt(&[], &numerals("0123456789")).unwrap(), "2433477484");
        let tweak: Vec<u8> = (0x30..0x3A).rev().collect();
        check(ten.encrypt(&tweak, &numerals("0123456789")).unwrap(), "6124200773");
        let tweak = [0x37, 0x37, 0x37, 0x37, 0x70, 0x71, 0x72, 0x73, 0x37, 0x37, 0x37];
        let wide = FF1::<Aes128>::new(&key[..16], 36).unwrap();
        check(wide.encrypt(&tweak, &numerals("0123456789abcdefghi")).unwrap(), "a9tv40mll9kdu509eum");
        check(wide.decrypt(&tweak, &numerals("a9tv40mll9kdu509eum")).unwrap(), "0123456789abcdefghi");
        let ten = FF1::<Aes256>::new(&key, 10).unwrap();
        check(ten.encrypt(&[], &numerals("0123456789")).unwrap(), "6657667009");
        check(ten.decrypt(&[], &numerals("6657667009")).unwrap(), "0123456789");
    }

    #[test]
    fn a_card_becomes_no_card() {
        let cipher = cipher("credit_card");
        let out = cipher.apply("4111 1111 1111 1111", Direction::Encrypt).unwrap();
        assert_eq!(out.len(), 19);
        let digits: Vec<u16> = out.bytes().filter(u8::is_ascii_digit).map(|b| u16::from(b - b'0')).collect();
        assert_ne!(luhn(&digits[..15]), digits[15]);
        assert_eq!(cipher.apply(&out, Direction::Decrypt).unwrap(), "4111 1111 1111 1111");
    }

    #[test]
    fn what_is_too_short_is_refused() {
        for value in ["12345", "abcd", "+1 23", "Jürgen1234567", "1234abcdefgh"] {
            assert_eq!(cipher("phone").apply(value, Direction::Encrypt), None, "{value}");
        }
        let out = cipher("iban").apply("DE89370400440532013000", Direction::Encrypt).unwrap();
        assert!(out.starts_with("DE") && out != "DE89370400440532013000");
    }

    proptest! {
        #[test]
        fn decrypting_undoes_it(value in "[A-Za-z0-9 @.+-]{0,60}", kind in "(credit_card|email|phone)") {
            let cipher = cipher(&kind);
            if let Some(out) = cipher.apply(&value, Direction::Encrypt) {
                let shape = |text: &str| text.chars().map(|c| match c {
                    '0'..='9' => '0', 'a'..='z' => 'a', 'A'..='Z' => 'A', other => other,
                }).collect::<String>();
                prop_assert_eq!(shape(&out), shape(&value));
                prop_assert_eq!(cipher.apply(&out, Direction::Decrypt).unwrap(), value);
            }
        }
    }
}

mod name;
mod place;
mod word;

use super::host::is_benign;
use super::refang::{Places, refang};
use super::{Ioc, IocKind};
use crate::Span;
use std::borrow::Cow;

/// The indicators in a text, without those that tell nothing; see [`Extractor`].
pub fn extract(text: &str) -> Vec<Ioc> {
    Extractor::default().extract(text)
}

/// Finds indicators.
///
/// What everybody mentions is left out unless asked for: private and reserved addresses, public resolvers, domains of large vendors
/// and registries with everything below them, and words that only look like a domain (`main.rs`, `user.name`, `done.It`). Nothing
/// else is: there is no cap on how many are found. Time is linear in the text.
#[derive(Clone, Debug, Default)]
pub struct Extractor {
    keep_benign: bool,
    benign: Vec<String>,
}

impl Extractor {
    /// Reports what is left out by default, too.
    pub fn with_benign_kept(mut self, keep: bool) -> Self {
        self.keep_benign = keep;
        self
    }

    /// Leaves out these domains, with everything below them.
    pub fn with_benign_domains<S: Into<String>>(mut self, domains: impl IntoIterator<Item = S>) -> Self {
        self.benign.extend(domains.into_iter().map(|domain| domain.into().to_ascii_lowercase()));
        self
    }

    /// The indicators of `text` in order of their place; of two that begin together, the longer first.
    pub fn extract(&self, text: &str) -> Vec<Ioc> {
        let mut found = Vec::new();
        self.scan(text, &mut |kind, value: Cow<'_, str>, span| {
            found.push(Ioc { kind, value: value.into_owned(), span });
        });
        found.sort_by_key(Ioc::order);
        found.dedup();
        found
    }

    /// Hands over what [`Extractor::extract`] returns, without a copy of it, run by run but in no order within a run.
    pub(super) fn scan<F: FnMut(IocKind, Cow<'_, str>, Span)>(&self, text: &str, found: &mut F) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            let mut traits = 0;
            while at < bytes.len() && CLASS[usize::from(bytes[at])] != SEPARATOR {
                traits |= CLASS[usize::from(bytes[at])];
                at += 1;
            }
            // Every kind has a digit or a mark; most words of most texts have none.
            if traits != 0 && at - start >= SHORTEST {
                self.scan_run(&text[start..at], start, traits, found);
            }
            at += 1;
        }
    }

    fn scan_run<F: FnMut(IocKind, Cow<'_, str>, Span)>(
        &self,
        run: &str,
        start: usize,
        traits: u8,
        found: &mut F,
    ) {
        let extractor = self;
        if traits & (BRACKET | COLON) != 0
            && let Some((refanged, places)) = refang(run, traits & BRACKET != 0, start)
        {
            let traits = refanged.bytes().fold(0, |traits, byte| traits | CLASS[usize::from(byte)]);
            Run { places, extractor, found }.scan(&refanged, traits);
        } else if traits & (DOT | COLON | AT) != 0
            || (traits & DIGIT != 0 && (traits & (HYPHEN | T) != 0 || run.len() >= word::SHORTEST_LONG))
        {
            Run { places: Places::untouched(start), extractor, found }.scan(run, traits);
        }
    }

    fn leaves_out(&self, domain: &str) -> bool {
        let below = |parent: &String| {
            domain.strip_suffix(parent.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        !self.keep_benign && (is_benign(domain) || self.benign.iter().any(below))
    }
}

const DIGIT: u8 = 1;
const DOT: u8 = 2;
const COLON: u8 = 4;
const AT: u8 = 8;
/// What stands around a defanged mark.
const BRACKET: u8 = 16;
const HYPHEN: u8 = 32;
/// The letter with which a technique begins.
const T: u8 = 64;
const SEPARATOR: u8 = 128;
/// `::1`, `T0800` and `a.co` are the shortest; one byte of slack costs nothing.
const SHORTEST: usize = 3;

/// What a byte means to the search for runs. Indicators are ASCII: other characters separate them.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            0..=b' ' | b'"' | b'\'' | b'`' | b'<' | b'>' | b',' | b';' | b'|' | 0x7f..=0xff => SEPARATOR,
            b'0'..=b'9' => DIGIT,
            b'.' => DOT,
            b':' => COLON,
            b'@' => AT,
            b'[' | b'(' | b'{' | b']' | b'\\' => BRACKET,
            b'-' => HYPHEN,
            b'T' => T,
            _ => 0,
        };
        byte += 1;
    }
    class
};

/// Text between two separators.
struct Run<'r, F> {
    places: Places,
    extractor: &'r Extractor,
    found: &'r mut F,
}

impl<F: FnMut(IocKind, Cow<'_, str>, Span)> Run<'_, F> {
    /// Looks for every kind that a text with these bytes in it can hold.
    fn scan(&mut self, text: &str, traits: u8) {
        let has = |wanted: u8| traits & wanted == wanted;
        let text = if has(COLON) { &text[..self.urls(text)] } else { text };
        if has(AT) {
            self.mails(text);
        }
        if has(DOT | DIGIT) {
            self.v4_addresses(text);
        }
        if has(COLON) {
            self.v6_addresses(text);
        }
        if has(DOT) {
            self.names(text);
        }
        // No digest is without a digit.
        if has(DIGIT) {
            if has(T) || text.len() >= word::SHORTEST_LONG {
                self.words(text);
            }
            if has(HYPHEN) {
                self.vulnerabilities(text);
            }
        }
    }

    fn report(&mut self, kind: IocKind, value: Cow<'_, str>, start: usize, end: usize) {
        (self.found)(kind, value, Span::new(self.places.of(start), self.places.of(end)));
    }
}

/// In lower case; a copy only where that changes something.
pub(super) fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The runs of bytes that belong to something, with their offsets.
fn pieces(text: &str, belongs: impl Fn(u8) -> bool + Copy) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        at += bytes[at..].iter().take_while(|&&byte| !belongs(byte)).count();
        let start = at;
        at += bytes[at..].iter().take_while(|&&byte| belongs(byte)).count();
        (start < at).then(|| (start, &text[start..at]))
    })
}

/// Those of [`pieces`] that hold a mark which belongs to them: the bytes of the others are not looked at one by one.
fn pieces_with(
    text: &str,
    mark: u8,
    belongs: impl Fn(u8) -> bool + Copy,
) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        let at = from + bytes[from..].iter().position(|&byte| byte == mark)?;
        let start = at - bytes[from..at].iter().rev().take_while(|&&byte| belongs(byte)).count();
        let end = at + bytes[at..].iter().take_while(|&&byte| belongs(byte)).count();
        from = end;
        Some((start, &text[start..end]))
    })
}

/// Where a byte stands. Runs are short: a search with vectors would take longer to begin than to end.
pub(super) fn places_of(byte: u8, text: &[u8]) -> impl Iterator<Item = usize> {
    text.iter().enumerate().filter(move |&(_, &other)| other == byte).map(|(at, _)| at)
}

/// Whether the bytes on both sides of a piece are not such as would make it a part of something longer.
fn stands_alone(text: &str, start: usize, end: usize, joins: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    (start == 0 || !joins(bytes[start - 1])) && bytes.get(end).is_none_or(|&byte| !joins(byte))
}

#[cfg(test)]
mod tests;

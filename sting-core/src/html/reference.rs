//! Character references: `&amp;`, `&#64;`, `&#x40;`.

use crate::{SourceMap, Span};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Where a character reference stands, which decides about some that lack their semicolon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// In text.
    Text,
    /// In the value of an attribute, where `&copy=1` is no copyright sign.
    Attribute,
}

/// A run of text, as it stands or decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Text without references.
    Verbatim(&'t str),
    /// What a reference stands for: one character, or two.
    Decoded(char, Option<char>),
}

/// Iterates over the [`Piece`]s of a text, each with its span in it.
#[derive(Clone, Debug)]
pub struct Pieces<'t> {
    text: &'t str,
    at: usize,
    context: Context,
    /// A reference that was found behind the verbatim run just returned.
    pending: Option<(Piece<'t>, usize)>,
}

impl<'t> Pieces<'t> {
    /// Reads `text` from its beginning.
    pub fn new(text: &'t str, context: Context) -> Self {
        Self { text, at: 0, context, pending: None }
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = (Span, Piece<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        if let Some((piece, len)) = self.pending.take() {
            self.at += len;
            return Some((Span::new(start, self.at), piece));
        }
        let bytes = self.text.as_bytes();
        while let Some(at) = memchr::memchr(b'&', &bytes[self.at..]) {
            self.at += at;
            let Some((first, second, len)) = reference(&bytes[self.at..], self.context) else {
                self.at += 1;
                continue;
            };
            let decoded = Piece::Decoded(first, second);
            if self.at == start {
                self.at += len;
                return Some((Span::new(start, self.at), decoded));
            }
            self.pending = Some((decoded, len));
            return Some((Span::new(start, self.at), Piece::Verbatim(&self.text[start..self.at])));
        }
        self.at = bytes.len();
        (start < self.at).then(|| (Span::new(start, self.at), Piece::Verbatim(&self.text[start..])))
    }
}

/// Text with its character references decoded, and the map back to it.
pub fn decode(text: &str) -> (Cow<'_, str>, SourceMap) {
    decode_in(text, Context::Text)
}

/// As [`decode`], for either context.
pub(super) fn decode_in(text: &str, context: Context) -> (Cow<'_, str>, SourceMap) {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return (Cow::Borrowed(text), SourceMap::identity(text.len()));
    }
    let (mut out, mut map) = (String::with_capacity(text.len()), SourceMap::default());
    for (span, piece) in Pieces::new(text, context) {
        match piece {
            Piece::Verbatim(run) => {
                out.push_str(run);
                map.push_verbatim(run.len(), span.start);
            }
            Piece::Decoded(first, second) => {
                let before = out.len();
                out.extend([Some(first), second].into_iter().flatten());
                map.push_rewritten(out.len() - before, span);
            }
        }
    }
    (Cow::Owned(out), map)
}

/// The reference that `bytes` begins with, and its length.
fn reference(bytes: &[u8], context: Context) -> Option<(char, Option<char>, usize)> {
    match bytes.get(1)? {
        b'#' => numeric(bytes).map(|(char, len)| (char, None, len)),
        first if first.is_ascii_alphanumeric() => named(bytes, context),
        _ => None,
    }
}

fn numeric(bytes: &[u8]) -> Option<(char, usize)> {
    let (radix, start) = match bytes.get(2)? {
        b'x' | b'X' => (16, 3),
        _ => (10, 2),
    };
    let (mut code, mut at) = (0u32, start);
    while let Some(digit) = bytes.get(at).and_then(|&byte| char::from(byte).to_digit(radix)) {
        code = code.saturating_mul(radix).saturating_add(digit);
        at += 1;
    }
    if at == start {
        return None;
    }
    at += usize::from(bytes.get(at) == Some(&b';'));
    // Code points of the C1 range are taken for Windows-1252, as browsers do.
    let code = match code {
        0x80..=0x9F => WINDOWS_1252[(code - 0x80) as usize],
        0 => 0xFFFD,
        _ => code,
    };
    Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), at))
}

#[rustfmt::skip]
const WINDOWS_1252: [u32; 32] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
    0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
];

/// No name is longer, its semicolon included.
const LONGEST_NAME: usize = 32;
/// No name that does without its semicolon is longer.
const LONGEST_LEGACY: usize = 6;

fn named(bytes: &[u8], context: Context) -> Option<(char, Option<char>, usize)> {
    let name = &bytes[1..];
    let run = name.iter().take(LONGEST_NAME).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if name.get(run) == Some(&b';')
        && let Some((first, second)) = look_up(&name[..=run])
    {
        return Some((first, second, run + 2));
    }
    (1..=run.min(LONGEST_LEGACY)).rev().find_map(|len| {
        let (first, second) = look_up(&name[..len])?;
        let goes_on = name.get(len).is_some_and(|&byte| byte == b'=' || byte.is_ascii_alphanumeric());
        (context == Context::Text || !goes_on).then_some((first, second, len + 1))
    })
}

type Named = (&'static str, char, Option<char>);

fn look_up(name: &[u8]) -> Option<(char, Option<char>)> {
    static NAMES: OnceLock<Vec<Named>> = OnceLock::new();
    let names = NAMES.get_or_init(|| include_str!("named.txt").lines().filter_map(parse_line).collect());
    let at = names.binary_search_by(|(known, ..)| known.as_bytes().cmp(name)).ok()?;
    Some((names[at].1, names[at].2))
}

/// A line of the table: a name, then one or two code points in hexadecimal. The names are those of
/// the HTML standard, sorted by their bytes.
fn parse_line(line: &'static str) -> Option<Named> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let mut char = || words.next().and_then(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?));
    Some((name, char()?, char()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_sorted() {
        let rows: Vec<_> = include_str!("named.txt").lines().map(|line| parse_line(line).unwrap()).collect();
        assert_eq!(rows.len(), 2231);
        assert!(rows.is_sorted_by(|a, b| a.0 < b.0));
        assert!(rows.iter().all(|row| row.0.len() <= LONGEST_NAME));
        assert!(rows.iter().all(|row| row.0.ends_with(';') || row.0.len() <= LONGEST_LEGACY));
    }

    #[test]
    fn references_of_every_sort() {
        for (text, decoded) in [
            ("a&amp;b", "a&b"),
            ("&lt;&gt", "<>"),
            ("&notit; &notin;", "¬it; ∉"),
            ("x&#64;y &#x40; &#X40", "x@y @ @"),
            ("&#128; &#0; &#xD800; &#99999999999;", "€ \u{FFFD} \u{FFFD} \u{FFFD}"),
            ("&; & &# &#x; &unknown;", "&; & &# &#x; &unknown;"),
            ("&acE;", "\u{223E}\u{333}"),
        ] {
            let (out, map) = decode(text);
            assert_eq!(out, decoded, "{text}");
            assert_eq!(map.output_len(), out.len());
        }
        assert_eq!(decode_in("?a=1&copy=2&amp;b", Context::Attribute).0, "?a=1&copy=2&b");
        let (out, map) = decode("ab &amp; cd");
        assert_eq!(map.source_of(Span::new(out.find("cd").unwrap(), out.len())), Span::new(9, 11));
    }
}

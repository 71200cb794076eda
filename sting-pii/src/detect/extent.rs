//! How far a value goes on behind what its pattern matched, where an automaton would need a state
//! for each of thousands of bytes.

use crate::catalog::Extent;
use memchr::memmem;

/// Longest value of any kind, in bytes, but for the rest of a character. What is longer is cut there.
pub(crate) const MAX_VALUE: usize = 8 * 1024;

/// Most bytes of a character that may follow the one in which a value was cut.
pub(super) const MAX_TAIL: usize = 3;

/// Runs of bytes that were walked over for the last values. A value that begins in one (`a=b=c=...`
/// is three) goes on from its end, or a text of nothing else would take a walk for each byte.
#[derive(Debug, Default)]
pub(super) struct Runs {
    open: Run,
    token: Run,
}

/// A stretch of one text without an end of a value in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Run(std::ops::Range<usize>);

impl Run {
    /// The first byte of `text` from `from` on that `goes_on` is false for.
    pub(super) fn end(&mut self, text: &[u8], from: usize, goes_on: impl Fn(u8) -> bool) -> usize {
        if !self.0.contains(&from) {
            self.0 = from..from;
        }
        let rest = text.get(self.0.end..).unwrap_or_default();
        let length = rest.iter().take_while(|b| goes_on(**b)).count();
        super::work::count(length);
        self.0.end += length;
        self.0.end.min(text.len())
    }
}

impl Extent {
    /// The end of the value that begins at `start` and whose pattern ended at `end`: never inside
    /// a character.
    pub(super) fn end(self, text: &[u8], start: usize, end: usize, runs: &mut Runs) -> usize {
        let cap = text.len().min(start + MAX_VALUE);
        let end = match self {
            Self::Match => end,
            Self::Token => runs.token.end(&text[..cap], end, is_token),
            Self::Pem => pem_end(&text[..cap], end),
            Self::Quoted => quoted_end(&text[..cap], start, end, &mut runs.open),
        };
        character_end(text, end.min(cap))
    }
}

/// The first border between characters at or behind `at`. Bytes that are no UTF-8 are characters
/// of their own.
pub(super) fn character_end(text: &[u8], at: usize) -> usize {
    let is_tail = |i: usize| text.get(i).is_some_and(|b| b & 0xC0 == 0x80);
    let tails = (1..=MAX_TAIL).find(|&back| at < back || !is_tail(at - back));
    let Some(lead) = tails.and_then(|back| at.checked_sub(back)) else { return at };
    let length = match text[lead] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return at,
    };
    (at..lead + length).find(|&i| !is_tail(i)).unwrap_or_else(|| at.max(lead + length))
}

/// What stands in no value without quotes.
const fn ends_open_value(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | b'"' | b'\'' | b'`' | b',' | b';' | b'&' | b'<' | b'>' | b'(' | b')' | b'\\')
}

/// True for a byte that a value of this extent goes on over, quoted or not.
pub(super) const fn goes_on(extent: Extent, byte: u8) -> bool {
    match extent {
        Extent::Token => is_token(byte),
        Extent::Quoted => !ends_open_value(byte),
        Extent::Match | Extent::Pem => false,
    }
}

const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=' | b'.' | b'%')
}

/// Through base64 and the white space between its lines (as real line ends or as `\n` in a string),
/// and through the end line if there is one.
fn pem_end(text: &[u8], begin: usize) -> usize {
    let body = &text[begin..];
    // Sixteen and more bytes are searched in one step.
    super::work::count(body.len() / 16);
    if let Some(dashes) = memmem::find(body, b"-----END ") {
        let tail = &body[dashes + 9..];
        let line = tail.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || **b == b' ').count();
        let closing = tail[line..].iter().take(5).take_while(|b| **b == b'-').count();
        // Another block begins before this one ends: they are two.
        if memmem::find(&body[..dashes], b"-----BEGIN ").is_none() {
            return begin + dashes + 9 + line + closing;
        }
    }
    let open = body
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\'))
        .count();
    begin + open
}

/// If a quote stands before the value: to the same quote behind it, on the same line. Else to what
/// ends a value without quotes.
fn quoted_end(text: &[u8], start: usize, end: usize, run: &mut Run) -> usize {
    let mut open = || run.end(text, end, |byte| !ends_open_value(byte));
    let Some(&quote) = start.checked_sub(1).and_then(|i| text.get(i)) else { return open() };
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return open();
    }
    // `\"value\"` inside another string ends at the next `\"`.
    let nested = start >= 2 && text[start - 2] == b'\\';
    let mut i = start;
    while i < text.len() {
        match text[i] {
            b'\n' => return open(),
            b'\\' if nested && text.get(i + 1) == Some(&quote) => return i,
            b'\\' => i += 1,
            byte if byte == quote => return i,
            _ => {}
        }
        i += 1;
    }
    // The quote does not close. A value so long that it is cut is covered up to there.
    if i >= start + MAX_VALUE { i } else { open() }
}

#[cfg(test)]
mod tests {
    use super::{MAX_VALUE, Runs, character_end};
    use crate::catalog::Extent;

    fn end(extent: Extent, text: &[u8], start: usize, end: usize) -> usize {
        extent.end(text, start, end, &mut Runs::default())
    }

    #[test]
    fn runs_are_walked_once_and_end_as_if_walked_again() {
        let text = b"pwd=pwd=pwd=ab pwd=pwd=xy";
        let mut runs = Runs::default();
        for (start, value_end) in [(4, 8), (8, 12), (12, 14), (19, 23), (23, 25), (4, 8)] {
            let again = end(Extent::Quoted, text, start, value_end);
            assert_eq!(Extent::Quoted.end(text, start, value_end, &mut runs), again);
        }
    }

    #[test]
    fn pem_blocks_end_behind_their_end_line() {
        let text = b"-----BEGIN KEY-----\nMIIB\nAA==\n-----END KEY-----\nrest";
        assert_eq!(end(Extent::Pem, text, 0, 19), text.len() - 5);
        let cut = b"-----BEGIN KEY-----\nMIIB\nAA== rest";
        assert_eq!(&cut[..end(Extent::Pem, cut, 0, 19)], b"-----BEGIN KEY-----\nMIIB\nAA==");
    }

    #[test]
    fn quotes() {
        let plain = br#"p = "two words" x"#;
        assert_eq!(end(Extent::Quoted, plain, 5, 8), 14);
        let escaped = br#"p = "a\"b" x"#;
        assert_eq!(end(Extent::Quoted, escaped, 5, 6), 9);
        let nested = br#"{\"p\": \"a b\"}"#;
        assert_eq!(end(Extent::Quoted, nested, 10, 11), 13);
        assert_eq!(end(Extent::Quoted, b"p=abc def", 2, 5), 5);
    }

    #[test]
    fn long_values_are_whole_up_to_the_limit() {
        let quoted = format!("p=\"{}\" x", "a b".repeat(2_000));
        assert_eq!(end(Extent::Quoted, quoted.as_bytes(), 3, 4), 6_003);
        let open = format!("p={} x", "é".repeat(2_000));
        assert_eq!(end(Extent::Quoted, open.as_bytes(), 2, 5), 4_002);
        let cut = format!("p=\"x{}\" x", "é".repeat(MAX_VALUE));
        assert_eq!(end(Extent::Quoted, cut.as_bytes(), 3, 8), 3 + MAX_VALUE + 1);
    }

    #[test]
    fn character_borders() {
        let text = "aéb漢c😀".as_bytes();
        let ends: Vec<_> = (0..=text.len()).map(|at| character_end(text, at)).collect();
        assert_eq!(ends, [0, 1, 3, 3, 4, 7, 7, 7, 8, 12, 12, 12, 12]);
        let stray = b"\xB0\xB0a\xE9\xB0z\xE9";
        let ends: Vec<_> = (0..=stray.len()).map(|at| character_end(stray, at)).collect();
        assert_eq!(ends, [0, 1, 2, 3, 5, 5, 6, 7]);
    }
}

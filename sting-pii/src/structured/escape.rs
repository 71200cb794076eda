//! How values are written in structured texts, and what they say.

use std::borrow::Cow;
use sting_core::{SourceMap, Span};

/// How a value is written. Spans of values leave their quotes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// Inside the quotes of JSON (RFC 8259, 7).
    Json,
    /// A number of JSON; becomes a string if it changes.
    JsonNumber,
    /// Inside quotes with backslashes: logfmt, the fields of an access log.
    Backslash,
    /// The value of a parameter of RFC 5424 (6.3.3), in which `]` is escaped too.
    SyslogParam,
    /// Without quotes in logfmt; gets quotes if what replaces it needs them.
    LogfmtBare,
    /// Inside the quotes of CSV, which are doubled (RFC 4180, 2).
    Csv,
    /// Without quotes in CSV with this delimiter; gets quotes if what replaces it needs them.
    CsvBare(u8),
}

impl Style {
    /// What `raw` says, and from its bytes to those of `raw`. `None` if it is not written in this style.
    pub(crate) fn decode(self, raw: &[u8]) -> Option<(Cow<'_, [u8]>, SourceMap)> {
        let escape = match self {
            Self::Plain | Self::JsonNumber | Self::LogfmtBare | Self::CsvBare(_) => None,
            Self::Json | Self::Backslash | Self::SyslogParam => Some(b'\\'),
            Self::Csv => Some(b'"'),
        };
        let first = escape.and_then(|escape| memchr::memchr(escape, raw));
        let (Some(escape), Some(_)) = (escape, first) else {
            return Some((raw.into(), SourceMap::identity(raw.len())));
        };
        let (mut text, mut map) = (Vec::with_capacity(raw.len()), SourceMap::default());
        let mut at = 0;
        while let Some(found) = memchr::memchr(escape, &raw[at..]) {
            text.extend_from_slice(&raw[at..at + found]);
            map.push_verbatim(found, at);
            at += found;
            let before = text.len();
            let length = match self {
                Self::Csv => {
                    text.push(b'"');
                    if raw.get(at + 1) == Some(&b'"') { 2 } else { 1 }
                }
                Self::Json => json_escape(&raw[at..], &mut text)?,
                _ => backslash_escape(&raw[at..], &mut text),
            };
            map.push_rewritten(text.len() - before, Span::new(at, at + length));
            at += length;
        }
        text.extend_from_slice(&raw[at..]);
        map.push_verbatim(raw.len() - at, at);
        Some((text.into(), map))
    }

    /// Appends how `text` is written inside the quotes of this style.
    pub(crate) fn encode(self, text: &[u8], out: &mut Vec<u8>) {
        for &byte in text {
            match (self, byte) {
                (Self::Csv | Self::CsvBare(_), b'"') => out.extend_from_slice(b"\"\""),
                (Self::Plain | Self::Csv | Self::CsvBare(_), _) => out.push(byte),
                (Self::SyslogParam, b']') => out.extend_from_slice(b"\\]"),
                (_, b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
                (_, b'\n') => out.extend_from_slice(b"\\n"),
                (_, b'\r') => out.extend_from_slice(b"\\r"),
                (_, b'\t') => out.extend_from_slice(b"\\t"),
                (Self::Json | Self::JsonNumber, 0..b' ') => {
                    out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                }
                _ => out.push(byte),
            }
        }
    }

    /// True if a value that stood without quotes needs them now that `text` is in it.
    pub(crate) fn needs_quotes(self, text: &[u8]) -> bool {
        match self {
            Self::JsonNumber => true,
            Self::LogfmtBare => text.iter().any(|b| *b <= b' ' || matches!(b, b'"' | b'=')),
            Self::CsvBare(delimiter) => {
                text.iter().any(|b| *b == delimiter || matches!(b, b'"' | b'\n' | b'\r'))
            }
            _ => false,
        }
    }
}

/// Appends the character that the escape at the beginning of `bytes` stands for; gives its length.
/// Half a surrogate pair becomes U+FFFD.
fn json_escape(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let unit = |at: usize| -> Option<u32> {
        let hex = std::str::from_utf8(bytes.get(at..at + 6)?.strip_prefix(b"\\u")?).ok()?;
        hex.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(hex, 16).ok())?
    };
    let (char, length) = match bytes.get(1)? {
        b'n' => ('\n', 2),
        b't' => ('\t', 2),
        b'r' => ('\r', 2),
        b'b' => ('\u{8}', 2),
        b'f' => ('\u{c}', 2),
        &same @ (b'"' | b'\\' | b'/') => (same as char, 2),
        b'u' => match unit(0)? {
            high @ 0xD800..=0xDBFF => match unit(6) {
                Some(low @ 0xDC00..=0xDFFF) => {
                    (char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 12)
                }
                _ => ('\u{FFFD}', 6),
            },
            unit => (char::from_u32(unit).unwrap_or('\u{FFFD}'), 6),
        },
        _ => return None,
    };
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    Some(length)
}

/// As [`json_escape`], with `\]` and `\xhh` too. A backslash before anything else stands for itself.
fn backslash_escape(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    if let [_, b'x', high, low, ..] = *bytes
        && let (Some(high), Some(low)) = ((high as char).to_digit(16), (low as char).to_digit(16))
    {
        out.push((high << 4 | low) as u8);
        return 4;
    }
    if bytes.get(1) == Some(&b']') {
        out.push(b']');
        return 2;
    }
    json_escape(bytes, out).unwrap_or_else(|| {
        out.push(b'\\');
        1
    })
}

#[cfg(test)]
mod tests {
    use super::Style;
    use proptest::prelude::*;

    const QUOTED: [Style; 4] = [Style::Json, Style::Backslash, Style::SyslogParam, Style::Csv];

    proptest! {
        #[test]
        fn what_is_written_says_what_was_meant(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            for style in QUOTED {
                let mut raw = Vec::new();
                style.encode(&text, &mut raw);
                let (said, map) = style.decode(&raw).unwrap();
                prop_assert_eq!(&*said, &text, "{:?}", style);
                prop_assert_eq!(map.output_len(), text.len());
            }
        }

        #[test]
        fn anything_but_json_can_be_read(raw in proptest::collection::vec(any::<u8>(), 0..60)) {
            for style in [Style::Backslash, Style::SyslogParam, Style::Csv, Style::LogfmtBare] {
                prop_assert!(style.decode(&raw).is_some());
            }
        }
    }
}

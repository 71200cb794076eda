//! JSON and JSON Lines: a scanner that knows where everything stands and does not recurse.

use super::{Extraction, Text};
use crate::Error;
use sting_core::{PartKind, SourceMap, Span};

/// Reads JSON so that its text shows characters rather than escapes: `"a\u0040b"` becomes `"a@b"`.
/// It stays the same JSON. What is not JSON is read as plain text.
pub(super) fn read(extraction: &mut Extraction<'_>, text: Text<'_>) -> Result<(), Error> {
    let Text { part, text } = text;
    let mut scanner = Scanner::new(&text);
    let (mut out, mut map, mut copied) = (String::new(), SourceMap::default(), 0);
    for item in scanner.by_ref() {
        let Ok(item) = item else {
            extraction.fact("read_as", "text/plain, because it is not valid JSON");
            return extraction.add_verbatim(part, PartKind::Text, text);
        };
        if matches!(item.kind, Kind::Key | Kind::String) {
            show_characters(&text, item.span, &mut copied, &mut out, &mut map);
        }
    }
    if copied == 0 {
        return extraction.add_verbatim(part, PartKind::Json, text);
    }
    out.push_str(&text[copied..]);
    map.push_verbatim(text.len() - copied, copied);
    extraction.add(part, PartKind::Json, out, map, text.as_bytes())
}

/// Appends `text` from `copied` up to the end of the last escape in `span` that stands for a
/// character that may as well stand there itself.
fn show_characters(text: &str, span: Span, copied: &mut usize, out: &mut String, map: &mut SourceMap) {
    let bytes = text.as_bytes();
    let mut at = span.start;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..span.end]) {
        let start = at + found;
        let Some((char, len)) = escape(&bytes[start..span.end]) else {
            at = start + 2;
            continue;
        };
        at = start + len;
        if char.is_control() || char == '"' || char == '\\' {
            continue;
        }
        out.push_str(&text[*copied..start]);
        map.push_verbatim(start - *copied, *copied);
        out.push(char);
        map.push_rewritten(char.len_utf8(), Span::new(start, at));
        *copied = at;
    }
}

/// The character that `\/` or `\uXXXX`, or a pair of the latter, stands for.
fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u16> {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    if bytes.get(1) == Some(&b'/') {
        return Some(('/', 2));
    }
    let first = unit(0)?;
    if let Some(char) = char::from_u32(u32::from(first)) {
        return Some((char, 6));
    }
    let pair = char::decode_utf16([first, unit(6)?]).next()?.ok()?;
    Some((pair, 12))
}

/// What a JSON string says, from how it stands, quotes included.
pub(crate) fn string_value(quoted: &str) -> std::borrow::Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
    if !inner.contains('\\') {
        return inner.into();
    }
    serde_json::from_str::<String>(quoted).map_or(inner.into(), Into::into)
}

/// True if the text is one JSON value or more.
pub(super) fn is_valid(text: &str) -> bool {
    Scanner::new(text).all(|item| item.is_ok())
}

/// True if valid JSON is one value, not several.
pub(super) fn is_single(text: &str) -> bool {
    let (mut depth, mut values) = (0usize, 0);
    for item in Scanner::new(text).flatten() {
        match item.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        values += usize::from(depth == 0);
    }
    values == 1
}

/// What stands at a place in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A key of an object.
    Key,
    /// A string.
    String,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
}

/// Something in JSON, and where it stands, quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrClose,
    Key,
    KeyOrClose,
    Colon,
    CommaOrClose,
}

/// Iterates over what stands in JSON or JSON Lines. Yields an offset in place of the first thing
/// that does not belong there, and then ends.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    /// True for each open object, false for each open array.
    open: Vec<bool>,
    expect: Expect,
    failed: bool,
}

impl<'t> Scanner<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, open: Vec::new(), expect: Expect::Value, failed: false }
    }

    fn space(&mut self) -> Option<u8> {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// The next thing; `None` at the end, an error where something does not belong.
    fn step(&mut self) -> Result<Option<Item>, ()> {
        loop {
            let Some(byte) = self.space() else {
                let whole = self.open.is_empty() && self.expect == Expect::Value;
                return if whole { Ok(None) } else { Err(()) };
            };
            let start = self.at;
            let kind = match (self.expect, byte) {
                (Expect::Colon, b':') => {
                    self.at += 1;
                    self.expect = Expect::Value;
                    continue;
                }
                (Expect::CommaOrClose, b',') => {
                    self.at += 1;
                    self.expect = if self.open.last() == Some(&true) { Expect::Key } else { Expect::Value };
                    continue;
                }
                (Expect::Key | Expect::KeyOrClose, b'"') => {
                    self.string().ok_or(())?;
                    self.expect = Expect::Colon;
                    Kind::Key
                }
                (Expect::KeyOrClose | Expect::CommaOrClose, b'}') if self.open.last() == Some(&true) => {
                    self.close()
                }
                (Expect::ValueOrClose | Expect::CommaOrClose, b']') if self.open.last() == Some(&false) => {
                    self.close()
                }
                (Expect::Value | Expect::ValueOrClose, _) => self.value(byte).ok_or(())?,
                _ => return Err(()),
            };
            return Ok(Some(Item { kind, span: Span::new(start, self.at) }));
        }
    }

    fn close(&mut self) -> Kind {
        self.at += 1;
        self.open.pop();
        self.after_value();
        Kind::Close
    }

    fn after_value(&mut self) {
        self.expect = if self.open.is_empty() { Expect::Value } else { Expect::CommaOrClose };
    }

    fn value(&mut self, byte: u8) -> Option<Kind> {
        let kind = match byte {
            b'{' | b'[' => {
                self.at += 1;
                self.open.push(byte == b'{');
                self.expect = if byte == b'{' { Expect::KeyOrClose } else { Expect::ValueOrClose };
                return Some(Kind::Open);
            }
            b'"' => {
                self.string()?;
                Kind::String
            }
            b'-' | b'0'..=b'9' => {
                self.number()?;
                Kind::Number
            }
            _ => {
                let rest = &self.bytes[self.at..];
                let word =
                    ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word.as_bytes()))?;
                self.at += word.len();
                Kind::Literal
            }
        };
        self.after_value();
        Some(kind)
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let found = memchr::memchr2(b'"', b'\\', &self.bytes[self.at..])?;
            if self.bytes[self.at..self.at + found].iter().any(|&byte| byte < 0x20) {
                return None;
            }
            self.at += found + 1;
            if self.bytes[self.at - 1] == b'"' {
                return Some(());
            }
            match self.bytes.get(self.at)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
                b'u' if self.bytes.get(self.at + 1..self.at + 5)?.iter().all(u8::is_ascii_hexdigit) => {
                    self.at += 5;
                }
                _ => return None,
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        self.at += usize::from(self.bytes[self.at] == b'-');
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

impl Iterator for Scanner<'_> {
    type Item = Result<Item, usize>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.map_err(|()| self.at).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn grammar() {
        for text in [
            "{}",
            "[]",
            " [1, -2.5e+3, \"a\\n\\u00e9\", {\"k\": [null, true]}] ",
            "1\n2\n",
            "{\"a\":{}}{\"b\":[]}",
        ] {
            assert!(is_valid(text), "{text}");
        }
        for text in [
            "{",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{1:2}",
            "[1 2]",
            "]",
            "\"\n\"",
            "\"\\x\"",
            "01x",
            "-",
            "1.",
            "nul",
            "[}",
        ] {
            assert!(!is_valid(text), "{text}");
        }
        let open = "[".repeat(100_000);
        assert!(!is_valid(&open) && is_valid(&(open.clone() + &"]".repeat(100_000))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        /// One value that serde_json takes is taken, and nothing else is.
        #[test]
        fn agrees_with_serde_json(pieces in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u0041\"", "\"\\", "1", "-0.5e3", "0", "00", "true", "null", " ", "é",
        ]), 0..12)) {
            let text = pieces.concat();
            let all: Vec<_> = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>().collect();
            // serde_json wants space between some values that this scanner takes without.
            if !all.is_empty() && all.iter().all(Result::is_ok) {
                prop_assert!(is_valid(&text), "{}", text);
            }
            if all.len() == 1 && all[0].is_err() && text.trim_start().starts_with(['{', '[']) {
                prop_assert!(!is_valid(&text), "{}", text);
            }
        }
    }
}

//! One pass over the JSON of an event: values with their names, nothing else is built.

use super::{Event, IN_ARENA, Kind, Leaf, Limits, Slice, name};
use crate::Error;
use memchr::memchr2;

/// The most that offsets can address.
const MAX_BYTES: usize = 1 << 30;

pub(super) fn parse(bytes: &[u8], limits: Limits) -> Result<Event, Error> {
    let max_bytes = limits.max_bytes.min(MAX_BYTES);
    if bytes.len() > max_bytes {
        return Err(Error::Event(format!(
            "{} bytes are more than the limit of {max_bytes}; raise max_bytes",
            bytes.len()
        )));
    }
    let raw =
        std::str::from_utf8(bytes).map_err(|error| Error::InvalidUtf8 { offset: error.valid_up_to() })?;
    let mut parser = Parser {
        raw,
        bytes,
        at: 0,
        limits,
        max_arena: 2 * max_bytes,
        arena: String::new(),
        path: String::new(),
        leaves: Vec::with_capacity(48),
    };
    parser.space();
    if parser.peek() != Some(b'{') {
        return Err(parser.fault("not a JSON object"));
    }
    parser.object(1)?;
    parser.space();
    if parser.at < bytes.len() {
        return Err(parser.fault("text after the object; put one event on a line"));
    }
    let Parser { arena, leaves, .. } = parser;
    Ok(Event { raw: raw.to_owned(), arena, leaves })
}

struct Parser<'a> {
    raw: &'a str,
    bytes: &'a [u8],
    at: usize,
    limits: Limits,
    max_arena: usize,
    arena: String,
    /// The keys from the top to here, each followed by a dot.
    path: String,
    leaves: Vec<Leaf>,
}

impl Parser<'_> {
    fn fault(&self, problem: &str) -> Error {
        Error::Event(format!("{problem} at byte {}", self.at))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Called at the opening brace; recursion is bounded by the depth limit.
    fn object(&mut self, depth: usize) -> Result<(), Error> {
        self.descend(depth)?;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.fault("invalid JSON: expected a key"));
            }
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.fault("invalid JSON: expected `:`"));
            }
            self.at += 1;
            self.space();
            self.member(key, depth)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.fault("invalid JSON: expected `,` or `}`")),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// The value of a key: a scalar at the top keeps its key as its name, without a copy.
    fn member(&mut self, key: Slice, depth: usize) -> Result<(), Error> {
        if self.path.is_empty() && !matches!(self.peek(), Some(b'{' | b'[')) {
            let short = name::short(key.of(self.raw, &self.arena));
            let name = match short {
                Some(short) => self.keep(&short)?,
                None => key,
            };
            return self.scalar(key, name);
        }
        let length = self.path.len();
        let key = key.of(self.raw, &self.arena);
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        self.value(depth)?;
        self.path.truncate(length);
        Ok(())
    }

    /// Any value under the current path.
    fn value(&mut self, depth: usize) -> Result<(), Error> {
        let before = self.leaves.len();
        match self.peek() {
            Some(b'{') => self.object(depth + 1)?,
            Some(b'[') => self.array(depth + 1)?,
            _ => {
                let (path, name) = self.names()?;
                return self.scalar(path, name);
            }
        }
        if self.leaves.len() == before {
            let (path, name) = self.names()?;
            self.push(path, name, Slice { start: 0, len: 0 }, Kind::Empty)?;
        }
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<(), Error> {
        self.descend(depth)?;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        // Scalars of one array share their names.
        let mut names = None;
        loop {
            self.space();
            if matches!(self.peek(), Some(b'{' | b'[')) {
                self.value(depth)?;
            } else {
                let (path, name) = match names {
                    Some(names) => names,
                    None => *names.insert(self.names()?),
                };
                self.scalar(path, name)?;
            }
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.fault("invalid JSON: expected `,` or `]`")),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn descend(&mut self, depth: usize) -> Result<(), Error> {
        if depth > self.limits.max_depth {
            return Err(
                self.fault(&format!("nested deeper than {} levels; flatten it", self.limits.max_depth))
            );
        }
        self.at += 1;
        Ok(())
    }

    fn scalar(&mut self, path: Slice, name: Slice) -> Result<(), Error> {
        let (text, kind) = match self.peek() {
            Some(b'"') => (self.string()?, Kind::Text),
            Some(b'-' | b'0'..=b'9') => (self.number()?, Kind::Number),
            Some(b't') => (self.word("true")?, Kind::Bool),
            Some(b'f') => (self.word("false")?, Kind::Bool),
            Some(b'n') => (self.word("null")?, Kind::Null),
            _ => return Err(self.fault("invalid JSON: expected a value")),
        };
        self.push(path, name, text, kind)
    }

    fn push(&mut self, path: Slice, name: Slice, text: Slice, kind: Kind) -> Result<(), Error> {
        if self.leaves.len() >= self.limits.max_values {
            return Err(self.fault(&format!("more than {} values", self.limits.max_values)));
        }
        self.leaves.push(Leaf { path, name, text, kind });
        Ok(())
    }

    /// The current path as names in the arena: in full, and short.
    fn names(&mut self) -> Result<(Slice, Slice), Error> {
        let full = std::mem::take(&mut self.path);
        let path = self.keep(&full);
        let short = name::short(&full);
        self.path = full;
        let path = path?;
        Ok((path, short.map_or(Ok(path), |short| self.keep(&short))?))
    }

    fn keep(&mut self, text: &str) -> Result<Slice, Error> {
        let start = self.arena.len();
        if start + text.len() > self.max_arena {
            return Err(self.fault("names are too long for so many values"));
        }
        self.arena.push_str(text);
        Ok(Slice { start: start as u32 | IN_ARENA, len: text.len() as u32 })
    }

    fn word(&mut self, word: &str) -> Result<Slice, Error> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fault("invalid JSON: expected a value"));
        }
        let start = self.at;
        self.at += word.len();
        Ok(Slice { start: start as u32, len: word.len() as u32 })
    }

    fn number(&mut self) -> Result<Slice, Error> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let integer = self.digits();
        let leading_zero = integer > 1 && self.bytes[self.at - integer] == b'0';
        let mut complete = integer > 0 && !leading_zero;
        if self.peek() == Some(b'.') {
            self.at += 1;
            complete &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            complete &= self.digits() > 0;
        }
        if complete {
            Ok(Slice { start: start as u32, len: (self.at - start) as u32 })
        } else {
            Err(self.fault("invalid JSON: incomplete number"))
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    /// Called at the opening quote. A string without escapes stays where it is.
    fn string(&mut self) -> Result<Slice, Error> {
        self.at += 1;
        let start = self.at;
        let stop = self.run()?;
        if stop == b'"' {
            let len = self.at - start;
            self.at += 1;
            return Ok(Slice { start: start as u32, len: len as u32 });
        }
        let kept = self.arena.len();
        let mut from = start;
        loop {
            self.arena.push_str(&self.raw[from..self.at]);
            if self.peek() == Some(b'"') {
                break;
            }
            self.at += 1;
            let c = self.escape()?;
            self.arena.push(c);
            from = self.at;
            self.run()?;
        }
        self.at += 1;
        if self.arena.len() > self.max_arena {
            return Err(self.fault("strings are too long"));
        }
        Ok(Slice { start: kept as u32 | IN_ARENA, len: (self.arena.len() - kept) as u32 })
    }

    /// Moves to the next quote or backslash and returns it.
    fn run(&mut self) -> Result<u8, Error> {
        let rest = &self.bytes[self.at..];
        let Some(length) = memchr2(b'"', b'\\', rest) else {
            self.at = self.bytes.len();
            return Err(self.fault("invalid JSON: unterminated string"));
        };
        if rest[..length].iter().any(|&byte| byte < 0x20) {
            return Err(self.fault("invalid JSON: control character in a string"));
        }
        self.at += length;
        Ok(rest[length])
    }

    /// Called after a backslash. Half a surrogate pair becomes U+FFFD.
    fn escape(&mut self) -> Result<char, Error> {
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => c as char,
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.fault("invalid JSON: unknown escape")),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode(&mut self) -> Result<char, Error> {
        let first = self.hex()?;
        if (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, Error> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.fault("invalid JSON: expected four hexadecimal digits"));
        }
        self.at += 4;
        Ok(digits.iter().fold(0, |code, &digit| code << 4 | (digit as char).to_digit(16).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Event, Limits};
    use proptest::prelude::*;
    use serde_json::Value;

    fn texts(json: &str, field: &str) -> Vec<String> {
        Event::from_json(json.as_bytes()).unwrap().all(field).map(|value| value.as_str().to_owned()).collect()
    }

    #[test]
    fn names_nested_and_flat() {
        assert_eq!(texts(r#"{"user": {"name": "a"}}"#, "user.name"), ["a"]);
        assert_eq!(texts(r#"{"user.name": "a"}"#, "user.name"), ["a"]);
        assert_eq!(texts(r#"{"a": [{"b": 1}, {"b": [2, 3]}]}"#, "a.b"), ["1", "2", "3"]);
        assert_eq!(texts(r#"{"a": 1, "b": 0, "a": "2"}"#, "a"), ["1", "2"]);
        assert_eq!(texts(r#"{"a\u0062": "\ud83d\ude00\ud83d\n\/"}"#, "ab"), ["😀\u{fffd}\n/"]);
        assert_eq!(
            texts(
                r##"{"Event": {"System": {"Provider": {"#attributes": {"Name": "x"}}}}}"##,
                "Provider_Name"
            ),
            ["x"]
        );
        assert!(Event::from_json(br#"{"a": {}}"#).unwrap().get("a").is_some());
    }

    #[test]
    fn limits() {
        let deep = format!("{{\"a\":{}", "[".repeat(10_000));
        assert!(
            Event::from_json(deep.as_bytes()).unwrap_err().to_string().contains("nested deeper than 128")
        );
        let small = Limits { max_bytes: 10, ..Limits::default() };
        assert!(Event::from_json_with(br#"{"abc": "def"}"#, small).is_err());
        let few = Limits { max_values: 2, ..Limits::default() };
        assert!(Event::from_json_with(br#"{"a": [1, 2, 3]}"#, few).is_err());
        let long = format!(
            "{{\"{}\": {{{}}}}}",
            "k".repeat(1 << 20),
            (0..200).map(|i| format!("\"{i}\": 0")).collect::<Vec<_>>().join(",")
        );
        assert!(Event::from_json(long.as_bytes()).unwrap_err().to_string().contains("names are too long"));
        assert!(Event::from_json(b"{\"a\": \"\xff\"}").is_err());
        let field = format!("{{\"a\": \"{}\"}}", "x".repeat(10 << 20));
        assert_eq!(Event::from_json(field.as_bytes()).unwrap().get("a").unwrap().as_str().len(), 10 << 20);
    }

    /// Every scalar with its dotted path, as serde_json sees it.
    fn walk(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
        match value {
            Value::Object(map) if !map.is_empty() => map.iter().for_each(|(key, value)| {
                walk(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, out);
            }),
            Value::Array(items) if !items.is_empty() => items.iter().for_each(|item| walk(item, path, out)),
            Value::Null | Value::Object(_) | Value::Array(_) => out.push((path.to_owned(), String::new())),
            Value::String(text) => out.push((path.to_owned(), text.clone())),
            other => out.push((path.to_owned(), other.to_string())),
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        let tree = leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[a-z\"é]{1,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        });
        prop::collection::hash_map("[a-z]{1,4}", tree, 1..4)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn sees_what_serde_json_sees(value in json()) {
            let mut expected = Vec::new();
            walk(&value, "", &mut expected);
            let event = Event::from_json(value.to_string().as_bytes()).unwrap();
            let found: Vec<_> = event.fields().map(|(name, value)| (name.to_owned(), value.as_str().to_owned())).collect();
            prop_assert_eq!(found, expected);
        }

        /// Whatever is done to valid JSON, the two agree on whether it still is (surrogates aside).
        #[test]
        fn accepts_what_serde_json_accepts(value in json(), cut in 0usize..400, with in prop::sample::select(vec!["", "\"", "{", "]", ",", "1", "-", "0", ".", "e", "\\", "\t", " "])) {
            let mut text = value.to_string();
            let cut = (0..=cut.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            text.insert_str(cut, with);
            let theirs = serde_json::from_str::<serde_json::Map<String, Value>>(&text);
            let ours = Event::from_json(text.as_bytes());
            let range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
            prop_assert!(range || ours.is_ok() == theirs.is_ok(), "{} {:?} {:?}", text, ours, theirs);
        }
    }
}

//! Where in a JSON value a place lies, as a path in the notation of RFC 9535.

use super::super::outline::Path;
use crate::Span;
use memchr::memchr3;
use std::sync::Arc;

/// Brackets within brackets of which the path is told.
const MAX_DEPTH: usize = 64;
/// Bytes of a key beyond which it is cut.
const MAX_KEY: usize = 80;
/// The same, with every character escaped.
const MAX_QUOTED: usize = 6 * MAX_KEY;

/// Follows a text from place to place, each later than the one before, in time linear in the text
/// however many places there are.
#[derive(Debug, Default)]
pub(super) struct PathTracker {
    at: usize,
    /// The innermost brackets beyond [`MAX_DEPTH`] are only counted.
    open: Vec<Step>,
    deeper: usize,
    /// The beginning of the string in which `at` lies, with its quote.
    string: Option<String>,
    /// In JSON Lines, the number of the record.
    record: Option<usize>,
    /// Whether the line in work holds anything.
    filled: bool,
}

/// One step of a path, made by an open bracket.
#[derive(Debug)]
enum Step {
    /// In an object; behind the key, if one was read since the last comma.
    Member(Option<String>),
    /// In a list, at that place.
    Element(usize),
}

impl PathTracker {
    /// Says that lines are records, which have numbers.
    pub(super) fn count_records(&mut self, lines: bool) {
        self.record = lines.then_some(0);
    }

    /// Takes `bytes` off every place.
    pub(super) fn rebase(&mut self, bytes: usize) {
        self.at -= bytes;
    }

    /// The path of what `chunk` begins with, which is not before the chunk asked for last.
    pub(super) fn path_of(&mut self, text: &str, chunk: Span) -> Path {
        let place = chunk.start;
        let bytes = &text.as_bytes()[..place];
        while self.at < place {
            if let Some(begun) = self.string.take() {
                self.at = self.read_string(begun, text, place);
                continue;
            }
            match bytes[self.at] {
                b'"' => self.string = Some(String::from('"')),
                b'{' => self.enter(Step::Member(None)),
                b'[' => self.enter(Step::Element(0)),
                b'}' | b']' => self.leave(),
                b',' => self.pass_comma(),
                b'\n' | b'\r' if self.record.is_some() => self.pass_line(),
                _ => {}
            }
            self.filled |= !bytes[self.at].is_ascii_whitespace();
            self.at += 1;
        }
        Arc::from([self.path(&text[..chunk.end]).into()])
    }

    /// Reads on to the end of a string, or as far as `place`. A string that is not closed ends with
    /// its line.
    fn read_string(&mut self, mut begun: String, text: &str, place: usize) -> usize {
        let bytes = &text.as_bytes()[..place];
        let mut at = self.at;
        let mut closed = None;
        while let Some(found) = memchr3(b'"', b'\\', b'\n', bytes.get(at..).unwrap_or_default()) {
            at += found;
            if bytes[at] != b'\\' {
                closed = Some(bytes[at] == b'"');
                break;
            }
            at += 2;
        }
        if closed.is_none() {
            at = at.max(place);
        }
        // An escape can reach over the place, and its second character over a byte.
        let end = text.ceil_char_boundary(at + usize::from(closed == Some(true)));
        let room = MAX_QUOTED.saturating_sub(begun.len());
        begun.push_str(&text[self.at..text.floor_char_boundary(self.at + room).min(end)]);
        match closed {
            None => self.string = Some(begun),
            Some(true) => {
                if let (0, Some(Step::Member(key @ None))) = (self.deeper, self.open.last_mut()) {
                    *key = Some(name(&begun));
                }
            }
            Some(false) => {}
        }
        end
    }

    fn enter(&mut self, step: Step) {
        if self.open.len() < MAX_DEPTH {
            self.open.push(step);
        } else {
            self.deeper += 1;
        }
    }

    fn leave(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.open.pop();
        }
    }

    fn pass_comma(&mut self) {
        match self.open.last_mut() {
            Some(Step::Member(key)) if self.deeper == 0 => *key = None,
            Some(Step::Element(index)) if self.deeper == 0 => *index += 1,
            _ => {}
        }
    }

    fn pass_line(&mut self) {
        if std::mem::take(&mut self.filled) {
            self.record = self.record.map(|record| record + 1);
            self.open.clear();
            self.deeper = 0;
        }
    }

    fn path(&self, text: &str) -> String {
        let mut path = String::from("$");
        if let Some(record) = self.record {
            push_index(&mut path, record);
        }
        for step in &self.open {
            match step {
                Step::Element(index) => push_index(&mut path, *index),
                Step::Member(Some(key)) => path += key,
                Step::Member(None) => {}
            }
        }
        if self.deeper > 0 {
            path.push('…');
        } else if let (None, Some(Step::Member(None))) = (&self.string, self.open.last()) {
            path += &key_at(text, self.at).unwrap_or_default();
        }
        path
    }
}

fn push_index(path: &mut String, index: usize) {
    path.push('[');
    path.push_str(&index.to_string());
    path.push(']');
}

/// The name of the member that begins at `at`, if `text` holds all of it.
fn key_at(text: &str, at: usize) -> Option<String> {
    let rest = text.as_bytes().get(at..)?;
    let start = at + rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
    if text.as_bytes()[start] != b'"' {
        return None;
    }
    let end = text.floor_char_boundary(start + MAX_QUOTED);
    let mut at = start + 1;
    loop {
        at += memchr3(b'"', b'\\', b'\n', text.as_bytes().get(at..end)?)?;
        match text.as_bytes()[at] {
            b'"' => return Some(name(&text[start..=at])),
            b'\n' => return None,
            _ => at += 2,
        }
    }
}

/// A key, in quotes, as a step of a path: `.name`, or `['the name']`.
fn name(quoted: &str) -> String {
    let key: String = serde_json::from_str(quoted).unwrap_or_else(|_| quoted.trim_matches('"').to_owned());
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    if !key.is_empty()
        && key.len() <= MAX_KEY
        && key.chars().all(plain)
        && !key.starts_with(|c: char| c.is_ascii_digit())
    {
        return format!(".{key}");
    }
    let cut = key.floor_char_boundary(MAX_KEY);
    let more = if cut < key.len() { "…" } else { "" };
    format!("['{}{more}']", key[..cut].replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::PathTracker;
    use crate::Span;
    use proptest::prelude::*;

    fn tracker(lines: bool) -> PathTracker {
        let mut tracker = PathTracker::default();
        tracker.count_records(lines);
        tracker
    }

    fn path(lines: bool, text: &str, before: &str) -> String {
        let at = text.find(before).unwrap();
        tracker(lines).path_of(text, Span::new(at, text.len()))[0].to_string()
    }

    #[test]
    fn places_have_paths() {
        let text = r#"{"a b": [1, {"c": "x, {\"", "d": [[2], 3]}], "e'": {"\u00e9": null, "\ud800": 4}}"#;
        for (before, expected) in [
            ("{\"a b", "$"),
            ("\"a b", "$['a b']"),
            ("[1", "$['a b']"),
            ("1", "$['a b'][0]"),
            ("{\"c", "$['a b'][1]"),
            ("x,", "$['a b'][1].c"),
            ("\"d", "$['a b'][1].d"),
            ("2", "$['a b'][1].d[0][0]"),
            ("3", "$['a b'][1].d[1]"),
            ("\"e'", r"$['e\'']"),
            ("null", "$['e\\''].é"),
            ("4", r"$['e\'']['\\ud800']"),
        ] {
            assert_eq!(path(false, text, before), expected, "before {before}");
        }
        let lines = "{\"a\": 1}\n\n{\"a\": {\"b\": \"open\n{\"a\": 3}\n";
        assert_eq!(path(true, lines, "\"open"), "$[1].a.b");
        assert_eq!(path(true, lines, "3"), "$[2].a");
        let deep = "[".repeat(1_000_000);
        let long = tracker(false).path_of(&deep, Span::new(999_999, 1_000_000))[0].len();
        assert!(long < 300, "{long}");
    }

    proptest! {
        #[test]
        fn steps_do_not_matter(text in r#"[\[\]{}",:a\\\n 1]{0,40}"#, stops in proptest::collection::vec(0_usize..40, 0..6)) {
            let mut stops: Vec<usize> = stops.into_iter().filter(|&stop| stop <= text.len()).collect();
            stops.sort_unstable();
            for lines in [false, true] {
                let mut tracker = tracker(lines);
                for &stop in &stops {
                    let at_once = self::tracker(lines).path_of(&text, Span::new(stop, text.len()));
                    prop_assert_eq!(tracker.path_of(&text, Span::new(stop, text.len())), at_once);
                }
            }
        }
    }
}

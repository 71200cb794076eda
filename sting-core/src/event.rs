//! Security events as rules see them, and the envelope that all sources share.

mod cef;
mod envelope;
mod escapes;
mod format;
mod json;
mod jsonl;
mod leef;
mod line;
mod logfmt;
pub(crate) mod name;
mod syslog;
mod time;
mod vocabulary;

pub use envelope::{Envelope, Fault};
pub use format::Format;
pub use jsonl::jsonl;
pub use vocabulary::{EventType, Severity};

use crate::Error;
use crate::Span;
use escapes::Escapes;
use std::sync::OnceLock;

/// One security event: its bytes, and every value in it under a flat name.
///
/// Nested and flattened fields are found alike. The value of `{"Event": {"EventData": {"Image": ..}}}`
/// answers to `Event.EventData.Image` and, because the wrappers of the common shippers are known, to
/// `Image`. The elements of an array, and the values of a key that is there twice, are all values of
/// that one name, in order.
///
/// Reading an event finds its values; what escapes in them stand for is worked out when somebody looks.
/// Memory: the bytes, 28 bytes a value, and the names of nested values; once looked at, the text of the values
/// that hold escapes.
///
/// ```
/// use sting_core::event::Event;
/// let event = Event::from_json(br#"{"winlog": {"event_id": 1, "event_data": {"Image": "C:\\a.exe"}}}"#)?;
/// assert_eq!(event.get("Image").unwrap().as_str(), r"C:\a.exe");
/// assert_eq!(event.get("winlog.event_id").unwrap().as_f64(), Some(1.0));
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Event {
    raw: String,
    /// Names of nested values, and values that are not spelled so in `raw`.
    arena: String,
    leaves: Vec<Leaf>,
    /// The bytes are ASCII and spell no character by its number.
    plain: bool,
    decoded: OnceLock<Decoded>,
}

/// The texts of the values that are spelled with escapes.
#[derive(Clone, Default)]
struct Decoded {
    text: String,
    /// Indexes of the values, and where their texts end.
    ends: Vec<(u32, u32)>,
}

/// One value with its names.
#[derive(Clone, Copy)]
struct Leaf {
    /// The keys that lead to it, joined by dots.
    path: Slice,
    /// The path without wrappers.
    name: Slice,
    text: Slice,
    kind: Kind,
}

/// A run of `raw` or of `arena`; the highest bit of `start` tells which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    start: u32,
    len: u32,
}

const IN_ARENA: u32 = 1 << 31;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    Bool,
    Number,
    Text,
    /// Text with escapes in it.
    Escaped(Escapes),
    /// An object or array without anything in it.
    Empty,
}

/// What [`Event::from_json_with`] accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest event in bytes; at most 1 GiB.
    pub max_bytes: usize,
    /// Deepest nesting.
    pub max_depth: usize,
    /// Most values.
    pub max_values: usize,
}

impl Default for Limits {
    /// 32 MiB, 128 levels, 250,000 values.
    fn default() -> Self {
        Self { max_bytes: 32 << 20, max_depth: 128, max_values: 250_000 }
    }
}

/// A value of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value<'a> {
    kind: Kind,
    text: &'a str,
}

impl<'a> Value<'a> {
    /// The text of a string, or the spelling of anything else; an empty text for null and for an
    /// empty object or array.
    pub fn as_str(self) -> &'a str {
        match self.kind {
            Kind::Null | Kind::Empty => "",
            _ => self.text,
        }
    }

    /// A number, or a text that spells one.
    pub fn as_f64(self) -> Option<f64> {
        match self.kind {
            Kind::Number | Kind::Text | Kind::Escaped(_) => {
                self.text.trim().parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        }
    }

    /// True for JSON's `null`.
    pub fn is_null(self) -> bool {
        self.kind == Kind::Null
    }

    /// True for a JSON number.
    pub fn is_number(self) -> bool {
        self.kind == Kind::Number
    }

    /// True if there is something to compare: not null, not an empty object or array.
    pub(crate) fn is_scalar(self) -> bool {
        !matches!(self.kind, Kind::Null | Kind::Empty)
    }
}

impl Event {
    /// Reads one JSON object, within the default [`Limits`].
    ///
    /// # Errors
    /// [`Error::Event`] if the bytes are not UTF-8, not JSON, not an object, or over a limit.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_json_with(bytes, Limits::default())
    }

    /// Reads one JSON object, within `limits`.
    ///
    /// # Errors
    /// As [`Event::from_json`].
    pub fn from_json_with(bytes: &[u8], limits: Limits) -> Result<Self, Error> {
        json::parse(bytes, limits)
    }

    /// A log line without fields: its text is the value of `message`, and keyword rules apply to it.
    pub fn from_text(line: &str) -> Self {
        let raw = line[..line.floor_char_boundary(json::MAX_BYTES)].to_owned();
        let text = Slice { start: 0, len: raw.len() as u32 };
        let name = Slice { start: IN_ARENA, len: 7 };
        let leaves = vec![Leaf { path: name, name, text, kind: Kind::Text }];
        Self::new(raw, "message".to_owned(), leaves)
    }

    fn new(raw: String, arena: String, leaves: Vec<Leaf>) -> Self {
        Self { raw, arena, leaves, plain: false, decoded: OnceLock::new() }
    }

    /// True if every text of a value is in the bytes, but for the backslashes before `\\`, `/`, `"` and control
    /// characters.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// The bytes it was read from.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The first value of a field.
    pub fn get(&self, field: &str) -> Option<Value<'_>> {
        self.all(field).next()
    }

    /// Where the first value of a field stands in [`Event::raw`], escapes and all; `None` if there is none, or if
    /// the bytes only imply it.
    pub fn span(&self, field: &str) -> Option<Span> {
        let named = |leaf: &&Leaf| self.slice(leaf.name) == field || self.slice(leaf.path) == field;
        let text = self.leaves.iter().find(named)?.text;
        let start = text.start as usize;
        (text.start & IN_ARENA == 0).then(|| Span::new(start, start + text.len as usize))
    }

    /// Every value of a field, in order.
    pub fn all<'a>(&'a self, field: &str) -> impl Iterator<Item = Value<'a>> {
        let named = self.leaves.iter().enumerate().filter(move |(_, leaf)| {
            let same = |name: Slice| name.len as usize == field.len() && self.slice(name) == field;
            same(leaf.name) || same(leaf.path)
        });
        named.map(|(index, leaf)| self.value(index, leaf))
    }

    /// Every value with its name, in order. A value without text stands for an empty object or array.
    pub fn fields(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.leaves.iter().enumerate().map(|(index, leaf)| (self.slice(leaf.path), self.value(index, leaf)))
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// True if there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Path, short name and value of the value at `index`.
    pub(crate) fn at(&self, index: usize) -> (&str, &str, Value<'_>) {
        let leaf = &self.leaves[index];
        (self.slice(leaf.path), self.slice(leaf.name), self.value(index, leaf))
    }

    /// Short name and path of the value at `index`.
    pub(crate) fn names_at(&self, index: usize) -> (&str, &str) {
        let leaf = &self.leaves[index];
        (self.slice(leaf.name), self.slice(leaf.path))
    }

    /// The short names and, where they differ, the paths of the values, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let path = |leaf: &Leaf| (leaf.path != leaf.name).then(|| self.slice(leaf.path));
        self.leaves.iter().map(move |leaf| (self.slice(leaf.name), path(leaf)))
    }

    /// Appends the text of the value at `index`, as [`Value::as_str`] has it, to `out`, and remembers nothing.
    pub(crate) fn push_text(&self, index: usize, out: &mut String) {
        let leaf = &self.leaves[index];
        match leaf.kind {
            Kind::Escaped(escapes) => escapes.decode_into(self.slice(leaf.text), out),
            kind => out.push_str(Value { kind, text: self.slice(leaf.text) }.as_str()),
        }
    }

    /// The bytes of the value at `index` as they were read.
    pub(crate) fn spelling_at(&self, index: usize) -> &str {
        self.slice(self.leaves[index].text)
    }

    /// True if the value at `index` is a JSON number.
    pub(crate) fn is_number_at(&self, index: usize) -> bool {
        self.leaves[index].kind == Kind::Number
    }

    /// True if there is something to compare at `index`: not null, not an empty object or array.
    pub(crate) fn is_scalar_at(&self, index: usize) -> bool {
        !matches!(self.leaves[index].kind, Kind::Null | Kind::Empty)
    }

    fn value(&self, index: usize, leaf: &Leaf) -> Value<'_> {
        if matches!(leaf.kind, Kind::Escaped(_)) {
            return Value { kind: Kind::Text, text: self.decoded(index) };
        }
        Value { kind: leaf.kind, text: self.slice(leaf.text) }
    }

    /// The text of a value with escapes. All of them are decoded at the first such call.
    fn decoded(&self, index: usize) -> &str {
        let decoded = self.decoded.get_or_init(|| {
            let mut decoded = Decoded::default();
            for (index, leaf) in self.leaves.iter().enumerate() {
                if let Kind::Escaped(escapes) = leaf.kind {
                    escapes.decode_into(self.slice(leaf.text), &mut decoded.text);
                    decoded.ends.push((index as u32, decoded.text.len() as u32));
                }
            }
            decoded
        });
        let Ok(place) = decoded.ends.binary_search_by_key(&(index as u32), |(index, _)| *index) else {
            return "";
        };
        let start = place.checked_sub(1).map_or(0, |before| decoded.ends[before].1);
        &decoded.text[start as usize..decoded.ends[place].1 as usize]
    }

    fn slice(&self, slice: Slice) -> &str {
        slice.of(&self.raw, &self.arena)
    }
}

/// The bytes as text, if they are no more than the limit allows.
fn checked(bytes: &[u8], limits: Limits) -> Result<&str, Error> {
    let max_bytes = limits.max_bytes.min(json::MAX_BYTES);
    if bytes.len() > max_bytes {
        return Err(Error::Event(format!(
            "{} bytes are more than the limit of {max_bytes}; raise max_bytes",
            bytes.len()
        )));
    }
    std::str::from_utf8(bytes).map_err(|error| Error::InvalidUtf8 { offset: error.valid_up_to() })
}

impl Slice {
    const EMPTY: Self = Self { start: 0, len: 0 };

    fn of<'a>(self, raw: &'a str, arena: &'a str) -> &'a str {
        let (text, start) =
            if self.start & IN_ARENA == 0 { (raw, self.start) } else { (arena, self.start & !IN_ARENA) };
        &text[start as usize..(start + self.len) as usize]
    }
}

impl std::fmt::Debug for Event {
    /// Names only: values may be private.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.fields().map(|(name, _)| name).collect();
        f.debug_struct("Event")
            .field("bytes", &self.raw.len())
            .field("fields", &names)
            .finish_non_exhaustive()
    }
}

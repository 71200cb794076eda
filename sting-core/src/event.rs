//! Security events as rules see them, and the envelope that all sources share.

mod envelope;
mod json;
pub(crate) mod name;
mod time;
mod vocabulary;

pub use envelope::{Envelope, Fault};
pub use vocabulary::{EventType, Severity};

use crate::Error;

/// One security event: its bytes, and every value in it under a flat name.
///
/// Nested and flattened fields are found alike. The value of `{"Event": {"EventData": {"Image": ..}}}`
/// answers to `Event.EventData.Image` and, because the wrappers of the common shippers are known, to
/// `Image`. The elements of an array, and the values of a key that is there twice, are all values of
/// that one name, in order.
///
/// Memory: the bytes, 28 bytes a value, and the names of nested values.
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
    /// Names of nested values and unescaped strings.
    arena: String,
    leaves: Vec<Leaf>,
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
#[derive(Clone, Copy, PartialEq, Eq)]
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
            Kind::Number | Kind::Text => {
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
        let raw: String = line.chars().take(1 << 28).collect();
        let text = Slice { start: 0, len: raw.len() as u32 };
        let name = Slice { start: IN_ARENA, len: 7 };
        let leaves = vec![Leaf { path: name, name, text, kind: Kind::Text }];
        Self { raw, arena: "message".to_owned(), leaves }
    }

    /// The bytes it was read from.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The first value of a field.
    pub fn get(&self, field: &str) -> Option<Value<'_>> {
        self.all(field).next()
    }

    /// Every value of a field, in order.
    pub fn all<'a>(&'a self, field: &str) -> impl Iterator<Item = Value<'a>> {
        self.leaves
            .iter()
            .filter(move |leaf| self.slice(leaf.name) == field || self.slice(leaf.path) == field)
            .map(|leaf| self.value(leaf))
    }

    /// Every value with its name, in order. A value without text stands for an empty object or array.
    pub fn fields(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.leaves.iter().map(|leaf| (self.slice(leaf.path), self.value(leaf)))
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
        (self.slice(leaf.path), self.slice(leaf.name), self.value(leaf))
    }

    fn value(&self, leaf: &Leaf) -> Value<'_> {
        Value { kind: leaf.kind, text: self.slice(leaf.text) }
    }

    fn slice(&self, slice: Slice) -> &str {
        slice.of(&self.raw, &self.arena)
    }
}

impl Slice {
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

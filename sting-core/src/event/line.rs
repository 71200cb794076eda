//! What the readers of one-line formats share: an event whose values are runs of the line.

use super::escapes::Escapes;
use super::{Event, IN_ARENA, Kind, Leaf, Limits, Slice, name};
use crate::Error;
use std::ops::Range;

/// A line on its way to an event.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    limits: Limits,
    arena: String,
    leaves: Vec<Leaf>,
}

impl<'a> Line<'a> {
    /// The bytes as a line, without the end that it may have.
    pub(super) fn new(bytes: &'a [u8], limits: Limits) -> Result<Self, Error> {
        let text = super::checked(bytes, limits)?.trim_end_matches(['\n', '\r']);
        Ok(Self { text, limits, arena: String::new(), leaves: Vec::with_capacity(24) })
    }

    pub(super) fn fault(problem: &str, at: usize) -> Error {
        Error::Event(format!("{problem} at byte {at}"))
    }

    /// Adds a value: where it is in the line, spelled with `escapes` if there are any in it.
    pub(super) fn add(
        &mut self,
        key: &str,
        value: Range<usize>,
        escapes: Option<Escapes>,
    ) -> Result<(), Error> {
        self.add_named(key, None, value, escapes)
    }

    /// Adds a value that goes by a second name.
    pub(super) fn add_named(
        &mut self,
        key: &str,
        name: Option<&str>,
        value: Range<usize>,
        escapes: Option<Escapes>,
    ) -> Result<(), Error> {
        let escapes = escapes.filter(|_| self.text[value.clone()].contains('\\'));
        let kind = escapes.map_or(Kind::Text, Kind::Escaped);
        let text = Slice { start: value.start as u32, len: value.len() as u32 };
        self.push(key, name, text, kind)
    }

    /// Adds a value that the line implies.
    pub(super) fn add_implied(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let text = self.keep(value);
        self.push(key, None, text, Kind::Text)
    }

    fn push(&mut self, key: &str, name: Option<&str>, text: Slice, kind: Kind) -> Result<(), Error> {
        if self.leaves.len() >= self.limits.max_values {
            return Err(Error::Event(format!(
                "more than {} values; raise max_values",
                self.limits.max_values
            )));
        }
        let path = self.keep(key);
        let name = match name.map(Into::into).or_else(|| name::short(key)) {
            Some(name) if *name != *key => self.keep(&name),
            _ => path,
        };
        self.leaves.push(Leaf { path, name, text, kind });
        Ok(())
    }

    fn keep(&mut self, text: &str) -> Slice {
        let start = self.arena.len() as u32 | IN_ARENA;
        self.arena.push_str(text);
        Slice { start, len: text.len() as u32 }
    }

    /// The event, with the whole line as one more value: keywords may be anywhere in it.
    pub(super) fn finish(mut self) -> Result<Event, Error> {
        self.add("event.original", 0..self.text.len(), None)?;
        Ok(Event::new(self.text.to_owned(), self.arena, self.leaves))
    }
}

/// The run of bytes that fulfil `wanted`, from `at` on.
pub(super) fn run(text: &str, at: usize, wanted: impl Fn(u8) -> bool) -> Range<usize> {
    let length = text.as_bytes()[at..].iter().take_while(|&&byte| wanted(byte)).count();
    at..at + length
}

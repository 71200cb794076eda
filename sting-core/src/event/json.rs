//! One pass over the JSON of an event: values with their names, nothing else is built.
//!
//! Strings stay where they are, with their escapes; [`escape::decode_into`] says what they stand for when
//! somebody looks at them.

pub(super) mod escape;
mod special;
#[cfg(test)]
mod tests;

use super::escapes::Escapes;
use super::{Event, IN_ARENA, Kind, Leaf, Limits, Slice, name};
use crate::Error;
use special::Specials;

/// The most that offsets can address.
pub(super) const MAX_BYTES: usize = 1 << 30;

pub(super) fn parse(bytes: &[u8], limits: Limits) -> Result<Event, Error> {
    let raw = super::checked(bytes, limits)?;
    let mut parser = Parser {
        raw,
        bytes,
        specials: Specials::new(bytes),
        at: 0,
        limits,
        max_arena: 2 * limits.max_bytes.min(MAX_BYTES),
        arena: String::new(),
        path: String::new(),
        leaves: Vec::with_capacity(48),
        by_number: false,
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
    let Parser { arena, leaves, by_number, .. } = parser;
    Ok(Event { plain: !by_number && raw.is_ascii(), ..Event::new(raw.to_owned(), arena, leaves) })
}

struct Parser<'a> {
    raw: &'a str,
    bytes: &'a [u8],
    specials: Specials<'a>,
    at: usize,
    limits: Limits,
    max_arena: usize,
    arena: String,
    /// The keys from the top to here, joined by dots.
    path: String,
    leaves: Vec<Leaf>,
    /// A character was spelled by its number.
    by_number: bool,
}

impl Parser<'_> {
    #[cold]
    fn fault(&self, problem: &str) -> Error {
        Error::Event(format!("{problem} at byte {}", self.at))
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
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
            let key = self.key()?;
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
            let name = match name::short(key.of(self.raw, &self.arena)) {
                None => key,
                Some(short) => {
                    let short = short.into_owned();
                    self.keep(&short)?
                }
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
            Some(b'{') => {
                self.object(depth + 1)?;
                if name::is_data(&self.path) {
                    self.name_data(before)?;
                }
            }
            Some(b'[') => self.array(depth + 1)?,
            _ => {
                let (path, name) = self.names()?;
                return self.scalar(path, name);
            }
        }
        if self.leaves.len() == before {
            let (path, name) = self.names()?;
            self.push(path, name, Slice::EMPTY, Kind::Empty)?;
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

    /// The values since `before` are one `<Data Name="X">text</Data>` as an XML converter spells it: its text
    /// is the value of `X`.
    fn name_data(&mut self, before: usize) -> Result<(), Error> {
        let below = self.path.len() + 1;
        let part = |leaf: &Leaf| leaf.path.of(self.raw, &self.arena).get(below..).unwrap_or_default();
        let Some(named) = self.leaves[before..].iter().position(|leaf| name::is_data_name(part(leaf))) else {
            return Ok(());
        };
        let named = self.leaves[before + named];
        let mut name = named.text;
        if matches!(named.kind, Kind::Escaped(_)) || name.of(self.raw, &self.arena).contains(' ') {
            let mut text = String::new();
            escape::decode_into(name.of(self.raw, &self.arena), &mut text);
            text.retain(|c| c != ' ');
            name = self.keep(&text)?;
        }
        let mut texts = 0;
        for index in before..self.leaves.len() {
            let path = self.leaves[index].path.of(self.raw, &self.arena);
            if name::is_data_text(path.get(below..).unwrap_or_default()) {
                self.leaves[index].name = name;
                texts += 1;
            }
        }
        match texts {
            // An element without text.
            0 => self.push(named.path, name, Slice::EMPTY, Kind::Text),
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, path: Slice, name: Slice) -> Result<(), Error> {
        let (text, kind) = match self.peek() {
            Some(b'"') => self.string()?,
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
        let names = self.names_of(&full);
        self.path = full;
        names
    }

    fn names_of(&mut self, full: &str) -> Result<(Slice, Slice), Error> {
        let path = self.keep(full)?;
        let name = match name::short(full) {
            None => path,
            Some(short) => match full.strip_suffix(&*short) {
                Some(wrapper) => Slice { start: path.start + wrapper.len() as u32, len: short.len() as u32 },
                None => self.keep(&short)?,
            },
        };
        Ok((path, name))
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

    /// A key: one with escapes is decoded, because names are compared.
    fn key(&mut self) -> Result<Slice, Error> {
        let (key, kind) = self.string()?;
        if kind == Kind::Text {
            return Ok(key);
        }
        let mut decoded = String::new();
        escape::decode_into(key.of(self.raw, ""), &mut decoded);
        self.keep(&decoded)
    }

    /// The text between two quotes, and whether there are escapes in it. Called at the opening quote.
    #[inline]
    fn string(&mut self) -> Result<(Slice, Kind), Error> {
        self.at += 1;
        let start = self.at;
        let mut kind = Kind::Text;
        loop {
            self.at = self.specials.next(self.at);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    kind = Kind::Escaped(Escapes::Json);
                    match escape::length(&self.bytes[self.at..]) {
                        Some(length) => {
                            self.at += length;
                            self.by_number |= length > 2;
                        }
                        None => return Err(self.fault("invalid JSON: unknown escape")),
                    }
                }
                Some(_) => return Err(self.fault("invalid JSON: control character in a string")),
                None => return Err(self.fault("invalid JSON: unterminated string")),
            }
        }
        let len = self.at - start;
        self.at += 1;
        Ok((Slice { start: start as u32, len: len as u32 }, kind))
    }
}

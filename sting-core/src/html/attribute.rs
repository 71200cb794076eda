use super::reference::{Context, decode_in};
use crate::Span;
use std::borrow::Cow;

/// One attribute of a start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'t> {
    /// Its name as written.
    pub name: &'t str,
    /// Its value as written, without the quotes; empty if there is none.
    pub value: &'t str,
    /// Where the value stands in the source.
    pub value_span: Span,
}

impl<'t> Attribute<'t> {
    /// The value with character references decoded.
    pub fn decoded(&self) -> Cow<'t, str> {
        decode_in(self.value, Context::Attribute).0
    }
}

/// Iterates over the [`Attribute`]s of one start tag.
#[derive(Clone, Debug)]
pub struct Attributes<'t> {
    /// What stands between the tag's name and its `>`.
    inner: &'t str,
    /// Where `inner` stands in the source.
    base: usize,
    machine: Machine,
}

impl<'t> Attributes<'t> {
    pub(super) fn new(inner: &'t str, base: usize) -> Self {
        Self { inner, base, machine: Machine::default() }
    }

    /// True if the tag ends with a slash that is no part of a value.
    pub(super) fn closes_itself(mut self) -> bool {
        while self.machine.step(self.inner.as_bytes()).is_some() {}
        self.machine.slash_at.is_some_and(|at| at + 1 == self.inner.len())
    }
}

impl<'t> Iterator for Attributes<'t> {
    type Item = Attribute<'t>;

    fn next(&mut self) -> Option<Attribute<'t>> {
        let (name, value) = self.machine.step(self.inner.as_bytes())?;
        Some(Attribute {
            name: &self.inner[name.range()],
            value: &self.inner[value.range()],
            value_span: Span::new(self.base + value.start, self.base + value.end),
        })
    }
}

/// Length of the rest of a tag, its `>` included, from the end of its name on; `None` if the source
/// ends inside.
pub(super) fn tag_end(bytes: &[u8]) -> Option<usize> {
    let mut machine = Machine::default();
    while machine.step(bytes).is_some() {}
    machine.closed.then_some(machine.at + 1)
}

/// The attribute states of the WHATWG algorithm, over offsets.
#[derive(Clone, Debug, Default)]
struct Machine {
    at: usize,
    /// True once `at` stands on the tag's `>`.
    closed: bool,
    /// Where the last slash between attributes stands.
    slash_at: Option<usize>,
}

impl Machine {
    /// The spans of the next attribute's name and value.
    fn step(&mut self, bytes: &[u8]) -> Option<(Span, Span)> {
        loop {
            match bytes.get(self.at)? {
                b'>' => {
                    self.closed = true;
                    return None;
                }
                b'/' => self.slash_at = Some(self.at),
                byte if byte.is_ascii_whitespace() => {}
                _ => break,
            }
            self.at += 1;
        }
        let name_start = self.at;
        // An equals sign at the beginning belongs to the name.
        self.skip(bytes, |byte, at| !(super::ends_name(byte) || byte == b'=' && at > name_start));
        let name = Span::new(name_start, self.at);
        let after_name = self.at;
        self.skip(bytes, |byte, _| byte.is_ascii_whitespace());
        if bytes.get(self.at) != Some(&b'=') {
            return Some((name, Span::new(after_name, after_name)));
        }
        self.at += 1;
        self.skip(bytes, |byte, _| byte.is_ascii_whitespace());
        let value = if let Some(&quote @ (b'"' | b'\'')) = bytes.get(self.at) {
            let start = self.at + 1;
            let len = memchr::memchr(quote, &bytes[start..]);
            let end = len.map_or(bytes.len(), |len| start + len);
            self.at = (end + 1).min(bytes.len());
            Span::new(start, end)
        } else {
            let start = self.at;
            self.skip(bytes, |byte, _| !byte.is_ascii_whitespace() && byte != b'>');
            Span::new(start, self.at)
        };
        Some((name, value))
    }

    fn skip(&mut self, bytes: &[u8], go_on: impl Fn(u8, usize) -> bool) {
        while bytes.get(self.at).is_some_and(|&byte| go_on(byte, self.at)) {
            self.at += 1;
        }
    }
}

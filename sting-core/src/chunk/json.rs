//! JSON and JSON Lines: records, then their outermost commas, each chunk under the path of what it
//! begins with.

mod path;

use super::lattice::{Block, Form, Level};
use super::outline::Path;
use super::prose::{line_end, trim_end};
use super::scan::Place;
use crate::Span;
use memchr::memchr3;
use path::PathTracker;

/// Bytes looked at to tell JSON Lines from a single value.
const LOOK: usize = 64 << 10;

/// Finds the values of JSON text: one, or one after another as in JSON Lines.
#[derive(Debug, Default)]
pub(super) struct JsonScanner {
    /// Whether every line is a record.
    lines: Option<bool>,
    tracker: PathTracker,
}

impl JsonScanner {
    /// The value at a place.
    pub(super) fn next(&mut self, text: &str, place: Place) -> (Block, usize) {
        let lines = *self.lines.get_or_insert_with(|| {
            let lines = is_json_lines(text, place.at);
            self.tracker.count_records(lines);
            lines
        });
        let end = if lines { line_end(text, place.at) } else { value_end(text, place.at) };
        let span = Span::new(place.at, trim_end(text, place.at, end));
        (Block { span, level: Level::Item, form: Form::Json, section: 0, header: None }, end)
    }

    /// The path of what `chunk` begins with, later than the chunk asked for before.
    pub(super) fn path_of(&mut self, text: &str, chunk: Span) -> Path {
        self.tracker.path_of(text, chunk)
    }

    /// Takes `bytes` off every place.
    pub(super) fn rebase(&mut self, bytes: usize) {
        self.tracker.rebase(bytes);
    }
}

/// True if the first line is a whole value and another line follows it.
fn is_json_lines(text: &str, start: usize) -> bool {
    let look = Span::new(start, text.floor_char_boundary(start + LOOK));
    let (mut depth, mut broken) = (0_usize, None);
    structure(text, look, |at, byte| {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => {}
            _ => broken = Some(at),
        }
        broken.is_none()
    });
    broken.is_some_and(|at| depth == 0 && !text[at..look.end].trim_start().is_empty())
}

/// The end of the line on which the value that begins at `start` ends.
fn value_end(text: &str, start: usize) -> usize {
    let mut end = text.len();
    let mut depth = 0_usize;
    structure(text, Span::new(start, text.len()), |at, byte| {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'\n' | b'\r' if depth == 0 => end = at + 1,
            _ => {}
        }
        end == text.len()
    });
    end
}

/// Just past the last comma or line break of a part of JSON text that is outside of strings.
pub(super) fn last_break(text: &str, span: Span) -> Option<usize> {
    let mut last = None;
    structure(text, span, |at, byte| {
        if matches!(byte, b',' | b'\n' | b'\r') {
            last = Some(at + 1);
        }
        true
    });
    last
}

/// Calls `each` with every bracket, comma and line break outside of strings, until it says false.
fn structure(text: &str, span: Span, mut each: impl FnMut(usize, u8) -> bool) {
    let bytes = &text.as_bytes()[..span.end];
    let mut at = span.start;
    while at < span.end {
        match bytes[at] {
            b'"' => {
                let Some(end) = string_end(bytes, at + 1) else { return };
                at = end;
                continue;
            }
            byte @ (b'{' | b'}' | b'[' | b']' | b',' | b'\n' | b'\r') if !each(at, byte) => return,
            _ => {}
        }
        at += 1;
    }
}

/// Just past the quote that closes a string, which is the next one that is not escaped. A string
/// that is not closed on its line ends with it.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr3(b'"', b'\\', b'\n', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at + 1),
            b'\n' => return Some(at),
            _ => at += 2,
        }
    }
}

/// The outermost commas of a part of JSON text.
pub(super) fn outer_commas(text: &str, span: Span, mut each: impl FnMut(usize)) {
    let commas = |visit: &mut dyn FnMut(usize, isize)| {
        let mut depth = 0;
        structure(text, span, |at, byte| {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b',' if at + 1 < span.end => visit(at, depth),
                _ => {}
            }
            true
        });
    };
    let mut least = isize::MAX;
    commas(&mut |_, depth| least = least.min(depth));
    commas(&mut |at, depth| {
        if depth == least {
            each(at);
        }
    });
}

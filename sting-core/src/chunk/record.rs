//! Texts made of records: logs, tables and JSON.

use super::lattice::{Block, Form, Header, Level};
use super::outline::Outline;
use super::prose::trim_end;
use super::scan::Place;
use crate::Span;
use memchr::{memchr, memchr2};

/// Finds the records of a log: a line, and the lines that go on with it, such as a stack trace.
#[derive(Debug, Default)]
pub(super) struct LogScanner {
    /// Whether records begin with a time, as told by the first line.
    timed: Option<bool>,
}

impl LogScanner {
    /// The record at a place.
    pub(super) fn next(&mut self, text: &str, place: Place) -> (Block, usize) {
        let start = place.at;
        let timed = *self.timed.get_or_insert_with(|| begins_with_time(line_at(text, start)));
        let mut end = line_end(text, start);
        while end < text.len() {
            let line = line_at(text, end);
            let goes_on = line.starts_with([' ', '\t']) || is_trace(line) || timed && !begins_with_time(line);
            if !goes_on || line.trim().is_empty() {
                break;
            }
            end = line_end(text, end);
        }
        let level = if place.blank_lines > 0 { Level::Block } else { Level::Item };
        let span = Span::new(start, trim_end(text, start, end));
        (Block { span, level, form: Form::Lines, section: 0, header: None }, end)
    }
}

/// The start of the line after the one at `start`.
fn line_end(text: &str, start: usize) -> usize {
    memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |found| start + found + 1)
}

fn line_at(text: &str, start: usize) -> &str {
    &text[start..line_end(text, start)]
}

/// Lines of a stack trace that are not indented.
fn is_trace(line: &str) -> bool {
    ["Caused by", "Traceback", "During handling", "The above exception", "... ", "}", ")"]
        .iter()
        .any(|begin| line.starts_with(begin))
}

/// True if a line begins with what a clock wrote: `2026-11-20`, `[20/Nov`, `<34>`, `Nov 20`, `1700000000`.
pub(super) fn begins_with_time(line: &str) -> bool {
    let line = line.trim_start_matches(['[', '(', '<', '"']);
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let after = line.as_bytes().get(digits);
    match digits {
        0 => {
            const NAMES: [&str; 19] = [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Mon",
                "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
            ];
            NAMES.iter().any(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', ','])))
        }
        1..=3 => after.is_some_and(|byte| b":/-.>".contains(byte)),
        4..=8 => after.is_some_and(|byte| b"-/.T_ ".contains(byte)),
        _ => after.is_some_and(|byte| b" .,]".contains(byte)),
    }
}

/// Finds the rows of delimited text. Every row after the first carries the first as its header.
#[derive(Debug, Default)]
pub(super) struct TableScanner {
    begun: bool,
    header: Option<Header>,
}

/// Bytes of the longest row that is taken for a header: it is kept as long as its table lasts.
const LONGEST_HEADER: usize = 64 << 10;

impl TableScanner {
    /// The row at a place.
    pub(super) fn next(&mut self, text: &str, place: Place, outline: &mut Outline) -> (Block, usize) {
        let next = row_end(text, place.at);
        let span = Span::new(place.at, trim_end(text, place.at, next));
        let level = if self.begun { Level::Item } else { Level::Block };
        let block = Block { span, level, form: Form::Rows, section: 0, header: self.header };
        if !self.begun && span.len() <= LONGEST_HEADER {
            let number = outline.keep_header(&text[span.range()]);
            self.header = Some(Header { end: span.end, number });
        }
        self.begun = true;
        (block, next)
    }

    /// Takes `bytes` off every place.
    pub(super) fn rebase(&mut self, bytes: usize) {
        if let Some(header) = &mut self.header {
            header.end = header.end.saturating_sub(bytes);
        }
    }
}

/// The end of the row at `start`: a line break outside of quotes.
fn row_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(found) = memchr2(b'"', b'\n', &bytes[at..]).map(|found| at + found) {
        if bytes[found] == b'\n' {
            return found + 1;
        }
        at = match memchr(b'"', &bytes[found + 1..]) {
            Some(quote) => found + 1 + quote + 1,
            None => return line_end(text, found),
        };
    }
    text.len()
}

/// The value of JSON text at a place: the only one, or one of many as in JSON Lines.
pub(super) fn json_value(text: &str, place: Place) -> (Block, usize) {
    let end = value_end(text, place.at);
    let span = Span::new(place.at, trim_end(text, place.at, end));
    (Block { span, level: Level::Item, form: Form::Json, section: 0, header: None }, end)
}

/// The end of the line on which the value that begins at `start` ends.
fn value_end(text: &str, start: usize) -> usize {
    let mut end = text.len();
    let mut depth = 0_usize;
    structure(text, Span::new(start, text.len()), |at, byte| {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if byte == b'\n' && depth == 0 {
            end = at + 1;
        }
        end == text.len()
    });
    end
}

/// Just past the last comma or line break of a part of JSON text that is outside of strings.
pub(super) fn last_break(text: &str, span: Span) -> Option<usize> {
    let mut last = None;
    structure(text, span, |at, byte| {
        if byte == b',' || byte == b'\n' {
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
            byte @ (b'{' | b'}' | b'[' | b']' | b',' | b'\n') if !each(at, byte) => return,
            _ => {}
        }
        at += 1;
    }
}

/// Just past the quote that closes a string, which is the next one that is not escaped.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
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

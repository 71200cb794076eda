//! Texts made of records: logs, tables and JSON.

use super::lattice::{Block, Form, Level};
use super::prose::{skip_blank_lines, trim_end};
use crate::Span;
use memchr::{memchr, memchr2};

/// Finds the records of a log: a line, and the lines that go on with it, such as a stack trace.
#[derive(Debug, Default)]
pub(super) struct LogScanner {
    at: usize,
    /// Whether records begin with a time, as told by the first line.
    timed: Option<bool>,
}

impl LogScanner {
    /// The next record.
    pub(super) fn next(&mut self, text: &str) -> Option<Block> {
        let start = skip_blank_lines(text, self.at, text.len());
        if start == text.len() {
            return None;
        }
        let apart = text[self.at..start].contains('\n');
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
        self.at = end;
        let level = if apart { Level::Block } else { Level::Item };
        Some(Block {
            span: Span::new(start, trim_end(text, start, end)),
            level,
            form: Form::Lines,
            section: 0,
            header: None,
        })
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

/// Bytes after which a quoted field counts as one whose quote was never closed.
const LONGEST_FIELD: usize = 1 << 20;

/// Finds the rows of delimited text. Every row after the first carries the first as its header.
#[derive(Debug, Default)]
pub(super) struct TableScanner {
    at: usize,
    header: Option<Span>,
}

impl TableScanner {
    /// The next row.
    pub(super) fn next(&mut self, text: &str) -> Option<Block> {
        let start = skip_blank_lines(text, self.at, text.len());
        if start == text.len() {
            return None;
        }
        self.at = row_end(text, start);
        let span = Span::new(start, trim_end(text, start, self.at));
        let level = if self.header.is_some() { Level::Item } else { Level::Block };
        let block = Block { span, level, form: Form::Rows, section: 0, header: self.header };
        self.header.get_or_insert(span);
        Some(block)
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
        let field = &bytes[found + 1..bytes.len().min(found + 1 + LONGEST_FIELD)];
        at = match memchr(b'"', field) {
            Some(quote) => found + 1 + quote + 1,
            None => return line_end(text, found),
        };
    }
    text.len()
}

/// Finds the values of JSON text: one, or one after another as in JSON Lines.
#[derive(Debug, Default)]
pub(super) struct JsonScanner {
    at: usize,
}

impl JsonScanner {
    /// The next value.
    pub(super) fn next(&mut self, text: &str) -> Option<Block> {
        let start = skip_blank_lines(text, self.at, text.len());
        if start == text.len() {
            return None;
        }
        self.at = value_end(text, start);
        let span = Span::new(start, trim_end(text, start, self.at));
        Some(Block { span, level: Level::Item, form: Form::Json, section: 0, header: None })
    }
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

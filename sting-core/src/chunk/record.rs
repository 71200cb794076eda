//! Texts made of records: logs and tables.

use super::lattice::{Block, Form, Header, Level};
use super::outline::Outline;
use super::prose::{line_end, trim_end};
use super::scan::Place;
use crate::Span;
use memchr::{memchr, memchr3};

/// Finds the records of a log: a line, and the lines that go on with it, such as a stack trace.
#[derive(Debug, Default)]
pub(super) struct LogScanner {
    /// Where records have their time, as told by the first line.
    clock: Option<Clock>,
}

impl LogScanner {
    /// The record at a place.
    pub(super) fn next(&mut self, text: &str, place: Place) -> (Block, usize) {
        let start = place.at;
        let clock = *self.clock.get_or_insert_with(|| Clock::of(line_at(text, start)));
        let mut end = line_end(text, start);
        let mut trace = is_trace(line_at(text, start));
        while end < text.len() {
            let line = line_at(text, end);
            if line.trim().is_empty() {
                break;
            }
            let untimed = clock != Clock::None && Clock::of(line) != clock;
            let indented = line.starts_with([' ', '\t']);
            if !(indented || untimed || is_trace(line) || trace && names_error(line)) {
                break;
            }
            trace = is_trace(line) || trace && indented;
            end = line_end(text, end);
        }
        let level = if place.blank_lines > 0 { Level::Block } else { Level::Item };
        let span = Span::new(start, trim_end(text, start, end));
        (Block { span, level, form: Form::Lines, section: 0, header: None }, end)
    }
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

/// `ValueError: ...`, the last line of a trace.
fn names_error(line: &str) -> bool {
    let name = line.split([':', ' ', '\n', '\r']).next().unwrap_or("");
    name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Interrupt")
}

/// Where the lines of a log have their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// At their beginning.
    First,
    /// After a host, a file or an address.
    Within,
    /// Nowhere.
    None,
}

impl Clock {
    /// Where `line` has its time.
    pub(super) fn of(line: &str) -> Self {
        if begins_with_time(line) {
            Self::First
        } else if holds_time(line) || line.strip_prefix("- ").is_some_and(|rest| begins_with_number(rest, 9))
        {
            Self::Within
        } else {
            Self::None
        }
    }
}

/// True if a line begins with what a clock wrote: `2026-11-20`, `[20/Nov`, `<34>`, `Nov 20`, `1700000000`.
pub(super) fn begins_with_time(line: &str) -> bool {
    let line = line.trim_start_matches(['[', '(', '<', '"']);
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let mut after = line.bytes().skip(digits);
    match digits {
        0 => {
            const NAMES: [&str; 19] = [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Mon",
                "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
            ];
            NAMES.iter().any(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', ','])))
        }
        1..=3 => match after.next() {
            Some(b'>') => true,
            // Numbers of lists have nothing behind their full stop.
            Some(b':' | b'/' | b'-' | b'.') => after.next().is_some_and(|byte| byte.is_ascii_alphanumeric()),
            _ => false,
        },
        4..=8 => after.next().is_some_and(|byte| b"-/.T_ ".contains(&byte)),
        _ => after.next().is_some_and(|byte| b" .,]".contains(&byte)),
    }
}

/// True if a line begins with a number of so many digits.
fn begins_with_number(line: &str, digits: usize) -> bool {
    line.bytes().take_while(u8::is_ascii_digit).count() >= digits
}

/// True if the first hundred bytes hold the time of day, to the second.
fn holds_time(line: &str) -> bool {
    let bytes = &line.as_bytes()[..line.len().min(100)];
    bytes.windows(8).any(|time| {
        time.iter()
            .enumerate()
            .all(|(i, byte)| if i % 3 == 2 { *byte == b':' } else { byte.is_ascii_digit() })
    })
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
    while let Some(found) = memchr3(b'"', b'\n', b'\r', &bytes[at..]).map(|found| at + found) {
        if bytes[found] != b'"' {
            return line_end(text, found);
        }
        at = match memchr(b'"', &bytes[found + 1..]) {
            Some(quote) => found + 1 + quote + 1,
            None => return line_end(text, found),
        };
    }
    text.len()
}

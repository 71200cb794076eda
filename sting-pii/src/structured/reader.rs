//! From a text or a stream to its records: what is taken apart, and what is scanned as it is.

use super::csv::{self, Csv};
use super::line::{self, Field};
use super::{Format, MAX_LINE};

/// The next stretch of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A line or a record, with its line end.
    Record(usize),
    /// Text without structure, of this length.
    Plain(usize),
}

/// Cuts a text into units. What it says of a byte depends on no more than [`MAX_LINE`] bytes behind
/// it, so that a stream is cut as the whole text is.
#[derive(Debug)]
pub(super) struct Reader {
    format: Format,
    /// The line has begun in a unit before.
    in_line: bool,
    /// The table, once its first record was read.
    table: Option<Csv>,
}

impl Reader {
    pub(super) const fn new(format: Format) -> Self {
        Self { format, in_line: false, table: None }
    }

    /// The unit that `text` begins with; `None` if more text is needed to tell. `last` says that there
    /// is no more.
    pub(super) fn next(&mut self, text: &[u8], last: bool) -> Option<Unit> {
        if text.is_empty() {
            return None;
        }
        let window = &text[..text.len().min(MAX_LINE + 1)];
        if self.in_line {
            let end = memchr::memchr(b'\n', window);
            self.in_line = end.is_none();
            return Some(Unit::Plain(end.map_or(window.len(), |end| end + 1)));
        }
        let record = match self.format {
            Format::Csv => csv::record_len(window, self.table.as_ref().map(|table| table.delimiter)),
            _ => memchr::memchr(b'\n', window).map(|end| end + 1),
        };
        match record {
            Some(length) => Some(Unit::Record(length)),
            None if text.len() <= MAX_LINE => last.then_some(Unit::Record(text.len())),
            None => {
                // Too long, or a quote that does not close: all its whole lines are text.
                self.table.get_or_insert(Csv::without_names());
                let end = memchr::memrchr(b'\n', window);
                self.in_line = end.is_none();
                Some(Unit::Plain(end.map_or(window.len(), |end| end + 1)))
            }
        }
    }

    /// The fields of a record, without its line end; `None` if it is not of the format.
    pub(super) fn fields<'a>(&'a mut self, record: &'a [u8]) -> Option<Vec<Field<'a>>> {
        match self.format {
            Format::Csv => {
                if self.table.is_some() {
                    return self.table.as_ref().map(|table| table.record(record));
                }
                let table = self.table.insert(Csv::headed_by(record));
                Some(csv::cells(record, table.delimiter))
            }
            Format::Log => line::log(record),
            Format::Logfmt => line::logfmt(record),
            Format::Syslog => line::syslog(record),
            Format::AccessLog => line::access(record),
            Format::JsonLines => line::json(record, 0),
            Format::Text | Format::Json | Format::Auto => None,
        }
    }
}

/// The record without its line end.
pub(super) fn without_line_end(record: &[u8]) -> &[u8] {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    record.strip_suffix(b"\r").unwrap_or(record)
}

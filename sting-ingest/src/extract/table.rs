//! Delimited rows: which delimiter, and where the cells stand.

use super::{Extraction, Text};
use crate::Error;
use sting_core::{PartKind, Span};

pub(super) fn read(extraction: &mut Extraction<'_>, text: Text<'_>) -> Result<(), Error> {
    extraction.fact("delimiter", delimiter(&text.text).to_string());
    extraction.add_verbatim(text.part, PartKind::Table, text.text)
}

/// Records that are looked at to find the delimiter.
const SAMPLE_RECORDS: usize = 50;

/// The delimiter that cuts the first records into the same number of cells, and into most.
pub(crate) fn delimiter(text: &str) -> char {
    let score = |&delimiter: &char| {
        let mut counts = Vec::new();
        let mut rows = Rows::new(text, delimiter);
        let mut cells = Vec::new();
        while counts.len() < SAMPLE_RECORDS && rows.next_into(&mut cells) {
            if cells.len() > 1 || !cells[0].span.is_empty() {
                counts.push(cells.len());
            }
        }
        let Some(&first) = counts.first() else { return 0 };
        let alike = counts.iter().filter(|&&count| count == first).count();
        if first < 2 { 0 } else { alike * 1000 / counts.len() * 100 + first.min(99) }
    };
    // The first of equals wins, and a comma is the usual one.
    [',', '\t', ';', '|'].into_iter().rev().max_by_key(score).unwrap_or(',')
}

/// One cell as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Its place, quotes included.
    pub(crate) span: Span,
    /// True if it is in quotes, in which a pair of quotes stands for one.
    pub(crate) quoted: bool,
}

impl Cell {
    /// What the cell says.
    pub(crate) fn value(self, text: &str) -> std::borrow::Cow<'_, str> {
        let cell = &text[self.span.range()];
        if !self.quoted {
            return cell.into();
        }
        let inner = cell[1..].strip_suffix('"').unwrap_or(&cell[1..]);
        if inner.contains("\"\"") { inner.replace("\"\"", "\"").into() } else { inner.into() }
    }
}

/// Walks over the records of delimited text by the rules of RFC 4180, and takes what breaks them
/// as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Rows<'t> {
    text: &'t str,
    delimiter: u8,
    at: usize,
}

impl<'t> Rows<'t> {
    /// The delimiter must be an ASCII character.
    pub(crate) fn new(text: &'t str, delimiter: char) -> Self {
        Self { text, delimiter: delimiter as u8, at: 0 }
    }

    /// Replaces `cells` by those of the next record; false at the end.
    pub(crate) fn next_into(&mut self, cells: &mut Vec<Cell>) -> bool {
        cells.clear();
        let bytes = self.text.as_bytes();
        if self.at >= bytes.len() {
            return false;
        }
        loop {
            let cell = self.cell();
            cells.push(cell);
            self.at = cell.span.end;
            match bytes.get(self.at) {
                Some(&byte) if byte == self.delimiter => self.at += 1,
                Some(b'\r') if bytes.get(self.at + 1) == Some(&b'\n') => {
                    self.at += 2;
                    return true;
                }
                Some(_) => {
                    self.at += 1;
                    return true;
                }
                None => return true,
            }
        }
    }

    fn cell(&self) -> Cell {
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let quoted = bytes.get(start) == Some(&b'"');
        let mut from = start;
        if quoted {
            from = start + 1;
            loop {
                let Some(quote) = memchr::memchr(b'"', &bytes[from..]).map(|at| from + at) else {
                    return Cell { span: Span::new(start, bytes.len()), quoted };
                };
                from = quote + 1;
                if bytes.get(from) != Some(&b'"') {
                    break;
                }
                from += 1;
            }
        }
        // Whatever follows the closing quote is taken into the cell.
        let len = memchr::memchr3(self.delimiter, b'\n', b'\r', &bytes[from..]).unwrap_or(bytes.len() - from);
        Cell { span: Span::new(start, from + len), quoted }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rows, delimiter};
    use proptest::prelude::*;

    fn cells(text: &str, delimiter: char) -> Vec<Vec<String>> {
        let (mut rows, mut cells, mut all) = (Rows::new(text, delimiter), Vec::new(), Vec::new());
        while rows.next_into(&mut cells) {
            all.push(cells.iter().map(|cell| cell.value(text).into_owned()).collect());
        }
        all
    }

    #[test]
    fn quotes_and_line_ends() {
        assert_eq!(
            cells("a,\"b \"\"x\"\",\n1\"\r\nc,,\n", ','),
            [vec!["a", "b \"x\",\n1"], vec!["c", "", ""]]
        );
        assert_eq!(cells("\"open", ','), [["open"]]);
    }

    #[test]
    fn delimiters() {
        assert_eq!(delimiter("a;b;c\n1,5;2;3\n2,5;3;4\n"), ';');
        assert_eq!(delimiter("name\tnote\nx\ta, b\n"), '\t');
        assert_eq!(delimiter("one column\nonly\n"), ',');
    }

    proptest! {
        /// What a writer of the `csv` crate writes is read as it was meant.
        #[test]
        fn reads_what_was_written(table in prop::collection::vec(prop::collection::vec("[a\",\n\r é;]{0,6}", 2..4), 1..6)) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(cells(&text, ','), table);
        }
    }
}

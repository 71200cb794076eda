//! Delimited text: RFC 4180, with other delimiters too.

use super::escape::Style;
use super::line::Field;
use std::borrow::Cow;

/// What the first record says of those that follow.
#[derive(Debug)]
pub(super) struct Csv {
    pub(super) delimiter: u8,
    names: Vec<String>,
}

impl Csv {
    /// The table whose first record this is.
    pub(super) fn headed_by(record: &[u8]) -> Self {
        let delimiter = delimiter_of(record);
        let names = cells(record, delimiter)
            .into_iter()
            .map(|cell| {
                let raw = &record[cell.value.range()];
                let text = cell.style.decode(raw).map_or(Cow::Borrowed(raw), |(text, _)| text);
                String::from_utf8_lossy(&text).trim().to_owned()
            })
            .collect();
        Self { delimiter, names }
    }

    /// A table whose columns have no names.
    pub(super) const fn without_names() -> Self {
        Self { delimiter: b',', names: Vec::new() }
    }

    /// The cells of a record, each with the name of its column.
    pub(super) fn record<'a>(&'a self, record: &'a [u8]) -> Vec<Field<'a>> {
        let mut fields = cells(record, self.delimiter);
        for (field, name) in fields.iter_mut().zip(&self.names) {
            field.key = Some(name.as_str().into());
        }
        fields
    }
}

/// The cells of a record.
pub(super) fn cells(record: &[u8], delimiter: u8) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let quoted = record.get(at) == Some(&b'"');
        let closing = quoted.then(|| quote_end(record, at + 1)).flatten();
        let next = closing.map_or(at, |quote| quote + 1);
        let end = memchr::memchr(delimiter, &record[next..]).map_or(record.len(), |found| next + found);
        fields.push(match closing {
            Some(quote) if quote + 1 == end => Field::new(at + 1..quote, Style::Csv, None),
            // Something stands behind the quote: the cell is what is written.
            Some(_) => Field::new(at..end, Style::Plain, None),
            None => Field::new(at..end, Style::CsvBare(delimiter), None),
        });
        if end == record.len() {
            return fields;
        }
        at = end + 1;
    }
}

/// Where the quote closes that opened before `start`.
fn quote_end(record: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr::memchr(b'"', record.get(at..)?)?;
        if record.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// Length of the record that `text` begins with, and of its line end; `None` if it does not end. A
/// quote opens at the beginning of a cell only.
pub(super) fn record_len(text: &[u8], delimiter: Option<u8>) -> Option<usize> {
    let separates = |byte: u8| delimiter.map_or_else(|| DELIMITERS.contains(&byte), |one| one == byte);
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\n', text.get(at..)?)?;
        if text[at] == b'\n' {
            return Some(at + 1);
        }
        let opens = at.checked_sub(1).is_none_or(|before| separates(text[before]));
        at = if opens { quote_end(text, at + 1)? + 1 } else { at + 1 };
    }
}

const DELIMITERS: [u8; 4] = *b",;\t|";

/// The delimiter that stands most often in the first record, outside quotes.
fn delimiter_of(record: &[u8]) -> u8 {
    let count = |delimiter: u8| cells(record, delimiter).len();
    let best = DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter));
    best.filter(|delimiter| count(*delimiter) > 1).unwrap_or(b',')
}

/// True if text begins as a table does: a first record of names, and at least two that have as many
/// cells.
pub(super) fn looks_like_table(text: &[u8]) -> bool {
    let mut rest = text;
    let mut records = std::iter::from_fn(|| {
        let (record, after) = rest.split_at(record_len(rest, None)?);
        rest = after;
        Some(record.trim_ascii_end())
    });
    let Some(header) = records.next() else { return false };
    let delimiter = delimiter_of(header);
    let names = cells(header, delimiter);
    let width = names.len();
    let is_name = |cell: &Field<'_>| {
        let name = header[cell.value.range()].trim_ascii();
        let plain =
            |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' ' | b'/') || *b >= 0x80;
        let words = memchr::memchr_iter(b' ', name).count();
        !name.is_empty()
            && name.len() <= 40
            && name.iter().all(plain)
            && words <= 3
            && !name[0].is_ascii_digit()
    };
    let mut like = 0;
    for record in records.take(8) {
        if record.is_empty() {
            continue;
        }
        if cells(record, delimiter).len() != width {
            return false;
        }
        like += 1;
    }
    width >= 2 && names.iter().all(is_name) && like >= if width == 2 { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::{Csv, looks_like_table, record_len};

    #[test]
    fn records() {
        let text = b"name;\"the\nnote\"\r\nx;\"a \"\"b\"\";c\"\n";
        let first = record_len(text, None).unwrap();
        let table = Csv::headed_by(text[..first].trim_ascii_end());
        assert_eq!((table.delimiter, first), (b';', 17));
        let record = text[first..].trim_ascii_end();
        let shown: Vec<_> = table
            .record(record)
            .iter()
            .map(|f| (f.key.clone().unwrap_or_default().into_owned(), &record[f.value.range()]))
            .collect();
        assert_eq!(shown, [("name".to_owned(), &b"x"[..]), ("the\nnote".to_owned(), b"a \"\"b\"\";c")]);
        assert_eq!(record_len(b"\"open\nx", None), None);
    }

    #[test]
    fn tables() {
        assert!(looks_like_table(b"id,name,card\n1,a,2\n") && looks_like_table(b"id\tname\n1\ta\n2\tb\n"));
        assert!(
            !looks_like_table(b"Dear Jane, hello\nDear Joe, hi\n")
                && !looks_like_table(b"a=1, b=2, c\n1,2,3\n")
        );
    }
}

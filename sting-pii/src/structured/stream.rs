//! A structured text that comes in pieces.

use super::reader::{Reader, Unit, without_line_end};
use super::{Field, Format, Writer};
use crate::{Error, ScrubStream, Scrubber};
use std::collections::BTreeMap;
use std::sync::Arc;
use sting_core::{Scrubbed, Span};

/// Scrubs a stream of lines or records that comes in pieces.
///
/// The output, put together, is that of [`Scrubber::scrub_bytes_as`] for the whole input, however it is
/// cut. Holds at most a line of 16 KiB besides what a [`ScrubStream`] holds.
///
/// ```
/// use sting_pii::{Format, ScrubConfig, Scrubber};
/// let mut stream = Scrubber::new(ScrubConfig::default())?.stream_as(Format::Log)?;
/// let mut out = stream.push(b"level=info password=hun")?.into_inner();
/// out.extend(stream.push(b"ter2 n=1\n{\"ssn\": 536228726}\n")?.into_inner());
/// out.extend(stream.finish()?.into_inner());
/// assert_eq!(out, b"level=info password=[PASSWORD] n=1\n{\"ssn\": \"[US_SSN]\"}\n");
/// # Ok::<(), sting_pii::Error>(())
/// ```
#[derive(Debug)]
pub struct FormatStream {
    scrubber: Scrubber,
    reader: Reader,
    /// The line that has begun.
    held: Held,
    /// Lines that are not of the format, since the last one that was.
    plain: Option<ScrubStream>,
    counts: BTreeMap<Arc<str>, u64>,
    failed: bool,
}

/// Bytes that are not printed.
#[derive(Default)]
struct Held(Vec<u8>);

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Scrubber {
    /// Begins a stream of a format that is read line by line or record by record.
    ///
    /// # Errors
    /// [`Error::Config`] for [`Format::Auto`] and [`Format::Json`], which need the whole text.
    pub fn stream_as(&self, format: Format) -> Result<FormatStream, Error> {
        if matches!(format, Format::Auto | Format::Json) {
            return Err(Error::config(
                "format",
                "a stream cannot be read as a whole",
                "use log, json_lines, csv or another format of lines",
            ));
        }
        Ok(FormatStream {
            scrubber: self.clone(),
            reader: Reader::new(format),
            held: Held::default(),
            plain: None,
            counts: BTreeMap::new(),
            failed: false,
        })
    }
}

impl FormatStream {
    /// Takes the next piece, and gives what is ready.
    ///
    /// # Errors
    /// As [`Scrubber::scrub_as`], after which the stream gives nothing any more.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Scrubbed<Vec<u8>>, Error> {
        let mut out = Vec::new();
        for piece in bytes.chunks(super::MAX_LINE) {
            self.held.0.extend_from_slice(piece);
            self.flow(false, &mut out)?;
        }
        Ok(self.scrubber.vouch(out))
    }

    /// Ends the stream, and gives the rest.
    ///
    /// # Errors
    /// As [`FormatStream::push`].
    pub fn finish(mut self) -> Result<Scrubbed<Vec<u8>>, Error> {
        let mut out = Vec::new();
        self.flow(true, &mut out)?;
        self.end_plain(&mut out)?;
        Ok(self.scrubber.vouch(out))
    }

    /// Findings so far, by kind. Those in text without structure are counted when it ends.
    pub fn counts(&self) -> &BTreeMap<Arc<str>, u64> {
        &self.counts
    }

    /// Bytes that are held back now.
    pub fn held(&self) -> usize {
        self.held.0.len() + self.plain.as_ref().map_or(0, ScrubStream::held)
    }

    fn flow(&mut self, last: bool, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Stopped);
        }
        let held = std::mem::take(&mut self.held.0);
        let flowed = self.units(&held, last, out);
        self.failed = flowed.is_err();
        self.held.0 = held;
        self.held.0.drain(..flowed?);
        Ok(())
    }

    /// Writes the units that `text` holds whole; gives their length.
    fn units(&mut self, text: &[u8], last: bool, out: &mut Vec<u8>) -> Result<usize, Error> {
        let mut at = 0;
        while let Some(unit) = self.reader.next(&text[at..], last) {
            let (Unit::Record(length) | Unit::Plain(length)) = unit;
            let record = &text[at..at + length];
            let fields = if unit == Unit::Record(length) {
                self.reader.fields(without_line_end(record))
            } else {
                None
            };
            if let Some(fields) = fields {
                let mut written = Vec::new();
                write(&self.scrubber, record, &fields, &mut self.counts, &mut written)?;
                self.end_plain(out)?;
                out.append(&mut written);
            } else {
                let plain = self.plain.get_or_insert_with(|| self.scrubber.stream());
                out.extend(plain.push(record)?.into_inner());
            }
            at += length;
        }
        Ok(at)
    }

    fn end_plain(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        let Some(plain) = self.plain.take() else { return Ok(()) };
        let (rest, counts) = plain.finish_with_counts()?;
        for (kind, count) in counts {
            *self.counts.entry(kind).or_default() += count;
        }
        out.extend(rest);
        Ok(())
    }
}

/// Writes one record.
fn write(
    scrubber: &Scrubber,
    record: &[u8],
    fields: &[Field<'_>],
    counts: &mut BTreeMap<Arc<str>, u64>,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let mut writer = Writer::new(scrubber, record);
    for Field { value, style, key } in fields {
        writer.value(Span::new(value.start, value.end), *style, key.as_deref())?;
    }
    writer.copy(record.len());
    for finding in &writer.findings {
        *counts.entry(finding.kind.clone()).or_default() += 1;
    }
    *out = writer.out;
    Ok(())
}

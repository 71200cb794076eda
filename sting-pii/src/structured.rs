//! Texts with a structure, scrubbed value by value, with every other byte left as it is.

mod csv;
mod escape;
mod json;
mod line;
mod reader;
mod stream;

pub use stream::FormatStream;

pub(crate) use escape::Style;
#[cfg(feature = "arrow")]
pub(crate) use json::field_name;
pub(crate) use json::walk_json;

use crate::{Error, Finding, ScrubResult, Scrubber};
use line::Field;
use reader::{Reader, Unit, without_line_end};
use serde::Deserialize;
use std::borrow::Cow;
use std::str::FromStr;
use sting_core::{Scrubbed, SourceMap, SourceRun, Span};

/// Longest line or record that is taken apart, in bytes. A longer one is scanned as text.
pub(crate) const MAX_LINE: usize = 16 * 1024;

/// How a text is structured.
///
/// In every format the name of a field is evidence for its value, and may alone decide. A line that
/// is not of the format is scanned as text, together with its neighbours that are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// What the text looks like: JSON, a table, a log, or none of them.
    #[default]
    Auto,
    /// No structure.
    Text,
    /// One JSON text, or several one behind the other. Anything else is an error.
    Json,
    /// A JSON object a line.
    JsonLines,
    /// `key=value key="a value"` a line.
    Logfmt,
    /// RFC 5424 with its structured data, RFC 3164 with or without a priority. A message that is JSON or
    /// logfmt is taken apart too.
    Syslog,
    /// Common and combined log format.
    AccessLog,
    /// Delimited by `,`, `;`, tab or `|`; the first record names the columns.
    Csv,
    /// Lines that are each in one of the formats of logs above, or in none.
    Log,
}

impl Format {
    /// Names of all formats.
    pub const NAMES: [&str; 9] =
        ["auto", "text", "json", "json_lines", "logfmt", "syslog", "access_log", "csv", "log"];

    /// The format that a text looks to be in; never [`Format::Auto`].
    pub fn detect(text: &[u8]) -> Self {
        let begin = text.trim_ascii_start();
        if begin.starts_with(b"{") || begin.starts_with(b"[") {
            let readable = |span: Span, style: Style| style.decode(&text[span.range()]).is_some();
            let read = walk_json(text, |span, style, _| {
                if readable(span, style) { Ok(()) } else { Err(Error::Json { offset: span.start }) }
            });
            if read.is_ok() {
                return Self::Json;
            }
        }
        let window = &text[..text.len().min(MAX_LINE)];
        let mut lines = window.split_inclusive(|b| *b == b'\n').take(32).map(without_line_end);
        if lines.any(|line| line::log(line).is_some()) {
            return Self::Log;
        }
        if csv::looks_like_table(window) { Self::Csv } else { Self::Text }
    }

    fn resolve(self, text: &[u8]) -> Self {
        if self == Self::Auto { Self::detect(text) } else { self }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        serde_json::from_value(serde_json::Value::from(name)).map_err(|_| {
            Error::config(
                "format",
                format!("no format is named {name:?}"),
                format!("use one of {}", Self::NAMES.join(", ")),
            )
        })
    }
}

impl Scrubber {
    /// Scrubs the values of a structured text. Every byte outside of what is found stays as it is;
    /// what stands for a value is escaped and quoted as the format demands.
    ///
    /// # Errors
    /// [`Error::Json`] if `format` is [`Format::Json`] and the text is not JSON; and as
    /// [`Scrubber::scrub`].
    ///
    /// ```
    /// use sting_pii::{Format, ScrubConfig, Scrubber};
    /// let scrubber = Scrubber::new(ScrubConfig::default())?;
    /// let out = scrubber.scrub_as(Format::Csv, "id;ssn;note\n1;536228726;\"a \"\"b@c.example\"\"\"\n")?;
    /// assert_eq!(out.text.get(), "id;ssn;note\n1;[US_SSN];\"a \"\"[EMAIL]\"\"\"\n");
    /// let out = scrubber.scrub_as(Format::Logfmt, "level=info db.password=\"correct horse\" n=1")?;
    /// assert_eq!(out.text.get(), "level=info db.password=\"[PASSWORD]\" n=1");
    /// # Ok::<(), sting_pii::Error>(())
    /// ```
    pub fn scrub_as(&self, format: Format, text: &str) -> Result<ScrubResult, Error> {
        let writer = self.write_as(format, text.as_bytes())?;
        let text = String::from_utf8(writer.out)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(ScrubResult { text: self.vouch(text), findings: writer.findings, map: writer.map })
    }

    /// As [`Scrubber::scrub_as`], for text that need not be UTF-8.
    ///
    /// # Errors
    /// As [`Scrubber::scrub_as`].
    pub fn scrub_bytes_as(&self, format: Format, text: &[u8]) -> Result<Scrubbed<Vec<u8>>, Error> {
        Ok(self.vouch(self.write_as(format, text)?.out))
    }

    /// What [`Scrubber::scrub_as`] would find first, in order: names of fields are evidence.
    ///
    /// # Errors
    /// [`Error::Json`] if `format` is [`Format::Json`] and the text is not JSON.
    pub fn find_as(&self, format: Format, text: &[u8]) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        walk(format, text, |span, style, field| {
            let (said, source) = read(text, span, style)?;
            let field = field.map(|name| scrubbed_name(self, name));
            let found = self.find_field(&said, field.as_deref())?.into_iter();
            findings.extend(found.map(|finding| placed(finding, &source, span.start)));
            Ok(())
        })?;
        findings.sort_by_key(|finding| finding.span);
        Ok(findings)
    }

    /// Scrubs the strings and numbers of a JSON text, or of JSON Lines.
    ///
    /// The key of a value is evidence (`"ssn": 536228726`) and may alone decide (`"password"`), also
    /// for the values of an array under it; that of the object around it where the key says
    /// nothing by itself (`"card": {"number": ..}`). Keys are scrubbed as text. Every byte outside of
    /// what is found stays as it is; a number that is private becomes a string.
    ///
    /// # Errors
    /// [`Error::Json`] if the text is not JSON, and as [`Scrubber::scrub`].
    ///
    /// ```
    /// use sting_pii::{ScrubConfig, Scrubber};
    /// let scrubber = Scrubber::new(ScrubConfig::default())?;
    /// let out = scrubber.scrub_json(r#"{"id": 1, "ssn":536228726, "note": "mail \"a@b.example\""}"#)?;
    /// assert_eq!(out.text.get(), r#"{"id": 1, "ssn":"[US_SSN]", "note": "mail \"[EMAIL]\""}"#);
    /// # Ok::<(), sting_pii::Error>(())
    /// ```
    pub fn scrub_json(&self, json: &str) -> Result<ScrubResult, Error> {
        self.scrub_as(Format::Json, json)
    }

    fn write_as<'a>(&'a self, format: Format, text: &'a [u8]) -> Result<Writer<'a>, Error> {
        let mut writer = Writer::new(self, text);
        walk(format, text, |span, style, field| writer.value(span, style, field))?;
        writer.copy(text.len());
        writer.findings.sort_by_key(|finding| finding.span);
        Ok(writer)
    }
}

/// Calls `each` with every value of a text, in order: where it stands, how it is written, what names it.
fn walk(
    format: Format,
    text: &[u8],
    mut each: impl FnMut(Span, Style, Option<&str>) -> Result<(), Error>,
) -> Result<(), Error> {
    let format = format.resolve(text);
    match format {
        Format::Json => return walk_json(text, each),
        Format::Text => return each(Span::new(0, text.len()), Style::Plain, None),
        _ => {}
    }
    let mut reader = Reader::new(format);
    let (mut at, mut plain) = (0, 0);
    // Text without structure is one value up to the next record.
    while let Some(unit) = reader.next(&text[at..], true) {
        let (Unit::Record(length) | Unit::Plain(length)) = unit;
        let record = &text[at..at + length];
        let fields =
            if unit == Unit::Record(length) { reader.fields(without_line_end(record)) } else { None };
        if let Some(fields) = fields {
            if plain < at {
                each(Span::new(plain, at), Style::Plain, None)?;
            }
            for Field { value, style, key } in fields {
                each(Span::new(at + value.start, at + value.end), style, key.as_deref())?;
            }
            plain = at + length;
        }
        at += length;
    }
    if plain < at { each(Span::new(plain, at), Style::Plain, None) } else { Ok(()) }
}

/// The name of a field without what is private in it: what comes out is read with that name again, and
/// must say the same then.
fn scrubbed_name<'n>(scrubber: &Scrubber, name: &'n str) -> Cow<'n, str> {
    let plain = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'.' | b' ');
    if name.bytes().filter(|b| !plain(*b)).count() < 4 && !name.contains(['=', ':', '@']) {
        return name.into();
    }
    scrubber
        .settle(name.as_bytes(), None)
        .map_or_else(|_| "".into(), |(scrubbed, ..)| String::from_utf8_lossy(&scrubbed).into_owned().into())
}

/// What the value at `span` says, and from there to its writing.
fn read(text: &[u8], span: Span, style: Style) -> Result<(Cow<'_, [u8]>, SourceMap), Error> {
    // Only JSON can be written wrongly.
    style.decode(&text[span.range()]).ok_or(Error::Json { offset: span.start.saturating_sub(1) })
}

/// A finding in what a value says, as one in the text in which it is written from `start` on.
fn placed(mut finding: Finding, source: &SourceMap, start: usize) -> Finding {
    let span = source.source_of(finding.span);
    finding.span = Span::new(start + span.start, start + span.end);
    finding
}

/// Writes a text anew, value by value.
struct Writer<'a> {
    scrubber: &'a Scrubber,
    text: &'a [u8],
    /// Text before this has been written.
    at: usize,
    out: Vec<u8>,
    map: SourceMap,
    findings: Vec<Finding>,
}

impl<'a> Writer<'a> {
    fn new(scrubber: &'a Scrubber, text: &'a [u8]) -> Self {
        let out = Vec::with_capacity(text.len());
        Self { scrubber, text, at: 0, out, map: SourceMap::default(), findings: Vec::new() }
    }

    /// Writes the text up to `to` as it is.
    fn copy(&mut self, to: usize) {
        self.out.extend_from_slice(&self.text[self.at..to]);
        self.map.push_verbatim(to - self.at, self.at);
        self.at = to;
    }

    fn rewrite(&mut self, source: Span, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.out.len();
        write(&mut self.out);
        self.map.push_rewritten(self.out.len() - before, source);
        self.at = source.end;
    }

    /// Scrubs the value at `span`, and writes it.
    fn value(&mut self, span: Span, style: Style, field: Option<&str>) -> Result<(), Error> {
        self.copy(span.start);
        let (said, source) = read(self.text, span, style)?;
        let field = field.map(|name| scrubbed_name(self.scrubber, name));
        let (scrubbed, map, findings) = self.scrubber.settle(&said, field.as_deref())?;
        self.findings.extend(findings.into_iter().map(|finding| placed(finding, &source, span.start)));
        if *scrubbed == *said {
            self.copy(span.end);
            return Ok(());
        }
        let rewritten = |run: &SourceRun| !run.verbatim && style.needs_quotes(&scrubbed[run.output.range()]);
        let quoted = map.runs().any(|run| rewritten(&run));
        if quoted {
            self.rewrite(Span::new(span.start, span.start), |out| out.push(b'"'));
        }
        for run in map.runs() {
            let raw = source.source_of(run.source);
            let raw = Span::new(span.start + raw.start, span.start + raw.end);
            if run.verbatim && !quoted {
                self.copy(raw.end);
            } else {
                self.rewrite(raw, |out| style.encode(&scrubbed[run.output.range()], out));
            }
        }
        if quoted {
            self.rewrite(Span::new(span.end, span.end), |out| out.push(b'"'));
        }
        Ok(())
    }
}

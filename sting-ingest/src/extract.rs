//! From the bytes of a file to a [`Document`]: its texts, their places, and what was not read.

mod email;
mod encoding;
mod html;
pub(crate) mod json;
mod media;
pub(crate) mod table;

pub use encoding::{Decoded, decode};

use crate::Error;
use media::{Format, Read};
use std::collections::BTreeMap;
use sting_core::{Document, Part, PartKind, SourceMap};

/// How much of one document is read. Beyond a limit on bytes the document is refused; parts and
/// levels beyond theirs are left out and named in the document's coverage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document itself.
    pub max_bytes: u64,
    /// Bytes that all its parts may have once they are decoded and unpacked.
    pub max_decoded_bytes: u64,
    /// Parts, nested ones included.
    pub max_parts: usize,
    /// Levels of documents inside documents.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 512 << 20, max_decoded_bytes: 1 << 30, max_parts: 100_000, max_depth: 8 }
    }
}

/// Reads a document of any supported format.
///
/// `name` is a file name or path; its extension helps to tell formats apart that look alike. It is
/// kept in the document and in no error.
///
/// # Errors
/// [`Error::Limit`] if the document or what is packed in it exceeds a limit,
/// [`Error::Unsupported`] if it is of a kind that is not read, [`Error::Damaged`] if it claims to be
/// of a kind that it is not.
///
/// ```
/// use sting_ingest::{Limits, extract};
/// let document = extract(b"# Caf\xE9\n", "menu.md", &Limits::default())?;
/// assert_eq!(document.media_type, "text/markdown");
/// assert_eq!(document.parts[0].text, "# Caf\u{e9}\n");
/// assert!(document.coverage.is_complete());
/// # Ok::<(), sting_ingest::Error>(())
/// ```
pub fn extract(bytes: &[u8], name: &str, limits: &Limits) -> Result<Document, Error> {
    let mut extraction = Extraction::new(limits, None);
    extraction.top(bytes, name)?;
    Ok(extraction.document)
}

/// The decoded bytes that the [`SourceMap`] of one part of a document leads to, or `None` if it has
/// no such part.
///
/// For text and for formats that are text this is the whole file in UTF-8; for a part of a message,
/// the part once its transfer encoding is undone; for headers, the message as it stands.
///
/// # Errors
/// As [`extract`].
pub fn part_source(bytes: &[u8], name: &str, part: &str, limits: &Limits) -> Result<Option<Vec<u8>>, Error> {
    let mut extraction = Extraction::new(limits, Some(part));
    extraction.top(bytes, name)?;
    Ok(extraction.source)
}

/// A document being read.
struct Extraction<'a> {
    limits: &'a Limits,
    document: Document,
    /// Prefix of part names: the way from the document to the nested one being read.
    path: String,
    depth: usize,
    decoded_bytes: u64,
    /// How often each part name was given, so that none is given twice.
    names: BTreeMap<String, usize>,
    /// Name of the part whose source is asked for.
    wanted: Option<&'a str>,
    source: Option<Vec<u8>>,
}

/// Text on its way into a part.
struct Text<'a> {
    /// Name of the part within its document.
    part: &'a str,
    /// The decoded source.
    text: String,
}

impl<'a> Extraction<'a> {
    fn new(limits: &'a Limits, wanted: Option<&'a str>) -> Self {
        Self {
            limits,
            document: Document::default(),
            path: String::new(),
            depth: 0,
            decoded_bytes: 0,
            names: BTreeMap::new(),
            wanted,
            source: None,
        }
    }

    fn top(&mut self, bytes: &[u8], name: &str) -> Result<(), Error> {
        if bytes.len() as u64 > self.limits.max_bytes {
            return Err(Error::limit("bytes of a document", self.limits.max_bytes));
        }
        name.clone_into(&mut self.document.name);
        self.document.media_type = self.read("body", name, bytes, None)?.into();
        Ok(())
    }

    /// Reads one document, at the top or nested, and says what it was.
    fn read(
        &mut self,
        part: &str,
        name: &str,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<&'static str, Error> {
        let format = media::of_bytes(bytes, name)?;
        if let Some(Format { media_type, read: Read::Bytes(read), .. }) = format {
            read(self, part, bytes)?;
            return Ok(media_type);
        }
        let decoded = encoding::decode_as(bytes, charset);
        if decoded.is_binary {
            return Err(Error::unsupported("application/octet-stream"));
        }
        if let Some(reason) = decoded.damage() {
            self.miss(part, reason);
        }
        let Format { media_type, read, .. } = media::of_text(&decoded.text, name);
        match read {
            Read::Bytes(read) => read(self, part, bytes)?,
            Read::Text(read) => read(self, Text { part, text: decoded.text })?,
        }
        Ok(media_type)
    }

    /// Reads a document inside the document. One that cannot be read is a gap, not an error, unless
    /// it exceeds a limit on bytes.
    fn nested(&mut self, label: &str, name: &str, bytes: &[u8]) -> Result<(), Error> {
        if self.depth == self.limits.max_depth {
            self.miss(label, format!("is nested deeper than {} levels", self.limits.max_depth));
            return Ok(());
        }
        let outer = self.path.len();
        self.path.push_str(label);
        self.path.push_str(" / ");
        self.depth += 1;
        let metadata = std::mem::take(&mut self.document.metadata);
        let result = self.read("body", name, bytes, None);
        self.document.metadata = metadata;
        self.depth -= 1;
        self.path.truncate(outer);
        match result {
            Ok(_) => Ok(()),
            Err(error @ Error::Limit { .. }) => Err(error),
            Err(error) => {
                self.miss(label, error.to_string());
                Ok(())
            }
        }
    }

    /// Adds a part whose text is its source.
    fn add_verbatim(&mut self, part: &str, kind: PartKind, text: String) -> Result<(), Error> {
        let map = SourceMap::identity(text.len());
        self.count(text.len())?;
        self.push(part, kind, text, map, None);
        Ok(())
    }

    /// Adds a part that was made from `source`.
    fn add(
        &mut self,
        part: &str,
        kind: PartKind,
        text: String,
        map: SourceMap,
        source: &[u8],
    ) -> Result<(), Error> {
        self.count(source.len().max(text.len()))?;
        self.push(part, kind, text, map, Some(source));
        Ok(())
    }

    fn push(&mut self, part: &str, kind: PartKind, text: String, map: SourceMap, source: Option<&[u8]>) {
        if self.document.parts.len() >= self.limits.max_parts {
            let reason = format!("is one of more than {} parts", self.limits.max_parts);
            // One gap says it for all that follow.
            if self.document.coverage.gaps.last().is_none_or(|last| last.reason != reason) {
                self.miss(part, reason);
            }
            return;
        }
        let mut name = format!("{}{part}", self.path);
        let count = self.names.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            name = format!("{name} ({count})");
        }
        if self.wanted == Some(name.as_str()) {
            self.source = Some(source.unwrap_or(text.as_bytes()).to_vec());
        }
        self.document.parts.push(Part { name, kind, text, source: map });
    }

    /// Counts bytes that were decoded or unpacked.
    fn count(&mut self, bytes: usize) -> Result<(), Error> {
        self.decoded_bytes += bytes as u64;
        if self.decoded_bytes > self.limits.max_decoded_bytes {
            return Err(Error::limit("decoded bytes of a document", self.limits.max_decoded_bytes));
        }
        Ok(())
    }

    /// Records that a part was not read, or not all of it.
    fn miss(&mut self, part: &str, reason: impl Into<String>) {
        self.document.coverage.miss(format!("{}{part}", self.path), reason);
    }

    /// Records a fact about the document being read.
    fn fact(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.document.metadata.insert(name.into(), value);
        }
    }
}

fn read_text(extraction: &mut Extraction<'_>, text: Text<'_>) -> Result<(), Error> {
    extraction.add_verbatim(text.part, PartKind::Text, text.text)
}

fn read_markdown(extraction: &mut Extraction<'_>, text: Text<'_>) -> Result<(), Error> {
    extraction.add_verbatim(text.part, PartKind::Markdown, text.text)
}

fn read_log(extraction: &mut Extraction<'_>, text: Text<'_>) -> Result<(), Error> {
    extraction.add_verbatim(text.part, PartKind::Log, text.text)
}

fn read_code(extraction: &mut Extraction<'_>, text: Text<'_>) -> Result<(), Error> {
    extraction.add_verbatim(text.part, PartKind::Code, text.text)
}

#[cfg(test)]
mod tests;

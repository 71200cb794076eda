//! One document: read, extracted, scrubbed and cut.

use super::chunking::Chunkers;
use super::progress::{Stage, Stages};
use crate::comb::{Found, reason};
use crate::manifest::{DocumentGap, hash};
use crate::scrub::{Clean, Policy, Tally};
use crate::sink::ChunkRow;
use crate::{Error, Limits, extract};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use sting_core::id::IdHasher;
use sting_core::{Id, PartKind, Raw, Scrubbed, Span};

/// What became of a document that was looked at.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Its bytes are those of last time.
    Same,
    /// It was read.
    Read(Box<Prepared>),
    /// It could not be read.
    Refused {
        name: Scrubbed<String>,
        code: &'static str,
        reason: Scrubbed<String>,
        /// Hash of its bytes, if they could be read at all.
        content: Option<String>,
    },
}

/// A document that is ready to be embedded and written.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) name: String,
    /// Hash of its bytes.
    pub(super) content: String,
    pub(super) rows: Scrubbed<Vec<ChunkRow>>,
    pub(super) findings: Tally,
    pub(super) gaps: Vec<DocumentGap>,
}

/// What every document of a run is prepared with.
#[derive(Debug)]
pub(super) struct Workshop<'a> {
    pub(super) limits: &'a Limits,
    pub(super) policy: &'a Policy,
    pub(super) chunkers: &'a Chunkers,
    pub(super) stages: &'a Stages,
}

impl Workshop<'_> {
    /// Prepares a document, unless its bytes have the hash `known`.
    ///
    /// # Errors
    /// Only if scrubbing fails: then not even the reason may be told.
    pub(super) fn prepare(&self, found: &Found, id: Id, known: Option<&str>) -> Result<Outcome, Error> {
        let bytes = match self.stages.time(Stage::Read, || self.read(found)) {
            Ok(bytes) => bytes,
            Err(error) => return self.refuse(found, &error, None),
        };
        self.stages.count(Stage::Read, 1, bytes.len());
        let content = hash(&bytes);
        if known == Some(content.as_str()) {
            return Ok(Outcome::Same);
        }
        let document = match self.stages.time(Stage::Extract, || extract(&bytes, &found.key, self.limits)) {
            Ok(document) => Raw::new(document),
            Err(error) => return self.refuse(found, &error, Some(content)),
        };
        self.stages.count(Stage::Extract, 1, bytes.len());
        drop(bytes);
        let text_bytes = document.expose().parts.iter().map(|part| part.text.len()).sum();
        let clean = self.stages.time(Stage::Scrub, || self.policy.document(document))?;
        self.stages.count(Stage::Scrub, 1, text_bytes);
        let (name, findings) = (clean.get().name.clone(), clean.get().findings.clone());
        let gap = |gap: &sting_core::Gap| DocumentGap { document: name.clone(), gap: gap.clone() };
        let gaps = clean.get().coverage.gaps.iter().map(gap).collect();
        let modified = found.stamp.modified.div_euclid(1_000_000);
        let rows = self.stages.time(Stage::Chunk, || clean.map(|clean| self.cut(clean, id, modified)));
        self.stages.count(Stage::Chunk, rows.get().len(), text_bytes);
        Ok(Outcome::Read(Box::new(Prepared { name, content, rows, findings, gaps })))
    }

    fn read(&self, found: &Found) -> Result<Vec<u8>, Error> {
        if found.stamp.bytes > self.limits.max_bytes {
            return Err(Error::limit("bytes of a document", self.limits.max_bytes));
        }
        let file = File::open(&found.path).map_err(Error::io("reading failed", &found.path))?;
        let mut bytes = Vec::with_capacity(found.stamp.bytes as usize);
        // A file that grows while it is read must not fill the memory.
        let mut file = file.take(self.limits.max_bytes + 1);
        file.read_to_end(&mut bytes).map_err(Error::io("reading failed", &found.path))?;
        Ok(bytes)
    }

    fn refuse(&self, found: &Found, error: &Error, content: Option<String>) -> Result<Outcome, Error> {
        // An error of the system names the path, which may tell something.
        let words = match error {
            Error::Io { source, .. } => reason(Some(source)),
            other => other.to_string(),
        };
        Ok(Outcome::Refused {
            name: self.policy.words(&Raw::new(found.key.clone()))?,
            code: error.code(),
            reason: self.policy.words(&Raw::new(words))?,
            content,
        })
    }

    /// Cuts a document into rows. Their ids are made of the document's, their part's and their own
    /// text, so that an edit gives new ids to what it changed and to nothing else.
    fn cut(&self, clean: Clean, document_id: Id, modified: i64) -> Vec<ChunkRow> {
        let mut rows = Vec::new();
        let mut seen = HashMap::<Id, u64>::new();
        for part in clean.parts {
            for chunk in self.chunkers.chunk(part.kind, &clean.name, &part.text) {
                let body = chunk.text(&part.text);
                if body.trim().is_empty() {
                    continue;
                }
                let prefix = chunk.prefix.as_deref().unwrap_or("");
                let mut text = String::with_capacity(prefix.len() + 1 + body.len());
                text.push_str(prefix);
                if !prefix.is_empty() && !prefix.ends_with('\n') {
                    text.push('\n');
                }
                let prefix_bytes = text.len() as u32;
                text.push_str(body);
                let heading: Vec<String> = chunk.heading.iter().map(ToString::to_string).collect();
                let mut hasher = IdHasher::default();
                hasher.field(document_id.as_bytes()).field(part.name.as_bytes()).field(text.as_bytes());
                // Paths of JSON hold numbers of records, which an inserted one changes.
                for above in heading.iter().filter(|_| part.kind != PartKind::Json) {
                    hasher.field(above.as_bytes());
                }
                let occurrence = seen.entry(hasher.finish()).or_default();
                *occurrence += 1;
                let id = hasher.number(*occurrence).finish();
                let source = part.source.source_of(Span::new(chunk.span.start, chunk.span.end));
                rows.push(ChunkRow {
                    id,
                    document_id,
                    document: clean.name.clone(),
                    media_type: clean.media_type.clone(),
                    part: part.name.clone(),
                    part_kind: part.kind,
                    heading,
                    chunk_index: rows.len() as u32,
                    text,
                    prefix_bytes,
                    source_start: source.start as u64,
                    source_end: source.end as u64,
                    modified,
                    vector: None,
                });
            }
        }
        rows
    }
}

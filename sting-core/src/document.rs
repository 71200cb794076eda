//! What a file becomes once it has been read: parts of text, with their places in the source, and
//! an account of what could not be read.

use crate::{Id, SourceMap};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The readable content of one source document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Name as the source gave it: a path, a key, a subject.
    pub name: String,
    /// Media type such as `text/markdown`, as detected.
    pub media_type: String,
    /// The texts, in reading order.
    pub parts: Vec<Part>,
    /// Facts about the document, by name: `title`, `author`, `date`, ...
    pub metadata: BTreeMap<String, String>,
    /// What was not read.
    pub coverage: Coverage,
}

/// One text of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Which part: `body`, `row 12`, `attachment: plan.md`, ...
    pub name: String,
    /// How to read it.
    pub kind: PartKind,
    /// The text.
    pub text: String,
    /// From bytes of `text` to bytes of the decoded source part.
    pub source: SourceMap,
}

/// What sort of text a part holds, which decides how it is scrubbed and chunked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PartKind {
    /// Prose.
    #[default]
    Text,
    /// Markdown source.
    Markdown,
    /// HTML source.
    Html,
    /// Delimited rows under a header row.
    Table,
    /// JSON or JSON Lines.
    Json,
    /// Log lines.
    Log,
    /// Source code.
    Code,
}

/// What of a document was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The parts that were not read, each with its reason.
    pub gaps: Vec<Gap>,
}

/// A part that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Which part.
    pub part: String,
    /// Why, in words that hold nothing of the text.
    pub reason: String,
}

impl Coverage {
    /// True if everything was read.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Records a part that was not read.
    pub fn miss(&mut self, part: impl Into<String>, reason: impl Into<String>) {
        self.gaps.push(Gap { part: part.into(), reason: reason.into() });
    }
}

impl Part {
    /// A part whose text is the source, unchanged.
    pub fn verbatim(name: impl Into<String>, kind: PartKind, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { name: name.into(), kind, source: SourceMap::identity(text.len()), text }
    }
}

impl Document {
    /// An id over the texts of all parts: equal content, equal id, whatever its name.
    pub fn content_id(&self) -> Id {
        Id::of(self.parts.iter().flat_map(|part| [part.name.as_bytes(), part.text.as_bytes()]))
    }
}

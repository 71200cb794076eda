//! Where scrubbed chunks go.

pub(crate) mod collection;
pub(crate) mod parquet;

use sting_core::{Id, PartKind};

/// A chunk as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChunkRow {
    pub(crate) id: Id,
    pub(crate) document_id: Id,
    /// Scrubbed name of the document.
    pub(crate) document: String,
    pub(crate) media_type: String,
    pub(crate) part: String,
    pub(crate) part_kind: PartKind,
    /// Headings above the chunk, outermost first.
    pub(crate) heading: Vec<String>,
    /// Number of the chunk in its document.
    pub(crate) chunk_index: u32,
    /// What is searched: the prefix, then the chunk.
    pub(crate) text: String,
    /// Bytes of `text` that repeat what stands elsewhere, such as the header of a table.
    pub(crate) prefix_bytes: u32,
    /// Where the chunk stands in the decoded source of its part.
    pub(crate) source_start: u64,
    pub(crate) source_end: u64,
    /// When the document was last modified: milliseconds since 1970.
    pub(crate) modified: i64,
    /// None if there is no model, or nothing in the chunk that it could embed.
    pub(crate) vector: Option<Vec<f32>>,
}

/// What stands with every row of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunColumns {
    pub(crate) run_id: String,
    pub(crate) comb: String,
    pub(crate) jar: String,
    pub(crate) profile: String,
    pub(crate) scrubber: String,
    pub(crate) chunker: String,
    pub(crate) embedder: String,
    pub(crate) extractor: String,
}

pub(crate) fn kind_name(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Markdown => "markdown",
        PartKind::Html => "html",
        PartKind::Table => "table",
        PartKind::Json => "json",
        PartKind::Log => "log",
        PartKind::Code => "code",
        _ => "text",
    }
}

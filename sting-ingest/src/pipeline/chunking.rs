//! Which chunker cuts which part.

use sting_core::Id;
use sting_core::PartKind;
use sting_core::chunk::{Chunk, ChunkKind, Chunker};

/// A chunker for each kind of part.
#[derive(Clone, Debug)]
pub(super) struct Chunkers {
    asked: Chunker,
    by_kind: Vec<(PartKind, Chunker)>,
}

impl Chunkers {
    /// If the chunker leaves the kind open, parts are cut as what they are.
    pub(super) fn new(asked: &Chunker) -> Self {
        let mut by_kind = Vec::new();
        if asked.config().kind() == ChunkKind::Auto {
            for (part, name) in [
                (PartKind::Text, "text"),
                (PartKind::Markdown, "markdown"),
                (PartKind::Table, "table"),
                (PartKind::Json, "json"),
                (PartKind::Log, "log"),
            ] {
                // A kind that this version lacks, or a unit that needs a tokenizer, is left to `asked`.
                let config = name.parse().ok().map(|kind| asked.config().clone().with_kind(kind));
                let chunker = config.and_then(|config| Chunker::new(config).ok());
                by_kind.extend(chunker.map(|chunker| (part, chunker)));
            }
        }
        Self { asked: asked.clone(), by_kind }
    }

    pub(super) fn chunk(&self, kind: PartKind, text: &str) -> Vec<Chunk> {
        let chunker =
            self.by_kind.iter().find(|(part, _)| *part == kind).map_or(&self.asked, |(_, chunker)| chunker);
        chunker.chunk(text)
    }

    pub(super) fn id(&self) -> Id {
        self.asked.config_id()
    }
}

//! Which chunker cuts which part.

use sting_core::Id;
use sting_core::PartKind;
use sting_core::chunk::{Chunk, ChunkKind, Chunker, Language};

/// A chunker for each kind of part.
#[derive(Clone, Debug)]
pub(super) struct Chunkers {
    asked: Chunker,
    by_kind: Vec<(ChunkKind, Chunker)>,
}

impl Chunkers {
    /// If the chunker leaves the kind open, parts are cut as what they are.
    pub(super) fn new(asked: &Chunker) -> Self {
        let kinds = ChunkKind::ALL.into_iter().filter(|_| asked.config().kind() == ChunkKind::Auto);
        // A kind that this build lacks is left to `asked`.
        let by_kind = kinds.filter_map(|kind| Some((kind, asked.with_kind(kind).ok()?))).collect();
        Self { asked: asked.clone(), by_kind }
    }

    /// The chunks of a part of the document of that name.
    pub(super) fn chunk(&self, kind: PartKind, name: &str, text: &str) -> Vec<Chunk> {
        let kind = kind_of(kind, name, text);
        let found = self.by_kind.iter().find(|(known, _)| *known == kind);
        found.map_or(&self.asked, |(_, chunker)| chunker).chunk(text)
    }

    pub(super) fn id(&self) -> Id {
        self.asked.config_id()
    }
}

/// How a part is cut. Of plain text it is looked at whether it is a thread of mail.
fn kind_of(kind: PartKind, name: &str, text: &str) -> ChunkKind {
    match kind {
        PartKind::Text if ChunkKind::detect(text) == ChunkKind::Email => ChunkKind::Email,
        PartKind::Text => ChunkKind::Text,
        PartKind::Markdown => ChunkKind::Markdown,
        PartKind::Html => ChunkKind::Html,
        PartKind::Table => ChunkKind::Table,
        PartKind::Json => ChunkKind::Json,
        PartKind::Log => ChunkKind::Log,
        PartKind::Code => {
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            Language::of_extension(extension).map_or(ChunkKind::Auto, ChunkKind::Code)
        }
        _ => ChunkKind::Auto,
    }
}

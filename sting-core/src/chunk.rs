//! Chunks: parts of a text that fit a limit and are cut where the text divides itself.
//!
//! Every chunker works alike. A scanner finds the blocks of its kind of text; a block that is too
//! long is divided by lines, sentences, clauses, words and at last graphemes, only as far as is
//! needed; then boundaries are removed, weakest first, while the chunk around them fits. Those of
//! paragraphs and headings are kept where removing them would make a chunk that says two things at
//! length. Equal boundaries are told apart by a hash of the text around them, so that an edit moves
//! only the boundaries near it. Units are counted once, and the cost of any span is a subtraction.

#[cfg(feature = "code")]
mod code;
mod context;
mod detect;
mod email;
mod html;
mod identity;
mod json;
mod kind;
mod late;
mod lattice;
mod markdown;
mod measure;
mod outline;
mod overlap;
mod pack;
mod prose;
mod record;
mod scan;
mod segment;
mod semantic;
mod sizer;
mod stream;
mod text;

pub use kind::{ChunkKind, Language, SizeUnit};
pub use late::LateWindow;
pub use semantic::SemanticChunker;
pub use sizer::ChunkSizer;
pub use stream::{ChunkStream, ReadChunks, StreamedChunk};

use crate::id::IdHasher;
use crate::token::Tokenize;
use crate::{Error, Id, Span};
use identity::Identities;
use rayon::prelude::*;
use scan::Next;
use segment::Segmenter;
use std::sync::Arc;

/// How to chunk. The default is [`ChunkKind::Auto`], at most 1,000 characters, no overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkConfig {
    kind: ChunkKind,
    max_size: usize,
    unit: SizeUnit,
    overlap: usize,
    context_size: usize,
}

/// Cuts texts into chunks. Cheap to clone; share it between threads.
///
/// Chunks tile the text: every byte lies in a chunk, or is white space between two. No chunk is
/// longer than the limit, unless a single character is. No chunk begins or ends inside a grapheme
/// cluster, unless a single cluster is longer than the limit.
///
/// Time is linear in the text. Memory, beside the text and the chunks, is bounded: about 1 MiB for
/// limits up to 2,000 characters and 500 bytes a character of the limit beyond, and up to 14 MiB to
/// number equal chunks. What a block of text is, is decided by at most 512 KiB of it; one that is
/// longer is cut into parts.
///
/// ```
/// use sting_core::chunk::{ChunkConfig, Chunker};
/// let chunker = Chunker::new(ChunkConfig::default().with_max_size(30))?;
/// let text = "# Bees\n\nBees make honey.\n\n# Wasps\n\nWasps do not.\n";
/// let chunks = chunker.chunk(text);
/// assert_eq!(chunks[0].text(text), "# Bees\n\nBees make honey.");
/// assert_eq!(chunks[1].text(text), "# Wasps\n\nWasps do not.");
/// assert_eq!(&*chunks[1].heading[0], "Wasps");
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Chunker {
    config: ChunkConfig,
    tokenizer: Option<Arc<dyn Tokenize>>,
    sizer: Option<Arc<dyn ChunkSizer>>,
    config_id: Id,
    /// Bytes of a segment, whose ends no chunk crosses: enough that they are few among all ends.
    segment_bytes: usize,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The bytes of the text that it is, overlap included.
    pub span: Span,
    /// Its place among the chunks of the text, from 0.
    pub index: usize,
    /// Its size in the unit asked for, with prefix and special tokens.
    pub size: usize,
    /// The headings that it stands under, outermost first.
    pub heading: Arc<[Arc<str>]>,
    /// Text to put before it that is not in the span: the header of a table that was cut.
    pub prefix: Option<Arc<str>>,
    /// What the caller says of its place in the document, to be embedded before prefix and text. See
    /// [`Chunker::chunk_with_context`].
    pub context: Option<String>,
    config_id: Id,
    /// The heading is where it stands, as a number of a record is, and not what it is about.
    positional: bool,
    /// How many equal chunks there are up to this one.
    occurrence: u32,
}

impl Chunk {
    /// The text of the chunk, without its prefix.
    ///
    /// # Panics
    /// Panics if `source` is not the text that was chunked and the span does not fit it.
    pub fn text<'t>(&self, source: &'t str) -> &'t str {
        &source[self.span.range()]
    }
}

impl Default for ChunkConfig {
    fn default() -> Self {
        Self {
            kind: ChunkKind::default(),
            max_size: 1000,
            unit: SizeUnit::default(),
            overlap: 0,
            context_size: 0,
        }
    }
}

impl ChunkConfig {
    /// Sets what the texts are.
    pub fn with_kind(mut self, kind: ChunkKind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the size that no chunk exceeds, in [`SizeUnit`]s, with prefix, overlap and special
    /// tokens.
    pub fn with_max_size(mut self, max_size: usize) -> Self {
        self.max_size = max_size;
        self
    }

    /// Sets what sizes count.
    pub fn with_unit(mut self, unit: SizeUnit) -> Self {
        self.unit = unit;
        self
    }

    /// Sets how much of the chunk before it a chunk repeats, in [`SizeUnit`]s. Where limits, words
    /// or graphemes do not allow as much, it is the most that they allow.
    pub fn with_overlap(mut self, overlap: usize) -> Self {
        self.overlap = overlap;
        self
    }

    /// Sets how many [`SizeUnit`]s of every chunk are kept free for the context that
    /// [`Chunker::chunk_with_context`] puts before it. With 0 a context is not counted in the limit.
    pub fn with_context_size(mut self, context_size: usize) -> Self {
        self.context_size = context_size;
        self
    }

    /// What the texts are.
    pub fn kind(&self) -> ChunkKind {
        self.kind
    }

    /// The size that no chunk exceeds.
    pub fn max_size(&self) -> usize {
        self.max_size
    }

    /// What sizes count.
    pub fn unit(&self) -> SizeUnit {
        self.unit
    }

    /// How much of the chunk before it a chunk repeats.
    pub fn overlap(&self) -> usize {
        self.overlap
    }

    /// How much of every chunk is kept free for its context.
    pub fn context_size(&self) -> usize {
        self.context_size
    }
}

impl Chunker {
    /// A chunker that counts bytes, characters or words.
    ///
    /// # Errors
    /// Fails if a limit cannot work, or if the unit is tokens.
    pub fn new(config: ChunkConfig) -> Result<Self, Error> {
        match config.unit {
            SizeUnit::Tokens => {
                Err(Error::config("unit", "tokens need a tokenizer", "use Chunker::with_tokenizer"))
            }
            SizeUnit::Custom => Err(Error::config("unit", "custom needs a sizer", "use Chunker::with_sizer")),
            _ => Self::build(config, None, None),
        }
    }

    /// A chunker that counts tokens, if the configuration asks for them.
    ///
    /// # Errors
    /// Fails if a limit cannot work.
    pub fn with_tokenizer(config: ChunkConfig, tokenizer: Arc<dyn Tokenize>) -> Result<Self, Error> {
        if config.unit == SizeUnit::Custom {
            return Self::new(config);
        }
        let tokenizer = (config.unit == SizeUnit::Tokens).then_some(tokenizer);
        Self::build(config, tokenizer, None)
    }

    /// A chunker whose sizes are what `sizer` says, whatever the unit in the configuration.
    ///
    /// # Errors
    /// Fails if a limit cannot work.
    pub fn with_sizer(config: ChunkConfig, sizer: Arc<dyn ChunkSizer>) -> Result<Self, Error> {
        Self::build(config.with_unit(SizeUnit::Custom), None, Some(sizer))
    }

    /// This chunker for texts of another kind. Tokenizer and sizer are shared, so that it costs
    /// next to nothing.
    ///
    /// # Errors
    /// Fails if this build cannot cut that kind.
    pub fn with_kind(&self, kind: ChunkKind) -> Result<Self, Error> {
        Self::build(self.config.clone().with_kind(kind), self.tokenizer.clone(), self.sizer.clone())
    }

    fn build(
        config: ChunkConfig,
        tokenizer: Option<Arc<dyn Tokenize>>,
        sizer: Option<Arc<dyn ChunkSizer>>,
    ) -> Result<Self, Error> {
        match config.kind {
            ChunkKind::Code(_) if cfg!(not(feature = "code")) => {
                let mend = "build with the feature `code`, or use the kind text";
                return Err(Error::config("kind", format!("{} is not built in", config.kind), mend));
            }
            ChunkKind::Semantic => {
                return Err(Error::config("kind", "semantic needs an embedder", "use SemanticChunker"));
            }
            _ => {}
        }
        let special = tokenizer.as_deref().map_or(0, Tokenize::special_tokens);
        let least = if config.unit == SizeUnit::Bytes { 4 } else { 1 };
        if config.max_size < least.max(special + 1) {
            let problem = match config.unit {
                SizeUnit::Bytes => "is less than the 4 bytes that a character can take",
                SizeUnit::Tokens => "leaves no room beside the special tokens",
                _ => "is 0",
            };
            return Err(Error::config("max_size", problem, "raise it"));
        }
        let room = config.max_size - special;
        if config.overlap >= room {
            let mend = "make it less than max_size";
            return Err(Error::config("overlap", "leaves no room for new text", mend));
        }
        if config.context_size >= room - config.overlap {
            let mend = "make it less than max_size without the overlap";
            return Err(Error::config("context_size", "leaves no room for text", mend));
        }
        let mut hasher = IdHasher::default();
        hasher.field(b"chunk-2").field(config.kind.name().as_bytes()).field(config.unit.name().as_bytes());
        hasher.number(config.max_size as u64).number(config.overlap as u64);
        if let Some(tokenizer) = &tokenizer {
            hasher.field(tokenizer.id().as_bytes());
        }
        if let Some(sizer) = &sizer {
            hasher.field(sizer.id().as_bytes());
        }
        if config.context_size > 0 {
            hasher.field(b"context").number(config.context_size as u64);
        }
        let bytes_a_unit = match config.unit {
            SizeUnit::Bytes => 1,
            SizeUnit::Chars => 2,
            SizeUnit::Words | SizeUnit::Tokens | SizeUnit::Custom => 6,
        };
        let segment_bytes =
            config.max_size.saturating_mul(64 * bytes_a_unit).clamp(256 << 10, usize::MAX / 8);
        Ok(Self { config, tokenizer, sizer, config_id: hasher.finish(), segment_bytes })
    }

    /// How it chunks.
    pub fn config(&self) -> &ChunkConfig {
        &self.config
    }

    /// A hash of all that decides the chunks.
    pub fn config_id(&self) -> Id {
        self.config_id
    }

    /// The chunks of `text`, in order.
    pub fn chunk(&self, text: &str) -> Vec<Chunk> {
        self.chunks(text).collect()
    }

    /// The chunks of `text`, one after another, in bounded memory.
    pub fn chunks<'t>(&self, text: &'t str) -> Chunks<'t> {
        let kind = self.kind_of(text);
        Chunks { text, segments: Segmenter::of_text(self, kind, text), identities: Identities::new(self) }
    }

    /// The spans of the chunks of `text`, one after another, for those who need nothing else.
    pub fn spans<'t>(&self, text: &'t str) -> impl Iterator<Item = Span> + use<'t> {
        let mut segments = Segmenter::of_text(self, self.kind_of(text), text);
        std::iter::from_fn(move || match segments.next(text, true) {
            Next::Found(packed) => Some(packed.span),
            Next::NeedsMore | Next::End => None,
        })
    }

    fn kind_of(&self, text: &str) -> ChunkKind {
        if self.config.kind == ChunkKind::Auto { ChunkKind::detect(text) } else { self.config.kind }
    }

    /// The chunks of many texts, in parallel.
    pub fn chunk_many<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Vec<Chunk>> {
        texts.par_iter().map(|text| self.chunk(text.as_ref())).collect()
    }
}

/// The chunks of one text. See [`Chunker::chunks`].
#[derive(Debug)]
pub struct Chunks<'t> {
    text: &'t str,
    segments: Segmenter<'t>,
    identities: Identities,
}

impl Iterator for Chunks<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        match self.segments.next(self.text, true) {
            Next::Found(packed) => Some(self.identities.chunk(self.text, &packed, &mut self.segments)),
            Next::NeedsMore | Next::End => None,
        }
    }
}

impl std::iter::FusedIterator for Chunks<'_> {}

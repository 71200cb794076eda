//! Chunks.

use crate::error::{OrThrow, config};
use crate::task::{Job, promise};
use crate::token::Tokenizer;
use crate::vector::Embedder;
use napi::Result;
use napi::bindgen_prelude::{AsyncTask, ClassInstance, Uint8Array};
use napi_derive::napi;
use std::sync::Arc;
use sting_core::chunk::{self, ChunkConfig, ChunkKind, SemanticChunker, SizeUnit};
use sting_core::offset::{Offsets, Unit};
use sting_core::{Id, Span};

/// A part of a text, with its place: `text === source.slice(start, end)`.
#[napi(object)]
pub struct Chunk {
    pub text: String,
    /// Where it begins, in UTF-16 units.
    pub start: u32,
    /// Where it ends, in UTF-16 units.
    pub end: u32,
    /// Its number, from 0.
    pub index: u32,
    /// Its size in the unit that the chunker counts in.
    pub size: u32,
    /// Its size in tokens, special tokens included, if the chunker counts tokens.
    pub tokens: Option<u32>,
    /// The headings above it, outermost first.
    pub heading: Vec<String>,
    /// What belongs before the text but stands elsewhere in the source, such as the header of its table.
    pub prefix: Option<String>,
    /// The same for the same settings, headings and text, on every machine.
    pub id: String,
    /// The same for the same text.
    pub content_hash: String,
    /// What `withContexts` was told of its place, to be embedded before prefix and text.
    pub context: Option<String>,
}

/// How texts are cut.
#[napi(object, object_to_js = false)]
pub struct ChunkerOptions<'env> {
    /// `auto` (the default), `text`, `markdown`, `html`, `json`, `log`, `table`, `email`, `code:rust` (or another
    /// language), or `semantic`, which needs an embedder.
    pub kind: Option<String>,
    /// Largest size of a chunk; 1000 if left out.
    pub max_size: Option<u32>,
    /// `chars` (the default), `bytes`, `words`, or `tokens`, which needs a tokenizer.
    pub unit: Option<String>,
    /// How much of a chunk the next one repeats; 0 if left out.
    pub overlap: Option<u32>,
    /// How much of every chunk is kept free for its context; 0 if left out.
    pub context_size: Option<u32>,
    pub tokenizer: Option<ClassInstance<'env, Tokenizer>>,
    /// For the kind `semantic`: what sees where the meaning turns.
    pub embedder: Option<ClassInstance<'env, Embedder>>,
    /// For the kind `semantic`: the share of the boundaries between sentences, the deepest, that no chunk reaches over;
    /// 0.1 if left out.
    pub breakpoints: Option<f64>,
}

/// Cuts texts into chunks. Chunks tile the text: what is not in a chunk is white space.
#[napi]
pub struct Chunker(Cutter);

/// A chunker, and what cuts by meaning under its limits.
#[derive(Clone)]
struct Cutter {
    plain: chunk::Chunker,
    semantic: Option<SemanticChunker>,
}

impl Cutter {
    fn counts_tokens(&self) -> bool {
        self.plain.config().unit() == SizeUnit::Tokens
    }

    fn chunks(&self, text: &str) -> Result<Vec<Chunk>> {
        let chunks = match &self.semantic {
            Some(semantic) => semantic.chunk(text).or_throw()?,
            None => self.plain.chunk(text),
        };
        let offsets = Offsets::new(text, Unit::Utf16);
        let js = |chunk: chunk::Chunk| {
            let (span, ids) = (offsets.span(chunk.span), [chunk.id(text), chunk.content_hash(text)]);
            Chunk::of(&chunk, chunk.text(text).to_owned(), span, ids, self.counts_tokens())
        };
        Ok(chunks.into_iter().map(js).collect())
    }
}

#[napi]
impl Chunker {
    #[napi(constructor)]
    pub fn new(options: Option<ChunkerOptions<'_>>) -> Result<Self> {
        let mut settings = ChunkConfig::default();
        let (mut tokenizer, mut semantic, mut breakpoints) = (None, None, None);
        if let Some(options) = options {
            if let Some(kind) = options.kind {
                let kind = kind.parse::<ChunkKind>().or_throw()?;
                semantic = options
                    .embedder
                    .filter(|_| kind == ChunkKind::Semantic)
                    .map(|embedder| embedder.0.clone());
                settings = settings.with_kind(if semantic.is_some() { ChunkKind::Text } else { kind });
            }
            if let Some(max_size) = options.max_size {
                settings = settings.with_max_size(max_size as usize);
            }
            if let Some(unit) = options.unit {
                settings = settings.with_unit(unit.parse::<SizeUnit>().or_throw()?);
            }
            if let Some(overlap) = options.overlap {
                settings = settings.with_overlap(overlap as usize);
            }
            settings = settings.with_context_size(options.context_size.unwrap_or(0) as usize);
            tokenizer = options.tokenizer.map(|tokenizer| tokenizer.0.clone());
            breakpoints = options.breakpoints;
        }
        let chunker = match tokenizer {
            Some(tokenizer) => chunk::Chunker::with_tokenizer(settings, Arc::new(tokenizer)),
            None => chunk::Chunker::new(settings),
        };
        let plain = chunker.or_throw()?;
        let semantic = semantic.map(|embedder| {
            SemanticChunker::new(&plain, embedder).with_breakpoints(breakpoints.unwrap_or(0.1) as f32)
        });
        Ok(Self(Cutter { plain, semantic }))
    }

    /// A stream to push parts of one text into.
    #[napi]
    pub fn create_chunk_stream(&self) -> Result<ChunkStream> {
        if self.0.semantic.is_some() {
            return Err(config("kind: semantic reads the whole text; use chunk"));
        }
        Ok(ChunkStream { stream: Some(self.0.plain.stream()), counts_tokens: self.0.counts_tokens() })
    }

    #[napi]
    pub fn chunk_sync(&self, text: String) -> Result<Vec<Chunk>> {
        self.0.chunks(&text)
    }

    #[napi(
        ts_args_type = "text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Array<Chunk>>"
    )]
    pub fn chunk(&self, text: String) -> AsyncTask<Job<Vec<Chunk>>> {
        let cutter = self.0.clone();
        promise(move || cutter.chunks(&text))
    }

    /// The chunks, each with what its caller says of its place in the document, to be embedded before prefix and text.
    /// A context is cut to `contextSize`, if that is set, and counted in the size then.
    #[napi]
    pub fn with_contexts(&self, chunks: Vec<Chunk>, contexts: Vec<String>) -> Result<Vec<Chunk>> {
        if chunks.len() != contexts.len() {
            return Err(config(
                "contexts: are not as many as the chunks; pass one for each, or an empty one",
            ));
        }
        let with = |(chunk, context): (Chunk, String)| {
            let size = |context: &str| self.0.plain.fit_context(context).1 as u32;
            let (context, room) = self.0.plain.fit_context(&context);
            let before = chunk.context.as_deref().map_or(0, size);
            let size = chunk.size.saturating_sub(before) + room as u32;
            let context = (!context.is_empty()).then(|| context.to_owned());
            Chunk { size, tokens: chunk.tokens.map(|_| size), context, ..chunk }
        };
        Ok(chunks.into_iter().zip(contexts).map(with).collect())
    }
}

impl Chunk {
    fn of(chunk: &chunk::Chunk, text: String, span: Span, ids: [Id; 2], counts_tokens: bool) -> Self {
        let [id, content_hash] = ids.map(|id| id.to_string());
        Self {
            text,
            start: span.start as u32,
            end: span.end as u32,
            index: chunk.index as u32,
            size: chunk.size as u32,
            tokens: counts_tokens.then_some(chunk.size as u32),
            heading: chunk.heading.iter().map(ToString::to_string).collect(),
            prefix: chunk.prefix.as_deref().map(str::to_owned),
            id,
            content_hash,
            context: None,
        }
    }
}

/// Chunks of a text that comes bit by bit; `chunkStream` of a chunker reads one for you.
#[napi]
pub struct ChunkStream {
    /// `null` after `finish` and after an error.
    stream: Option<chunk::ChunkStream>,
    counts_tokens: bool,
}

#[napi]
impl ChunkStream {
    /// Takes the next bytes, and returns the chunks that nothing after them can change.
    #[napi]
    pub fn push(&mut self, bytes: Uint8Array) -> Result<Vec<Chunk>> {
        let mut stream = self.take()?;
        let chunks = stream.push(&bytes).or_throw()?;
        self.stream = Some(stream);
        Ok(self.chunks(chunks))
    }

    /// Ends the text, and returns the chunks that are left.
    #[napi]
    pub fn finish(&mut self) -> Result<Vec<Chunk>> {
        let chunks = self.take()?.finish().or_throw()?;
        Ok(self.chunks(chunks))
    }

    fn take(&mut self) -> Result<chunk::ChunkStream> {
        self.stream.take().ok_or_else(|| config("the stream has ended; create another"))
    }

    fn chunks(&self, chunks: Vec<chunk::StreamedChunk>) -> Vec<Chunk> {
        let js = |one: chunk::StreamedChunk| {
            let ids = [one.id(), one.content_hash()];
            Chunk::of(&one.chunk, one.text, one.utf16, ids, self.counts_tokens)
        };
        chunks.into_iter().map(js).collect()
    }
}

//! Chunks and tokens.

use crate::error::{OrThrow, config};
use crate::task::{Job, promise};
use napi::bindgen_prelude::{AsyncTask, Uint8Array, Uint32Array};
use napi::{Result, bindgen_prelude::ClassInstance};
use napi_derive::napi;
use std::sync::Arc;
use sting_core::chunk::{self, ChunkConfig, ChunkKind, SizeUnit};
use sting_core::offset::{Offsets, Unit};
use sting_core::token;
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
}

/// How texts are cut.
#[napi(object, object_to_js = false)]
pub struct ChunkerOptions<'env> {
    /// `auto` (the default), `text`, `markdown`, ...
    pub kind: Option<String>,
    /// Largest size of a chunk; 1000 if left out.
    pub max_size: Option<u32>,
    /// `chars` (the default), `bytes`, `words`, or `tokens`, which needs a tokenizer.
    pub unit: Option<String>,
    /// How much of a chunk the next one repeats; 0 if left out.
    pub overlap: Option<u32>,
    pub tokenizer: Option<ClassInstance<'env, Tokenizer>>,
}

/// Cuts texts into chunks. Chunks tile the text: what is not in a chunk is white space.
#[napi]
pub struct Chunker(chunk::Chunker);

#[napi]
impl Chunker {
    #[napi(constructor)]
    pub fn new(options: Option<ChunkerOptions<'_>>) -> Result<Self> {
        let mut settings = ChunkConfig::default();
        let mut tokenizer = None;
        if let Some(options) = options {
            if let Some(kind) = options.kind {
                settings = settings.with_kind(kind.parse::<ChunkKind>().or_throw()?);
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
            tokenizer = options.tokenizer.map(|tokenizer| tokenizer.0.clone());
        }
        let chunker = match tokenizer {
            Some(tokenizer) => chunk::Chunker::with_tokenizer(settings, Arc::new(tokenizer)),
            None => chunk::Chunker::new(settings),
        };
        chunker.map(Self).or_throw()
    }

    /// A stream to push parts of one text into.
    #[napi]
    pub fn create_chunk_stream(&self) -> ChunkStream {
        let counts_tokens = self.0.config().unit() == SizeUnit::Tokens;
        ChunkStream { stream: Some(self.0.stream()), counts_tokens }
    }

    #[napi]
    pub fn chunk_sync(&self, text: String) -> Vec<Chunk> {
        chunks_of(&self.0, &text)
    }

    #[napi(
        ts_args_type = "text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Array<Chunk>>"
    )]
    pub fn chunk(&self, text: String) -> AsyncTask<Job<Vec<Chunk>>> {
        let chunker = self.0.clone();
        promise(move || Ok(chunks_of(&chunker, &text)))
    }
}

fn chunks_of(chunker: &chunk::Chunker, text: &str) -> Vec<Chunk> {
    let offsets = Offsets::new(text, Unit::Utf16);
    let counts_tokens = chunker.config().unit() == SizeUnit::Tokens;
    let js = |chunk: chunk::Chunk| {
        let ids = [chunk.id(text), chunk.content_hash(text)];
        Chunk::of(&chunk, chunk.text(text).to_owned(), offsets.span(chunk.span), ids, counts_tokens)
    };
    chunker.chunk(text).into_iter().map(js).collect()
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

/// Token ids with their places.
#[napi(object)]
#[derive(Debug)]
pub struct Encoding {
    pub ids: Vec<u32>,
    /// Where each token starts, in UTF-16 units; 0 for special tokens.
    pub starts: Vec<u32>,
    /// Where each token ends.
    pub ends: Vec<u32>,
}

/// An exact tokenizer: WordPiece of the BERT family, or byte-level BPE as of GPT-2, GPT-4, Llama 3 and Qwen.
#[napi]
pub struct Tokenizer(token::Tokenizer);

#[napi]
impl Tokenizer {
    /// Loads a `tokenizer.json`, a `vocab.txt`, or a model folder that holds one of them.
    #[napi(factory)]
    pub fn load(path: String) -> Result<Self> {
        sting_vector::load_tokenizer(path).map(Self).or_throw()
    }

    /// The token ids of a text, with the special tokens that the model expects.
    #[napi]
    pub fn encode_sync(&self, text: String) -> Uint32Array {
        self.0.encode(&text).into()
    }

    #[napi(
        ts_args_type = "text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Uint32Array>"
    )]
    pub fn encode(&self, text: String) -> AsyncTask<Job<Uint32Array>> {
        let tokenizer = self.0.clone();
        promise(move || Ok(tokenizer.encode(&text).into()))
    }

    /// The token ids of a text with their places.
    #[napi]
    pub fn encode_with_offsets_sync(&self, text: String) -> Encoding {
        let encoding = self.0.encode_with_offsets(&text);
        let offsets = Offsets::new(&text, Unit::Utf16);
        let (starts, ends) = encoding
            .spans
            .iter()
            .map(|&span| offsets.span(span))
            .map(|span| (span.start as u32, span.end as u32))
            .unzip();
        Encoding { ids: encoding.ids, starts, ends }
    }

    /// The text of ids, without special tokens.
    #[napi]
    pub fn decode(&self, ids: Vec<u32>) -> Result<String> {
        self.0.decode(&ids).or_throw()
    }

    /// How many tokens a text has, without special ones.
    #[napi]
    pub fn count(&self, text: String) -> u32 {
        self.0.count(&text) as u32
    }
}

//! Tokens, and which of them are whose chunk's.

use crate::error::{OrThrow, config};
use crate::task::{Job, promise};
use crate::text::Chunk;
use napi::Result;
use napi::bindgen_prelude::{AsyncTask, Uint32Array};
use napi_derive::napi;
use std::ops::Range;
use sting_core::offset::{Offsets, Unit};
use sting_core::{Span, chunk, token};

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
pub struct Tokenizer(pub(crate) token::Tokenizer);

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

    /// For each chunk of a text, the range of the tokens of the whole text, special ones not counted, that begin in it.
    #[napi]
    pub fn token_spans(&self, text: String, chunks: Vec<Chunk>) -> Result<Vec<TokenRange>> {
        let spans = spans(&Offsets::new(&text, Unit::Utf16), &chunks)?;
        let ranges = self.0.token_spans(&text, spans);
        Ok(ranges.into_iter().enumerate().map(TokenRange::from).collect())
    }

    /// The windows in which a model that reads `maxTokens` at once can embed the chunks of a text late. Every chunk is
    /// pooled from one window, which holds all of it and text on both sides, if there is any.
    #[napi]
    pub fn late_windows(&self, text: String, chunks: Vec<Chunk>, max_tokens: u32) -> Result<Vec<LateWindow>> {
        let offsets = Offsets::new(&text, Unit::Utf16);
        let spans = spans(&offsets, &chunks)?;
        let windows = self.0.late_windows(&text, spans, max_tokens as usize).or_throw()?;
        let js = |window: chunk::LateWindow| {
            let span = offsets.span(window.span);
            let chunks = window.chunks.into_iter().map(TokenRange::from).collect();
            LateWindow { start: span.start as u32, end: span.end as u32, ids: window.ids.into(), chunks }
        };
        Ok(windows.into_iter().map(js).collect())
    }
}

/// The tokens of a chunk.
#[napi(object)]
pub struct TokenRange {
    /// The number of the chunk.
    pub chunk: u32,
    /// Where its tokens begin.
    pub start: u32,
    /// Where they end.
    pub end: u32,
}

impl From<(usize, Range<usize>)> for TokenRange {
    fn from((chunk, range): (usize, Range<usize>)) -> Self {
        Self { chunk: chunk as u32, start: range.start as u32, end: range.end as u32 }
    }
}

/// What a long-context model reads at once, and which of its token vectors make which chunk (late chunking).
#[napi(object)]
pub struct LateWindow {
    /// Where the text that is read begins, in UTF-16 units.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// What the model reads: token ids, special ones included.
    pub ids: Uint32Array,
    /// The chunks that are pooled from this window, and where their tokens are in `ids`.
    pub chunks: Vec<TokenRange>,
}

/// The bytes of chunks of the text that `offsets` are of.
fn spans(offsets: &Offsets<'_>, chunks: &[Chunk]) -> Result<Vec<Span>> {
    let byte = |unit: u32| {
        let found = offsets.to_byte(unit as usize);
        found.ok_or_else(|| config("chunks: are not of this text; pass its own"))
    };
    chunks.iter().map(|chunk| Ok(Span::new(byte(chunk.start)?, byte(chunk.end)?))).collect()
}

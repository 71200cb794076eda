//! Chunks.

use crate::chunk_stream::ChunkIterator;
use crate::error::{OrRaise, config};
use crate::token::Tokenizer;
use crate::vector::Embedder;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyTuple;
use std::sync::Arc;
use sting_core::Error;
use sting_core::chunk::{self, ChunkConfig, ChunkKind, SemanticChunker, SizeUnit};
use sting_core::offset::{Offsets, Unit};
use sting_core::{Id, Span};

/// A part of a text, with its place. `text == source[start:end]`.
#[pyclass(frozen, eq, hash, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chunk {
    text: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
    index: usize,
    size: usize,
    tokens: Option<usize>,
    heading: Vec<String>,
    prefix: Option<String>,
    id: String,
    content_hash: String,
    context: Option<String>,
}

#[pymethods]
impl Chunk {
    fn __repr__(&self) -> String {
        format!(
            "Chunk({}..{}, index={}, heading={:?}, id={:?})",
            self.start, self.end, self.index, self.heading, self.id
        )
    }

    fn __str__(&self) -> &str {
        &self.text
    }

    #[new]
    #[pyo3(signature = (text, start, end, index, size, tokens, heading, prefix, id, content_hash, context = None))]
    #[allow(clippy::too_many_arguments)] // for pickle, which hands the fields back
    fn new(
        text: String,
        start: usize,
        end: usize,
        index: usize,
        size: usize,
        tokens: Option<usize>,
        heading: Vec<String>,
        prefix: Option<String>,
        id: String,
        content_hash: String,
        context: Option<String>,
    ) -> Self {
        Self { text, start, end, index, size, tokens, heading, prefix, id, content_hash, context }
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let this = self.clone();
        let (text, heading) = (this.text, this.heading);
        (
            text,
            this.start,
            this.end,
            this.index,
            this.size,
            this.tokens,
            heading,
            this.prefix,
            this.id,
            this.content_hash,
            this.context,
        )
            .into_pyobject(py)
    }
}

/// Cuts texts into chunks.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Chunker {
    plain: chunk::Chunker,
    semantic: Option<SemanticChunker>,
}

#[pymethods]
impl Chunker {
    #[new]
    #[pyo3(signature = (kind = "auto", *, max_size = 1000, unit = "chars", overlap = 0, context_size = 0, tokenizer = None, embedder = None, breakpoints = 0.1))]
    #[allow(clippy::too_many_arguments)] // keywords, each with a default
    fn new(
        kind: &str,
        max_size: usize,
        unit: &str,
        overlap: usize,
        context_size: usize,
        tokenizer: Option<&Bound<'_, Tokenizer>>,
        embedder: Option<&Bound<'_, Embedder>>,
        breakpoints: f32,
    ) -> PyResult<Self> {
        let kind = kind.parse::<ChunkKind>().or_raise()?;
        let embedder =
            embedder.filter(|_| kind == ChunkKind::Semantic).map(|embedder| embedder.get().0.clone());
        let settings = ChunkConfig::default()
            .with_kind(if embedder.is_some() { ChunkKind::Text } else { kind })
            .with_max_size(max_size)
            .with_unit(unit.parse().or_raise()?)
            .with_overlap(overlap)
            .with_context_size(context_size);
        let plain = match tokenizer {
            Some(tokenizer) => chunk::Chunker::with_tokenizer(settings, Arc::new(tokenizer.get().0.clone())),
            None => chunk::Chunker::new(settings),
        };
        let plain = plain.or_raise()?;
        let semantic =
            embedder.map(|embedder| SemanticChunker::new(&plain, embedder).with_breakpoints(breakpoints));
        Ok(Self { plain, semantic })
    }

    #[pyo3(signature = (text, *, context = None))]
    fn chunk(
        &self,
        py: Python<'_>,
        text: PyBackedStr,
        context: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Vec<Chunk>> {
        let cut = || self.cut(&text).map(|chunks| self.chunks_of(&text, chunks));
        let mut chunks = py.detach(cut).or_raise()?;
        if let Some(context) = context {
            for chunk in &mut chunks {
                let words = context.call1((chunk.clone(),))?.extract::<PyBackedStr>()?;
                let (words, size) = self.plain.fit_context(&words);
                chunk.size += size;
                chunk.tokens = chunk.tokens.map(|_| chunk.size);
                chunk.context = (!words.is_empty()).then(|| words.to_owned());
            }
        }
        Ok(chunks)
    }

    fn chunk_many(&self, py: Python<'_>, texts: Vec<PyBackedStr>) -> PyResult<Vec<Vec<Chunk>>> {
        let cut = || {
            let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
            let chunks = match &self.semantic {
                Some(semantic) => semantic.chunk_many(&texts).or_raise()?,
                None => self.plain.chunk_many(&texts),
            };
            Ok(texts.iter().zip(chunks).map(|(text, chunks)| self.chunks_of(text, chunks)).collect())
        };
        py.detach(cut)
    }

    fn chunk_stream(&self, source: &Bound<'_, PyAny>) -> PyResult<ChunkIterator> {
        if self.semantic.is_some() {
            return Err(config("kind: semantic reads the whole text; use chunk"));
        }
        ChunkIterator::new(&self.plain, source)
    }

    fn __repr__(&self) -> String {
        let config = self.semantic.as_ref().map_or(&self.plain, SemanticChunker::chunker).config();
        format!("Chunker({:?}, max_size={}, unit={:?})", config.kind(), config.max_size(), config.unit())
    }
}

impl Chunker {
    fn cut(&self, text: &str) -> Result<Vec<chunk::Chunk>, Error> {
        match &self.semantic {
            Some(semantic) => semantic.chunk(text),
            None => Ok(self.plain.chunk(text)),
        }
    }

    fn chunks_of(&self, text: &str, chunks: Vec<chunk::Chunk>) -> Vec<Chunk> {
        let offsets = Offsets::new(text, Unit::CodePoints);
        let counts_tokens = self.plain.config().unit() == SizeUnit::Tokens;
        let python = |chunk: chunk::Chunk| {
            let ids = [chunk.id(text), chunk.content_hash(text)];
            Chunk::of(&chunk, chunk.text(text).to_owned(), offsets.span(chunk.span), ids, counts_tokens)
        };
        chunks.into_iter().map(python).collect()
    }
}

impl Chunk {
    pub(crate) fn of_stream(one: chunk::StreamedChunk, counts_tokens: bool) -> Self {
        let ids = [one.id(), one.content_hash()];
        Self::of(&one.chunk, one.text, one.code_points, ids, counts_tokens)
    }

    fn of(chunk: &chunk::Chunk, text: String, span: Span, ids: [Id; 2], counts_tokens: bool) -> Self {
        let [id, content_hash] = ids.map(|id| id.to_string());
        Self {
            text,
            start: span.start,
            end: span.end,
            index: chunk.index,
            size: chunk.size,
            tokens: counts_tokens.then_some(chunk.size),
            heading: chunk.heading.iter().map(ToString::to_string).collect(),
            prefix: chunk.prefix.as_deref().map(str::to_owned),
            id,
            content_hash,
            context: None,
        }
    }
}

//! Chunks and tokens.

use crate::chunk_stream::ChunkIterator;
use crate::error::OrRaise;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyTuple;
use std::path::PathBuf;
use std::sync::Arc;
use sting_core::chunk::{self, ChunkConfig, SizeUnit};
use sting_core::offset::{Offsets, Unit};
use sting_core::token;
use sting_core::{Id, Span};

/// A part of a text, with its place. `text == source[start:end]`.
#[pyclass(frozen, eq, hash, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chunk {
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
    #[pyo3(signature = (text, start, end, index, size, tokens, heading, prefix, id, content_hash))]
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
    ) -> Self {
        Self { text, start, end, index, size, tokens, heading, prefix, id, content_hash }
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
        )
            .into_pyobject(py)
    }
}

/// Cuts texts into chunks.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Chunker(chunk::Chunker);

#[pymethods]
impl Chunker {
    #[new]
    #[pyo3(signature = (kind = "auto", *, max_size = 1000, unit = "chars", overlap = 0, tokenizer = None))]
    fn new(
        kind: &str,
        max_size: usize,
        unit: &str,
        overlap: usize,
        tokenizer: Option<&Bound<'_, Tokenizer>>,
    ) -> PyResult<Self> {
        let settings = ChunkConfig::default()
            .with_kind(kind.parse().or_raise()?)
            .with_max_size(max_size)
            .with_unit(unit.parse().or_raise()?)
            .with_overlap(overlap);
        let chunker = match tokenizer {
            Some(tokenizer) => chunk::Chunker::with_tokenizer(settings, Arc::new(tokenizer.get().0.clone())),
            None => chunk::Chunker::new(settings),
        };
        chunker.map(Self).or_raise()
    }

    fn chunk(&self, py: Python<'_>, text: PyBackedStr) -> Vec<Chunk> {
        py.detach(|| self.chunks_of(&text, self.0.chunk(&text)))
    }

    fn chunk_many(&self, py: Python<'_>, texts: Vec<PyBackedStr>) -> Vec<Vec<Chunk>> {
        py.detach(|| {
            let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
            let chunks = self.0.chunk_many(&texts);
            texts.iter().zip(chunks).map(|(text, chunks)| self.chunks_of(text, chunks)).collect()
        })
    }

    fn chunk_stream(&self, source: &Bound<'_, PyAny>) -> PyResult<ChunkIterator> {
        ChunkIterator::new(&self.0, source)
    }

    fn __repr__(&self) -> String {
        let config = self.0.config();
        format!("Chunker({:?}, max_size={}, unit={:?})", config.kind(), config.max_size(), config.unit())
    }
}

impl Chunker {
    fn chunks_of(&self, text: &str, chunks: Vec<chunk::Chunk>) -> Vec<Chunk> {
        let offsets = Offsets::new(text, Unit::CodePoints);
        let counts_tokens = self.0.config().unit() == SizeUnit::Tokens;
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
        }
    }
}

/// An exact tokenizer.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Tokenizer(token::Tokenizer);

#[pymethods]
impl Tokenizer {
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| sting_vector::load_tokenizer(path)).map(Self).or_raise()
    }

    fn encode(&self, py: Python<'_>, text: PyBackedStr) -> Vec<u32> {
        py.detach(|| self.0.encode(&text))
    }

    fn encode_many(&self, py: Python<'_>, texts: Vec<PyBackedStr>) -> Vec<Vec<u32>> {
        py.detach(|| self.0.encode_many(&texts))
    }

    fn encode_with_offsets(&self, py: Python<'_>, text: PyBackedStr) -> (Vec<u32>, Vec<(usize, usize)>) {
        py.detach(|| {
            let encoding = self.0.encode_with_offsets(&text);
            let offsets = Offsets::new(&text, Unit::CodePoints);
            let places = encoding.spans.iter().map(|&span| offsets.span(span));
            (encoding.ids, places.map(|span| (span.start, span.end)).collect())
        })
    }

    fn decode(&self, ids: Vec<u32>) -> PyResult<String> {
        self.0.decode(&ids).or_raise()
    }

    fn count(&self, py: Python<'_>, text: PyBackedStr) -> usize {
        py.detach(|| self.0.count(&text))
    }

    #[getter]
    fn vocab_size(&self) -> usize {
        self.0.vocab_size()
    }

    fn __repr__(&self) -> String {
        format!("Tokenizer(vocab_size={})", self.0.vocab_size())
    }
}

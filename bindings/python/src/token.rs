//! Tokens, and which of them are whose chunk's.

use crate::error::{OrRaise, config};
use crate::text::Chunk;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use std::path::PathBuf;
use sting_core::offset::{Offsets, Unit};
use sting_core::{Span, chunk, token};

/// An exact tokenizer.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Tokenizer(pub(crate) token::Tokenizer);

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

    fn token_spans(
        &self,
        py: Python<'_>,
        text: PyBackedStr,
        chunks: Vec<PyRef<'_, Chunk>>,
    ) -> PyResult<Vec<(usize, usize)>> {
        let offsets = Offsets::new(&text, Unit::CodePoints);
        let spans = spans(&offsets, &chunks)?;
        let ranges = py.detach(|| self.0.token_spans(&text, spans));
        Ok(ranges.into_iter().map(|range| (range.start, range.end)).collect())
    }

    fn late_windows(
        &self,
        py: Python<'_>,
        text: PyBackedStr,
        chunks: Vec<PyRef<'_, Chunk>>,
        max_tokens: usize,
    ) -> PyResult<Vec<LateWindow>> {
        let offsets = Offsets::new(&text, Unit::CodePoints);
        let spans = spans(&offsets, &chunks)?;
        let windows = py.detach(|| self.0.late_windows(&text, spans, max_tokens)).or_raise()?;
        let python = |window: chunk::LateWindow| {
            let span = offsets.span(window.span);
            let chunks = window.chunks.into_iter().map(|(i, range)| (i, range.start, range.end)).collect();
            LateWindow { start: span.start, end: span.end, ids: window.ids, chunks }
        };
        Ok(windows.into_iter().map(python).collect())
    }

    #[getter]
    fn vocab_size(&self) -> usize {
        self.0.vocab_size()
    }

    fn __repr__(&self) -> String {
        format!("Tokenizer(vocab_size={})", self.0.vocab_size())
    }
}

/// What a long-context model reads at once, and which of its token vectors make which chunk.
#[pyclass(frozen, eq, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LateWindow {
    start: usize,
    end: usize,
    ids: Vec<u32>,
    chunks: Vec<(usize, usize, usize)>,
}

#[pymethods]
impl LateWindow {
    fn __repr__(&self) -> String {
        let (ids, chunks) = (self.ids.len(), self.chunks.len());
        format!("LateWindow({}..{}, ids={ids}, chunks={chunks})", self.start, self.end)
    }
}

/// The bytes of chunks of the text that `offsets` are of.
fn spans(offsets: &Offsets<'_>, chunks: &[PyRef<'_, Chunk>]) -> PyResult<Vec<Span>> {
    let byte =
        |unit| offsets.to_byte(unit).ok_or_else(|| config("chunks: are not of this text; pass its own"));
    chunks.iter().map(|chunk| Ok(Span::new(byte(chunk.start)?, byte(chunk.end)?))).collect()
}

//! Chunks of a file or an iterator, as it is read.

use crate::error::{OrRaise, config};
use crate::text::Chunk;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyIterator;
use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, PoisonError};
use sting_core::chunk::{self, ChunkStream, SizeUnit};

/// What is asked of a file at a time, in bytes or characters.
const READ: usize = 64 << 10;

/// Yields the chunks that are certain, and reads on when there are none.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct ChunkIterator {
    source: Source,
    counts_tokens: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
enum Source {
    /// Something with a method `read`.
    File(Py<PyAny>),
    Parts(Py<PyIterator>),
}

#[derive(Debug)]
struct State {
    /// `None` at the end of the source, and after an error.
    stream: Option<ChunkStream>,
    ready: VecDeque<Chunk>,
}

impl ChunkIterator {
    pub(crate) fn new(chunker: &chunk::Chunker, source: &Bound<'_, PyAny>) -> PyResult<Self> {
        let source = if source.hasattr("read")? {
            Source::File(source.clone().unbind())
        } else {
            Source::Parts(source.try_iter()?.unbind())
        };
        let state = State { stream: Some(chunker.stream()), ready: VecDeque::new() };
        let counts_tokens = chunker.config().unit() == SizeUnit::Tokens;
        Ok(Self { source, counts_tokens, state: Mutex::new(state) })
    }

    /// The next part of the text; `None` at its end.
    fn read(&self, py: Python<'_>) -> PyResult<Option<Part>> {
        let part = match &self.source {
            Source::File(file) => Some(file.bind(py).call_method1("read", (READ,))?),
            Source::Parts(parts) => parts.bind(py).clone().next().transpose()?,
        };
        let Some(part) = part else { return Ok(None) };
        let part = if let Ok(text) = part.extract::<PyBackedStr>() {
            Part::Text(text)
        } else if let Ok(bytes) = part.extract::<PyBackedBytes>() {
            Part::Bytes(bytes)
        } else {
            return Err(config(
                "source: yields neither str nor bytes; pass a file, or an iterator over either",
            ));
        };
        let ended = part.bytes().is_empty() && matches!(self.source, Source::File(_));
        Ok((!ended).then_some(part))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Part {
    Text(PyBackedStr),
    Bytes(PyBackedBytes),
}

impl Part {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

#[pymethods]
impl ChunkIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Chunk>> {
        loop {
            // The stream is taken out while it works, so that no lock is held over a call of Python.
            let mut stream = {
                let mut state = self.lock();
                if let Some(chunk) = state.ready.pop_front() {
                    return Ok(Some(chunk));
                }
                let Some(stream) = mem::take(&mut state.stream) else { return Ok(None) };
                stream
            };
            let part = self.read(py)?;
            let (stream, chunks) = py
                .detach(|| match part {
                    Some(part) => stream.push(part.bytes()).map(|chunks| (Some(stream), chunks)),
                    None => stream.finish().map(|chunks| (None, chunks)),
                })
                .or_raise()?;
            let mut state = self.lock();
            state.stream = stream;
            state.ready.extend(chunks.into_iter().map(|one| Chunk::of_stream(one, self.counts_tokens)));
        }
    }
}

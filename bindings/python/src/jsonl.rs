//! JSON Lines held against rules or indicators, a piece of the lines at a time.

use crate::error::{Class, raise};
use crate::event::Match;
use crate::ioc::IocMatch;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use sting_core::Error;

/// What one line matched.
#[derive(IntoPyObject)]
pub(crate) enum Found {
    Rules(Vec<Match>),
    Indicators(Vec<IocMatch>),
}

/// Looks at lines of JSON: number and outcome of each that has one.
type Look = dyn Fn(&[u8]) -> Vec<(usize, Result<Found, Error>)> + Send + Sync;

/// Goes through lines of JSON and yields those that match something.
#[pyclass(frozen, module = "sting")]
pub(crate) struct JsonlMatches {
    look: Box<Look>,
    lines: Vec<u8>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    at: usize,
    lines: usize,
    ready: VecDeque<(usize, Found)>,
    errors: Vec<(usize, String)>,
}

/// Bytes that are looked at before the first match of them is yielded: enough for several threads.
const PIECE: usize = 8 << 20;

impl JsonlMatches {
    /// Of a path, or of the lines themselves as `bytes`.
    pub(crate) fn new(
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        look: impl Fn(&[u8]) -> Vec<(usize, Result<Found, Error>)> + Send + Sync + 'static,
    ) -> PyResult<Self> {
        let lines = if let Ok(bytes) = source.extract::<PyBackedBytes>() {
            bytes.to_vec()
        } else {
            let path: PathBuf = source.extract()?;
            py.detach(|| std::fs::read(&path)).map_err(|error| {
                raise(Class::Source, "io", &format!("{}: {error}; check the path", path.display()))
            })?
        };
        Ok(Self { look: Box::new(look), lines, state: Mutex::default() })
    }

    fn advance(&self) -> Option<(usize, Found)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.ready.is_empty() && state.at < self.lines.len() {
            let rest = &self.lines[state.at..];
            let end = rest.get(PIECE..).and_then(|after| after.iter().position(|&byte| byte == b'\n'));
            let piece = &rest[..end.map_or(rest.len(), |end| PIECE + end + 1)];
            for (line, found) in (self.look)(piece) {
                let line = state.lines + line;
                match found {
                    Ok(found) => state.ready.push_back((line, found)),
                    Err(error) => state.errors.push((line, error.to_string())),
                }
            }
            state.at += piece.len();
            state.lines += piece.split(|&byte| byte == b'\n').count() - 1;
        }
        state.ready.pop_front()
    }
}

#[pymethods]
impl JsonlMatches {
    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> Option<(usize, Found)> {
        py.detach(|| self.advance())
    }

    /// Lines so far that are not events, each with what is wrong.
    #[getter]
    fn errors(&self) -> Vec<(usize, String)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).errors.clone()
    }
}

impl fmt::Debug for JsonlMatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonlMatches").field("bytes", &self.lines.len()).finish_non_exhaustive()
    }
}

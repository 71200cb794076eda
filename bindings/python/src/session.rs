//! Sessions around a language model.

use crate::error::{OrRaise, Raise, config};
use crate::json;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyString};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use sting_core::offset::{Offsets, Unit};
use sting_ingest::FileVault;
use sting_pii::{Key, Matching, MemoryVault};

/// Where the values behind tokens are kept.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Vault(Arc<dyn sting_pii::Vault>);

#[pymethods]
impl Vault {
    /// In memory.
    #[staticmethod]
    #[pyo3(signature = (*, ttl = 3600.0, capacity = 100_000))]
    fn memory(ttl: f64, capacity: usize) -> PyResult<Self> {
        Ok(Self(Arc::new(MemoryVault::default().with_ttl(seconds(ttl)?).with_capacity(capacity))))
    }

    /// In an encrypted file.
    #[staticmethod]
    #[pyo3(signature = (path, key, *, ttl = 2_592_000.0, capacity = 100_000))]
    fn open(path: PathBuf, key: PyBackedBytes, ttl: f64, capacity: usize) -> PyResult<Self> {
        let key = Key::new(key).or_raise()?;
        let vault = FileVault::open(path, &key).or_raise()?;
        Ok(Self(Arc::new(vault.with_ttl(seconds(ttl)?).with_capacity(capacity))))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

fn seconds(ttl: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(ttl).map_err(|_| config("ttl is no length of time; give seconds"))
}

/// Puts tokens in the place of private data, and private data in the place of tokens.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Session(sting_pii::Session);

impl Session {
    pub(crate) fn new(
        scrubber: &sting_pii::Scrubber,
        key: &Key,
        tolerant: bool,
        vault: Option<&Vault>,
    ) -> Self {
        let session = match vault {
            Some(Vault(vault)) => scrubber.session_in(key, vault.clone()),
            None => scrubber.session(key),
        };
        Self(session.with_matching(if tolerant { Matching::Tolerant } else { Matching::Exact }))
    }
}

#[pymethods]
impl Session {
    fn protect(&self, py: Python<'_>, text: PyBackedStr) -> PyResult<String> {
        py.detach(|| self.0.protect(&text)).map(|result| result.text.into_inner()).or_raise()
    }

    fn protect_json(&self, py: Python<'_>, text: PyBackedStr) -> PyResult<String> {
        py.detach(|| self.0.protect_json(&text)).map(|result| result.text.into_inner()).or_raise()
    }

    fn protect_messages<'py>(
        &self,
        py: Python<'py>,
        messages: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let value = json::from_python(messages)?;
        let protected = py.detach(|| self.0.protect_messages(&value.to_string())).or_raise()?;
        let value: Value =
            serde_json::from_str(protected.text.get()).map_err(|_| config("the messages are no JSON"))?;
        json::to_python(py, &value)
    }

    fn restore(&self, py: Python<'_>, text: PyBackedStr) -> PyResult<String> {
        py.detach(|| self.0.restore(&text)).or_raise()
    }

    fn restore_json(&self, py: Python<'_>, text: PyBackedStr) -> PyResult<String> {
        py.detach(|| self.0.restore_json(&text)).or_raise()
    }

    fn restore_stream(&self) -> RestoreStream {
        RestoreStream(Mutex::new(Some(self.0.restore_stream())))
    }

    /// What looks like a token and is not restored: start and end in code points, and why.
    fn leftovers(&self, text: PyBackedStr) -> PyResult<Vec<(usize, usize, &'static str)>> {
        let offsets = Offsets::new(&text, Unit::CodePoints);
        let leftovers = self.0.leftovers(&text).or_raise()?;
        Ok(leftovers
            .into_iter()
            .map(|left| {
                let span = offsets.span(left.span);
                (span.start, span.end, left.reason.name())
            })
            .collect())
    }

    fn forget(&self) -> PyResult<usize> {
        self.0.forget().or_raise()
    }
}

/// Restores an answer that comes in pieces.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct RestoreStream(Mutex<Option<sting_pii::RestoreStream>>);

#[pymethods]
impl RestoreStream {
    /// Gives text for text, and bytes for bytes.
    fn push<'py>(&self, py: Python<'py>, piece: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = stream.as_mut().ok_or_else(|| sting_pii::Error::Stopped.raise())?;
        if let Ok(text) = piece.extract::<PyBackedStr>() {
            let out = py.detach(|| stream.push(&text)).or_raise()?;
            return Ok(PyString::new(py, &out).into_any());
        }
        let bytes: PyBackedBytes =
            piece.extract().map_err(|_| config("a piece is neither text nor bytes; pass str or bytes"))?;
        let out = py.detach(|| stream.push_bytes(&bytes)).or_raise()?;
        Ok(PyBytes::new(py, &out).into_any())
    }

    /// The rest, as text.
    fn finish(&self) -> PyResult<String> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        stream.ok_or_else(|| sting_pii::Error::Stopped.raise())?.finish().or_raise()
    }

    /// The rest, as bytes.
    fn finish_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let rest = stream.ok_or_else(|| sting_pii::Error::Stopped.raise())?.finish_bytes().or_raise()?;
        Ok(PyBytes::new(py, &rest))
    }
}

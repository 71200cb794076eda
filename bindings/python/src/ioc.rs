//! Indicators of compromise.

use crate::error::OrRaise;
use crate::event::event_json;
use crate::jsonl::{Found, JsonlMatches};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use sting_core::event::{Event, jsonl};
use sting_core::ioc::{self, Attributes, IocKind};
use sting_core::offset::{Offsets, Unit};

/// An indicator of compromise and its place: what it is, refanged, and where it stands in the text.
#[pyclass(frozen, eq, hash, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ioc {
    kind: &'static str,
    value: String,
    start: usize,
    end: usize,
}

#[pymethods]
impl Ioc {
    fn __repr__(&self) -> String {
        format!("Ioc({:?}, {:?}, {}..{})", self.kind, self.value, self.start, self.end)
    }
}

/// The indicators in a text.
#[pyfunction]
#[pyo3(signature = (text, *, keep_benign = false))]
pub(crate) fn extract_iocs(py: Python<'_>, text: PyBackedStr, keep_benign: bool) -> Vec<Ioc> {
    py.detach(|| {
        let offsets = Offsets::new(&text, Unit::CodePoints);
        let found = ioc::Extractor::default().with_benign_kept(keep_benign).extract(&text);
        let python = |one: ioc::Ioc| {
            let span = offsets.span(one.span);
            Ioc { kind: one.kind.as_str(), value: one.value, start: span.start, end: span.end }
        };
        found.into_iter().map(python).collect()
    })
}

/// A known indicator in a field of an event.
#[pyclass(frozen, eq, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IocMatch {
    field: String,
    kind: &'static str,
    value: String,
    found: String,
    source: String,
    confidence: u8,
    first_seen: Option<u32>,
    last_seen: Option<u32>,
}

#[pymethods]
impl IocMatch {
    fn __repr__(&self) -> String {
        format!("IocMatch({:?}, {:?}, {:?})", self.field, self.kind, self.value)
    }
}

impl From<ioc::IocMatch> for IocMatch {
    fn from(one: ioc::IocMatch) -> Self {
        let Attributes { source, confidence, first_seen, last_seen, .. } = one.attributes;
        Self {
            field: one.field,
            kind: one.kind.as_str(),
            value: one.value,
            found: one.found.value,
            source: source.to_string(),
            confidence,
            first_seen,
            last_seen,
        }
    }
}

/// What a file added to a set of indicators.
#[pyclass(frozen, eq, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FeedReport {
    added: usize,
    updated: usize,
    skipped: usize,
    faults: Vec<(String, String)>,
}

#[pymethods]
impl FeedReport {
    fn __repr__(&self) -> String {
        format!("FeedReport(added={}, updated={}, skipped={})", self.added, self.updated, self.skipped)
    }
}

/// A set of known indicators.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Iocs(Arc<RwLock<ioc::Iocs>>);

#[pymethods]
impl Iocs {
    #[new]
    fn new() -> Self {
        Self(Arc::default())
    }

    #[pyo3(signature = (kind, value, *, source = "", confidence = 50, ttl = None, first_seen = None, last_seen = None))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn add(
        &self,
        kind: &str,
        value: &str,
        source: &str,
        confidence: u8,
        ttl: Option<u32>,
        first_seen: Option<u32>,
        last_seen: Option<u32>,
    ) -> PyResult<bool> {
        let attributes = Attributes { source: source.into(), confidence, ttl, first_seen, last_seen };
        let kind: IocKind = kind.parse().or_raise()?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).add(kind, value, &attributes).or_raise()
    }

    /// Returns how many were new. If one is refused, those before it have been added.
    #[pyo3(signature = (kind, values, *, source = "", confidence = 50, ttl = None, first_seen = None, last_seen = None))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn add_many(
        &self,
        py: Python<'_>,
        kind: &str,
        values: Vec<PyBackedStr>,
        source: &str,
        confidence: u8,
        ttl: Option<u32>,
        first_seen: Option<u32>,
        last_seen: Option<u32>,
    ) -> PyResult<usize> {
        let attributes = Attributes { source: source.into(), confidence, ttl, first_seen, last_seen };
        let kind: IocKind = kind.parse().or_raise()?;
        let added = py.detach(|| {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            values.iter().try_fold(0, |added, value| {
                known.add(kind, value, &attributes).map(|is_new| added + usize::from(is_new))
            })
        });
        added.or_raise()
    }

    #[pyo3(signature = (path, *, source = "", confidence = 50, ttl = None))]
    fn load(
        &self,
        py: Python<'_>,
        path: PathBuf,
        source: &str,
        confidence: u8,
        ttl: Option<u32>,
    ) -> PyResult<FeedReport> {
        let attributes = Attributes { source: source.into(), confidence, ttl, ..Attributes::default() };
        let report = py.detach(|| {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            sting_ingest::load_iocs(&path, &mut known, &attributes)
        });
        report.or_raise().map(|sting_ingest::FeedReport { added, updated, skipped, faults }| FeedReport {
            added,
            updated,
            skipped,
            faults,
        })
    }

    /// The known indicators in an event: a `dict`, or JSON as `str` or `bytes`.
    #[pyo3(name = "match", signature = (event, *, now = None))]
    fn matches(&self, py: Python<'_>, event: &Bound<'_, PyAny>, now: Option<u32>) -> PyResult<Vec<IocMatch>> {
        let json = event_json(event)?;
        let found = py.detach(|| {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            Event::from_json(&json).map(|event| known.matches(&event, now))
        });
        Ok(found.or_raise()?.into_iter().map(IocMatch::from).collect())
    }

    /// The known indicators in every line of JSON Lines that has one.
    #[pyo3(signature = (source, *, threads = 1, now = None))]
    fn match_jsonl(
        &self,
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        threads: usize,
        now: Option<u32>,
    ) -> PyResult<JsonlMatches> {
        let known = self.0.clone();
        JsonlMatches::new(py, source, move |lines| {
            let known = known.read().unwrap_or_else(PoisonError::into_inner);
            jsonl(lines, threads, |event| {
                let found = known.matches(event, now);
                (!found.is_empty())
                    .then(|| Found::Indicators(found.into_iter().map(IocMatch::from).collect()))
            })
        })
    }

    /// A set that was saved, read where it lies: its file is mapped.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let known = py.detach(|| sting_ingest::open_iocs(&path)).or_raise()?;
        Ok(Self(Arc::new(RwLock::new(known))))
    }

    /// Saves the set for `open`.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let save = || {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            sting_ingest::save_iocs(&mut known, &path)
        };
        py.detach(save).or_raise()
    }

    /// Forgets what is stale at `now`, in seconds since 1970.
    fn expire(&self, now: u32) -> usize {
        self.0.write().unwrap_or_else(PoisonError::into_inner).expire(now)
    }

    fn __len__(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn __repr__(&self) -> String {
        format!("Iocs({} indicators)", self.__len__())
    }
}

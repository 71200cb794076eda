//! Embeddings, the store and search.

use crate::error::{Class, OrRaise, Raise, config, raise};
use crate::json;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::sync::MutexExt;
use pyo3::types::{PyDict, PyIterator, PyList};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use sting_core::model;
use sting_vector::embed::{Bulk, Progress};
use sting_vector::{BertEmbedder, CollectionConfig, Error, Filter, Metadata, Query};

impl Raise for Error {
    fn raise(self) -> PyErr {
        let class = match &self {
            Self::Config { .. } | Self::Input { .. } | Self::Filter { .. } => Class::Config,
            Self::Model(_) => Class::Model,
            Self::Cancelled => Class::Cancelled,
            Self::Core(_) => Class::Sting,
            _ => Class::Store,
        };
        raise(class, self.code(), &self.to_string())
    }
}

/// Turns texts into vectors.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Embedder(pub(crate) Arc<dyn model::Embedder>);

#[pymethods]
impl Embedder {
    #[staticmethod]
    fn builtin() -> Self {
        Self(Arc::new(sting_vector::builtin()))
    }

    #[staticmethod]
    #[pyo3(signature = (path, *, precision = "f32"))]
    fn load(py: Python<'_>, path: PathBuf, precision: &str) -> PyResult<Self> {
        let precision = precision.parse().or_raise()?;
        let model = py.detach(|| BertEmbedder::load_with(path, precision)).or_raise()?;
        Ok(Self(Arc::new(model)))
    }

    /// Loads a model that was downloaded before, from the local cache of the Hugging Face hub.
    #[staticmethod]
    #[pyo3(signature = (name, *, revision = None, precision = "f32"))]
    fn from_hub(py: Python<'_>, name: &str, revision: Option<&str>, precision: &str) -> PyResult<Self> {
        let path = sting_vector::embed::hub_model(name, revision).or_raise()?;
        Self::load(py, path, precision)
    }

    #[pyo3(signature = (texts, *, on_progress = None))]
    fn embed<'py>(
        &self,
        py: Python<'py>,
        texts: Vec<PyBackedStr>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let rows = texts.len();
        let vectors = py.detach(|| embed(&*self.0, &texts, on_progress.as_ref()))?;
        PyArray1::from_vec(py, vectors).reshape([rows, self.0.dim()])
    }

    fn embed_iter(&self, texts: &Bound<'_, PyAny>) -> PyResult<EmbedIter> {
        let texts = texts.try_iter()?.unbind();
        Ok(EmbedIter(Mutex::new(Steps { model: self.0.clone(), texts, ready: VecDeque::new() })))
    }

    #[getter]
    fn dim(&self) -> usize {
        self.0.dim()
    }

    #[getter]
    fn max_tokens(&self) -> Option<usize> {
        self.0.max_tokens()
    }

    #[getter]
    fn id(&self) -> &str {
        self.0.id()
    }

    fn __repr__(&self) -> String {
        format!("Embedder({:?}, dim={})", self.0.id(), self.0.dim())
    }
}

/// Embeds in steps; a signal such as Ctrl-C, or an exception of the callback, ends the work at the next step, and a
/// signal also within a huge text.
fn embed(
    model: &dyn model::Embedder,
    texts: &[PyBackedStr],
    on_progress: Option<&Py<PyAny>>,
) -> PyResult<Vec<f32>> {
    let stop = Arc::new(AtomicBool::new(false));
    let exception = Mutex::new(None);
    let check = |told: PyResult<()>| {
        if let Err(error) = told {
            exception.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            stop.store(true, Ordering::Relaxed);
        }
    };
    let tell = |progress: Progress| {
        check(Python::attach(|py| {
            signals(py)?;
            let Some(callback) = on_progress else { return Ok(()) };
            callback.call1(py, (progress.done, progress.total)).map(drop)
        }));
    };
    let borrowed: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    let work = || Bulk::new(model).with_cancel(stop.clone()).with_progress(tell).embed(&borrowed);
    let vectors = if texts.iter().any(|text| text.len() > HUGE_TEXT) {
        // Python delivers signals to the thread that called, which therefore waits and watches.
        std::thread::scope(|scope| {
            let caller = std::thread::current();
            let worker = scope.spawn(move || {
                let vectors = work();
                caller.unpark();
                vectors
            });
            while !worker.is_finished() {
                std::thread::park_timeout(WATCH);
                check(Python::attach(signals));
            }
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    } else {
        work()
    };
    let exception = exception.into_inner().unwrap_or_else(PoisonError::into_inner);
    exception.map_or_else(|| vectors.or_raise(), Err)
}

/// Runs the handlers of signals that have come; what they raise is the error.
fn signals(py: Python<'_>) -> PyResult<()> {
    py.check_signals()
}

/// Bytes of a text that takes long enough to be watched over.
const HUGE_TEXT: usize = 1 << 22;

/// Time between two looks for a signal.
const WATCH: Duration = Duration::from_millis(20);

/// The rows of texts that come one by one.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct EmbedIter(Mutex<Steps>);

#[derive(Debug)]
struct Steps {
    model: Arc<dyn model::Embedder>,
    texts: Py<PyIterator>,
    ready: VecDeque<Vec<f32>>,
}

#[pymethods]
impl EmbedIter {
    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArray1<f32>>>> {
        let mut steps = self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        if steps.ready.is_empty() {
            let mut texts: Vec<PyBackedStr> = Vec::new();
            let mut bytes = 0;
            let mut source = steps.texts.bind(py).clone();
            while texts.len() < STEP_TEXTS && bytes < STEP_BYTES {
                // A source that is slow to yield can be interrupted too.
                py.check_signals()?;
                let Some(text) = source.next() else { break };
                texts.push(text?.extract()?);
                bytes += texts.last().map_or(0, |text| text.len());
            }
            let model = steps.model.clone();
            let rows = py.detach(|| embed(&*model, &texts, None))?;
            steps.ready = rows.chunks_exact(model.dim()).map(<[f32]>::to_vec).collect();
        }
        Ok(steps.ready.pop_front().map(|row| PyArray1::from_vec(py, row)))
    }
}

/// Texts that an iterator takes at a time, at most, and their bytes: few, so that rows come soon after their texts.
const STEP_TEXTS: usize = 32;
const STEP_BYTES: usize = 1 << 14;

/// A folder of collections, or collections in memory.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Store(sting_vector::Store);

#[pymethods]
impl Store {
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        if path.as_os_str() == ":memory:" {
            return Ok(Self(sting_vector::Store::in_memory()));
        }
        py.detach(|| sting_vector::Store::open(path)).map(Self).or_raise()
    }

    #[pyo3(signature = (name, *, dim = None, metric = None, embedder = None))]
    fn collection(
        &self,
        py: Python<'_>,
        name: &str,
        dim: Option<usize>,
        metric: Option<&str>,
        embedder: Option<&Bound<'_, Embedder>>,
    ) -> PyResult<Collection> {
        let settings = CollectionConfig {
            dim,
            metric: metric.map(str::parse).transpose().or_raise()?,
            embedder: embedder.map(|embedder| embedder.get().0.clone()),
        };
        py.detach(|| self.0.collection(name, settings)).map(Collection).or_raise()
    }

    fn collections(&self) -> PyResult<Vec<String>> {
        self.0.collections().or_raise()
    }

    fn drop(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        py.detach(|| self.0.drop_collection(name)).or_raise()
    }

    fn verify(&self, py: Python<'_>) -> PyResult<Report> {
        let report = py.detach(|| self.0.verify()).or_raise()?;
        Ok(Report { ok: report.ok, problems: report.problems })
    }

    fn compact(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.0.compact()).or_raise()
    }

    fn snapshot(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.snapshot(path)).or_raise()
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.0.close()).or_raise()
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        self.close(py)
    }
}

/// What a check of a store found.
#[pyclass(frozen, eq, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    ok: bool,
    problems: Vec<String>,
}

#[pymethods]
impl Report {
    fn __repr__(&self) -> String {
        format!("Report(ok={}, problems={:?})", if self.ok { "True" } else { "False" }, self.problems)
    }
}

/// Rows that can be searched.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Collection(sting_vector::Collection);

#[pymethods]
impl Collection {
    #[pyo3(signature = (ids, *, vectors = None, texts = None, metadata = None))]
    fn upsert(
        &self,
        py: Python<'_>,
        ids: Vec<String>,
        vectors: Option<&Bound<'_, PyAny>>,
        texts: Option<Vec<Option<String>>>,
        metadata: Option<Vec<Option<Bound<'_, PyDict>>>>,
    ) -> PyResult<()> {
        let mut rows: Vec<_> = ids.into_iter().map(sting_vector::Row::new).collect();
        for (what, len) in
            [("texts", texts.as_ref().map(Vec::len)), ("metadata", metadata.as_ref().map(Vec::len))]
        {
            same_length(what, len, rows.len())?;
        }
        for (row, text) in rows.iter_mut().zip(texts.into_iter().flatten()) {
            row.text = text;
        }
        for (row, metadata) in rows.iter_mut().zip(metadata.into_iter().flatten()) {
            row.metadata =
                metadata.map(|dict| json::object_from_python(&dict)).transpose()?.unwrap_or_default();
        }
        if let Some(vectors) = vectors {
            let vectors = matrix(vectors)?;
            same_length("vectors", Some(vectors.len()), rows.len())?;
            for (row, vector) in rows.iter_mut().zip(vectors) {
                row.vector = Some(vector);
            }
        }
        py.detach(|| self.0.upsert(rows)).or_raise()
    }

    #[pyo3(signature = (ids, *, metadata))]
    fn update(
        &self,
        py: Python<'_>,
        ids: Vec<PyBackedStr>,
        metadata: Vec<Bound<'_, PyDict>>,
    ) -> PyResult<usize> {
        same_length("metadata", Some(metadata.len()), ids.len())?;
        let changes =
            ids.iter().zip(&metadata).map(|(id, dict)| Ok((id.as_ref(), json::object_from_python(dict)?)));
        let changes: Vec<(&str, Metadata)> = changes.collect::<PyResult<_>>()?;
        py.detach(|| self.0.update(&changes)).or_raise()
    }

    #[pyo3(signature = (ids = None, *, filter = None))]
    fn delete(
        &self,
        py: Python<'_>,
        ids: Option<Vec<PyBackedStr>>,
        filter: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<usize> {
        match (ids, parse_filter(filter)?) {
            (Some(ids), None) => py.detach(|| self.0.delete(&ids)).or_raise(),
            (None, Some(filter)) => py.detach(|| self.0.delete_where(&filter)).or_raise(),
            _ => Err(config("delete takes either ids or a filter; pass one of them")),
        }
    }

    fn get(&self, py: Python<'_>, ids: Vec<PyBackedStr>) -> PyResult<Vec<Row>> {
        Ok(py.detach(|| self.0.get(&ids)).or_raise()?.into_iter().map(Row).collect())
    }

    #[pyo3(signature = (filter = None))]
    fn count(&self, py: Python<'_>, filter: Option<&Bound<'_, PyDict>>) -> PyResult<usize> {
        let filter = parse_filter(filter)?;
        py.detach(|| self.0.count(filter.as_ref())).or_raise()
    }

    #[pyo3(signature = (*, filter = None, limit = 100, after = None))]
    fn scroll(
        &self,
        py: Python<'_>,
        filter: Option<&Bound<'_, PyDict>>,
        limit: usize,
        after: Option<&str>,
    ) -> PyResult<Vec<Row>> {
        let filter = parse_filter(filter)?;
        let rows = py.detach(|| self.0.scroll(filter.as_ref(), limit, after)).or_raise()?;
        Ok(rows.into_iter().map(Row).collect())
    }

    #[pyo3(signature = (*, text = None, vector = None, k = 10, filter = None, mode = "auto"))]
    fn search(
        &self,
        py: Python<'_>,
        text: Option<String>,
        vector: Option<&Bound<'_, PyAny>>,
        k: usize,
        filter: Option<&Bound<'_, PyDict>>,
        mode: &str,
    ) -> PyResult<Vec<Hit>> {
        let vector = vector.map(row).transpose()?;
        let query = query(text, vector, k, parse_filter(filter)?, mode)?;
        Ok(py.detach(|| self.0.search(&query)).or_raise()?.into_iter().map(Hit).collect())
    }

    #[pyo3(signature = (*, texts = None, vectors = None, k = 10, filter = None, mode = "auto"))]
    fn search_many(
        &self,
        py: Python<'_>,
        texts: Option<Vec<String>>,
        vectors: Option<&Bound<'_, PyAny>>,
        k: usize,
        filter: Option<&Bound<'_, PyDict>>,
        mode: &str,
    ) -> PyResult<Vec<Vec<Hit>>> {
        let vectors = vectors.map(matrix).transpose()?;
        let filter = parse_filter(filter)?;
        let len = texts.as_ref().map(Vec::len).or(vectors.as_ref().map(Vec::len)).unwrap_or_default();
        same_length("vectors", vectors.as_ref().map(Vec::len), len)?;
        let mut texts = texts.map(Vec::into_iter);
        let mut vectors = vectors.map(Vec::into_iter);
        let queries = (0..len).map(|_| {
            let text = texts.as_mut().and_then(Iterator::next);
            let vector = vectors.as_mut().and_then(Iterator::next);
            query(text, vector, k, filter.clone(), mode)
        });
        let queries: Vec<Query> = queries.collect::<PyResult<_>>()?;
        let hits = py.detach(|| self.0.search_many(&queries)).or_raise()?;
        Ok(hits.into_iter().map(|hits| hits.into_iter().map(Hit).collect()).collect())
    }

    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    #[getter]
    fn dim(&self) -> Option<usize> {
        self.0.dim()
    }

    fn __len__(&self) -> PyResult<usize> {
        self.0.count(None).or_raise()
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("Collection({:?}, {} rows)", self.0.name(), self.0.count(None).or_raise()?))
    }
}

/// A stored row.
#[pyclass(frozen, eq, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row(sting_vector::Row);

#[pymethods]
impl Row {
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    #[getter]
    fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::object_to_python(py, &self.0.metadata)
    }

    #[getter]
    fn vector<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f32>>> {
        self.0.vector.as_ref().map(|vector| PyArray1::from_slice(py, vector))
    }

    fn __repr__(&self) -> String {
        format!("Row({:?})", self.0.id)
    }
}

/// A row that a search found.
#[pyclass(frozen, eq, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit(sting_vector::Hit);

#[pymethods]
impl Hit {
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    #[getter]
    fn score(&self) -> f32 {
        self.0.score
    }

    #[getter]
    fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::object_to_python(py, &self.0.metadata)
    }

    #[getter]
    fn vector_score(&self) -> Option<f32> {
        self.0.vector_score
    }

    #[getter]
    fn keyword_score(&self) -> Option<f32> {
        self.0.keyword_score
    }

    fn __repr__(&self) -> String {
        format!("Hit({:?}, score={:.4})", self.0.id, self.0.score)
    }
}

fn query(
    text: Option<String>,
    vector: Option<Vec<f32>>,
    k: usize,
    filter: Option<Filter>,
    mode: &str,
) -> PyResult<Query> {
    let mut query = match (text, vector) {
        (Some(text), Some(vector)) => Query::text(text).with_vector(vector),
        (Some(text), None) => Query::text(text),
        (None, Some(vector)) => Query::vector(vector),
        (None, None) => return Err(config("a search needs a text or a vector; pass one of them")),
    };
    query.k = k;
    query.filter = filter;
    query.mode = mode.parse().or_raise()?;
    Ok(query)
}

fn parse_filter(filter: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Filter>> {
    filter.map(|filter| Filter::parse(&json::from_python(filter)?).or_raise()).transpose()
}

fn same_length(what: &str, len: Option<usize>, ids: usize) -> PyResult<()> {
    match len {
        Some(len) if len != ids => {
            Err(config(&format!("{what} has {len} items for {ids} rows; give one a row")))
        }
        _ => Ok(()),
    }
}

/// One vector: a NumPy array of 32-bit floats, or whatever NumPy can make one of.
fn row(object: &Bound<'_, PyAny>) -> PyResult<Vec<f32>> {
    if let Ok(array) = object.extract::<PyReadonlyArray1<'_, f32>>() {
        return Ok(array.as_array().to_vec());
    }
    object
        .extract()
        .map_err(|_| config("vector is not one-dimensional and of numbers; pass a 1-D float32 array"))
}

/// Vectors: a NumPy array of shape (n, dim), or a sequence of vectors.
fn matrix(object: &Bound<'_, PyAny>) -> PyResult<Vec<Vec<f32>>> {
    if let Ok(array) = object.extract::<PyReadonlyArray2<'_, f32>>() {
        return Ok(array.as_array().rows().into_iter().map(|row| row.to_vec()).collect());
    }
    if let Ok(list) = object.cast::<PyList>() {
        return list.iter().map(|item| row(&item)).collect();
    }
    object.extract().map_err(|_| {
        config("vectors is not two-dimensional and of numbers; pass a float32 array of shape (n, dim)")
    })
}

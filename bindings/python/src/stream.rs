//! Private data in streams and tables.

use crate::error::{OrRaise, config};
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use pyo3_arrow::PyTable;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use sting_pii::{Format, FormatStream, Scrubber};

/// A stream that is scrubbed piece by piece.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct ScrubStream(Mutex<Option<FormatStream>>);

#[pymethods]
impl ScrubStream {
    fn push<'py>(&self, py: Python<'py>, data: PyBackedBytes) -> PyResult<Bound<'py, PyBytes>> {
        let out = py.detach(|| self.with(|stream| stream.push(&data)))?.or_raise()?;
        Ok(PyBytes::new(py, out.get()))
    }

    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(ended)?;
        let out = py.detach(|| stream.finish()).or_raise()?;
        Ok(PyBytes::new(py, out.get()))
    }

    #[getter]
    fn counts(&self) -> PyResult<BTreeMap<String, u64>> {
        self.with(|stream| stream.counts().iter().map(|(kind, count)| (kind.to_string(), *count)).collect())
    }
}

impl ScrubStream {
    fn with<T>(&self, act: impl FnOnce(&mut FormatStream) -> T) -> PyResult<T> {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stream.as_mut().map(act).ok_or_else(ended)
    }
}

fn ended() -> PyErr {
    config("the stream has been finished; begin another")
}

impl ScrubStream {
    pub(crate) fn begin(scrubber: &Scrubber, format: &str) -> PyResult<Self> {
        let stream = scrubber.stream_as(format.parse::<Format>().or_raise()?).or_raise()?;
        Ok(Self(Mutex::new(Some(stream))))
    }
}

/// Scrubs a table of any library that speaks Arrow's PyCapsule interface; gives one of the same library if
/// that is pyarrow.
pub(crate) fn scrub_table<'py>(
    scrubber: &Scrubber,
    table: &Bound<'py, PyAny>,
    columns: Option<&[String]>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = table.py();
    let (batches, schema) = table.extract::<PyTable>()?.into_inner();
    let names: Option<Vec<&str>> = columns.map(|names| names.iter().map(String::as_str).collect());
    let scrubbed = py.detach(|| {
        let scrub = |batch| Ok(scrubber.scrub_batch(batch, names.as_deref())?.batch.into_inner());
        batches.iter().map(scrub).collect::<Result<Vec<_>, sting_pii::Error>>()
    });
    let scrubbed = scrubbed.or_raise()?;
    let schema = common_schema(schema, scrubbed.iter().map(RecordBatch::schema));
    let batches = scrubbed.into_iter().map(|batch| batch.with_schema(schema.clone()));
    let batches =
        batches.collect::<Result<_, _>>().map_err(|_| config("the batches differ in their columns"))?;
    let result = PyTable::try_new(batches, schema)?;
    if table.get_type().module()?.to_str()?.starts_with("pyarrow") {
        return result.into_pyarrow(py);
    }
    Ok(Bound::new(py, result)?.into_any())
}

/// The schema of all batches: a column is nullable if it is so in one of them.
fn common_schema(before: SchemaRef, after: impl Iterator<Item = SchemaRef>) -> SchemaRef {
    after
        .reduce(|all, one| {
            let merged = Schema::try_merge([(*all).clone(), (*one).clone()]);
            merged.map_or(all, SchemaRef::new)
        })
        .unwrap_or(before)
}

//! Scores of what is unusual in a series.

use crate::error::OrRaise;
use numpy::{IntoPyArray, PyArray1, PyArrayLike1};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Mutex, PoisonError};
use sting_core::anomaly::{self, AnomalyConfig};

/// Scores the values of one series.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct AnomalyDetector(Mutex<anomaly::AnomalyDetector>);

#[pymethods]
impl AnomalyDetector {
    #[new]
    #[pyo3(signature = (*, memory = None, rest = None, smoothing = None))]
    fn new(memory: Option<u32>, rest: Option<u32>, smoothing: Option<u32>) -> PyResult<Self> {
        let mut config = AnomalyConfig::default();
        if let Some(points) = memory {
            config = config.with_memory(points);
        }
        if let Some(points) = rest {
            config = config.with_rest(points);
        }
        if let Some(points) = smoothing {
            config = config.with_smoothing(points);
        }
        anomaly::AnomalyDetector::new(config).map(|detector| Self(Mutex::new(detector))).or_raise()
    }

    #[staticmethod]
    fn from_bytes(state: &[u8]) -> PyResult<Self> {
        anomaly::AnomalyDetector::from_bytes(state).map(|detector| Self(Mutex::new(detector))).or_raise()
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner).to_bytes();
        PyBytes::new(py, &state)
    }

    fn push(&self, timestamp: f64, value: f64) -> PyResult<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(timestamp, value).or_raise()
    }

    fn push_many<'py>(
        &self,
        py: Python<'py>,
        timestamps: PyArrayLike1<'py, f64, numpy::AllowTypeChange>,
        values: PyArrayLike1<'py, f64, numpy::AllowTypeChange>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let (times, values) = (timestamps.as_array().to_vec(), values.as_array().to_vec());
        let scores =
            py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).push_many(&times, &values));
        Ok(scores.or_raise()?.into_pyarray(py))
    }
}

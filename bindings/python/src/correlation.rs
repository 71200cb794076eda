//! Correlation of events over time.

use crate::error::OrRaise;
use crate::event::event_json;
use crate::json::to_python;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use sting_core::event::Event;
use sting_core::sigma::{self, CorrelatorConfig, RuleSet};

/// A correlation whose condition holds for a group of events.
#[pyclass(frozen, eq, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alert {
    rule_id: String,
    title: String,
    level: Option<String>,
    tags: Vec<String>,
    group: Vec<(String, Option<String>)>,
    value: f64,
    first: String,
    last: String,
    count: u64,
    events: Vec<u64>,
    rules: Vec<String>,
}

#[pymethods]
impl Alert {
    fn __repr__(&self) -> String {
        format!("Alert({:?}, count={})", self.title, self.count)
    }
}

impl From<sigma::Alert> for Alert {
    fn from(alert: sigma::Alert) -> Self {
        Self {
            rule_id: alert.rule_id,
            title: alert.title,
            level: alert.level.map(|level| level.to_string()),
            tags: alert.tags,
            group: alert.group,
            value: alert.value,
            first: alert.first.to_string(),
            last: alert.last.to_string(),
            count: alert.count,
            events: alert.events,
            rules: alert.rules,
        }
    }
}

/// Correlates events, in their own time.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Correlator(Mutex<sigma::Correlator>);

impl Correlator {
    pub(crate) fn new(rules: &RuleSet, max_groups: usize, lateness: Option<f64>) -> PyResult<Self> {
        let mut config = CorrelatorConfig::default().with_max_groups(max_groups);
        if let Some(seconds) = lateness {
            let lateness = Duration::try_from_secs_f64(seconds)
                .map_err(|_| crate::error::config("lateness is no time in seconds; use 0 or more"))?;
            config = config.with_lateness(lateness);
        }
        rules.correlator(config).map(|correlator| Self(Mutex::new(correlator))).or_raise()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, sigma::Correlator> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Correlator {
    /// The alerts to which an event leads: a `dict`, or JSON as `str` or `bytes`.
    fn push(&self, py: Python<'_>, event: &Bound<'_, PyAny>) -> PyResult<Vec<Alert>> {
        let json = event_json(event)?;
        let alerts =
            py.detach(|| Event::from_json(&json).map(|event| self.lock().push(&event))).or_raise()?;
        Ok(alerts.into_iter().map(Alert::from).collect())
    }

    /// The alerts to which events lead, in their order. All of them are read before the first is pushed.
    fn push_many(&self, py: Python<'_>, events: Vec<Bound<'_, PyAny>>) -> PyResult<Vec<Alert>> {
        let events = events.iter().map(event_json).collect::<PyResult<Vec<_>>>()?;
        let alerts = py.detach(|| {
            let events = events.iter().map(|json| Event::from_json(json)).collect::<Result<Vec<_>, _>>()?;
            let mut correlator = self.lock();
            Ok::<_, sting_core::Error>(
                events.iter().flat_map(|event| correlator.push(event)).collect::<Vec<_>>(),
            )
        });
        Ok(alerts.or_raise()?.into_iter().map(Alert::from).collect())
    }

    /// What it has done, holds and gave up, by name.
    #[getter]
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stats = serde_json::to_value(self.lock().stats()).unwrap_or_default();
        to_python(py, &stats)
    }

    fn snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let state = py.detach(|| self.lock().snapshot());
        PyBytes::new(py, &state)
    }

    fn restore(&self, py: Python<'_>, state: &[u8]) -> PyResult<()> {
        py.detach(|| self.lock().restore(state)).or_raise()
    }
}

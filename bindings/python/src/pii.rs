//! Private data.

use crate::error::{Class, OrRaise, Raise, config, raise};
use crate::json;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyDict, PyTuple};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sting_core::offset::{Offsets, Unit};
use sting_pii::{Action, CustomDetector, Key, ScrubConfig};

impl Raise for sting_pii::Error {
    fn raise(self) -> PyErr {
        let class = match &self {
            Self::Unsettled { .. } => Class::Sting,
            _ => Class::Config,
        };
        raise(class, self.code(), &self.to_string())
    }
}

/// Something private in a text, with its place and what speaks for it. Holds no text.
#[pyclass(frozen, eq, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    #[pyo3(get)]
    kind: String,
    #[pyo3(get)]
    start: usize,
    #[pyo3(get)]
    end: usize,
    #[pyo3(get)]
    score: f32,
    #[pyo3(get)]
    action: String,
    evidence: Value,
}

#[pymethods]
impl Finding {
    #[new]
    fn new(
        kind: String,
        start: usize,
        end: usize,
        score: f32,
        action: String,
        evidence: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        Ok(Self { kind, start, end, score, action, evidence: json::from_python(evidence)? })
    }

    #[getter]
    fn evidence<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::to_python(py, &self.evidence)
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (&self.kind, self.start, self.end, self.score, &self.action, self.evidence(py)?).into_pyobject(py)
    }

    fn __repr__(&self) -> String {
        let Self { kind, start, end, score, action, .. } = self;
        format!("Finding({kind:?}, {start}..{end}, score={score:.2}, action={action:?})")
    }
}

/// A scrubbed text with its account.
#[pyclass(frozen, eq, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scrubbed {
    text: String,
    findings: Vec<Finding>,
}

#[pymethods]
impl Scrubbed {
    #[new]
    fn new(text: String, findings: Vec<PyRef<'_, Finding>>) -> Self {
        Self { text, findings: findings.iter().map(|finding| (**finding).clone()).collect() }
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.text.clone(), self.findings.clone()).into_pyobject(py)
    }

    fn __str__(&self) -> &str {
        &self.text
    }

    fn __repr__(&self) -> String {
        format!("Scrubbed({} characters, {} findings)", self.text.chars().count(), self.findings.len())
    }
}

/// Finds private data and takes it out.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Scrubber(sting_pii::Scrubber);

#[pymethods]
impl Scrubber {
    #[new]
    #[pyo3(signature = (profile = "default", *, entities = None, actions = None, min_score = 0.5, key = None, custom = None))]
    fn new(
        profile: &str,
        entities: Option<Vec<String>>,
        actions: Option<&Bound<'_, PyDict>>,
        min_score: f32,
        key: Option<PyBackedBytes>,
        custom: Option<Vec<Bound<'_, PyDict>>>,
    ) -> PyResult<Self> {
        let mut settings = ScrubConfig::default().with_profile(profile).with_min_score(min_score);
        if let Some(kinds) = entities {
            settings = settings.with_entities(kinds);
        }
        if let Some(key) = key {
            settings = settings.with_key(Key::new(key).or_raise()?);
        }
        let actions = actions.map(|actions| json::object_from_python(actions)).transpose()?;
        for (kind, action) in actions.unwrap_or_default() {
            let action: Action = from_json(action, &format!("actions[{kind:?}]"))?;
            settings = settings.with_action(kind, action);
        }
        let rows =
            custom.unwrap_or_default().into_iter().enumerate().map(|(i, row)| {
                from_json::<CustomDetector>(json::from_python(&row)?, &format!("custom[{i}]"))
            });
        sting_pii::Scrubber::new(settings.with_custom(rows.collect::<PyResult<_>>()?)).map(Self).or_raise()
    }

    fn find(&self, py: Python<'_>, text: PyBackedStr) -> Vec<Finding> {
        py.detach(|| findings_of(&text, self.0.find(&text)))
    }

    fn scrub(&self, py: Python<'_>, text: PyBackedStr) -> PyResult<Scrubbed> {
        py.detach(|| self.scrub_one(&text)).or_raise()
    }

    fn scrub_many(&self, py: Python<'_>, texts: Vec<PyBackedStr>) -> PyResult<Vec<Scrubbed>> {
        py.detach(|| texts.iter().map(|text| self.scrub_one(text)).collect::<Result<_, _>>()).or_raise()
    }

    fn scrub_json(&self, py: Python<'_>, text: PyBackedStr) -> PyResult<String> {
        py.detach(|| self.0.scrub_json(&text)).map(|scrubbed| scrubbed.text.into_inner()).or_raise()
    }

    #[getter]
    fn profile(&self) -> &str {
        self.0.profile()
    }

    fn __repr__(&self) -> String {
        format!("Scrubber({:?})", self.0.profile())
    }
}

impl Scrubber {
    fn scrub_one(&self, text: &str) -> Result<Scrubbed, sting_pii::Error> {
        let result = self.0.scrub(text)?;
        Ok(Scrubbed { text: result.text.into_inner(), findings: findings_of(text, result.findings) })
    }
}

/// The kinds of private data that are known.
#[pyfunction]
pub(crate) fn kinds() -> Vec<&'static str> {
    sting_pii::kinds()
}

fn findings_of(text: &str, findings: Vec<sting_pii::Finding>) -> Vec<Finding> {
    let offsets = Offsets::new(text, Unit::CodePoints);
    let python = |finding: sting_pii::Finding| {
        let span = offsets.span(finding.span);
        Finding {
            kind: finding.kind.to_string(),
            start: span.start,
            end: span.end,
            score: finding.score,
            action: finding.action.to_string(),
            evidence: serde_json::to_value(&finding.evidence).unwrap_or_default(),
        }
    };
    findings.into_iter().map(python).collect()
}

fn from_json<T: DeserializeOwned>(value: Value, what: &str) -> PyResult<T> {
    serde_json::from_value(value).map_err(|error| config(&format!("{what}: {error}")))
}

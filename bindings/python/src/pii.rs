//! Private data.

use crate::error::{Class, OrRaise, Raise, config, raise};
use crate::json;
use crate::session::{Session, Vault};
use crate::stream::{ScrubStream, scrub_table};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyDict, PyTuple};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use sting_core::offset::{Offsets, Unit};
use sting_pii::{
    Action, Callback, Caller, CustomDetector, Exception, Format, Key, Mode, PatternSet, Preset, ScrubConfig,
    ScrubResult,
};

impl Raise for sting_pii::Error {
    fn raise(self) -> PyErr {
        let class = match &self {
            Self::Config { .. } | Self::Detector { .. } | Self::KeyMissing { .. } | Self::Json { .. } => {
                Class::Config
            }
            _ => Class::Sting,
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
pub(crate) struct Scrubber(pub(crate) sting_pii::Scrubber);

#[pymethods]
impl Scrubber {
    #[new]
    #[allow(clippy::too_many_arguments)] // keywords, all of them optional
    #[pyo3(signature = (profile = None, *, entities = None, actions = None, min_score = None, key = None, names = true, custom = None, mode = None, exceptions = None, patterns = None, preset = None, allow = None, deny = None, key_names = None))]
    fn new(
        profile: Option<&Bound<'_, PyAny>>,
        entities: Option<Vec<String>>,
        actions: Option<&Bound<'_, PyDict>>,
        min_score: Option<f32>,
        key: Option<PyBackedBytes>,
        names: bool,
        custom: Option<Vec<Bound<'_, PyDict>>>,
        mode: Option<&str>,
        exceptions: Option<Vec<Bound<'_, PyDict>>>,
        patterns: Option<&str>,
        preset: Option<&str>,
        allow: Option<Vec<String>>,
        deny: Option<BTreeMap<String, Vec<String>>>,
        key_names: Option<BTreeMap<String, Vec<String>>>,
    ) -> PyResult<Self> {
        let mut settings = ScrubConfig::default();
        if let Some(profile) = profile {
            settings = match profile.extract::<PyBackedStr>() {
                Ok(name) => settings.with_profile(&*name),
                Err(_) => settings.with_own_profile(from_json(json::from_python(profile)?, "profile")?),
            };
        }
        if let Some(min_score) = min_score {
            settings = settings.with_min_score(min_score);
        }
        if let Some(mode) = mode {
            settings = settings.with_mode(mode.parse::<Mode>().or_raise()?);
        }
        for (i, exception) in exceptions.unwrap_or_default().into_iter().enumerate() {
            let exception: Exception =
                from_json(json::from_python(&exception)?, &format!("exceptions[{i}]"))?;
            settings = settings.with_exceptions([exception]);
        }
        settings = settings.with_allowed(allow.unwrap_or_default());
        for (kind, values) in deny.unwrap_or_default() {
            settings = settings.with_denied(kind, values);
        }
        settings = settings.with_names(names);
        for (kind, names) in key_names.unwrap_or_default() {
            settings = settings.with_key_names(kind, names);
        }
        if let Some(preset) = preset {
            settings = settings.with_preset(preset.parse::<Preset>().or_raise()?);
        }
        if let Some(json) = patterns {
            settings = settings.with_patterns(PatternSet::read(json).or_raise()?).or_raise()?;
        }
        if let Some(kinds) = entities {
            settings = settings.with_entities(kinds);
        }
        if let Some(key) = key {
            settings = settings.with_key(Key::new(key).or_raise()?);
        }
        for (kind, action) in actions.into_iter().flatten() {
            let kind: String = kind.extract()?;
            let action = action_of(&kind, &action)?;
            settings = settings.with_action(kind, action);
        }
        let rows =
            custom.unwrap_or_default().into_iter().enumerate().map(|(i, row)| {
                from_json::<CustomDetector>(json::from_python(&row)?, &format!("custom[{i}]"))
            });
        sting_pii::Scrubber::new(settings.with_custom(rows.collect::<PyResult<_>>()?)).map(Self).or_raise()
    }

    fn find(&self, py: Python<'_>, text: PyBackedStr) -> PyResult<Vec<Finding>> {
        py.detach(|| self.0.find(&text).map(|found| findings_of(&text, found))).or_raise()
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

    /// The same scrubber for the texts of one subject, whose dates are shifted together.
    fn for_subject(&self, subject: &str) -> Self {
        Self(self.0.for_subject(subject))
    }

    /// The same scrubber for texts that go to a caller, whom exceptions are asked about.
    #[pyo3(signature = (*, roles = None, address = None, time = None))]
    fn for_caller(
        &self,
        roles: Option<Vec<String>>,
        address: Option<&str>,
        time: Option<f64>,
    ) -> PyResult<Self> {
        let mut caller = roles.into_iter().flatten().fold(Caller::default(), Caller::with_role);
        if let Some(address) = address {
            let fault = |_| config("address is no address of the network; give one such as 10.1.2.3");
            caller = caller.with_address(address.parse().map_err(fault)?);
        }
        if let Some(time) = time {
            caller = caller.with_time(time.floor() as i64);
        }
        Ok(Self(self.0.for_caller(caller)))
    }

    /// What the action `fpe` made of a value, in clear again.
    fn decrypt(&self, value: &str, kind: &str) -> PyResult<String> {
        self.0.decrypt(value, kind).or_raise()
    }

    #[pyo3(signature = (key, *, tolerant = false, vault = None))]
    fn session(&self, key: PyBackedBytes, tolerant: bool, vault: Option<&Vault>) -> PyResult<Session> {
        let key = Key::new(key).or_raise()?;
        Ok(Session::new(&self.0, &key, tolerant, vault))
    }

    fn scrub_as(&self, py: Python<'_>, format: &str, text: PyBackedStr) -> PyResult<Scrubbed> {
        let format: Format = format.parse().or_raise()?;
        py.detach(|| self.0.scrub_as(format, &text).map(|result| scrubbed_of(&text, result))).or_raise()
    }

    #[pyo3(signature = (format = "text"))]
    fn stream(&self, format: &str) -> PyResult<ScrubStream> {
        ScrubStream::begin(&self.0, format)
    }

    #[pyo3(signature = (table, columns = None))]
    fn scrub_arrow<'py>(
        &self,
        table: &Bound<'py, PyAny>,
        columns: Option<Vec<String>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        scrub_table(&self.0, table, columns.as_deref())
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
        Ok(scrubbed_of(text, self.0.scrub(text)?))
    }
}

/// An action by name, by object, or as a function that is given the value and its kind.
fn action_of(kind: &str, action: &Bound<'_, PyAny>) -> PyResult<Action> {
    if !action.is_callable() {
        return from_json(json::from_python(action)?, &format!("actions[{kind:?}]"));
    }
    // Another function is another setting, which the id of the configuration must show.
    let name = format!("{} at {:p}", action.get_type().name()?, action.as_ptr());
    let call: Py<PyAny> = action.clone().unbind();
    Ok(Action::Call(Callback::new(name, move |value, kind| {
        Python::attach(|py| call.call1(py, (value, kind))?.extract(py))
            .map_err(|error: PyErr| error.to_string().into())
    })))
}

/// What a text is about: `general`, `medical`, `legal`, `financial` or `educational`.
#[pyfunction]
pub(crate) fn detect_mode(text: &str) -> &'static str {
    Mode::detect(text).name()
}

fn scrubbed_of(text: &str, result: ScrubResult) -> Scrubbed {
    Scrubbed { text: result.text.into_inner(), findings: findings_of(text, result.findings) }
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

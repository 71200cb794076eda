//! Detection rules over security events, and templates of log lines.

use crate::correlation::Correlator;
use crate::error::{Class, OrRaise, Raise, config, raise, rule_error};
use crate::json;
use crate::jsonl::{Found, JsonlMatches};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyDict};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use sting_core::Span;
use sting_core::event::{Event, jsonl};
use sting_core::sigma::{self, RuleSet};
use sting_core::template::{self, TemplateConfig};

impl Raise for sting_ingest::Error {
    fn raise(self) -> PyErr {
        raise(Class::Source, self.code(), &self.to_string())
    }
}

/// One value that matched one pattern of a rule.
#[pyclass(frozen, eq, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldMatch {
    field: String,
    value: String,
    pattern: String,
}

#[pymethods]
impl FieldMatch {
    fn __repr__(&self) -> String {
        format!("FieldMatch(field={:?}, pattern={:?})", self.field, self.pattern)
    }
}

/// A rule that matched an event, and why.
#[pyclass(frozen, eq, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Match {
    rule_id: String,
    title: String,
    level: Option<String>,
    tags: Vec<String>,
    path: String,
    fields: Vec<FieldMatch>,
}

#[pymethods]
impl Match {
    fn __repr__(&self) -> String {
        format!("Match({:?}, level={:?})", self.title, self.level.as_deref().unwrap_or("none"))
    }
}

/// Sigma rules, evaluated together.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct Rules(Arc<RuleSet>);

#[pymethods]
impl Rules {
    #[staticmethod]
    #[pyo3(signature = (*paths))]
    fn load(py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<Self> {
        py.detach(|| sting_ingest::load_rules(&paths)).map(|set| Self(Arc::new(set))).or_raise()
    }

    #[staticmethod]
    fn parse(py: Python<'_>, files: BTreeMap<String, String>) -> Self {
        Self(Arc::new(py.detach(|| RuleSet::parse(files))))
    }

    #[getter]
    fn errors(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        self.0.errors().iter().map(|fault| rule_error(py, fault)).collect()
    }

    /// Every rule that one event matches: a `dict`, or JSON as `str` or `bytes`.
    #[pyo3(name = "match")]
    fn matches(&self, py: Python<'_>, event: &Bound<'_, PyAny>) -> PyResult<Vec<Match>> {
        let json = event_json(event)?;
        let found = py.detach(|| Event::from_json(&json).map(|event| self.0.matches(&event))).or_raise()?;
        Ok(found.into_iter().map(Match::from).collect())
    }

    #[pyo3(signature = (source, *, threads = 1))]
    fn match_jsonl(
        &self,
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        threads: usize,
    ) -> PyResult<JsonlMatches> {
        let rules = self.0.clone();
        JsonlMatches::new(py, source, move |lines| {
            jsonl(lines, threads, |event| {
                let found = rules.matches(event);
                (!found.is_empty()).then(|| Found::Rules(found.into_iter().map(Match::from).collect()))
            })
        })
    }

    #[pyo3(signature = (*, max_groups = 100_000, lateness = None))]
    fn correlator(&self, max_groups: usize, lateness: Option<f64>) -> PyResult<Correlator> {
        Correlator::new(&self.0, max_groups, lateness)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> String {
        format!("Rules({} rules, {} errors)", self.0.len(), self.0.errors().len())
    }
}

/// The JSON of an event: a `dict`, or JSON as `str` or `bytes`.
pub(crate) fn event_json(event: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = event.extract::<PyBackedStr>() {
        Ok(text.as_bytes().to_vec())
    } else if let Ok(bytes) = event.extract::<PyBackedBytes>() {
        Ok(bytes.to_vec())
    } else if event.is_instance_of::<PyDict>() {
        Ok(json::from_python(event)?.to_string().into_bytes())
    } else {
        Err(config("an event is a dict, or JSON as str or bytes; pass one of these"))
    }
}

impl From<sigma::Match> for Match {
    fn from(found: sigma::Match) -> Self {
        let field =
            |one: sigma::FieldMatch| FieldMatch { field: one.field, value: one.value, pattern: one.pattern };
        Self {
            rule_id: found.rule_id,
            title: found.title,
            level: found.level.map(|level| level.to_string()),
            tags: found.tags,
            path: found.path.to_string(),
            fields: found.fields.into_iter().map(field).collect(),
        }
    }
}

/// The template of a line, with the line's parameters.
#[pyclass(frozen, eq, get_all, module = "sting")]
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::struct_field_names)] // `template` is what users call its text
pub(crate) struct Template {
    id: u64,
    template: String,
    count: u64,
    params: Vec<String>,
    change: &'static str,
    replaces: Vec<u64>,
}

#[pymethods]
impl Template {
    fn __repr__(&self) -> String {
        format!("Template({}, {:?})", self.id, self.template)
    }
}

/// Mines templates from log lines.
#[pyclass(frozen, module = "sting")]
#[derive(Debug)]
pub(crate) struct TemplateMiner(Mutex<template::TemplateMiner>);

#[pymethods]
impl TemplateMiner {
    #[new]
    #[pyo3(signature = (*, max_templates = None, max_words = None, merge_after = None, split_after = None))]
    fn new(
        max_templates: Option<usize>,
        max_words: Option<usize>,
        merge_after: Option<usize>,
        split_after: Option<u64>,
    ) -> PyResult<Self> {
        let default = TemplateConfig::default();
        let config = TemplateConfig {
            max_templates: max_templates.unwrap_or(default.max_templates),
            max_words: max_words.unwrap_or(default.max_words),
            merge_after: merge_after.unwrap_or(default.merge_after),
            split_after: split_after.unwrap_or(default.split_after),
        };
        template::TemplateMiner::new(config).map(|miner| Self(Mutex::new(miner))).or_raise()
    }

    #[staticmethod]
    fn from_bytes(state: &[u8]) -> PyResult<Self> {
        template::TemplateMiner::from_bytes(state).map(|miner| Self(Mutex::new(miner))).or_raise()
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let state = py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).to_bytes());
        PyBytes::new(py, &state)
    }

    fn push(&self, line: &str) -> Template {
        push(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), line)
    }

    fn push_many(&self, py: Python<'_>, lines: Vec<PyBackedStr>) -> Vec<Template> {
        py.detach(|| {
            let mut miner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lines.iter().map(|line| push(&mut miner, line)).collect()
        })
    }

    /// Every template that is held, without parameters.
    fn templates(&self) -> Vec<Template> {
        let miner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        miner.templates().into_iter().map(|held| template_of(held, Vec::new(), "none", Vec::new())).collect()
    }

    fn __len__(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).templates().len()
    }
}

fn push(miner: &mut template::TemplateMiner, line: &str) -> Template {
    let mined = miner.push(line);
    let param = |span: &Span| span.get(line).unwrap_or_default().to_owned();
    let params = mined.params.iter().map(param).collect();
    let held = miner.get(mined.id).expect("the template of a line is held");
    template_of(held, params, mined.change.as_str(), mined.change.replaced().to_vec())
}

fn template_of(
    held: &template::Template,
    params: Vec<String>,
    change: &'static str,
    replaces: Vec<u64>,
) -> Template {
    Template { id: held.id, template: held.text.clone(), count: held.count, params, change, replaces }
}

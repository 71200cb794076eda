//! Sigma rules: parsed from YAML, checked, and held against events.
//!
//! The rule language is [Sigma 2.1](https://github.com/SigmaHQ/sigma-specification): selections of
//! fields and keywords, value modifiers, conditions, and correlations of rules. What a rule says is what is evaluated; a rule
//! that cannot be used is an error with its path and line, never a rule that silently does not match.

mod condition;
mod correlation;
mod engine;
mod explain;
mod file;
mod filter;
mod matcher;
mod modifier;
mod pattern;
mod pipeline;
mod regex;
mod route;
mod rule;
mod set;
mod view;

#[cfg(test)]
mod tests;

pub use correlation::{
    Alert, Comparison, CorrelationCondition, CorrelationKind, CorrelationRule, Correlator, CorrelatorConfig,
    CorrelatorStats, Repeat,
};
pub use explain::{Explanation, SelectionOutcome, TestOutcome};
pub use file::RuleFile;
pub use filter::FilterRule;
pub use pipeline::Pipeline;
pub use rule::{LogSource, Rule};
pub use set::RuleSet;

use crate::event::Severity;
use matcher::Values;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A rule that matched an event, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Match {
    /// Id of the rule; empty if it has none.
    pub rule_id: String,
    /// Title of the rule.
    pub title: String,
    /// Level of the rule.
    pub level: Option<Severity>,
    /// Tags of the rule.
    pub tags: Vec<String>,
    /// Where the rule came from.
    #[serde(serialize_with = "as_text")]
    pub path: Arc<str>,
    /// The fields, values and patterns to which the match is due.
    pub fields: Vec<FieldMatch>,
}

fn as_text<S: serde::Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// One value that matched one pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldMatch {
    /// The field as the rule names it; for keywords, as the event names it.
    pub field: String,
    /// The value; empty if the match is due to the absence of one.
    pub value: String,
    /// What it matched. `*` and `?` are wildcards.
    pub pattern: String,
}

impl FieldMatch {
    fn new(field: Option<&str>, index: Option<usize>, pattern: &str, event: &impl Values) -> Self {
        let found = index.map(|index| (event.path(index), event.value(index).as_str()));
        let (path, value) = found.unwrap_or_default();
        Self { field: field.unwrap_or(path).to_owned(), value: value.to_owned(), pattern: pattern.to_owned() }
    }
}

/// Values for the placeholders of `expand`, such as `%Servers%`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placeholders(BTreeMap<String, Vec<String>>);

impl Placeholders {
    /// Adds values for a placeholder, named without its percent signs. Values may hold wildcards.
    pub fn with(mut self, name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.0.entry(name.to_owned()).or_default().extend(values.into_iter().map(Into::into));
        self
    }

    fn get(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// What rules are loaded with: values for placeholders, and pipelines that fit rules to the data.
#[derive(Clone, Debug, Default)]
pub struct RuleConfig {
    placeholders: Placeholders,
    pipelines: Vec<Pipeline>,
}

impl RuleConfig {
    /// With values for the placeholders of `expand` that no pipeline replaces.
    pub fn with_placeholders(mut self, placeholders: Placeholders) -> Self {
        self.placeholders = placeholders;
        self
    }

    /// With one more pipeline. The one with the lowest priority comes first; equal ones come as they were added.
    pub fn with_pipeline(mut self, pipeline: Pipeline) -> Self {
        let place = self.pipelines.partition_point(|other| other.priority <= pipeline.priority);
        self.pipelines.insert(place, pipeline);
        self
    }
}

//! What a file of rules holds.

use super::Placeholders;
use super::correlation::{self, CorrelationRule};
use super::filter::{self, FilterRule};
use super::rule::{self, Rule};
use crate::RuleError;
use crate::yaml;
use std::sync::Arc;

/// The documents of a YAML file: rules for single events, correlations, and filters.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RuleFile {
    /// Rules for single events.
    pub rules: Vec<Rule>,
    /// Correlations of rules.
    pub correlations: Vec<CorrelationRule>,
    /// What suppresses matches of rules.
    pub filters: Vec<FilterRule>,
}

impl RuleFile {
    /// Parses every document of a YAML file. `path` is what errors and matches call it.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(yaml: &str, path: &str) -> Result<Self, RuleError> {
        Self::parse_with(yaml, path, &Placeholders::default())
    }

    /// As [`RuleFile::parse`], with values for the placeholders of `expand`.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse_with(yaml: &str, path: &str, placeholders: &Placeholders) -> Result<Self, RuleError> {
        let fault = |(line, message)| RuleError { path: path.to_owned(), line, message };
        let path: Arc<str> = path.into();
        let documents = yaml::parse(yaml)
            .map_err(|error| fault((error.line, format!("{}; {}", error.problem, error.mend))))?;
        if documents.is_empty() {
            return Err(fault((0, "no rule in the file; write one".to_owned())));
        }
        let mut file = Self::default();
        for node in &documents {
            if node.get("correlation").is_some() {
                file.correlations.push(correlation::correlation(node, &path).map_err(fault)?);
            } else if node.get("filter").is_some() {
                file.filters.push(filter::filter(node, &path, placeholders).map_err(fault)?);
            } else {
                file.rules.push(rule::rule(node, &path, placeholders).map_err(fault)?);
            }
        }
        let is_untitled = |rule: &&CorrelationRule| rule.title.is_empty() && rule.name.is_none();
        match file.correlations.iter().find(is_untitled) {
            Some(rule) => Err(fault((rule.line, "`title` is missing; say what it detects".to_owned()))),
            None => Ok(file),
        }
    }
}

//! What a file of rules holds.

use super::RuleConfig;
use super::correlation::{self, CorrelationRule};
use super::filter::{self, FilterRule};
use super::rule::{self, Rule};
use crate::RuleError;
use crate::yaml::{self, Node};
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
        Self::parse_with(yaml, path, &RuleConfig::default())
    }

    /// As [`RuleFile::parse`], with placeholders and pipelines.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse_with(yaml: &str, path: &str, config: &RuleConfig) -> Result<Self, RuleError> {
        let fault = |(line, message)| RuleError { path: path.to_owned(), line, message };
        let documents = Self::documents(yaml, path)?;
        let path: Arc<str> = path.into();
        let mut file = Self::default();
        for mut node in documents {
            if node.get("correlation").is_some() {
                file.correlations.push(correlation::correlation(&node, &path).map_err(fault)?);
            } else if node.get("filter").is_some() {
                config.rewrite_filter(&mut node).map_err(fault)?;
                file.filters.push(filter::filter(&node, &path, &config.placeholders).map_err(fault)?);
            } else {
                file.rules.push(rule::prepared(node, &path, config).map_err(fault)?);
            }
        }
        let is_untitled = |rule: &&CorrelationRule| rule.title.is_empty() && rule.name.is_none();
        match file.correlations.iter().find(is_untitled) {
            Some(rule) => Err(fault((rule.line, "`title` is missing; say what it detects".to_owned()))),
            None => Ok(file),
        }
    }

    pub(super) fn documents(yaml: &str, path: &str) -> Result<Vec<Node>, RuleError> {
        let fault = |line, message| RuleError { path: path.to_owned(), line, message };
        let documents = yaml::parse(yaml)
            .map_err(|error| fault(error.line, format!("{}; {}", error.problem, error.mend)))?;
        if documents.is_empty() {
            return Err(fault(0, "no rule in the file; write one".to_owned()));
        }
        Ok(documents)
    }
}

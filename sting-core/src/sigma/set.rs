//! Many rules together, held against events.

use super::route::Origin;
use super::rule::Rule;
use super::view::View;
use super::{FieldMatch, Match, Placeholders};
use crate::RuleError;
use crate::event::Event;

/// Rules that are evaluated together, and the faults of those that could not be used.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    errors: Vec<RuleError>,
}

impl RuleSet {
    /// A set of these rules.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules, errors: Vec::new() }
    }

    /// Parses files, each given as its path and its YAML. A file with a fault is left out, and its
    /// fault is in [`RuleSet::errors`].
    pub fn parse(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::parse_with(files, &Placeholders::default())
    }

    /// As [`RuleSet::parse`], with values for the placeholders of `expand`.
    pub fn parse_with(
        files: impl IntoIterator<Item = (String, String)>,
        placeholders: &Placeholders,
    ) -> Self {
        let mut set = Self::default();
        for (path, yaml) in files {
            match Rule::parse_with(&yaml, &path, placeholders) {
                Ok(rules) => set.rules.extend(rules),
                Err(error) => set.errors.push(error),
            }
        }
        set
    }

    /// The rules, in the order in which they came.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What could not be used, and why.
    pub fn errors(&self) -> &[RuleError] {
        &self.errors
    }

    /// What can be used, but not in full: rules with placeholders for which no values were given.
    pub fn warnings(&self) -> impl Iterator<Item = RuleError> {
        self.rules.iter().filter(|rule| !rule.missing_placeholders.is_empty()).map(|rule| RuleError {
            path: rule.path.to_string(),
            line: rule.line,
            message: format!(
                "no values for the placeholder {}; give some",
                rule.missing_placeholders.join(", ")
            ),
        })
    }

    /// Number of rules.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// True if there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Every rule that the event matches, in the order of the rules.
    pub fn matches(&self, event: &Event) -> Vec<Match> {
        let (view, origin) = (View::new(event), Origin::of(event));
        self.rules
            .iter()
            .filter(|rule| origin.admits(&rule.logsource) && rule.holds(&view))
            .map(|rule| Match::new(rule, rule.evidence(&view)))
            .collect()
    }
}

impl Match {
    fn new(rule: &Rule, fields: Vec<FieldMatch>) -> Self {
        Self {
            rule_id: rule.id.clone(),
            title: rule.title.clone(),
            level: rule.level,
            tags: rule.tags.clone(),
            path: rule.path.clone(),
            fields,
        }
    }
}

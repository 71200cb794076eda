//! Many rules together, held against events.

use super::correlation::{CorrelationRule, Plan};
use super::engine::{Engine, Scratch};
use super::file::RuleFile;
use super::route::Origin;
use super::rule::Rule;
use super::view::View;
use super::{FieldMatch, Match, RuleConfig};
use crate::event::{Event, jsonl};
use crate::{Error, RuleError};
use std::sync::{Arc, Mutex, PoisonError};

/// Rules that are evaluated together, and the faults of those that could not be used.
///
/// It is cheap to clone and can be used from many threads at once.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    rules: Vec<Rule>,
    correlations: Vec<CorrelationRule>,
    plan: Plan,
    errors: Vec<RuleError>,
    engine: Engine,
    /// Memory of evaluations that are over, one for each thread that was at it at a time.
    scratch: Mutex<Vec<Scratch>>,
}

impl RuleSet {
    /// A set of these rules.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self::with_errors(rules, Vec::new())
    }

    /// A set of these rules, and of the faults of others that could not be used.
    pub fn with_errors(rules: Vec<Rule>, errors: Vec<RuleError>) -> Self {
        Self::from_files(std::iter::once(Ok(RuleFile { rules, ..RuleFile::default() })), errors)
    }

    /// A set of what files hold, and of the faults of those that could not be used. Correlations and
    /// filters find the rules that they refer to in any of the files.
    pub fn from_files(
        files: impl IntoIterator<Item = Result<RuleFile, RuleError>>,
        mut errors: Vec<RuleError>,
    ) -> Self {
        let (mut rules, mut correlations, mut filters) = (Vec::new(), Vec::new(), Vec::new());
        for file in files {
            match file {
                Ok(file) => {
                    rules.extend(file.rules);
                    correlations.extend(file.correlations);
                    filters.extend(file.filters);
                }
                Err(error) => errors.push(error),
            }
        }
        for filter in &filters {
            errors.extend(filter.apply(&mut rules));
        }
        let engine = Engine::new(&rules);
        let (plan, faults) = Plan::new(&rules, &correlations);
        errors.extend(faults);
        let scratch = Mutex::default();
        Self { shared: Arc::new(Shared { rules, correlations, plan, errors, engine, scratch }) }
    }

    /// Parses files, each given as its path and its YAML. A file with a fault is left out, and its
    /// fault is in [`RuleSet::errors`].
    pub fn parse(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::parse_with(files, &RuleConfig::default())
    }

    /// As [`RuleSet::parse`], with placeholders and pipelines.
    pub fn parse_with(files: impl IntoIterator<Item = (String, String)>, config: &RuleConfig) -> Self {
        let parse = |(path, yaml): (String, String)| RuleFile::parse_with(&yaml, &path, config);
        Self::from_files(files.into_iter().map(parse), Vec::new())
    }

    /// The rules, in the order in which they came.
    pub fn rules(&self) -> &[Rule] {
        &self.shared.rules
    }

    /// The correlations, in the order in which they came, those with faults in their references included.
    /// [`RuleSet::correlator`] evaluates them.
    pub fn correlations(&self) -> &[CorrelationRule] {
        &self.shared.correlations
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.shared.plan
    }

    /// Indices of the rules that are there for correlations alone, because none of these says `generate`.
    /// [`RuleSet::matches`] returns them like any other; they are not worth an alert of their own.
    pub fn silent(&self) -> Vec<u32> {
        self.shared.plan.silent(&self.shared.correlations)
    }

    /// What could not be used, and why.
    pub fn errors(&self) -> &[RuleError] {
        &self.shared.errors
    }

    /// What can be used, but not in full: rules with placeholders for which no values were given.
    pub fn warnings(&self) -> impl Iterator<Item = RuleError> {
        self.shared.rules.iter().filter(|rule| !rule.missing_placeholders.is_empty()).map(|rule| RuleError {
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
        self.shared.rules.len()
    }

    /// True if there is no rule.
    pub fn is_empty(&self) -> bool {
        self.shared.rules.is_empty()
    }

    /// Every rule that the event matches, in the order of the rules.
    pub fn matches(&self, event: &Event) -> Vec<Match> {
        let shared = &*self.shared;
        // A poisoned lock only means that some memory was lost.
        let mut pool = shared.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = pool.pop().unwrap_or_default();
        drop(pool);
        let found = shared.engine.matches(event, &mut scratch, |rule, values| {
            let rule = &shared.rules[rule as usize];
            Match::new(rule, rule.evidence(values))
        });
        shared.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        found
    }

    /// Indices of the rules that the event matches, for those who need no evidence.
    pub(super) fn matching(&self, event: &Event, mut each: impl FnMut(usize)) {
        let shared = &*self.shared;
        let mut pool = shared.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = pool.pop().unwrap_or_default();
        drop(pool);
        shared.engine.matches(event, &mut scratch, |rule, _| each(rule as usize));
        shared.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }

    /// Holds each line of JSON Lines against the rules, on so many threads (0 stands for all that there are),
    /// and returns in order the lines that match a rule and those that are no event, numbered from 1. Empty lines
    /// are skipped.
    pub fn match_jsonl_on(&self, threads: usize, lines: &[u8]) -> Vec<(usize, Result<Vec<Match>, Error>)> {
        jsonl(lines, threads, |event| Some(self.matches(event)).filter(|matches| !matches.is_empty()))
    }

    /// [`RuleSet::match_jsonl_on`] all threads.
    pub fn match_jsonl(&self, lines: &[u8]) -> Vec<(usize, Result<Vec<Match>, Error>)> {
        self.match_jsonl_on(0, lines)
    }

    /// What [`RuleSet::matches`] returns, by evaluating every rule in turn. It is there to check the
    /// other, and some thousand times slower.
    pub fn matches_by_full_scan(&self, event: &Event) -> Vec<Match> {
        let (view, origin) = (View::new(event), Origin::of(event));
        let rules = self.shared.rules.iter();
        rules
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

//! Pipelines: how rules are fitted to the names and log sources of the data at hand, as they are loaded.
//!
//! The files have the shape of pySigma's processing pipelines. What is done here is done to the rule, not to a query
//! made of it, so transformations of queries are refused.

mod apply;
mod read;
#[cfg(test)]
mod tests;

use super::rule::LogSource;
use crate::yaml::Node;
use regex_automata::meta::Regex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most names that one field may have after all pipelines.
const MAX_NAMES: usize = 16;
/// Longest field name in bytes.
const MAX_NAME: usize = 1024;
/// Most transformations of one pipeline.
const MAX_STEPS: usize = 1000;

/// Transformations of rules, in order.
///
/// A field that is mapped to a list of names may have any of them in an event, as with the built-in aliases: a
/// test holds if it holds for the values under all these names together.
///
/// ```
/// use sting_core::event::Event;
/// use sting_core::sigma::{Pipeline, RuleConfig, RuleSet};
///
/// let pipeline = Pipeline::parse("
/// name: Our collector
/// priority: 20
/// transformations:
///   - id: fields
///     type: field_name_mapping
///     mapping: {Image: proc.path, User: [proc.user, account]}
///     rule_conditions: [{type: logsource, category: process_creation}]", "collector.yml")?;
/// let rule = "
/// title: Whoami
/// logsource: {category: process_creation}
/// detection:
///   selection: {Image|endswith: /whoami, User: root}
///   condition: selection";
/// let config = RuleConfig::default().with_pipeline(pipeline);
/// let rules = RuleSet::parse_with([("whoami.yml".to_owned(), rule.to_owned())], &config);
/// let event = Event::from_json(br#"{"proc": {"path": "/bin/whoami"}, "account": "root"}"#)?;
/// assert_eq!(rules.matches(&event)[0].fields[0].field, "proc.path");
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pipeline {
    /// What it is called; empty if it has no name.
    pub name: String,
    /// Its place among others: the lowest comes first.
    pub priority: i64,
    path: Arc<str>,
    steps: Vec<Arc<Step>>,
}

/// One transformation, and what it is for.
#[derive(Debug)]
struct Step {
    line: usize,
    sources: Conditions<LogSource>,
    fields: Conditions<Fields>,
    change: Change,
}

/// Conditions of one kind. Without any, everything fulfils them.
#[derive(Debug)]
struct Conditions<T> {
    list: Vec<T>,
    /// One of them is enough.
    any: bool,
    negated: bool,
}

/// Which fields a transformation is for.
#[derive(Debug)]
struct Fields {
    names: Vec<String>,
    patterns: Vec<Regex>,
    excluded: bool,
}

#[derive(Debug)]
enum Change {
    Rename(Rename),
    /// A selection that has to hold too, or must not.
    Add {
        selection: Node,
        negated: bool,
    },
    Drop,
    Replace {
        regex: Regex,
        by: Vec<Part>,
    },
    Fill(Fill),
    LogSource(LogSource),
    Fail(String),
}

/// New names for fields.
#[derive(Debug)]
enum Rename {
    Names(BTreeMap<String, Vec<String>>),
    /// The first prefix that fits decides.
    Prefixes(Vec<(String, Vec<String>)>),
    Around {
        prefix: String,
        suffix: String,
    },
}

/// A piece of what replaces a text.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Group(usize),
}

/// Values for placeholders.
#[derive(Debug)]
struct Fill {
    /// `None` stands for a wildcard, whatever the name.
    vars: Option<Arc<BTreeMap<String, Vec<String>>>>,
    include: Option<Vec<String>>,
    exclude: Vec<String>,
}

/// The renamings that a rule went through.
#[derive(Clone, Debug, Default)]
pub(super) struct Renames(Vec<Arc<Step>>);

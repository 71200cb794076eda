//! One rule: what it is called, what it looks at, and when it matches.

use super::condition::{self, Condition};
use super::matcher::{Field, Test, Values, Witness};
use super::modifier;
use super::pipeline::Renames;
use super::{FieldMatch, Placeholders, RuleConfig, RuleFile};
use crate::RuleError;
use crate::event::Severity;
use crate::yaml::{Node, Value};
use std::sync::Arc;

/// A Sigma rule for single events.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Its id; empty if it has none.
    pub id: String,
    /// What it detects, in a line.
    pub title: String,
    /// The name by which correlation rules refer to it.
    pub name: Option<String>,
    /// How bad a match is.
    pub level: Option<Severity>,
    /// How ripe it is: stable, test, experimental, deprecated, unsupported.
    pub status: Option<String>,
    /// What it detects, in full.
    pub description: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// ATT&CK tactics and techniques, and other tags.
    pub tags: Vec<String>,
    /// What else may cause a match.
    pub false_positives: Vec<String>,
    /// The log that it is about.
    pub logsource: LogSource,
    /// Where it came from.
    pub path: Arc<str>,
    /// Line of that file on which it begins.
    pub line: usize,
    /// Placeholders for which no values were given. They match nothing.
    pub missing_placeholders: Vec<String>,
    /// The log source before any pipeline: what filters refer to.
    pub(super) declared: LogSource,
    /// What pipelines call its fields: what correlations refer to.
    pub(super) renames: Renames,
    pub(super) selections: Vec<(String, Selection)>,
    pub(super) condition: Condition,
}

/// The log that a rule is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LogSource {
    /// Kind of activity, such as `process_creation`.
    pub category: Option<String>,
    /// Operating system, application or cloud, such as `windows`.
    pub product: Option<String>,
    /// Log of that product, such as `security`.
    pub service: Option<String>,
}

/// What a selection asks of an event.
#[derive(Clone, Debug)]
pub(super) enum Selection {
    Test(Test),
    All(Vec<Selection>),
    Any(Vec<Selection>),
}

impl Rule {
    /// Parses every rule of a YAML file, which may hold several documents. `path` is what errors
    /// and matches call it.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(yaml: &str, path: &str) -> Result<Vec<Self>, RuleError> {
        Self::parse_with(yaml, path, &RuleConfig::default())
    }

    /// As [`Rule::parse`], with placeholders and pipelines.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse_with(yaml: &str, path: &str, config: &RuleConfig) -> Result<Vec<Self>, RuleError> {
        let fault = |(line, message)| RuleError { path: path.to_owned(), line, message };
        let documents = RuleFile::documents(yaml, path)?;
        let path: Arc<str> = path.into();
        documents.into_iter().map(|node| prepared(node, &path, config).map_err(fault)).collect()
    }

    /// True if the rule's detection matches, whatever its log source.
    pub(super) fn holds(&self, view: &impl Values) -> bool {
        self.condition_holds(&self.condition, view)
    }

    fn condition_holds(&self, condition: &Condition, view: &impl Values) -> bool {
        match condition {
            Condition::Selection(index) => self.selections[*index].1.holds(view),
            Condition::And(parts) => parts.iter().all(|part| self.condition_holds(part, view)),
            Condition::Or(parts) => parts.iter().any(|part| self.condition_holds(part, view)),
            Condition::Not(inner) => !self.condition_holds(inner, view),
            Condition::Count { min, of } => {
                of.iter().filter(|&&index| self.selections[index].1.holds(view)).take(*min).count() == *min
            }
        }
    }

    /// The fields, values and patterns to which a match is due.
    pub(super) fn evidence(&self, view: &impl Values) -> Vec<FieldMatch> {
        let mut fields = Vec::new();
        self.collect(&self.condition, view, &mut fields);
        fields.dedup();
        fields
    }

    fn collect(&self, condition: &Condition, view: &impl Values, out: &mut Vec<FieldMatch>) {
        match condition {
            Condition::Selection(index) => self.selections[*index].1.collect(view, out),
            Condition::And(parts) | Condition::Or(parts) => {
                for part in parts.iter().filter(|part| self.condition_holds(part, view)) {
                    self.collect(part, view, out);
                }
            }
            Condition::Count { of, .. } => {
                for &index in of {
                    self.selections[index].1.collect(view, out);
                }
            }
            Condition::Not(_) => {}
        }
    }
}

impl Selection {
    pub(super) fn holds(&self, view: &impl Values) -> bool {
        match self {
            Self::Test(test) => test.holds(view),
            Self::All(parts) => parts.iter().all(|part| part.holds(view)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(view)),
        }
    }

    /// What made the selection hold; nothing if it does not.
    fn collect(&self, view: &impl Values, out: &mut Vec<FieldMatch>) {
        if !self.holds(view) {
            return;
        }
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect(view, out)),
            Self::Test(test) => {
                let name = test.field.as_ref().map(Field::name);
                if test.negated {
                    let patterns: Vec<String> =
                        test.matchers.iter().map(|matcher| format!("not {matcher}")).collect();
                    let value = test.field.as_ref().and_then(|field| view.candidates(Some(field)).next());
                    out.push(FieldMatch::new(name, value, &patterns.join(" and "), view));
                    return;
                }
                let found =
                    test.matchers.iter().filter_map(|matcher| Some((matcher, test.witness(matcher, view)?)));
                let wanted = if test.all { test.matchers.len() } else { 1 };
                for (matcher, witness) in found.take(wanted) {
                    let index = if let Witness::Value(index) = witness { Some(index) } else { None };
                    out.push(FieldMatch::new(name, index, &matcher.to_string(), view));
                }
            }
        }
    }
}

type Fault = (usize, String);

/// A rule after the pipelines that are for it.
pub(super) fn prepared(mut node: Node, path: &Arc<str>, config: &RuleConfig) -> Result<Rule, Fault> {
    let declared = node.get("logsource").map(logsource_of).unwrap_or_default();
    let renames = config.rewrite_rule(&mut node)?;
    Ok(Rule { declared, renames, ..rule(&node, path, &config.placeholders)? })
}

fn rule(node: &Node, path: &Arc<str>, placeholders: &Placeholders) -> Result<Rule, Fault> {
    let fault = |message: &str| Err((node.line, message.to_owned()));
    if !matches!(node.value, Value::Map(_)) {
        return fault("not a rule; a rule is a map with `title`, `logsource` and `detection`");
    }
    for (key, what) in
        [("correlation", "a correlation rule"), ("filter", "a filter"), ("action", "a rule collection")]
    {
        if let Some(node) = node.get(key) {
            return Err((node.line, format!("{what} is not supported here; load rules for single events")));
        }
    }
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let texts =
        |key: &str| node.get(key).map(|list| list.texts().map(str::to_owned).collect()).unwrap_or_default();
    let Some(title) = text("title") else {
        return fault("`title` is missing; add a line that says what it detects");
    };
    let Some(detection) = node.get("detection") else {
        return fault("`detection` is missing; add selections and a condition");
    };
    let Some(logsource) = node.get("logsource") else {
        return fault("`logsource` is missing; add category, product or service");
    };
    let level = match node.get("level") {
        None => None,
        Some(level) => Some(level.text().and_then(Severity::of).ok_or_else(|| {
            (level.line, "unknown level; use informational, low, medium, high or critical".to_owned())
        })?),
    };
    let mut missing_placeholders = Vec::new();
    let (selections, condition) =
        detection_of(detection, &["timeframe"], placeholders, &mut missing_placeholders)?;
    missing_placeholders.sort();
    missing_placeholders.dedup();
    Ok(Rule {
        id: text("id").unwrap_or_default(),
        title,
        name: text("name"),
        level,
        status: text("status"),
        description: text("description"),
        author: text("author"),
        tags: texts("tags"),
        false_positives: texts("falsepositives"),
        logsource: logsource_of(logsource),
        path: Arc::clone(path),
        line: node.line,
        missing_placeholders,
        declared: LogSource::default(),
        renames: Renames::default(),
        selections,
        condition,
    })
}

/// The log source that a map names.
pub(super) fn logsource_of(node: &Node) -> LogSource {
    let part = |key: &str| node.get(key).and_then(Node::text).map(str::to_ascii_lowercase);
    LogSource { category: part("category"), product: part("product"), service: part("service") }
}

/// The selections of a map, less the keys that mean something else, and the condition over them.
pub(super) fn detection_of(
    node: &Node,
    other_keys: &[&str],
    placeholders: &Placeholders,
    missing: &mut Vec<String>,
) -> Result<(Vec<(String, Selection)>, Condition), Fault> {
    let Value::Map(entries) = &node.value else {
        return Err((node.line, "`detection` is not a map; give selections and a condition".to_owned()));
    };
    let mut selections = Vec::new();
    let is_other = |name: &str| name == "condition" || other_keys.contains(&name);
    for (key, node) in entries.iter().filter(|(key, _)| !is_other(&key.name)) {
        selections.push((key.name.clone(), selection(node, placeholders, missing)?));
    }
    let Some(node) = node.get("condition") else {
        return Err((node.line, "`condition` is missing; name a selection".to_owned()));
    };
    let names: Vec<&str> = selections.iter().map(|(name, _)| name.as_str()).collect();
    let mut conditions = Vec::new();
    for text in node.texts() {
        conditions.push(condition::parse(text, &names).map_err(|message| (node.line, message))?);
    }
    let condition = match conditions.len() {
        0 => return Err((node.line, "`condition` is empty; name a selection".to_owned())),
        1 => conditions.remove(0),
        _ => Condition::Or(conditions),
    };
    Ok((selections, condition))
}

fn selection(
    node: &Node,
    placeholders: &Placeholders,
    missing: &mut Vec<String>,
) -> Result<Selection, Fault> {
    let empty = |what: &str| Err((node.line, format!("an empty {what}; give it a value or remove it")));
    match &node.value {
        Value::Map(entries) if entries.is_empty() => empty("map"),
        Value::List(items) if items.is_empty() => empty("list"),
        Value::Null => empty("selection"),
        Value::Map(entries) => {
            let mut tests = Vec::with_capacity(entries.len());
            for (key, values) in entries {
                tests.push(Selection::Test(modifier::test(key, values, placeholders, missing)?));
            }
            Ok(if tests.len() == 1 { tests.remove(0) } else { Selection::All(tests) })
        }
        Value::List(items) if items.iter().all(|item| item.text().is_some()) => {
            Ok(Selection::Test(modifier::keywords(items)?))
        }
        Value::List(items) => {
            let mut parts = Vec::with_capacity(items.len());
            for item in items {
                parts.push(selection(item, placeholders, missing)?);
            }
            Ok(Selection::Any(parts))
        }
        _ => Ok(Selection::Test(modifier::keywords(std::slice::from_ref(node))?)),
    }
}

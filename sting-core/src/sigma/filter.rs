//! Sigma filters: what suppresses the matches of many rules at once.

use super::Placeholders;
use super::condition::Condition;
use super::rule::{LogSource, Rule, Selection, detection_of, logsource_of};
use crate::RuleError;
use crate::yaml::{Node, Value};
use std::sync::Arc;

/// A [Sigma filter](https://github.com/SigmaHQ/sigma-specification): events that it describes do not count as
/// matches of the rules that it names.
///
/// The specification writes the condition as what is suppressed (`selection`), tools write what is left
/// (`not selection`); both are understood, and mean the same.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FilterRule {
    /// Its id; empty if it has none.
    pub id: String,
    /// What it suppresses, in a line.
    pub title: String,
    /// The rules it is for, by id or name; empty for all of its log source.
    pub rules: Vec<String>,
    /// The log that its rules are about. What it leaves open agrees with everything.
    pub logsource: LogSource,
    /// Where it came from.
    pub path: Arc<str>,
    /// Line of that file on which it begins.
    pub line: usize,
    selections: Vec<(String, Selection)>,
    condition: Condition,
    missing_placeholders: Vec<String>,
}

/// Reads a document that has `filter`.
pub(super) fn filter(
    node: &Node,
    path: &Arc<str>,
    placeholders: &Placeholders,
) -> Result<FilterRule, (usize, String)> {
    let fault = |line: usize, message: &str| Err((line, message.to_owned()));
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default().to_owned();
    if text("title").is_empty() {
        return fault(node.line, "`title` is missing; say what the filter suppresses");
    }
    let Some(logsource) = node.get("logsource") else {
        return fault(node.line, "`logsource` is missing; add category, product or service");
    };
    let Some(body) = node.get("filter").filter(|body| matches!(body.value, Value::Map(_))) else {
        return fault(node.line, "`filter` is not a map; give rules, selections and a condition");
    };
    let Some(named) = body.get("rules") else {
        return fault(body.line, "`rules` is missing; list ids or names of rules, or say `any`");
    };
    let mut rules: Vec<String> = named.texts().map(str::to_owned).collect();
    if rules.is_empty() {
        return fault(named.line, "`rules` is empty; list ids or names of rules, or say `any`");
    }
    if rules == ["any"] {
        rules.clear();
    }
    let mut missing_placeholders = Vec::new();
    let (selections, condition) = detection_of(body, &["rules"], placeholders, &mut missing_placeholders)?;
    Ok(FilterRule {
        id: text("id"),
        title: text("title"),
        rules,
        logsource: logsource_of(logsource),
        path: Arc::clone(path),
        line: node.line,
        selections,
        condition,
        missing_placeholders,
    })
}

impl FilterRule {
    /// Adds the filter to its rules. What it names and is not there, or is about another log, is an error: nobody
    /// should believe something suppressed that is not, nor the other way round.
    pub(super) fn apply(&self, rules: &mut [Rule]) -> Vec<RuleError> {
        let mut faults = Vec::new();
        let mut fault = |message: String| {
            faults.push(RuleError { path: self.path.to_string(), line: self.line, message });
        };
        for name in &self.rules {
            let mut named = rules.iter().filter(|rule| rule.goes_by(name)).peekable();
            if named.peek().is_none() {
                fault(format!("the filter names `{name}`, and there is no such rule; load it too"));
            } else if !named.any(|rule| self.logsource.covers(&rule.declared)) {
                fault(format!(
                    "the filter names `{name}`, which is about another log source; mend one of them"
                ));
            }
        }
        for rule in rules {
            let is_named = self.rules.is_empty() || self.rules.iter().any(|name| rule.goes_by(name));
            if is_named && self.logsource.covers(&rule.declared) {
                self.add_to(rule);
            }
        }
        faults
    }

    fn add_to(&self, rule: &mut Rule) {
        let before = rule.selections.len();
        let named = |(name, selection): &(String, Selection)| (format!("filter {name}"), selection.clone());
        rule.selections.extend(self.selections.iter().map(named));
        rule.missing_placeholders.extend(self.missing_placeholders.iter().cloned());
        let condition = self.condition.clone().moved(before);
        let kept = match condition {
            left @ Condition::Not(_) => left,
            suppressed => Condition::Not(Box::new(suppressed)),
        };
        let own = std::mem::replace(&mut rule.condition, Condition::And(Vec::new()));
        rule.condition = Condition::And(vec![own, kept]);
    }
}

impl Rule {
    fn goes_by(&self, name: &str) -> bool {
        self.id == name || self.name.as_deref() == Some(name)
    }
}

impl LogSource {
    /// True if whatever this names, `other` names too.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let agrees = |ours: &Option<String>, theirs: &Option<String>| ours.is_none() || ours == theirs;
        agrees(&self.category, &other.category)
            && agrees(&self.product, &other.product)
            && agrees(&self.service, &other.service)
    }
}

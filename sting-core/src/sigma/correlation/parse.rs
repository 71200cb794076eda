//! Correlation rules as YAML has them.

use super::{Comparison, CorrelationCondition, CorrelationKind, CorrelationRule};
use crate::event::Severity;
use crate::yaml::{Node, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

type Fault = (usize, String);

/// Most rules that one correlation can refer to.
const MAX_RULES: usize = 64;
/// Most rules of `temporal_ordered`, whose state grows with their square.
const MAX_ORDERED: usize = 16;

/// Reads a document that has a `correlation`.
pub(in crate::sigma) fn correlation(node: &Node, path: &Arc<str>) -> Result<CorrelationRule, Fault> {
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let texts =
        |key: &str| node.get(key).map(|list| list.texts().map(str::to_owned).collect()).unwrap_or_default();
    let Some(body) = node.get("correlation").filter(|body| matches!(body.value, Value::Map(_))) else {
        return Err((node.line, "`correlation` is not a map; give type, rules and timespan".to_owned()));
    };
    let need = |key: &str, mend: &str| {
        body.get(key).ok_or_else(|| (body.line, format!("`{key}` is missing; {mend}")))
    };

    let kind = need("type", "name what is correlated, such as event_count")?;
    let names = CorrelationKind::ALL.map(CorrelationKind::as_str).join(", ");
    let kind = kind
        .text()
        .and_then(|name| CorrelationKind::ALL.into_iter().find(|kind| kind.as_str() == name))
        .ok_or_else(|| (kind.line, format!("unknown correlation type; use one of {names}")))?;

    let rules_node = need("rules", "list the ids or names of the rules to correlate")?;
    let rules: Vec<String> = rules_node.texts().map(str::to_owned).collect();
    let most = if kind == CorrelationKind::TemporalOrdered { MAX_ORDERED } else { MAX_RULES };
    if rules.is_empty() || rules.len() > most {
        let problem = format!("`rules` holds {} rules; list 1 to {most}", rules.len());
        return Err((rules_node.line, problem));
    }
    if let Some(twice) = rules.iter().enumerate().find(|(at, rule)| rules[..*at].contains(rule)) {
        return Err((rules_node.line, format!("rule `{}` is listed twice; list it once", twice.1)));
    }

    let span = need("timespan", "say how long the window is, such as 10m")?;
    let timespan = span.text().and_then(timespan).ok_or_else(|| {
        (span.line, "`timespan` is not a number with s, m, h or d; write it like 90m".to_owned())
    })?;

    let level = match node.get("level") {
        None => None,
        Some(level) => Some(level.text().and_then(Severity::of).ok_or_else(|| {
            (level.line, "unknown level; use informational, low, medium, high or critical".to_owned())
        })?),
    };
    let generate = match node.get("generate").or_else(|| body.get("generate")) {
        None => false,
        Some(node) => match node.value {
            Value::Bool(generate) => generate,
            _ => return Err((node.line, "`generate` is neither true nor false; use one".to_owned())),
        },
    };
    Ok(CorrelationRule {
        id: text("id").unwrap_or_default(),
        title: text("title").unwrap_or_default(),
        name: text("name"),
        level,
        status: text("status"),
        description: text("description"),
        tags: texts("tags"),
        false_positives: texts("falsepositives"),
        path: Arc::clone(path),
        line: node.line,
        condition: condition(body, kind, rules.len())?,
        kind,
        rules,
        group_by: body
            .get("group-by")
            .map(|list| list.texts().map(str::to_owned).collect())
            .unwrap_or_default(),
        aliases: aliases(body)?,
        timespan,
        generate,
    })
}

/// A number and one letter, without anything between them.
fn timespan(text: &str) -> Option<Duration> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let number = &text[..text.len() - 1];
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A century is more than any window needs, and keeps sums of times far from overflow.
    let seconds = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=100 * 366 * 86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

fn aliases(body: &Node) -> Result<BTreeMap<String, BTreeMap<String, String>>, Fault> {
    let Some(node) = body.get("aliases") else {
        return Ok(BTreeMap::new());
    };
    let shape =
        |line| (line, "`aliases` has the wrong shape; give each alias a map from rules to fields".to_owned());
    let map = |node: &Node| match &node.value {
        Value::Map(entries) => Ok(entries.clone()),
        _ => Err(shape(node.line)),
    };
    let mut aliases = BTreeMap::new();
    for (alias, of_rules) in map(node)? {
        let mut fields = BTreeMap::new();
        for (rule, field) in map(&of_rules)? {
            let name = field.text().ok_or_else(|| shape(field.line))?;
            fields.insert(rule.name, name.to_owned());
        }
        aliases.insert(alias.name, fields);
    }
    Ok(aliases)
}

fn condition(body: &Node, kind: CorrelationKind, rules: usize) -> Result<CorrelationCondition, Fault> {
    let mut condition = CorrelationCondition::default();
    let Some(node) = body.get("condition") else {
        if kind.is_temporal() {
            // All of the rules, unless it says otherwise.
            condition.bounds.push((Comparison::Gte, rules as f64));
            return Ok(condition);
        }
        return Err((body.line, format!("{} needs a `condition`; add one, such as gte: 10", kind.as_str())));
    };
    let Value::Map(entries) = &node.value else {
        return Err((node.line, "`condition` is not a map; write it like gte: 10".to_owned()));
    };
    for (key, value) in entries {
        let number = || match &value.value {
            Value::Number(text) => text.parse::<f64>().ok().filter(|number| number.is_finite()),
            _ => None,
        };
        let no_number = || (value.line, format!("`{}` is not a number; give one", key.name));
        match key.name.as_str() {
            "field" => condition.fields = value.texts().map(str::to_owned).collect(),
            "percentile" => {
                let percentile = number().filter(|percentile| (0.0..=100.0).contains(percentile));
                let fault = (value.line, "`percentile` is not a number from 0 to 100; give one".to_owned());
                condition.percentile = Some(percentile.ok_or(fault)?);
            }
            name => {
                let known = Comparison::ALL.iter().find(|(known, _)| *known == name);
                let Some((_, comparison)) = known else {
                    let problem = format!("`{name}` is no condition; use gt, gte, lt, lte, eq, neq or field");
                    return Err((key.line, problem));
                };
                condition.bounds.push((*comparison, number().ok_or_else(no_number)?));
            }
        }
    }
    if condition.bounds.is_empty() {
        return Err((
            node.line,
            "`condition` compares with nothing; add a bound, such as gte: 10".to_owned(),
        ));
    }
    match (kind.has_field(), condition.fields.len()) {
        (true, 0) => {
            return Err((node.line, format!("{} needs a `field` in its condition; add it", kind.as_str())));
        }
        (true, 2..) if kind != CorrelationKind::ValueCount => {
            return Err((node.line, format!("{} takes one `field`; name one", kind.as_str())));
        }
        (false, 1..) => {
            return Err((node.line, format!("{} takes no `field`; remove it", kind.as_str())));
        }
        _ => {}
    }
    let is_percentile = kind == CorrelationKind::ValuePercentile;
    if condition.percentile.is_some() && !is_percentile {
        return Err((node.line, "`percentile` is for value_percentile only; remove it".to_owned()));
    }
    // A rank is a percentage: a bound beyond 100 would never or always hold.
    if is_percentile
        && condition.percentile.is_none()
        && condition.bounds.iter().any(|(_, bound)| !(0.0..=100.0).contains(bound))
    {
        let problem =
            "a rank is between 0 and 100; add `percentile`, such as 50, to compare the value of a percentile";
        return Err((node.line, problem.to_owned()));
    }
    Ok(condition)
}

#[cfg(test)]
mod tests {
    use super::timespan;
    use std::time::Duration;

    #[test]
    fn timespans() {
        for (text, seconds) in [("10s", 10), ("90m", 5400), ("1h", 3600), ("7d", 604_800)] {
            assert_eq!(timespan(text), Some(Duration::from_secs(seconds)));
        }
        for text in ["", "s", "10", "1h30m", "-1s", "0s", "1w", "1 h", "99999999999999999999d", "10é"] {
            assert_eq!(timespan(text), None, "{text}");
        }
    }
}

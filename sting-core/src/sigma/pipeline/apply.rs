//! From a rule as its author wrote it to the rule that the data needs: on the YAML, line by line of its selections,
//! so that errors keep their place and everything behind the parser is as it was.

use super::{Change, Conditions, Fields, Fill, MAX_NAME, MAX_NAMES, Part, Rename, Renames, Step};
use crate::sigma::matcher::Field;
use crate::sigma::modifier::placeholder_parts;
use crate::sigma::rule::{LogSource, logsource_of};
use crate::sigma::{Pipeline, RuleConfig};
use crate::yaml::{Key, Node, Value};
use regex_automata::meta::Regex;
use std::sync::Arc;

/// Most values that the placeholders of one text may expand to, and most bytes of them together; also the longest
/// text after replacements.
const MAX_VALUES: usize = 10_000;
const MAX_BYTES: usize = 1 << 20;
/// Modifiers whose values are no strings.
const NO_STRING: [&str; 14] = [
    "re", "cidr", "exists", "fieldref", "lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month",
    "year",
];

type Fault = (usize, String);

/// What a condition says of a log source. A filter may leave open what a rule names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
    Open,
}

impl From<bool> for Verdict {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl RuleConfig {
    /// Rewrites a rule by every pipeline.
    pub(in crate::sigma) fn rewrite_rule(&self, node: &mut Node) -> Result<Renames, Fault> {
        let declared = node.get("logsource").map(logsource_of).unwrap_or_default();
        let (mut source, mut renames, mut added) = (declared.clone(), Renames::default(), Vec::new());
        for (pipeline, step) in self.steps() {
            if !step.is_for_rule(&source) {
                continue;
            }
            let place = |(line, message): Fault| (line, pipeline.blame(step, &message));
            match &step.change {
                Change::Fail(message) => return Err(place((node.line, message.clone()))),
                Change::LogSource(to) => source = to.clone(),
                Change::Add { selection, negated } => {
                    if let Some(name) = child(node, "detection").and_then(|node| add(node, selection)) {
                        added.push(if *negated { format!("not {name}") } else { name });
                    }
                }
                _ => {
                    if let Some(detection) = child(node, "detection") {
                        step.rewrite(detection, &["timeframe"]).map_err(place)?;
                    }
                    if let Change::Rename(_) = step.change {
                        renames.0.push(Arc::clone(step));
                    }
                }
            }
        }
        if !added.is_empty()
            && let Some(condition) = child(node, "detection").and_then(|node| child(node, "condition"))
        {
            each_text(condition, &mut |text| {
                *text = format!("{} and ({text})", added.join(" and "));
                Ok(())
            })
            .map_err(|message| (node.line, message))?;
        }
        if source != declared
            && let Some(logsource) = child(node, "logsource")
        {
            logsource.value = source_map(&source, logsource.line);
        }
        Ok(renames)
    }

    /// Rewrites the fields and values of a filter by what its rules went through. Its log source stays: it says which
    /// rules, as they are written, the filter is for.
    pub(in crate::sigma) fn rewrite_filter(&self, node: &mut Node) -> Result<(), Fault> {
        let mut source = node.get("logsource").map(logsource_of).unwrap_or_default();
        for (pipeline, step) in self.steps() {
            if let Change::Add { .. } | Change::Fail(_) = step.change {
                continue;
            }
            match step.is_for_filter(&source) {
                Verdict::No => continue,
                Verdict::Yes => {}
                Verdict::Open => {
                    let message = "is for some of the filter's rules only; name category, product and service in the \
                        log source of the filter";
                    return Err((node.line, pipeline.blame(step, message)));
                }
            }
            if let Change::LogSource(to) = &step.change {
                source = to.clone();
            } else if let Some(body) = child(node, "filter") {
                step.rewrite(body, &["rules"])
                    .map_err(|(line, message)| (line, pipeline.blame(step, &message)))?;
            }
        }
        Ok(())
    }

    fn steps(&self) -> impl Iterator<Item = (&Pipeline, &Arc<Step>)> {
        self.pipelines.iter().flat_map(|pipeline| pipeline.steps.iter().map(move |step| (pipeline, step)))
    }
}

impl Pipeline {
    fn blame(&self, step: &Step, message: &str) -> String {
        format!("pipeline {}:{}: {message}", self.path, step.line)
    }
}

impl Renames {
    /// What a field of a correlation is called in the events of this rule.
    pub(in crate::sigma) fn of(&self, field: &str) -> String {
        self.0.iter().fold(field.to_owned(), |field, step| match step.renamed(&field) {
            Ok(Some(renamed)) => renamed,
            // A name over the limits is a fault of the rule wherever it uses the field.
            Ok(None) | Err(_) => field,
        })
    }
}

impl Step {
    fn is_for_rule(&self, source: &LogSource) -> bool {
        self.sources.verdict(|wanted| wanted.covers(source).into()) == Verdict::Yes
    }

    fn is_for_filter(&self, source: &LogSource) -> Verdict {
        self.sources.verdict(|wanted| wanted.verdict(source))
    }

    fn admits(&self, field: &str) -> bool {
        self.fields.verdict(|fields| fields.admit(field).into()) == Verdict::Yes
    }

    /// Rewrites the selections of a map.
    fn rewrite(&self, detection: &mut Node, other_keys: &[&str]) -> Result<(), Fault> {
        let Value::Map(entries) = &mut detection.value else { return Ok(()) };
        for (key, node) in entries {
            if key.name != "condition" && !other_keys.contains(&key.name.as_str()) {
                self.selection(node)?;
            }
        }
        Ok(())
    }

    fn selection(&self, node: &mut Node) -> Result<(), Fault> {
        match &mut node.value {
            Value::Map(entries) if !entries.is_empty() => {
                for (mut key, mut values) in std::mem::take(entries) {
                    if self.line(&mut key, &mut values).map_err(|message| (key.line, message))? {
                        entries.push((key, values));
                    }
                }
                // Neither "always" nor "never" would be what its author meant.
                if entries.is_empty() {
                    let message =
                        "drops everything of this selection; restrict it with `field_name_conditions`";
                    return Err((node.line, message.to_owned()));
                }
            }
            Value::List(items) if items.iter().any(|item| item.text().is_none()) => {
                for item in items {
                    self.selection(item)?;
                }
            }
            _ => self.values("", &[], node).map_err(|message| (node.line, message))?,
        }
        Ok(())
    }

    /// Rewrites one line of a selection; false if it goes.
    fn line(&self, key: &mut Key, values: &mut Node) -> Result<bool, String> {
        let (field, words) = key.name.split_once('|').unwrap_or((&key.name, ""));
        let modifiers: Vec<&str> = words.split('|').collect();
        let field = match &self.change {
            Change::Rename(_) => {
                if modifiers.contains(&"fieldref") {
                    each_text(values, &mut |text| {
                        if let Some(renamed) = self.renamed(text)? {
                            *text = renamed;
                        }
                        Ok(())
                    })?;
                }
                if field.is_empty() { None } else { self.renamed(field)? }
            }
            Change::Drop if field.is_empty() => None,
            Change::Drop => {
                let kept: Vec<&str> = field.split(Field::OR).filter(|name| !self.admits(name)).collect();
                if kept.is_empty() {
                    return Ok(false);
                }
                Some(joined(kept.into_iter().map(str::to_owned)))
            }
            _ => {
                self.values(field, &modifiers, values)?;
                None
            }
        };
        if let Some(field) = field {
            key.name = if words.is_empty() { field } else { format!("{field}|{words}") };
        }
        Ok(true)
    }

    /// Rewrites the values of a field; of keywords, if it is empty.
    fn values(&self, field: &str, modifiers: &[&str], values: &mut Node) -> Result<(), String> {
        if !field.split(Field::OR).any(|name| self.admits(name)) {
            return Ok(());
        }
        match &self.change {
            Change::Replace { regex, by } if !modifiers.iter().any(|word| NO_STRING.contains(word)) => {
                each_text(values, &mut |text| {
                    *text = replaced(text, regex, by);
                    within(text.len())
                })
            }
            Change::Fill(fill) if modifiers.contains(&"expand") => {
                fill.expand(values, if modifiers.contains(&"re") { ".*" } else { "*" })
            }
            _ => Ok(()),
        }
    }

    /// The names of a field after this step, `None` if they stay.
    fn renamed(&self, field: &str) -> Result<Option<String>, String> {
        let Change::Rename(rename) = &self.change else { return Ok(None) };
        let (mut names, mut changed) = (Vec::new(), false);
        for name in field.split(Field::OR) {
            match rename.of(name).filter(|_| self.admits(name)) {
                None => names.push(name.to_owned()),
                Some(new) => {
                    changed = true;
                    names.extend(new);
                }
            }
        }
        if names.len() > MAX_NAMES || names.iter().any(|name| name.len() > MAX_NAME) {
            return Err(format!(
                "gives a field more than {MAX_NAMES} names, or one over {MAX_NAME} bytes; map fewer"
            ));
        }
        Ok(changed.then(|| joined(names)))
    }
}

impl Rename {
    fn of(&self, name: &str) -> Option<Vec<String>> {
        match self {
            Self::Names(names) => names.get(name).cloned(),
            Self::Prefixes(prefixes) => prefixes.iter().find_map(|(prefix, new)| {
                let rest = name.strip_prefix(prefix.as_str())?;
                Some(new.iter().map(|new| format!("{new}{rest}")).collect())
            }),
            Self::Around { prefix, suffix } => Some(vec![format!("{prefix}{name}{suffix}")]),
        }
    }
}

impl<T> Conditions<T> {
    fn verdict(&self, of: impl Fn(&T) -> Verdict) -> Verdict {
        let (decides, otherwise) =
            if self.any { (Verdict::Yes, Verdict::No) } else { (Verdict::No, Verdict::Yes) };
        if self.list.is_empty() {
            return Verdict::Yes;
        }
        let mut verdict = otherwise;
        for part in self.list.iter().map(of) {
            if part == decides {
                verdict = decides;
                break;
            }
            if part == Verdict::Open {
                verdict = Verdict::Open;
            }
        }
        match verdict {
            Verdict::Yes if self.negated => Verdict::No,
            Verdict::No if self.negated => Verdict::Yes,
            verdict => verdict,
        }
    }
}

impl LogSource {
    /// Whether `source` is one of these: open if it leaves out what this names and contradicts nothing.
    fn verdict(&self, source: &Self) -> Verdict {
        let parts = [
            (&self.category, &source.category),
            (&self.product, &source.product),
            (&self.service, &source.service),
        ];
        if parts.iter().any(|(ours, theirs)| ours.is_some() && theirs.is_some() && ours != theirs) {
            Verdict::No
        } else if self.covers(source) {
            Verdict::Yes
        } else {
            Verdict::Open
        }
    }
}

impl Fields {
    fn admit(&self, field: &str) -> bool {
        let found = self.names.iter().any(|name| name == field)
            || self.patterns.iter().any(|pattern| pattern.is_match(field));
        found != self.excluded
    }
}

impl Fill {
    /// Replaces placeholders by what they stand for. Those without values stay, and are reported with the rule.
    fn expand(&self, values: &mut Node, wildcard: &str) -> Result<(), String> {
        let line = values.line;
        let items = match &mut values.value {
            Value::List(items) => std::mem::take(items),
            _ => vec![values.clone()],
        };
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            let Some(text) = item.text() else {
                out.push(item);
                continue;
            };
            let texts = self.expanded(text, wildcard)?;
            out.extend(texts.into_iter().map(|text| Node { line: item.line, value: Value::Text(text) }));
        }
        *values = Node { line, value: Value::List(out) };
        Ok(())
    }

    fn expanded(&self, text: &str, wildcard: &str) -> Result<Vec<String>, String> {
        // `expand` is still to come: a percent sign that is one stays escaped.
        let escaped = |text: &str| text.replace('%', r"\%");
        let mut texts = vec![String::new()];
        for part in placeholder_parts(text) {
            let fills = match part {
                Ok(plain) => vec![escaped(&plain)],
                Err(name) => match self.values_of(&name, wildcard) {
                    Some(values) => values.iter().map(|value| escaped(value)).collect(),
                    None => vec![format!("%{name}%")],
                },
            };
            let bytes: usize = texts.iter().map(String::len).sum::<usize>() * fills.len()
                + fills.iter().map(String::len).sum::<usize>() * texts.len();
            if texts.len() * fills.len() > MAX_VALUES {
                return Err(format!("placeholders expand to more than {MAX_VALUES} values; give fewer"));
            }
            within(bytes)?;
            texts =
                texts.iter().flat_map(|text| fills.iter().map(move |fill| format!("{text}{fill}"))).collect();
        }
        Ok(texts)
    }

    /// The values of a placeholder that this is for, if it has any.
    fn values_of(&self, name: &str, wildcard: &str) -> Option<Vec<String>> {
        let is_in = |list: &[String]| list.iter().any(|other| other == name);
        if is_in(&self.exclude) || self.include.as_ref().is_some_and(|include| !is_in(include)) {
            return None;
        }
        match &self.vars {
            None => Some(vec![wildcard.to_owned()]),
            Some(vars) => vars.get(name).filter(|values| !values.is_empty()).cloned(),
        }
    }
}

fn within(bytes: usize) -> Result<(), String> {
    if bytes > MAX_BYTES {
        return Err(format!("makes a text of more than {MAX_BYTES} bytes; replace by less"));
    }
    Ok(())
}

fn replaced(text: &str, regex: &Regex, by: &[Part]) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for found in regex.captures_iter(text) {
        let Some(whole) = found.get_match() else { continue };
        out.push_str(&text[at..whole.start()]);
        at = whole.end();
        for part in by {
            match part {
                Part::Literal(literal) => out.push_str(literal),
                Part::Group(index) => {
                    out.push_str(found.get_group(*index).map_or("", |span| &text[span.start..span.end]));
                }
            }
        }
        // What is over the limit already is refused by the caller, and need not grow.
        if out.len() > MAX_BYTES {
            return out;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// Hands on the text, or each text of a list; numbers, flags and null are none.
fn each_text(node: &mut Node, each: &mut dyn FnMut(&mut String) -> Result<(), String>) -> Result<(), String> {
    match &mut node.value {
        Value::Text(text) => each(text),
        Value::List(items) => items.iter_mut().try_for_each(|item| each_text(item, each)),
        _ => Ok(()),
    }
}

fn joined(names: impl IntoIterator<Item = String>) -> String {
    names.into_iter().collect::<Vec<_>>().join(Field::OR.encode_utf8(&mut [0; 4]))
}

/// Adds a selection under a name that no other has, and returns the name. `them` does not cover it.
fn add(detection: &mut Node, selection: &Node) -> Option<String> {
    let Value::Map(entries) = &mut detection.value else { return None };
    let is_free = |name: &String| entries.iter().all(|(key, _)| key.name != *name);
    let name = (0..=entries.len()).map(|number| format!("_pipeline_{number}")).find(is_free)?;
    entries.push((Key { line: detection.line, name: name.clone() }, selection.clone()));
    Some(name)
}

fn child<'a>(node: &'a mut Node, name: &str) -> Option<&'a mut Node> {
    match &mut node.value {
        Value::Map(entries) => entries.iter_mut().find(|(key, _)| key.name == name).map(|(_, node)| node),
        _ => None,
    }
}

fn source_map(source: &LogSource, line: usize) -> Value {
    let part = |name: &str, value: &Option<String>| {
        let value = Value::Text(value.clone()?);
        Some((Key { line, name: name.to_owned() }, Node { line, value }))
    };
    let parts = [
        part("category", &source.category),
        part("product", &source.product),
        part("service", &source.service),
    ];
    Value::Map(parts.into_iter().flatten().collect())
}

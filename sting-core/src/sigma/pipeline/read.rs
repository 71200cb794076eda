//! From YAML to a pipeline. What is not understood is refused: a transformation that is left out makes rules that
//! silently match something else.

use super::{Change, Conditions, Fields, Fill, MAX_STEPS, Part, Pipeline, Rename, Step};
use crate::RuleError;
use crate::sigma::regex;
use crate::sigma::rule::{LogSource, logsource_of};
use crate::yaml::{self, Node, Value};
use regex_automata::meta::Regex;
use std::collections::BTreeMap;
use std::sync::Arc;

type Fault = (usize, String);
type Vars = Arc<BTreeMap<String, Vec<String>>>;

/// Keys that every transformation may have.
const COMMON: [&str; 8] = [
    "id",
    "type",
    "rule_conditions",
    "rule_cond_op",
    "rule_cond_not",
    "field_name_conditions",
    "field_name_cond_op",
    "field_name_cond_not",
];

/// The transformations, with the keys of their own.
const KINDS: [(&str, &[&str]); 11] = [
    ("add_condition", &["conditions", "negated"]),
    ("change_logsource", &["category", "product", "service"]),
    ("drop_detection_item", &[]),
    ("field_name_mapping", &["mapping"]),
    ("field_name_prefix", &["prefix"]),
    ("field_name_prefix_mapping", &["mapping"]),
    ("field_name_suffix", &["suffix"]),
    ("replace_string", &["regex", "replacement"]),
    ("rule_failure", &["message"]),
    ("value_placeholders", &["include", "exclude"]),
    ("wildcard_placeholders", &["include", "exclude"]),
];

impl Pipeline {
    /// Reads a pipeline: one YAML document with `name`, `priority`, `vars` and `transformations`. `path` is what
    /// errors call it.
    ///
    /// The transformations are `field_name_mapping`, `field_name_prefix_mapping`, `field_name_prefix`,
    /// `field_name_suffix`, `add_condition`, `drop_detection_item`, `replace_string`, `value_placeholders`,
    /// `wildcard_placeholders`, `change_logsource` and `rule_failure`; the conditions `logsource`, `include_fields`
    /// and `exclude_fields`. `replace_string` sees values as the rule writes them, before modifiers.
    ///
    /// # Errors
    /// The first fault, with its line: what is no such file, any key, transformation or condition that is not known,
    /// and more than 1,000 transformations.
    pub fn parse(yaml: &str, path: &str) -> Result<Self, RuleError> {
        let fault = |(line, message)| RuleError { path: path.to_owned(), line, message };
        let documents = yaml::parse(yaml)
            .map_err(|error| fault((error.line, format!("{}; {}", error.problem, error.mend))))?;
        match documents.as_slice() {
            [node] => pipeline(node, path).map_err(fault),
            [] => Err(fault((0, "no pipeline in the file; write one".to_owned()))),
            [_, second, ..] => {
                Err(fault((second.line, "a second pipeline in the file; split it".to_owned())))
            }
        }
    }
}

fn pipeline(node: &Node, path: &str) -> Result<Pipeline, Fault> {
    known(node, &["name", "priority", "vars", "transformations"])?;
    let priority = match node.get("priority") {
        None => 0,
        Some(priority) => priority.text().and_then(|text| text.parse().ok()).ok_or_else(|| {
            (priority.line, "`priority` is no whole number; write one, such as 20".to_owned())
        })?,
    };
    let vars: Vars = Arc::new(match node.get("vars") {
        None => BTreeMap::new(),
        Some(vars) => entries(vars)?
            .iter()
            .map(|(key, values)| Ok((key.name.clone(), texts(values)?)))
            .collect::<Result<_, Fault>>()?,
    });
    let steps = match node.get("transformations") {
        None => return Err((node.line, "`transformations` is missing; list some".to_owned())),
        Some(list) => nodes(list)?,
    };
    if let Some(step) = steps.get(MAX_STEPS) {
        return Err((step.line, format!("more than {MAX_STEPS} transformations; split the pipeline")));
    }
    let steps: Result<_, Fault> = steps.iter().map(|node| Ok(Arc::new(step(node, &vars)?))).collect();
    let name = node.get("name").and_then(Node::text).unwrap_or_default().to_owned();
    Ok(Pipeline { name, priority, path: path.into(), steps: steps? })
}

fn step(node: &Node, vars: &Vars) -> Result<Step, Fault> {
    entries(node)?;
    let (line, kind) = required(node, "type")?;
    let Some((_, own)) = KINDS.iter().find(|(name, _)| *name == kind) else {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        return Err((line, format!("unknown transformation `{kind}`; use one of {}", names.join(", "))));
    };
    known(node, &[&COMMON, *own].concat())?;
    let fields = conditions(node, "field_name_con", field_condition)?;
    if kind == "drop_detection_item" && fields.list.is_empty() {
        let mend = "`drop_detection_item` would drop everything; add `field_name_conditions`";
        return Err((node.line, mend.to_owned()));
    }
    Ok(Step {
        line: node.line,
        sources: conditions(node, "rule_con", rule_condition)?,
        fields,
        change: change(kind, node, vars)?,
    })
}

fn change(kind: &str, node: &Node, vars: &Vars) -> Result<Change, Fault> {
    let list = |key: &str| node.get(key).map(texts).transpose();
    let fill = |vars: Option<Vars>| {
        Ok(Change::Fill(Fill {
            vars,
            include: list("include")?,
            exclude: list("exclude")?.unwrap_or_default(),
        }))
    };
    let around = |prefix: &str, suffix: &str| {
        Change::Rename(Rename::Around { prefix: prefix.to_owned(), suffix: suffix.to_owned() })
    };
    Ok(match kind {
        "field_name_mapping" => Change::Rename(Rename::Names(mapping(node)?.into_iter().collect())),
        "field_name_prefix_mapping" => Change::Rename(Rename::Prefixes(mapping(node)?)),
        "field_name_prefix" => around(field_part(node, "prefix")?, ""),
        "field_name_suffix" => around("", field_part(node, "suffix")?),
        "add_condition" => {
            let selection = node
                .get("conditions")
                .filter(|selection| matches!(&selection.value, Value::Map(entries) if !entries.is_empty()))
                .ok_or_else(|| {
                    (node.line, "`conditions` is no map of fields to values; add one".to_owned())
                })?;
            Change::Add { selection: selection.clone(), negated: flag(node, "negated")? }
        }
        "drop_detection_item" => Change::Drop,
        "replace_string" => {
            let (line, source) = required(node, "regex")?;
            let regex = compile(source, line)?;
            let (line, by) = required(node, "replacement")?;
            Change::Replace { by: replacement(by, &regex).map_err(|message| (line, message))?, regex }
        }
        "value_placeholders" => fill(Some(Arc::clone(vars)))?,
        "wildcard_placeholders" => fill(None)?,
        "change_logsource" => {
            let source = logsource_of(node);
            if source == LogSource::default() {
                return Err((node.line, "no log source; add category, product or service".to_owned()));
            }
            Change::LogSource(source)
        }
        // The only one left of those that are known.
        _ => Change::Fail(required(node, "message")?.1.to_owned()),
    })
}

fn mapping(node: &Node) -> Result<Vec<(String, Vec<String>)>, Fault> {
    let Some(mapping) = node.get("mapping") else {
        return Err((node.line, "`mapping` is missing; map names to names".to_owned()));
    };
    let mut pairs = Vec::new();
    for (key, node) in entries(mapping)? {
        let names = texts(node)?;
        if names.is_empty() || names.iter().any(|name| name.is_empty() || name.contains('|')) {
            let message = format!("`{}` maps to no field name; give one or a list, without `|`", key.name);
            return Err((key.line, message));
        }
        pairs.push((key.name.clone(), names));
    }
    Ok(pairs)
}

fn field_part<'a>(node: &'a Node, key: &str) -> Result<&'a str, Fault> {
    let (line, text) = required(node, key)?;
    if text.contains('|') {
        return Err((line, "a field name cannot hold `|`; remove it".to_owned()));
    }
    Ok(text)
}

/// Reads the conditions under `{stem}ditions`, `{stem}d_op` and `{stem}d_not`.
fn conditions<T>(
    node: &Node,
    stem: &str,
    condition: impl Fn(&Node) -> Result<T, Fault>,
) -> Result<Conditions<T>, Fault> {
    let any = match node.get(&format!("{stem}d_op")) {
        None => false,
        Some(op) => match op.text() {
            Some("and") => false,
            Some("or") => true,
            _ => return Err((op.line, "unknown operator; use `and` or `or`".to_owned())),
        },
    };
    let list = match node.get(&format!("{stem}ditions")) {
        None => Vec::new(),
        Some(list) => nodes(list)?.iter().map(condition).collect::<Result<_, _>>()?,
    };
    Ok(Conditions { list, any, negated: flag(node, &format!("{stem}d_not"))? })
}

fn rule_condition(node: &Node) -> Result<LogSource, Fault> {
    entries(node)?;
    let (line, kind) = required(node, "type")?;
    if kind != "logsource" {
        return Err((line, format!("unknown rule condition `{kind}`; use logsource")));
    }
    known(node, &["type", "category", "product", "service"])?;
    Ok(logsource_of(node))
}

fn field_condition(node: &Node) -> Result<Fields, Fault> {
    entries(node)?;
    let (line, kind) = required(node, "type")?;
    let excluded = match kind {
        "include_fields" => false,
        "exclude_fields" => true,
        _ => {
            let message =
                format!("unknown field name condition `{kind}`; use include_fields or exclude_fields");
            return Err((line, message));
        }
    };
    known(node, &["type", "fields", "mode"])?;
    let Some(list) = node.get("fields") else {
        return Err((node.line, "`fields` is missing; list names".to_owned()));
    };
    let names = texts(list)?;
    match node.get("mode").map(|mode| (mode.line, mode.text())) {
        None | Some((_, Some("plain"))) => Ok(Fields { names, patterns: Vec::new(), excluded }),
        Some((_, Some("re"))) => {
            // A pattern is matched from the start of a name, as Python does.
            let compiled = names.iter().map(|name| compile(&format!("^(?:{name})"), list.line));
            Ok(Fields { names: Vec::new(), patterns: compiled.collect::<Result<_, _>>()?, excluded })
        }
        Some((line, _)) => Err((line, "unknown mode; use plain or re".to_owned())),
    }
}

fn compile(source: &str, line: usize) -> Result<Regex, Fault> {
    regex::compile(source, "").map(|(regex, _)| regex).map_err(|message| (line, message))
}

/// Splits a replacement at `\1` and `\g<name>`, as Python spells groups. `\\` is one backslash.
fn replacement(text: &str, regex: &Regex) -> Result<Vec<Part>, String> {
    let (mut parts, mut literal, mut rest) = (Vec::new(), String::new(), text);
    while let Some((before, after)) = rest.split_once('\\') {
        literal.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let group = if digits > 0 {
            rest = &after[digits..];
            &after[..digits]
        } else if let Some((name, tail)) = after.strip_prefix("g<").and_then(|after| after.split_once('>')) {
            rest = tail;
            name
        } else if let Some(tail) = after.strip_prefix('\\') {
            literal.push('\\');
            rest = tail;
            continue;
        } else {
            literal.push('\\');
            rest = after;
            continue;
        };
        let info = regex.group_info();
        let index = match group.parse() {
            Ok(index) => Some(index).filter(|index| *index < regex.captures_len()),
            Err(_) => info.to_index(regex_automata::PatternID::ZERO, group),
        };
        let Some(index) = index else {
            return Err(format!(
                "the expression has no group `{group}`; add it, or write `\\\\` for a backslash"
            ));
        };
        parts.push(Part::Literal(std::mem::take(&mut literal)));
        parts.push(Part::Group(index));
    }
    literal.push_str(rest);
    parts.push(Part::Literal(literal));
    parts.retain(|part| *part != Part::Literal(String::new()));
    Ok(parts)
}

fn known(node: &Node, keys: &[&str]) -> Result<(), Fault> {
    match entries(node)?.iter().find(|(key, _)| !keys.contains(&key.name.as_str())) {
        Some((key, _)) => Err((key.line, format!("unknown key `{}`; use {}", key.name, keys.join(", ")))),
        None => Ok(()),
    }
}

fn entries(node: &Node) -> Result<&[(yaml::Key, Node)], Fault> {
    match &node.value {
        Value::Map(entries) => Ok(entries),
        _ => Err((node.line, "a map is needed here; write `key: value`".to_owned())),
    }
}

fn nodes(node: &Node) -> Result<&[Node], Fault> {
    match &node.value {
        Value::List(items) => Ok(items),
        _ => Err((node.line, "a list is needed here; begin each entry with `-`".to_owned())),
    }
}

/// A scalar, or a list of nothing but scalars.
fn texts(node: &Node) -> Result<Vec<String>, Fault> {
    let items =
        if let Value::List(items) = &node.value { items.as_slice() } else { std::slice::from_ref(node) };
    let text = |item: &Node| match item.text() {
        Some(text) => Ok(text.to_owned()),
        None => Err((item.line, "a text is needed here; write one or a list of them".to_owned())),
    };
    items.iter().map(text).collect()
}

fn required<'a>(node: &'a Node, key: &str) -> Result<(usize, &'a str), Fault> {
    let missing = || (node.line, format!("`{key}` is missing; add it"));
    let value = node.get(key).ok_or_else(missing)?;
    Ok((value.line, value.text().ok_or_else(|| (value.line, format!("`{key}` is no text; write one")))?))
}

fn flag(node: &Node, key: &str) -> Result<bool, Fault> {
    match node.get(key).map(|node| (node.line, &node.value)) {
        None => Ok(false),
        Some((_, Value::Bool(flag))) => Ok(*flag),
        Some((line, _)) => Err((line, format!("`{key}` takes true or false"))),
    }
}

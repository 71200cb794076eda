//! YAML as rules use it: scalars, lists and maps with their line numbers, and nothing that expands.

use crate::RuleError;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// Deepest nesting of a document. Rules of the public corpus stay below 8.
const MAX_DEPTH: usize = 32;
/// Most values in one file. The largest public rule has about 4,500.
const MAX_NODES: usize = 200_000;
/// Longest file in bytes.
const MAX_BYTES: usize = 4 << 20;

/// A value and the line on which it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// A YAML value. Numbers keep their spelling, because an event may spell them the same way.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The key of a map entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub(super) line: usize,
    pub(super) name: String,
}

impl Node {
    /// The entry of a map under `name`.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// A scalar as its text; `None` for null, lists and maps.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// A scalar, or every scalar of a list.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match &self.value {
            Value::List(items) => (None, items.as_slice()),
            _ => (self.text(), &[] as &[Node]),
        };
        one.into_iter().chain(many.iter().filter_map(Node::text))
    }
}

/// A list or map that is still open.
enum Open {
    List { line: usize, items: Vec<Node> },
    Map { line: usize, entries: Vec<(Key, Node)>, key: Option<Key> },
}

/// Reads all documents of a file.
///
/// Aliases are refused: a rule has no use for them, and they are how a small file becomes a huge one.
pub(super) fn parse(yaml: &str, path: &str) -> Result<Vec<Node>, RuleError> {
    let fault = |line: usize, message: String| Err(RuleError { path: path.to_owned(), line, message });
    if yaml.len() > MAX_BYTES {
        return fault(0, format!("file is longer than {MAX_BYTES} bytes; split it"));
    }
    let (mut documents, mut open, mut nodes) = (Vec::new(), Vec::<Open>::new(), 0_usize);
    for event in Parser::new_from_str(yaml) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => return fault(error.marker().line(), format!("not YAML: {}", error.info())),
        };
        let line = span.start.line();
        let node = match event {
            Event::Scalar(text, style, _, tag) => {
                let value = match tag {
                    Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => {
                        Value::Text(text.into_owned())
                    }
                    _ => scalar(&text, style),
                };
                Node { line, value }
            }
            Event::SequenceStart(..) => {
                open.push(Open::List { line, items: Vec::new() });
                if open.len() > MAX_DEPTH {
                    return fault(line, format!("nested deeper than {MAX_DEPTH} levels; flatten it"));
                }
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map { line, entries: Vec::new(), key: None });
                if open.len() > MAX_DEPTH {
                    return fault(line, format!("nested deeper than {MAX_DEPTH} levels; flatten it"));
                }
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List { line, items }) => Node { line, value: Value::List(items) },
                Some(Open::Map { line, entries, .. }) => Node { line, value: Value::Map(entries) },
                None => return fault(line, "not YAML: unexpected end of a collection".to_owned()),
            },
            Event::Alias(_) => {
                return fault(line, "aliases are not supported; write the value out".to_owned());
            }
            _ => continue,
        };
        nodes += 1;
        if nodes > MAX_NODES {
            return fault(line, format!("more than {MAX_NODES} values; split the file"));
        }
        match open.last_mut() {
            None => documents.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => {
                if let Some(key) = key.take() {
                    entries.push((key, node));
                    continue;
                }
                let name = match &node.value {
                    Value::Null => String::new(),
                    _ => match node.text() {
                        Some(text) => text.to_owned(),
                        None => return fault(line, "a key is a list or a map; use a name".to_owned()),
                    },
                };
                if entries.iter().any(|(other, _)| other.name == name) {
                    return fault(line, format!("key `{name}` appears twice; merge the two"));
                }
                *key = Some(Key { line, name });
            }
        }
    }
    Ok(documents)
}

/// Resolves a scalar by the YAML 1.2 core schema; a quoted one is text.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(hex) = digits.strip_prefix("0x") {
        return !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Value, parse};

    fn message(yaml: &str) -> (usize, String) {
        let error = parse(yaml, "r.yml").unwrap_err();
        (error.line, error.message)
    }

    #[test]
    fn values_and_lines() {
        let documents = parse("a: 1\nb:\n  - 'x'\n  - ~\n---\nc: yes\nd: 0x10\n", "r.yml").unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].get("a").unwrap().value, Value::Number("1".into()));
        let Value::List(items) = &documents[0].get("b").unwrap().value else { panic!("a list") };
        assert_eq!((items[0].line, items[1].value.clone()), (3, Value::Null));
        assert_eq!(documents[1].get("c").unwrap().value, Value::Text("yes".into()));
        assert_eq!(documents[1].get("d").unwrap().value, Value::Number("0x10".into()));
    }

    #[test]
    fn what_is_refused() {
        assert_eq!(message("a: &x [1]\nb: *x\n").0, 2);
        assert!(message("a: 1\nb: 2\na: 3\n").1.contains("`a` appears twice"));
        assert!(message(&"[".repeat(40)).1.contains("deeper"));
        assert!(
            parse(&"[".repeat(10_000), "r.yml").is_err() && parse(&"- ".repeat(10_000), "r.yml").is_err()
        );
        assert!(message("a: 'b\n").1.starts_with("not YAML"));
        assert!(message("\"a\n\tb: [}").1.starts_with("not YAML"));
        let bomb: String = (0..9).fold("a0: &a0 [x, x]\n".to_owned(), |yaml, i| {
            format!("{yaml}a{}: &a{} [*a{i}, *a{i}, *a{i}]\n", i + 1, i + 1)
        });
        assert!(message(&bomb).1.contains("aliases"));
    }
}

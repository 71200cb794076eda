//! YAML as rules and configuration use it: scalars, lists and maps with their line numbers, and
//! nothing that expands.
//!
//! ```
//! use sting_core::yaml;
//!
//! let documents = yaml::parse("name: docs\nlevels: [year, month]\n")?;
//! let levels = documents[0].get("levels").unwrap();
//! assert_eq!((levels.line, levels.texts().collect::<Vec<_>>()), (2, vec!["year", "month"]));
//!
//! let error = yaml::parse("a: &x [1]\nb: *x\n").unwrap_err();
//! assert_eq!(error.to_string(), "line 2: aliases are not supported; write the value out");
//! # Ok::<(), yaml::YamlError>(())
//! ```

use saphyr_parser::{Event, Parser, ScalarStyle};
use std::collections::HashSet;

/// Deepest nesting of a document. Sigma rules of the public corpus stay below 8.
const MAX_DEPTH: usize = 32;
/// Most values in one file. The largest public rule has about 4,500.
const MAX_NODES: usize = 200_000;
/// Longest file in bytes.
const MAX_BYTES: usize = 4 << 20;

/// A value and the line on which it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The line, from 1.
    pub line: usize,
    /// The value.
    pub value: Value,
}

/// A value of the core schema of YAML 1.2.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`. `yes` and `no` are texts.
    Bool(bool),
    /// A number as it is spelt, because what it is compared with may be spelt the same way.
    Number(String),
    /// Any other scalar, and every quoted one.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file. No key is there twice.
    Map(Vec<(Key, Node)>),
}

/// The key of a map entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The line, from 1.
    pub line: usize,
    /// The key. Scalars that are no text have become their spelling, and null the empty text.
    pub name: String,
}

/// YAML that cannot be used, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}; {mend}")]
#[non_exhaustive]
pub struct YamlError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub mend: &'static str,
}

impl Node {
    /// The entry of a map under `name`.
    pub fn get(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// A scalar as its text; `None` for null, lists and maps.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// A scalar, or every scalar of a list.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
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

/// Reads all documents of a text.
///
/// Aliases are refused: configuration has little use for them, and they are how a small file becomes
/// a huge one.
///
/// # Errors
/// The first fault: what is not YAML, an alias, a key that is there twice or is no scalar, or more than
/// 32 levels, 200,000 values or 4 MiB.
pub fn parse(yaml: &str) -> Result<Vec<Node>, YamlError> {
    let yaml = yaml.strip_prefix('\u{feff}').unwrap_or(yaml);
    if yaml.len() > MAX_BYTES {
        let line = 1 + memchr::memchr_iter(b'\n', &yaml.as_bytes()[..MAX_BYTES]).count();
        return fault(line, format!("longer than {MAX_BYTES} bytes"), "split the file");
    }
    let (mut documents, mut open, mut nodes) = (Vec::new(), Vec::<Open>::new(), 0_usize);
    for event in Parser::new_from_str(yaml) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let problem = format!("not YAML: {}", error.info());
                return fault(
                    error.marker().line().max(1),
                    problem,
                    "check indentation, quotes and brackets",
                );
            }
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
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() == MAX_DEPTH {
                    return fault(line, format!("nested deeper than {MAX_DEPTH} levels"), "flatten it");
                }
                open.push(match event {
                    Event::SequenceStart(..) => Open::List { line, items: Vec::new() },
                    _ => Open::Map { line, entries: Vec::new(), key: None },
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List { line, items }) => Node { line, value: Value::List(items) },
                Some(Open::Map { line, entries, .. }) => {
                    let mut names = HashSet::with_capacity(entries.len());
                    if let Some((key, _)) = entries.iter().find(|(key, _)| !names.insert(&key.name)) {
                        return fault(key.line, format!("key `{}` appears twice", key.name), "merge the two");
                    }
                    Node { line, value: Value::Map(entries) }
                }
                None => return fault(line, "not YAML: unexpected end of a collection", "check its brackets"),
            },
            Event::Alias(_) => return fault(line, "aliases are not supported", "write the value out"),
            _ => continue,
        };
        nodes += 1;
        if nodes > MAX_NODES {
            return fault(line, format!("more than {MAX_NODES} values"), "split the file");
        }
        match open.last_mut() {
            None => documents.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => {
                if let Some(key) = key.take() {
                    entries.push((key, node));
                    continue;
                }
                let name = match (&node.value, node.text()) {
                    (Value::Null, _) => String::new(),
                    (_, Some(text)) => text.to_owned(),
                    (_, None) => return fault(line, "a key is a list or a map", "use a name"),
                };
                *key = Some(Key { line, name });
            }
        }
    }
    Ok(documents)
}

fn fault<T>(line: usize, problem: impl Into<String>, mend: &'static str) -> Result<T, YamlError> {
    Err(YamlError { line, problem: problem.into(), mend })
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
    use super::{MAX_BYTES, Value, parse};

    fn problem(yaml: &str) -> (usize, String) {
        let error = parse(yaml).unwrap_err();
        (error.line, error.problem)
    }

    #[test]
    fn values_and_lines() {
        let documents = parse("\u{feff}a: 1\nb:\n  - 'x'\n  - ~\n---\nc: yes\nd: 0x10\n").unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].get("a").unwrap().value, Value::Number("1".into()));
        let Value::List(items) = &documents[0].get("b").unwrap().value else { panic!("a list") };
        assert_eq!((items[0].line, items[1].value.clone()), (3, Value::Null));
        assert_eq!(documents[1].get("c").unwrap().value, Value::Text("yes".into()));
        assert_eq!(documents[1].get("d").unwrap().value, Value::Number("0x10".into()));
    }

    #[test]
    fn what_is_refused() {
        assert_eq!(problem("a: &x [1]\nb: *x\n").0, 2);
        assert_eq!(problem("a: 1\nb: 2\na: 3\n"), (3, "key `a` appears twice".into()));
        assert_eq!(problem("a: 1\n[b, c]: 2\n"), (2, "a key is a list or a map".into()));
        assert_eq!(problem("a: 'b\n").0, 1);
        assert!(problem("\"a\n\tb: [}").1.starts_with("not YAML"));
    }

    #[test]
    fn limits_hold_and_name_a_line() {
        assert_eq!(parse(&format!("{}{}", "[".repeat(32), "]".repeat(32))).unwrap().len(), 1);
        assert_eq!(problem(&"[\n".repeat(40)), (33, "nested deeper than 32 levels".into()));
        assert!(parse(&"[".repeat(10_000)).is_err() && parse(&"- ".repeat(10_000)).is_err());
        let bomb: String = (0..9).fold("a0: &a0 [x, x]\n".to_owned(), |yaml, i| {
            format!("{yaml}a{}: &a{} [*a{i}, *a{i}, *a{i}]\n", i + 1, i + 1)
        });
        assert_eq!(problem(&bomb), (2, "aliases are not supported".into()));
        assert_eq!(problem(&"- 1\n".repeat(200_001)), (200_001, "more than 200000 values".into()));
        assert_eq!(problem(&"#\n".repeat(MAX_BYTES / 2 + 1)).0, MAX_BYTES / 2 + 1);
    }

    #[test]
    fn many_keys_take_linear_time() {
        let keys: String =
            (0..99_000).flat_map(|i| ["key".to_owned(), i.to_string(), ":\n".to_owned()]).collect();
        assert_eq!(parse(&keys).unwrap().len(), 1);
        assert_eq!(problem(&format!("{keys}key0: 1\n")).0, 99_001);
    }
}

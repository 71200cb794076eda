//! Reads an object of configuration key by key, and knows which keys nobody asked for.

use super::Variables;
use crate::Error;
use serde_json::{Map, Value};

/// An object whose keys are taken one after the other.
pub(super) struct Fields<'a> {
    /// Where the object stands: `comb.connection`.
    at: String,
    left: Map<String, Value>,
    known: Vec<&'static str>,
    variables: &'a Variables,
}

impl<'a> Fields<'a> {
    pub(super) fn new(at: &str, value: Value, variables: &'a Variables) -> Result<Self, Error> {
        match value {
            Value::Object(left) => Ok(Self { at: at.into(), left, known: Vec::new(), variables }),
            other => Err(Error::config(
                at,
                format!("is {}, not an object", name_of(&other)),
                "write keys and values",
            )),
        }
    }

    /// An error about one key.
    pub(super) fn wrong(&self, key: &str, problem: &str, mend: &str) -> Error {
        Error::config(format!("{}.{key}", self.at), problem, mend)
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.left.remove(key).filter(|value| !value.is_null())
    }

    fn expected(&self, key: &str, wanted: &str, found: &Value) -> Error {
        self.wrong(key, &format!("is {}, not {wanted}", name_of(found)), &format!("give {wanted}"))
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => self.expand(key, &text).map(Some),
            Some(other) => Err(self.expected(key, "a text", &other)),
        }
    }

    pub(super) fn required_text(&mut self, key: &'static str) -> Result<String, Error> {
        let text = self.text(key)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| self.missing(key))
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.expected(key, "true or false", &other)),
        }
    }

    pub(super) fn texts(&mut self, key: &'static str) -> Result<Option<Vec<String>>, Error> {
        let list = match self.take(key) {
            None => return Ok(None),
            Some(Value::Array(list)) => list,
            Some(other) => return Err(self.expected(key, "a list of texts", &other)),
        };
        let mut texts = Vec::with_capacity(list.len());
        for item in list {
            match item {
                Value::String(text) => texts.push(self.expand(key, &text)?),
                other => return Err(self.expected(key, "a list of texts", &other)),
            }
        }
        Ok(Some(texts))
    }

    pub(super) fn object(&mut self, key: &'static str) -> Result<Option<Self>, Error> {
        let at = format!("{}.{key}", self.at);
        self.take(key).map(|value| Self::new(&at, value, self.variables)).transpose()
    }

    pub(super) fn required_object(&mut self, key: &'static str) -> Result<Self, Error> {
        self.object(key)?.ok_or_else(|| self.missing(key))
    }

    pub(super) fn objects(&mut self, key: &'static str) -> Result<Vec<Self>, Error> {
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => {
                let at = |i| format!("{}.{key}[{i}]", self.at);
                list.into_iter()
                    .enumerate()
                    .map(|(i, item)| Self::new(&at(i), item, self.variables))
                    .collect()
            }
            Some(other) => Err(self.expected(key, "a list", &other)),
        }
    }

    /// Any value, as it stands.
    pub(super) fn value(&mut self, key: &'static str) -> Option<Value> {
        self.take(key)
    }

    /// A key that must be there is not: perhaps because it is misspelt.
    fn missing(&self, key: &str) -> Error {
        match self.left.keys().find(|found| is_near(found, key)) {
            Some(found) => self.unknown(found, format!("did you mean `{key}`?")),
            None => self.wrong(key, "is missing", "add it"),
        }
    }

    fn unknown(&self, key: &str, mend: String) -> Error {
        Error::Config { what: self.at.clone(), problem: format!("unknown key `{key}`"), mend }
    }

    /// Refuses keys that were not asked for.
    pub(super) fn finish(self) -> Result<(), Error> {
        let Some(key) = self.left.keys().next() else { return Ok(()) };
        let nearest =
            self.known.iter().filter(|known| is_near(key, known)).min_by_key(|known| distance(key, known));
        Err(self.unknown(
            key,
            match nearest {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known keys are {}", self.known.join(", ")),
            },
        ))
    }

    /// Puts values in place of `${NAME}`.
    fn expand(&self, key: &str, text: &str) -> Result<String, Error> {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                return Err(self.wrong(key, "`${` is not closed", "write `${NAME}`"));
            };
            let Some(value) = self.variables.get(name) else {
                return Err(self.wrong(key, &format!("variable `{name}` has no value"), "give it one"));
            };
            out.push_str(before);
            out.push_str(value);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// True if one word may be the other, misspelt.
fn is_near(found: &str, known: &str) -> bool {
    distance(found, known) <= 1 + known.len() / 3
}

/// Edits between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let cost = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], cost);
        }
    }
    row[b.len()]
}

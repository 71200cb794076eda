//! Values one by one: the cells of rows, the strings and numbers of JSON.

use super::{Policy, Tally, Treated};
use crate::Error;
use crate::comb::Step;
use crate::extract::json::{Kind, Scanner, string_value};
use crate::extract::table::{Cell, Rows, delimiter};
use std::borrow::Cow;
use sting_core::{SourceMap, Span};

/// A text in which values are replaced one after the other.
struct Splice<'t> {
    text: &'t str,
    copied: usize,
    out: String,
    map: SourceMap,
}

impl<'t> Splice<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, copied: 0, out: String::with_capacity(text.len()), map: SourceMap::default() }
    }

    fn copy_to(&mut self, end: usize) {
        self.out.push_str(&self.text[self.copied..end]);
        self.map.push_verbatim(end - self.copied, self.copied);
        self.copied = end;
    }

    /// Puts `new` in place of what stands at `span`.
    fn replace(&mut self, span: Span, new: &str) {
        self.copy_to(span.start);
        self.out.push_str(new);
        self.map.push_rewritten(new.len(), span);
        self.copied = span.end;
    }

    fn finish(mut self) -> Treated {
        self.copy_to(self.text.len());
        Treated { text: self.out, map: self.map }
    }
}

impl Policy {
    /// Scrubs the cells of delimited rows, each as what its column's name says it is.
    pub(super) fn table(&self, text: &str, tally: &mut Tally) -> Result<Treated, Error> {
        let delimiter = delimiter(text);
        let mut rows = Rows::new(text, delimiter);
        let mut cells = Vec::new();
        let mut splice = Splice::new(text);
        rows.next_into(&mut cells);
        let columns: Vec<String> = cells.iter().map(|cell| cell.value(text).trim().to_owned()).collect();
        while rows.next_into(&mut cells) {
            for (i, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.span.is_empty()) {
                let value = cell.value(text);
                if let Some(new) =
                    self.field(&value, columns.get(i).map_or("", String::as_str), None, tally)?
                {
                    splice.replace(cell.span, &as_cell(&new, *cell, delimiter));
                }
            }
        }
        Ok(splice.finish())
    }

    /// Scrubs the strings and numbers of JSON, each as what its key says it is.
    pub(super) fn json(&self, text: &str, tally: &mut Tally) -> Result<Treated, Error> {
        let mut splice = Splice::new(text);
        // For each open list or object: the key under which its values stand.
        let mut keys = vec![String::new()];
        let mut path = Vec::new();
        let follows_paths = self.rules.iter().any(|rule| matches!(rule.target, crate::comb::Target::Path(_)));
        for item in Scanner::new(text).flatten() {
            let quoted = &text[item.span.range()];
            match item.kind {
                Kind::Key => {
                    let key = string_value(quoted);
                    if let Some(last) = keys.last_mut() {
                        last.clear();
                        last.push_str(&key);
                    }
                    if follows_paths {
                        path.pop();
                        path.push(Step::Key(key.into_owned()));
                    }
                }
                Kind::Open => {
                    let key = keys.last().cloned().unwrap_or_default();
                    keys.push(key);
                    if follows_paths {
                        // The step of an object is put right by its first key.
                        path.push(Step::Item);
                    }
                }
                Kind::Close => {
                    keys.pop();
                    path.pop();
                }
                Kind::String | Kind::Number => {
                    let key = keys.last().map_or("", String::as_str);
                    let is_string = item.kind == Kind::String;
                    let value = if is_string { string_value(quoted) } else { Cow::Borrowed(quoted) };
                    if let Some(new) =
                        self.field(&value, key, follows_paths.then_some(path.as_slice()), tally)?
                    {
                        splice.replace(item.span, &serde_json::Value::String(new).to_string());
                    }
                }
                Kind::Literal => {}
            }
        }
        Ok(splice.finish())
    }

    /// What is to stand in place of a value, if it may not stay.
    fn field(
        &self,
        value: &str,
        name: &str,
        path: Option<&[Step]>,
        tally: &mut Tally,
    ) -> Result<Option<String>, Error> {
        if let Some(rule) = self.rule(name, path) {
            return self.apply(rule, value, tally).map(Some);
        }
        let result = self.scrubber.scrub_part(value, Some(name).filter(|name| !name.is_empty()))?;
        if result.map.is_identity() {
            // What is kept is counted when the whole is scrubbed.
            return Ok(None);
        }
        super::tally_up(tally, &result.findings);
        Ok(Some(result.text.into_inner()))
    }
}

/// A value as it is written into a cell.
fn as_cell(value: &str, cell: Cell, delimiter: char) -> String {
    if cell.quoted || value.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

//! What a collection holds, read from the collection itself.

use std::collections::{BTreeMap, BTreeSet};
use sting_vector::{Collection, Row};

/// What a collection holds.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) chunks: u64,
    /// Documents by media type.
    pub(super) types: BTreeMap<String, BTreeSet<String>>,
    /// Sizes of the chunks, in characters.
    pub(super) sizes: Vec<usize>,
    /// The stored text of each document, its chunks joined.
    pub(super) texts: BTreeMap<String, String>,
    /// Headings, each once, in order of their rows.
    pub(super) headings: Vec<String>,
}

/// Rows that are read at a time.
const PAGE: usize = 512;

impl Survey {
    pub(super) fn of(collection: &Collection) -> Result<Self, sting_vector::Error> {
        let (mut survey, mut seen) = (Self::default(), BTreeSet::new());
        let mut rows = collection.scroll(None, PAGE, None)?;
        while let Some(last) = rows.last().map(|row| row.id.clone()) {
            for row in &rows {
                survey.add(row, &mut seen);
            }
            rows = collection.scroll(None, PAGE, Some(&last))?;
        }
        Ok(survey)
    }

    fn add(&mut self, row: &Row, seen: &mut BTreeSet<String>) {
        let word = |key: &str| row.metadata.get(key).and_then(|value| value.as_str()).unwrap_or("");
        let text = row.text.as_deref().unwrap_or("");
        self.chunks += 1;
        self.sizes.push(text.chars().count());
        self.types.entry(word("media_type").to_owned()).or_default().insert(word("document").to_owned());
        let whole = self.texts.entry(word("document").to_owned()).or_default();
        whole.push_str(text);
        whole.push('\n');
        let heading = match row.metadata.get("heading") {
            Some(serde_json::Value::Array(path)) => path.last().and_then(|last| last.as_str()).unwrap_or(""),
            Some(serde_json::Value::String(path)) => path.rsplit(" > ").next().unwrap_or(""),
            _ => "",
        };
        if !heading.is_empty() && seen.insert(heading.to_owned()) {
            self.headings.push(heading.to_owned());
        }
    }

    /// How many chunks have which size: upper bounds in characters, counts.
    pub(super) fn histogram(&self) -> Vec<(usize, u64)> {
        const STEP: usize = 50;
        let most = self.sizes.iter().max().map_or(0, |size| size / STEP);
        let mut columns: Vec<(usize, u64)> = (0..=most).map(|i| ((i + 1) * STEP, 0)).collect();
        for size in &self.sizes {
            columns[size / STEP].1 += 1;
        }
        columns
    }

    /// Three queries that this collection should have something for: headings of its own, or else
    /// first words of texts.
    pub(super) fn queries(&self) -> Vec<String> {
        let words = |text: &String| text.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
        let mut candidates = self.headings.clone();
        if candidates.len() < 3 {
            candidates.extend(self.texts.values().map(words).filter(|query| !query.is_empty()));
        }
        let step = (candidates.len() / 3).max(1);
        candidates.into_iter().step_by(step).take(3).collect()
    }
}

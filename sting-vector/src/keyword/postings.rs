//! The inverted index of one segment.

use std::path::Path;

use rustc_hash::FxHashMap;

use super::{Norm, words};
use crate::Error;
use crate::store::buffer::{Buffer, Strings, StringsBuilder, outside};

/// Which rows hold which words, and how often. Immutable.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    /// Distinct words in order.
    pub(crate) terms: Strings,
    /// Where the postings of a term start; one more than there are terms.
    pub(crate) starts: Buffer<u64>,
    /// Rows in order, term by term.
    pub(crate) rows: Buffer<u32>,
    /// How often the row holds the term.
    pub(crate) occurrences: Buffer<u32>,
    /// Words of each row.
    pub(crate) lengths: Buffer<u32>,
}

/// The postings of one term.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term<'p> {
    pub(crate) rows: &'p [u32],
    pub(crate) occurrences: &'p [u32],
}

impl Postings {
    /// The postings of a word in its compared form.
    pub(crate) fn term(&self, word: &str) -> Result<Option<Term<'_>>, Error> {
        self.terms.find(word.as_bytes())?.map(|term| self.at(term)).transpose()
    }

    fn at(&self, term: usize) -> Result<Term<'_>, Error> {
        let bounds = self.starts.slice(term..term + 2)?;
        let range = bounds[0] as usize..bounds[1] as usize;
        Ok(Term { rows: self.rows.slice(range.clone())?, occurrences: self.occurrences.slice(range)? })
    }

    /// Adds the scores of one term to its rows.
    pub(crate) fn add_scores(
        &self,
        term: Term<'_>,
        weight: f32,
        norm: Norm,
        scores: &mut [f32],
    ) -> Result<(), Error> {
        let lengths = self.lengths.all()?;
        for (&row, &occurrences) in term.rows.iter().zip(term.occurrences) {
            if let (Some(score), Some(&length)) = (scores.get_mut(row as usize), lengths.get(row as usize)) {
                *score += weight * norm.score(occurrences, length);
            }
        }
        Ok(())
    }

    /// Checks every byte, so that reading cannot fail afterwards.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.terms.starts.all()?;
        self.terms.bytes.all()?;
        let (starts, rows) = (self.starts.all()?, self.rows.all()?);
        self.occurrences.all()?;
        let lengths = self.lengths.all()?;
        let is_whole = starts.is_sorted()
            && starts.last().is_none_or(|&end| end as usize == rows.len())
            && rows.iter().all(|&row| (row as usize) < lengths.len());
        if is_whole { Ok(()) } else { Err(outside(Path::new("postings"), 0)) }
    }
}

/// Collects postings row by row.
#[derive(Debug, Default)]
pub(crate) struct PostingsBuilder {
    terms: FxHashMap<Box<str>, u32>,
    /// `(row, occurrences)` of each term, rows in order.
    postings: Vec<Vec<(u32, u32)>>,
    lengths: Vec<u32>,
}

impl PostingsBuilder {
    /// Adds the next row.
    pub(crate) fn push(&mut self, text: Option<&str>) {
        let row = self.lengths.len() as u32;
        let mut length = 0;
        words(text.unwrap_or_default(), |word| {
            length += 1;
            let term = self.terms.get(word).copied().unwrap_or_else(|| {
                let term = self.postings.len() as u32;
                self.terms.insert(word.into(), term);
                self.postings.push(Vec::new());
                term
            }) as usize;
            match self.postings[term].last_mut() {
                Some((last, occurrences)) if *last == row => *occurrences += 1,
                _ => self.postings[term].push((row, 1)),
            }
        });
        self.lengths.push(length);
    }

    /// The index over all rows pushed.
    pub(crate) fn finish(self) -> Postings {
        let mut terms: Vec<(Box<str>, u32)> = self.terms.into_iter().collect();
        terms.sort_unstable();
        let mut writer = PostingsWriter::default();
        for (term, index) in &terms {
            writer.push(term.as_bytes(), self.postings[*index as usize].iter().copied());
        }
        writer.finish(self.lengths)
    }
}

/// Writes terms in order.
#[derive(Debug)]
struct PostingsWriter {
    terms: StringsBuilder,
    starts: Vec<u64>,
    rows: Vec<u32>,
    occurrences: Vec<u32>,
}

impl Default for PostingsWriter {
    fn default() -> Self {
        Self { terms: StringsBuilder::default(), starts: vec![0], rows: Vec::new(), occurrences: Vec::new() }
    }
}

impl PostingsWriter {
    fn push(&mut self, term: &[u8], postings: impl Iterator<Item = (u32, u32)>) {
        let before = self.rows.len();
        for (row, occurrences) in postings {
            self.rows.push(row);
            self.occurrences.push(occurrences);
        }
        if self.rows.len() > before {
            self.terms.push(term);
            self.starts.push(self.rows.len() as u64);
        }
    }

    fn finish(self, lengths: Vec<u32>) -> Postings {
        Postings {
            terms: self.terms.finish(),
            starts: self.starts.into(),
            rows: self.rows.into(),
            occurrences: self.occurrences.into(),
            lengths: lengths.into(),
        }
    }
}

/// Marks a row that does not survive a merge.
pub(crate) const GONE: u32 = u32::MAX;

impl Postings {
    /// The index of a merged segment. `sources` are indexes with, for each of their rows, its row
    /// in the merged segment or [`GONE`].
    pub(crate) fn merge(sources: &[(&Self, &[u32])], rows: usize) -> Result<Self, Error> {
        let mut lengths = vec![0; rows];
        for (source, targets) in sources {
            for (&target, &length) in targets.iter().zip(source.lengths.all()?) {
                if target != GONE {
                    lengths[target as usize] = length;
                }
            }
        }
        // The terms of all sources in order, equal ones side by side.
        let mut terms: Vec<(&[u8], usize, usize)> = Vec::new();
        for (index, (source, _)) in sources.iter().enumerate() {
            for (place, term) in source.terms.iter().enumerate() {
                terms.push((term?, index, place));
            }
        }
        terms.sort_unstable();
        let mut writer = PostingsWriter::default();
        let mut merged = Vec::new();
        for same in terms.chunk_by(|a, b| a.0 == b.0) {
            merged.clear();
            for &(_, index, term) in same {
                let (source, targets) = sources[index];
                let term = source.at(term)?;
                let target = |row: u32| targets.get(row as usize).copied().unwrap_or(GONE);
                merged.extend(
                    term.rows
                        .iter()
                        .zip(term.occurrences)
                        .map(|(&row, &occurrences)| (target(row), occurrences))
                        .filter(|(row, _)| *row != GONE),
                );
            }
            merged.sort_unstable();
            writer.push(same[0].0, merged.iter().copied());
        }
        Ok(writer.finish(lengths))
    }
}

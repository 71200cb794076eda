//! Rows whose patterns need no automaton, and how the search comes to them.

use super::extent::{self, Run};
use super::prefix::{First, PrefixSet};
use super::sequence::{Classes, Ends, Sequence, sequences};
use crate::catalog::Extent;
use regex_syntax::hir::Hir;
use rustc_hash::FxHashMap;

/// A row whose pattern is a few sequences.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) rule: u32,
    max_len: usize,
    sequences: Vec<Sequence>,
    /// However much of its last run the pattern takes, the value goes on to one and the same end.
    one_end: bool,
}

/// How the search comes to a row.
pub(super) enum Way {
    /// By the first bytes of a token.
    First(Vec<First>),
    /// At every token.
    AnyToken,
    /// Over the name of a key or a literal, which know the rule.
    Rule,
}

/// Those rows.
#[derive(Debug, Default)]
pub(super) struct PlainRows {
    classes: Classes,
    rows: Vec<Row>,
    /// Rows by the first bytes of their values.
    by_first: FxHashMap<First, Vec<u32>>,
    prefixes: PrefixSet,
    /// Rows whose values can begin with any bytes.
    long: Vec<u32>,
    /// Rows of keys and literals by their rule.
    by_rule: FxHashMap<u32, u32>,
}

impl PlainRows {
    /// Takes a row if its pattern is plain; says whether it did.
    pub(super) fn enter(&mut self, hir: &Hir, rule: u32, max_len: usize, extent: Extent) -> bool {
        let Some(sequences) = sequences(hir, &mut self.classes) else { return false };
        let one_end = extent != Extent::Match
            && sequences.iter().all(|one| one.runs_over(&self.classes, |byte| extent::goes_on(extent, byte)));
        self.rows.push(Row { rule, max_len, sequences, one_end });
        true
    }

    /// How the row entered last is come to.
    pub(super) fn look_up_last_by(&mut self, way: &Way) {
        let Some(last) = self.rows.len().checked_sub(1).map(|last| last as u32) else { return };
        match way {
            Way::AnyToken => self.long.push(last),
            Way::Rule => drop(self.by_rule.insert(self.rows[last as usize].rule, last)),
            Way::First(firsts) => {
                for first in firsts {
                    let rows = self.by_first.entry(*first).or_default();
                    if !rows.contains(&last) {
                        rows.push(last);
                    }
                    self.prefixes.insert(*first);
                }
            }
        }
    }

    /// True if a row is looked up at tokens.
    pub(super) fn has_tokens(&self) -> bool {
        !self.long.is_empty() || !self.by_first.is_empty()
    }

    /// True if a row is looked up by a key.
    pub(super) fn has_keys(&self) -> bool {
        !self.by_rule.is_empty()
    }

    /// All rows that are looked up at tokens.
    #[cfg(test)]
    pub(super) fn tokens(&self) -> impl Iterator<Item = &Row> {
        let mut rows: Vec<_> = self.by_first.values().flatten().chain(&self.long).collect();
        rows.sort_unstable();
        rows.dedup();
        rows.into_iter().map(|row| &self.rows[*row as usize])
    }

    pub(super) fn runs(&self) -> Vec<Run> {
        self.classes.runs()
    }

    /// The rows whose values can begin with the bytes of `text`.
    #[inline]
    pub(super) fn beginning(&self, text: &[u8]) -> impl Iterator<Item = &Row> {
        let first = text.first_chunk::<3>().filter(|_| self.prefixes.may_begin(text));
        let rows = first.and_then(|first| self.by_first.get(first));
        rows.into_iter().flatten().map(|row| &self.rows[*row as usize])
    }

    /// The rows whose values can begin with any bytes.
    pub(super) fn long(&self) -> impl Iterator<Item = &Row> {
        self.long.iter().map(|row| &self.rows[*row as usize])
    }

    /// The row of a rule that is come to by a key or a literal.
    pub(super) fn of(&self, rule: u32) -> Option<&Row> {
        self.by_rule.get(&rule).map(|row| &self.rows[*row as usize])
    }

    /// Where values of the row end that begin at `start`: stretches, the last first.
    pub(super) fn ends(&self, row: &Row, runs: &mut [Run], text: &[u8], start: usize) -> Ends {
        let mut ends = Ends::default();
        let limit = text.len().min(start + row.max_len);
        for sequence in &row.sequences {
            sequence.ends(&self.classes, runs, text, start, limit, &mut ends);
        }
        if row.one_end {
            ends.iter_mut().for_each(|(first, last)| *first = *last);
        }
        ends.sort_unstable_by_key(|(_, last)| std::cmp::Reverse(*last));
        ends
    }
}

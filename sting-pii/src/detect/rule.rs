//! What is looked for, and what was found.

use super::context::Phrases;
use crate::catalog::{Boundary, Extent, Group};
use crate::validate::Check;
use std::sync::Arc;
use sting_core::Span;

/// A row of the catalog, compiled.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) kind: Arc<str>,
    pub(crate) id: Arc<str>,
    pub(super) group: Group,
    /// Three known bytes begin every value.
    pub(super) prefixed: bool,
    pub(super) boundary: Boundary,
    pub(super) extent: Extent,
    pub(super) check: Option<&'static Check>,
    /// Odds of the shape alone, with the user's own expectation in it.
    pub(super) odds: f32,
    pub(super) weak: bool,
    pub(super) context: Phrases,
    pub(super) avoid: Phrases,
    /// Hashes of the names of keys, sorted.
    pub(super) keys: Vec<u64>,
}

/// A value that may be private data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) span: Span,
    pub(crate) rule: u32,
    pub(crate) score: f32,
    pub(crate) support: Support,
}

/// What found a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// The model of names, as an address: it may hold what looks like a number of another kind, and
    /// yields only to what has passed a test.
    Address,
    /// A pattern of the catalog.
    #[default]
    Pattern,
    /// The model of names, as any other name: it yields to whatever overlaps it.
    Name,
}

/// What spoke for or against a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Support {
    pub(crate) validated: bool,
    pub(crate) context: bool,
    pub(crate) key: bool,
    pub(crate) negative: bool,
    /// What found it.
    pub(crate) source: Source,
}

impl Rule {
    /// True if a value of it is none unless a word near by or a key names it.
    pub(super) fn needs_support(&self, min_score: f32) -> bool {
        let odds = self.odds * self.check.map_or(1.0, |check| check.odds);
        self.weak || super::judge::probability(odds) < min_score
    }
}

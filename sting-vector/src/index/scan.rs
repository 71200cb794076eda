//! The search of one segment for near vectors: a scan, by codes where there are enough rows for them
//! to pay, or a walk of the graph where that is cheaper and the wanted recall allows it.

use std::collections::binary_heap::IntoIter;
use std::ops::Range;

use roaring::RoaringBitmap;

use super::codes::Codes;
use super::graph::Walk;
use super::top::{Entry, Top};
use crate::Metric;
use crate::distance::Scorer;
use crate::store::segment::Segment;

/// Rows below which a segment gets no codes, and below which a scan does not look at them.
const CODED_FROM: u64 = 512;

/// What a look at a row costs in a walk, beside one in a scan: rows lie scattered, and every second
/// link leads to a row seen before.
const WALK_COST: usize = 3;
/// Looks that a walk takes for each row of its width.
const LOOKS: usize = 12;

/// A search for near vectors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'q> {
    pub(super) metric: Metric,
    pub(super) query: &'q [f32],
    pub(super) scorer: &'q Scorer<'q>,
    pub(super) k: usize,
    pub(super) min_recall: f32,
}

/// The best rows by a walk of the graph; `None` if a scan is cheaper, has to be, or turns out to be.
///
/// A filter that leaves a share of the rows makes a walk longer by as much, a filter far from the
/// query longer still: the budget ends it where the scan of the eligible rows costs less.
pub(super) fn walk(
    segment: &Segment,
    target: Target<'_>,
    eligible: Option<&RoaringBitmap>,
) -> Option<IntoIter<Entry>> {
    let graph = segment.graph.get()?;
    let rows = segment.rows() as usize;
    let left = eligible.map_or(rows, |eligible| eligible.len() as usize);
    let width = graph.width(target.min_recall, target.k)?;
    let expected = width.saturating_mul(LOOKS).saturating_mul(rows) / left.max(1);
    if expected.saturating_mul(WALK_COST) > left {
        return None;
    }
    let codes = segment.codes(target.metric);
    let mut estimated = Estimated::new(codes, target);
    let mut found = Vec::with_capacity(width);
    let is_eligible = |row: u32| eligible.is_none_or(|eligible| eligible.contains(row));
    let walk = Walk { width, budget: left / WALK_COST };
    if !graph.search(codes, &estimated.query, walk, is_eligible, |row| found.push(row)) {
        return None;
    }
    // Only a scan knows whether there are no more.
    if found.len() < target.k.min(left) {
        return None;
    }
    for row in found {
        estimated.push(row);
    }
    Some(estimated.best(segment, target))
}

/// The best rows among the eligible ones of a range, in no order. Equal to scoring every row.
pub(super) fn scan(
    segment: &Segment,
    target: Target<'_>,
    eligible: Option<&RoaringBitmap>,
    rows: Range<u32>,
) -> IntoIter<Entry> {
    let scanned = eligible
        .map_or(u64::from(rows.end - rows.start), |eligible| eligible.range_cardinality(rows.clone()));
    if scanned < CODED_FROM || u64::from(segment.rows()) < CODED_FROM || segment.dim == 0 {
        let mut top = Top::new(target.k);
        each_row(eligible, rows, |row| {
            if let Some(score) = exact(segment, target, row) {
                top.push(score, row);
            }
        });
        return top.into_entries();
    }
    let mut estimated = Estimated::new(segment.codes(target.metric), target);
    each_row(eligible, rows, |row| {
        if segment.has_vector(row) {
            estimated.push(row);
        }
    });
    estimated.best(segment, target)
}

pub(super) fn exact(segment: &Segment, target: Target<'_>, row: u32) -> Option<f32> {
    let vector = segment.vector(row)?;
    Some(target.scorer.score(vector, segment.scales[row as usize]))
}

/// Calls `each` with every eligible row of a range.
pub(super) fn each_row(eligible: Option<&RoaringBitmap>, rows: Range<u32>, mut each: impl FnMut(u32)) {
    match eligible {
        Some(eligible) => eligible.range(rows).for_each(each),
        None => rows.for_each(&mut each),
    }
}

/// Upper bounds of scores in a segment that has codes.
#[derive(Debug)]
pub(super) struct Estimates<'s> {
    segment: &'s Segment,
    codes: &'s Codes,
    query: super::codes::CodedQuery,
}

impl<'s> Estimates<'s> {
    /// `None` if the segment is too small to have codes.
    pub(super) fn new(segment: &'s Segment, target: Target<'_>) -> Option<Self> {
        if u64::from(segment.rows()) < CODED_FROM || segment.dim == 0 {
            return None;
        }
        let codes = segment.codes(target.metric);
        Some(Self { segment, codes, query: codes.query(target.query) })
    }

    /// What the score of a row is at most; 0 for one without a vector.
    pub(super) fn at_most(&self, row: u32) -> f32 {
        if !self.segment.has_vector(row) {
            return 0.0;
        }
        let estimate = self.codes.estimate(&self.query, row);
        estimate.score + estimate.error
    }
}

/// Rows whose estimates do not rule them out.
#[derive(Debug)]
struct Estimated<'s> {
    codes: &'s Codes,
    query: super::codes::CodedQuery,
    /// The best lower bounds of scores: the k-th best score is at least the worst of them.
    floor: Top,
    /// Rows that may be among the best, with the upper bounds of their scores.
    candidates: Vec<(f32, u32)>,
}

impl<'s> Estimated<'s> {
    fn new(codes: &'s Codes, target: Target<'_>) -> Self {
        Self { codes, query: codes.query(target.query), floor: Top::new(target.k), candidates: Vec::new() }
    }

    #[inline]
    fn push(&mut self, row: u32) {
        let estimate = self.codes.estimate(&self.query, row);
        let upper = estimate.score + estimate.error;
        if self.floor.threshold().is_none_or(|threshold| upper >= threshold) {
            self.floor.push(estimate.score - estimate.error, row);
            self.candidates.push((upper, row));
        }
    }

    /// The best rows, by their exact scores.
    fn best(self, segment: &Segment, target: Target<'_>) -> IntoIter<Entry> {
        let threshold = self.floor.threshold().unwrap_or(f32::NEG_INFINITY);
        let mut top = Top::new(target.k);
        for (_, row) in self.candidates.into_iter().filter(|&(upper, _)| upper >= threshold) {
            if let Some(score) = exact(segment, target, row) {
                top.push(score, row);
            }
        }
        top.into_entries()
    }
}

//! The exact search of one segment, by codes where there are enough rows for them to pay.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::codes::Codes;
use super::top::{Entry, Top};
use crate::Metric;
use crate::distance::Scorer;
use crate::store::segment::Segment;

/// Rows below which a segment gets no codes, and below which a scan does not look at them.
const CODED_FROM: u64 = 512;

/// A search for near vectors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'q> {
    pub(super) metric: Metric,
    pub(super) query: &'q [f32],
    pub(super) scorer: &'q Scorer<'q>,
    pub(super) k: usize,
}

/// The best rows among the eligible ones of a range, in no order. Equal to scoring every row.
pub(super) fn scan(
    segment: &Segment,
    target: Target<'_>,
    eligible: Option<&RoaringBitmap>,
    rows: Range<u32>,
) -> impl Iterator<Item = Entry> {
    let scanned = eligible
        .map_or(u64::from(rows.end - rows.start), |eligible| eligible.range_cardinality(rows.clone()));
    let mut top = Top::new(target.k);
    if scanned < CODED_FROM || u64::from(segment.rows()) < CODED_FROM || segment.dim == 0 {
        each_row(eligible, rows, |row| {
            if let Some(score) = exact(segment, target, row) {
                top.push(score, row);
            }
        });
    } else {
        let codes = segment.codes(target.metric);
        let mut estimated = Estimated::new(codes, target);
        each_row(eligible, rows, |row| {
            if segment.has_vector(row) {
                estimated.push(row);
            }
        });
        for row in estimated.undecided() {
            if let Some(score) = exact(segment, target, row) {
                top.push(score, row);
            }
        }
    }
    top.into_entries()
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

    fn undecided(self) -> impl Iterator<Item = u32> {
        let threshold = self.floor.threshold().unwrap_or(f32::NEG_INFINITY);
        self.candidates.into_iter().filter(move |&(upper, _)| upper >= threshold).map(|(_, row)| row)
    }
}

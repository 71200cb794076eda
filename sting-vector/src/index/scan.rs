//! The search of one segment for near vectors: a scan, by codes where there are enough rows for them
//! to pay, or a walk of the graph where that is cheaper and the wanted recall allows it.

use std::collections::binary_heap::IntoIter;
use std::ops::Range;

use roaring::RoaringBitmap;

use super::codes::Codes;
use super::graph::Walk;
use super::top::{Entry, Top};
use crate::distance::Scorer;
use crate::store::segment::{HAS_VECTOR, Segment};
use crate::{Error, Metric};

/// Rows below which a segment gets no codes, and below which a scan does not look at them.
pub(crate) const CODED_FROM: u64 = 512;

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

/// What came of a walk: rows, or none because a scan is cheaper, has to be, or turned out to be.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) entries: Option<IntoIter<Entry>>,
    pub(super) looks: usize,
    pub(super) expected_recall: f32,
}

/// The best rows by a walk of the graph, where that is cheaper than a scan.
///
/// A filter that leaves a share of the rows makes a walk longer by as much, a filter far from the
/// query longer still: the budget ends it where the scan of the eligible rows costs less.
pub(super) fn walk(
    segment: &Segment,
    target: Target<'_>,
    eligible: Option<&RoaringBitmap>,
) -> Result<Walked, Error> {
    let mut walked = Walked::default();
    let Some(graph) = segment.graph() else { return Ok(walked) };
    let rows = segment.rows() as usize;
    let left = eligible.map_or(rows, |eligible| eligible.len() as usize);
    let Some((width, recall)) = graph.width(target.min_recall, target.k) else { return Ok(walked) };
    let expected = width.saturating_mul(LOOKS).saturating_mul(rows) / left.max(1);
    if expected.saturating_mul(WALK_COST) > left {
        return Ok(walked);
    }
    let codes = segment.codes(target.metric)?;
    let mut estimated = Estimated::new(codes, target);
    let mut found = Vec::with_capacity(width);
    let is_eligible = |row: u32| eligible.is_none_or(|eligible| eligible.contains(row));
    let walk = Walk { width, budget: left / WALK_COST };
    let outcome = graph.search(codes, &estimated.query, walk, is_eligible, |row| found.push(row));
    let Ok((looks, is_whole)) = outcome else {
        // What is damaged is built again; until then a scan does as well.
        segment.set_graph(None);
        return Ok(walked);
    };
    walked.looks = looks;
    // Only a scan knows whether there are no more.
    if !is_whole || found.len() < target.k.min(left) {
        return Ok(walked);
    }
    for row in found {
        estimated.push(row);
    }
    (walked.entries, walked.expected_recall) = (Some(estimated.best(segment, target)?), recall);
    Ok(walked)
}

/// The best rows among the eligible ones of a range, in no order. Equal to scoring every row.
pub(super) fn scan(
    segment: &Segment,
    target: Target<'_>,
    eligible: Option<&RoaringBitmap>,
    rows: Range<u32>,
) -> Result<IntoIter<Entry>, Error> {
    let scanned = eligible
        .map_or(u64::from(rows.end - rows.start), |eligible| eligible.range_cardinality(rows.clone()));
    if !uses_codes(segment, scanned) {
        let mut top = Top::new(target.k);
        let mut damage = Ok(());
        each_row(eligible, rows, |row| match exact(segment, target, row) {
            Ok(Some(score)) => top.push(score, row),
            Ok(None) => {}
            Err(error) => damage = Err(error),
        });
        return damage.map(|()| top.into_entries());
    }
    let flags = segment.flags.all()?;
    let mut estimated = Estimated::new(segment.codes(target.metric)?, target);
    each_row(eligible, rows, |row| {
        if flags[row as usize] & HAS_VECTOR != 0 {
            estimated.push(row);
        }
    });
    estimated.best(segment, target)
}

/// Whether a scan of so many rows looks at codes first.
pub(super) fn uses_codes(segment: &Segment, rows: u64) -> bool {
    rows >= CODED_FROM && u64::from(segment.rows()) >= CODED_FROM && segment.dim > 0
}

pub(super) fn exact(segment: &Segment, target: Target<'_>, row: u32) -> Result<Option<f32>, Error> {
    let Some(vector) = segment.vector(row)? else { return Ok(None) };
    Ok(Some(target.scorer.score(vector, segment.scales.get(row as usize)?)))
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
    flags: &'s [u8],
    codes: Codes<'s>,
    query: super::codes::CodedQuery,
}

impl<'s> Estimates<'s> {
    /// `None` if the segment is too small to have codes.
    pub(super) fn new(segment: &'s Segment, target: Target<'_>) -> Result<Option<Self>, Error> {
        if u64::from(segment.rows()) < CODED_FROM || segment.dim == 0 {
            return Ok(None);
        }
        let codes = segment.codes(target.metric)?;
        Ok(Some(Self { flags: segment.flags.all()?, codes, query: codes.query(target.query) }))
    }

    /// What the score of a row is at most; 0 for one without a vector.
    pub(super) fn at_most(&self, row: u32) -> f32 {
        if self.flags[row as usize] & HAS_VECTOR == 0 {
            return 0.0;
        }
        let estimate = self.codes.estimate(&self.query, row);
        estimate.score + estimate.error
    }
}

/// Rows whose estimates do not rule them out.
#[derive(Debug)]
struct Estimated<'s> {
    codes: Codes<'s>,
    query: super::codes::CodedQuery,
    /// The best lower bounds of scores: the k-th best score is at least the worst of them.
    floor: Top,
    /// Rows that may be among the best, with the upper bounds of their scores.
    candidates: Vec<(f32, u32)>,
}

impl<'s> Estimated<'s> {
    fn new(codes: Codes<'s>, target: Target<'_>) -> Self {
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
    fn best(self, segment: &Segment, target: Target<'_>) -> Result<IntoIter<Entry>, Error> {
        let threshold = self.floor.threshold().unwrap_or(f32::NEG_INFINITY);
        let mut top = Top::new(target.k);
        for (_, row) in self.candidates.into_iter().filter(|&(upper, _)| upper >= threshold) {
            if let Some(score) = exact(segment, target, row)? {
                top.push(score, row);
            }
        }
        Ok(top.into_entries())
    }
}

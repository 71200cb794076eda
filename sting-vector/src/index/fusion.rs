//! Fusion of the two legs by rank.

use rustc_hash::FxHashMap;

use super::scan::{Target, exact};
use super::search::{Found, best_first};
use super::top::Top;
use crate::Error;
use crate::collection::snapshot::Snapshot;

/// Rows of a leg that count, at least.
pub(super) const DEPTH: usize = 100;
/// How little the first ranks stand out (Cormack, Clarke and Büttcher, 2009).
const CALM: f32 = 60.0;

/// Adds up reciprocal ranks: of the nearest rows, and of the best by their keyword scores.
pub(super) fn by_rank(
    snapshot: &Snapshot,
    target: Target<'_>,
    mut near: Vec<Found>,
    keyword: &[Vec<f32>],
    vector_weight: f32,
) -> Result<Vec<Found>, Error> {
    let mut worded = Vec::new();
    for (view, scores) in keyword.iter().enumerate() {
        let mut top = Top::new(target.k);
        for (row, &score) in (0..).zip(scores).filter(|(_, score)| **score > 0.0) {
            top.push(score, row);
        }
        for entry in top.into_entries() {
            let (row, score) = (entry.row, entry.score);
            let vector_score = exact(&snapshot.views[view].segment, target, row)?;
            worded.push(Found { view, row, score, vector_score, keyword_score: Some(score) });
        }
    }
    best_first(snapshot, &mut near, target.k);
    best_first(snapshot, &mut worded, target.k);
    let share = |rank: usize| 1.0 / (CALM + 1.0 + rank as f32);
    let mut fused: FxHashMap<(usize, u32), Found> = FxHashMap::default();
    for (rank, found) in near.into_iter().enumerate() {
        let score = vector_weight * share(rank);
        let keyword_score = Some(keyword[found.view][found.row as usize]).filter(|&score| score > 0.0);
        fused.insert((found.view, found.row), Found { score, keyword_score, ..found });
    }
    for (rank, found) in worded.into_iter().enumerate() {
        let place = fused.entry((found.view, found.row)).or_insert(Found { score: 0.0, ..found });
        place.score += share(rank);
    }
    Ok(fused.into_values().collect())
}

//! Which of several overlapping candidates is reported, and what is covered when transforming.
//!
//! Candidates that overlap, each with the next, form a cluster. In a cluster the best candidates
//! that do not overlap win; what only losers cover is covered too. Clusters are closed after
//! [`MAX_CLUSTER`] bytes, so that the result depends on no more than that.

use super::extent::MAX_VALUE;
use super::{Candidate, Source};
use smallvec::SmallVec;
use sting_core::Span;

/// Longest stretch of candidates, from the first to the start of the last, that are weighed
/// against each other.
pub(crate) const MAX_CLUSTER: usize = MAX_VALUE;

/// One stretch of covered text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cluster {
    /// Where its first candidate begins, which may be in a cluster that was closed before.
    pub(crate) begin: usize,
    /// Everything that a candidate covers, without a gap.
    pub(crate) span: Span,
    /// The winners, in order. What of `span` is in none of them is covered by losers.
    pub(crate) winners: SmallVec<[Candidate; 1]>,
}

impl Cluster {
    /// Where the next cluster's candidates begin: at the end, or where this one was closed.
    pub(crate) fn closed_at(&self) -> usize {
        self.span.end.min(self.begin + MAX_CLUSTER)
    }
}

/// Sorts candidates into clusters, in order. Winners never overlap. What is before `covered` is
/// done with.
pub(crate) fn clusters(candidates: &mut [Candidate], covered: usize) -> Vec<Cluster> {
    candidates
        .sort_unstable_by(|a, b| (a.span.start, b.span.end, a.rule).cmp(&(b.span.start, a.span.end, b.rule)));
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut rest = &*candidates;
    while let Some(first) = rest.first() {
        let begin = first.span.start;
        let mut end = first.span.end;
        let mut members = 1;
        for next in &rest[1..] {
            if next.span.start >= end || next.span.start >= begin + MAX_CLUSTER {
                break;
            }
            end = end.max(next.span.end);
            members += 1;
        }
        // A candidate that a closed cluster reaches into keeps only what is left of it.
        let floor = clusters.last().map_or(covered, |last| last.span.end);
        let span = Span::new(begin.max(floor), end);
        let (cluster, after) = rest.split_at(members);
        rest = after;
        if !span.is_empty() {
            clusters.push(Cluster { begin, span, winners: winners(cluster, floor) });
        }
    }
    clusters
}

/// The best first: by what found it, then score, then length, then the order of the catalog. An address
/// that overlaps a number with right check digits, or the value of a telling key, is none; nor is one that is no
/// more than what a pattern found, such as a post code.
fn winners(cluster: &[Candidate], floor: usize) -> SmallVec<[Candidate; 1]> {
    if let [only] = cluster {
        // Most often one candidate stands alone.
        return if only.span.start >= floor { SmallVec::from([*only]) } else { SmallVec::new() };
    }
    let mut order: Vec<_> = cluster.iter().filter(|candidate| candidate.span.start >= floor).collect();
    let tested = |span: Span| {
        cluster.iter().any(|c| {
            c.support.source == Source::Pattern
                && ((c.support.validated || c.support.key) && c.span.overlaps(span)
                    || c.span.start <= span.start && span.end <= c.span.end)
        })
    };
    order.retain(|candidate| candidate.support.source != Source::Address || !tested(candidate.span));
    order.sort_by(|a, b| {
        a.support
            .source
            .cmp(&b.support.source)
            .then(b.score.total_cmp(&a.score))
            .then(b.span.len().cmp(&a.span.len()))
            .then(a.rule.cmp(&b.rule))
            .then(a.span.start.cmp(&b.span.start))
    });
    let mut winners: SmallVec<[Candidate; 1]> = SmallVec::new();
    for candidate in order {
        let place = winners.partition_point(|winner| winner.span.start < candidate.span.start);
        let free_before = place == 0 || winners[place - 1].span.end <= candidate.span.start;
        let free_behind = winners.get(place).is_none_or(|next| candidate.span.end <= next.span.start);
        if free_before && free_behind {
            winners.insert(place, *candidate);
        }
    }
    winners
}

#[cfg(test)]
mod tests {
    use super::{Candidate, MAX_CLUSTER, clusters};
    use crate::detect::Support;
    use proptest::prelude::*;
    use sting_core::Span;

    fn candidate(start: usize, end: usize, score: f32) -> Candidate {
        Candidate { span: Span::new(start, end), rule: 0, score, support: Support::default() }
    }

    #[test]
    fn the_best_wins_and_all_is_covered() {
        let mut all =
            [candidate(0, 5, 0.6), candidate(3, 9, 0.9), candidate(8, 12, 0.7), candidate(20, 21, 0.5)];
        let found = clusters(&mut all, 0);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].span, Span::new(0, 12));
        assert_eq!(found[0].winners.as_slice(), [candidate(3, 9, 0.9)]);
    }

    proptest! {
        #[test]
        fn every_candidate_is_covered_once(spans in proptest::collection::vec((0_usize..40_000, 1_usize..3_000, 1_u8..100), 0..60)) {
            let mut all: Vec<_> = spans.iter().map(|&(s, l, p)| candidate(s, s + l, f32::from(p) / 100.0)).collect();
            let found = clusters(&mut all, 0);
            for pair in found.windows(2) {
                prop_assert!(pair[0].span.end <= pair[1].span.start);
            }
            for cluster in &found {
                for pair in cluster.winners.windows(2) {
                    prop_assert!(pair[0].span.end <= pair[1].span.start);
                }
                prop_assert!(cluster.winners.iter().all(|w| cluster.span.cover(w.span) == cluster.span));
                prop_assert!(cluster.span.len() <= MAX_CLUSTER + 3_000);
            }
            for one in &all {
                prop_assert!((one.span.start..one.span.end).all(|i| found.iter().any(|c| c.span.contains(i))));
            }
        }
    }
}

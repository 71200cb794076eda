//! The search of one snapshot: keyword leg, vector leg, or both fused row by row.

use std::ops::Range;
use std::time::Instant;

use rayon::prelude::*;
use roaring::RoaringBitmap;

use super::explain::{Explanation, Method, SegmentPlan};
use super::fusion::{DEPTH, by_rank};
use super::scan::{Estimates, Target, exact, scan, uses_codes, walk};
use super::top::{Entry, Top};
use crate::collection::Fusion;
use crate::collection::snapshot::{Snapshot, View};
use crate::distance::Scorer;
use crate::filter::Filter;
use crate::keyword::words;
use crate::{Error, Metric};

/// Rows that one thread scans at a time.
const CHUNK: u32 = 16_384;
/// Numbers in vectors below which threads cost more than they save.
const PARALLEL_FROM: u64 = 8 << 20;

/// No scaled vector score is more; a cosine may be rounded to a little more than 1.
const VECTOR_AT_MOST: f32 = 1.001;

/// What a query compares.
#[derive(Debug)]
pub(crate) struct Legs<'q> {
    pub(crate) vector: Option<&'q [f32]>,
    pub(crate) text: Option<&'q str>,
    /// Weight of the vector leg beside a keyword leg of weight 1, both in [0, 1].
    pub(crate) vector_weight: f32,
    /// Share of the true nearest rows that the vector leg has to find; 1 for all.
    pub(crate) min_recall: f32,
    pub(crate) fusion: Fusion,
}

/// A row found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) view: usize,
    pub(crate) row: u32,
    pub(crate) score: f32,
    pub(crate) vector_score: Option<f32>,
    pub(crate) keyword_score: Option<f32>,
}

/// The best `k` rows in order, rows of equal score in order of their ids; and how they were found.
pub(crate) fn search(
    snapshot: &Snapshot,
    metric: Metric,
    legs: &Legs<'_>,
    k: usize,
    filter: Option<&Filter>,
) -> Result<(Vec<Found>, Explanation), Error> {
    let mut explanation = Explanation { expected_recall: 1.0, ..Explanation::default() };
    let start = Instant::now();
    let eligible: Vec<Option<RoaringBitmap>> =
        snapshot.views.iter().map(|view| view.eligible(filter)).collect::<Result<_, _>>()?;
    explanation.filter_time = start.elapsed();
    let count = |(view, rows): (&View, &Option<RoaringBitmap>)| {
        rows.as_ref().map_or(view.live_rows(), RoaringBitmap::len)
    };
    explanation.eligible = snapshot.views.iter().zip(&eligible).map(count).sum();
    let scorer = legs.vector.map(|query| (query, Scorer::new(metric, query)));
    let target = scorer.as_ref().map(|(query, scorer)| Target {
        metric,
        query,
        scorer,
        k: if legs.fusion == Fusion::ReciprocalRank && legs.text.is_some() { k.max(DEPTH) } else { k },
        min_recall: legs.min_recall,
    });
    let mut found = match (target, legs.text) {
        (Some(target), None) => nearest(snapshot, target, &eligible, &mut explanation)?,
        (Some(target), Some(text)) if legs.fusion == Fusion::ReciprocalRank => {
            let near = nearest(snapshot, target, &eligible, &mut explanation)?;
            let start = Instant::now();
            let keyword = keyword_scores(snapshot, text, &eligible, &mut explanation.words)?;
            let found = by_rank(snapshot, target, near, &keyword, legs.vector_weight)?;
            explanation.keyword_time = start.elapsed();
            found
        }
        (target, Some(text)) => {
            ranked(snapshot, target, text, legs.vector_weight, k, &eligible, &mut explanation)?
        }
        (None, None) => Vec::new(),
    };
    best_first(snapshot, &mut found, k);
    Ok((found, explanation))
}

/// Sorts by score, rows of equal score by their ids, and keeps the first `k`.
pub(super) fn best_first(snapshot: &Snapshot, found: &mut Vec<Found>, k: usize) {
    // An id that cannot be read comes first, so that whoever reads the rows learns of the damage.
    let id =
        |found: &Found| snapshot.views[found.view].segment.ids.get(found.row as usize).unwrap_or_default();
    found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| id(a).cmp(id(b))));
    found.truncate(k);
}

/// The vector leg alone: the best rows of every segment.
fn nearest(
    snapshot: &Snapshot,
    target: Target<'_>,
    eligible: &[Option<RoaringBitmap>],
    explanation: &mut Explanation,
) -> Result<Vec<Found>, Error> {
    let start = Instant::now();
    let found = |view: usize| {
        move |entry: Entry| Found {
            view,
            row: entry.row,
            score: entry.score,
            vector_score: Some(entry.score),
            keyword_score: None,
        }
    };
    let mut all: Vec<Found> = Vec::new();
    // Ranges of rows to scan, and how many numbers that is.
    let (mut scans, mut numbers) = (Vec::new(), 0);
    for (index, (view, eligible)) in snapshot.views.iter().zip(eligible).enumerate() {
        let segment = &view.segment;
        let rows = segment.rows();
        let walked = walk(segment, target, eligible.as_ref())?;
        let left = eligible.as_ref().map_or(u64::from(rows), RoaringBitmap::len);
        let mut plan = SegmentPlan {
            rows: rows.into(),
            eligible: left,
            method: Method::Graph,
            visited: walked.looks as u64,
            expected_recall: walked.expected_recall,
        };
        if let Some(entries) = walked.entries {
            explanation.segments.push(plan);
            all.extend(entries.map(found(index)));
            continue;
        }
        let method = if uses_codes(segment, left) { Method::Codes } else { Method::Exact };
        plan.method = if walked.looks > 0 { Method::GraphThenScan } else { method };
        plan.visited += left;
        plan.expected_recall = 1.0;
        explanation.segments.push(plan);
        scans.extend((0..rows).step_by(CHUNK as usize).map(|start| (index, start..rows.min(start + CHUNK))));
        numbers += left * segment.dim as u64;
    }
    let run = |(index, rows): (usize, Range<u32>)| {
        let entries = scan(&snapshot.views[index].segment, target, eligible[index].as_ref(), rows)?;
        Ok(entries.map(found(index)).collect())
    };
    let scanned: Vec<Vec<Found>> = if numbers < PARALLEL_FROM {
        scans.into_iter().map(run).collect::<Result<_, Error>>()?
    } else {
        scans.into_par_iter().map(run).collect::<Result<_, Error>>()?
    };
    all.extend(scanned.into_iter().flatten());
    // A near row is in a segment as likely as any row is.
    let weigh = |plan: &SegmentPlan| plan.expected_recall * plan.eligible as f32;
    let rows = explanation.segments.iter().map(|plan| plan.eligible).sum::<u64>().max(1);
    let missed = rows as f32 - explanation.segments.iter().map(weigh).sum::<f32>();
    explanation.expected_recall = (1.0 - missed / rows as f32).clamp(0.0, 1.0);
    explanation.vector_time = start.elapsed();
    Ok(all)
}

/// The keyword leg, alone or fused with the vector leg.
///
/// Rows that hold no word of the query are ranked by their vectors alone, so that only the nearest
/// of them count; for the others a vector cannot add more than its weight.
fn ranked(
    snapshot: &Snapshot,
    target: Option<Target<'_>>,
    text: &str,
    vector_weight: f32,
    k: usize,
    eligible: &[Option<RoaringBitmap>],
    explanation: &mut Explanation,
) -> Result<Vec<Found>, Error> {
    let near = match target {
        Some(target) => nearest(snapshot, target, eligible, explanation)?,
        None => Vec::new(),
    };
    let start = Instant::now();
    let keyword = keyword_scores(snapshot, text, eligible, &mut explanation.words)?;
    let rank = Rank {
        metric: target.map(|target| target.metric),
        best_keyword: keyword.iter().flatten().copied().fold(0.0, f32::max),
        best_vector: near.iter().map(|found| found.score).fold(f32::MIN, f32::max),
        vector_weight,
    };
    let mut found: Vec<Found> = near
        .into_iter()
        .map(|near| {
            let keyword_score = Some(keyword[near.view][near.row as usize]).filter(|&score| score > 0.0);
            Found { score: rank.score(near.vector_score, keyword_score), keyword_score, ..near }
        })
        .collect();
    for (index, (view, scores)) in snapshot.views.iter().zip(&keyword).enumerate() {
        let vector = |row: u32| target.map_or(Ok(None), |target| exact(&view.segment, target, row));
        let seen: RoaringBitmap =
            found.iter().filter(|found| found.view == index).map(|found| found.row).collect();
        let cosine = target.filter(|target| target.metric == Metric::Cosine);
        let estimates = match cosine {
            Some(target) => Estimates::new(&view.segment, target)?,
            None => None,
        };
        let mut top = Top::new(k);
        for (row, &keyword) in (0..).zip(scores).filter(|(_, score)| **score > 0.0) {
            let may_enter =
                |vector| top.threshold().is_none_or(|threshold| rank.at_most(keyword, vector) >= threshold);
            // The cheap bound first, then that of the codes, then the score itself.
            if may_enter(VECTOR_AT_MOST)
                && !seen.contains(row)
                && estimates.as_ref().is_none_or(|estimates| may_enter(estimates.at_most(row)))
            {
                top.push(rank.score(vector(row)?, Some(keyword)), row);
            }
        }
        for entry in top.into_entries() {
            found.push(Found {
                view: index,
                row: entry.row,
                score: entry.score,
                vector_score: vector(entry.row)?,
                keyword_score: Some(scores[entry.row as usize]),
            });
        }
    }
    explanation.keyword_time = start.elapsed();
    Ok(found)
}

/// How the scores of a row become one.
#[derive(Clone, Copy, Debug)]
struct Rank {
    /// `None` if there is no vector leg.
    metric: Option<Metric>,
    best_keyword: f32,
    best_vector: f32,
    vector_weight: f32,
}

impl Rank {
    fn score(self, vector: Option<f32>, keyword: Option<f32>) -> f32 {
        let keyword = keyword.unwrap_or(0.0);
        let Some(metric) = self.metric else { return keyword };
        self.fused(keyword, vector.map_or(0.0, |score| metric.scaled(score, self.best_vector)))
    }

    /// The most that a row of this keyword score can get, if its vector gives no more than this.
    fn at_most(self, keyword: f32, vector: f32) -> f32 {
        if self.metric.is_some() { self.fused(keyword, vector) } else { keyword }
    }

    fn fused(self, keyword: f32, vector: f32) -> f32 {
        let keyword = if keyword > 0.0 { keyword / self.best_keyword } else { 0.0 };
        (keyword + self.vector_weight * vector) / (1.0 + self.vector_weight)
    }
}

/// BM25 scores of all rows, view by view; 0 for rows that are not eligible.
fn keyword_scores(
    snapshot: &Snapshot,
    text: &str,
    eligible: &[Option<RoaringBitmap>],
    explained: &mut Vec<(String, u64)>,
) -> Result<Vec<Vec<f32>>, Error> {
    // Distinct words in order of their first occurrence, so that sums round alike everywhere.
    let mut terms: Vec<(String, u32)> = Vec::new();
    let mut places = rustc_hash::FxHashMap::default();
    words(text, |word| {
        if let Some(&place) = places.get(word) {
            let (_, count): &mut (String, u32) = &mut terms[place];
            *count += 1;
        } else {
            places.insert(word.to_owned(), terms.len());
            terms.push((word.to_owned(), 1));
        }
    });
    let mut weights = Vec::with_capacity(terms.len());
    for (word, count) in &terms {
        let mut holders = 0;
        for view in &snapshot.views {
            holders += view.segment.with_postings(|postings| {
                let term = postings.term(word)?;
                let rows = term.map_or(&[][..], |term| term.rows);
                Ok(match &view.live {
                    None => rows.len() as u64,
                    Some(live) => rows.iter().filter(|&&row| live.contains(row)).count() as u64,
                })
            })?;
        }
        weights.push(snapshot.statistics.weight(holders) * *count as f32);
        explained.push((word.clone(), holders));
    }
    let norm = snapshot.statistics.norm();
    let mut all = Vec::with_capacity(snapshot.views.len());
    for (view, eligible) in snapshot.views.iter().zip(eligible) {
        let mut scores = view.segment.with_postings(|postings| {
            let mut scores = vec![0.0; view.segment.rows() as usize];
            for ((word, _), &weight) in terms.iter().zip(&weights) {
                if let Some(term) = postings.term(word)? {
                    postings.add_scores(term, weight, norm, &mut scores)?;
                }
            }
            Ok(scores)
        })?;
        if let Some(eligible) = eligible {
            for (row, score) in (0..).zip(&mut scores) {
                if *score > 0.0 && !eligible.contains(row) {
                    *score = 0.0;
                }
            }
        }
        all.push(scores);
    }
    Ok(all)
}

//! The search of one snapshot: keyword leg, vector leg, or both fused row by row.

use rayon::prelude::*;
use roaring::RoaringBitmap;

use super::top::Top;
use crate::Metric;
use crate::collection::snapshot::Snapshot;
use crate::distance::Scorer;
use crate::filter::Filter;
use crate::keyword::words;

/// Rows that one thread scans at a time.
const CHUNK: u32 = 4096;
/// Numbers in vectors below which threads cost more than they save.
const PARALLEL_FROM: usize = 4 << 20;

/// What a query compares.
#[derive(Debug)]
pub(crate) struct Legs<'q> {
    pub(crate) vector: Option<&'q [f32]>,
    pub(crate) text: Option<&'q str>,
    /// Weight of the vector leg beside a keyword leg of weight 1, both in [0, 1].
    pub(crate) vector_weight: f32,
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

/// The best `k` rows in order; rows of equal score in order of their ids.
pub(crate) fn search(
    snapshot: &Snapshot,
    metric: Metric,
    legs: &Legs<'_>,
    k: usize,
    filter: Option<&Filter>,
) -> Vec<Found> {
    let eligible: Vec<Option<RoaringBitmap>> =
        snapshot.views.iter().map(|view| view.eligible(filter)).collect();
    let keyword = legs.text.map(|text| keyword_scores(snapshot, text, &eligible));
    let scorer = legs.vector.map(|query| Scorer::new(metric, query));
    let best = Best {
        keyword: keyword.iter().flatten().flat_map(|scores| scores.iter().copied()).fold(0.0, f32::max),
        vector: match (&scorer, &keyword, metric) {
            (Some(scorer), Some(_), Metric::Dot) => best_vector_score(snapshot, scorer, &eligible),
            _ => 0.0,
        },
    };
    let rank = Rank { metric, best, vector_weight: legs.vector_weight };

    let scan = |view: usize, rows: std::ops::Range<u32>| {
        let segment = &snapshot.views[view].segment;
        let scores = keyword.as_ref().map(|views| &views[view]);
        let mut top = Top::new(k);
        let parts = |row: u32| {
            let vector = scorer.as_ref().and_then(|scorer| {
                segment.vector(row).map(|vector| scorer.score(vector, segment.scales[row as usize]))
            });
            let keyword = scores.map(|scores| scores[row as usize]).filter(|&score| score > 0.0);
            (vector, keyword)
        };
        each_row(eligible[view].as_ref(), rows, |row| {
            let (vector, keyword) = parts(row);
            if let Some(score) = rank.score(vector, keyword, scorer.is_some() && scores.is_some()) {
                top.push(score, row);
            }
        });
        top.into_entries()
            .map(|entry| {
                let (vector_score, keyword_score) = parts(entry.row);
                Found { view, row: entry.row, score: entry.score, vector_score, keyword_score }
            })
            .collect::<Vec<_>>()
    };

    let chunks: Vec<_> = snapshot
        .views
        .iter()
        .enumerate()
        .flat_map(|(index, view)| {
            let rows = view.segment.rows();
            (0..rows).step_by(CHUNK as usize).map(move |start| (index, start..rows.min(start + CHUNK)))
        })
        .collect();
    let numbers: usize = match &scorer {
        Some(_) => snapshot.rows() as usize * snapshot.dim.unwrap_or(0),
        None => 0,
    };
    let mut found: Vec<Found> = if numbers >= PARALLEL_FROM && filter.is_none() {
        chunks.into_par_iter().flat_map_iter(|(view, rows)| scan(view, rows)).collect()
    } else {
        (0..snapshot.views.len())
            .flat_map(|view| scan(view, 0..snapshot.views[view].segment.rows()))
            .collect()
    };
    let id = |found: &Found| snapshot.views[found.view].segment.ids.get(found.row as usize);
    found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| id(a).cmp(id(b))));
    found.truncate(k);
    found
}

/// The best scores of a query, by which its legs are scaled.
#[derive(Clone, Copy, Debug)]
struct Best {
    keyword: f32,
    vector: f32,
}

/// How the scores of a row become one.
#[derive(Clone, Copy, Debug)]
struct Rank {
    metric: Metric,
    best: Best,
    vector_weight: f32,
}

impl Rank {
    /// `None` if the row is no match.
    fn score(self, vector: Option<f32>, keyword: Option<f32>, is_hybrid: bool) -> Option<f32> {
        if !is_hybrid {
            return vector.or(keyword);
        }
        if vector.is_none() && keyword.is_none() {
            return None;
        }
        let keyword = keyword.map_or(0.0, |score| score / self.best.keyword);
        let vector = vector.map_or(0.0, |score| self.metric.unit_score(score, self.best.vector));
        Some((keyword + self.vector_weight * vector) / (1.0 + self.vector_weight))
    }
}

/// Calls `each` with every eligible row of a range.
fn each_row(eligible: Option<&RoaringBitmap>, rows: std::ops::Range<u32>, mut each: impl FnMut(u32)) {
    match eligible {
        Some(eligible) => eligible.range(rows).for_each(each),
        None => rows.for_each(&mut each),
    }
}

fn best_vector_score(snapshot: &Snapshot, scorer: &Scorer<'_>, eligible: &[Option<RoaringBitmap>]) -> f32 {
    let mut best = f32::MIN;
    for (view, eligible) in snapshot.views.iter().zip(eligible) {
        let segment = &view.segment;
        each_row(eligible.as_ref(), 0..segment.rows(), |row| {
            if let Some(vector) = segment.vector(row) {
                best = best.max(scorer.score(vector, segment.scales[row as usize]));
            }
        });
    }
    best
}

/// BM25 scores of all rows, view by view; 0 for rows that are not eligible.
fn keyword_scores(snapshot: &Snapshot, text: &str, eligible: &[Option<RoaringBitmap>]) -> Vec<Vec<f32>> {
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
    let mut scores: Vec<Vec<f32>> =
        snapshot.views.iter().map(|view| vec![0.0; view.segment.rows() as usize]).collect();
    let norm = snapshot.statistics.norm();
    for (word, count) in terms {
        let postings: Vec<_> = snapshot.views.iter().map(|view| view.segment.postings.term(&word)).collect();
        let holders = snapshot
            .views
            .iter()
            .zip(&postings)
            .map(|(view, term)| {
                let rows = term.map_or(&[][..], |term| term.rows);
                match &view.live {
                    None => rows.len() as u64,
                    Some(live) => rows.iter().filter(|&&row| live.contains(row)).count() as u64,
                }
            })
            .sum();
        let weight = snapshot.statistics.weight(holders) * count as f32;
        for ((view, term), scores) in snapshot.views.iter().zip(postings).zip(&mut scores) {
            if let Some(term) = term {
                view.segment.postings.add_scores(term, weight, norm, scores);
            }
        }
    }
    for (scores, eligible) in scores.iter_mut().zip(eligible) {
        if let Some(eligible) = eligible {
            for (row, score) in (0..).zip(scores) {
                if *score > 0.0 && !eligible.contains(row) {
                    *score = 0.0;
                }
            }
        }
    }
    scores
}

//! The approximate index of a large segment: a graph of one layer over the codes.
//!
//! Every row links to rows around it, chosen so that they lie in different directions. A search
//! walks from row to nearer row and keeps the best `width` that it saw. How wide it must be for a
//! wanted recall is measured when the graph is built, on rows that are not in it yet.
//!
//! Subramanya et al., *DiskANN* (2019), for the choice of links; Manohar et al., *ParlayANN* (2024),
//! for building in batches, which gives the same graph whatever the number of threads.

mod build;
mod walk;

use std::path::Path;
use std::sync::OnceLock;

use super::codes::{CodedQuery, Codes};
use crate::Error;
use crate::store::buffer::{Buffer, outside};

/// Rows from which a segment gets a graph; fewer are scanned as fast.
pub(crate) const GRAPH_FROM: u32 = 12_000;

/// Links of a row.
pub(crate) const DEGREE: usize = 32;

/// In place of a link that is not there.
pub(crate) const NONE: u32 = u32::MAX;

/// Hits for which recall is measured.
const CALIBRATED_K: usize = 10;

/// The graph of a segment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    /// [`DEGREE`] a row.
    pub(crate) links: Buffer<u32>,
    /// Where walks start: rows drawn by chance, so many that every cluster is likely to have one. A
    /// walk looks at all and goes on from the nearest; this does what the upper layers of HNSW do.
    pub(crate) entries: Vec<u32>,
    pub(crate) calibration: Vec<Calibration>,
    /// Whether all links lead to rows, looked up once.
    pub(crate) is_whole: OnceLock<bool>,
}

/// What a walk of a width finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Calibration {
    pub(crate) width: u32,
    /// Share of the true ten nearest rows that were found.
    pub(crate) recall: f32,
}

impl Graph {
    /// The width that gives a recall for `k` hits, and the recall that it was seen to give; `None` if
    /// no width was.
    pub(crate) fn width(&self, recall: f32, k: usize) -> Option<(usize, f32)> {
        if recall >= 1.0 {
            return None;
        }
        let measured = self.calibration.iter().find(|calibration| calibration.recall >= recall)?;
        let width = measured.width as usize;
        let width = if k <= CALIBRATED_K { width } else { width.saturating_mul(k) / CALIBRATED_K };
        Some((width, measured.recall))
    }

    /// Whether nobody compared the links with their checksums yet.
    pub(crate) fn is_unchecked(&self) -> bool {
        self.is_whole.get().is_none()
    }

    /// Checks the graph of so many rows.
    pub(crate) fn check(&self, rows: usize) -> Result<(), Error> {
        self.checked_links(rows).map(drop)
    }

    /// The links, once they are found to lead nowhere but to rows.
    fn checked_links(&self, rows: usize) -> Result<&[u32], Error> {
        let links = self.links.all()?;
        let is_whole = || {
            // There may be no graph for these vectors.
            let is_none = links.is_empty() && self.calibration.is_empty();
            is_none
                || links.len() == rows * DEGREE
                    && links.iter().all(|&link| (link as usize) < rows || link == NONE)
        };
        if *self.is_whole.get_or_init(is_whole) { Ok(links) } else { Err(outside(Path::new("graph"), 0)) }
    }

    /// Calls `found` with the best `width` rows among those that are eligible. Returns how
    /// many rows it looked at, and whether it came to its end within its budget of them.
    ///
    /// # Errors
    /// If the file of the graph is damaged.
    pub(crate) fn search(
        &self,
        codes: Codes<'_>,
        query: &CodedQuery,
        walk: Walk,
        eligible: impl Fn(u32) -> bool,
        found: impl FnMut(u32),
    ) -> Result<(usize, bool), Error> {
        let links = self.checked_links(codes.len())?;
        let links_of = |row: u32| {
            let start = row as usize * DEGREE;
            links[start..start + DEGREE].iter().copied().take_while(|&link| link != NONE)
        };
        Ok(walk::with_walker(|walker| {
            let outcome = walker.walk(codes, query, &self.entries, walk, links_of, eligible);
            walker.rows().for_each(found);
            outcome
        }))
    }
}

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    pub(crate) width: usize,
    /// Rows that it may look at.
    pub(crate) budget: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metric;
    use crate::index::CodeTable;

    fn random(state: &mut u64) -> f32 {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*state >> 40) as f32 / 8_388_608.0 - 1.0
    }

    /// Points around centres, some of them twice.
    fn points(count: usize, dim: usize, centres: usize, spread: f32) -> Vec<f32> {
        let mut state = 3;
        let places: Vec<f32> = (0..centres * dim).map(|_| random(&mut state)).collect();
        let mut points = Vec::new();
        for point in 0..count {
            if point % 50 == 49 {
                points.extend_from_within(points.len() - dim..);
            } else {
                let centre = point * 7 % centres * dim;
                points.extend(places[centre..centre + dim].iter().map(|x| x + spread * random(&mut state)));
            }
        }
        points
    }

    fn table(metric: Metric, dim: usize, vectors: &[f32]) -> CodeTable {
        CodeTable::new(metric, dim, &vectors.to_vec().into()).unwrap()
    }

    fn build(codes: Codes<'_>, rows: u32) -> Option<Graph> {
        Graph::build(codes, &(0..rows).collect::<Vec<_>>(), &|| false)
    }

    #[test]
    fn walks_find_what_calibration_promises() {
        // Few wide clusters, then many narrow ones that no near row connects.
        check_recall(&points(3100, 24, 20, 0.5));
        check_recall(&points(3100, 24, 61, 0.1));
    }

    fn check_recall(points: &[f32]) {
        const DIM: usize = 24;
        const ROWS: usize = 3000;
        let (rows, queries) = points.split_at(ROWS * DIM);
        for metric in [Metric::Cosine, Metric::L2] {
            let table = table(metric, DIM, rows);
            let codes = table.codes().unwrap();
            let graph = build(codes, ROWS as u32).unwrap();
            for (wanted, only_even) in [(0.9, false), (0.98, false), (0.9, true)] {
                let (width, _) = graph.width(wanted, 10).unwrap();
                let eligible = |row: u32| !only_even || row.is_multiple_of(2);
                let mut hits = 0;
                for query in queries.chunks(DIM) {
                    let query = codes.query(query);
                    let mut truth: Vec<u32> = (0..ROWS as u32).filter(|&row| eligible(row)).collect();
                    truth.sort_by(|&a, &b| codes.distance(&query, a).total_cmp(&codes.distance(&query, b)));
                    let mut found = Vec::new();
                    let walk = Walk { width, budget: usize::MAX };
                    assert!(graph.search(codes, &query, walk, eligible, |row| found.push(row)).unwrap().1);
                    assert!(found.iter().all(|&row| eligible(row)));
                    // Equal rows may stand for each other.
                    let tenth = codes.distance(&query, truth[9]);
                    hits += found.iter().filter(|&&row| codes.distance(&query, row) <= tenth).count().min(10);
                }
                let recall = hits as f32 / 1000.0;
                assert!(recall >= wanted - 0.03, "{metric:?}: {recall} of {wanted} at width {width}");
            }
        }
    }

    #[test]
    fn the_graph_does_not_depend_on_threads() {
        let points = points(1500, 8, 20, 0.5);
        let table = table(Metric::Cosine, 8, &points);
        let codes = table.codes().unwrap();
        let build = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let graph = pool.install(|| build(codes, 1500)).unwrap();
            (graph.links.all().unwrap().to_vec(), graph.entries, graph.calibration)
        };
        assert_eq!(build(1), build(3));
    }

    #[test]
    fn equal_rows_do_no_harm() {
        let table = table(Metric::L2, 2, &[1.0; 2000]);
        let codes = table.codes().unwrap();
        let graph = build(codes, 1000).unwrap();
        let mut found = 0;
        let walk = Walk { width: 10, budget: usize::MAX };
        graph.search(codes, &codes.query(&[1.0, 1.0]), walk, |_| true, |_| found += 1).unwrap();
        assert_eq!(found, 10);
    }

    #[test]
    fn a_walk_keeps_its_budget() {
        let points = points(2000, 8, 20, 0.5);
        let table = table(Metric::Cosine, 8, &points);
        let codes = table.codes().unwrap();
        let graph = build(codes, 2000).unwrap();
        let walk = Walk { width: 100, budget: 50 };
        assert!(!graph.search(codes, &codes.query(&points[..8]), walk, |row| row == 1999, |_| {}).unwrap().1);
    }
}

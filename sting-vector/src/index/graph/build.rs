//! Building a graph in batches.

use rayon::prelude::*;

use super::walk::{Near, Walker};
use super::{CALIBRATED_K, Calibration, DEGREE, Graph, NONE, Walk};
use crate::index::codes::{CodedQuery, Codes};
use crate::index::top::Top;

/// Rows that a walk keeps while a graph is built.
const BUILD_WIDTH: usize = 96;
/// Links that a row may have while a graph is built, so that it is not pruned for every new one.
const CAPACITY: usize = DEGREE + 12;
/// A row is left out if it is so many times nearer to a link than to the row itself.
const SPREAD: f32 = 1.2;
/// Entries, as a multiple of the square root of the rows.
const ENTRIES_PER_ROOT: usize = 3;
/// Rows that are held back to measure recall.
const HELD_BACK: usize = 128;
/// Widths for which recall is measured.
const WIDTHS: [u32; 14] = [10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 1280];

impl Graph {
    /// Builds the graph of some rows. `None` if they are too few, their metric allows none, or the
    /// work was cancelled.
    pub(crate) fn build(codes: Codes<'_>, rows: &[u32], is_cancelled: &dyn Fn() -> bool) -> Option<Self> {
        if rows.len() < 4 * HELD_BACK || !codes.is_navigable() {
            return None;
        }
        let rows = shuffled(rows);
        let (rows, held_back) = rows.split_at(rows.len() - HELD_BACK);
        let entries = (ENTRIES_PER_ROOT * rows.len().isqrt()).min(rows.len() / 4);
        let mut builder = Builder { codes, links: vec![Vec::new(); codes.len()], entries: vec![rows[0]] };
        let mut done = 1;
        while done < rows.len() {
            if is_cancelled() {
                return None;
            }
            // Rows of one batch do not see each other, so batches stay small beside what is there.
            let batch = (done / 8).clamp(1, 2048).min(rows.len() - done);
            builder.insert(&rows[done..done + batch]);
            done += batch;
            builder.entries = rows[..done.min(entries)].to_vec();
        }
        builder.trim();
        let calibration = builder.calibrate(rows, held_back);
        builder.insert(held_back);
        builder.trim();
        Some(builder.finish(calibration))
    }
}

/// The rows in an order that has nothing to do with what they are, the same every time.
fn shuffled(rows: &[u32]) -> Vec<u32> {
    let mut rows = rows.to_vec();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for last in (1..rows.len()).rev() {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        rows.swap(last, (state >> 33) as usize % (last + 1));
    }
    rows
}

struct Builder<'c> {
    codes: Codes<'c>,
    links: Vec<Vec<u32>>,
    entries: Vec<u32>,
}

/// What a thread needs to walk and prune.
struct Tools {
    walker: Walker,
    query: CodedQuery,
}

impl Builder<'_> {
    fn tools(&self) -> Tools {
        Tools { walker: Walker::default(), query: self.codes.query(&vec![0.0; self.codes.dim()]) }
    }

    fn walk(&self, walker: &mut Walker, query: &CodedQuery, width: usize) {
        let walk = Walk { width, budget: usize::MAX };
        let links = |row: u32| self.links[row as usize].iter().copied();
        walker.walk(self.codes, query, &self.entries, walk, links, |_| true);
    }

    fn insert(&mut self, batch: &[u32]) {
        let chosen: Vec<Vec<u32>> = batch
            .par_iter()
            .map_init(
                || self.tools(),
                |tools, &row| {
                    self.codes.make_query(row, &mut tools.query);
                    self.walk(&mut tools.walker, &tools.query, BUILD_WIDTH);
                    let near = tools.walker.sorted();
                    self.prune(&near, &mut tools.query)
                },
            )
            .collect();
        let mut back: Vec<(u32, u32)> = batch
            .iter()
            .zip(&chosen)
            .flat_map(|(&row, links)| links.iter().map(move |&link| (link, row)))
            .collect();
        for (&row, links) in batch.iter().zip(chosen) {
            self.links[row as usize] = links;
        }
        back.par_sort_unstable();
        let groups: Vec<&[(u32, u32)]> = back.chunk_by(|a, b| a.0 == b.0).collect();
        let updated: Vec<(u32, Vec<u32>)> = groups
            .par_iter()
            .map_init(
                || self.tools(),
                |tools, group| {
                    let row = group[0].0;
                    let mut links = self.links[row as usize].clone();
                    links.extend(group.iter().map(|(_, new)| *new));
                    (row, self.limit(row, links, CAPACITY, &mut tools.query))
                },
            )
            .collect();
        for (row, links) in updated {
            self.links[row as usize] = links;
        }
    }

    /// Prunes the links of a row if they are more than a limit.
    fn limit(&self, row: u32, links: Vec<u32>, limit: usize, query: &mut CodedQuery) -> Vec<u32> {
        if links.len() <= limit {
            return links;
        }
        self.codes.make_query(row, query);
        let mut near: Vec<Near> =
            links.into_iter().map(|row| Near { distance: self.codes.distance(query, row), row }).collect();
        near.sort_unstable();
        self.prune(&near, query)
    }

    /// The links among rows sorted by distance: near ones, but none that another link leads to.
    fn prune(&self, near: &[Near], query: &mut CodedQuery) -> Vec<u32> {
        let mut links: Vec<u32> = Vec::with_capacity(CAPACITY);
        for candidate in near {
            self.codes.make_query(candidate.row, query);
            let is_new = |&link: &u32| SPREAD * self.codes.distance(query, link) >= candidate.distance;
            if links.iter().all(is_new) {
                links.push(candidate.row);
                if links.len() == DEGREE {
                    break;
                }
            }
        }
        links
    }

    /// Measures the recall of each width on rows that are not in the graph.
    fn calibrate(&self, rows: &[u32], held_back: &[u32]) -> Vec<Calibration> {
        let found: Vec<[usize; WIDTHS.len()]> = held_back
            .par_iter()
            .map_init(
                || self.tools(),
                |tools, &row| {
                    self.codes.make_query(row, &mut tools.query);
                    let mut top = Top::new(CALIBRATED_K);
                    for &row in rows {
                        top.push(-self.codes.distance(&tools.query, row), row);
                    }
                    let farthest = -top.threshold().unwrap_or(f32::NEG_INFINITY);
                    WIDTHS.map(|width| {
                        self.walk(&mut tools.walker, &tools.query, width as usize);
                        let near = tools.walker.sorted();
                        near.iter().take(CALIBRATED_K).filter(|near| near.distance <= farthest).count()
                    })
                },
            )
            .collect();
        let wanted = (held_back.len() * CALIBRATED_K) as f32;
        WIDTHS
            .iter()
            .enumerate()
            .map(|(place, &width)| {
                let recall = found.iter().map(|found| found[place]).sum::<usize>() as f32 / wanted;
                // One standard error less than measured, so that the promise is kept more often than not.
                let error = (recall * (1.0 - recall) / wanted).sqrt();
                Calibration { width, recall: recall - error }
            })
            .collect()
    }

    /// Leaves every row [`DEGREE`] links at most.
    fn trim(&mut self) {
        let too_many: Vec<u32> =
            (0..).zip(&self.links).filter(|(_, links)| links.len() > DEGREE).map(|(row, _)| row).collect();
        let trimmed: Vec<Vec<u32>> = too_many
            .par_iter()
            .map_init(
                || self.tools(),
                |tools, &row| self.limit(row, self.links[row as usize].clone(), DEGREE, &mut tools.query),
            )
            .collect();
        for (row, links) in too_many.into_iter().zip(trimmed) {
            self.links[row as usize] = links;
        }
    }

    fn finish(self, calibration: Vec<Calibration>) -> Graph {
        let mut links = vec![NONE; self.links.len() * DEGREE];
        for (row, few) in links.chunks_exact_mut(DEGREE).zip(&self.links) {
            row[..few.len()].copy_from_slice(few);
        }
        Graph { links: links.into(), entries: self.entries, calibration, ..Graph::default() }
    }
}

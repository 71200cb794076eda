//! Best-first search of a graph.

use std::cell::RefCell;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::Walk;
use crate::index::codes::{CodedQuery, Codes};
use crate::index::top::Top;
use crate::kernel::codes::prefetch;

/// Entries from which a walk goes on.
const STARTS: usize = 4;
/// Entries that are fetched ahead.
const PREFETCHED: usize = 4;

/// A row and its distance; the nearer is less.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Near {
    pub(super) distance: f32,
    pub(super) row: u32,
}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance.total_cmp(&other.distance).then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Near {}

/// What a walk needs beside the graph, kept from one walk to the next.
#[derive(Debug, Default)]
pub(crate) struct Walker {
    /// The walk in which a row was seen last.
    seen: Vec<u32>,
    walk: u32,
    /// Rows seen whose links were not followed yet.
    frontier: BinaryHeap<Reverse<Near>>,
    /// The best eligible rows, the worst on top.
    best: BinaryHeap<Near>,
    fresh: Vec<u32>,
}

/// Lends the walker of this thread.
pub(super) fn with_walker<R>(run: impl FnOnce(&mut Walker) -> R) -> R {
    thread_local!(static WALKER: RefCell<Walker> = RefCell::default());
    WALKER.with(|walker| match walker.try_borrow_mut() {
        Ok(mut walker) => run(&mut walker),
        // A walk inside a walk, which nothing does today.
        Err(_) => run(&mut Walker::default()),
    })
}

impl Walker {
    fn begin(&mut self, rows: usize) {
        if self.seen.len() < rows || self.walk == u32::MAX {
            self.seen.clear();
            self.seen.resize(rows, 0);
            self.walk = 0;
        }
        self.walk += 1;
        self.frontier.clear();
        self.best.clear();
    }

    /// Walks, and leaves the best eligible rows. Returns how many rows it
    /// looked at, and whether the budget was enough.
    pub(super) fn walk<L: Iterator<Item = u32>>(
        &mut self,
        codes: Codes<'_>,
        query: &CodedQuery,
        entries: &[u32],
        Walk { width, budget }: Walk,
        links: impl Fn(u32) -> L,
        eligible: impl Fn(u32) -> bool,
    ) -> (usize, bool) {
        self.begin(codes.len());
        self.enter(codes, query, entries);
        let mut looks = entries.len();
        loop {
            looks += self.fresh.len();
            if looks > budget {
                return (looks, false);
            }
            for &row in &self.fresh {
                let near = Near { distance: codes.distance(query, row), row };
                let is_full = self.best.len() >= width;
                if is_full && self.best.peek().is_some_and(|worst| near >= *worst) {
                    continue;
                }
                self.frontier.push(Reverse(near));
                if eligible(row) {
                    self.best.push(near);
                    if is_full {
                        self.best.pop();
                    }
                }
            }
            let Some(Reverse(next)) = self.frontier.pop() else { return (looks, true) };
            if self.best.len() >= width && self.best.peek().is_some_and(|worst| next > *worst) {
                return (looks, true);
            }
            self.fresh.clear();
            for row in links(next.row) {
                let seen = &mut self.seen[row as usize];
                if *seen != self.walk {
                    *seen = self.walk;
                    prefetch(codes.code(row));
                    self.fresh.push(row);
                }
            }
        }
    }

    /// Starts from the nearest of the entries.
    fn enter(&mut self, codes: Codes<'_>, query: &CodedQuery, entries: &[u32]) {
        let mut nearest = Top::new(STARTS);
        for (place, &row) in entries.iter().enumerate() {
            if let Some(&later) = entries.get(place + PREFETCHED) {
                prefetch(codes.code(later));
            }
            nearest.push(-codes.distance(query, row), row);
        }
        self.fresh.clear();
        for entry in nearest.into_entries() {
            self.seen[entry.row as usize] = self.walk;
            self.fresh.push(entry.row);
        }
    }

    /// The rows that the last walk found, in no order.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        self.best.iter().map(|near| near.row)
    }

    /// The rows that the last walk found, nearest first.
    pub(super) fn sorted(&mut self) -> Vec<Near> {
        let mut found: Vec<Near> = self.best.drain().collect();
        found.sort_unstable();
        found
    }
}

//! The k best of many scored rows.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Keeps the best `k` entries; of equal scores, the earlier rows.
#[derive(Debug)]
pub(super) struct Top {
    k: usize,
    /// The worst entry is on top.
    heap: BinaryHeap<Entry>,
}

/// A row and its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) score: f32,
    pub(super) row: u32,
}

impl Top {
    pub(super) fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::new() }
    }

    #[inline]
    pub(super) fn push(&mut self, score: f32, row: u32) {
        let entry = Entry { score, row };
        if self.heap.len() < self.k {
            self.heap.push(entry);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && entry < *worst
        {
            *worst = entry;
        }
    }

    /// The worst score kept, once there are `k`: what is worse has no place.
    #[inline]
    pub(super) fn threshold(&self) -> Option<f32> {
        if self.heap.len() < self.k { None } else { self.heap.peek().map(|worst| worst.score) }
    }

    /// The entries kept, in no order.
    pub(super) fn into_entries(self) -> std::collections::binary_heap::IntoIter<Entry> {
        self.heap.into_iter()
    }
}

impl Ord for Entry {
    /// Better entries are less, so that a max-heap has the worst on top.
    fn cmp(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Entry {}

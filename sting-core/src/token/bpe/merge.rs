//! The merges of a BPE model, and their application to a word.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A part of a word: what it is so far, and its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) id: u32,
    pub(super) len: usize,
}

/// Which pairs become one, and in what order.
#[derive(Clone, Debug)]
pub(super) struct Merges {
    slots: Vec<Slot>,
    mask: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    left: u32,
    right: u32,
    merged: Merged,
}

/// What a pair becomes. Lower ranks go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Merged {
    rank: u32,
    id: u32,
}

const NONE: Merged = Merged { rank: u32::MAX, id: u32::MAX };

/// Words of more symbols are merged with a heap.
const SHORT: usize = 40;

impl Merges {
    /// The merges in their order: left, right, and what they become. The last of equal pairs counts.
    pub(super) fn new(merges: &[(u32, u32, u32)]) -> Self {
        let size = (merges.len() * 2 + 1).next_power_of_two();
        let empty = Slot { left: 0, right: 0, merged: NONE };
        let mut table = Self { slots: vec![empty; size], mask: size - 1 };
        for (rank, &(left, right, id)) in merges.iter().enumerate() {
            let at = table.find(left, right);
            table.slots[at] = Slot { left, right, merged: Merged { rank: rank as u32, id } };
        }
        table
    }

    #[inline]
    fn find(&self, left: u32, right: u32) -> usize {
        let hash = (u64::from(left) << 32 | u64::from(right)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut at = (hash >> 32) as usize & self.mask;
        loop {
            let slot = &self.slots[at];
            if slot.merged == NONE || slot.left == left && slot.right == right {
                return at;
            }
            at = (at + 1) & self.mask;
        }
    }

    #[inline]
    fn get(&self, left: u32, right: u32) -> Merged {
        self.slots[self.find(left, right)].merged
    }

    /// Merges the symbols of a word: always the pair of the lowest rank, and the first of equal
    /// ones. In O(n log n) of the symbols, whatever they are.
    pub(super) fn apply(&self, word: &mut Vec<Symbol>, ranks: &mut Vec<u32>) {
        if word.len() > SHORT {
            return self.apply_with_heap(word);
        }
        let rank = |word: &[Symbol], at: usize| match word.get(at..at + 2) {
            Some(pair) => self.get(pair[0].id, pair[1].id),
            None => NONE,
        };
        // The rank of the pair that begins at each symbol.
        ranks.clear();
        ranks.extend((0..word.len()).map(|at| rank(word, at).rank));
        loop {
            let mut best = (u32::MAX, 0);
            for (at, &rank) in ranks.iter().enumerate() {
                if rank < best.0 {
                    best = (rank, at);
                }
            }
            let (lowest, at) = best;
            if lowest == u32::MAX {
                return;
            }
            let merged = rank(word, at);
            word[at] = Symbol { id: merged.id, len: word[at].len + word[at + 1].len };
            word.remove(at + 1);
            ranks.remove(at + 1);
            ranks[at] = rank(word, at).rank;
            if at > 0 {
                ranks[at - 1] = rank(word, at - 1).rank;
            }
        }
    }

    fn apply_with_heap(&self, word: &mut Vec<Symbol>) {
        const END: usize = usize::MAX;
        let count = word.len();
        let mut next: Vec<usize> = (1..count).chain([END]).collect();
        let mut previous: Vec<usize> = [END].into_iter().chain(0..count - 1).collect();
        let pair = |word: &[Symbol], next: &[usize], at: usize| match next[at] {
            END => NONE,
            right => self.get(word[at].id, word[right].id),
        };
        let mut queue: BinaryHeap<Reverse<(u32, usize)>> = (0..count)
            .map(|at| Reverse((pair(word, &next, at).rank, at)))
            .filter(|entry| entry.0.0 != u32::MAX)
            .collect();
        while let Some(Reverse((rank, at))) = queue.pop() {
            // The pair may be gone, or have become another one.
            if word[at].len == 0 {
                continue;
            }
            let merged = pair(word, &next, at);
            if merged.rank != rank {
                continue;
            }
            let right = next[at];
            word[at] = Symbol { id: merged.id, len: word[at].len + word[right].len };
            word[right].len = 0;
            next[at] = next[right];
            if next[at] != END {
                previous[next[at]] = at;
            }
            for at in [previous[at], at] {
                if at != END {
                    let rank = pair(word, &next, at).rank;
                    if rank != u32::MAX {
                        queue.push(Reverse((rank, at)));
                    }
                }
            }
        }
        word.retain(|symbol| symbol.len != 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The short way, the heap and the definition agree.
        #[test]
        fn ways_of_merging_agree(
            pairs in proptest::collection::vec((0_u32..6, 0_u32..6), 0..24),
            ids in proptest::collection::vec(0_u32..4, 1..SHORT),
        ) {
            let merges: Vec<(u32, u32, u32)> =
                pairs.iter().enumerate().map(|(rank, &(left, right))| (left, right, 4 + rank as u32)).collect();
            let table = Merges::new(&merges);
            let word: Vec<Symbol> = ids.iter().map(|&id| Symbol { id, len: 1 }).collect();
            let (mut short, mut heap, mut naive) = (word.clone(), word.clone(), word);
            table.apply(&mut short, &mut Vec::new());
            table.apply_with_heap(&mut heap);
            // By definition: the pair of the lowest rank, over and over.
            let rank = |left: u32, right: u32| merges.iter().rposition(|m| (m.0, m.1) == (left, right));
            while let Some((rank, at)) = (0..naive.len().saturating_sub(1))
                .filter_map(|at| Some((rank(naive[at].id, naive[at + 1].id)?, at)))
                .min()
            {
                naive[at] = Symbol { id: merges[rank].2, len: naive[at].len + naive[at + 1].len };
                naive.remove(at + 1);
            }
            prop_assert_eq!(&short, &naive);
            prop_assert_eq!(&heap, &naive);
        }
    }
}

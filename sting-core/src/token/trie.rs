//! A double-array trie over bytes: one memory access a byte to find the longest known prefix.

/// No state, no value.
const NONE: u32 = u32::MAX;

/// States are laid out so that the child of `state` by `byte` is `base[state] ^ byte`, and it is
/// one only if its parent says so.
#[derive(Clone, Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    base: u32,
    parent: u32,
    value: u32,
}

/// A free slot.
const FREE: Node = Node { base: 0, parent: NONE, value: NONE };

/// Where every walk begins.
pub(super) const ROOT: u32 = 0;

/// Slots of a block: all children of a state lie in one.
const BLOCK: usize = 256;

/// How many slots to try for a state before a fresh block is added. Bounds building to linear time
/// for a few per cent of space.
const TRIES: usize = 128;

impl Trie {
    /// A trie of `keys` with their values. The last of equal keys wins.
    pub(super) fn new<'k>(keys: impl IntoIterator<Item = (&'k [u8], u32)>) -> Self {
        let mut keys: Vec<(&[u8], u32)> = keys.into_iter().collect();
        keys.sort_by_key(|&(key, _)| key);
        let mut trie = Self { nodes: vec![FREE; BLOCK] };
        trie.nodes[ROOT as usize].parent = ROOT;
        // States still to be filled: the keys below them, and their depth.
        let mut open = vec![(ROOT, 0..keys.len(), 0)];
        let mut first_free = 1;
        while let Some((state, range, depth)) = open.pop() {
            let mut at = range.start;
            while at < range.end && keys[at].0.len() == depth {
                trie.nodes[state as usize].value = keys[at].1;
                at += 1;
            }
            let mut children: Vec<(u8, std::ops::Range<usize>)> = Vec::new();
            while at < range.end {
                let byte = keys[at].0[depth];
                let end = at + keys[at..range.end].partition_point(|(key, _)| key[depth] == byte);
                children.push((byte, at..end));
                at = end;
            }
            let Some(&(first, _)) = children.first() else { continue };
            let base = trie.place(first, &children, &mut first_free);
            trie.nodes[state as usize].base = base;
            for (byte, below) in children {
                let child = base ^ u32::from(byte);
                trie.nodes[child as usize].parent = state;
                open.push((child, below, depth + 1));
            }
        }
        trie
    }

    /// Finds a base under which all `children` fall on free slots.
    fn place<R>(&mut self, first: u8, children: &[(u8, R)], first_free: &mut usize) -> u32 {
        while *first_free < self.nodes.len() && self.nodes[*first_free].parent != NONE {
            *first_free += 1;
        }
        let free = |nodes: &[Node], slot: usize| nodes[slot].parent == NONE;
        // Mostly full blocks at the front are given up, so that no search runs over them again.
        if self.nodes.len() - *first_free > 32 * BLOCK {
            *first_free = self.nodes.len() - 32 * BLOCK;
        }
        let candidates = (*first_free..self.nodes.len()).filter(|&slot| free(&self.nodes, slot)).take(TRIES);
        for slot in candidates {
            let base = slot ^ usize::from(first);
            if children.iter().all(|(byte, _)| free(&self.nodes, base ^ usize::from(*byte))) {
                return base as u32;
            }
        }
        self.nodes.resize(self.nodes.len() + BLOCK, FREE);
        (self.nodes.len() - BLOCK) as u32
    }

    /// The state reached from `state` by `byte`.
    #[inline(always)]
    pub(super) fn step(&self, state: u32, byte: u8) -> Option<u32> {
        let next = self.nodes[state as usize].base ^ u32::from(byte);
        match self.nodes.get(next as usize) {
            // The root is its own parent, so that its slot is taken; nothing leads back to it.
            Some(node) if node.parent == state && next != ROOT => Some(next),
            _ => None,
        }
    }

    /// The state reached from the root by `bytes`.
    pub(super) fn walk(&self, bytes: &[u8]) -> Option<u32> {
        bytes.iter().try_fold(ROOT, |state, &byte| self.step(state, byte))
    }

    /// The value of the longest non-empty path from `state` along `bytes`, and its length.
    #[inline(always)]
    pub(super) fn longest(&self, mut state: u32, bytes: &[u8]) -> Option<(u32, usize)> {
        let mut found = None;
        for (at, &byte) in bytes.iter().enumerate() {
            let Some(next) = self.step(state, byte) else { break };
            state = next;
            let value = self.nodes[state as usize].value;
            if value != NONE {
                found = Some((value, at + 1));
            }
        }
        found
    }

    /// The value of exactly `bytes`.
    pub(super) fn get(&self, bytes: &[u8]) -> Option<u32> {
        self.walk(bytes).map(|state| self.nodes[state as usize].value).filter(|&value| value != NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::{ROOT, Trie};
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn finds_what_a_map_finds(
            keys in proptest::collection::vec(proptest::collection::vec(0_u8..=255, 0..5), 0..300),
            dense in proptest::collection::vec("[ab]{1,6}", 0..50),
            probe in proptest::collection::vec(0_u8..=255, 0..8),
            dense_probe in "[abc]{0,8}",
        ) {
            let keys: Vec<Vec<u8>> =
                keys.into_iter().chain(dense.into_iter().map(String::into_bytes)).collect();
            let trie = Trie::new(keys.iter().enumerate().map(|(i, key)| (key.as_slice(), i as u32)));
            let map: HashMap<&[u8], u32> =
                keys.iter().enumerate().map(|(i, key)| (key.as_slice(), i as u32)).collect();
            for (key, value) in &map {
                prop_assert_eq!(trie.get(key), Some(*value));
            }
            for probe in [probe.as_slice(), dense_probe.as_bytes()] {
                prop_assert_eq!(trie.get(probe), map.get(probe).copied());
                let longest = (1..=probe.len()).rev().find_map(|n| map.get(&probe[..n]).map(|&v| (v, n)));
                prop_assert_eq!(trie.longest(ROOT, probe), longest);
            }
        }
    }
}

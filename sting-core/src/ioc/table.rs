//! Millions of keys in few bytes each: a filter, and behind it a sorted table.

use rustc_hash::FxHashMap;

/// What is kept of an indicator besides its key; 12 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Seconds since 1970; 0 if not known.
    pub(super) first_seen: u32,
    pub(super) last_seen: u32,
    /// Number of its source, confidence and life time.
    pub(super) group: u32,
}

/// 128 bits that stand for an indicator. The sorted table keeps 96 of them: at ten million indicators, one look-up in 10^21 finds
/// one that is not there.
pub(super) type Key = u128;

/// A map from keys to entries that takes 24 bytes an entry once it is [sealed](Table::seal), and can be added to at any time.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Where the keys with each head begin; one more than there are heads, or empty.
    starts: Vec<u32>,
    /// The rest of each key, sorted among those of the same head.
    tails: Vec<[u8; TAIL]>,
    entries: Vec<Entry>,
    /// Four bits a key, in one word: most keys that are not in the table are known not to be without touching it.
    filter: Vec<u64>,
    /// What came since the table was sealed.
    fresh: FxHashMap<Key, Entry>,
}

const HEADS: usize = 1 << 16;
const TAIL: usize = 10;
/// Bits of the filter a key.
const FILTER_BITS: usize = 10;

fn head(key: Key) -> usize {
    (key >> 112) as usize
}

fn tail(key: Key) -> [u8; TAIL] {
    let bytes = key.to_be_bytes();
    std::array::from_fn(|at| bytes[2 + at])
}

/// The word of a filter of so many words, and the bits in it, of the key with this tail.
fn filter_place(tail: [u8; TAIL], words: usize) -> (usize, u64) {
    let bits = u64::from_be_bytes(std::array::from_fn(|at| tail[2 + at]));
    let word = (u128::from(bits) * words as u128) >> 64;
    (word as usize, (0..4).fold(0, |mask, at| mask | 1u64 << (bits >> (6 * at) & 63)))
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.tails.len() + self.fresh.len()
    }

    pub(super) fn get(&self, key: Key) -> Option<Entry> {
        let fresh = if self.fresh.is_empty() { None } else { self.fresh.get(&key).copied() };
        fresh.or_else(|| self.sealed(key).map(|at| self.entries[at]))
    }

    /// The entry of a key, to be changed, and whether it is a new one.
    pub(super) fn entry(&mut self, key: Key) -> (&mut Entry, bool) {
        const FEW: usize = 1 << 16;
        if let Some(at) = self.sealed(key) {
            return (&mut self.entries[at], false);
        }
        if self.fresh.len() >= FEW.max(self.tails.len() / 16) {
            self.seal();
        }
        let is_new = !self.fresh.contains_key(&key);
        (self.fresh.entry(key).or_default(), is_new)
    }

    fn sealed(&self, key: Key) -> Option<usize> {
        let tail = tail(key);
        let (word, bits) = filter_place(tail, self.filter.len());
        if self.filter.get(word)? & bits != bits {
            return None;
        }
        let (start, end) = (self.starts[head(key)] as usize, self.starts[head(key) + 1] as usize);
        self.tails[start..end].binary_search(&tail).ok().map(|at| start + at)
    }

    /// Moves what came since the last time into the sorted table.
    pub(super) fn seal(&mut self) {
        let mut fresh: Vec<(Key, Entry)> = std::mem::take(&mut self.fresh).into_iter().collect();
        if fresh.is_empty() {
            return;
        }
        fresh.sort_unstable_by_key(|&(key, _)| key);
        let mut old = self.tails.len();
        let mut write = old + fresh.len();
        self.tails.reserve_exact(fresh.len());
        self.tails.resize(write, [0; TAIL]);
        self.entries.reserve_exact(fresh.len());
        self.entries.resize(write, Entry::default());
        self.starts.resize(HEADS + 1, old as u32);
        self.starts[HEADS] = write as u32;
        // Merged from the end, in place: a copy of the table would double the memory.
        for of in (0..HEADS).rev() {
            let start = if old == 0 { 0 } else { self.starts[of] as usize };
            while write > 0 {
                let next = fresh.last().filter(|&&(key, _)| head(key) == of);
                let is_old = old > start && next.is_none_or(|&(key, _)| self.tails[old - 1] > tail(key));
                if is_old {
                    (old, write) = (old - 1, write - 1);
                    self.tails[write] = self.tails[old];
                    self.entries[write] = self.entries[old];
                } else if let Some(&(key, entry)) = next {
                    fresh.pop();
                    write -= 1;
                    self.tails[write] = tail(key);
                    self.entries[write] = entry;
                } else {
                    break;
                }
            }
            self.starts[of] = write as u32;
        }
        self.filter = vec![0; (self.tails.len() * FILTER_BITS).div_ceil(64)];
        for &tail in &self.tails {
            let (word, bits) = filter_place(tail, self.filter.len());
            self.filter[word] |= bits;
        }
    }

    /// Keeps the entries for which `keep` holds, and returns how many are gone.
    pub(super) fn retain(&mut self, keep: impl Fn(&Entry) -> bool) -> usize {
        let before = self.len();
        self.fresh.retain(|_, entry| keep(entry));
        let (mut write, mut read) = (0, 0);
        for of in 0..HEADS.min(self.starts.len().saturating_sub(1)) {
            let end = self.starts[of + 1] as usize;
            self.starts[of] = write as u32;
            while read < end {
                if keep(&self.entries[read]) {
                    self.tails[write] = self.tails[read];
                    self.entries[write] = self.entries[read];
                    write += 1;
                }
                read += 1;
            }
        }
        if let Some(last) = self.starts.last_mut() {
            *last = write as u32;
        }
        self.tails.truncate(write);
        self.entries.truncate(write);
        before - self.len()
    }

    /// Bytes taken.
    pub(super) fn memory(&self) -> usize {
        let of_fresh = self.fresh.capacity() * (size_of::<(Key, Entry)>() + 1);
        self.tails.capacity() * TAIL
            + self.entries.capacity() * size_of::<Entry>()
            + self.starts.capacity() * 4
            + self.filter.capacity() * 8
            + of_fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Spreads small numbers over the keys, some with the same head.
    fn key(number: u16) -> Key {
        let spread = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        if number.is_multiple_of(3) { spread >> 20 | 7 << 112 } else { spread }
    }

    proptest! {
        #[test]
        fn a_table_is_a_map(steps in proptest::collection::vec((0u16..300, 0u8..12), 0..400)) {
            let mut table = Table::default();
            let mut map: HashMap<u16, u32> = HashMap::new();
            for (count, &(number, act)) in steps.iter().enumerate() {
                match act {
                    0 => table.seal(),
                    1 => {
                        let gone = table.retain(|entry| entry.group % 5 != 0);
                        let before = map.len();
                        map.retain(|_, group| *group % 5 != 0);
                        prop_assert_eq!(gone, before - map.len());
                    }
                    _ => {
                        let (entry, is_new) = table.entry(key(number));
                        entry.group = count as u32;
                        prop_assert_eq!(is_new, map.insert(number, count as u32).is_none());
                    }
                }
            }
            prop_assert_eq!(table.len(), map.len());
            for number in 0..300 {
                prop_assert_eq!(table.get(key(number)).map(|entry| entry.group), map.get(&number).copied());
            }
        }
    }
}

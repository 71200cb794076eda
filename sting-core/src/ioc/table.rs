//! Millions of keys in few bytes each: a filter, and behind it a sorted table.

use super::bytes::Bytes;
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

impl Entry {
    fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        for (part, number) in
            bytes.as_chunks_mut::<4>().0.iter_mut().zip([self.first_seen, self.last_seen, self.group])
        {
            *part = number.to_le_bytes();
        }
        bytes
    }

    fn from_bytes(bytes: [u8; ENTRY]) -> Self {
        let number = |at: usize| u32::from_le_bytes(bytes.as_chunks().0[at]);
        Self { first_seen: number(0), last_seen: number(1), group: number(2) }
    }
}

/// 128 bits that stand for an indicator. The sorted table keeps 96 of them: at ten million indicators, one look-up in 10^21 finds
/// one that is not there.
pub(super) type Key = u128;

/// A map from keys to entries that takes 24 bytes an entry once it is [sealed](Table::seal), and can be added to at any time.
///
/// The sealed part is columns of bytes, little-endian, that can lie in a file: see [`Table::columns`].
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Where the keys with each head begin, four bytes each; one more than there are heads, or empty.
    starts: Bytes,
    /// The rest of each key, sorted among those of the same head.
    tails: Bytes,
    entries: Bytes,
    /// Four bits a key, in one word of eight bytes: most keys that are not in the table are known not to be without touching it.
    filter: Bytes,
    /// What came since the table was sealed.
    fresh: FxHashMap<Key, Entry>,
}

const HEADS: usize = 1 << 16;
const TAIL: usize = 10;
const ENTRY: usize = 12;
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

/// Bytes of the columns of a sealed table with so many keys.
pub(super) fn column_lengths(keys: usize) -> [usize; 4] {
    let starts = if keys == 0 { 0 } else { (HEADS + 1) * 4 };
    [starts, keys * TAIL, keys * ENTRY, filter_words(keys) * 8]
}

fn filter_words(keys: usize) -> usize {
    (keys * FILTER_BITS).div_ceil(64)
}

impl Table {
    /// Starts, tails, entries and filter of the sealed part.
    pub(super) fn columns(&self) -> [&[u8]; 4] {
        [&self.starts, &self.tails, &self.entries, &self.filter]
    }

    /// The table that has these columns, of the lengths of [`column_lengths`]; `None` if no table has them: a start is out of order,
    /// or an entry has one of `groups` groups that does not exist.
    pub(super) fn from_columns([starts, tails, entries, filter]: [Bytes; 4], groups: usize) -> Option<Self> {
        let table = Self { starts, tails, entries, filter, fresh: FxHashMap::default() };
        let starts = table.starts.as_chunks::<4>().0.iter().map(|&start| u32::from_le_bytes(start) as usize);
        let ends_well = starts.clone().next_back().unwrap_or(0) == table.sealed_len();
        let in_order = starts.clone().next().unwrap_or(0) == 0 && starts.is_sorted();
        let grouped = table
            .entries
            .as_chunks()
            .0
            .iter()
            .all(|&entry| (Entry::from_bytes(entry).group as usize) < groups);
        (ends_well && in_order && grouped).then_some(table)
    }

    pub(super) fn len(&self) -> usize {
        self.sealed_len() + self.fresh.len()
    }

    fn sealed_len(&self) -> usize {
        self.tails.len() / TAIL
    }

    pub(super) fn get(&self, key: Key) -> Option<Entry> {
        let fresh = if self.fresh.is_empty() { None } else { self.fresh.get(&key).copied() };
        fresh.or_else(|| self.sealed(key).map(|at| Entry::from_bytes(self.entries.as_chunks().0[at])))
    }

    /// Changes the entry of a key, and returns whether it is a new one.
    pub(super) fn update(&mut self, key: Key, change: impl FnOnce(&mut Entry)) -> bool {
        const FEW: usize = 1 << 16;
        if let Some(at) = self.sealed(key) {
            let bytes = &mut self.entries.own().as_chunks_mut().0[at];
            let mut entry = Entry::from_bytes(*bytes);
            change(&mut entry);
            *bytes = entry.to_bytes();
            return false;
        }
        if self.fresh.len() >= FEW.max(self.sealed_len() / 16) {
            self.seal();
        }
        let before = self.fresh.len();
        change(self.fresh.entry(key).or_default());
        self.fresh.len() > before
    }

    fn sealed(&self, key: Key) -> Option<usize> {
        let tail = tail(key);
        let filter = self.filter.as_chunks().0;
        let (word, bits) = filter_place(tail, filter.len());
        if u64::from_le_bytes(*filter.get(word)?) & bits != bits {
            return None;
        }
        let starts = self.starts.as_chunks().0;
        let start = |head: usize| u32::from_le_bytes(starts[head]) as usize;
        let (start, end) = (start(head(key)), start(head(key) + 1));
        self.tails.as_chunks().0[start..end].binary_search(&tail).ok().map(|at| start + at)
    }

    /// Moves what came since the last time into the sorted table.
    pub(super) fn seal(&mut self) {
        let mut fresh: Vec<(Key, Entry)> = std::mem::take(&mut self.fresh).into_iter().collect();
        if fresh.is_empty() {
            return;
        }
        fresh.sort_unstable_by_key(|&(key, _)| key);
        let mut old = self.sealed_len();
        let mut write = old + fresh.len();
        let tails = grown(&mut self.tails, write * TAIL).as_chunks_mut::<TAIL>().0;
        let entries = grown(&mut self.entries, write * ENTRY).as_chunks_mut::<ENTRY>().0;
        let starts = grown(&mut self.starts, (HEADS + 1) * 4).as_chunks_mut::<4>().0;
        starts[HEADS] = (write as u32).to_le_bytes();
        // Merged from the end, in place: a copy of the table would double the memory.
        for of in (0..HEADS).rev() {
            let start = u32::from_le_bytes(starts[of]) as usize;
            while write > 0 {
                let next = fresh.last().filter(|&&(key, _)| head(key) == of);
                let is_old = old > start && next.is_none_or(|&(key, _)| tails[old - 1] > tail(key));
                if is_old {
                    (old, write) = (old - 1, write - 1);
                    tails[write] = tails[old];
                    entries[write] = entries[old];
                } else if let Some(&(key, entry)) = next {
                    fresh.pop();
                    write -= 1;
                    tails[write] = tail(key);
                    entries[write] = entry.to_bytes();
                } else {
                    break;
                }
            }
            starts[of] = (write as u32).to_le_bytes();
        }
        self.build_filter();
    }

    /// Keeps the entries for which `keep` holds, and returns how many are gone.
    pub(super) fn retain(&mut self, keep: impl Fn(&Entry) -> bool) -> usize {
        let before = self.len();
        self.fresh.retain(|_, entry| keep(entry));
        let tails = self.tails.own().as_chunks_mut::<TAIL>().0;
        let entries = self.entries.own().as_chunks_mut::<ENTRY>().0;
        let starts = self.starts.own().as_chunks_mut::<4>().0;
        let (mut write, mut read) = (0, 0);
        for of in 0..starts.len().saturating_sub(1) {
            let end = u32::from_le_bytes(starts[of + 1]) as usize;
            starts[of] = (write as u32).to_le_bytes();
            while read < end {
                if keep(&Entry::from_bytes(entries[read])) {
                    tails[write] = tails[read];
                    entries[write] = entries[read];
                    write += 1;
                }
                read += 1;
            }
        }
        if let Some(last) = starts.last_mut() {
            *last = (write as u32).to_le_bytes();
        }
        self.tails.own().truncate(write * TAIL);
        self.entries.own().truncate(write * ENTRY);
        if write == 0 {
            self.starts.own().clear();
        }
        self.build_filter();
        before - self.len()
    }

    fn build_filter(&mut self) {
        let words = filter_words(self.sealed_len());
        let filter = self.filter.own();
        filter.clear();
        filter.resize(words * 8, 0);
        filter.shrink_to_fit();
        let filter = filter.as_chunks_mut::<8>().0;
        for &tail in self.tails.as_chunks().0 {
            let (word, bits) = filter_place(tail, words);
            filter[word] = (u64::from_le_bytes(filter[word]) | bits).to_le_bytes();
        }
    }

    /// Bytes of memory taken.
    pub(super) fn memory(&self) -> usize {
        let of_fresh = self.fresh.capacity() * (size_of::<(Key, Entry)>() + 1);
        [&self.starts, &self.tails, &self.entries, &self.filter].into_iter().map(Bytes::memory).sum::<usize>()
            + of_fresh
    }
}

/// The bytes, filled up with zeros to so many.
fn grown(bytes: &mut Bytes, length: usize) -> &mut [u8] {
    let bytes = bytes.own();
    bytes.reserve_exact(length.saturating_sub(bytes.len()));
    bytes.resize(length, 0);
    bytes
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
                        let is_new = table.update(key(number), |entry| entry.group = count as u32);
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

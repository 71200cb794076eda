//! What words became before: a small table without chains, one for each thread at work.

use super::merge::Symbol;
use std::sync::{Mutex, PoisonError};

/// Slots; a megabyte of them stays in the second-level cache of most processors.
const SLOTS: usize = 1 << 15;

/// Bytes of the longest word, and tokens of the longest result, that are kept.
pub(super) const MAX_BYTES: usize = 15;
const MAX_TOKENS: usize = 3;

/// Buffers of one thread at work.
#[derive(Debug)]
pub(super) struct Scratch {
    entries: Vec<Entry>,
    pub(super) word: Vec<Symbol>,
    pub(super) ranks: Vec<u32>,
}

/// A word with its length in the last byte, and what it became; nothing if it has no tokens.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(32))]
pub(super) struct Entry {
    key: [u64; 2],
    ids: [u32; MAX_TOKENS],
    lens: [u8; MAX_TOKENS],
    tokens: u8,
}

impl Entry {
    /// The tokens of the word, with their lengths in bytes.
    #[inline]
    pub(super) fn tokens(&self) -> impl Iterator<Item = (u32, usize)> {
        (0..usize::from(self.tokens)).map(|i| (self.ids[i], usize::from(self.lens[i])))
    }
}

impl Scratch {
    fn new() -> Self {
        Self { entries: vec![Entry::default(); SLOTS], word: Vec::new(), ranks: Vec::new() }
    }

    /// The slot of a word of at most [`MAX_BYTES`] bytes that ends at `end` of `text`, and its key.
    #[inline]
    pub(super) fn slot(text: &[u8], start: usize, end: usize) -> (usize, [u64; 2]) {
        let len = end - start;
        let word = if let Some(bytes) = text[start..].first_chunk::<16>() {
            u128::from_le_bytes(*bytes) & ((1 << (8 * len)) - 1)
        } else {
            let mut bytes = [0; 16];
            bytes[..len].copy_from_slice(&text[start..end]);
            u128::from_le_bytes(bytes)
        };
        let key = word | (len as u128) << 120;
        let key = [key as u64, (key >> 64) as u64];
        let hash = (key[0] ^ key[1].rotate_left(23)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((hash >> (64 - SLOTS.trailing_zeros())) as usize, key)
    }

    /// What the word of this key became, if that is known.
    #[inline]
    pub(super) fn get(&self, slot: usize, key: [u64; 2]) -> Option<&Entry> {
        Some(&self.entries[slot]).filter(|entry| entry.key == key)
    }

    /// Remembers what the word of this key became, if that is short.
    pub(super) fn put(&mut self, slot: usize, key: [u64; 2]) {
        if self.word.len() <= MAX_TOKENS {
            let mut entry = Entry { key, tokens: self.word.len() as u8, ..Entry::default() };
            for (i, symbol) in self.word.iter().enumerate() {
                entry.ids[i] = symbol.id;
                entry.lens[i] = symbol.len as u8;
            }
            self.entries[slot] = entry;
        }
    }
}

/// Scratch space for as many threads as have been at work at once.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Scratch>>);

impl Pool {
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let idle = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut scratch = taken.unwrap_or_else(Scratch::new);
        let result = work(&mut scratch);
        idle().push(scratch);
        result
    }
}

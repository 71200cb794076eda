//! Which words stand near a place that could speak for an id.
//!
//! Hashing every word near every number would cost more than all the rest. Here a word of the text
//! is one load, one multiplication and one look-up in a filter; what passes is only a sign that the
//! words are worth reading, which [`super::context`] then does.

use super::chart::{Chart, MAX_SHAPE, ones};
use super::context::{AFTER, BEFORE};
use super::shape::RuleSet;
use rustc_hash::FxHashMap;

/// Bits of a filter.
const BITS: u32 = 16;

/// A set of words that errs to "perhaps": only their first eight bytes count.
#[derive(Debug)]
pub(super) struct WordFilter(Box<[u64; 1 << (BITS - 6)]>);

impl Default for WordFilter {
    fn default() -> Self {
        Self(Box::new([0; 1 << (BITS - 6)]))
    }
}

/// The first eight bytes of a word, in small letters.
pub(super) fn head(word: &[u8]) -> u64 {
    word.iter().take(8).rev().fold(0, |head, byte| head << 8 | u64::from(byte | 0x20))
}

/// As [`head`], of the word of `length` bytes that begins at `start`.
#[inline]
fn head_at(text: &[u8], start: usize, length: usize) -> u64 {
    match text[start..].first_chunk::<8>() {
        Some(first) => {
            let unwanted = 64 - 8 * length.min(8) as u32;
            (u64::from_le_bytes(*first) | 0x2020_2020_2020_2020) << unwanted >> unwanted
        }
        None => head(&text[start..start + length.min(text.len() - start)]),
    }
}

#[inline]
const fn bit(head: u64) -> (usize, u64) {
    let hash = head.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

impl WordFilter {
    pub(super) fn insert(&mut self, head: u64) {
        let (word, bit) = bit(head);
        self.0[word] |= bit;
    }

    #[inline]
    fn may_have(&self, head: u64) -> bool {
        let (word, bit) = bit(head);
        self.0[word] & bit != 0
    }
}

/// Words of the phrases that speak for ids, and the ids that each could speak for.
#[derive(Debug, Default)]
pub(super) struct IdWords {
    filter: WordFilter,
    rules: FxHashMap<u64, RuleSet>,
    /// From the beginning of a shape to where no word bears any more on a value in it.
    reach: usize,
}

/// The words met last that could speak for an id.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// Words that begin before this have been looked at.
    looked: usize,
    words: Vec<(usize, RuleSet)>,
}

impl IdWords {
    /// For values of at most `max_len` bytes.
    pub(super) fn new(max_len: usize) -> Self {
        Self { reach: MAX_SHAPE + max_len + AFTER, ..Self::default() }
    }

    /// Enters a phrase of the rule with this number. One word of it is enough, the longest: it is
    /// the rarest.
    pub(super) fn insert(&mut self, phrase: &str, pattern: usize) {
        let mut longest: &[u8] = &[];
        super::context::for_words(phrase.as_bytes(), |word| {
            if word.len() > longest.len() {
                longest = word;
            }
        });
        if !longest.is_empty() {
            self.filter.insert(head(longest));
            self.rules.entry(head(longest)).or_default().insert(pattern);
        }
    }

    /// The rules for which a word stands so near to a value that begins at `from`, or up to
    /// [`MAX_SHAPE`] bytes behind, that it may bear on it. Places are asked for in order.
    #[inline]
    pub(super) fn near(&self, met: &mut Met, chart: &Chart, text: &[u8], from: usize) -> RuleSet {
        let (first, behind) = (from.saturating_sub(BEFORE), text.len().min(from + self.reach));
        // Phrases outside ASCII are not made of words.
        if first < chart.base() || chart.has_high(first, behind) {
            return RuleSet::ALL;
        }
        met.looked = met.looked.max(first);
        while met.looked < behind {
            let at = met.looked;
            met.looked = behind.min(at + 64);
            let wanted = u64::MAX >> (64 - (met.looked - at));
            for start in ones(chart.words(at) & wanted).map(|bit| at + bit) {
                let head = head_at(text, start, chart.word_len(start));
                if self.filter.may_have(head)
                    && let Some(rules) = self.rules.get(&head)
                {
                    met.words.push((start, *rules));
                }
            }
        }
        let mut all = RuleSet::default();
        let here = met.words.iter().rev().take_while(|(at, _)| *at >= first);
        here.filter(|(at, _)| *at < behind).for_each(|(_, rules)| all.extend(*rules));
        all
    }
}

impl Met {
    /// Another text or stretch begins.
    pub(super) fn clear(&mut self) {
        self.looked = 0;
        self.words.clear();
    }
}

/// The words of the names of keys.
#[derive(Debug, Default)]
pub(super) struct KeyWords {
    last: WordFilter,
    anywhere: WordFilter,
}

impl KeyWords {
    /// Enters the name of a key: see [`super::context::name_hash`].
    pub(super) fn insert(&mut self, name: &str) {
        let mut words = Vec::new();
        super::context::for_words(name.as_bytes(), |word| words.push(head(word)));
        if name.ends_with('*') {
            for word in words {
                self.anywhere.insert(word);
            }
        } else if let Some(last) = words.last() {
            self.last.insert(*last);
        }
    }

    /// False if no key that ends with the byte before `end` has any of the names.
    pub(super) fn may_be_key(&self, chart: &Chart, text: &[u8], end: usize) -> bool {
        let floor = end.saturating_sub(64);
        if floor < chart.base() || chart.has_high(floor, end) {
            return true;
        }
        let mut starts = chart.words(floor);
        if end - floor < 64 {
            starts &= (1 << (end - floor)) - 1;
        }
        let mut behind = end;
        while starts != 0 {
            let start = floor + 63 - starts.leading_zeros() as usize;
            starts &= !(1 << (start - floor));
            let head = head_at(text, start, behind - start);
            let last = behind == end && self.last.may_have(head);
            if last || self.anywhere.may_have(head) {
                return true;
            }
            let joins = |b: &u8| matches!(b, b'_' | b'-' | b'.' | b'$');
            let joiners = text[floor..start].iter().rev().take_while(|b| joins(b)).count();
            behind = start - joiners;
            if behind == floor {
                return floor > 0;
            }
            if !text[behind - 1].is_ascii_alphanumeric() {
                return false;
            }
        }
        true
    }
}

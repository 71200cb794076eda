//! Many texts looked for at once: a bit for each of their grams, looked at in strides.
//!
//! Of every text a window of its rarest bytes is chosen, and all grams of that window go into a table. A scan that
//! looks at every third place of the input cannot step over such a window, and most places are dismissed by one
//! bit. Only where the bit is set are texts compared.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Bytes of a gram.
const GRAM: usize = 4;
/// Bytes of a gram of texts that are shorter than [`LONG`].
const SHORT_GRAM: usize = 3;
/// Shortest text that is looked for in strides.
const LONG: usize = 6;
/// Longest stride.
const MAX_STRIDE: usize = 8;

/// Texts shorter than this cannot be looked for.
pub(super) const MIN_NEEDLE: usize = SHORT_GRAM;

/// Bits for each gram in the table.
const BITS_PER_GRAM: usize = 16;

/// A set of texts, each known by the order in which it was given.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    needles: Vec<Box<[u8]>>,
    stride: usize,
    long: Grams,
    short: Grams,
    /// Bits set in every byte that is looked at; a way to ignore the case of letters.
    blur: u8,
}

/// How common grams are, by the texts of all rules: what many rules look for is in many events.
#[derive(Debug, Default)]
pub(super) struct Usual(FxHashMap<u32, u32>);

impl Usual {
    /// Counts the grams of a text.
    pub(super) fn add(&mut self, text: &str) {
        for gram in text.as_bytes().windows(GRAM) {
            *self.0.entry(gram_of(gram)).or_default() += 1;
        }
    }

    fn weight(&self, window: &[u8]) -> u32 {
        window.windows(GRAM).map(|gram| self.0.get(&gram_of(gram)).copied().unwrap_or(0)).sum()
    }

    /// How common the rarest part of a text is.
    pub(super) fn of(&self, text: &str) -> u32 {
        text.as_bytes().windows(LONG).map(|window| self.weight(window)).min().unwrap_or(0)
    }
}

/// Where a gram stands: in which text, and how many bytes after its start.
type Places = SmallVec<[(u32, u32); 2]>;

#[derive(Debug, Default)]
struct Grams {
    /// A power of two of words; empty if there is no gram.
    bits: Box<[u64]>,
    places: FxHashMap<u32, Places>,
}

impl Sieve {
    /// A sieve for these texts, whose grams are as common as `usual` says.
    pub(super) fn new(needles: impl IntoIterator<Item = Box<[u8]>>, usual: &Usual) -> Self {
        let needles: Vec<Box<[u8]>> = needles.into_iter().collect();
        let shortest = needles.iter().map(|needle| needle.len()).filter(|&length| length >= LONG).min();
        let stride = (shortest.unwrap_or(LONG) + 1 - GRAM).min(MAX_STRIDE);
        let (mut long, mut short) = (Grams::default(), Grams::default());
        for (id, needle) in needles.iter().enumerate() {
            if needle.len() < LONG {
                let at = needle.len() - SHORT_GRAM;
                short.add(&needle[at..], id, at);
                continue;
            }
            let windows = needle.windows(GRAM + stride - 1).enumerate();
            if let Some((at, window)) = windows.min_by_key(|(_, window)| usual.weight(window)) {
                for (i, gram) in window.windows(GRAM).enumerate() {
                    long.add(gram, id, at + i);
                }
            }
        }
        long.seal();
        short.seal();
        Self { needles, stride, long, short, blur: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Calls `found` for each text in `text`, perhaps more than once.
    pub(super) fn scan(&self, text: &[u8], mut found: impl FnMut(usize)) {
        let blur = u32::from_le_bytes([self.blur; GRAM]);
        if !self.long.bits.is_empty() {
            let mut at = 0;
            while let Some(gram) = text.get(at..at + GRAM) {
                let gram = gram_of(gram) | blur;
                if self.long.may_hold(gram) {
                    self.compare(&self.long, gram, text, at, &mut found);
                }
                at += self.stride;
            }
        }
        if !self.short.bits.is_empty() {
            for (at, gram) in text.windows(SHORT_GRAM).enumerate() {
                let gram = gram_of(gram) | (blur >> 8);
                if self.short.may_hold(gram) {
                    self.compare(&self.short, gram, text, at, &mut found);
                }
            }
        }
    }

    #[cold]
    fn compare(&self, grams: &Grams, gram: u32, text: &[u8], at: usize, found: &mut impl FnMut(usize)) {
        for &(id, offset) in grams.places.get(&gram).into_iter().flatten() {
            let needle = &self.needles[id as usize];
            let Some(place) = at.checked_sub(offset as usize) else { continue };
            let Some(there) = text.get(place..place + needle.len()) else { continue };
            if there.iter().zip(needle).all(|(byte, wanted)| byte | self.blur == *wanted) {
                found(id as usize);
            }
        }
    }
}

/// Tells from the bytes of JSON that none of some texts is in a value, before the value is decoded and folded.
///
/// It looks for the longest run of each text that JSON cannot spell otherwise than it is, in any case.
#[derive(Debug)]
pub(super) struct Gate(Sieve);

/// The bit in which the cases of an ASCII letter differ.
const CASE: u8 = 0x20;

impl Gate {
    /// `None` if a text has no such run that is long enough.
    pub(super) fn new<'a>(needles: impl IntoIterator<Item = &'a [u8]>, usual: &Usual) -> Option<Self> {
        let plain = |byte: &u8| byte.is_ascii() && *byte >= b' ' && !matches!(byte, b'"' | b'\\' | b'/');
        let mut runs = Vec::new();
        for needle in needles {
            let run = needle.split(|byte| !plain(byte)).max_by_key(|run| run.len())?;
            if run.len() < MIN_NEEDLE {
                return None;
            }
            runs.push(run.iter().map(|byte| byte | CASE).collect());
        }
        Some(Self(Sieve { blur: CASE, ..Sieve::new(runs, usual) }))
    }

    /// False if none of the texts is in a value spelled with these bytes, all of them ASCII and without escapes
    /// by number.
    pub(super) fn may_hold(&self, raw: &[u8]) -> bool {
        let mut found = false;
        self.0.scan(raw, |_| found = true);
        found
    }
}

impl Grams {
    fn add(&mut self, gram: &[u8], id: usize, offset: usize) {
        self.places.entry(gram_of(gram)).or_default().push((id as u32, offset as u32));
    }

    fn seal(&mut self) {
        if self.places.is_empty() {
            return;
        }
        let words = (self.places.len() * BITS_PER_GRAM / 64).next_power_of_two();
        let mut bits = vec![0; words].into_boxed_slice();
        for &gram in self.places.keys() {
            let (word, bit) = place(gram, words);
            bits[word] |= bit;
        }
        self.bits = bits;
    }

    #[inline]
    fn may_hold(&self, gram: u32) -> bool {
        let (word, bit) = place(gram, self.bits.len());
        self.bits[word] & bit != 0
    }
}

/// Up to four bytes as a number.
#[inline]
fn gram_of(bytes: &[u8]) -> u32 {
    match bytes.first_chunk::<GRAM>() {
        Some(whole) => u32::from_le_bytes(*whole),
        None => bytes.iter().rev().fold(0, |gram, &byte| gram << 8 | u32::from(byte)),
    }
}

#[inline]
fn place(gram: u32, words: usize) -> (usize, u64) {
    let hash = u64::from(gram).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
    ((hash >> 6) as usize & (words - 1), 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::{Gate, Sieve, Usual};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_is_there(needles in prop::collection::btree_set("[ab\\\\]{3,9}", 1..12), text in "[ab\\\\é]{0,60}") {
            let needles: Vec<String> = needles.into_iter().collect();
            let sieve = Sieve::new(needles.iter().map(|needle| needle.as_bytes().into()), &Usual::default());
            let mut found = vec![false; needles.len()];
            sieve.scan(text.as_bytes(), |id| found[id] = true);
            for (needle, found) in needles.iter().zip(found) {
                prop_assert_eq!(found, text.contains(needle), "{}", needle);
            }
        }

        #[test]
        fn a_gate_lets_everything_pass_that_is_there(needle in r"[aB:/\\]{6,12}", before in "[aB:]{0,9}") {
            let value = format!("{before}{needle}");
            let json = serde_json::json!({ "f": value.to_uppercase() }).to_string();
            let gate = Gate::new([needle.to_lowercase().as_bytes()], &Usual::default());
            prop_assert!(gate.is_none_or(|gate| gate.may_hold(json.as_bytes())));
        }
    }
}

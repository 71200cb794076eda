//! Keyword search: BM25 over postings that live in the same segments and commits as the vectors.
//!
//! Statistics (how many rows have text, how long they are, how many hold a term) are those of the
//! rows that are alive now, so that a score never depends on how the rows came to lie in segments.
//!
//! Robertson and Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond* (2009).

mod postings;
mod words;

pub(crate) use postings::{GONE, Postings, PostingsBuilder};
pub(crate) use words::words;

use crate::store::segment::HAS_TEXT;

/// How soon more occurrences of a term stop counting.
const K1: f32 = 1.2;
/// How much a text longer than the average is held against it.
const B: f32 = 0.75;

/// What BM25 needs to know of the whole collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    /// Live rows that have text.
    pub(crate) texts: u64,
    /// Words in them.
    pub(crate) words: u64,
}

impl Statistics {
    /// Of the rows of a segment, given their flags and their words.
    pub(crate) fn of(flags: &[u8], lengths: &[u32]) -> Self {
        let texts = flags.iter().zip(lengths).filter(|(flags, _)| *flags & HAS_TEXT != 0);
        texts.fold(Self::default(), |sum, (_, &words)| sum.with(1, u64::from(words)))
    }

    pub(crate) fn with(self, texts: u64, words: u64) -> Self {
        Self { texts: self.texts + texts, words: self.words + words }
    }

    /// The same without some rows; no less than nothing.
    pub(crate) fn without(self, gone: Self) -> Self {
        let (texts, words) = (self.texts.saturating_sub(gone.texts), self.words.saturating_sub(gone.words));
        Self { texts, words }
    }

    /// How much a term weighs that `holders` of the texts hold.
    pub(crate) fn weight(self, holders: u64) -> f32 {
        let (texts, holders) = (self.texts as f64, holders as f64);
        (1.0 + (texts - holders + 0.5) / (holders + 0.5)).ln() as f32
    }

    /// The length norm of texts: `score` needs it for every posting.
    pub(crate) fn norm(self) -> Norm {
        let average = self.words as f64 / (self.texts as f64).max(1.0);
        Norm { fixed: K1 * (1.0 - B), per_word: (f64::from(K1 * B) / average.max(1.0)) as f32 }
    }
}

/// `k1 * (1 - b + b * words / average words)` as a linear function of the words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Norm {
    fixed: f32,
    per_word: f32,
}

impl Norm {
    /// The share of a term's weight (times `k1 + 1`) that a text gets.
    #[inline]
    pub(crate) fn score(self, occurrences: u32, words: u32) -> f32 {
        let occurrences = occurrences as f32;
        occurrences * (K1 + 1.0) / (occurrences + self.fixed + self.per_word * words as f32)
    }
}

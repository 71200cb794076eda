//! Hashed words and character n-grams: an embedder without a model.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sting_core::model::{Embedder, ModelError};

use super::normalize;

/// Distinct words that are counted together before their features are added up, so that memory
/// stays bounded for a text of any length.
const MAX_DISTINCT_WORDS: usize = 1 << 16;

/// Characters of a word; what is longer is cut, so that one word of a megabyte is many of 64.
pub(super) const MAX_WORD: usize = 64;

/// Longest n-gram, in characters of a word with its two boundary marks.
const LONGEST: usize = 5;

/// Share of a word's weight that its whole form takes; its n-grams take the rest.
const WHOLE_WORD: f32 = 0.4;

/// Embeds a text by the words and the character n-grams in it, each hashed to one signed place of
/// the vector.
///
/// It finds texts that share words, forms of a word, or misspelled words; it knows nothing of
/// meaning. A word weighs `1 + ln(count)`, less if it is short or a function word, divided between
/// the word itself and its n-grams of 3 to 5 characters (from 1 for Chinese, Japanese and
/// Korean characters, where a word is not delimited). Vectors have unit length; a text without a
/// letter or digit has the zero vector. Memory is a few megabytes a thread for a text of any size.
///
/// Feature hashing is that of Weinberger et al., "Feature Hashing for Large Scale Multitask
/// Learning" (ICML 2009).
///
/// ```
/// use sting_core::model::Embedder;
/// use sting_vector::embed::HashEmbedder;
///
/// let embedder = HashEmbedder::new();
/// let vector = embedder.embed(&["failed login"]).unwrap();
/// assert_eq!(vector.len(), 512);
/// ```
#[derive(Debug, Clone)]
pub struct HashEmbedder {
    dim: usize,
    id: String,
}

impl HashEmbedder {
    /// Vectors of 512 numbers.
    pub fn new() -> Self {
        Self::sized(512)
    }

    /// Vectors of `dim` numbers; more numbers mean fewer features that share a place.
    ///
    /// # Errors
    /// Fails unless `dim` is between 16 and 65,536.
    pub fn with_dim(dim: usize) -> Result<Self, ModelError> {
        if (16..=65_536).contains(&dim) {
            return Ok(Self::sized(dim));
        }
        let problem = format!("{dim} dimensions are out of range");
        Err(ModelError::new("hash", problem, "ask for 16 to 65,536 dimensions"))
    }

    fn sized(dim: usize) -> Self {
        Self { dim, id: format!("sting-hash-{dim}-v1") }
    }
}

impl Default for HashEmbedder {
    fn default() -> Self {
        Self::new()
    }
}

impl Embedder for HashEmbedder {
    fn dim(&self) -> usize {
        self.dim
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        Ok(self.embed_until(texts, &|| false)?.unwrap_or_default())
    }

    fn embed_until(&self, texts: &[&str], stop: Stop<'_>) -> Result<Option<Vec<f32>>, ModelError> {
        let mut rows = vec![0.0; texts.len() * self.dim];
        let embed = |(row, text): (&mut [f32], &&str)| embed_into(text, stop, row).then_some(());
        let done = rows.par_chunks_mut(self.dim).zip(texts).map(embed).collect::<Option<()>>();
        Ok(done.map(|()| rows))
    }

    /// Low: what this model finds, a keyword index mostly finds too, and better.
    fn hybrid_weight(&self) -> f32 {
        0.2
    }
}

/// Says whether work is to be given up.
pub(super) type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// Words that are read between two questions whether to go on: about a millisecond's work.
const PACE: u32 = 1 << 14;

/// Asks now and then whether to go on, the first time at once.
pub(super) struct Pace<'a> {
    stop: Stop<'a>,
    left: u32,
}

impl<'a> Pace<'a> {
    pub(super) fn new(stop: Stop<'a>) -> Self {
        Self { stop, left: 0 }
    }

    /// Whether the work is to be given up; asked once a word.
    #[inline]
    pub(super) fn is_over(&mut self) -> bool {
        if self.left > 0 {
            self.left -= 1;
            return false;
        }
        self.left = PACE;
        (self.stop)()
    }
}

/// Writes the unit vector of `text` to `row`, which holds zeros; tells whether `stop` let it.
fn embed_into(text: &str, stop: Stop<'_>, row: &mut [f32]) -> bool {
    let mut scratch = Scratch::default();
    let mut pace = Pace::new(stop);
    for word in words(text) {
        if pace.is_over() {
            return false;
        }
        scratch.count(word);
        if scratch.words.len() == MAX_DISTINCT_WORDS {
            scratch.add_features(row);
        }
    }
    scratch.add_features(row);
    normalize(row);
    true
}

/// The features of a word in lower case: itself, then its trigrams with its two boundary marks (from one
/// character on, in scripts that put no spaces between words). Gives the place of each in a vector of `dim` numbers,
/// doubled, plus 1 where it is subtracted.
pub(super) fn places(word: &str, dim: usize, places: &mut Vec<u32>) {
    let mut chars = vec![u32::from('<')];
    chars.extend(word.chars().map(u32::from));
    chars.push(u32::from('>'));
    let place = |hash: u64| (((hash >> 32) * dim as u64) >> 32) as u32 * 2 + (hash & 1) as u32;
    places.push(place(hash(&chars)));
    let shortest = if chars.iter().any(|&c| is_undelimited(c)) { 1 } else { 3 };
    for length in shortest..=3 {
        let grams = chars.windows(length);
        places.extend(grams.map(|gram| place(finish(gram.iter().fold(SEED, |state, &c| step(state, c))))));
    }
}

/// Runs of letters and digits, none longer than [`MAX_WORD`].
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).flat_map(|mut run| {
        std::iter::from_fn(move || {
            let end = run.char_indices().nth(MAX_WORD).map_or(run.len(), |(at, _)| at);
            let (word, rest) = run.split_at(end);
            run = rest;
            (!word.is_empty()).then_some(word)
        })
    })
}

/// The words of one text, counted.
#[derive(Default)]
struct Scratch<'a> {
    index: FxHashMap<u64, u32>,
    words: Vec<(&'a str, f32)>,
    /// Characters of the word at hand, in lower case, between boundary marks.
    chars: Vec<u32>,
}

impl<'a> Scratch<'a> {
    fn count(&mut self, word: &'a str) {
        self.fold(word);
        let next = self.words.len() as u32;
        let at = *self.index.entry(hash(&self.chars)).or_insert(next);
        if at == next {
            self.words.push((word, 1.0));
        } else {
            self.words[at as usize].1 += 1.0;
        }
    }

    /// Adds what has been counted to `row`, and starts again.
    fn add_features(&mut self, row: &mut [f32]) {
        self.index.clear();
        for (word, count) in std::mem::take(&mut self.words) {
            self.fold(word);
            let weight = (1.0 + count.ln()) * rarity(&self.chars[1..self.chars.len() - 1]);
            add(row, hash(&self.chars), weight * WHOLE_WORD);
            self.add_ngrams(row, weight * (1.0 - WHOLE_WORD));
        }
    }

    fn add_ngrams(&self, row: &mut [f32], weight: f32) {
        let shortest = if self.chars.iter().any(|&c| is_undelimited(c)) { 1 } else { 3 };
        let len = self.chars.len();
        let ngrams: usize = (shortest..=LONGEST).map(|n| (len + 1).saturating_sub(n)).sum();
        // Features have random signs: the length of the sum of n of them grows with the root of n.
        let share = weight / (ngrams as f32).sqrt();
        for start in 0..len {
            let mut state = SEED;
            for (n, &c) in self.chars[start..].iter().take(LONGEST).enumerate() {
                state = step(state, c);
                if n + 1 >= shortest {
                    add(row, finish(state), share);
                }
            }
        }
    }

    fn fold(&mut self, word: &str) {
        self.chars.clear();
        self.chars.push(u32::from('<'));
        if word.is_ascii() {
            self.chars.extend(word.bytes().map(|byte| u32::from(byte.to_ascii_lowercase())));
        } else {
            self.chars.extend(word.chars().flat_map(char::to_lowercase).map(u32::from));
        }
        self.chars.push(u32::from('>'));
    }
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over characters rather than bytes.
fn step(state: u64, c: u32) -> u64 {
    (state ^ u64::from(c)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// The finaliser of MurmurHash3: FNV alone leaves the high bits nearly constant for short input.
fn finish(mut state: u64) -> u64 {
    state = (state ^ state >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    state = (state ^ state >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    state ^ state >> 33
}

/// The hash of a whole word; apart from that of an n-gram with the same characters.
fn hash(chars: &[u32]) -> u64 {
    finish(chars.iter().fold(!SEED, |state, &c| step(state, c)))
}

/// The upper half of the hash chooses the place, the lowest bit the sign.
fn add(row: &mut [f32], hash: u64, weight: f32) {
    let place = ((hash >> 32) * row.len() as u64) >> 32;
    row[place as usize] += if hash & 1 == 0 { weight } else { -weight };
}

/// Scripts that do not put spaces between words, from the CJK radicals to the Hangul syllables and beyond.
fn is_undelimited(c: u32) -> bool {
    c >= 0x2e80
}

/// How much a word says, without a corpus to count in: frequent words are short (Zipf's law of
/// abbreviation), and the most frequent are function words.
pub(super) fn rarity(chars: &[u32]) -> f32 {
    let mut lower = [0u8; 8];
    if chars.len() <= lower.len() && chars.iter().all(|&c| c < 0x80) {
        for (byte, &c) in lower.iter_mut().zip(chars) {
            *byte = c as u8;
        }
        if let Ok(word) = std::str::from_utf8(&lower[..chars.len()])
            && FUNCTION_WORDS.binary_search(&word).is_ok()
        {
            return 0.1;
        }
    }
    match chars.len() {
        1 => 0.4,
        2 => 0.6,
        3 => 0.8,
        4..=6 => 1.0,
        _ => 1.2,
    }
}

/// English function words, sorted.
#[rustfmt::skip]
const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "being", "between", "both", "but", "by", "can", "could", "did", "do",
    "does", "doing", "don", "down", "during", "each", "few", "for", "from", "further", "had", "has",
    "have", "having", "he", "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is",
    "it", "its", "just", "may", "me", "might", "more", "most", "must", "my", "no", "nor", "not", "now",
    "of", "off", "on", "once", "only", "or", "other", "our", "ours", "out", "over", "own", "s", "same",
    "shall", "she", "should", "so", "some", "such", "t", "than", "that", "the", "their", "theirs",
    "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "under", "until",
    "up", "us", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom",
    "why", "will", "with", "would", "you", "your", "yours",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cosine(a: &str, b: &str) -> f32 {
        let rows = HashEmbedder::new().embed(&[a, b]).unwrap();
        rows[..512].iter().zip(&rows[512..]).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn function_words_are_sorted_and_fit() {
        assert!(FUNCTION_WORDS.is_sorted());
        assert!(FUNCTION_WORDS.iter().all(|word| word.len() <= 8));
    }

    #[test]
    fn case_punctuation_and_order_do_not_matter() {
        assert!((cosine("Failed LOGIN, root!", "root failed login") - 1.0).abs() < 1e-5);
    }

    #[test]
    fn shared_stems_are_near_and_strangers_are_far() {
        let near = cosine("the connection was refused", "refusing connections");
        let far = cosine("the connection was refused", "lemon cake with sugar");
        assert!(near > 0.3 && far < 0.15, "near {near}, far {far}");
    }

    #[test]
    fn function_words_hardly_count() {
        assert!(cosine("the cause of an outage", "outage cause") > 0.95);
    }

    #[test]
    fn undelimited_scripts_share_their_parts() {
        let near = cosine("東京都庁の職員", "職員は東京都庁にいる");
        assert!(near > cosine("東京都庁の職員", "桜が咲いた") + 0.2, "near {near}");
    }

    #[test]
    fn nothing_to_embed_is_the_zero_vector() {
        for text in ["", " \n", "... !? —"] {
            assert!(HashEmbedder::new().embed(&[text]).unwrap().iter().all(|&x| x == 0.0));
        }
    }

    #[test]
    fn more_distinct_words_than_are_counted_together() {
        let words: Vec<String> = (0..MAX_DISTINCT_WORDS + 10).map(|i| format!("w{i}")).collect();
        let text = words.join(" ");
        let row = HashEmbedder::new().embed(&[&text]).unwrap();
        assert!((row.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-4);
    }

    #[test]
    fn long_runs_are_cut_and_lose_nothing() {
        let run = "é".repeat(MAX_WORD * 2 + 1);
        let cut: Vec<&str> = words(&run).collect();
        assert_eq!(cut.concat(), run);
        assert_eq!(cut.len(), 3);
    }

    #[test]
    fn dimensions_out_of_range_are_refused() {
        assert!(HashEmbedder::with_dim(15).is_err() && HashEmbedder::with_dim(65_537).is_err());
        assert_eq!(HashEmbedder::with_dim(64).unwrap().embed(&["x"]).unwrap().len(), 64);
    }

    proptest! {
        #[test]
        fn rows_are_unit_or_zero_and_do_not_depend_on_the_batch(texts in prop::collection::vec(".{0,40}", 1..6)) {
            let embedder = HashEmbedder::new();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let rows = embedder.embed(&texts).unwrap();
            for (row, text) in rows.chunks(512).zip(&texts) {
                let norm: f32 = row.iter().map(|x| x * x).sum();
                prop_assert!(norm == 0.0 || (norm - 1.0).abs() < 1e-4);
                prop_assert_eq!(norm > 0.0, text.chars().any(char::is_alphanumeric));
                prop_assert_eq!(row, &embedder.embed(&[text]).unwrap()[..]);
            }
        }
    }
}

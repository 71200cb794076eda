//! The built-in embedder: a small trained table beside hashed words.

mod lexicon;

use std::sync::OnceLock;

use rayon::prelude::*;
use sting_core::model::{Embedder, ModelError};
use sting_core::token::Tokenizer;

use self::lexicon::{Borrowed, Lexicon, Parts, Spell};
use super::hash::{self, Stop};
use crate::kernel::machine::Machine;
use crate::kernel::sums::{add_bytes, scale_to};

/// Numbers of a row of the table.
const TABLE_DIM: usize = 128;
const HASH_DIM: usize = 896;
const DIM: usize = TABLE_DIM + HASH_DIM;

/// The lengths of a vector's prefix that can be had.
const DIMS: [usize; 5] = [64, 128, 256, 512, DIM];

/// Share of the table in the square of a vector's length. The hashed words tell more texts apart.
const TABLE_SHARE: f32 = 0.5;

/// Share of a word's weight in the hashed half that its whole form takes; its trigrams take the rest.
const WHOLE_WORD: f32 = 0.5;

/// The most frequent word: from its token on, the vocabulary is in order of frequency.
const FIRST_WORD: &str = "the";

/// A word that is as frequent as this weighs half (Arora et al., 2017).
const HALF_FREQUENCY: f32 = 3e-4;

static VOCAB: &str = include_str!("../../model/vocab.txt");

/// Written by `examples/train_builtin.rs`: for each token an `f32` scale, little-endian; then for
/// each token [`TABLE_DIM`] signed bytes.
static TABLE: &[u8] = include_bytes!("../../model/builtin.bin");

/// Embeds a text by a table of token vectors and by hashed words and trigrams, side by side.
///
/// The table (30,522 tokens of 128 numbers, 4 MB in the program) was trained so that the sum of a
/// text's rows points where all-MiniLM-L6-v2's vector of it points; rows are weighted by how rare
/// their token is. It brings texts of one meaning together that share no word; the other part,
/// as in [`HashEmbedder`](super::HashEmbedder), tells names, numbers and misspelled words apart,
/// which the table has never seen. The first 128 numbers of a vector are the table's.
///
/// It works offline and reads texts of any length: a second and core reads about 200 MB of long texts, 80 MB of texts
/// of 1,000 characters, and 20 MB of sentences, whose vectors are many times longer than they are. It takes a few
/// megabytes of memory a thread, which remember words that were seen before. What it was
/// trained on is said in `model/README.md`.
///
/// ```
/// use sting_core::model::Embedder;
/// use sting_vector::embed::BuiltinEmbedder;
///
/// let embedder = BuiltinEmbedder::new();
/// let rows = embedder.embed(&["a physician", "a doctor", "a lorry"]).unwrap();
/// let cosine = |a: usize, b: usize| -> f32 {
///     let row = |i: usize| &rows[i * embedder.dim()..(i + 1) * embedder.dim()];
///     row(a).iter().zip(row(b)).map(|(x, y)| x * y).sum()
/// };
/// assert!(cosine(0, 1) > cosine(0, 2) + 0.1);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct BuiltinEmbedder {
    tokenizer: &'static Tokenizer,
    first_word: u32,
    machine: Machine,
    dim: usize,
}

impl BuiltinEmbedder {
    /// Vectors of 1024 numbers. The first call reads the vocabulary, in a few milliseconds; later ones take no
    /// time.
    pub fn new() -> Self {
        static TOKENIZER: OnceLock<Tokenizer> = OnceLock::new();
        // The file is part of the program, and a test loads it.
        #[allow(clippy::expect_used)]
        let load = || Tokenizer::from_vocab(VOCAB).expect("the vocabulary in the program is whole");
        let tokenizer = TOKENIZER.get_or_init(load);
        let first_word = tokenizer.token_id(FIRST_WORD).unwrap_or(u32::MAX);
        Self { tokenizer, first_word, machine: Machine::detect(), dim: DIM }
    }

    /// Shorter vectors: the first `dim` numbers of the long ones, brought to unit length. Up to 128, they are the
    /// table's alone.
    ///
    /// # Errors
    /// Fails unless `dim` is 64, 128, 256, 512 or 1024.
    pub fn with_dim(dim: usize) -> Result<Self, ModelError> {
        if DIMS.contains(&dim) {
            return Ok(Self { dim, ..Self::new() });
        }
        let problem = format!("{dim} dimensions are not offered");
        Err(ModelError::new("builtin", problem, "ask for 64, 128, 256, 512 or 1024"))
    }

    /// Writes the whole vector of a text to `row`, which holds zeros; tells whether `stop` let it.
    fn embed_into(self, text: &str, lexicon: &mut Lexicon, stop: Stop<'_>, row: &mut [f32]) -> bool {
        let (table, hashed) = row.split_at_mut(TABLE_DIM);
        let is_whole = lexicon.read(text, &self, stop, |Parts { tokens, places, whole, gram }, weight| {
            for &token in tokens {
                self.add_token(token, weight, table);
            }
            let mut features = places.iter();
            if let Some(place) = features.next() {
                add_place(hashed, *place, whole * weight);
            }
            let gram = gram * weight;
            features.for_each(|&place| add_place(hashed, place, gram));
        });
        scale_to(self.machine, table, TABLE_SHARE.sqrt());
        scale_to(self.machine, hashed, (1.0 - TABLE_SHARE).sqrt());
        // Changes something only for a text of which one part knows nothing: it is the other's.
        scale_to(self.machine, row, 1.0);
        is_whole
    }

    /// How much a word counts: less the more frequent it is, by its rank in the vocabulary. By
    /// Zipf's law, the word of rank r makes up about 0.1 / r of English text.
    fn rarity(self, word: &str) -> f32 {
        let mut chars = word.chars();
        if let (Some(only), None) = (chars.next(), chars.next()) {
            return hash::rarity(&[u32::from(only)]);
        }
        match self.tokenizer.token_id(word).and_then(|token| token.checked_sub(self.first_word)) {
            Some(rank) => HALF_FREQUENCY / (HALF_FREQUENCY + 0.1 / (rank as f32 + 3.7)),
            None => 1.0,
        }
    }

    fn add_token(self, token: u32, weight: f32, sum: &mut [f32]) {
        let rows = TABLE.len() / (TABLE_DIM + size_of::<f32>());
        let token = token as usize;
        let (scales, numbers) = TABLE.split_at(rows * size_of::<f32>());
        let Some(scale) = scales.as_chunks().0.get(token) else { return };
        let row = &numbers[token * TABLE_DIM..][..TABLE_DIM];
        add_bytes(self.machine, sum, row, weight * f32::from_le_bytes(*scale));
    }
}

impl Spell for BuiltinEmbedder {
    fn spell(&self, word: &str, tokens: &mut Vec<u32>, places: &mut Vec<u32>) -> (f32, f32) {
        self.tokenizer.encode_into(word, tokens, false);
        hash::places(word, HASH_DIM, places);
        let rarity = self.rarity(word);
        // Features have random signs: the length of the sum of n of them grows with the root of n.
        let grams = (places.len() - 1).max(1) as f32;
        (rarity * WHOLE_WORD, rarity * (1.0 - WHOLE_WORD) / grams.sqrt())
    }
}

fn add_place(row: &mut [f32], place: u32, weight: f32) {
    // The lowest bit is the sign.
    row[(place >> 1) as usize] += f32::from_bits(weight.to_bits() ^ (place << 31));
}

impl Default for BuiltinEmbedder {
    fn default() -> Self {
        Self::new()
    }
}

impl Embedder for BuiltinEmbedder {
    fn dim(&self) -> usize {
        self.dim
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn id(&self) -> &'static str {
        match self.dim {
            64 => "sting-builtin-64-v2",
            128 => "sting-builtin-128-v2",
            256 => "sting-builtin-256-v2",
            512 => "sting-builtin-512-v2",
            _ => "sting-builtin-1024-v2",
        }
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        Ok(self.embed_until(texts, &|| false)?.unwrap_or_default())
    }

    fn embed_until(&self, texts: &[&str], stop: Stop<'_>) -> Result<Option<Vec<f32>>, ModelError> {
        let mut rows = vec![0.0; texts.len() * self.dim];
        let start = || (Borrowed::new(), [0.0; DIM]);
        let embed = |(lexicon, whole): &mut (Borrowed, [f32; DIM]), (row, text): (&mut [f32], &&str)| {
            if self.dim == DIM {
                return self.embed_into(text, lexicon.get(), stop, row).then_some(());
            }
            whole.fill(0.0);
            let is_whole = self.embed_into(text, lexicon.get(), stop, whole);
            row.copy_from_slice(&whole[..self.dim]);
            scale_to(self.machine, row, 1.0);
            is_whole.then_some(())
        };
        let done = rows.par_chunks_mut(self.dim).zip(texts).map_init(start, embed).collect::<Option<()>>();
        Ok(done.map(|()| rows))
    }

    /// Chosen on questions of its own; see `model/README.md`.
    fn hybrid_weight(&self) -> f32 {
        0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_table_has_a_row_for_each_token() {
        let embedder = BuiltinEmbedder::new();
        assert_eq!(TABLE.len(), embedder.tokenizer.vocab_size() * (TABLE_DIM + size_of::<f32>()));
        let scales = TABLE.as_chunks::<4>().0[..embedder.tokenizer.vocab_size()].iter();
        assert!(
            scales.map(|&scale| f32::from_le_bytes(scale)).all(|scale| scale.is_finite() && scale >= 0.0)
        );
    }

    #[test]
    fn nothing_to_embed_is_the_zero_vector() {
        assert!(BuiltinEmbedder::new().embed(&["", " \n\t"]).unwrap().iter().all(|&x| x == 0.0));
    }

    #[test]
    fn pieces_of_a_long_text_add_up() {
        let embedder = BuiltinEmbedder::new();
        let once = "the lorry of the physician ";
        let rows = embedder.embed(&[once, &once.repeat(20_000)]).unwrap();
        let cosine: f32 = rows[..TABLE_DIM].iter().zip(&rows[DIM..]).map(|(x, y)| x * y).sum();
        assert!((cosine - TABLE_SHARE).abs() < 1e-3, "{cosine}");
    }

    #[test]
    fn a_prefix_is_a_smaller_model() {
        let texts = ["the lorry of the physician", "", "203.0.113.7"];
        let whole = BuiltinEmbedder::new().embed(&texts).unwrap();
        for dim in [64, 128, 256, 512] {
            let short = BuiltinEmbedder::with_dim(dim).unwrap().embed(&texts).unwrap();
            for (short, whole) in short.chunks(dim).zip(whole.chunks(DIM)) {
                let mut prefix = whole[..dim].to_vec();
                scale_to(Machine::detect(), &mut prefix, 1.0);
                assert_eq!(short, prefix);
            }
        }
        assert!(BuiltinEmbedder::with_dim(100).is_err());
    }

    /// To the bit, whatever was embedded before and however many threads there are.
    #[test]
    fn rows_do_not_depend_on_the_texts_before() {
        let texts: Vec<String> =
            (0..500).map(|i| format!("word{} the Lorry, the lorry {i}", i % 50)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let with = |threads: usize, texts: &[&str]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| BuiltinEmbedder::new().embed(texts)).unwrap()
        };
        let rows = with(1, &texts);
        assert_eq!(with(3, &texts), rows);
        let (first, last) = (&rows[..DIM], &rows[499 * DIM..]);
        assert_eq!((with(2, &texts[499..]), with(2, &texts[..1])), (last.to_vec(), first.to_vec()));
    }

    #[test]
    fn frequent_words_weigh_little() {
        let embedder = BuiltinEmbedder::new();
        let rarity = |word: &str| embedder.rarity(word);
        assert!(
            rarity("the") < 0.05 && rarity("with") < rarity("people") && rarity("people") < rarity("malware")
        );
        assert_eq!(rarity("203x113"), 1.0);
    }

    proptest! {
        #[test]
        fn rows_are_unit_or_zero(text in ".{0,60}") {
            let row = BuiltinEmbedder::new().embed(&[&text]).unwrap();
            let norm: f32 = row.iter().map(|x| x * x).sum();
            prop_assert!(norm == 0.0 || (norm - 1.0).abs() < 1e-4);
            prop_assert!(norm > 0.0 || !text.chars().any(char::is_alphanumeric));
        }
    }
}

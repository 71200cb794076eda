//! The built-in embedder: a small trained table beside hashed words.

use std::sync::OnceLock;

use rayon::prelude::*;
use sting_core::model::{Embedder, ModelError};
use sting_core::token::Tokenizer;

use super::hash;
use super::normalize;
use super::tokenizer::head;

/// Numbers of a row of the table.
const TABLE_DIM: usize = 128;
const HASH_DIM: usize = 384;

/// Share of the table in the square of a vector's length. The hashed words tell more texts apart.
const TABLE_SHARE: f32 = 0.4;

/// The most frequent word: from its token on, the vocabulary is in order of frequency.
const FIRST_WORD: &str = "the";

/// A word that is as frequent as this weighs half (Arora et al., 2017).
const HALF_FREQUENCY: f32 = 3e-4;

/// Bytes of a text that are tokenized at once.
const PIECE: usize = 1 << 16;

static VOCAB: &str = include_str!("../../model/vocab.txt");

/// Written by `examples/train_builtin.rs`: for each token an `f32` scale, little-endian; then for
/// each token [`TABLE_DIM`] signed bytes.
static TABLE: &[u8] = include_bytes!("../../model/builtin.bin");

/// Embeds a text by a table of token vectors and by hashed words and n-grams, side by side.
///
/// The table (30,522 tokens of 128 numbers, 4 MB in the program) was trained so that the sum of a
/// text's rows points where all-MiniLM-L6-v2's vector of it points; rows are weighted by how rare
/// their token is. It brings texts of one meaning together that share no word; the other half,
/// as in [`HashEmbedder`](super::HashEmbedder), tells names, numbers and misspelled words apart,
/// which the table has never seen. The first 128 numbers of a vector are the table's.
///
/// It works offline and reads texts of any length, in a few megabytes of memory. What it was
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
}

impl BuiltinEmbedder {
    /// The first call reads the vocabulary, in a few milliseconds; later ones take no time.
    pub fn new() -> Self {
        static TOKENIZER: OnceLock<Tokenizer> = OnceLock::new();
        // The file is part of the program, and a test loads it.
        #[allow(clippy::expect_used)]
        let load = || Tokenizer::from_vocab(VOCAB).expect("the vocabulary in the program is whole");
        let tokenizer = TOKENIZER.get_or_init(load);
        Self { tokenizer, first_word: tokenizer.token_id(FIRST_WORD).unwrap_or(u32::MAX) }
    }

    fn embed_into(self, text: &str, tokens: &mut Vec<u32>, row: &mut [f32]) {
        let (table, hashed) = row.split_at_mut(TABLE_DIM);
        let mut rest = text;
        while !rest.is_empty() {
            let piece = head(rest, PIECE);
            rest = &rest[piece.len()..];
            tokens.clear();
            self.tokenizer.encode_into(piece, tokens, false);
            tokens.sort_unstable();
            for same in tokens.chunk_by(|a, b| a == b) {
                // A word said twice does not count twice as much.
                add_token(same[0], 1.0 + (same.len() as f32).ln(), table);
            }
        }
        normalize(table);
        hash::embed_into(text, hashed, |word| self.rarity(word));
        for x in table {
            *x *= TABLE_SHARE.sqrt();
        }
        for x in hashed {
            *x *= (1.0 - TABLE_SHARE).sqrt();
        }
        // Changes something only for a text of which one side knows nothing: it is the other's.
        normalize(row);
    }

    /// How much a word counts: less the more frequent it is, by its rank in the vocabulary. By
    /// Zipf's law, the word of rank r makes up about 0.1 / r of English text.
    fn rarity(self, word: &[u32]) -> f32 {
        if let [_] = word {
            return hash::rarity(word);
        }
        let word: String = word.iter().filter_map(|&c| char::from_u32(c)).collect();
        match self.tokenizer.token_id(&word).and_then(|token| token.checked_sub(self.first_word)) {
            Some(rank) => HALF_FREQUENCY / (HALF_FREQUENCY + 0.1 / (rank as f32 + 3.7)),
            None => 1.0,
        }
    }
}

impl Default for BuiltinEmbedder {
    fn default() -> Self {
        Self::new()
    }
}

impl Embedder for BuiltinEmbedder {
    fn dim(&self) -> usize {
        TABLE_DIM + HASH_DIM
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn id(&self) -> &'static str {
        "sting-builtin-512-v1"
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let mut rows = vec![0.0; texts.len() * self.dim()];
        let rows_of_texts = rows.par_chunks_mut(self.dim()).zip(texts);
        rows_of_texts.for_each_init(Vec::new, |tokens, (row, text)| self.embed_into(text, tokens, row));
        Ok(rows)
    }

    /// Low: beside keywords, more was measured to do harm on some texts.
    fn hybrid_weight(&self) -> f32 {
        0.25
    }
}

fn add_token(token: u32, weight: f32, sum: &mut [f32]) {
    let rows = TABLE.len() / (TABLE_DIM + size_of::<f32>());
    let token = token as usize;
    let (scales, numbers) = TABLE.split_at(rows * size_of::<f32>());
    let Some(scale) = scales.as_chunks().0.get(token) else { return };
    let scale = weight * f32::from_le_bytes(*scale);
    for (sum, &number) in sum.iter_mut().zip(&numbers[token * TABLE_DIM..][..TABLE_DIM]) {
        *sum += scale * f32::from(number.cast_signed());
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
        let cosine: f32 = rows[..TABLE_DIM].iter().zip(&rows[512..]).map(|(x, y)| x * y).sum();
        assert!((cosine - TABLE_SHARE).abs() < 1e-3, "{cosine}");
    }

    #[test]
    fn frequent_words_weigh_little() {
        let embedder = BuiltinEmbedder::new();
        let rarity = |word: &str| embedder.rarity(&word.chars().map(u32::from).collect::<Vec<_>>());
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

//! Encoders of the BERT family, from a sentence-transformers folder.

mod batch;
mod fast;
mod folder;
mod reference;
mod relative;
#[cfg(test)]
mod tests;
mod weights;

use std::path::Path;
use std::str::FromStr;

use rayon::prelude::*;
use sting_core::id::IdHasher;
use sting_core::model::{Embedder, ModelError};

use self::batch::{Batch, Reader, batches};
use self::fast::Fast;
use self::folder::{Config, Folder, Pooling};
use self::reference::Reference;
use self::weights::Weights;
use super::tokenizer::load_tokenizer;
use crate::kernel::matrix::{Bf16x2, Bytes, Machine};

/// Texts that are tokenized before their batches are computed.
const WINDOW: usize = 4096;

/// Tokens that a thread computes together: enough to make little of reading the weights, few
/// enough to keep what is between two layers in the cache.
const BATCH_TOKENS: usize = 512;

/// A sentence encoder: all-MiniLM-L6-v2, the bge, e5 and gte families, all-mpnet-base-v2, and
/// whatever else is a BERT, RoBERTa, DistilBERT or MPNet encoder with mean, cls or max pooling.
///
/// Texts are sorted by length and computed without padding, on all threads of the current rayon
/// pool; a vector is the same to the bit whatever texts and threads there are beside it. A text
/// beyond the model's [`max_tokens`](Embedder::max_tokens) counts with its beginning; a text of
/// white space has the zero vector. Memory is that of the weights, about 10 MB a thread, and the
/// result.
///
/// ```no_run
/// use sting_core::model::Embedder;
/// use sting_vector::embed::BertEmbedder;
///
/// let embedder = BertEmbedder::load("models/all-MiniLM-L6-v2")?;
/// let vectors = embedder.embed(&["The server was restarted.", "Someone rebooted the machine."])?;
/// assert_eq!(vectors.len(), 2 * embedder.dim());
/// # Ok::<(), sting_core::model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct BertEmbedder {
    name: String,
    id: String,
    dim: usize,
    pooling: Pooling,
    query_prompt: String,
    passage_prompt: String,
    reader: Reader,
    encoder: Encoder,
}

/// The numbers in which an encoder's matrix products are computed; all else is `f32`.
///
/// The two shorter ones are fast where the processor has instructions for them (AVX512-BF16,
/// AVX512-VNNI), and slow elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    F32,
    /// 16-bit floating point with 8 bits of fraction; sums in `f32`.
    Bf16,
    /// 8-bit integers, with a scale for each column of weights and each token.
    Int8,
}

impl FromStr for Precision {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Self, ModelError> {
        match name {
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "int8" => Ok(Self::Int8),
            other => {
                Err(ModelError::new("precision", format!("{other} is unknown"), "choose f32, bf16 or int8"))
            }
        }
    }
}

#[derive(Debug)]
enum Encoder {
    F32(Fast<f32>),
    Bf16(Fast<Bf16x2>),
    Int8(Fast<Bytes>),
    Reference(Reference),
}

impl BertEmbedder {
    /// Loads a model folder as sentence-transformers saves it: `config.json`,
    /// `model.safetensors`, `tokenizer.json` or `vocab.txt`, and, where present, `modules.json`,
    /// `sentence_bert_config.json`, `1_Pooling/config.json` and
    /// `config_sentence_transformers.json`.
    ///
    /// # Errors
    /// Names the file, and the tensor or setting in it, that is missing, that does not fit the
    /// rest, or that is not supported.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        Self::load_with(path, Precision::F32)
    }

    /// Loads a model folder, to compute in the given precision.
    ///
    /// # Errors
    /// As [`BertEmbedder::load`].
    pub fn load_with(path: impl AsRef<Path>, precision: Precision) -> Result<Self, ModelError> {
        let machine = Machine::detect();
        Self::assemble(path.as_ref(), |config, weights| {
            Ok(match precision {
                Precision::F32 => Encoder::F32(Fast::new(machine, &config, weights)),
                Precision::Bf16 => Encoder::Bf16(Fast::new(machine, &config, weights)),
                Precision::Int8 => Encoder::Int8(Fast::new(machine, &config, weights)),
            })
        })
    }

    /// Loads a model folder, to compute with candle's own operations: slow, and what the rest is
    /// checked against.
    ///
    /// # Errors
    /// As [`BertEmbedder::load`].
    pub fn load_reference(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        Self::assemble(path.as_ref(), |config, weights| {
            Reference::new(config, weights).map(Encoder::Reference)
        })
    }

    fn assemble(
        path: &Path,
        encoder: impl FnOnce(Config, Weights) -> candle_core::Result<Encoder>,
    ) -> Result<Self, ModelError> {
        let name = path.display().to_string();
        let folder = Folder::read(path)?;
        let tokenizer = load_tokenizer(&folder.encoder)?;
        if tokenizer.vocab_size() > folder.config.vocab {
            let (tokens, rows) = (tokenizer.vocab_size(), folder.config.vocab);
            let problem = format!("the tokenizer has {tokens} tokens, the model vectors for {rows}");
            return Err(ModelError::new(name, problem, "take tokenizer and model from one repository"));
        }
        let reader = Reader::new(tokenizer, folder.max_tokens, &name)?;
        let weights = Weights::read(&folder.encoder, &folder.config)?;
        Ok(Self {
            id: model_id(&folder, &weights),
            dim: folder.config.hidden,
            pooling: folder.pooling,
            encoder: encoder(folder.config, weights).map_err(|error| failed(&name, &error))?,
            query_prompt: folder.query_prompt,
            passage_prompt: folder.passage_prompt,
            reader,
            name,
        })
    }

    fn embed_with(&self, prompt: &str, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let mut vectors = vec![0.0; texts.len() * self.dim];
        for (texts, vectors) in texts.chunks(WINDOW).zip(vectors.chunks_mut(WINDOW * self.dim)) {
            let tokens: Vec<_> = texts.par_iter().map(|text| self.reader.read(prompt, text)).collect();
            // A few texts are still shared out to all threads.
            let total: usize = tokens.iter().map(Vec::len).sum();
            let share = total.div_ceil(rayon::current_num_threads()).clamp(64, BATCH_TOKENS);
            let batches = batches(&tokens, share);
            let pooled: Vec<_> =
                batches.par_iter().map(|batch| self.embed_batch(batch)).collect::<Result<_, _>>()?;
            for (batch, pooled) in batches.iter().zip(&pooled) {
                for (&row, vector) in batch.rows.iter().zip(pooled.chunks_exact(self.dim)) {
                    vectors[row * self.dim..][..self.dim].copy_from_slice(vector);
                }
            }
        }
        Ok(vectors)
    }

    /// The vectors of a batch's texts, in its order.
    fn embed_batch(&self, batch: &Batch) -> Result<Vec<f32>, ModelError> {
        let states = match &self.encoder {
            Encoder::F32(encoder) => encoder.forward(batch),
            Encoder::Bf16(encoder) => encoder.forward(batch),
            Encoder::Int8(encoder) => encoder.forward(batch),
            Encoder::Reference(encoder) => {
                encoder.forward(batch).map_err(|error| failed(&self.name, &error))?
            }
        };
        let mut vectors = vec![0.0; batch.lengths.len() * self.dim];
        let mut rest = &states[..];
        for (vector, &length) in vectors.chunks_exact_mut(self.dim).zip(&batch.lengths) {
            let (text, after) = rest.split_at(length * self.dim);
            rest = after;
            self.pooling.pool(text, vector);
        }
        Ok(vectors)
    }
}

impl Embedder for BertEmbedder {
    fn dim(&self) -> usize {
        self.dim
    }

    fn max_tokens(&self) -> Option<usize> {
        Some(self.reader.max_tokens())
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        self.embed_with(&self.passage_prompt, texts)
    }

    fn embed_queries(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        self.embed_with(&self.query_prompt, texts)
    }

    /// An encoder finds what a keyword index does not; beside MiniLM, weights of 1 to 2 were
    /// measured to be best.
    fn hybrid_weight(&self) -> f32 {
        1.5
    }
}

impl Pooling {
    /// Writes the unit vector of a text, from those of its tokens.
    fn pool(self, tokens: &[f32], vector: &mut [f32]) {
        let mut tokens = tokens.chunks_exact(vector.len());
        if let Some(first) = tokens.next() {
            vector.copy_from_slice(first);
        }
        match self {
            Self::First => {}
            // The sum does for the mean: the length is made 1 below.
            Self::Mean => tokens.for_each(|token| combine(vector, token, |a, b| a + b)),
            Self::Max => tokens.for_each(|token| combine(vector, token, f32::max)),
        }
        super::normalize(vector);
    }
}

fn combine(vector: &mut [f32], token: &[f32], of: impl Fn(f32, f32) -> f32) {
    for (x, &y) in vector.iter_mut().zip(token) {
        *x = of(*x, y);
    }
}

/// Two folders have one id exactly if they give the same vectors: whatever decides them is in it.
fn model_id(folder: &Folder, weights: &Weights) -> String {
    let mut hasher = IdHasher::default();
    hasher.field(weights.id.as_bytes());
    let settings = (&folder.config, folder.pooling, &folder.query_prompt, &folder.passage_prompt);
    hasher.field(format!("{settings:?}").as_bytes()).number(folder.max_tokens as u64);
    format!("{}-{}-{}", folder.config.model_type, folder.config.hidden, &hasher.finish().to_string()[..16])
}

fn failed(model: &str, error: &candle_core::Error) -> ModelError {
    ModelError::new(
        model,
        format!("the forward pass failed ({error})"),
        "report it, with the model's config.json",
    )
}

//! Encoders of the BERT family, from a sentence-transformers folder.

mod batch;
mod checkpoint;
mod fast;
mod folder;
mod head;
mod model;
mod pooling;
mod precision;
mod reference;
mod relative;
#[cfg(test)]
mod tests;
mod weights;

use std::path::Path;

use rayon::prelude::*;
use sting_core::Id;
use sting_core::id::IdHasher;
use sting_core::model::{Embedder, ModelError};

use self::batch::Reader;
use self::checkpoint::Checkpoint;
use self::folder::Folder;
use self::model::{Encoder, Model, Way};
use self::pooling::{Pooling, Step};
use self::weights::Weights;
use super::normalize;
use super::tokenizer::load_tokenizer;

pub use self::head::{BertClassifier, BertRecognizer, BertReranker};
pub use self::precision::{Device, Precision};

/// Texts that are tokenized before their batches are computed.
const WINDOW: usize = 4096;

/// A sentence encoder: all-MiniLM-L6-v2, the bge, e5 and gte families, all-mpnet-base-v2, and
/// whatever else is a BERT, RoBERTa, DistilBERT or MPNet encoder with mean, cls or max pooling and dense layers.
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
    id: String,
    /// Of the encoder, and of a vector.
    hidden: usize,
    dim: usize,
    pooling: Pooling,
    steps: Vec<Step>,
    query_prompt: String,
    passage_prompt: String,
    model: Model,
}

impl BertEmbedder {
    /// Loads a model folder as sentence-transformers saves it: `config.json`,
    /// `model.safetensors` (or its parts and their index), `tokenizer.json` or `vocab.txt`, and, where
    /// present, `modules.json`, `sentence_bert_config.json`, `1_Pooling`, dense modules and
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
        Self::assemble(path.as_ref(), Way::Fast(precision))
    }

    /// Loads a model folder, to compute with candle's own operations: slow on a processor, and what the
    /// rest is checked against.
    ///
    /// # Errors
    /// As [`BertEmbedder::load`].
    pub fn load_reference(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        Self::load_on(path, Device::Cpu)
    }

    /// Loads a model folder, to compute with candle's own operations on a device: with the features `cuda`
    /// and `metal` there are others than the processor.
    ///
    /// # Errors
    /// As [`BertEmbedder::load`], and if there is no such device.
    pub fn load_on(path: impl AsRef<Path>, device: Device) -> Result<Self, ModelError> {
        Self::assemble(path.as_ref(), Way::Reference(device))
    }

    fn assemble(path: &Path, way: Way) -> Result<Self, ModelError> {
        let folder = Folder::read(path)?;
        let tokenizer = load_tokenizer(&folder.encoder)?;
        let reader = Reader::new(tokenizer, &folder.config, folder.max_tokens, path)?;
        let checkpoint = Checkpoint::open(&folder.encoder)?;
        let weights = Weights::read(&checkpoint, &folder.config)?;
        let id = model_id(&folder, checkpoint.id());
        drop(checkpoint);
        let encoder = Encoder::new(path, way, &folder.config, weights)?;
        let hidden = folder.config.hidden;
        Ok(Self {
            id,
            hidden,
            dim: folder.steps.iter().rev().find_map(Step::outputs).unwrap_or(hidden),
            pooling: folder.pooling,
            steps: folder.steps,
            query_prompt: folder.query_prompt,
            passage_prompt: folder.passage_prompt,
            model: Model::new(path, reader.with_lower_case(folder.lower_case), encoder),
        })
    }

    fn embed_with(&self, prompt: &str, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let mut vectors = vec![0.0; texts.len() * self.dim];
        for (texts, vectors) in texts.chunks(WINDOW).zip(vectors.chunks_mut(WINDOW * self.dim)) {
            let tokens: Vec<_> = texts.par_iter().map(|text| self.model.reader.read(prompt, text)).collect();
            let rows = self.model.map(&tokens, self.hidden, |_, states| self.pool(states))?;
            for (vector, row) in vectors.chunks_exact_mut(self.dim).zip(rows) {
                // A text without tokens has no row, and keeps its zeros.
                if !row.is_empty() {
                    vector.copy_from_slice(&row);
                }
            }
        }
        Ok(vectors)
    }

    /// The vector of a text, from those of its tokens.
    fn pool(&self, states: &[f32]) -> Vec<f32> {
        let mut vector = vec![0.0; self.hidden];
        self.pooling.pool(states, &mut vector);
        let mut vector = self.steps.iter().fold(vector, |vector, step| step.apply(vector));
        normalize(&mut vector);
        vector
    }
}

impl Embedder for BertEmbedder {
    fn dim(&self) -> usize {
        self.dim
    }

    fn max_tokens(&self) -> Option<usize> {
        Some(self.model.reader.max_tokens())
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

    /// Chosen with all-MiniLM-L6-v2 on the questions of the built-in model's card, `model/README.md`, by its rule.
    fn hybrid_weight(&self) -> f32 {
        2.0
    }
}

/// Two folders have one id exactly if they give the same vectors: whatever decides them is in it.
fn model_id(folder: &Folder, weights: Id) -> String {
    let mut hasher = IdHasher::default();
    hasher.field(weights.as_bytes());
    let settings = (&folder.config, folder.pooling, &folder.query_prompt, &folder.passage_prompt);
    hasher.field(format!("{settings:?}").as_bytes()).number(folder.max_tokens as u64);
    if folder.lower_case {
        hasher.field(b"lower case");
    }
    for step in &folder.steps {
        hasher.field(step.identity().as_bytes());
    }
    format!("{}-{}-{}", folder.config.model_type, folder.config.hidden, &hasher.finish().to_string()[..16])
}

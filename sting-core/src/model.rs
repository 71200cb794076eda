//! What models are to the rest of the library: traits and their types, without an implementation.
//!
//! `sting-vector` implements [`Embedder`]; the caller hands it in wherever a model is wanted, so
//! that no crate depends on another's models.

use std::fmt;

/// A model that failed or that cannot be used as asked.
#[derive(Debug, thiserror::Error)]
#[error("model {model}: {problem}; {mend}")]
pub struct ModelError {
    /// Which model, by name or folder.
    pub model: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub mend: String,
}

impl ModelError {
    /// An error that names the model, the problem and the mend.
    pub fn new(model: impl Into<String>, problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { model: model.into(), problem: problem.into(), mend: mend.into() }
    }
}

/// Turns texts into vectors of one fixed dimension.
pub trait Embedder: Send + Sync + fmt::Debug {
    /// Numbers in a vector.
    fn dim(&self) -> usize;

    /// Tokens of a text beyond which the model does not read; `None` if it reads everything.
    fn max_tokens(&self) -> Option<usize>;

    /// Name and version of the model. Vectors of different ids cannot be compared.
    fn id(&self) -> &str;

    /// Embeds passages: row-major, `texts.len()` rows of [`Embedder::dim`] numbers, each row of
    /// unit length, or all zeros for a text in which there is nothing to embed.
    ///
    /// # Errors
    /// Fails if the model itself fails; never because of what a text holds.
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError>;

    /// Embeds search queries. Models without a prompt of their own for queries treat them as
    /// passages.
    ///
    /// # Errors
    /// As [`Embedder::embed`].
    fn embed_queries(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        self.embed(texts)
    }

    /// How much the vector leg of a hybrid search with this model weighs beside a keyword leg of
    /// weight 1, both scaled to [0, 1].
    fn hybrid_weight(&self) -> f32 {
        1.0
    }
}

/// A stretch of a text that a model takes for the name of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Byte offset of its first byte.
    pub start: usize,
    /// Byte offset past its last byte.
    pub end: usize,
    /// The model's own label without the prefixes of its tagging scheme: `PER`, `LOC`, `ORG`, ...
    pub label: String,
    /// How sure the model is, in [0, 1].
    pub score: f32,
}

/// Finds names in texts: a token classifier whose tokens are joined to spans.
pub trait EntityRecognizer: Send + Sync + fmt::Debug {
    /// Name and version of the model.
    fn id(&self) -> &str;

    /// The entities of each text, sorted by start, without overlaps, on character boundaries.
    ///
    /// # Errors
    /// Fails if the model itself fails; never because of what a text holds.
    fn recognize(&self, texts: &[&str]) -> Result<Vec<Vec<Entity>>, ModelError>;
}

/// Sorts texts into classes.
pub trait Classifier: Send + Sync + fmt::Debug {
    /// Name and version of the model.
    fn id(&self) -> &str;

    /// The classes, in the order of the columns of [`Classifier::classify`].
    fn labels(&self) -> &[String];

    /// Probabilities: row-major, `texts.len()` rows of one number a label, each row summing to 1.
    ///
    /// # Errors
    /// Fails if the model itself fails; never because of what a text holds.
    fn classify(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError>;
}

/// Scores how well texts answer a query, reading both together: a cross-encoder.
pub trait Reranker: Send + Sync + fmt::Debug {
    /// Name and version of the model.
    fn id(&self) -> &str;

    /// One score a text, higher is better. Scores of one model can be compared between queries.
    ///
    /// # Errors
    /// Fails if the model itself fails; never because of what a text holds.
    fn rerank(&self, query: &str, texts: &[&str]) -> Result<Vec<f32>, ModelError>;
}

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

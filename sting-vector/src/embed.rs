//! Embedders: text to vectors.
//!
//! [`builtin`] needs no file and no download. Everything here implements
//! [`sting_core::model::Embedder`], so that the store, the ingest pipeline and the callers' own
//! models are interchangeable.

#[cfg(feature = "candle")]
mod bert;
mod builtin;
mod bulk;
mod cache;
mod file;
mod hash;
#[cfg(feature = "hub")]
mod hub;
mod tokenizer;

#[cfg(feature = "candle")]
pub use bert::{BertClassifier, BertEmbedder, BertRecognizer, BertReranker, Device, Precision};
pub use builtin::BuiltinEmbedder;
pub use bulk::{Bulk, Progress, empty_rows};
pub use cache::{CacheStats, CachedEmbedder};
pub use hash::HashEmbedder;
#[cfg(feature = "hub")]
pub use hub::{hub_model, hub_model_in};
pub use tokenizer::load_tokenizer;

use sting_core::model::Embedder;

use crate::kernel::machine::Machine;
use crate::kernel::sums::scale_to;

/// The embedder for those who have no model: ready at once, works offline.
///
/// ```
/// use sting_core::model::Embedder;
///
/// let embedder = sting_vector::embed::builtin();
/// let rows = embedder.embed(&["The server restarted", "restarting of servers", "lemon cake"]).unwrap();
/// let cosine = |a: usize, b: usize| -> f32 {
///     let row = |i: usize| &rows[i * embedder.dim()..(i + 1) * embedder.dim()];
///     row(a).iter().zip(row(b)).map(|(x, y)| x * y).sum()
/// };
/// assert!(cosine(0, 1) > cosine(0, 2));
/// ```
pub fn builtin() -> impl Embedder {
    BuiltinEmbedder::new()
}

/// Brings a vector to unit length; a zero vector stays as it is.
fn normalize(row: &mut [f32]) {
    scale_to(Machine::detect(), row, 1.0);
}

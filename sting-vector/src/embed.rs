//! Embedders: text to vectors.
//!
//! [`builtin`] needs no file and no download. Everything here implements
//! [`sting_core::model::Embedder`], so that the store, the ingest pipeline and the callers' own
//! models are interchangeable.

mod hash;

pub use hash::HashEmbedder;

use sting_core::model::Embedder;

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
    HashEmbedder::new()
}

//! How near two vectors are.

use std::str::FromStr;

use crate::Error;
use crate::kernel::distance::{Kernels, kernels};

/// What "near" means in a collection. Scores are always such that more is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Metric {
    /// Cosine of the angle, in [-1, 1]. Vectors need not have unit length.
    #[default]
    Cosine,
    /// Inner product.
    Dot,
    /// Euclidean distance; the score is its negative.
    L2,
}

impl Metric {
    /// The name, as [`FromStr`] takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Dot => "dot",
            Self::L2 => "l2",
        }
    }

    /// Maps a score to at most 1, given the best score of the query, for fusion with another leg.
    pub(crate) fn scaled(self, score: f32, best: f32) -> f32 {
        match self {
            Self::Cosine => score,
            Self::Dot if best > 0.0 => score / best,
            Self::Dot => 0.0,
            Self::L2 => 1.0 / (1.0 - score),
        }
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        [Self::Cosine, Self::Dot, Self::L2]
            .into_iter()
            .find(|metric| metric.name() == name)
            .ok_or_else(|| Error::config("metric", "is not known", "use \"cosine\", \"dot\" or \"l2\""))
    }
}

/// `1 / |vector|`, or 0 for a zero vector.
pub(crate) fn inverse_norm(vector: &[f32]) -> f32 {
    // In double precision, so that neither tiny nor huge components under- or overflow.
    let norm = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    if norm > 0.0 { (1.0 / norm) as f32 } else { 0.0 }
}

/// Scores rows against one query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scorer<'q> {
    query: &'q [f32],
    query_scale: f32,
    metric: Metric,
    kernels: Kernels,
}

impl<'q> Scorer<'q> {
    pub(crate) fn new(metric: Metric, query: &'q [f32]) -> Self {
        Self { query, query_scale: inverse_norm(query), metric, kernels: kernels() }
    }

    /// The score of a row, given its [`inverse_norm`].
    #[inline]
    pub(crate) fn score(&self, row: &[f32], row_scale: f32) -> f32 {
        match self.metric {
            Metric::Cosine => (self.kernels.dot)(self.query, row) * self.query_scale * row_scale,
            Metric::Dot => (self.kernels.dot)(self.query, row),
            Metric::L2 => -(self.kernels.squared_distance)(self.query, row).sqrt(),
        }
    }
}

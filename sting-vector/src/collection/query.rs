//! What a search asks, and what it answers.

use std::str::FromStr;

use super::row::Metadata;
use crate::{Error, Filter};

/// Which legs a search runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// All legs that the query and the collection allow.
    #[default]
    Auto,
    /// Vectors only.
    Vector,
    /// Words only.
    Keyword,
    /// Both, fused.
    Hybrid,
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "auto" => Self::Auto,
            "vector" => Self::Vector,
            "keyword" => Self::Keyword,
            "hybrid" => Self::Hybrid,
            _ => {
                return Err(Error::config(
                    "mode",
                    "is not known",
                    "use \"auto\", \"vector\", \"keyword\" or \"hybrid\"",
                ));
            }
        })
    }
}

/// How the legs of a hybrid search become one ranking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fusion {
    /// The weighted mean of the scores, each scaled to at most 1.
    #[default]
    Weighted,
    /// Reciprocal rank fusion: a row gets `1 / (60 + rank)` from each leg in whose first 100 (or `k`)
    /// rows it is; that of the vector leg counts as often as its weight says. Scores do not matter,
    /// so that legs need no calibration. Cormack, Clarke and Büttcher (2009).
    ReciprocalRank,
}

impl FromStr for Fusion {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "weighted" => Ok(Self::Weighted),
            "rrf" => Ok(Self::ReciprocalRank),
            _ => Err(Error::config("fusion", "is not known", "use \"weighted\" or \"rrf\"")),
        }
    }
}

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Words to find; embedded too, if the collection has an embedder and `vector` is left out.
    pub text: Option<String>,
    /// Vector to be near to.
    pub vector: Option<Vec<f32>>,
    /// Hits wanted.
    pub k: usize,
    /// Condition that every hit satisfies.
    pub filter: Option<Filter>,
    /// Legs to run.
    pub mode: Mode,
    /// Weight of the vector leg beside a keyword leg of weight 1; `None` for the embedder's own.
    pub vector_weight: Option<f32>,
    /// How the legs become one ranking.
    pub fusion: Fusion,
    /// Share of the true nearest rows that a vector search has to find, on average; 1 for all. Less
    /// than 1 matters only in large collections.
    pub min_recall: f32,
}

impl Query {
    /// A search for a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::empty() }
    }

    /// A search for a vector.
    pub fn vector(vector: impl Into<Vec<f32>>) -> Self {
        Self { vector: Some(vector.into()), ..Self::empty() }
    }

    fn empty() -> Self {
        Self {
            text: None,
            vector: None,
            k: 10,
            filter: None,
            mode: Mode::Auto,
            vector_weight: None,
            fusion: Fusion::Weighted,
            min_recall: 0.95,
        }
    }

    /// Adds the text for the keyword leg of a search for a vector.
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Adds the vector for the vector leg of a search for a text.
    pub fn with_vector(mut self, vector: impl Into<Vec<f32>>) -> Self {
        self.vector = Some(vector.into());
        self
    }

    /// Sets how many hits are wanted (10 if not set).
    pub fn with_k(mut self, k: usize) -> Self {
        self.k = k;
        self
    }

    /// Sets a condition on metadata. There are never fewer hits than `k` or than rows match.
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Sets which legs run.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets the share of the true nearest rows that a vector search has to find (0.95 if not set).
    /// The index measured on its own vectors how far it has to look for that; 1 is an exact search.
    pub fn with_min_recall(mut self, min_recall: f32) -> Self {
        self.min_recall = min_recall;
        self
    }

    /// Sets how the legs of a hybrid search become one ranking.
    pub fn with_fusion(mut self, fusion: Fusion) -> Self {
        self.fusion = fusion;
        self
    }

    /// Sets the weight of the vector leg of a hybrid search, beside a keyword leg of weight 1.
    pub fn with_vector_weight(mut self, weight: f32) -> Self {
        self.vector_weight = Some(weight);
        self
    }
}

/// A row that a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Id of the row.
    pub id: String,
    /// More is better. Of the vector leg alone: cosine, inner product, or negative distance. Of the
    /// keyword leg alone: BM25. Of both: what [`Fusion`] says.
    pub score: f32,
    /// Text of the row.
    pub text: Option<String>,
    /// Metadata of the row.
    pub metadata: Metadata,
    /// Score in the vector leg, if it ran and the row has a vector.
    pub vector_score: Option<f32>,
    /// Score in the keyword leg, if it ran and the row has a word of the query.
    pub keyword_score: Option<f32>,
}

//! Cross-encoders.

use std::path::Path;

use rayon::prelude::*;
use sting_core::model::{ModelError, Reranker};

use super::{Headed, SequenceHead, Way};
use crate::embed::bert::batch::Tokens;
use crate::embed::bert::folder::fault;
use crate::embed::bert::{Precision, WINDOW};

/// Scores how well texts answer a query: a cross-encoder with one output, such as those trained on MS MARCO, as
/// `transformers` or sentence-transformers saves it.
///
/// Query and text are read together; if they are longer than the model reads, the longer of the two loses its
/// end first. The score is the model's output without an activation, so that it orders as any activation would.
///
/// ```no_run
/// use sting_core::model::Reranker;
/// use sting_vector::embed::BertReranker;
///
/// let reranker = BertReranker::load("models/ms-marco-MiniLM-L6-v2")?;
/// let scores = reranker.rerank("who restarted the server?", &["Ann rebooted it.", "It rained."])?;
/// assert!(scores[0] > scores[1]);
/// # Ok::<(), sting_core::model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct BertReranker(Headed<SequenceHead>);

impl BertReranker {
    /// Loads a model folder, to compute in `f32`.
    ///
    /// # Errors
    /// Names the file, and the tensor or setting in it, that is missing, that does not fit the rest, or that is
    /// not supported.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        Self::load_with(path, Precision::F32)
    }

    /// Loads a model folder, to compute in the given precision.
    ///
    /// # Errors
    /// As [`BertReranker::load`].
    pub fn load_with(path: impl AsRef<Path>, precision: Precision) -> Result<Self, ModelError> {
        Self::assemble(path.as_ref(), Way::Fast(precision))
    }

    pub(in super::super) fn assemble(path: &Path, way: Way) -> Result<Self, ModelError> {
        let headed = Headed::load(path, way, SequenceHead::read)?;
        if headed.labels.len() != 1 {
            let problem = format!("the head has {} outputs", headed.labels.len());
            let mend = "use a cross-encoder with one, or load the model as a classifier";
            return Err(fault(&path.join("config.json"), problem, mend));
        }
        if headed.model.reader.pair_room() < 2 {
            let mend = "use a model that reads longer texts";
            return Err(fault(path, "leaves no room for a query and a text", mend));
        }
        Ok(Self(headed))
    }
}

impl Reranker for BertReranker {
    fn id(&self) -> &str {
        &self.0.id
    }

    fn rerank(&self, query: &str, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let Headed { model, hidden, head, .. } = &self.0;
        let query = model.reader.ids("", query, model.reader.pair_room());
        let mut scores = Vec::with_capacity(texts.len());
        for texts in texts.chunks(WINDOW) {
            let pairs: Vec<Tokens> = texts.par_iter().map(|text| model.reader.pair(&query, text)).collect();
            scores.extend(model.map(&pairs, *hidden, |_, states| head.scores(states)[0])?);
        }
        Ok(scores)
    }
}

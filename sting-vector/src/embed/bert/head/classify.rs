//! Sequence classification.

use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;
use sting_core::model::{Classifier, ModelError};

use super::{Headed, SequenceHead, Way, softmax};
use crate::embed::bert::batch::Tokens;
use crate::embed::bert::folder::{fault, read_json};
use crate::embed::bert::{Precision, WINDOW};

/// Sorts texts into classes: a BERT, RoBERTa, DistilBERT or MPNet model with a head for sequence classification,
/// as `transformers` saves it.
///
/// Labels are those of `config.json`. A text longer than the model reads counts with its beginning.
///
/// ```no_run
/// use sting_core::model::Classifier;
/// use sting_vector::embed::BertClassifier;
///
/// let classifier = BertClassifier::load("models/triage")?;
/// let rows = classifier.classify(&["Failed password for root", "Session closed"])?;
/// for row in rows.chunks(classifier.labels().len()) {
///     println!("{:?} {row:?}", classifier.labels());
/// }
/// # Ok::<(), sting_core::model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct BertClassifier(Headed<SequenceHead>);

impl BertClassifier {
    /// Loads a model folder, to compute in `f32`.
    ///
    /// # Errors
    /// Names the file, and the tensor or setting in it, that is missing, that does not fit the rest, or that is
    /// not supported: among these, models for several labels at once, whose numbers are not shares of 1.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        Self::load_with(path, Precision::F32)
    }

    /// Loads a model folder, to compute in the given precision.
    ///
    /// # Errors
    /// As [`BertClassifier::load`].
    pub fn load_with(path: impl AsRef<Path>, precision: Precision) -> Result<Self, ModelError> {
        Self::assemble(path.as_ref(), Way::Fast(precision))
    }

    pub(in super::super) fn assemble(path: &Path, way: Way) -> Result<Self, ModelError> {
        let headed = Headed::load(path, way, SequenceHead::read)?;
        let config = path.join("config.json");
        let file: Option<serde_json::Map<String, Value>> = read_json(&config)?;
        let kind = file.as_ref().and_then(|file| file.get("problem_type")?.as_str());
        if let Some(kind @ ("multi_label_classification" | "regression")) = kind {
            let problem = format!("problem_type {kind} is not supported");
            return Err(fault(&config, problem, "use a model of single_label_classification"));
        }
        if headed.labels.len() < 2 {
            let mend = "use a model with two classes or more, or load it as a reranker";
            return Err(fault(&config, "has a single class", mend));
        }
        Ok(Self(headed))
    }
}

impl Classifier for BertClassifier {
    fn id(&self) -> &str {
        &self.0.id
    }

    fn labels(&self) -> &[String] {
        &self.0.labels
    }

    fn classify(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let Headed { model, hidden, head, labels, .. } = &self.0;
        let mut rows = Vec::with_capacity(texts.len() * labels.len());
        for texts in texts.chunks(WINDOW) {
            let read = |text: &&str| {
                let ids = model.reader.ids("", text, model.reader.room());
                Tokens::one(model.reader.framed(&ids))
            };
            let tokens: Vec<Tokens> = texts.par_iter().map(read).collect();
            let shares = model.map(&tokens, *hidden, |_, states| {
                let mut scores = head.scores(states);
                softmax(&mut scores);
                scores
            })?;
            rows.extend(shares.into_iter().flatten());
        }
        Ok(rows)
    }
}

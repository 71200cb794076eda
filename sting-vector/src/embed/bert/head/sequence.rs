//! The head of a sequence classifier: two layers on the vector of the first token.

use sting_core::model::ModelError;

use super::{Linear, outputs};
use crate::embed::bert::checkpoint::Checkpoint;
use crate::embed::bert::folder::{Config, Family};

/// A dense layer with its activation, then the layer of the classes.
#[derive(Debug)]
pub(super) struct SequenceHead {
    dense: Linear,
    activation: fn(f32) -> f32,
    classes: Linear,
}

impl SequenceHead {
    /// The head, and its number of classes. Each family of `transformers` names its layers in its own way.
    pub(super) fn read(checkpoint: &Checkpoint, config: &Config) -> Result<(Self, usize), ModelError> {
        let relu = |x: f32| x.max(0.0);
        let (dense, activation, classes): (_, fn(f32) -> f32, _) = match config.family {
            Family::Bert if checkpoint.has("pooler.dense.weight") => {
                ("pooler.dense", f32::tanh, "classifier")
            }
            Family::Bert => ("bert.pooler.dense", f32::tanh, "classifier"),
            Family::Roberta | Family::MpNet => ("classifier.dense", f32::tanh, "classifier.out_proj"),
            Family::DistilBert => ("pre_classifier", relu, "classifier"),
        };
        let count = outputs(checkpoint, classes)?;
        let head = Self {
            dense: checkpoint.linear(dense, config.hidden, config.hidden)?,
            activation,
            classes: checkpoint.linear(classes, count, config.hidden)?,
        };
        Ok((head, count))
    }

    /// A score for each class, of a text with these token vectors.
    pub(super) fn scores(&self, states: &[f32]) -> Vec<f32> {
        let first = &states[..self.dense.inputs];
        let pooled: Vec<f32> = self.dense.apply(first).map(self.activation).collect();
        self.classes.apply(&pooled).collect()
    }
}

//! An encoder with its tokenizer: what the embedder and the heads are made of.

use std::path::{Path, PathBuf};

use candle_core::Device;
use rayon::prelude::*;
use sting_core::model::ModelError;

use super::batch::{Batch, Reader, Tokens, batches};
use super::fast::Fast;
use super::folder::Config;
use super::precision::{Device as Where, Precision};
use super::reference::Reference;
use super::weights::Weights;
use crate::kernel::matrix::{Bf16x2, Bytes, Machine};

/// Tokens that a thread computes together: enough to make little of reading the weights, few
/// enough to keep what is between two layers in the cache.
const BATCH_TOKENS: usize = 512;

/// The fewest, so that small batches are not cut smaller to have one for each thread.
const SMALL_BATCH: usize = 64;

/// An encoder and what turns texts to its tokens.
#[derive(Debug)]
pub(super) struct Model {
    /// What errors name.
    name: PathBuf,
    pub(super) reader: Reader,
    encoder: Encoder,
}

/// One of the ways to compute the forward pass.
#[derive(Debug)]
pub(super) enum Encoder {
    F32(Fast<f32>),
    Bf16(Fast<Bf16x2>),
    /// Queries, keys and values have more bits: of the four products of a layer they are the most sensitive.
    Int8(Fast<Bytes, Bf16x2>),
    /// The same for machines that have no instructions for `bf16`.
    Int8Wide(Fast<Bytes, f32>),
    Reference(Reference),
}

/// How an encoder is to be computed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    Fast(Precision),
    Reference(Where),
}

impl Encoder {
    pub(super) fn new(path: &Path, way: Way, config: &Config, weights: Weights) -> Result<Self, ModelError> {
        let machine = Machine::detect();
        Ok(match way {
            Way::Fast(Precision::F32) => Self::F32(Fast::new(machine, config, weights)),
            Way::Fast(Precision::Bf16) => Self::Bf16(Fast::new(machine, config, weights)),
            Way::Fast(Precision::Int8) if machine.bf16 => Self::Int8(Fast::new(machine, config, weights)),
            Way::Fast(Precision::Int8) => Self::Int8Wide(Fast::new(machine, config, weights)),
            Way::Reference(device) => {
                let reference = candle_device(device)
                    .and_then(|device| Reference::new(device, config.clone(), weights))
                    .map_err(|error| failed(path, &error))?;
                Self::Reference(reference)
            }
        })
    }
}

#[cfg_attr(not(any(feature = "cuda", feature = "metal")), allow(clippy::unnecessary_wraps))] // others can be absent
fn candle_device(device: Where) -> candle_core::Result<Device> {
    match device {
        Where::Cpu => Ok(Device::Cpu),
        #[cfg(feature = "cuda")]
        Where::Cuda(ordinal) => Device::new_cuda(ordinal),
        #[cfg(feature = "metal")]
        Where::Metal(ordinal) => Device::new_metal(ordinal),
    }
}

impl Model {
    pub(super) fn new(name: &Path, reader: Reader, encoder: Encoder) -> Self {
        Self { name: name.to_path_buf(), reader, encoder }
    }

    /// What `of` makes of each text's token vectors, row-major; the default for a text without tokens.
    ///
    /// Texts are computed on all threads of the current rayon pool. `of` also gets the text's place.
    pub(super) fn map<T: Default + Clone + Send>(
        &self,
        texts: &[Tokens],
        hidden: usize,
        of: impl Fn(usize, &[f32]) -> T + Sync,
    ) -> Result<Vec<T>, ModelError> {
        let threads = rayon::current_num_threads();
        // A few texts are still shared out to all threads; if they are fewer than the threads, each is cut.
        let total: usize = texts.iter().map(|text| text.ids.len()).sum();
        let share = total.div_ceil(threads).clamp(SMALL_BATCH, BATCH_TOKENS);
        let batches = batches(texts, share);
        let parts = threads / batches.len().max(1);
        let done: Vec<Vec<T>> = batches
            .par_iter()
            .map(|batch| {
                let states = self.forward(batch, parts)?;
                let mut rest = &states[..];
                let rows = batch.rows.iter().zip(&batch.lengths);
                let outcomes = rows.map(|(&row, &length)| {
                    let (text, after) = rest.split_at(length * hidden);
                    rest = after;
                    of(row, text)
                });
                Ok(outcomes.collect())
            })
            .collect::<Result<_, ModelError>>()?;
        let mut outcomes = vec![T::default(); texts.len()];
        for (batch, done) in batches.iter().zip(done) {
            for (&row, outcome) in batch.rows.iter().zip(done) {
                outcomes[row] = outcome;
            }
        }
        Ok(outcomes)
    }

    fn forward(&self, batch: &Batch, parts: usize) -> Result<Vec<f32>, ModelError> {
        Ok(match &self.encoder {
            Encoder::F32(encoder) => encoder.forward(batch, parts),
            Encoder::Bf16(encoder) => encoder.forward(batch, parts),
            Encoder::Int8(encoder) => encoder.forward(batch, parts),
            Encoder::Int8Wide(encoder) => encoder.forward(batch, parts),
            Encoder::Reference(encoder) => {
                encoder.forward(batch).map_err(|error| failed(&self.name, &error))?
            }
        })
    }
}

fn failed(model: &Path, error: &candle_core::Error) -> ModelError {
    ModelError::new(
        model.display().to_string(),
        format!("the forward pass failed ({error})"),
        "report it, with the model's config.json",
    )
}

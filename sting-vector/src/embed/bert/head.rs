//! Encoders with a head: they name, sort or compare texts instead of giving a vector.

mod classify;
mod recognize;
mod rerank;

use std::path::Path;

use serde_json::Value;
use sting_core::id::IdHasher;
use sting_core::model::ModelError;

use self::sequence::SequenceHead;
use super::batch::Reader;
use super::checkpoint::Checkpoint;
use super::folder::{Config, fault, read_json};
use super::model::{Encoder, Model, Way};
use super::weights::{Linear, Weights};
use crate::embed::tokenizer::load_tokenizer;

pub use self::classify::BertClassifier;
pub use self::recognize::BertRecognizer;
pub use self::rerank::BertReranker;

mod sequence;

/// An encoder, and the head's outputs by name.
#[derive(Debug)]
struct Headed<H> {
    id: String,
    model: Model,
    hidden: usize,
    head: H,
    labels: Vec<String>,
}

impl<H> Headed<H> {
    /// Loads a folder as `transformers` saves it. `read` takes the head out of the checkpoint, and says how many
    /// outputs it has.
    fn load(
        path: &Path,
        way: Way,
        read: impl FnOnce(&Checkpoint, &Config) -> Result<(H, usize), ModelError>,
    ) -> Result<Self, ModelError> {
        if !path.is_dir() {
            return Err(fault(
                path,
                "is not a folder",
                "pass the folder that holds config.json and model.safetensors",
            ));
        }
        let file = path.join("config.json");
        let config = Config::read(&file)?;
        let longest = max_tokens(path)?.min(config.position_rows - config.first_position);
        let reader = Reader::new(load_tokenizer(path)?, &config, longest, path)?;
        let checkpoint = Checkpoint::open(path)?;
        let (head, outputs) = read(&checkpoint, &config)?;
        let labels = labels(&file, outputs)?;
        let weights = Weights::read(&checkpoint, &config)?;
        let mut hasher = IdHasher::default();
        hasher.field(checkpoint.id().as_bytes()).field(format!("{config:?} {labels:?}").as_bytes());
        hasher.number(longest as u64);
        drop(checkpoint);
        let encoder = Encoder::new(path, way, &config, weights)?;
        Ok(Self {
            id: format!("{}-{outputs}-{}", config.model_type, &hasher.finish().to_string()[..16]),
            model: Model::new(path, reader, encoder),
            hidden: config.hidden,
            head,
            labels,
        })
    }
}

/// Tokens that the tokenizer's settings allow.
fn max_tokens(path: &Path) -> Result<usize, ModelError> {
    let settings: Option<serde_json::Map<String, Value>> = read_json(&path.join("tokenizer_config.json"))?;
    // A model without a limit has a number there that no integer holds.
    let limit = settings.as_ref().and_then(|file| file.get("model_max_length")?.as_u64());
    Ok(limit.map_or(usize::MAX, |limit| limit as usize))
}

/// The names of a head's outputs.
fn labels(path: &Path, outputs: usize) -> Result<Vec<String>, ModelError> {
    let file: serde_json::Map<String, Value> = super::folder::required(path)?;
    let Some(names) = file.get("id2label").and_then(Value::as_object) else {
        return Ok((0..outputs).map(|output| format!("LABEL_{output}")).collect());
    };
    let name = |output: usize| names.get(&output.to_string())?.as_str().map(str::to_owned);
    let labels: Option<Vec<String>> = (0..outputs).map(name).collect();
    labels.filter(|labels| labels.len() == names.len()).ok_or_else(|| {
        let problem = format!("id2label does not name the {outputs} outputs of the head");
        fault(path, problem, "copy both files again from one revision of the model")
    })
}

/// Turns scores to probabilities.
fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for x in scores.iter_mut() {
        *x = (*x - most).exp();
        sum += *x;
    }
    for x in scores {
        *x /= sum;
    }
}

/// The rows of a head's last layer.
fn outputs(checkpoint: &Checkpoint, name: &str) -> Result<usize, ModelError> {
    let name = format!("{name}.weight");
    checkpoint.rows(&name).filter(|&rows| rows > 0).ok_or_else(|| checkpoint.missing(&name))
}

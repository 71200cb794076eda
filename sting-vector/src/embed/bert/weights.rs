//! The weights of an encoder, checked: every tensor that is needed is there, fits the
//! configuration, and holds finite numbers.

use std::path::{Path, PathBuf};

use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device};
use sting_core::Id;
use sting_core::model::ModelError;

use super::folder::{Config, Family, fault};
use crate::embed::file;

/// Row-major, one row an output.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

#[derive(Debug, Clone)]
pub(super) struct Norm {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// Queries, keys and values, one after the other.
    pub(super) qkv: Linear,
    pub(super) out: Linear,
    pub(super) attention_norm: Norm,
    pub(super) up: Linear,
    pub(super) down: Linear,
    pub(super) output_norm: Norm,
}

#[derive(Debug, Clone)]
pub(super) struct Weights {
    /// `vocab` rows.
    pub(super) words: Vec<f32>,
    /// A row for each position from the first token on, with the first token type added.
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
    /// `relative_rows` rows of a number for each head; empty if the family has none.
    pub(super) relative: Vec<f32>,
    /// Of the file's bytes.
    pub(super) id: Id,
}

impl Weights {
    pub(super) fn read(encoder: &Path, config: &Config) -> Result<Self, ModelError> {
        let path = encoder.join("model.safetensors");
        if !path.exists() && encoder.join("pytorch_model.bin").exists() {
            let mend =
                "save the model with safe_serialization=True, or take it from a repository that has the file";
            return Err(fault(&path, "is missing; pytorch_model.bin cannot be read", mend));
        }
        let bytes = file::read(&path)?;
        let id = Id::of([&bytes]);
        let file = BufferedSafetensors::new(bytes).map_err(|error| {
            let problem = format!("is not a safetensors file ({error})");
            fault(&path, problem, "copy the file again from the model's repository")
        })?;
        Reader::new(path, file, config)?.weights(id)
    }
}

/// The names of one family's tensors.
struct Names {
    layer: &'static str,
    query: &'static str,
    key: &'static str,
    value: &'static str,
    out: &'static str,
    attention_norm: &'static str,
    up: &'static str,
    down: &'static str,
    output_norm: &'static str,
}

const BERT: Names = Names {
    layer: "encoder.layer",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    out: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    output_norm: "output.LayerNorm",
};

const MPNET: Names = Names {
    query: "attention.attn.q",
    key: "attention.attn.k",
    value: "attention.attn.v",
    out: "attention.attn.o",
    attention_norm: "attention.LayerNorm",
    ..BERT
};

const DISTIL_BERT: Names = Names {
    layer: "transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    out: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    output_norm: "output_layer_norm",
};

struct Reader<'a> {
    path: PathBuf,
    file: BufferedSafetensors,
    config: &'a Config,
    names: Names,
    /// Models with a head on top keep the encoder under a name of its own.
    prefix: &'static str,
}

impl<'a> Reader<'a> {
    fn new(path: PathBuf, file: BufferedSafetensors, config: &'a Config) -> Result<Self, ModelError> {
        let names = match config.family {
            Family::Bert | Family::Roberta => BERT,
            Family::MpNet => MPNET,
            Family::DistilBert => DISTIL_BERT,
        };
        let first = "embeddings.word_embeddings.weight";
        let prefixes = ["", "bert.", "roberta.", "distilbert.", "mpnet.", "model."];
        let Some(prefix) = prefixes.into_iter().find(|prefix| file.get(&format!("{prefix}{first}")).is_ok())
        else {
            let problem = format!("tensor {first} is missing");
            return Err(fault(&path, problem, "use a model of the architecture that config.json names"));
        };
        Ok(Self { path, file, config, names, prefix })
    }

    fn weights(&self, id: Id) -> Result<Weights, ModelError> {
        let &Config { hidden, vocab, position_rows, first_position, type_rows, .. } = self.config;
        let words = self.tensor("embeddings.word_embeddings.weight", &[vocab, hidden])?;
        let mut positions = self.tensor("embeddings.position_embeddings.weight", &[position_rows, hidden])?;
        positions.drain(..first_position * hidden);
        if type_rows > 0 {
            let types = self.tensor("embeddings.token_type_embeddings.weight", &[type_rows, hidden])?;
            for (position, kind) in positions.iter_mut().zip(types[..hidden].iter().cycle()) {
                *position += kind;
            }
        }
        let relative = match self.config.relative_rows {
            0 => Vec::new(),
            rows => self.tensor("encoder.relative_attention_bias.weight", &[rows, self.config.heads])?,
        };
        Ok(Weights {
            words,
            positions,
            norm: self.norm("embeddings.LayerNorm")?,
            layers: (0..self.config.layers).map(|layer| self.layer(layer)).collect::<Result<_, _>>()?,
            relative,
            id,
        })
    }

    fn layer(&self, layer: usize) -> Result<Layer, ModelError> {
        let &Config { hidden, inner, .. } = self.config;
        let names = &self.names;
        let at = |name: &str| format!("{}.{layer}.{name}", names.layer);
        let mut qkv = self.linear(&at(names.query), hidden, hidden)?;
        for name in [names.key, names.value] {
            let part = self.linear(&at(name), hidden, hidden)?;
            qkv.outputs += part.outputs;
            qkv.weight.extend(part.weight);
            qkv.bias.extend(part.bias);
        }
        Ok(Layer {
            qkv,
            out: self.linear(&at(names.out), hidden, hidden)?,
            attention_norm: self.norm(&at(names.attention_norm))?,
            up: self.linear(&at(names.up), inner, hidden)?,
            down: self.linear(&at(names.down), hidden, inner)?,
            output_norm: self.norm(&at(names.output_norm))?,
        })
    }

    fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear, ModelError> {
        Ok(Linear {
            outputs,
            inputs,
            weight: self.tensor(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: self.tensor(&format!("{name}.bias"), &[outputs])?,
        })
    }

    /// Checkpoints converted from TensorFlow call the two tensors gamma and beta.
    fn norm(&self, name: &str) -> Result<Norm, ModelError> {
        let old = self.file.get(&format!("{}{name}.gamma", self.prefix)).is_ok();
        let (scale, shift) = if old { ("gamma", "beta") } else { ("weight", "bias") };
        let hidden = self.config.hidden;
        Ok(Norm {
            scale: self.tensor(&format!("{name}.{scale}"), &[hidden])?,
            shift: self.tensor(&format!("{name}.{shift}"), &[hidden])?,
        })
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let name = format!("{}{name}", self.prefix);
        let view = self.file.get(&name).map_err(|_| {
            let problem = format!("tensor {name} is missing");
            fault(&self.path, problem, "use a model of the architecture that config.json names")
        })?;
        if view.shape() != shape {
            let problem =
                format!("tensor {name} has shape {:?}, config.json asks for {shape:?}", view.shape());
            return Err(fault(&self.path, problem, "copy both files again from one revision of the model"));
        }
        let numbers = self
            .file
            .load(&name, &Device::Cpu)
            .and_then(|tensor| tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>());
        let numbers = numbers.map_err(|error| {
            let problem = format!("tensor {name} cannot be read ({error})");
            fault(&self.path, problem, "save the model with f32, f16 or bf16 weights")
        })?;
        if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
            let problem = format!("tensor {name} holds a number that is not finite, at {at}");
            return Err(fault(&self.path, problem, "copy the file again, or train the model again"));
        }
        Ok(numbers)
    }
}

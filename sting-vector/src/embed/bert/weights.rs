//! The weights of an encoder, checked: every tensor that is needed is there, fits the
//! configuration, and holds finite numbers.

use sting_core::model::ModelError;

use super::checkpoint::Checkpoint;
use super::folder::{Config, Family};

/// Row-major, one row an output.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Linear {
    /// The outputs for one row, in plain arithmetic.
    pub(super) fn apply(&self, row: &[f32]) -> impl Iterator<Item = f32> {
        let rows = self.weight.chunks_exact(self.inputs).zip(&self.bias);
        rows.map(move |(weights, bias)| bias + weights.iter().zip(row).map(|(w, x)| w * x).sum::<f32>())
    }
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
    /// What a token of the second text of a pair has beyond one of the first; empty if the family does
    /// not tell them apart.
    pub(super) second_type: Vec<f32>,
}

impl Weights {
    pub(super) fn read(checkpoint: &Checkpoint, config: &Config) -> Result<Self, ModelError> {
        Reader::new(checkpoint, config)?.weights()
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
    checkpoint: &'a Checkpoint,
    config: &'a Config,
    names: Names,
    /// Models with a head on top keep the encoder under a name of its own.
    prefix: &'static str,
}

impl<'a> Reader<'a> {
    fn new(checkpoint: &'a Checkpoint, config: &'a Config) -> Result<Self, ModelError> {
        let names = match config.family {
            Family::Bert | Family::Roberta => BERT,
            Family::MpNet => MPNET,
            Family::DistilBert => DISTIL_BERT,
        };
        let first = "embeddings.word_embeddings.weight";
        let mut prefixes = ["", "bert.", "roberta.", "distilbert.", "mpnet.", "model."].into_iter();
        let prefix = prefixes.find(|prefix| checkpoint.has(&format!("{prefix}{first}")));
        let prefix = prefix.ok_or_else(|| checkpoint.missing(first))?;
        Ok(Self { checkpoint, config, names, prefix })
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        let &Config { hidden, vocab, position_rows, first_position, type_rows, .. } = self.config;
        let words = self.tensor("embeddings.word_embeddings.weight", &[vocab, hidden])?;
        let mut positions = self.tensor("embeddings.position_embeddings.weight", &[position_rows, hidden])?;
        positions.drain(..first_position * hidden);
        let mut second_type = Vec::new();
        if type_rows > 0 {
            let types = self.tensor("embeddings.token_type_embeddings.weight", &[type_rows, hidden])?;
            for (position, kind) in positions.iter_mut().zip(types[..hidden].iter().cycle()) {
                *position += kind;
            }
            second_type.extend(
                types[hidden..].iter().zip(&types).take(hidden).map(|(second, first)| second - first),
            );
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
            second_type,
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
        self.checkpoint.linear(&format!("{}{name}", self.prefix), outputs, inputs)
    }

    /// Checkpoints converted from TensorFlow call the two tensors gamma and beta.
    fn norm(&self, name: &str) -> Result<Norm, ModelError> {
        let old = self.checkpoint.has(&format!("{}{name}.gamma", self.prefix));
        let (scale, shift) = if old { ("gamma", "beta") } else { ("weight", "bias") };
        let hidden = self.config.hidden;
        Ok(Norm {
            scale: self.tensor(&format!("{name}.{scale}"), &[hidden])?,
            shift: self.tensor(&format!("{name}.{shift}"), &[hidden])?,
        })
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        self.checkpoint.tensor(&format!("{}{name}", self.prefix), shape)
    }
}

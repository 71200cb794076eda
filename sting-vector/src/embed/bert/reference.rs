//! The forward pass on candle: the plain reading of the papers, and the oracle of the fast path.

use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};

use super::batch::Batch;
use super::folder::{Activation, Config};
use super::relative::bucket;
use super::weights::{self, Weights};

/// An encoder of the BERT family (Devlin et al., 2018) as candle tensors.
#[derive(Debug)]
pub(super) struct Reference {
    config: Config,
    device: Device,
    words: Tensor,
    positions: Tensor,
    /// Of both token types; the first is all zeros.
    types: Option<Tensor>,
    norm: Norm,
    layers: Vec<Layer>,
    relative: Option<Tensor>,
}

#[derive(Debug)]
struct Layer {
    qkv: Linear,
    out: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    output_norm: Norm,
}

#[derive(Debug)]
struct Linear {
    /// Transposed: one column an output.
    weight: Tensor,
    bias: Tensor,
}

#[derive(Debug)]
struct Norm {
    scale: Tensor,
    shift: Tensor,
}

impl Reference {
    pub(super) fn new(device: Device, config: Config, weights: Weights) -> Result<Self> {
        let hidden = config.hidden;
        let table = |data: Vec<f32>, width: usize| {
            let rows = data.len() / width;
            Tensor::from_vec(data, (rows, width), &device)
        };
        let layer = |layer: weights::Layer| {
            Ok(Layer {
                qkv: Linear::new(layer.qkv, &device)?,
                out: Linear::new(layer.out, &device)?,
                attention_norm: Norm::new(layer.attention_norm, &device)?,
                up: Linear::new(layer.up, &device)?,
                down: Linear::new(layer.down, &device)?,
                output_norm: Norm::new(layer.output_norm, &device)?,
            })
        };
        let relative =
            if weights.relative.is_empty() { None } else { Some(table(weights.relative, config.heads)?) };
        let types = if weights.second_type.is_empty() {
            None
        } else {
            Some(table([vec![0.0; hidden], weights.second_type].concat(), hidden)?)
        };
        Ok(Self {
            types,
            words: table(weights.words, hidden)?,
            positions: table(weights.positions, hidden)?,
            norm: Norm::new(weights.norm, &device)?,
            layers: weights.layers.into_iter().map(layer).collect::<Result<_>>()?,
            relative,
            config,
            device,
        })
    }

    /// The vectors of all tokens of a batch, row-major.
    pub(super) fn forward(&self, batch: &Batch) -> Result<Vec<f32>> {
        let tokens = Tensor::from_slice(&batch.tokens, batch.tokens.len(), &self.device)?;
        let positions: Vec<u32> = batch.lengths.iter().flat_map(|&length| 0..length as u32).collect();
        let positions = Tensor::from_vec(positions, batch.tokens.len(), &self.device)?;
        let mut embedded =
            (self.words.index_select(&tokens, 0)? + self.positions.index_select(&positions, 0)?)?;
        if let Some(table) = &self.types {
            let places = batch.lengths.iter().zip(&batch.seconds);
            let types: Vec<u32> = places
                .flat_map(|(&length, &second)| (0..length).map(move |at| u32::from(at >= second)))
                .collect();
            let types = Tensor::from_vec(types, batch.tokens.len(), &self.device)?;
            embedded = (embedded + table.index_select(&types, 0)?)?;
        }
        let mut x = self.normalize(&self.norm, &embedded)?;
        for layer in &self.layers {
            let mixed = layer.out.forward(&self.attend(&layer.qkv.forward(&x)?, &batch.lengths)?)?;
            x = self.normalize(&layer.attention_norm, &(x + mixed)?)?;
            let inner = layer.up.forward(&x)?;
            let inner = match self.config.activation {
                Activation::Gelu => inner.gelu_erf()?,
                Activation::GeluTanh => inner.gelu()?,
                Activation::Relu => inner.relu()?,
            };
            x = self.normalize(&layer.output_norm, &(&x + layer.down.forward(&inner)?)?)?;
        }
        x.flatten_all()?.to_vec1()
    }

    fn normalize(&self, norm: &Norm, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &norm.scale, &norm.shift, self.config.epsilon)
    }

    /// Attention of each text to itself. Neighbours of equal length are computed together, so no
    /// padding and no mask is needed.
    fn attend(&self, qkv: &Tensor, lengths: &[usize]) -> Result<Tensor> {
        let Config { hidden, heads, .. } = self.config;
        let width = hidden / heads;
        let mut mixed = Vec::new();
        let mut start = 0;
        for run in lengths.chunk_by(|a, b| a == b) {
            let (texts, length) = (run.len(), run[0]);
            let rows = qkv.narrow(0, start, texts * length)?;
            start += texts * length;
            let part = |index: usize| {
                let part = rows.narrow(1, index * hidden, hidden)?;
                part.reshape((texts, length, heads, width))?.transpose(1, 2)?.contiguous()
            };
            let scale = 1.0 / (width as f64).sqrt();
            let mut scores =
                (part(0)?.matmul(&part(1)?.transpose(D::Minus1, D::Minus2)?.contiguous()?)? * scale)?;
            if let Some(bias) = self.bias(length)? {
                scores = scores.broadcast_add(&bias)?;
            }
            let heads = softmax_last_dim(&scores)?.matmul(&part(2)?)?;
            mixed.push(heads.transpose(1, 2)?.reshape((texts * length, hidden))?);
        }
        Tensor::cat(&mixed, 0)
    }

    /// What relative positions add to the scores: `(1, heads, length, length)`.
    fn bias(&self, length: usize) -> Result<Option<Tensor>> {
        let Some(table) = &self.relative else { return Ok(None) };
        let buckets: Vec<u32> = (0..length)
            .flat_map(|query| (0..length).map(move |key| (query, key)))
            .map(|(query, key)| bucket(query, key, self.config.relative_rows) as u32)
            .collect();
        let buckets = Tensor::from_vec(buckets, length * length, &self.device)?;
        let bias = table.index_select(&buckets, 0)?.reshape((length, length, self.config.heads))?;
        Ok(Some(bias.permute((2, 0, 1))?.unsqueeze(0)?.contiguous()?))
    }
}

impl Linear {
    fn new(linear: weights::Linear, device: &Device) -> Result<Self> {
        let weight = Tensor::from_vec(linear.weight, (linear.outputs, linear.inputs), device)?;
        Ok(Self { weight: weight.t()?, bias: Tensor::from_vec(linear.bias, linear.outputs, device)? })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

impl Norm {
    fn new(norm: weights::Norm, device: &Device) -> Result<Self> {
        let width = norm.scale.len();
        Ok(Self {
            scale: Tensor::from_vec(norm.scale, width, device)?,
            shift: Tensor::from_vec(norm.shift, width, device)?,
        })
    }
}

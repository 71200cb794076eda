//! The forward pass on a CPU: no padding, no allocation between batches, every product a run of
//! tiles over all tokens of a batch.
//!
//! A token's numbers depend on its text alone, not on the texts beside it nor on the threads: the
//! result is the same to the bit however texts are batched.

mod attention;
mod linear;

use std::sync::{Mutex, PoisonError};

use self::attention::{Attention, Scratch};
use self::linear::{After, Linear, Number, Operand};
use super::batch::Batch;
use super::folder::{Activation, Config};
use super::weights::{self, Weights};
use crate::kernel::matrix::{Machine, ROWS};
use crate::kernel::rows::add_and_normalize;

/// An encoder whose products are computed in numbers of kind `W`; all else is `f32`.
#[derive(Debug)]
pub(super) struct Fast<W: Number> {
    machine: Machine,
    hidden: usize,
    epsilon: f32,
    after: After,
    words: Vec<f32>,
    positions: Vec<f32>,
    norm: weights::Norm,
    layers: Vec<Layer<W>>,
    attention: Attention,
    /// Left by earlier batches, one for each thread that has run one.
    arenas: Mutex<Vec<Arena<W>>>,
}

#[derive(Debug)]
struct Layer<W: Number> {
    qkv: Linear<W>,
    out: Linear<W>,
    attention_norm: weights::Norm,
    up: Linear<W>,
    down: Linear<W>,
    output_norm: weights::Norm,
}

/// The buffers of a forward pass.
#[derive(Debug, Default)]
struct Arena<W: Number> {
    x: Vec<f32>,
    qkv: Vec<f32>,
    mixed: Vec<f32>,
    inner: Vec<f32>,
    output: Vec<f32>,
    operand: Operand<W>,
    scratch: Scratch,
}

impl<W: Number> Fast<W> {
    pub(super) fn new(machine: Machine, config: &Config, weights: Weights) -> Self {
        let layer = |mut layer: weights::Layer| {
            attention::scale_queries(&mut layer.qkv, config);
            Layer {
                qkv: Linear::pack(&layer.qkv),
                out: Linear::pack(&layer.out),
                attention_norm: layer.attention_norm,
                up: Linear::pack(&layer.up),
                down: Linear::pack(&layer.down),
                output_norm: layer.output_norm,
            }
        };
        Self {
            machine,
            hidden: config.hidden,
            epsilon: config.epsilon,
            after: match config.activation {
                Activation::Gelu => After::Gelu,
                Activation::GeluTanh => After::GeluTanh,
                Activation::Relu => After::Relu,
            },
            words: weights.words,
            positions: weights.positions,
            norm: weights.norm,
            layers: weights.layers.into_iter().map(layer).collect(),
            attention: Attention::new(machine, config, &weights.relative),
            arenas: Mutex::default(),
        }
    }

    /// The vectors of all tokens of a batch, row-major.
    pub(super) fn forward(&self, batch: &Batch) -> Vec<f32> {
        let lock = || self.arenas.lock().unwrap_or_else(PoisonError::into_inner);
        let mut arena = lock().pop().unwrap_or_default();
        self.run(batch, &mut arena);
        let states = arena.x[..batch.tokens.len() * self.hidden].to_vec();
        lock().push(arena);
        states
    }

    fn run(&self, batch: &Batch, arena: &mut Arena<W>) {
        let rows = batch.tokens.len().next_multiple_of(ROWS);
        let hidden = self.hidden;
        arena.x.clear();
        arena.x.resize(rows * hidden, 0.0);
        self.embed(batch, &mut arena.x);
        for layer in &self.layers {
            let Arena { x, qkv, mixed, inner, output, operand, scratch } = &mut *arena;
            operand.encode(self.machine, x, hidden);
            layer.qkv.forward(self.machine, operand, After::Nothing, qkv);
            mixed.resize(rows * hidden, 0.0);
            self.attention.mix(&batch.lengths, qkv, layer.qkv.stride(), mixed, scratch);
            operand.encode(self.machine, mixed, hidden);
            layer.out.forward(self.machine, operand, After::Nothing, output);
            self.add(x, output, layer.out.stride(), &layer.attention_norm);
            operand.encode(self.machine, x, hidden);
            layer.up.forward(self.machine, operand, self.after, inner);
            operand.encode_strided(self.machine, inner, layer.up.stride(), layer.up.outputs());
            layer.down.forward(self.machine, operand, After::Nothing, output);
            self.add(x, output, layer.down.stride(), &layer.output_norm);
        }
    }

    /// Word and position of each token, normalized.
    fn embed(&self, batch: &Batch, x: &mut [f32]) {
        let hidden = self.hidden;
        let positions = batch.lengths.iter().flat_map(|&length| 0..length);
        for ((x, &token), position) in x.chunks_exact_mut(hidden).zip(&batch.tokens).zip(positions) {
            x.copy_from_slice(&self.words[token as usize * hidden..][..hidden]);
            let position = &self.positions[position * hidden..][..hidden];
            add_and_normalize(self.machine, x, position, &self.norm.scale, &self.norm.shift, self.epsilon);
        }
    }

    fn add(&self, x: &mut [f32], output: &[f32], stride: usize, norm: &weights::Norm) {
        for (x, output) in x.chunks_exact_mut(self.hidden).zip(output.chunks_exact(stride)) {
            add_and_normalize(self.machine, x, output, &norm.scale, &norm.shift, self.epsilon);
        }
    }
}

//! The forward pass on a CPU: no padding, no allocation between batches, every product a run of
//! tiles over all tokens of a batch.
//!
//! A token's numbers depend on its text alone, not on the texts beside it nor on the threads: the
//! result is the same to the bit however texts are batched. Between the attentions of two layers no token needs
//! another, so a batch can be cut into parts of whole tiles, one for each thread that has nothing else to do.

mod attention;
mod linear;

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use self::attention::{Attention, Scratch};
use self::linear::{After, Linear, Number, Operand};
use super::batch::Batch;
use super::folder::{Activation, Config};
use super::weights::{self, Weights};
use crate::kernel::matrix::{Machine, ROWS};
use crate::kernel::rows::add_and_normalize;

/// An encoder whose products are computed in numbers of kind `W`, but queries, keys and values in kind `Q`; all else is
/// `f32`.
#[derive(Debug)]
pub(super) struct Fast<W: Number, Q: Number = W> {
    machine: Machine,
    hidden: usize,
    epsilon: f32,
    after: After,
    words: Vec<f32>,
    positions: Vec<f32>,
    second_type: Vec<f32>,
    norm: weights::Norm,
    layers: Vec<Layer<W, Q>>,
    attention: Attention,
    /// Left by earlier batches, one for each thread that has run one.
    arenas: Mutex<Vec<Arena<W, Q>>>,
}

#[derive(Debug)]
struct Layer<W: Number, Q: Number> {
    qkv: Linear<Q>,
    out: Linear<W>,
    attention_norm: weights::Norm,
    up: Linear<W>,
    down: Linear<W>,
    output_norm: weights::Norm,
}

/// The buffers of a forward pass.
#[derive(Debug, Default)]
struct Arena<W: Number, Q: Number> {
    /// Of all tokens of a batch.
    qkv: Vec<f32>,
    parts: Vec<Part<W, Q>>,
}

/// The buffers of a part of the tokens.
#[derive(Debug, Default)]
struct Part<W: Number, Q: Number> {
    /// Which tokens, up to a whole number of tiles.
    rows: Range<usize>,
    x: Vec<f32>,
    mixed: Vec<f32>,
    output: Vec<f32>,
    operand: Operand<W>,
    /// What queries, keys and values are made of.
    seen: Operand<Q>,
    /// What is between the two last products of a layer; first as numbers, if need be.
    inner: Operand<W>,
    spare: Vec<f32>,
    scratch: Scratch,
}

impl<W: Number, Q: Number> Fast<W, Q> {
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
            second_type: weights.second_type,
            norm: weights.norm,
            layers: weights.layers.into_iter().map(layer).collect(),
            attention: Attention::new(machine, config, &weights.relative, W::NUMBERS > 1),
            arenas: Mutex::default(),
        }
    }

    /// The vectors of all tokens of a batch, row-major, computed in up to `parts` parts at once.
    pub(super) fn forward(&self, batch: &Batch, parts: usize) -> Vec<f32> {
        let lock = || self.arenas.lock().unwrap_or_else(PoisonError::into_inner);
        let mut arena = lock().pop().unwrap_or_default();
        self.run(batch, parts, &mut arena);
        let mut states = Vec::with_capacity(batch.tokens.len() * self.hidden);
        for part in &arena.parts {
            let rest = batch.tokens.len() * self.hidden - states.len();
            states.extend_from_slice(&part.x[..part.x.len().min(rest)]);
        }
        lock().push(arena);
        states
    }

    fn run(&self, batch: &Batch, parts: usize, arena: &mut Arena<W, Q>) {
        let rows = batch.tokens.len().next_multiple_of(ROWS);
        let share = (rows / ROWS).div_ceil(parts.max(1)) * ROWS;
        let Arena { qkv, parts } = arena;
        parts.resize_with(rows.div_ceil(share), Part::default);
        for (at, part) in parts.iter_mut().enumerate() {
            part.rows = at * share..rows.min((at + 1) * share);
        }
        each(parts.iter_mut(), |part| self.embed(batch, part));
        for layer in &self.layers {
            let stride = layer.qkv.stride();
            qkv.resize(rows * stride, 0.0);
            each(parts.iter_mut().zip(qkv.chunks_mut(share * stride)), |(part, qkv)| {
                part.seen.encode(self.machine, &part.x, self.hidden);
                layer.qkv.forward(self.machine, &part.seen, After::Nothing, qkv);
            });
            each(parts.iter_mut(), |part| self.finish(batch, layer, qkv, part));
        }
    }

    /// Word, position and type of each token, normalized.
    fn embed(&self, batch: &Batch, part: &mut Part<W, Q>) {
        let hidden = self.hidden;
        part.x.clear();
        part.x.resize(part.rows.len() * hidden, 0.0);
        let places = batch.lengths.iter().zip(&batch.seconds);
        let places = places.flat_map(|(&length, &second)| (0..length).map(move |at| (at, at >= second)));
        let tokens = batch.tokens.iter().zip(places).skip(part.rows.start);
        for (x, (&token, (position, is_second))) in part.x.chunks_exact_mut(hidden).zip(tokens) {
            x.copy_from_slice(&self.words[token as usize * hidden..][..hidden]);
            if is_second {
                x.iter_mut().zip(&self.second_type).for_each(|(x, kind)| *x += kind);
            }
            let position = &self.positions[position * hidden..][..hidden];
            add_and_normalize(self.machine, x, position, &self.norm.scale, &self.norm.shift, self.epsilon);
        }
    }

    /// A layer behind its queries, keys and values.
    fn finish(&self, batch: &Batch, layer: &Layer<W, Q>, qkv: &[f32], part: &mut Part<W, Q>) {
        let Part { rows, x, mixed, spare, inner, output, operand, scratch, .. } = part;
        let (machine, count) = (self.machine, rows.len());
        mixed.resize(count * self.hidden, 0.0);
        output.resize(count * layer.out.stride(), 0.0);
        self.attention.mix(&batch.lengths, rows.clone(), qkv, layer.qkv.stride(), mixed, scratch);
        operand.encode(machine, mixed, self.hidden);
        layer.out.forward(machine, operand, After::Nothing, output);
        self.add(x, output, layer.out.stride(), &layer.attention_norm);
        operand.encode(machine, x, self.hidden);
        layer.up.forward_encoded(machine, operand, self.after, spare, inner);
        layer.down.forward(machine, inner, After::Nothing, output);
        self.add(x, output, layer.down.stride(), &layer.output_norm);
    }

    fn add(&self, x: &mut [f32], output: &[f32], stride: usize, norm: &weights::Norm) {
        for (x, output) in x.chunks_exact_mut(self.hidden).zip(output.chunks_exact(stride)) {
            add_and_normalize(self.machine, x, output, &norm.scale, &norm.shift, self.epsilon);
        }
    }
}

/// Does something to each part, on as many threads as there are parts.
fn each<T: Send>(parts: impl ExactSizeIterator<Item = T>, what: impl Fn(T) + Send + Sync) {
    if parts.len() == 1 {
        parts.for_each(what);
    } else {
        parts.collect::<Vec<_>>().into_par_iter().for_each(what);
    }
}

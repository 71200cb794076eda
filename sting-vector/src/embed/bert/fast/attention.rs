//! Attention of each text to itself, a head at a time.

use std::ops::Range;

use super::super::folder::Config;
use super::super::relative::bucket;
use super::super::weights;
use crate::kernel::matrix::{Bf16x2, COLUMNS, Line, Machine, ROWS, Tile};
use crate::kernel::pack::{Plain, pack_columns, pack_rows};
use crate::kernel::rows::softmax;

/// Scaled dot-product attention (Vaswani et al., 2017).
#[derive(Debug)]
pub(super) struct Attention {
    machine: Machine,
    hidden: usize,
    heads: usize,
    /// For each head, what each distance from query to key adds to the score, from the most
    /// negative distance on; empty if the family has no relative positions.
    bias: Vec<Vec<f32>>,
    /// Whether products are computed in `bf16`.
    is_short: bool,
}

/// Buffers, of which only those of one precision are ever filled.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    long: Buffers<f32>,
    short: Buffers<Bf16x2>,
}

/// The buffers of one head of one text.
#[derive(Debug, Default)]
struct Buffers<W> {
    /// [`ROWS`] queries.
    queries: Vec<W>,
    /// Panels of [`COLUMNS`] keys, a line for each word of a key.
    keys: Vec<Line<W>>,
    /// Panels of [`COLUMNS`] numbers of a value, a line for each word along the values.
    values: Vec<Line<W>>,
    /// [`ROWS`] queries' scores, and what the softmax makes of them.
    scores: Vec<f32>,
    shares: Vec<W>,
}

/// Divides queries by the root of their width, once and for all.
pub(super) fn scale_queries(qkv: &mut weights::Linear, config: &Config) {
    let factor = 1.0 / ((config.hidden / config.heads) as f32).sqrt();
    let weights = qkv.weight[..config.hidden * qkv.inputs].iter_mut();
    for x in weights.chain(&mut qkv.bias[..config.hidden]) {
        *x *= factor;
    }
}

impl Attention {
    /// `may_be_short` allows products in `bf16`, where the machine has instructions for them.
    pub(super) fn new(machine: Machine, config: &Config, relative: &[f32], may_be_short: bool) -> Self {
        let Config { hidden, heads, .. } = *config;
        let longest = config.position_rows - config.first_position;
        let bias_of = |head: usize| {
            let at = |distance: usize| {
                let (query, key) = (longest.saturating_sub(distance), distance.saturating_sub(longest));
                relative[bucket(query, key, config.relative_rows) * heads + head]
            };
            (0..=2 * longest).map(at).collect()
        };
        let bias = if relative.is_empty() { Vec::new() } else { (0..heads).map(bias_of).collect() };
        Self { machine, hidden, heads, bias, is_short: may_be_short && machine.bf16 }
    }

    /// Mixes values by attention, for the tokens `rows` of all. `qkv` holds queries, keys and values of all texts,
    /// `stride` numbers a token; `mixed` gets [`Self::hidden`] numbers a token of `rows`.
    pub(super) fn mix(
        &self,
        lengths: &[usize],
        rows: Range<usize>,
        qkv: &[f32],
        stride: usize,
        mixed: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let tokens = Tokens { numbers: qkv, stride, hidden: self.hidden, width: self.hidden / self.heads };
        if self.is_short {
            self.mix_texts(lengths, rows, &tokens, mixed, &mut scratch.short);
        } else {
            self.mix_texts(lengths, rows, &tokens, mixed, &mut scratch.long);
        }
    }

    fn mix_texts<W: Plain>(
        &self,
        lengths: &[usize],
        rows: Range<usize>,
        tokens: &Tokens<'_>,
        mixed: &mut [f32],
        buffers: &mut Buffers<W>,
    ) {
        let mut start = 0;
        for &length in lengths {
            let own = rows.start.max(start)..rows.end.min(start + length);
            if !own.is_empty() {
                let text = Tokens { numbers: &tokens.numbers[start * tokens.stride..], ..*tokens };
                let mixed = &mut mixed[(own.start - rows.start) * self.hidden..][..own.len() * self.hidden];
                for head in 0..self.heads {
                    buffers.load(self.machine, &text, head, length);
                    self.mix_head(&text, head, length, own.start - start..own.end - start, mixed, buffers);
                }
            }
            start += length;
        }
    }

    /// One head of the queries `own` of a text of `length` tokens, whose keys and values are loaded.
    fn mix_head<W: Plain>(
        &self,
        text: &Tokens<'_>,
        head: usize,
        length: usize,
        own: Range<usize>,
        mixed: &mut [f32],
        buffers: &mut Buffers<W>,
    ) {
        let (machine, width) = (self.machine, text.width);
        let padded = length.next_multiple_of(COLUMNS);
        let (key_words, value_words) = (width.div_ceil(W::NUMBERS), length.div_ceil(W::NUMBERS));
        let Buffers { queries, keys, values, scores, shares } = buffers;
        queries.resize(ROWS * key_words, W::default());
        scores.resize(ROWS * padded, 0.0);
        shares.resize(ROWS * value_words, W::default());
        let mut tile = Tile([[0.0; COLUMNS]; ROWS]);
        for first in own.clone().step_by(ROWS) {
            let rows = ROWS.min(own.end - first);
            for (row, query) in queries.chunks_exact_mut(key_words).take(rows).enumerate() {
                W::encode(machine, text.part(first + row, head, 0), query);
            }
            for (at, panel) in keys.chunks_exact(key_words).enumerate() {
                W::tile(machine, queries, key_words, panel, &mut tile);
                for (row, sums) in scores.chunks_exact_mut(padded).zip(&tile.0) {
                    row[at * COLUMNS..][..COLUMNS].copy_from_slice(sums);
                }
            }
            if let Some(bias) = self.bias.get(head) {
                for (row, scores) in scores.chunks_exact_mut(padded).take(rows).enumerate() {
                    let at = bias.len() / 2 - (first + row);
                    for (score, bias) in scores[..length].iter_mut().zip(&bias[at..]) {
                        *score += bias;
                    }
                }
            }
            softmax(machine, &mut scores[..rows * padded], padded, length);
            for (scores, shares) in scores.chunks_exact(padded).zip(shares.chunks_exact_mut(value_words)) {
                W::encode(machine, &scores[..length], shares);
            }
            for (at, panel) in values.chunks_exact(value_words).enumerate() {
                W::tile(machine, shares, value_words, panel, &mut tile);
                let column = head * width + at * COLUMNS;
                let columns = COLUMNS.min(width - at * COLUMNS);
                for (row, sums) in tile.0.iter().take(rows).enumerate() {
                    mixed[(first - own.start + row) * self.hidden + column..][..columns]
                        .copy_from_slice(&sums[..columns]);
                }
            }
        }
    }
}

/// Queries, keys and values of tokens, one after the other.
#[derive(Clone, Copy)]
struct Tokens<'a> {
    numbers: &'a [f32],
    /// Numbers a token.
    stride: usize,
    hidden: usize,
    /// Numbers of a head.
    width: usize,
}

impl<'a> Tokens<'a> {
    /// A token's query (0), key (1) or value (2) for a head.
    fn part(&self, token: usize, head: usize, part: usize) -> &'a [f32] {
        &self.numbers[token * self.stride + part * self.hidden + head * self.width..][..self.width]
    }

    /// The same of the first `length` tokens, [`Self::stride`] numbers apart.
    fn parts(&self, length: usize, head: usize, part: usize) -> &'a [f32] {
        let start = part * self.hidden + head * self.width;
        &self.numbers[start..start + (length - 1) * self.stride + self.width]
    }
}

impl<W: Plain> Buffers<W> {
    /// Packs the keys and values of a head.
    fn load(&mut self, machine: Machine, text: &Tokens<'_>, head: usize, length: usize) {
        let (key_words, value_words) = (text.width.div_ceil(W::NUMBERS), length.div_ceil(W::NUMBERS));
        let zero = Line([W::default(); COLUMNS]);
        self.keys.clear();
        self.keys.resize(length.div_ceil(COLUMNS) * key_words, zero);
        self.values.clear();
        self.values.resize(text.width.div_ceil(COLUMNS) * value_words, zero);
        pack_columns(machine, text.parts(length, head, 1), text.stride, text.width, &mut self.keys);
        pack_rows(machine, text.parts(length, head, 2), text.stride, text.width, &mut self.values);
    }
}

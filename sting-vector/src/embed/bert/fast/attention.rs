//! Attention of each text to itself, a head at a time.

use super::super::folder::Config;
use super::super::relative::bucket;
use super::super::weights;
use crate::kernel::matrix::{COLUMNS, Line, Machine, ROWS, Tile, Word};
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
}

/// The buffers of one head of one text.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Panels of [`COLUMNS`] keys, a line for each number of a key.
    keys: Vec<Line<f32>>,
    /// Panels of [`COLUMNS`] numbers of a value, a line for each value.
    values: Vec<Line<f32>>,
    /// [`ROWS`] queries' scores.
    scores: Vec<f32>,
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
    pub(super) fn new(machine: Machine, config: &Config, relative: &[f32]) -> Self {
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
        Self { machine, hidden, heads, bias }
    }

    /// Mixes values by attention. `qkv` holds queries, keys and values of all texts, `stride`
    /// numbers a token; `mixed` gets [`Self::hidden`] numbers a token.
    pub(super) fn mix(
        &self,
        lengths: &[usize],
        qkv: &[f32],
        stride: usize,
        mixed: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let width = self.hidden / self.heads;
        let mut start = 0;
        for &length in lengths {
            let text = &qkv[start * stride..];
            let mixed = &mut mixed[start * self.hidden..][..length * self.hidden];
            for head in 0..self.heads {
                scratch.load(&text[self.hidden + head * width..], stride, length, width, self.hidden);
                self.mix_head(head, length, &text[head * width..], stride, mixed, scratch);
            }
            start += length;
        }
    }

    fn mix_head(
        &self,
        head: usize,
        length: usize,
        queries: &[f32],
        stride: usize,
        mixed: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let width = self.hidden / self.heads;
        let padded = length.next_multiple_of(COLUMNS);
        let Scratch { keys, values, scores } = scratch;
        scores.resize(ROWS * padded, 0.0);
        let mut tile = Tile([[0.0; COLUMNS]; ROWS]);
        let mut last_rows = Vec::new();
        for first in (0..length).step_by(ROWS) {
            let rows = ROWS.min(length - first);
            let mut block = &queries[first * stride..];
            if block.len() < (ROWS - 1) * stride + width {
                // The last rows of the buffer: the kernel reads whole blocks.
                last_rows.extend_from_slice(block);
                last_rows.resize((ROWS - 1) * stride + width, 0.0);
                block = &last_rows;
            }
            for (at, panel) in keys.chunks_exact(width).enumerate() {
                f32::tile(self.machine, block, stride, panel, &mut tile);
                for (row, sums) in scores.chunks_exact_mut(padded).zip(&tile.0) {
                    row[at * COLUMNS..][..COLUMNS].copy_from_slice(sums);
                }
            }
            for (row, scores) in scores.chunks_exact_mut(padded).take(rows).enumerate() {
                let scores = &mut scores[..length];
                if let Some(bias) = self.bias.get(head) {
                    let own = bias.len() / 2 - (first + row);
                    for (score, bias) in scores.iter_mut().zip(&bias[own..]) {
                        *score += bias;
                    }
                }
                softmax(self.machine, scores);
            }
            for (at, panel) in values.chunks_exact(length).enumerate() {
                f32::tile(self.machine, scores, padded, panel, &mut tile);
                let column = head * width + at * COLUMNS;
                let columns = COLUMNS.min(width - at * COLUMNS);
                for (row, sums) in tile.0.iter().take(rows).enumerate() {
                    mixed[(first + row) * self.hidden + column..][..columns]
                        .copy_from_slice(&sums[..columns]);
                }
            }
        }
    }
}

impl Scratch {
    /// Packs the keys and values of a head. `keys` starts at its first key, and its first value
    /// is `hidden` numbers further on.
    fn load(&mut self, keys: &[f32], stride: usize, length: usize, width: usize, hidden: usize) {
        self.keys.clear();
        self.keys.resize(length.div_ceil(COLUMNS) * width, Line([0.0; COLUMNS]));
        self.values.clear();
        self.values.resize(width.div_ceil(COLUMNS) * length, Line([0.0; COLUMNS]));
        for (at, token) in keys.chunks(stride).take(length).enumerate() {
            let panel = &mut self.keys[at / COLUMNS * width..][..width];
            for (line, &x) in panel.iter_mut().zip(token) {
                line.0[at % COLUMNS] = x;
            }
            for (panel, numbers) in token[hidden..][..width].chunks(COLUMNS).enumerate() {
                self.values[panel * length + at].0[..numbers.len()].copy_from_slice(numbers);
            }
        }
    }
}

//! Linear layers over packed weights, in three precisions.

use super::super::weights;
use crate::kernel::matrix::{Bf16x2, Bytes, COLUMNS, Line, Machine, ROWS, Tile, Word};
use crate::kernel::rows::{Finish, encode_bf16, encode_bytes, finish_bytes, finish_f32};

pub(super) use crate::kernel::rows::{After, RowScale};

/// A precision: how rows and columns become words, and sums become numbers again.
pub(crate) trait Number: Word {
    /// Writes a row's numbers as words; the last word is filled up with zeros.
    fn encode(machine: Machine, row: &[f32], words: &mut [Self], scale: &mut RowScale);

    /// The words of a column of weights, with its scale, and the sum of its numbers in units of it.
    fn column(weights: &[f32]) -> (Vec<Self>, f32, f32);

    fn finish(machine: Machine, tile: &Tile<Self::Sum>, finish: &Finish<'_>, after: After, out: &mut [f32]);

    /// Whether a row's words depend on all of its numbers.
    const HAS_SCALE: bool = false;

    /// The same, straight to the words of the next operand; asked only of kinds without a scale. Here the stride is in
    /// words.
    fn finish_words(
        machine: Machine,
        tile: &Tile<Self::Sum>,
        finish: &Finish<'_>,
        after: After,
        words: &mut [Self],
    ) {
        let mut numbers = [0.0; ROWS * COLUMNS];
        let mut encoded = [Self::default(); ROWS * COLUMNS];
        Self::finish(machine, tile, &Finish { stride: COLUMNS, ..*finish }, after, &mut numbers);
        let width = COLUMNS / Self::NUMBERS;
        Self::encode(machine, &numbers, &mut encoded[..ROWS * width], &mut RowScale::default());
        for (row, encoded) in encoded[..ROWS * width].chunks_exact(width).enumerate() {
            words[row * finish.stride..][..width].copy_from_slice(encoded);
        }
    }
}

impl Number for f32 {
    fn encode(_: Machine, row: &[f32], words: &mut [f32], _: &mut RowScale) {
        words.copy_from_slice(row);
    }

    fn column(weights: &[f32]) -> (Vec<f32>, f32, f32) {
        (weights.to_vec(), 1.0, 0.0)
    }

    fn finish(machine: Machine, tile: &Tile<f32>, finish: &Finish<'_>, after: After, out: &mut [f32]) {
        finish_f32(machine, tile, finish, after, out);
    }

    fn finish_words(
        machine: Machine,
        tile: &Tile<f32>,
        finish: &Finish<'_>,
        after: After,
        words: &mut [f32],
    ) {
        finish_f32(machine, tile, finish, after, words);
    }
}

impl Number for Bf16x2 {
    fn encode(machine: Machine, row: &[f32], words: &mut [Self], _: &mut RowScale) {
        encode_bf16(machine, row, words);
    }

    fn column(weights: &[f32]) -> (Vec<Self>, f32, f32) {
        let mut words = vec![Self::default(); weights.len().div_ceil(2)];
        encode_bf16(Machine::detect(), weights, &mut words);
        (words, 1.0, 0.0)
    }

    fn finish(machine: Machine, tile: &Tile<f32>, finish: &Finish<'_>, after: After, out: &mut [f32]) {
        finish_f32(machine, tile, finish, after, out);
    }
}

impl Number for Bytes {
    const HAS_SCALE: bool = true;

    fn encode(machine: Machine, row: &[f32], words: &mut [Self], scale: &mut RowScale) {
        encode_bytes(machine, row, words, scale);
    }

    /// Symmetric, a scale a column.
    fn column(weights: &[f32]) -> (Vec<Self>, f32, f32) {
        let largest = weights.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        let numbers: Vec<i8> = weights.iter().map(|x| (x / scale).round() as i8).collect();
        let sum = numbers.iter().map(|&x| f32::from(x)).sum();
        let words = numbers.chunks(4).map(|four| {
            let byte = |at: usize| four.get(at).copied().unwrap_or_default() as u8;
            Self(u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]))
        });
        (words.collect(), scale, sum)
    }

    fn finish(machine: Machine, tile: &Tile<i32>, finish: &Finish<'_>, after: After, out: &mut [f32]) {
        finish_bytes(machine, tile, finish, after, out);
    }
}

/// Rows as the kernels read them, their number a multiple of [`ROWS`].
#[derive(Debug, Default)]
pub(super) struct Operand<W> {
    words: Vec<W>,
    scales: Vec<RowScale>,
    /// Words of a row.
    stride: usize,
}

impl<W: Number> Operand<W> {
    pub(super) fn encode(&mut self, machine: Machine, rows: &[f32], width: usize) {
        self.encode_strided(machine, rows, width, width);
    }

    /// Takes the first `width` of every `stride` numbers.
    fn encode_strided(&mut self, machine: Machine, rows: &[f32], stride: usize, width: usize) {
        let count = rows.len() / stride;
        self.stride = width.div_ceil(W::NUMBERS);
        self.words.resize(count * self.stride, W::default());
        self.scales.resize(count, RowScale::default());
        let words = self.words.chunks_exact_mut(self.stride).zip(&mut self.scales);
        for (row, (words, scale)) in rows.chunks_exact(stride).zip(words) {
            W::encode(machine, &row[..width], words, scale);
        }
    }
}

/// `x * weight + bias`, with the weights packed in panels.
#[derive(Debug)]
pub(super) struct Linear<W> {
    outputs: usize,
    /// Lines of a panel.
    words: usize,
    lines: Vec<Line<W>>,
    /// The following have a number for each column, up to a multiple of [`COLUMNS`].
    bias: Vec<f32>,
    scales: Vec<f32>,
    sums: Vec<f32>,
}

impl<W: Number> Linear<W> {
    pub(super) fn pack(linear: &weights::Linear) -> Self {
        let columns = linear.outputs.next_multiple_of(COLUMNS);
        let words = linear.inputs.div_ceil(W::NUMBERS);
        let mut packed = Self {
            outputs: linear.outputs,
            words,
            lines: vec![Line([W::default(); COLUMNS]); columns / COLUMNS * words],
            bias: linear.bias.clone(),
            scales: vec![0.0; columns],
            sums: vec![0.0; columns],
        };
        packed.bias.resize(columns, 0.0);
        for (column, weights) in linear.weight.chunks_exact(linear.inputs).enumerate() {
            let (encoded, scale, sum) = W::column(weights);
            packed.scales[column] = scale;
            packed.sums[column] = sum;
            let panel = &mut packed.lines[column / COLUMNS * words..][..words];
            for (line, word) in panel.iter_mut().zip(encoded) {
                line.0[column % COLUMNS] = word;
            }
        }
        packed
    }

    /// Numbers of a row of the result: the outputs, and zeros up to a whole panel.
    pub(super) fn stride(&self) -> usize {
        self.bias.len()
    }

    /// Writes a row of [`Linear::stride`] numbers for each row of the operand.
    pub(super) fn forward(&self, machine: Machine, operand: &Operand<W>, after: After, out: &mut [f32]) {
        let stride = self.stride();
        self.tiles(machine, operand, stride, |tile, finish, row, column| {
            W::finish(machine, tile, finish, after, &mut out[row * stride + column..]);
        });
    }

    /// The same, as the operand of another layer; `spare` is for numbers that are in the way.
    pub(super) fn forward_encoded(
        &self,
        machine: Machine,
        operand: &Operand<W>,
        after: After,
        spare: &mut Vec<f32>,
        out: &mut Operand<W>,
    ) {
        let rows = operand.scales.len();
        if W::HAS_SCALE {
            spare.resize(rows * self.stride(), 0.0);
            self.forward(machine, operand, after, spare);
            return out.encode_strided(machine, spare, self.stride(), self.outputs);
        }
        let stride = self.stride() / W::NUMBERS;
        out.stride = stride;
        out.words.resize(rows * stride, W::default());
        out.scales.resize(rows, RowScale::default());
        self.tiles(machine, operand, stride, |tile, finish, row, column| {
            let words = &mut out.words[row * stride + column / W::NUMBERS..];
            W::finish_words(machine, tile, finish, after, words);
        });
    }

    /// Computes tile after tile; `done` gets each with its first row and column.
    fn tiles(
        &self,
        machine: Machine,
        operand: &Operand<W>,
        stride: usize,
        mut done: impl FnMut(&Tile<W::Sum>, &Finish<'_>, usize, usize),
    ) {
        assert!(operand.stride >= self.words, "the operand is not this layer's");
        let mut tile = Tile([[W::Sum::default(); COLUMNS]; ROWS]);
        for (at, panel) in self.lines.chunks_exact(self.words).enumerate() {
            let first = at * COLUMNS;
            for (block, rows) in operand.scales.chunks_exact(ROWS).enumerate() {
                let row = block * ROWS;
                W::tile(machine, &operand.words[row * operand.stride..], operand.stride, panel, &mut tile);
                let finish = Finish {
                    rows,
                    bias: &self.bias[first..first + COLUMNS],
                    scales: &self.scales[first..first + COLUMNS],
                    sums: &self.sums[first..first + COLUMNS],
                    stride,
                };
                done(&tile, &finish, row, first);
            }
        }
    }
}

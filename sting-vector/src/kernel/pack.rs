//! Keys and values as panels: what attention multiplies is not known before, so it is packed each time.
#![allow(unsafe_code)]

use super::machine::Machine;
use super::matrix::{Bf16x2, COLUMNS, Line, Word};
use super::rows::{encode_bf16, round_bf16};

/// A precision of attention: one whose words need no scale.
pub(crate) trait Plain: Word<Sum = f32> {
    fn encode(machine: Machine, row: &[f32], words: &mut [Self]);
    /// A word of as many numbers as it holds: only the first, if it holds one.
    fn word(first: f32, second: f32) -> Self;
}

impl Plain for f32 {
    fn encode(_: Machine, row: &[f32], words: &mut [f32]) {
        words[..row.len()].copy_from_slice(row);
    }

    #[inline(always)]
    fn word(first: f32, _: f32) -> f32 {
        first
    }
}

impl Plain for Bf16x2 {
    fn encode(machine: Machine, row: &[f32], words: &mut [Self]) {
        encode_bf16(machine, row, words);
    }

    #[inline(always)]
    fn word(first: f32, second: f32) -> Self {
        Self(round_bf16(second) << 16 | round_bf16(first))
    }
}

multiversion! {
    /// Rows of `width` numbers, `stride` numbers apart, as columns of panels: a line for each word of a row.
    pub(crate) fn pack_columns<W: Plain>(rows: &[f32], stride: usize, width: usize, lines: &mut [Line<W>]) {
        let words = width.div_ceil(W::NUMBERS);
        for (panel, rows) in lines.chunks_exact_mut(words).zip(rows.chunks(COLUMNS * stride)) {
            for (column, row) in rows.chunks(stride).enumerate() {
                for (lines, numbers) in panel.chunks_mut(STEP).zip(row[..width].chunks(STEP * W::NUMBERS)) {
                    let mut words = [W::default(); STEP];
                    encode(numbers, &mut words);
                    for (line, word) in lines.iter_mut().zip(words) {
                        line.0[column] = word;
                    }
                }
            }
        }
    }
}

/// Words of a row that are made at once, before each goes to its line.
const STEP: usize = 16;

#[inline(always)]
fn encode<W: Plain>(numbers: &[f32], words: &mut [W; STEP]) {
    if numbers.len() == STEP * W::NUMBERS {
        // Of known length, for the compiler to make vectors of.
        for (at, word) in words.iter_mut().enumerate() {
            *word = W::word(numbers[at * W::NUMBERS], numbers[at * W::NUMBERS + W::NUMBERS - 1]);
        }
    } else {
        for (word, numbers) in words.iter_mut().zip(numbers.chunks(W::NUMBERS)) {
            *word = W::word(numbers[0], numbers.get(1).copied().unwrap_or_default());
        }
    }
}

multiversion! {
    /// Rows of `width` numbers, `stride` numbers apart, as panels of [`COLUMNS`] of their columns: a line for each word
    /// along a column.
    pub(crate) fn pack_rows<W: Plain>(rows: &[f32], stride: usize, width: usize, lines: &mut [Line<W>]) {
        let count = rows.len().div_ceil(stride);
        let zeros = [0.0; COLUMNS];
        for (panel, first) in lines.chunks_exact_mut(count.div_ceil(W::NUMBERS)).zip((0..width).step_by(COLUMNS))
        {
            let columns = COLUMNS.min(width - first);
            for (line, rows) in panel.iter_mut().zip(rows.chunks(W::NUMBERS * stride)) {
                let next = if W::NUMBERS > 1 && rows.len() > stride { &rows[stride + first..] } else { &zeros };
                let (one, two) = (&rows[first..][..columns], &next[..columns]);
                for ((word, &one), &two) in line.0.iter_mut().zip(one).zip(two) {
                    *word = W::word(one, two);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against reading each word at its place.
    fn check<W: Plain + PartialEq>(count: usize, width: usize) {
        let stride = width + 5;
        let numbers: Vec<f32> = (0..(count - 1) * stride + width).map(|i| (i % 251) as f32 - 99.0).collect();
        let at = |row: usize, column: usize| {
            if row < count && column < width { numbers[row * stride + column] } else { 0.0 }
        };
        let lines = |panels: usize, words: usize| vec![Line([W::default(); COLUMNS]); panels * words];
        let (along, across) = (width.div_ceil(W::NUMBERS), count.div_ceil(W::NUMBERS));
        let panels = [count.div_ceil(COLUMNS), width.div_ceil(COLUMNS)];
        for machine in Machine::all() {
            let mut columns = lines(panels[0], along);
            pack_columns(machine, &numbers, stride, width, &mut columns);
            let mut rows = lines(panels[1], across);
            pack_rows(machine, &numbers, stride, width, &mut rows);
            for row in 0..count {
                for word in 0..along {
                    let expected = W::word(at(row, word * W::NUMBERS), at(row, word * W::NUMBERS + 1));
                    assert!(columns[row / COLUMNS * along + word].0[row % COLUMNS] == expected);
                }
            }
            for column in 0..width {
                for word in 0..across {
                    let expected = W::word(at(word * W::NUMBERS, column), at(word * W::NUMBERS + 1, column));
                    assert!(rows[column / COLUMNS * across + word].0[column % COLUMNS] == expected);
                }
            }
        }
    }

    #[test]
    fn words_are_where_they_belong() {
        for (count, width) in [(1, 1), (3, 7), (32, 32), (33, 64), (70, 33)] {
            check::<f32>(count, width);
            check::<Bf16x2>(count, width);
        }
    }
}

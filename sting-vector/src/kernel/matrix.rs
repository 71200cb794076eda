//! Products of a few rows with a panel of columns: the inner loop of every encoder layer.
//!
//! All three precisions share one shape. Operands are read in 32-bit words along the summed
//! dimension: one `f32`, two `bf16`, or four bytes. A [`Panel`] holds [`COLUMNS`] columns word by
//! word, so that a kernel loads it as it stands and broadcasts the words of the rows. Each sum
//! runs over the words in order, whatever rows stand beside it: results do not depend on batching.
#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use super::machine::Machine;
use super::rows::multiply_add;

/// Rows of a tile. With two vectors of columns a row, AVX-512's 32 registers hold 24 sums, two
/// vectors of the panel and one broadcast word.
pub(crate) const ROWS: usize = 12;

/// Columns of a tile and of a panel.
pub(crate) const COLUMNS: usize = 32;

/// Sums of a tile.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Tile<T>(pub(crate) [[T; COLUMNS]; ROWS]);

/// [`COLUMNS`] words of a panel, one a column.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Line<W>(pub(crate) [W; COLUMNS]);

/// Columns of a matrix, as the kernels read them: a line for each word of the summed dimension.
pub(crate) type Panel<W> = [Line<W>];

/// Two `bf16` numbers, the first in the low half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub(crate) struct Bf16x2(pub(crate) u32);

/// Four bytes, the first lowest: unsigned in rows, signed in panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub(crate) struct Bytes(pub(crate) u32);

/// A word of an operand.
pub(crate) trait Word: Copy + Default + std::fmt::Debug + Send + Sync + 'static {
    /// Numbers in a word.
    const NUMBERS: usize;
    type Sum: Copy + Default + std::fmt::Debug;

    /// Adds the product of a word of a row and one of a panel.
    fn dot(sum: Self::Sum, row: Self, column: Self) -> Self::Sum;

    /// The product of [`ROWS`] rows, `stride` words apart, with a panel of as many lines as the
    /// rows have words.
    fn tile(machine: Machine, rows: &[Self], stride: usize, panel: &Panel<Self>, tile: &mut Tile<Self::Sum>);
}

impl Word for f32 {
    const NUMBERS: usize = 1;
    type Sum = f32;

    #[inline(always)]
    fn dot(sum: f32, row: f32, column: f32) -> f32 {
        multiply_add::<false>(row, column, sum)
    }

    fn tile(machine: Machine, rows: &[f32], stride: usize, panel: &Panel<f32>, tile: &mut Tile<f32>) {
        check(rows, stride, panel);
        #[cfg(target_arch = "x86_64")]
        {
            if machine.avx512 {
                // SAFETY: the machine has AVX-512; `check` has bounded all reads.
                return unsafe { x86::tile_f32_avx512(rows.as_ptr(), stride, panel, tile) };
            }
            if machine.avx2 {
                // SAFETY: the machine has AVX2 and FMA; `check` has bounded all reads.
                return unsafe { x86::tile_f32_avx2(rows.as_ptr(), stride, panel, tile) };
            }
        }
        #[cfg(target_arch = "aarch64")]
        if machine.neon {
            // SAFETY: the machine has NEON; `check` has bounded all reads.
            return unsafe { aarch64::tile_f32_neon(rows.as_ptr(), stride, panel, tile) };
        }
        portable(machine, rows, stride, panel, tile);
    }
}

impl Word for Bf16x2 {
    const NUMBERS: usize = 2;
    type Sum = f32;

    #[inline(always)]
    fn dot(sum: f32, row: Self, column: Self) -> f32 {
        let low = |word: Self| f32::from_bits(word.0 << 16);
        let high = |word: Self| f32::from_bits(word.0 & 0xffff_0000);
        multiply_add::<false>(low(row), low(column), multiply_add::<false>(high(row), high(column), sum))
    }

    fn tile(machine: Machine, rows: &[Self], stride: usize, panel: &Panel<Self>, tile: &mut Tile<f32>) {
        check(rows, stride, panel);
        #[cfg(target_arch = "x86_64")]
        if machine.bf16 {
            // SAFETY: the machine has AVX512-BF16; `check` has bounded all reads.
            return unsafe { x86::tile_bf16_avx512(rows.as_ptr(), stride, panel, tile) };
        }
        portable(machine, rows, stride, panel, tile);
    }
}

impl Word for Bytes {
    const NUMBERS: usize = 4;
    type Sum = i32;

    #[inline(always)]
    fn dot(sum: i32, row: Self, column: Self) -> i32 {
        let products = row.0.to_le_bytes().into_iter().zip(column.0.to_le_bytes());
        sum + products.map(|(row, column)| i32::from(row) * i32::from(column.cast_signed())).sum::<i32>()
    }

    fn tile(machine: Machine, rows: &[Self], stride: usize, panel: &Panel<Self>, tile: &mut Tile<i32>) {
        check(rows, stride, panel);
        #[cfg(target_arch = "x86_64")]
        {
            if machine.vnni {
                // SAFETY: the machine has AVX512-VNNI; `check` has bounded all reads.
                return unsafe { x86::tile_bytes_avx512(rows.as_ptr(), stride, panel, tile) };
            }
            if machine.avx2 {
                // SAFETY: the machine has AVX2; `check` has bounded all reads.
                return unsafe { x86::tile_bytes_avx2(rows.as_ptr(), stride, panel, tile) };
            }
        }
        #[cfg(target_arch = "aarch64")]
        if machine.neon {
            // SAFETY: the machine has NEON; `check` has bounded all reads.
            return unsafe { aarch64::tile_bytes_neon(rows.as_ptr(), stride, panel, tile) };
        }
        portable(machine, rows, stride, panel, tile);
    }
}

/// Holds the kernels to their bounds; they read without further checks.
fn check<W>(rows: &[W], stride: usize, panel: &Panel<W>) {
    assert!(rows.len() >= (ROWS - 1) * stride + panel.len(), "rows of a tile are out of bounds");
}

multiversion! {
    /// The twin of all kernels. It works on a few rows at a time, for machines with 16 registers.
    fn portable<W: Word>(rows: &[W], stride: usize, panel: &Panel<W>, tile: &mut Tile<W::Sum>) {
        for (row, sums) in tile.0.iter_mut().enumerate() {
            let words = &rows[row * stride..][..panel.len()];
            let mut row = [W::Sum::default(); COLUMNS];
            for (&word, line) in words.iter().zip(panel) {
                for (sum, &column) in row.iter_mut().zip(&line.0) {
                    *sum = W::dot(*sum, word, column);
                }
            }
            *sums = row;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -1 and 1 that look random.
    fn noise(count: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn panel<W: Word>(words: &[W]) -> Vec<Line<W>> {
        words.as_chunks().0.iter().map(|&line| Line(line)).collect()
    }

    /// The tiles of every machine that this one can be, and the sum by [`Word::dot`] alone.
    fn tiles<W: Word>(rows: &[W], columns: &[W], words: usize) -> (Vec<Vec<W::Sum>>, Vec<W::Sum>) {
        let panel = panel(columns);
        let stride = words + 3;
        let run = |machine| {
            let mut tile = Tile([[W::Sum::default(); COLUMNS]; ROWS]);
            W::tile(machine, rows, stride, &panel, &mut tile);
            tile.0.concat()
        };
        let slow = (0..ROWS * COLUMNS).map(|at| {
            let (row, column) = (at / COLUMNS, at % COLUMNS);
            (0..words).fold(W::Sum::default(), |sum, word| {
                W::dot(sum, rows[row * stride + word], columns[word * COLUMNS + column])
            })
        });
        (Machine::all().into_iter().map(run).collect(), slow.collect())
    }

    fn assert_close((fast, slow): &(Vec<Vec<f32>>, Vec<f32>)) {
        for (at, slow) in slow.iter().enumerate() {
            assert!(fast.iter().all(|tile| (tile[at] - slow).abs() < 1e-4), "at {at}");
        }
    }

    #[test]
    fn every_kernel_agrees_with_the_plain_sum() {
        for words in [1, 2, 7, 96] {
            let rows = noise(ROWS * (words + 3), 1);
            let columns = noise(words * COLUMNS, 2);
            assert_close(&tiles(&rows, &columns, words));
            let bf16 = |x: &f32| Bf16x2(x.to_bits() & 0xffff_0000 | (x * 0.7).to_bits() >> 16);
            let rows_bf16: Vec<_> = rows.iter().map(bf16).collect();
            let columns_bf16: Vec<_> = columns.iter().map(bf16).collect();
            assert_close(&tiles(&rows_bf16, &columns_bf16, words));
            let bytes = |x: &f32| Bytes(x.to_bits().wrapping_mul(2_654_435_761));
            let rows_bytes: Vec<_> = rows.iter().map(bytes).collect();
            let columns_bytes: Vec<_> = columns.iter().map(bytes).collect();
            let (fast, slow) = tiles(&rows_bytes, &columns_bytes, words);
            assert!(fast.iter().all(|tile| *tile == slow));
        }
    }

    #[test]
    #[should_panic(expected = "out of bounds")]
    fn rows_that_are_too_short_are_refused() {
        let panel = panel(&[0.0; COLUMNS * 4]);
        f32::tile(Machine::detect(), &[0.0; ROWS * 4 - 1], 4, &panel, &mut Tile([[0.0; COLUMNS]; ROWS]));
    }
}

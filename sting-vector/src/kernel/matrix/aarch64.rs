//! The kernels for 64-bit Arm. Reads are bounded by the caller's check.

use std::arch::aarch64::{
    vaddq_s32, vandq_s16, vdupq_n_f32, vdupq_n_s16, vdupq_n_s32, vfmaq_f32, vget_low_s16, vld1q_f32,
    vld1q_s32, vmull_high_s16, vmull_s16, vpaddq_s32, vreinterpretq_s16_s32, vreinterpretq_s16_u16,
    vreinterpretq_u16_s32, vshlq_n_s16, vshrq_n_s16, vshrq_n_u16, vst1q_f32, vst1q_s32,
};

use super::{Bytes, COLUMNS, Panel, ROWS, Tile};

/// Numbers in a register.
const LANES: usize = 4;

/// Eight vectors of columns for two rows at a time: 16 of 32 registers are sums.
///
/// # Safety
/// The machine has NEON, and from `rows` on there are `ROWS` rows of `panel.len()` words, `stride` words apart.
#[target_feature(enable = "neon")]
pub(super) unsafe fn tile_f32_neon(
    rows: *const f32,
    stride: usize,
    panel: &Panel<f32>,
    tile: &mut Tile<f32>,
) {
    const STEP: usize = 2;
    for first in (0..ROWS).step_by(STEP) {
        let mut sums = [[vdupq_n_f32(0.0); COLUMNS / LANES]; STEP];
        for (at, line) in panel.iter().enumerate() {
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: within the rows that the caller vouches for.
                let word = unsafe { vdupq_n_f32(*rows.add((first + row) * stride + at)) };
                for (vector, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: a line is 32 numbers.
                    let column = unsafe { vld1q_f32(line.0.as_ptr().add(vector * LANES)) };
                    *sum = vfmaq_f32(*sum, word, column);
                }
            }
        }
        for (sums, row) in sums.iter().zip(&mut tile.0[first..]) {
            for (vector, &sum) in sums.iter().enumerate() {
                // SAFETY: a row of a tile is 32 numbers.
                unsafe { vst1q_f32(row.as_mut_ptr().add(vector * LANES), sum) };
            }
        }
    }
}

/// Four vectors of columns for three rows at a time, of even and odd bytes widened to 16 bits.
///
/// # Safety
/// The machine has NEON, and from `rows` on there are `ROWS` rows of `panel.len()` words, `stride` words apart.
#[target_feature(enable = "neon")]
pub(super) unsafe fn tile_bytes_neon(
    rows: *const Bytes,
    stride: usize,
    panel: &Panel<Bytes>,
    tile: &mut Tile<i32>,
) {
    const STEP: usize = 3;
    const VECTORS: usize = 4;
    for first in (0..ROWS).step_by(STEP) {
        for column in (0..COLUMNS).step_by(VECTORS * LANES) {
            let mut sums = [[vdupq_n_s32(0); VECTORS]; STEP];
            for (at, line) in panel.iter().enumerate() {
                for vector in 0..VECTORS {
                    // SAFETY: a line is 32 words.
                    let bytes = unsafe { vld1q_s32(line.0.as_ptr().add(column + vector * LANES).cast()) };
                    let bytes = vreinterpretq_s16_s32(bytes);
                    let (even, odd) = (vshrq_n_s16::<8>(vshlq_n_s16::<8>(bytes)), vshrq_n_s16::<8>(bytes));
                    for (row, sums) in sums.iter_mut().enumerate() {
                        // SAFETY: within the rows that the caller vouches for; a word is 32 bits.
                        let word = unsafe {
                            vdupq_n_s32(rows.add((first + row) * stride + at).cast::<i32>().read())
                        };
                        let low = vandq_s16(vreinterpretq_s16_s32(word), vdupq_n_s16(0xff));
                        let high = vreinterpretq_s16_u16(vshrq_n_u16::<8>(vreinterpretq_u16_s32(word)));
                        let sum = &mut sums[vector];
                        for (row, column) in [(low, even), (high, odd)] {
                            let first = vmull_s16(vget_low_s16(row), vget_low_s16(column));
                            *sum = vaddq_s32(*sum, vpaddq_s32(first, vmull_high_s16(row, column)));
                        }
                    }
                }
            }
            for (sums, row) in sums.iter().zip(&mut tile.0[first..]) {
                for (vector, &sum) in sums.iter().enumerate() {
                    // SAFETY: a row of a tile is 32 numbers.
                    unsafe { vst1q_s32(row.as_mut_ptr().add(column + vector * LANES), sum) };
                }
            }
        }
    }
}

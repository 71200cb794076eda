//! What an encoder does to rows of numbers between its matrix products.
//!
//! Plain loops over lanes that the compiler turns to vectors; `exp` and `erf` are polynomials,
//! for the same reason. Sums run in [`LANES`] partial sums, in the same order on every machine.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod x86;

use super::machine::Machine;
use super::matrix::{Bf16x2, Bytes, COLUMNS, Tile};

pub(crate) const LANES: usize = 16;

/// One instruction if `FUSED`, or where the target always has it; two roundings elsewhere, where one would be a call
/// of a function.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED || cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

multiversion! {
    /// Adds `residual` to a row, then brings the row to mean 0 and variance 1, scaled and shifted
    /// by column: `x = norm(x + residual) * scale + shift`.
    pub(crate) fn add_and_normalize(x: &mut [f32], residual: &[f32], scale: &[f32], shift: &[f32], epsilon: f32) {
        for (x, &y) in x.iter_mut().zip(residual) {
            *x += y;
        }
        let count = x.len() as f32;
        let mean = sum(x, |x| x) / count;
        let variance = sum(x, |x| (x - mean) * (x - mean)) / count;
        let factor = 1.0 / (variance + epsilon).sqrt();
        for ((x, &scale), &shift) in x.iter_mut().zip(scale).zip(shift) {
            *x = multiply_add::<FUSED>((*x - mean) * factor, scale, shift);
        }
    }
}

multiversion! {
    /// Turns the first `length` scores of each row to weights that sum to 1: `exp(x - max) / sum`. Rows are `stride`
    /// numbers apart, a multiple of [`LANES`]; what is behind their scores becomes next to nothing.
    pub(crate) fn softmax(rows: &mut [f32], stride: usize, length: usize) {
        for row in rows.chunks_exact_mut(stride) {
            // Whole vectors, so that no number is computed on its own.
            let row = &mut row[..length.next_multiple_of(LANES)];
            row[length..].fill(f32::MIN);
            let row = row.as_chunks_mut::<LANES>().0;
            let mut lanes = [f32::MIN; LANES];
            for x in row.iter() {
                for (lane, &x) in lanes.iter_mut().zip(x) {
                    *lane = greater(x, *lane);
                }
            }
            let max = fold(lanes, greater);
            let mut sums = [0.0; LANES];
            for x in row.iter_mut() {
                for (sum, x) in sums.iter_mut().zip(x) {
                    *x = exp::<FUSED>(*x - max);
                    *sum += *x;
                }
            }
            let factor = 1.0 / fold(sums, |a, b| a + b);
            for x in row.as_flattened_mut() {
                *x *= factor;
            }
        }
    }
}

/// What is done to a product once its bias is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Nothing,
    Gelu,
    GeluTanh,
    Relu,
}

/// How a row of bytes stands for numbers: `(byte - zero) * scale`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RowScale {
    scale: f32,
    zero: f32,
}

/// What it takes to turn a tile of sums to numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finish<'a> {
    pub(crate) rows: &'a [RowScale],
    pub(crate) bias: &'a [f32],
    pub(crate) scales: &'a [f32],
    pub(crate) sums: &'a [f32],
    /// From row to row of the result.
    pub(crate) stride: usize,
}

multiversion! {
    /// Adds the bias to a tile and writes it out.
    pub(crate) fn finish_f32(tile: &Tile<f32>, finish: &Finish<'_>, after: After, out: &mut [f32]) {
        match after {
            After::Nothing => sums_out(tile, finish, out, |x| x),
            After::Gelu => sums_out(tile, finish, out, gelu::<FUSED>),
            After::GeluTanh => sums_out(tile, finish, out, gelu_tanh::<FUSED>),
            After::Relu => sums_out(tile, finish, out, |x| x.max(0.0)),
        }
    }
}

#[inline(always)]
fn sums_out(tile: &Tile<f32>, finish: &Finish<'_>, out: &mut [f32], after: impl Fn(f32) -> f32) {
    for (row, sums) in tile.0.iter().enumerate() {
        let out = &mut out[row * finish.stride..][..COLUMNS];
        for ((out, sum), bias) in out.iter_mut().zip(sums).zip(finish.bias) {
            *out = after(sum + bias);
        }
    }
}

multiversion! {
    /// The same for sums of products of bytes. A row's zero has been multiplied with each weight
    /// of the column, and is taken out again.
    pub(crate) fn finish_bytes(tile: &Tile<i32>, finish: &Finish<'_>, after: After, out: &mut [f32]) {
        match after {
            After::Nothing => byte_sums_out::<FUSED>(tile, finish, out, |x| x),
            After::Gelu => byte_sums_out::<FUSED>(tile, finish, out, gelu::<FUSED>),
            After::GeluTanh => byte_sums_out::<FUSED>(tile, finish, out, gelu_tanh::<FUSED>),
            After::Relu => byte_sums_out::<FUSED>(tile, finish, out, |x| x.max(0.0)),
        }
    }
}

#[inline(always)]
fn byte_sums_out<const FUSED: bool>(
    tile: &Tile<i32>,
    finish: &Finish<'_>,
    out: &mut [f32],
    after: impl Fn(f32) -> f32,
) {
    for ((row, sums), scale) in tile.0.iter().enumerate().zip(finish.rows) {
        let out = &mut out[row * finish.stride..][..COLUMNS];
        let columns = finish.bias.iter().zip(finish.scales).zip(finish.sums);
        for ((out, &sum), ((bias, column), weights)) in out.iter_mut().zip(sums).zip(columns) {
            let sum = sum as f32 - scale.zero * weights;
            *out = after(multiply_add::<FUSED>(sum, scale.scale * column, *bias));
        }
    }
}

/// Rounds numbers to `bf16`, ties to even.
pub(crate) fn encode_bf16(machine: Machine, row: &[f32], words: &mut [Bf16x2]) {
    #[cfg(target_arch = "x86_64")]
    if machine.bf16 {
        // SAFETY: the machine has AVX512-BF16.
        return unsafe { x86::encode_bf16_avx512(row, words) };
    }
    encode_bf16_portable(machine, row, words);
}

multiversion! {
    /// The twin.
    fn encode_bf16_portable(row: &[f32], words: &mut [Bf16x2]) {
        let (pairs, last) = row.as_chunks::<2>();
        for (word, pair) in words.iter_mut().zip(pairs) {
            *word = Bf16x2(round_bf16(pair[1]) << 16 | round_bf16(pair[0]));
        }
        if let ([x], Some(word)) = (last, words.last_mut()) {
            *word = Bf16x2(round_bf16(*x));
        }
    }
}

/// The upper half of a number, rounded, ties to even.
#[inline(always)]
pub(crate) fn round_bf16(x: f32) -> u32 {
    let bits = x.to_bits();
    (bits + 0x7fff + (bits >> 16 & 1)) >> 16
}

multiversion! {
    /// Spreads a row's numbers over the 256 values of a byte, from the least to the greatest.
    pub(crate) fn encode_bytes(row: &[f32], words: &mut [Bytes], scale: &mut RowScale) {
        let (least, most) = (-largest(row, |x| -x), largest(row, |x| x));
        // Zero must have a byte of its own, for padding; and a row of zeros needs a scale.
        let (least, most) = (least.min(0.0), most.max(1e-12));
        scale.scale = (most - least) / 255.0;
        let factor = 255.0 / (most - least);
        scale.zero = (-least * factor + 0.5).floor();
        // Added, it leaves the nearest integer in the low bits.
        const ROUND: f32 = 8_388_608.0;
        let byte = |x: f32| {
            let value = multiply_add::<FUSED>(x, factor, scale.zero).clamp(0.0, 255.0);
            (value + ROUND).to_bits() as u8
        };
        let (fours, last) = row.as_chunks::<4>();
        let (many, rest) = fours.as_chunks::<16>();
        let (wide, narrow) = words.split_at_mut(many.len() * 16);
        // Bytes first, then words of them: the compiler makes vectors of either, not of both in one.
        for (words, fours) in wide.as_chunks_mut::<16>().0.iter_mut().zip(many) {
            let mut bytes = [0; 64];
            for (byte_of, &x) in bytes.iter_mut().zip(fours.as_flattened()) {
                *byte_of = byte(x);
            }
            for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *word = Bytes(u32::from_le_bytes(*bytes));
            }
        }
        for (word, four) in narrow.iter_mut().zip(rest) {
            *word = Bytes(u32::from_le_bytes(four.map(byte)));
        }
        if let (false, Some(word)) = (last.is_empty(), words.last_mut()) {
            *word = Bytes(last.iter().rev().fold(0, |word, &x| word << 8 | u32::from(byte(x))));
        }
    }
}

/// Gaussian error linear units (Hendrycks and Gimpel, 2016).
#[inline(always)]
pub(crate) fn gelu<const FUSED: bool>(x: f32) -> f32 {
    0.5 * x * (1.0 + erf::<FUSED>(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The approximation of the same paper: with the hyperbolic tangent.
#[inline(always)]
pub(crate) fn gelu_tanh<const FUSED: bool>(x: f32) -> f32 {
    let inner = 0.797_884_6 * multiply_add::<FUSED>(0.044_715 * x * x, x, x);
    // 0.5 (1 + tanh(z)) = 1 / (1 + exp(-2z)), which needs no tanh.
    x / (1.0 + exp::<FUSED>((-2.0 * inner).min(80.0)))
}

/// The error function, as a quotient of polynomials, off by at most 5e-7.
///
/// The coefficients are those of Eigen, used by XLA: a minimax fit on [-4, 4], beyond which the
/// function is 1 in single precision.
#[inline(always)]
fn erf<const FUSED: bool>(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let mut p = -2.726_142e-10;
    for c in [2.770_681_4e-8, -2.101_024e-6, -5.692_506e-5, -7.349_906_3e-4, -2.954_6e-3, -1.609_603_3e-2] {
        p = multiply_add::<FUSED>(p, square, c);
    }
    let mut q = -1.456_607_2e-5;
    for c in [-2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2] {
        q = multiply_add::<FUSED>(q, square, c);
    }
    x * p / q
}

/// `e` to a power of at most 88, off by at most 2e-7 of the value; 0 below -87.
///
/// The power is split to a whole power of 2 and a rest of at most half of one; for the rest, a
/// polynomial (Cephes).
#[inline(always)]
pub(crate) fn exp<const FUSED: bool>(x: f32) -> f32 {
    /// Added, it leaves the nearest integer in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let shifted = multiply_add::<FUSED>(x, std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let rest = multiply_add::<FUSED>(whole, 2.121_944_4e-4, multiply_add::<FUSED>(whole, -0.693_359_4, x));
    let mut p = 1.987_569_2e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = multiply_add::<FUSED>(p, rest, c);
    }
    let fraction = multiply_add::<FUSED>(p, rest * rest, rest) + 1.0;
    f32::from_bits(fraction.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[inline(always)]
fn sum(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (lanes, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for lane in lanes {
        for (sum, &x) in sums.iter_mut().zip(lane) {
            *sum += of(x);
        }
    }
    fold(sums, |a, b| a + b) + rest.iter().map(|&x| of(x)).sum::<f32>()
}

#[inline(always)]
fn largest(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (lanes, rest) = x.as_chunks::<LANES>();
    let mut largest = [f32::NEG_INFINITY; LANES];
    for lane in lanes {
        for (largest, &x) in largest.iter_mut().zip(lane) {
            *largest = greater(of(x), *largest);
        }
    }
    rest.iter().fold(fold(largest, greater), |most, &x| greater(of(x), most))
}

#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Half with half, and so on: four steps instead of sixteen.
#[inline(always)]
fn fold(mut lanes: [f32; LANES], with: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for at in 0..half {
            lanes[at] = with(lanes[at], lanes[at + half]);
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By its series, which converges everywhere.
    fn erf_f64(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn functions_are_those_of_double_precision() {
        check_functions::<false>();
        check_functions::<true>();
    }

    fn check_functions<const FUSED: bool>() {
        for step in -5000..=5000 {
            let x = step as f32 / 1000.0;
            let wide = f64::from(x);
            assert!((f64::from(erf::<FUSED>(x)) - erf_f64(wide)).abs() < 5e-7, "erf({x})");
            let power = x * 10.0;
            let exact = f64::from(power).exp();
            assert!((f64::from(exp::<FUSED>(power)) - exact).abs() < 3e-7 * exact, "exp({power})");
            let inner = 0.797_884_560_8 * (wide + 0.044_715 * wide.powi(3));
            assert!(
                (f64::from(gelu_tanh::<FUSED>(x)) - 0.5 * wide * (1.0 + inner.tanh())).abs() < 2e-6,
                "gelu_tanh({x})"
            );
        }
        assert!(
            exp::<FUSED>(-1e9) < 1e-37
                && gelu_tanh::<FUSED>(-1e9).abs() < 1e-20
                && (gelu::<FUSED>(1e9) / 1e9 - 1.0).abs() < 1e-6
        );
    }

    #[test]
    fn rows_are_normalized_and_weighted_on_every_machine() {
        let start: Vec<f32> = (0..77).map(|i| ((i * 37) % 101) as f32 / 7.0).collect();
        let ones = vec![1.0; 77];
        for machine in Machine::all() {
            let mut x = start.clone();
            add_and_normalize(machine, &mut x, &start, &ones, &ones, 1e-12);
            let mean = x.iter().sum::<f32>() / 77.0;
            let variance = x.iter().map(|x| (x - 1.0).powi(2)).sum::<f32>() / 77.0;
            assert!((mean - 1.0).abs() < 1e-5 && (variance - 1.0).abs() < 1e-4);
            x.resize(2 * 96, 0.0);
            x.copy_within(..77, 96);
            softmax(machine, &mut x, 96, 77);
            assert_eq!(x[..77], x[96..96 + 77]);
            x.truncate(77);
            assert!((x.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let best = start.iter().copied().fold(0.0, f32::max);
            assert_eq!(
                x.iter().position(|&w| w == largest(&x, |x| x)),
                start.iter().position(|&s| s == best)
            );
        }
    }

    #[test]
    fn rows_are_encoded_alike_on_every_machine() {
        for length in [1usize, 2, 3, 31, 32, 33, 64, 130, 384] {
            let row: Vec<f32> = (0..length).map(|i| ((i * 7919 + 13) % 1009) as f32 / 97.0 - 5.0).collect();
            let mut twin = vec![Bf16x2::default(); length.div_ceil(2)];
            encode_bf16_portable(Machine::portable(), &row, &mut twin);
            for machine in Machine::all() {
                let mut words = vec![Bf16x2(u32::MAX); length.div_ceil(2)];
                encode_bf16(machine, &row, &mut words);
                assert_eq!(words, twin, "{length}");
                let mut words = vec![Bytes::default(); length.div_ceil(4)];
                let mut scale = RowScale::default();
                encode_bytes(machine, &row, &mut words, &mut scale);
                let bytes = words.iter().flat_map(|word| word.0.to_le_bytes());
                for (byte, x) in bytes.zip(&row) {
                    assert!(((f32::from(byte) - scale.zero) * scale.scale - x).abs() <= scale.scale * 0.51);
                }
            }
        }
    }
}

//! What an encoder does to rows of numbers between its matrix products.
//!
//! Plain loops over lanes that the compiler turns to vectors; `exp` and `erf` are polynomials,
//! for the same reason. Sums run in [`LANES`] partial sums, in the same order on every machine.
#![allow(unsafe_code)]

use super::matrix::{Bf16x2, Bytes, COLUMNS, Tile, multiply_add};

const LANES: usize = 16;

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
            *x = multiply_add((*x - mean) * factor, scale, shift);
        }
    }
}

multiversion! {
    /// Turns scores to weights that sum to 1: `exp(x - max) / sum`.
    pub(crate) fn softmax(x: &mut [f32]) {
        let max = largest(x, |x| x);
        for x in x.iter_mut() {
            *x = exp(*x - max);
        }
        let factor = 1.0 / sum(x, |x| x);
        for x in x {
            *x *= factor;
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
#[derive(Debug)]
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
        for (row, sums) in tile.0.iter().enumerate() {
            let out = &mut out[row * finish.stride..][..COLUMNS];
            for ((out, sum), bias) in out.iter_mut().zip(sums).zip(finish.bias) {
                *out = sum + bias;
            }
            activate(after, out);
        }
    }
}

multiversion! {
    /// The same for sums of products of bytes. A row's zero has been multiplied with each weight
    /// of the column, and is taken out again.
    pub(crate) fn finish_bytes(tile: &Tile<i32>, finish: &Finish<'_>, after: After, out: &mut [f32]) {
        for ((row, sums), scale) in tile.0.iter().enumerate().zip(finish.rows) {
            let out = &mut out[row * finish.stride..][..COLUMNS];
            let columns = finish.bias.iter().zip(finish.scales).zip(finish.sums);
            for ((out, &sum), ((bias, column), weights)) in out.iter_mut().zip(sums).zip(columns) {
                *out = multiply_add(sum as f32 - scale.zero * weights, scale.scale * column, *bias);
            }
            activate(after, out);
        }
    }
}

multiversion! {
    /// Rounds a row to `bf16`, ties to even.
    pub(crate) fn encode_bf16(row: &[f32], words: &mut [Bf16x2]) {
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
        // Between 0 and 255 after rounding, so that the conversion needs no further bounds.
        let byte = |x: f32| (multiply_add(x, factor, scale.zero) + 0.5).clamp(0.0, 255.0) as u32;
        let (fours, last) = row.as_chunks::<4>();
        for (word, four) in words.iter_mut().zip(fours) {
            *word = Bytes(byte(four[0]) | byte(four[1]) << 8 | byte(four[2]) << 16 | byte(four[3]) << 24);
        }
        if let (false, Some(word)) = (last.is_empty(), words.last_mut()) {
            *word = Bytes(last.iter().rev().fold(0, |word, &x| word << 8 | byte(x)));
        }
    }
}

#[inline(always)]
fn activate(after: After, row: &mut [f32]) {
    match after {
        After::Nothing => {}
        After::Gelu => row.iter_mut().for_each(|x| *x = gelu(*x)),
        After::GeluTanh => row.iter_mut().for_each(|x| *x = gelu_tanh(*x)),
        After::Relu => row.iter_mut().for_each(|x| *x = x.max(0.0)),
    }
}

/// Gaussian error linear units (Hendrycks and Gimpel, 2016).
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The approximation of the same paper: with the hyperbolic tangent.
#[inline(always)]
pub(crate) fn gelu_tanh(x: f32) -> f32 {
    let inner = 0.797_884_6 * multiply_add(0.044_715 * x * x, x, x);
    // 0.5 (1 + tanh(z)) = 1 / (1 + exp(-2z)), which needs no tanh.
    x / (1.0 + exp((-2.0 * inner).min(80.0)))
}

/// The error function, as a quotient of polynomials, off by at most 5e-7.
///
/// The coefficients are those of Eigen, used by XLA: a minimax fit on [-4, 4], beyond which the
/// function is 1 in single precision.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let mut p = -2.726_142e-10;
    for c in [2.770_681_4e-8, -2.101_024e-6, -5.692_506e-5, -7.349_906_3e-4, -2.954_6e-3, -1.609_603_3e-2] {
        p = multiply_add(p, square, c);
    }
    let mut q = -1.456_607_2e-5;
    for c in [-2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2] {
        q = multiply_add(q, square, c);
    }
    x * p / q
}

/// `e` to a power of at most 88, off by at most 2e-7 of the value; 0 below -87.
///
/// The power is split to a whole power of 2 and a rest of at most half of one; for the rest, a
/// polynomial (Cephes).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    /// Added, it leaves the nearest integer in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let shifted = multiply_add(x, std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let rest = multiply_add(whole, 2.121_944_4e-4, multiply_add(whole, -0.693_359_4, x));
    let mut p = 1.987_569_2e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = multiply_add(p, rest, c);
    }
    let fraction = multiply_add(p, rest * rest, rest) + 1.0;
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
    sums.iter().sum::<f32>() + rest.iter().map(|&x| of(x)).sum::<f32>()
}

#[inline(always)]
fn largest(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (lanes, rest) = x.as_chunks::<LANES>();
    let mut largest = [f32::NEG_INFINITY; LANES];
    for lane in lanes {
        for (largest, &x) in largest.iter_mut().zip(lane) {
            let x = of(x);
            *largest = if x > *largest { x } else { *largest };
        }
    }
    let mut most = f32::NEG_INFINITY;
    for x in largest {
        most = most.max(x);
    }
    for &x in rest {
        most = most.max(of(x));
    }
    most
}

#[cfg(test)]
mod tests {
    use super::super::matrix::Machine;
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
        for step in -5000..=5000 {
            let x = step as f32 / 1000.0;
            let wide = f64::from(x);
            assert!((f64::from(erf(x)) - erf_f64(wide)).abs() < 5e-7, "erf({x})");
            let power = x * 10.0;
            let exact = f64::from(power).exp();
            assert!((f64::from(exp(power)) - exact).abs() < 3e-7 * exact, "exp({power})");
            let inner = 0.797_884_560_8 * (wide + 0.044_715 * wide.powi(3));
            assert!(
                (f64::from(gelu_tanh(x)) - 0.5 * wide * (1.0 + inner.tanh())).abs() < 2e-6,
                "gelu_tanh({x})"
            );
        }
        assert!(exp(-1e9) < 1e-37 && gelu_tanh(-1e9).abs() < 1e-20 && (gelu(1e9) / 1e9 - 1.0).abs() < 1e-6);
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
            softmax(machine, &mut x);
            assert!((x.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let best = start.iter().copied().fold(0.0, f32::max);
            assert_eq!(
                x.iter().position(|&w| w == largest(&x, |x| x)),
                start.iter().position(|&s| s == best)
            );
        }
    }
}

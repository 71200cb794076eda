//! The kernels for x86-64. Reads are bounded by the caller's check.

use std::arch::x86_64::{
    __m256i, __m512bh, __m512i, _mm256_add_epi32, _mm256_and_si256, _mm256_fmadd_ps, _mm256_load_ps,
    _mm256_load_si256, _mm256_madd_epi16, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_slli_epi16, _mm256_srai_epi16, _mm256_srli_epi16,
    _mm256_store_ps, _mm256_store_si256, _mm512_castsi512_ps, _mm512_dpbf16_ps, _mm512_dpbusd_epi32,
    _mm512_fmadd_ps, _mm512_load_si512, _mm512_set1_epi32, _mm512_setzero_ps, _mm512_setzero_si512,
    _mm512_store_ps, _mm512_store_si512,
};

use super::{Bf16x2, Bytes, COLUMNS, Panel, ROWS, Tile};

/// A tile in 24 registers: for each line of the panel, two vectors of columns are multiplied
/// with the broadcast word of each row.
macro_rules! tile_avx512 {
    ($(#[$meta:meta])* $name:ident, $features:literal, $word:ty, $number:ty, $zero:expr, $store:ident, $step:expr) => {
        $(#[$meta])*
        /// # Safety
        /// The machine has the features, and from `rows` on there are `ROWS` rows of
        /// `panel.len()` words, `stride` words apart.
        #[target_feature(enable = $features)]
        pub(super) unsafe fn $name(rows: *const $word, stride: usize, panel: &Panel<$word>, tile: &mut Tile<$number>) {
            let mut sums = [[$zero; 2]; ROWS];
            for (at, line) in panel.iter().enumerate() {
                // SAFETY: a line is 32 words, aligned to 64 bytes.
                let columns = unsafe {
                    let line = line.0.as_ptr().cast::<i32>();
                    [_mm512_load_si512(line.cast()), _mm512_load_si512(line.add(16).cast())]
                };
                for (row, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: within the rows that the caller vouches for; a word is 32 bits.
                    let word = unsafe { _mm512_set1_epi32(rows.add(row * stride + at).cast::<i32>().read()) };
                    sum[0] = $step(sum[0], word, columns[0]);
                    sum[1] = $step(sum[1], word, columns[1]);
                }
            }
            for (sum, row) in sums.iter().zip(&mut tile.0) {
                // SAFETY: a row of a tile is two vectors, aligned to 64 bytes.
                unsafe {
                    $store(row.as_mut_ptr().cast(), sum[0]);
                    $store(row.as_mut_ptr().add(16).cast(), sum[1]);
                }
            }
        }
    };
}

tile_avx512! {
    tile_f32_avx512, "avx512f", f32, f32, _mm512_setzero_ps(), _mm512_store_ps,
    |sum, word, column| _mm512_fmadd_ps(_mm512_castsi512_ps(word), _mm512_castsi512_ps(column), sum)
}

tile_avx512! {
    tile_bf16_avx512, "avx512f,avx512bf16", Bf16x2, f32, _mm512_setzero_ps(), _mm512_store_ps,
    // SAFETY: both types are 512 bits without invalid values.
    |sum, word, column| unsafe {
        _mm512_dpbf16_ps(
            sum,
            std::mem::transmute::<__m512i, __m512bh>(word),
            std::mem::transmute::<__m512i, __m512bh>(column),
        )
    }
}

tile_avx512! {
    tile_bytes_avx512, "avx512f,avx512vnni", Bytes, i32, _mm512_setzero_si512(), _mm512_store_si512,
    |sum, word, column| _mm512_dpbusd_epi32(sum, word, column)
}

/// Four vectors of columns for three rows at a time: 12 of 16 registers are sums.
///
/// # Safety
/// The machine has AVX2 and FMA, and from `rows` on there are `ROWS` rows of `panel.len()` words,
/// `stride` words apart.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn tile_f32_avx2(
    rows: *const f32,
    stride: usize,
    panel: &Panel<f32>,
    tile: &mut Tile<f32>,
) {
    const STEP: usize = 3;
    const VECTORS: usize = COLUMNS / 8;
    for first in (0..ROWS).step_by(STEP) {
        let mut sums = [[_mm256_setzero_ps(); VECTORS]; STEP];
        for (at, line) in panel.iter().enumerate() {
            let mut words = [_mm256_setzero_ps(); STEP];
            for (row, word) in words.iter_mut().enumerate() {
                // SAFETY: within the rows that the caller vouches for.
                *word = unsafe { _mm256_set1_ps(*rows.add((first + row) * stride + at)) };
            }
            for vector in 0..VECTORS {
                // SAFETY: a line is 32 words, aligned to 64 bytes.
                let column = unsafe { _mm256_load_ps(line.0.as_ptr().add(vector * 8)) };
                for (sum, &word) in sums.iter_mut().zip(&words) {
                    sum[vector] = _mm256_fmadd_ps(word, column, sum[vector]);
                }
            }
        }
        for (sum, row) in sums.iter().zip(&mut tile.0[first..]) {
            for (vector, &sum) in sum.iter().enumerate() {
                // SAFETY: a row of a tile is 32 numbers, aligned to 64 bytes.
                unsafe { _mm256_store_ps(row.as_mut_ptr().add(vector * 8), sum) };
            }
        }
    }
}

/// Two vectors of columns for four rows at a time. The instruction that multiplies unsigned with signed bytes would
/// saturate; so even and odd bytes are widened to 16 bits, of which pairs of products always fit.
///
/// # Safety
/// The machine has AVX2, and from `rows` on there are `ROWS` rows of `panel.len()` words, `stride` words apart.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn tile_bytes_avx2(
    rows: *const Bytes,
    stride: usize,
    panel: &Panel<Bytes>,
    tile: &mut Tile<i32>,
) {
    const STEP: usize = 4;
    const VECTORS: usize = 2;
    let low_bytes = _mm256_set1_epi16(0xff);
    for first in (0..ROWS).step_by(STEP) {
        for column in (0..COLUMNS).step_by(VECTORS * 8) {
            let mut sums = [[_mm256_setzero_si256(); VECTORS]; STEP];
            for (at, line) in panel.iter().enumerate() {
                let mut columns = [[_mm256_setzero_si256(); 2]; VECTORS];
                for (vector, columns) in columns.iter_mut().enumerate() {
                    // SAFETY: a line is 32 words, aligned to 64 bytes.
                    let bytes: __m256i =
                        unsafe { _mm256_load_si256(line.0.as_ptr().add(column + vector * 8).cast()) };
                    *columns = [
                        _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(bytes)),
                        _mm256_srai_epi16::<8>(bytes),
                    ];
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: within the rows that the caller vouches for; a word is 32 bits.
                    let word = unsafe {
                        _mm256_set1_epi32(rows.add((first + row) * stride + at).cast::<i32>().read())
                    };
                    let (even, odd) = (_mm256_and_si256(word, low_bytes), _mm256_srli_epi16::<8>(word));
                    for (sum, columns) in sums.iter_mut().zip(&columns) {
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(even, columns[0]));
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(odd, columns[1]));
                    }
                }
            }
            for (sums, row) in sums.iter().zip(&mut tile.0[first..]) {
                for (vector, &sum) in sums.iter().enumerate() {
                    // SAFETY: a row of a tile is 32 numbers, aligned to 64 bytes.
                    unsafe { _mm256_store_si256(row.as_mut_ptr().add(column + vector * 8).cast(), sum) };
                }
            }
        }
    }
}

//! What x86-64 has an instruction for.

use std::arch::x86_64::{__m512bh, __m512i, _mm512_cvtne2ps_pbh, _mm512_loadu_ps, _mm512_storeu_si512};

use super::super::matrix::Bf16x2;
use super::round_bf16;

/// Numbers that are rounded at once.
const STEP: usize = 32;

/// # Safety
/// The machine has the features.
#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) unsafe fn encode_bf16_avx512(row: &[f32], words: &mut [Bf16x2]) {
    let (many, rest) = row.as_chunks::<STEP>();
    let (wide, narrow) = words.split_at_mut(many.len() * STEP / 2);
    for (words, numbers) in wide.as_chunks_mut::<{ STEP / 2 }>().0.iter_mut().zip(many) {
        // SAFETY: 32 numbers are read, 16 words of 32 bits written; both types are 512 bits without invalid values.
        unsafe {
            let (low, high) =
                (_mm512_loadu_ps(numbers.as_ptr()), _mm512_loadu_ps(numbers.as_ptr().add(STEP / 2)));
            let rounded = std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low));
            _mm512_storeu_si512(words.as_mut_ptr().cast(), rounded);
        }
    }
    for (word, pair) in narrow.iter_mut().zip(rest.chunks(2)) {
        let second = pair.get(1).map_or(0, |&x| round_bf16(x));
        *word = Bf16x2(second << 16 | round_bf16(pair[0]));
    }
}

//! AVX-512 and AVX2 with FMA. Four accumulators hide the latency of the fused multiply-add.

use std::arch::x86_64::{
    _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehl_ps, _mm_shuffle_ps, _mm256_add_ps,
    _mm256_castps256_ps128, _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps,
    _mm256_sub_ps, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_maskz_loadu_ps,
    _mm512_reduce_add_ps, _mm512_setzero_ps, _mm512_sub_ps,
};

use super::{Kernels, portable};

pub(super) fn avx512() -> Option<Kernels> {
    is_x86_feature_detected!("avx512f").then_some(Kernels {
        name: "avx512",
        // SAFETY (both): the feature was detected above, and there is no other way to this pointer.
        dot: |a, b| unsafe { avx512_sum::<false>(a, b) },
        squared_distance: |a, b| unsafe { avx512_sum::<true>(a, b) },
    })
}

pub(super) fn avx2() -> Option<Kernels> {
    (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Kernels {
        name: "avx2",
        // SAFETY (both): the features were detected above, and there is no other way to this pointer.
        dot: |a, b| unsafe { avx2_sum::<false>(a, b) },
        squared_distance: |a, b| unsafe { avx2_sum::<true>(a, b) },
    })
}

#[target_feature(enable = "avx512f")]
fn avx512_sum<const SQUARED_DISTANCE: bool>(a: &[f32], b: &[f32]) -> f32 {
    let len = a.len().min(b.len());
    let (a, b) = (a.as_ptr(), b.as_ptr());
    let mut sums = [_mm512_setzero_ps(); 4];
    let mut at = 0;
    while at + 64 <= len {
        for (lane, sum) in sums.iter_mut().enumerate() {
            // SAFETY: at + 64 <= len, the length of both slices, and lane < 4.
            let (x, y) =
                unsafe { (_mm512_loadu_ps(a.add(at + 16 * lane)), _mm512_loadu_ps(b.add(at + 16 * lane))) };
            *sum = if SQUARED_DISTANCE {
                let d = _mm512_sub_ps(x, y);
                _mm512_fmadd_ps(d, d, *sum)
            } else {
                _mm512_fmadd_ps(x, y, *sum)
            };
        }
        at += 64;
    }
    while at < len {
        let mask = if len - at >= 16 { u16::MAX } else { (1 << (len - at)) - 1 };
        // SAFETY: the mask covers min(16, len - at) lanes; masked-out lanes are not read.
        let (x, y) =
            unsafe { (_mm512_maskz_loadu_ps(mask, a.add(at)), _mm512_maskz_loadu_ps(mask, b.add(at))) };
        sums[0] = if SQUARED_DISTANCE {
            let d = _mm512_sub_ps(x, y);
            _mm512_fmadd_ps(d, d, sums[0])
        } else {
            _mm512_fmadd_ps(x, y, sums[0])
        };
        at += 16;
    }
    _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3])))
}

#[target_feature(enable = "avx2,fma")]
fn avx2_sum<const SQUARED_DISTANCE: bool>(a: &[f32], b: &[f32]) -> f32 {
    let len = a.len().min(b.len());
    let (a_ptr, b_ptr) = (a.as_ptr(), b.as_ptr());
    let mut sums = [_mm256_setzero_ps(); 4];
    let mut at = 0;
    while at + 32 <= len {
        for (lane, sum) in sums.iter_mut().enumerate() {
            // SAFETY: at + 32 <= len, the length of both slices, and lane < 4.
            let (x, y) = unsafe {
                (_mm256_loadu_ps(a_ptr.add(at + 8 * lane)), _mm256_loadu_ps(b_ptr.add(at + 8 * lane)))
            };
            *sum = if SQUARED_DISTANCE {
                let d = _mm256_sub_ps(x, y);
                _mm256_fmadd_ps(d, d, *sum)
            } else {
                _mm256_fmadd_ps(x, y, *sum)
            };
        }
        at += 32;
    }
    let sum = _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
    let four = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps::<1>(sum));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    let one = _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)));
    let tail = if SQUARED_DISTANCE { portable::squared_distance } else { portable::dot };
    one + tail(&a[at..len], &b[at..len])
}

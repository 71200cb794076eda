//! Inner products of eight-bit codes: AVX-512 VNNI, AVX2, portable.
//!
//! One side is stored as unsigned bytes, because that is what the instruction takes; the caller
//! accounts for the offset.

#![allow(unsafe_code)]

use std::sync::OnceLock;

/// Sum of the products of two slices of equal length.
pub(crate) type Dot = fn(&[u8], &[i8]) -> i32;

/// The fastest kernel of this machine.
pub(crate) fn dot() -> Dot {
    static BEST: OnceLock<Dot> = OnceLock::new();
    *BEST.get_or_init(|| available().next().map_or(portable as Dot, |(_, kernel)| kernel))
}

/// All kernels that this machine can run, fastest first.
fn available() -> impl Iterator<Item = (&'static str, Dot)> {
    #[cfg(target_arch = "x86_64")]
    let native = [x86::avx512_vnni(), x86::avx2()];
    #[cfg(not(target_arch = "x86_64"))]
    let native: [Option<(&'static str, Dot)>; 0] = [];
    native.into_iter().flatten().chain([("portable", portable as Dot)])
}

fn portable(a: &[u8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

/// Asks for a row that will be read soon.
#[inline]
pub(crate) fn prefetch(row: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in row.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program sees, and the address is valid.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_loadu_si128, _mm_shuffle_epi32,
        _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_cvtepu8_epi16,
        _mm256_extracti128_si256, _mm256_madd_epi16, _mm256_setzero_si256, _mm512_add_epi32,
        _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_maskz_loadu_epi8, _mm512_reduce_add_epi32,
        _mm512_setzero_si512,
    };

    use super::Dot;

    pub(super) fn avx512_vnni() -> Option<(&'static str, Dot)> {
        let is_here = is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512bw");
        // SAFETY: the features were detected above, and there is no other way to this pointer.
        is_here.then_some(("avx512-vnni", |a, b| unsafe { dot_vnni(a, b) }))
    }

    pub(super) fn avx2() -> Option<(&'static str, Dot)> {
        // SAFETY: the feature was detected above, and there is no other way to this pointer.
        is_x86_feature_detected!("avx2").then_some(("avx2", |a, b| unsafe { dot_avx2(a, b) }))
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn dot_vnni(a: &[u8], b: &[i8]) -> i32 {
        let len = a.len().min(b.len());
        let (a, b) = (a.as_ptr(), b.as_ptr());
        let mut sums = [_mm512_setzero_si512(); 2];
        let mut at = 0;
        while at + 128 <= len {
            for (lane, sum) in sums.iter_mut().enumerate() {
                // SAFETY: at + 128 <= len, the length of both slices, and lane < 2.
                let (x, y) = unsafe {
                    (
                        _mm512_loadu_si512(a.add(at + 64 * lane).cast()),
                        _mm512_loadu_si512(b.add(at + 64 * lane).cast()),
                    )
                };
                *sum = _mm512_dpbusd_epi32(*sum, x, y);
            }
            at += 128;
        }
        while at < len {
            let mask = if len - at >= 64 { u64::MAX } else { (1 << (len - at)) - 1 };
            // SAFETY: the mask covers min(64, len - at) bytes; masked-out bytes are not read.
            let (x, y) = unsafe {
                (_mm512_maskz_loadu_epi8(mask, a.add(at).cast()), _mm512_maskz_loadu_epi8(mask, b.add(at)))
            };
            sums[0] = _mm512_dpbusd_epi32(sums[0], x, y);
            at += 64;
        }
        _mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1]))
    }

    #[target_feature(enable = "avx2")]
    fn dot_avx2(a: &[u8], b: &[i8]) -> i32 {
        let len = a.len().min(b.len());
        let (a_ptr, b_ptr) = (a.as_ptr(), b.as_ptr());
        let mut sum: __m256i = _mm256_setzero_si256();
        let mut at = 0;
        while at + 16 <= len {
            // SAFETY: at + 16 <= len, the length of both slices.
            let (x, y): (__m128i, __m128i) =
                unsafe { (_mm_loadu_si128(a_ptr.add(at).cast()), _mm_loadu_si128(b_ptr.add(at).cast())) };
            // Sixteen bits hold the factors; a direct product of bytes would saturate.
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepu8_epi16(x), _mm256_cvtepi8_epi16(y)));
            at += 16;
        }
        let four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
        let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
        let one = _mm_add_epi32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two));
        _mm_cvtsi128_si32(one) + super::portable(&a[at..len], &b[at..len])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_kernel_agrees(pairs in prop::collection::vec((any::<u8>(), -127i8..=127), 0..500)) {
            let (a, b): (Vec<u8>, Vec<i8>) = pairs.into_iter().unzip();
            for (name, kernel) in available() {
                prop_assert_eq!(kernel(&a, &b), portable(&a, &b), "{}", name);
            }
        }
    }

    #[test]
    fn the_largest_products_do_not_saturate() {
        let (a, b) = ([255; 4096], [127; 4096]);
        for (name, kernel) in available() {
            assert_eq!(kernel(&a, &b), 255 * 127 * 4096, "{name}");
        }
    }
}

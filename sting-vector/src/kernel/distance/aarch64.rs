//! NEON, which every AArch64 processor of a server or laptop has.

use std::arch::aarch64::{vaddq_f32, vaddvq_f32, vdupq_n_f32, vfmaq_f32, vld1q_f32, vsubq_f32};
use std::arch::is_aarch64_feature_detected;

use super::{Kernels, portable};

pub(super) fn neon() -> Option<Kernels> {
    is_aarch64_feature_detected!("neon").then_some(Kernels {
        name: "neon",
        // SAFETY (both): the feature was detected above, and there is no other way to this pointer.
        dot: |a, b| unsafe { neon_sum::<false>(a, b) },
        squared_distance: |a, b| unsafe { neon_sum::<true>(a, b) },
    })
}

#[target_feature(enable = "neon")]
fn neon_sum<const SQUARED_DISTANCE: bool>(a: &[f32], b: &[f32]) -> f32 {
    let len = a.len().min(b.len());
    let (a_ptr, b_ptr) = (a.as_ptr(), b.as_ptr());
    let mut sums = [vdupq_n_f32(0.0); 4];
    let mut at = 0;
    while at + 16 <= len {
        for (lane, sum) in sums.iter_mut().enumerate() {
            // SAFETY: at + 16 <= len, the length of both slices, and lane < 4.
            let (x, y) =
                unsafe { (vld1q_f32(a_ptr.add(at + 4 * lane)), vld1q_f32(b_ptr.add(at + 4 * lane))) };
            *sum = if SQUARED_DISTANCE {
                let d = vsubq_f32(x, y);
                vfmaq_f32(*sum, d, d)
            } else {
                vfmaq_f32(*sum, x, y)
            };
        }
        at += 16;
    }
    let sum = vaddq_f32(vaddq_f32(sums[0], sums[1]), vaddq_f32(sums[2], sums[3]));
    let tail = if SQUARED_DISTANCE { portable::squared_distance } else { portable::dot };
    vaddvq_f32(sum) + tail(&a[at..len], &b[at..len])
}

//! Inner products and squared distances of `f32` rows: AVX-512, AVX2, NEON, portable.
//!
//! The instruction set is chosen once, at the first call.

#![allow(unsafe_code)]

use std::sync::OnceLock;

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

type Kernel = fn(&[f32], &[f32]) -> f32;

/// The kernels of one instruction set. Both take slices of equal length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernels {
    /// Name of the instruction set, for tests and reports.
    #[cfg_attr(not(test), expect(dead_code))]
    pub(crate) name: &'static str,
    /// Inner product.
    pub(crate) dot: Kernel,
    /// Squared Euclidean distance.
    pub(crate) squared_distance: Kernel,
}

const PORTABLE: Kernels =
    Kernels { name: "portable", dot: portable::dot, squared_distance: portable::squared_distance };

/// The fastest kernels of this machine.
pub(crate) fn kernels() -> Kernels {
    static BEST: OnceLock<Kernels> = OnceLock::new();
    *BEST.get_or_init(|| available().next().unwrap_or(PORTABLE))
}

/// All kernels that this machine can run, fastest first.
fn available() -> impl Iterator<Item = Kernels> {
    #[cfg(target_arch = "x86_64")]
    let native = [x86::avx512(), x86::avx2()];
    #[cfg(target_arch = "aarch64")]
    let native = [aarch64::neon()];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let native: [Option<Kernels>; 0] = [];
    native.into_iter().flatten().chain([PORTABLE])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_kernel_agrees_with_double_precision(
            pairs in prop::collection::vec((-1e3f32..1e3, -1e3f32..1e3), 0..300),
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let exact = |term: fn(f64, f64) -> f64| -> (f64, f64) {
                a.iter().zip(&b).fold((0.0, 0.0), |(sum, size), (&x, &y)| {
                    let term = term(f64::from(x), f64::from(y));
                    (sum + term, size + term.abs())
                })
            };
            for kernels in available() {
                for (got, (want, size)) in [
                    ((kernels.dot)(&a, &b), exact(|x, y| x * y)),
                    ((kernels.squared_distance)(&a, &b), exact(|x, y| (x - y) * (x - y))),
                ] {
                    // Rounding grows with the sum of magnitudes, not with the result.
                    prop_assert!(
                        (f64::from(got) - want).abs() <= 1e-5 * size + 1e-6,
                        "{} got {got}, want {want}", kernels.name
                    );
                }
            }
        }
    }
}

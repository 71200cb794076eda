//! The only modules of this crate with `unsafe`: SIMD kernels, each with a portable twin, and files in memory.

#[macro_use]
mod multiversion;
pub(crate) mod codes;
pub(crate) mod distance;
pub(crate) mod machine;
pub(crate) mod mapped;
#[cfg(feature = "candle")]
pub(crate) mod matrix;
#[cfg(feature = "candle")]
pub(crate) mod pack;
#[cfg(feature = "candle")]
pub(crate) mod rows;
pub(crate) mod sums;

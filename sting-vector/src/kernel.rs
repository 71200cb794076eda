//! The only modules of this crate with `unsafe`: SIMD kernels, each with a portable twin.

pub(crate) mod distance;

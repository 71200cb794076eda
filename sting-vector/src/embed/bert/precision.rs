//! Settings of the user's that say how an encoder is computed.

use std::str::FromStr;

use sting_core::model::ModelError;

/// The numbers in which an encoder's matrix products are computed; all else is `f32`.
///
/// The two shorter ones are fast where the processor has instructions for them (AVX512-BF16;
/// AVX512-VNNI, AVX2 or NEON), and slow elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    F32,
    /// 16-bit floating point with 8 bits of fraction; sums in `f32`.
    Bf16,
    /// 8-bit integers, with a scale for each column of weights and each token. Attention is in `bf16`
    /// where the processor has instructions for it, else in `f32`.
    Int8,
}

impl FromStr for Precision {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Self, ModelError> {
        match name {
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "int8" => Ok(Self::Int8),
            other => {
                Err(ModelError::new("precision", format!("{other} is unknown"), "choose f32, bf16 or int8"))
            }
        }
    }
}

/// Where candle's own operations run, in `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The CUDA device of this number.
    #[cfg(feature = "cuda")]
    Cuda(usize),
    /// The Metal device of this number.
    #[cfg(feature = "metal")]
    Metal(usize),
}

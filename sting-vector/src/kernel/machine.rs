//! What the processor can do, found out at run time.

/// The instruction sets that kernels are chosen by.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) avx2: bool,
    pub(crate) avx512: bool,
    pub(crate) bf16: bool,
    pub(crate) vnni: bool,
    pub(crate) neon: bool,
}

impl Machine {
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            Self {
                avx2: is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
                avx512,
                bf16: avx512 && is_x86_feature_detected!("avx512bf16"),
                vnni: avx512 && is_x86_feature_detected!("avx512vnni"),
                neon: false,
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            Self { neon: std::arch::is_aarch64_feature_detected!("neon"), ..Self::portable() }
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Self::portable()
    }

    /// Nothing beyond what the compiler was told to assume.
    #[cfg_attr(target_arch = "x86_64", cfg(test))]
    pub(crate) const fn portable() -> Self {
        Self { avx2: false, avx512: false, bf16: false, vnni: false, neon: false }
    }

    /// This machine, and all lesser ones that it can pass for.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let here = Self::detect();
        let avx2 = Self { avx2: here.avx2, ..Self::portable() };
        let avx512 = Self { avx512: here.avx512, ..avx2 };
        vec![here, avx512, avx2, Self::portable()]
    }
}

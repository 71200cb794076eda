//! One source, compiled for several instruction sets.

/// Declares a function that takes a [`Machine`](super::machine::Machine) before its own
/// parameters and runs the version of its body that was compiled for that machine. The body must
/// call nothing but what is inlined into it. `FUSED` is there a constant: whether multiplying and adding is one
/// instruction, see [`multiply_add`](super::rows::multiply_add).
macro_rules! multiversion {
    (
        $(#[$meta:meta])*
        $visibility:vis fn $name:ident $(<$type:ident: $bound:path>)? ($($arg:ident: $kind:ty),* $(,)?) $body:block
    ) => {
        $(#[$meta])*
        $visibility fn $name $(<$type: $bound>)? (machine: $crate::kernel::machine::Machine, $($arg: $kind),*) {
            #[inline(always)]
            fn plain<$($type: $bound,)? const FUSED: bool>($($arg: $kind),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                fn avx512 $(<$type: $bound>)? ($($arg: $kind),*) {
                    plain::<$($type,)? true>($($arg),*);
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2 $(<$type: $bound>)? ($($arg: $kind),*) {
                    plain::<$($type,)? true>($($arg),*);
                }
                if machine.avx512 {
                    // SAFETY: a machine is only said to have what was detected.
                    return unsafe { avx512($($arg),*) };
                }
                if machine.avx2 {
                    // SAFETY: as above.
                    return unsafe { avx2($($arg),*) };
                }
            }
            let _ = machine;
            plain::<$($type,)? false>($($arg),*);
        }
    };
}

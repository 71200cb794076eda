//! Files in memory, and their bytes as numbers.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::{Mmap, MmapOptions};

/// The first bytes of a file, as memory that the operating system fills when it is read.
#[derive(Debug)]
pub(crate) struct Map(Mmap);

impl Map {
    /// Maps a file that nobody writes any more. The file must have at least `length` bytes.
    pub(crate) fn new(file: &File, length: usize) -> io::Result<Self> {
        // SAFETY: what is mapped must not change. Only sealed files of a store are mapped: the library
        // writes each once, before its name is in a manifest, and afterwards removes it at most, which
        // leaves the mapping whole. The caller compared the length with the one that was written.
        unsafe { MmapOptions::new().len(length).map(file) }.map(Self)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// A number for which every pattern of bits is one.
///
/// # Safety
/// The type has no padding and no invalid values.
pub(crate) unsafe trait Bits: Copy {}

// SAFETY: so it is for these.
unsafe impl Bits for u8 {}
// SAFETY: as above.
unsafe impl Bits for u32 {}
// SAFETY: as above.
unsafe impl Bits for u64 {}
// SAFETY: as above.
unsafe impl Bits for f32 {}

/// Little-endian bytes as numbers, without a copy; `None` if they are not aligned, no whole number of
/// numbers, or this machine has the other order.
#[inline]
pub(crate) fn numbers<T: Bits>(bytes: &[u8]) -> Option<&[T]> {
    // SAFETY: every pattern of bits is a number of this type.
    let (before, numbers, behind) = unsafe { bytes.align_to::<T>() };
    (cfg!(target_endian = "little") && before.is_empty() && behind.is_empty()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_numbers_where_they_lie_right() {
        let aligned = [1u64, 2];
        let bytes: Vec<u8> = aligned.iter().flat_map(|number| number.to_ne_bytes()).collect();
        let start = bytes.as_ptr().align_offset(8);
        if cfg!(target_endian = "little") && start == 0 {
            assert_eq!(numbers::<u64>(&bytes), Some(&aligned[..]));
            assert_eq!(numbers::<u32>(&bytes), Some(&[1, 0, 2, 0][..]));
        }
        assert_eq!(numbers::<u64>(&bytes[1..9]), None);
        assert_eq!(numbers::<u64>(&bytes[..9]), None);
    }
}

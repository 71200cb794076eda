//! Columns of fixed-width numbers and of byte strings, as segments hold them.

use std::ops::Deref;

/// Numbers that do not change any more.
#[derive(Clone, Debug)]
pub(crate) struct Buffer<T>(Vec<T>);

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self(numbers)
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// A number that segments store, little-endian.
pub(crate) trait Stored: Copy {
    const BYTES: usize;
    fn read(bytes: &[u8]) -> Vec<Self>;
    fn write(numbers: &[Self], out: &mut Vec<u8>);
}

macro_rules! stored {
    ($($number:ty),*) => {$(
        impl Stored for $number {
            const BYTES: usize = size_of::<Self>();

            fn read(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|number| Self::from_le_bytes(*number)).collect()
            }

            fn write(numbers: &[Self], out: &mut Vec<u8>) {
                out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
            }
        }
    )*};
}
stored!(u8, u32, u64, f32);

/// Whether `starts` cut `0..len` into ranges, one after the other.
pub(crate) fn is_partition(starts: &[u64], len: usize) -> bool {
    starts.first() == Some(&0) && starts.last() == Some(&(len as u64)) && starts.is_sorted()
}

/// Byte strings side by side.
#[derive(Clone, Debug)]
pub(crate) struct Strings {
    /// Where each string starts, and the end of the last.
    pub(crate) starts: Vec<u64>,
    pub(crate) bytes: Vec<u8>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { starts: vec![0], bytes: Vec::new() }
    }
}

impl Strings {
    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether the starts lead to no string outside the bytes.
    pub(crate) fn is_consistent(&self) -> bool {
        is_partition(&self.starts, self.bytes.len())
    }

    pub(crate) fn push(&mut self, string: &[u8]) {
        self.bytes.extend_from_slice(string);
        self.starts.push(self.bytes.len() as u64);
    }

    pub(crate) fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.starts[index] as usize..self.starts[index + 1] as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Where a string is, or belongs, if all are in order.
    pub(crate) fn binary_search(&self, string: &[u8]) -> Result<usize, usize> {
        let at = self.partition_point(|other| other < string);
        if at < self.len() && self.get(at) == string { Ok(at) } else { Err(at) }
    }

    pub(crate) fn partition_point(&self, holds: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if holds(self.get(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

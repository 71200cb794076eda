//! Columns of fixed-width numbers and of byte strings, as segments hold them: in memory of their own,
//! or mapped from a sealed file.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::sections::Sections;
use crate::Error;
use crate::kernel::mapped::{Bits, numbers};

/// Numbers that do not change any more. Whoever asks for some of a mapped file learns of damage there.
#[derive(Clone, Debug)]
pub(crate) enum Buffer<T> {
    Owned(Vec<T>),
    Mapped {
        sections: Arc<Sections>,
        /// Bytes of the file.
        range: Range<usize>,
    },
}

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Self::Owned(Vec::new())
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self::Owned(numbers)
    }
}

impl<T: Stored> Buffer<T> {
    /// A section of a file.
    pub(crate) fn mapped(sections: &Arc<Sections>, index: usize) -> Result<Self, Error> {
        let range = sections.section(index);
        if numbers::<T>(sections.unchecked(range.clone())).is_some() {
            return Ok(Self::Mapped { sections: Arc::clone(sections), range });
        }
        // Machines of the other byte order read a copy.
        sections.touch(range.clone())?;
        Ok(Self::Owned(T::read(sections.unchecked(range))))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Owned(numbers) => numbers.len(),
            Self::Mapped { range, .. } => range.len() / T::BYTES,
        }
    }

    /// Some of the numbers.
    #[inline]
    pub(crate) fn slice(&self, wanted: Range<usize>) -> Result<&[T], Error> {
        match self {
            Self::Owned(numbers) => numbers.get(wanted).ok_or_else(|| outside(Path::new(":memory:"), 0)),
            Self::Mapped { sections, range } => {
                let bytes = wanted.start.checked_mul(T::BYTES).zip(wanted.end.checked_mul(T::BYTES));
                let (start, end) = bytes
                    .filter(|(start, end)| start <= end && *end <= range.len())
                    .ok_or_else(|| outside(sections.path(), range.start))?;
                let bytes = range.start + start..range.start + end;
                sections.touch(bytes.clone())?;
                numbers(sections.unchecked(bytes)).ok_or_else(|| outside(sections.path(), range.start))
            }
        }
    }

    /// All of the numbers.
    #[inline]
    pub(crate) fn all(&self) -> Result<&[T], Error> {
        self.slice(0..self.len())
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Result<T, Error> {
        self.slice(index..index + 1).map(|one| one[0])
    }
}

/// The error of an offset that leads nowhere, which intact files that this library wrote do not have.
pub(crate) fn outside(path: &Path, at: usize) -> Error {
    Error::damaged(path, at as u64, "the sections contradict each other")
}

/// A number that segments store, little-endian.
pub(crate) trait Stored: Bits {
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

/// Byte strings side by side.
#[derive(Clone, Debug)]
pub(crate) struct Strings {
    /// Where each string starts, and the end of the last.
    pub(crate) starts: Buffer<u64>,
    pub(crate) bytes: Buffer<u8>,
}

impl Default for Strings {
    fn default() -> Self {
        StringsBuilder::default().finish()
    }
}

/// Collects byte strings.
#[derive(Debug)]
pub(crate) struct StringsBuilder {
    starts: Vec<u64>,
    bytes: Vec<u8>,
}

impl Default for StringsBuilder {
    fn default() -> Self {
        Self { starts: vec![0], bytes: Vec::new() }
    }
}

impl StringsBuilder {
    pub(crate) fn push(&mut self, string: &[u8]) {
        self.bytes.extend_from_slice(string);
        self.starts.push(self.bytes.len() as u64);
    }

    pub(crate) fn finish(self) -> Strings {
        Strings { starts: self.starts.into(), bytes: self.bytes.into() }
    }
}

impl Strings {
    /// The strings of two sections, the starts first.
    pub(crate) fn mapped(sections: &Arc<Sections>, index: usize) -> Result<Self, Error> {
        Ok(Self { starts: Buffer::mapped(sections, index)?, bytes: Buffer::mapped(sections, index + 1)? })
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Result<&[u8], Error> {
        let bounds = self.starts.slice(index..index + 2)?;
        self.bytes.slice(bounds[0] as usize..bounds[1] as usize)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Result<&[u8], Error>> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Where a string is, if all are in order and it is there.
    pub(crate) fn find(&self, string: &[u8]) -> Result<Option<usize>, Error> {
        let at = self.partition_point(|other| other < string)?;
        Ok((at < self.len() && self.get(at)? == string).then_some(at))
    }

    pub(crate) fn partition_point(&self, holds: impl Fn(&[u8]) -> bool) -> Result<usize, Error> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if holds(self.get(middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

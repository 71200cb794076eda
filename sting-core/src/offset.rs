//! Offsets in the units that each language counts in.
//!
//! Rust slices by bytes, Python by code points, JavaScript by UTF-16 units. Every span in this
//! library is in bytes; [`Offsets`] turns it into the units of the reader, and back.

use crate::Span;

/// What an offset counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// UTF-8 bytes, as Rust slices.
    Bytes,
    /// Unicode code points, as Python slices.
    CodePoints,
    /// UTF-16 code units, as JavaScript slices.
    Utf16,
}

/// Bytes between two checkpoints. A conversion reads at most this many bytes.
const STRIDE: usize = 256;

/// Converts byte offsets of one text to another unit and back.
///
/// Built in one pass over the text (none at all if it is ASCII); each conversion then reads at
/// most 256 bytes. Memory: 8 bytes for each 256 bytes of text that is not ASCII.
///
/// ```
/// use sting_core::offset::{Offsets, Unit};
/// let text = "é😀x";
/// let python = Offsets::new(text, Unit::CodePoints);
/// let node = Offsets::new(text, Unit::Utf16);
/// assert_eq!((python.from_byte(6), node.from_byte(6)), (2, 3));
/// assert_eq!((python.to_byte(2), node.to_byte(3)), (Some(6), Some(6)));
/// ```
#[derive(Clone, Debug)]
pub struct Offsets<'t> {
    text: &'t str,
    unit: Unit,
    /// Count of units before byte `i * STRIDE`; empty where bytes and units agree.
    checkpoints: Vec<usize>,
}

/// Units that begin in `bytes`: a code point begins at every byte that does not continue one, and
/// a lead byte of four counts twice in UTF-16.
fn units_in(bytes: &[u8], unit: Unit) -> usize {
    bytes.iter().map(|&byte| units_of(byte, unit)).sum()
}

/// How many units `text` is.
pub fn count(text: &str, unit: Unit) -> usize {
    units_in(text.as_bytes(), unit)
}

#[inline]
fn units_of(byte: u8, unit: Unit) -> usize {
    match unit {
        Unit::Bytes => 1,
        Unit::CodePoints => usize::from(byte & 0xC0 != 0x80),
        Unit::Utf16 => usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0),
    }
}

impl<'t> Offsets<'t> {
    /// Prepares conversions between bytes of `text` and `unit`.
    pub fn new(text: &'t str, unit: Unit) -> Self {
        let mut checkpoints = Vec::new();
        if unit != Unit::Bytes && !text.is_ascii() {
            let mut count = 0;
            checkpoints.reserve(text.len() / STRIDE + 1);
            for block in text.as_bytes().chunks(STRIDE) {
                checkpoints.push(count);
                count += units_in(block, unit);
            }
        }
        Self { text, unit, checkpoints }
    }

    /// Units before byte `offset`. An offset past the end counts as the end; one inside a
    /// character counts that character in.
    pub fn from_byte(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        if self.checkpoints.is_empty() {
            return offset;
        }
        let block = (offset / STRIDE).min(self.checkpoints.len() - 1);
        self.checkpoints[block] + units_in(&self.text.as_bytes()[block * STRIDE..offset], self.unit)
    }

    /// The byte at which unit `offset` begins, or `None` if it is past the end or inside a
    /// character (the second half of a surrogate pair).
    pub fn to_byte(&self, offset: usize) -> Option<usize> {
        if self.checkpoints.is_empty() {
            return (offset <= self.text.len() && self.text.is_char_boundary(offset)).then_some(offset);
        }
        let block = self.checkpoints.partition_point(|&count| count <= offset) - 1;
        let mut count = self.checkpoints[block];
        for (i, &byte) in self.text.as_bytes()[block * STRIDE..].iter().enumerate() {
            let begins = byte & 0xC0 != 0x80;
            if begins && count == offset {
                return Some(block * STRIDE + i);
            }
            count += units_of(byte, self.unit);
            if count > offset && begins && units_of(byte, self.unit) == 2 {
                return None;
            }
        }
        (count == offset).then_some(self.text.len())
    }

    /// A span of bytes in the reader's unit.
    pub fn span(&self, span: Span) -> Span {
        Span::new(self.from_byte(span.start), self.from_byte(span.end))
    }
}

#[cfg(test)]
mod tests {
    use super::{Offsets, Unit};
    use proptest::prelude::*;

    #[test]
    fn surrogate_halves_are_refused() {
        let offsets = Offsets::new("a😀b", Unit::Utf16);
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(|o| offsets.to_byte(o)),
            [Some(0), Some(1), None, Some(5), Some(6), None]
        );
    }

    proptest! {
        #[test]
        fn agrees_with_counting(text in "(?s)(\\PC|.|[😀é漢a-z]){0,700}") {
            for unit in [Unit::Bytes, Unit::CodePoints, Unit::Utf16] {
                let offsets = Offsets::new(&text, unit);
                for (byte, _) in text.char_indices().chain([(text.len(), ' ')]) {
                    let counted = match unit {
                        Unit::Bytes => byte,
                        Unit::CodePoints => text[..byte].chars().count(),
                        Unit::Utf16 => text[..byte].encode_utf16().count(),
                    };
                    prop_assert_eq!(offsets.from_byte(byte), counted);
                    prop_assert_eq!(offsets.to_byte(counted), Some(byte));
                }
            }
        }
    }
}

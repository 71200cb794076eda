//! Learnt state as bytes: what it is, its version, numbers in little-endian order, and a checksum over all of it.

use crate::Error;
use std::ops::RangeInclusive;

/// Bytes of the checksum, the beginning of a BLAKE3 hash.
const CHECKSUM: usize = 8;

/// Writes a state.
#[derive(Debug)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// `kind` is the first thing in the file.
    pub(crate) fn new(kind: [u8; 4], version: u16) -> Self {
        let mut bytes = kind.to_vec();
        bytes.extend(version.to_le_bytes());
        Self(bytes)
    }

    pub(crate) fn u32(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    pub(crate) fn f32(&mut self, number: f32) {
        self.0.extend(number.to_le_bytes());
    }

    pub(crate) fn f64(&mut self, number: f64) {
        self.0.extend(number.to_le_bytes());
    }

    pub(crate) fn f64s(&mut self, numbers: &[f64]) {
        for number in numbers {
            self.f64(*number);
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.0.extend(text.as_bytes());
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let hash = blake3::hash(&self.0);
        self.0.extend(&hash.as_bytes()[..CHECKSUM]);
        self.0
    }
}

/// Reads a state. Whatever is not as it was written is an [`Error::State`].
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Checks kind, checksum and version.
    pub(crate) fn open(
        bytes: &'a [u8],
        kind: [u8; 4],
        version: u16,
        what: &'static str,
    ) -> Result<Self, Error> {
        let mut reader = Self { what, rest: bytes };
        if reader.take(4)? != kind {
            return Err(reader.fault("these bytes are something else"));
        }
        let Some((body, checksum)) = bytes.split_last_chunk::<CHECKSUM>() else {
            return Err(reader.fault("it is cut off"));
        };
        if blake3::hash(body).as_bytes()[..CHECKSUM] != *checksum {
            return Err(reader.fault("its checksum is wrong: it is damaged or cut off"));
        }
        reader.rest = &body[4..];
        let found = u16::from_le_bytes(reader.array()?);
        if found != version {
            return Err(reader.fault(&format!("it has version {found}, and this build reads {version}")));
        }
        Ok(reader)
    }

    /// An error about this state.
    pub(crate) fn fault(&self, problem: &str) -> Error {
        Error::state(self.what, problem, "restore it from a copy, or learn anew")
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.fault("it is cut off"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A number that is finite.
    pub(crate) fn f32(&mut self) -> Result<f32, Error> {
        let number = f32::from_le_bytes(self.array()?);
        if number.is_finite() { Ok(number) } else { Err(self.fault("a number in it is not finite")) }
    }

    /// A number in a range.
    pub(crate) fn f32_in(&mut self, range: RangeInclusive<f32>) -> Result<f32, Error> {
        let number = self.f32()?;
        if range.contains(&number) { Ok(number) } else { Err(self.fault("a number in it cannot be")) }
    }

    /// A number that is finite.
    pub(crate) fn f64(&mut self) -> Result<f64, Error> {
        let number = f64::from_le_bytes(self.array()?);
        if number.is_finite() { Ok(number) } else { Err(self.fault("a number in it is not finite")) }
    }

    /// A number in a range: one outside of it was not written by us, and might not be reckoned with.
    pub(crate) fn f64_in(&mut self, range: RangeInclusive<f64>) -> Result<f64, Error> {
        let number = self.f64()?;
        if range.contains(&number) { Ok(number) } else { Err(self.fault("a number in it cannot be")) }
    }

    /// A count of things that take at least `bytes` each, so that a forged count reserves no memory.
    pub(crate) fn count(&mut self, bytes: usize) -> Result<usize, Error> {
        let count = self.u32()? as usize;
        if count.saturating_mul(bytes) > self.rest.len() {
            return Err(self.fault("it is cut off"));
        }
        Ok(count)
    }

    pub(crate) fn text(&mut self) -> Result<String, Error> {
        let count = self.count(1)?;
        let bytes = self.take(count)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| self.fault("a name in it is not UTF-8"))
    }

    /// That nothing follows.
    pub(crate) fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fault("something follows it")) }
    }
}

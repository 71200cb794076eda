//! The manifest of a collection: its settings, its segments and its log.
//!
//! It is replaced as a whole: written beside, synced, renamed, and the folder synced.

use std::path::Path;

use roaring::RoaringBitmap;

use super::codec::{Decoder, Encoder};
use super::folder;
use super::format::{self, Kind};
use crate::{Error, Metric};

/// What a collection is, and which files make it up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Manifest {
    pub(crate) settings: Settings,
    pub(crate) segments: Vec<SegmentEntry>,
    /// Number of the log, and of the newest file. Numbers are never used twice.
    pub(crate) log: u64,
    /// Sequence number of the first record of the log.
    pub(crate) first_sequence: u64,
}

/// What a collection remembers for good.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) metric: Metric,
    /// Numbers in a vector, once known.
    pub(crate) dim: Option<usize>,
    /// Id of the model that embeds its texts.
    pub(crate) embedder: Option<String>,
}

/// A sealed segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SegmentEntry {
    pub(crate) number: u64,
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Checksum of its footer, which covers the checksums of everything else.
    pub(crate) checksum: u32,
    /// Rows that are alive; `None` for all.
    pub(crate) live: Option<RoaringBitmap>,
}

impl Manifest {
    /// Reads and checks a manifest.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::io(path, "reading"))?;
        format::check_header(path, &bytes, Kind::Manifest, 0)?;
        let damaged = |problem: &str| Error::damaged(path, format::HEADER_BYTES as u64, problem);
        let (body, checksum) = bytes[format::HEADER_BYTES..]
            .split_last_chunk::<4>()
            .ok_or_else(|| damaged("it is cut short"))?;
        if crc32fast::hash(body).to_le_bytes() != *checksum {
            return Err(damaged("the checksum does not match"));
        }
        Self::decode(body).ok_or_else(|| damaged("it does not decode"))
    }

    /// Puts this manifest in the place of the one before, atomically and durably.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let body = self.encode();
        let checksum = crc32fast::hash(&body).to_le_bytes();
        folder::replace(path, &[&format::header(Kind::Manifest, 0)[..], &body, &checksum].concat())
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::default();
        let settings = serde_json::to_vec(&self.settings).unwrap_or_default();
        out.bytes(&settings);
        out.u64(self.log);
        out.u64(self.first_sequence);
        out.u32(self.segments.len() as u32);
        for segment in &self.segments {
            out.u64(segment.number);
            out.u64(segment.bytes);
            out.u32(segment.checksum);
            out.byte(u8::from(segment.live.is_some()));
            if let Some(live) = &segment.live {
                let mut bytes = Vec::with_capacity(live.serialized_size());
                // Writing to a vector cannot fail.
                let _ = live.serialize_into(&mut bytes);
                out.bytes(&bytes);
            }
        }
        out.0
    }

    fn decode(body: &[u8]) -> Option<Self> {
        let mut input = Decoder(body);
        let settings = serde_json::from_slice(input.bytes().ok()?).ok()?;
        let (log, first_sequence) = (input.u64().ok()?, input.u64().ok()?);
        let mut segments = Vec::new();
        for _ in 0..input.u32().ok()? {
            segments.push(SegmentEntry {
                number: input.u64().ok()?,
                bytes: input.u64().ok()?,
                checksum: input.u32().ok()?,
                live: match input.byte().ok()? {
                    0 => None,
                    _ => Some(RoaringBitmap::deserialize_from(input.bytes().ok()?).ok()?),
                },
            });
        }
        input.is_empty().then_some(Self { settings, segments, log, first_sequence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_manifest_survives(
            name in ".{0,20}",
            dim in prop::option::of(1usize..5000),
            segments in prop::collection::vec(
                (any::<u64>(), any::<u64>(), any::<u32>(), prop::option::of(prop::collection::vec(0u32..9999, 0..50))),
                0..4,
            ),
            log in any::<u64>(),
        ) {
            let segments = segments
                .into_iter()
                .map(|(number, bytes, checksum, live)| SegmentEntry {
                    number,
                    bytes,
                    checksum,
                    live: live.map(RoaringBitmap::from_iter),
                })
                .collect();
            let settings = Settings { name, metric: Metric::Dot, dim, embedder: None };
            let manifest = Manifest { settings, segments, log, first_sequence: log };
            prop_assert_eq!(Manifest::decode(&manifest.encode()), Some(manifest));
        }

        #[test]
        fn any_bytes_decode_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Manifest::decode(&bytes);
        }
    }
}

//! The manifest of a collection: its settings, its segments and its logs.
//!
//! It is replaced as a whole: written beside, synced, renamed, and the folder synced.

use std::path::Path;

use roaring::RoaringBitmap;

use super::codec::{Decoder, Encoder};
use super::folder;
use super::format::{self, Kind};
use crate::keyword::Statistics;
use crate::{Error, Metric};

/// What a collection is, and which files make it up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Manifest {
    pub(crate) settings: Settings,
    pub(crate) segments: Vec<SegmentEntry>,
    /// Logs that take no more records, and whose rows are in no segment yet; oldest first.
    pub(crate) closed: Vec<ClosedLog>,
    /// Number of the log that takes records.
    pub(crate) log: u64,
    /// Sequence number of its first record.
    pub(crate) first_sequence: u64,
    /// Number of the newest file. Numbers are never used twice.
    pub(crate) newest: u64,
}

/// A log of which every byte was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClosedLog {
    pub(crate) number: u64,
    pub(crate) first_sequence: u64,
    pub(crate) length: u64,
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
    /// Of the rows that are alive; `None` in version 1.
    pub(crate) statistics: Option<Statistics>,
}

impl Manifest {
    /// Reads and checks a manifest.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::io(path, "reading"))?;
        let version = format::check_header(path, &bytes, Kind::Manifest, 0)?;
        let damaged = |problem: &str| Error::damaged(path, format::HEADER_BYTES as u64, problem);
        let (body, checksum) = bytes[format::HEADER_BYTES..]
            .split_last_chunk::<4>()
            .ok_or_else(|| damaged("it is cut short"))?;
        if crc32fast::hash(body).to_le_bytes() != *checksum {
            return Err(damaged("the checksum does not match"));
        }
        Self::decode(version, body).ok_or_else(|| damaged("it does not decode"))
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
        out.u64(self.newest);
        out.u32(self.closed.len() as u32);
        for log in &self.closed {
            out.u64(log.number);
            out.u64(log.first_sequence);
            out.u64(log.length);
        }
        out.u32(self.segments.len() as u32);
        for segment in &self.segments {
            out.u64(segment.number);
            out.u64(segment.bytes);
            out.u32(segment.checksum);
            let statistics = segment.statistics.unwrap_or_default();
            out.u64(statistics.texts);
            out.u64(statistics.words);
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

    fn decode(version: u32, body: &[u8]) -> Option<Self> {
        let mut input = Decoder(body);
        let settings = serde_json::from_slice(input.bytes().ok()?).ok()?;
        let (log, first_sequence) = (input.u64().ok()?, input.u64().ok()?);
        let (mut newest, mut closed) = (log, Vec::new());
        if version > 1 {
            newest = input.u64().ok()?;
            for _ in 0..input.u32().ok()? {
                closed.push(ClosedLog {
                    number: input.u64().ok()?,
                    first_sequence: input.u64().ok()?,
                    length: input.u64().ok()?,
                });
            }
        }
        let mut segments = Vec::new();
        for _ in 0..input.u32().ok()? {
            segments.push(SegmentEntry {
                number: input.u64().ok()?,
                bytes: input.u64().ok()?,
                checksum: input.u32().ok()?,
                statistics: match version {
                    1 => None,
                    _ => Some(Statistics { texts: input.u64().ok()?, words: input.u64().ok()? }),
                },
                live: match input.byte().ok()? {
                    0 => None,
                    _ => Some(RoaringBitmap::deserialize_from(input.bytes().ok()?).ok()?),
                },
            });
        }
        input.is_empty().then_some(Self { settings, segments, closed, log, first_sequence, newest })
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
                    statistics: Some(Statistics { texts: bytes, words: number }),
                })
                .collect();
            let settings = Settings { name, metric: Metric::Dot, dim, embedder: None };
            let closed = vec![ClosedLog { number: log, first_sequence: 3, length: 4 }];
            let manifest = Manifest { settings, segments, closed, log, first_sequence: log, newest: log };
            prop_assert_eq!(Manifest::decode(2, &manifest.encode()), Some(manifest));
        }

        #[test]
        fn any_bytes_decode_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Manifest::decode(1, &bytes), Manifest::decode(2, &bytes));
        }
    }
}

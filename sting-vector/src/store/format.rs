//! What all files of a store have in common: a header of 24 bytes that says what the file is.
//!
//! ```text
//! magic 8 bytes | version u32 | number of the file u64 | crc32 of the 20 bytes before u32
//! ```

use std::path::Path;

use crate::Error;

/// The newest format that this library reads, and the one that it writes.
///
/// - 1: segments without codes; manifests with one log and without statistics.
/// - 2: codes in segments, graphs in sections, manifests with the logs that background work leaves.
pub(crate) const VERSION: u32 = 2;

/// Bytes of a file header.
pub(crate) const HEADER_BYTES: usize = 24;

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Store,
    Manifest,
    Mark,
    Log,
    Segment,
    Graph,
}

impl Kind {
    const fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Store => b"STINGdir",
            Self::Manifest => b"STINGman",
            Self::Mark => b"STINGmrk",
            Self::Log => b"STINGlog",
            Self::Segment => b"STINGseg",
            Self::Graph => b"STINGgrf",
        }
    }
}

/// The header of a file.
pub(crate) fn header(kind: Kind, number: u64) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(kind.magic());
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..20].copy_from_slice(&number.to_le_bytes());
    let checksum = crc32fast::hash(&header[..20]);
    header[20..].copy_from_slice(&checksum.to_le_bytes());
    header
}

/// Checks that a file starts with the header of this kind and number. Returns its version.
pub(crate) fn check_header(path: &Path, bytes: &[u8], kind: Kind, number: u64) -> Result<u32, Error> {
    let Some(found) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Err(Error::damaged(path, bytes.len() as u64, "the file header is cut short"));
    };
    if crc32fast::hash(&found[..20]).to_le_bytes() != found[20..] {
        return Err(Error::damaged(path, 0, "the checksum of the file header does not match"));
    }
    if &found[..8] != kind.magic() {
        return Err(Error::damaged(path, 0, "this is a file of another kind"));
    }
    let version = u32::from_le_bytes([found[8], found[9], found[10], found[11]]);
    if version > VERSION {
        return Err(Error::Version { path: path.to_path_buf(), found: version, supported: VERSION });
    }
    if version == 0 || found[12..20] != number.to_le_bytes() {
        return Err(Error::damaged(path, 0, "this file belongs in another place"));
    }
    Ok(version)
}

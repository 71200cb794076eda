//! The write-ahead log of a collection.
//!
//! A file header, then records. A record is one batch, so a batch is there whole or not at all:
//!
//! ```text
//! length u32 | sequence u64 | crc32 of payload u32 | crc32 of the 16 bytes before u32 | payload
//! ```
//!
//! How much of the log has been acknowledged is kept apart, in the mark file. What lies before the
//! mark must be intact, or it is damage and an error; what lies behind it was never acknowledged
//! and may be torn by a crash.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fail;
use super::format::{self, Kind};
use super::manifest::ClosedLog;
use crate::Error;

/// Bytes in front of a payload.
const RECORD_HEADER: usize = 20;

/// Largest payload of one record.
pub(crate) const MAX_PAYLOAD: usize = 1 << 30;

/// The end of what has been acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Bytes of the log file.
    pub(crate) length: u64,
    /// Sequence number of the next record.
    pub(crate) sequence: u64,
}

/// A log open for appending.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: Arc<File>,
    end: Position,
}

/// What a log file holds.
#[derive(Debug)]
pub(crate) struct Contents {
    bytes: Vec<u8>,
    /// Where the payloads lie, in order.
    payloads: Vec<std::ops::Range<usize>>,
    /// End of the last whole record.
    pub(crate) end: Position,
    /// Bytes behind it: a write that a crash cut short.
    pub(crate) torn: u64,
}

impl Contents {
    /// Reads and checks a log.
    ///
    /// # Errors
    /// [`Error::Damaged`] if anything before `acknowledged` bytes is not as it was written.
    pub(crate) fn read(
        path: &Path,
        number: u64,
        first_sequence: u64,
        acknowledged: u64,
    ) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::io(path, "reading"))?;
        format::check_header(path, &bytes, Kind::Log, number)?;
        if (bytes.len() as u64) < acknowledged {
            let problem = format!("cut short, {acknowledged} bytes were acknowledged");
            return Err(Error::damaged(path, bytes.len() as u64, problem));
        }
        Self::parse(path, bytes, first_sequence, acknowledged)
    }

    /// Reads a log that takes no more records.
    pub(crate) fn read_closed(path: &Path, log: ClosedLog) -> Result<Self, Error> {
        let contents = Self::read(path, log.number, log.first_sequence, log.length)?;
        if contents.end.length == log.length && contents.torn == 0 {
            return Ok(contents);
        }
        Err(Error::damaged(path, log.length, "bytes follow its end"))
    }

    fn parse(path: &Path, bytes: Vec<u8>, first_sequence: u64, acknowledged: u64) -> Result<Self, Error> {
        let mut payloads = Vec::new();
        let (mut at, mut sequence) = (format::HEADER_BYTES, first_sequence);
        while at < bytes.len() {
            match record(&bytes[at..], sequence) {
                Ok(length) => {
                    payloads.push(at + RECORD_HEADER..at + RECORD_HEADER + length);
                    at += RECORD_HEADER + length;
                    sequence += 1;
                }
                Err(problem) if (at as u64) < acknowledged => {
                    return Err(Error::damaged(path, at as u64, problem));
                }
                Err(_) => break,
            }
        }
        let end = Position { length: at as u64, sequence };
        let torn = (bytes.len() - at) as u64;
        Ok(Self { bytes, payloads, end, torn })
    }

    /// The payloads in order, each with its place in the file.
    pub(crate) fn payloads(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.payloads.iter().map(|range| (range.start as u64, &self.bytes[range.clone()]))
    }
}

/// Length of the payload of the record that `bytes` start with.
fn record(bytes: &[u8], sequence: u64) -> Result<usize, &'static str> {
    let (header, rest) = bytes.split_first_chunk::<RECORD_HEADER>().ok_or("a record header is cut short")?;
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if crc32fast::hash(&header[..16]) != number(16) {
        return Err("the checksum of a record header does not match");
    }
    if u64::from(number(4)) | u64::from(number(8)) << 32 != sequence {
        return Err("a record is out of sequence");
    }
    let payload = rest.get(..number(0) as usize).ok_or("a record is cut short")?;
    if crc32fast::hash(payload) != number(12) {
        return Err("the checksum of a record does not match");
    }
    Ok(payload.len())
}

impl Log {
    /// Starts a new, empty log and makes it durable, but not yet its name in the folder.
    pub(crate) fn create(path: PathBuf, number: u64, first_sequence: u64) -> Result<Self, Error> {
        let mut file = File::create(&path).map_err(Error::io(&path, "creating"))?;
        file.write_all(&format::header(Kind::Log, number)).map_err(Error::io(&path, "writing"))?;
        file.sync_all().map_err(Error::io(&path, "syncing"))?;
        let end = Position { length: format::HEADER_BYTES as u64, sequence: first_sequence };
        Ok(Self { path, file: Arc::new(file), end })
    }

    /// Opens a log that was read for appending, and cuts off what a crash left behind its end.
    pub(crate) fn resume(path: PathBuf, contents: &Contents) -> Result<Self, Error> {
        let mut file = OpenOptions::new().write(true).open(&path).map_err(Error::io(&path, "opening"))?;
        let end = contents.end;
        if contents.torn > 0 {
            file.set_len(end.length).map_err(Error::io(&path, "truncating"))?;
        }
        file.seek(SeekFrom::Start(end.length)).map_err(Error::io(&path, "seeking"))?;
        file.sync_all().map_err(Error::io(&path, "syncing"))?;
        Ok(Self { path, file: Arc::new(file), end })
    }

    /// Where the next record goes.
    pub(crate) fn end(&self) -> Position {
        self.end
    }

    /// Appends one record, without making it durable. If that fails, the log is as before.
    ///
    /// # Errors
    /// [`AppendError::Refused`] if nothing was written; [`AppendError::Broken`] if the log could not be
    /// brought back to its former end, so that no more may be appended.
    pub(crate) fn append(&mut self, payload: &[u8]) -> Result<(), AppendError> {
        let mut record = Vec::with_capacity(RECORD_HEADER + payload.len());
        record.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        record.extend_from_slice(&self.end.sequence.to_le_bytes());
        record.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
        record.extend_from_slice(&crc32fast::hash(&record).to_le_bytes());
        record.extend_from_slice(payload);
        if let Err(error) = self.write(&record) {
            let restored = self
                .file
                .set_len(self.end.length)
                .and_then(|()| (&*self.file).seek(SeekFrom::Start(self.end.length)));
            return Err(if restored.is_ok() {
                AppendError::Refused(error)
            } else {
                AppendError::Broken(error)
            });
        }
        self.end.length += record.len() as u64;
        self.end.sequence += 1;
        Ok(())
    }

    fn write(&self, record: &[u8]) -> Result<(), Error> {
        fail::point("log.append")?;
        let (first, rest) = record.split_at(if fail::is_set("log.torn") { record.len() / 2 } else { 0 });
        (&*self.file).write_all(first).map_err(Error::io(&self.path, "writing"))?;
        fail::point("log.torn")?;
        (&*self.file).write_all(rest).map_err(Error::io(&self.path, "writing"))?;
        fail::point("log.appended")
    }

    /// Makes all records durable.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.syncer().sync()
    }

    /// What makes the records durable that are there by now, while others are appended.
    pub(crate) fn syncer(&self) -> Syncer {
        Syncer { path: self.path.clone(), file: Arc::clone(&self.file) }
    }
}

/// See [`Log::syncer`].
#[derive(Debug)]
pub(crate) struct Syncer {
    path: PathBuf,
    file: Arc<File>,
}

impl Syncer {
    pub(crate) fn sync(&self) -> Result<(), Error> {
        fail::point("log.sync")?;
        self.file.sync_data().map_err(Error::io(&self.path, "syncing"))
    }
}

/// Why a record was not appended.
#[derive(Debug)]
pub(crate) enum AppendError {
    Refused(Error),
    Broken(Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn log_of(payloads: &[Vec<u8>]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::create(path.clone(), 3, 7).unwrap();
        for payload in payloads {
            log.append(payload).unwrap();
        }
        (folder, path)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn records_survive_and_a_torn_tail_is_told(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
            cut in 0usize..300,
        ) {
            let (_folder, path) = log_of(&payloads);
            let bytes = std::fs::read(&path).unwrap();
            let kept = bytes.len().saturating_sub(cut).max(format::HEADER_BYTES);
            std::fs::write(&path, &bytes[..kept]).unwrap();
            let contents = Contents::read(&path, 3, 7, 0).unwrap();
            let found: Vec<&[u8]> = contents.payloads().map(|(_, payload)| payload).collect();
            prop_assert!(payloads.iter().map(Vec::as_slice).take(found.len()).eq(found.iter().copied()));
            prop_assert_eq!(contents.end.length + contents.torn, kept as u64);
            prop_assert_eq!(contents.end.sequence, 7 + found.len() as u64);
            if kept == bytes.len() {
                prop_assert_eq!(found.len(), payloads.len());
            }
            // If the whole of it was acknowledged, a cut is damage.
            let acknowledged = Contents::read(&path, 3, 7, bytes.len() as u64);
            prop_assert_eq!(acknowledged.is_ok(), kept == bytes.len());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), acknowledged in 0u64..250) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log");
            std::fs::write(&path, [&format::header(Kind::Log, 1)[..], &bytes].concat()).unwrap();
            if let Ok(contents) = Contents::read(&path, 1, 1, acknowledged) {
                prop_assert!(contents.end.length >= acknowledged.min(format::HEADER_BYTES as u64));
            }
        }
    }
}

//! The mark: how much of the log has been acknowledged.
//!
//! Two slots are written in turn, so that a crash while one is written leaves the other. The mark
//! moves after the log is durable and before the write is acknowledged; hence it never promises
//! more than the log holds, and a log shorter than its mark is damage.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::format::{self, Kind};
use super::log::Position;
use crate::Error;

/// `count u64 | log number u64 | length u64 | sequence u64 | crc32 u32`
const SLOT_BYTES: usize = 36;
const FILE_BYTES: usize = format::HEADER_BYTES + 2 * SLOT_BYTES;

/// What a slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    /// Grows with every write; the slot with the greater count is the newer.
    count: u64,
    log: u64,
    position: Position,
}

impl Slot {
    fn encode(self) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        for (at, number) in
            [self.count, self.log, self.position.length, self.position.sequence].into_iter().enumerate()
        {
            bytes[8 * at..8 * at + 8].copy_from_slice(&number.to_le_bytes());
        }
        let checksum = crc32fast::hash(&bytes[..32]);
        bytes[32..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (numbers, checksum) = bytes.split_at(32);
        if crc32fast::hash(numbers).to_le_bytes() != checksum {
            return None;
        }
        let [count, log, length, sequence] = *numbers.as_chunks().0 else { return None };
        let [count, log, length, sequence] = [count, log, length, sequence].map(u64::from_le_bytes);
        Some(Self { count, log, position: Position { length, sequence } })
    }
}

/// Checks every byte. A damaged slot does no harm while the other is intact, but it is damage.
pub(crate) fn check(path: &Path) -> Result<(), Error> {
    match slots(path)?.iter().position(Option::is_none) {
        None => Ok(()),
        Some(slot) => {
            let at = format::HEADER_BYTES + slot * SLOT_BYTES;
            Err(Error::damaged(path, at as u64, "the checksum of a slot does not match"))
        }
    }
}

/// Reads the mark.
fn read(path: &Path) -> Result<Slot, Error> {
    let newest = slots(path)?.into_iter().flatten().max_by_key(|slot| slot.count);
    newest.ok_or_else(|| Error::damaged(path, format::HEADER_BYTES as u64, "no slot has a matching checksum"))
}

/// Both slots; `None` for one whose checksum does not match.
fn slots(path: &Path) -> Result<Vec<Option<Slot>>, Error> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "reading"))?;
    format::check_header(path, &bytes, Kind::Mark, 0)?;
    if bytes.len() != FILE_BYTES {
        return Err(Error::damaged(path, bytes.len() as u64, format!("{FILE_BYTES} bytes were written")));
    }
    let (slots, _) = bytes[format::HEADER_BYTES..].as_chunks::<SLOT_BYTES>();
    Ok(slots.iter().map(|slot| Slot::decode(slot)).collect())
}

/// How much of log `number` is acknowledged. Nothing, if the mark is of the log before it: a crash
/// fell between the start of a log and its first mark.
pub(crate) fn acknowledged(path: &Path, number: u64) -> Result<u64, Error> {
    let slot = read(path)?;
    match slot.log.cmp(&number) {
        std::cmp::Ordering::Less => Ok(0),
        std::cmp::Ordering::Equal => Ok(slot.position.length),
        std::cmp::Ordering::Greater => Err(Error::damaged(
            path,
            0,
            format!("it is of log {}, the manifest names log {number}", slot.log),
        )),
    }
}

/// The mark, open for writing.
#[derive(Debug)]
pub(crate) struct Mark {
    path: PathBuf,
    file: File,
    count: u64,
}

impl Mark {
    /// Writes a new mark file.
    pub(crate) fn create(path: PathBuf, log: u64, position: Position) -> Result<Self, Error> {
        let slot = Slot { count: 1, log, position }.encode();
        let bytes =
            [&format::header(Kind::Mark, 0)[..], &Slot { count: 0, log, position }.encode(), &slot].concat();
        let mut file = File::create(&path).map_err(Error::io(&path, "creating"))?;
        file.write_all(&bytes).map_err(Error::io(&path, "writing"))?;
        file.sync_all().map_err(Error::io(&path, "syncing"))?;
        Ok(Self { path, file, count: 1 })
    }

    /// Opens the mark of a collection.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        let count = read(&path)?.count;
        let file = OpenOptions::new().write(true).open(&path).map_err(Error::io(&path, "opening"))?;
        Ok(Self { path, file, count })
    }

    /// Moves the mark. It need not be synced: a mark that is too old promises less, no more.
    pub(crate) fn set(&mut self, log: u64, position: Position) -> Result<(), Error> {
        self.count += 1;
        let slot = Slot { count: self.count, log, position }.encode();
        let at = format::HEADER_BYTES as u64 + (self.count % 2) * SLOT_BYTES as u64;
        self.file
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.file.write_all(&slot))
            .map_err(Error::io(&self.path, "writing"))
    }
}

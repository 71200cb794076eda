//! The one writer of a collection: log, durability, and what happens when a write fails.

use std::path::PathBuf;
use std::sync::Arc;

use super::Batch;
use crate::store::folder::{self, CollectionFolder};
use crate::store::format::HEADER_BYTES;
use crate::store::lock::Lock;
use crate::store::log::{AppendError, Log, MAX_PAYLOAD, Position, Syncer};
use crate::store::manifest::{ClosedLog, Manifest};
use crate::store::mark::Mark;
use crate::store::{fail, segment_file};
use crate::{Durability, Error, StoreOptions};

/// Writers wait when the log is so many times longer than where its rows should have moved.
const OVERFULL: u64 = 3;

/// What [`Collection::erase`](crate::Collection::erase) did, and its proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erasure {
    /// Rows that were alive before.
    pub rows: usize,
    /// Files of the collection that were read afterwards, all of them.
    pub checked: Vec<PathBuf>,
    /// Files that still tell of an erased row. Empty if all is gone.
    pub remains: Vec<PathBuf>,
}

/// Writes batches to the log before they are applied.
#[derive(Debug)]
pub(crate) struct Writer {
    path: PathBuf,
    /// `None` for a collection in memory.
    disk: Option<Disk>,
    /// Why nothing may be written any more.
    refused: Option<String>,
}

/// The open files of a collection.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) folder: CollectionFolder,
    pub(crate) manifest: Manifest,
    pub(crate) log: Log,
    pub(crate) mark: Mark,
    pub(crate) durability: Durability,
    /// Keeps other writers away as long as this one may write.
    _lock: Option<Arc<Lock>>,
    /// Whether the log holds records that are not durable yet.
    pub(crate) is_dirty: bool,
    /// Length of a log at which its rows move to a segment.
    log_bytes: u64,
    /// Length of the log at which the next seal is due.
    seal_at: u64,
}

impl Disk {
    pub(crate) fn new(
        folder: CollectionFolder,
        manifest: Manifest,
        log: Log,
        mark: Mark,
        options: &StoreOptions,
        lock: Option<Arc<Lock>>,
    ) -> Self {
        let (durability, log_bytes) = (options.durability, options.log_bytes);
        Self {
            folder,
            manifest,
            log,
            mark,
            durability,
            _lock: lock,
            is_dirty: false,
            log_bytes,
            seal_at: log_bytes,
        }
    }

    /// All files that the manifest names, and those derived from them.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let segments = self.manifest.segments.iter();
        let closed = self.manifest.closed.iter().map(|log| self.folder.log(log.number));
        segments
            .flat_map(|segment| [self.folder.segment(segment.number), self.folder.graph(segment.number)])
            .chain(closed)
            .chain([self.folder.log(self.manifest.log)])
            .collect()
    }
}

impl Writer {
    pub(crate) fn new(path: PathBuf, disk: Option<Disk>) -> Self {
        Self { path, disk, refused: None }
    }

    /// A writer that refuses.
    pub(crate) fn refusing(path: PathBuf, reason: impl Into<String>) -> Self {
        Self { path, disk: None, refused: Some(reason.into()) }
    }

    pub(crate) fn check_open(&self) -> Result<(), Error> {
        match &self.refused {
            Some(reason) => Err(Error::ReadOnly { path: self.path.clone(), reason: reason.clone() }),
            None => Ok(()),
        }
    }

    /// Logs a batch. If this fails, the batch is not applied.
    pub(crate) fn log(&mut self, batch: &Batch) -> Result<(), Error> {
        self.check_open()?;
        let Some(disk) = &mut self.disk else { return Ok(()) };
        let payload = batch.encode();
        if payload.len() > MAX_PAYLOAD {
            return Err(Error::input("rows", format!("take {} bytes", payload.len()), "split the batch"));
        }
        match disk.log.append(&payload) {
            Ok(()) => disk.is_dirty = true,
            Err(AppendError::Refused(error)) => return Err(error),
            Err(AppendError::Broken(error)) => return Err(self.break_off(error)),
        }
        match disk.durability {
            Durability::Each => self.sync(),
            Durability::Group | Durability::OnClose => Ok(()),
        }
    }

    /// Whether what was logged becomes durable together with the batches of other threads.
    pub(crate) fn syncs_in_groups(&self) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.durability == Durability::Group)
    }

    /// Sequence number of the next record.
    pub(crate) fn sequence(&self) -> u64 {
        self.disk.as_ref().map_or(0, |disk| disk.log.end().sequence)
    }

    /// What makes durable all that is logged by now; `None` if all is.
    pub(crate) fn syncer(&self) -> Result<Option<Syncer>, Error> {
        self.check_open()?;
        Ok(self.disk.as_ref().filter(|disk| disk.is_dirty).map(|disk| disk.log.syncer()))
    }

    /// Takes note that the records before a sequence number are durable, or could not be made so.
    pub(crate) fn synced(&mut self, result: Result<(), Error>, end: Position) -> Result<(), Error> {
        let Some(disk) = &mut self.disk else { return result };
        // A log that was begun meanwhile came after a sync of its own.
        let is_current = end.sequence > disk.manifest.first_sequence;
        let mut mark = || if is_current { disk.mark.set(disk.manifest.log, end) } else { Ok(()) };
        let marked = result.and_then(|()| mark());
        match marked {
            Ok(()) => {
                disk.is_dirty &= disk.log.end() != end;
                Ok(())
            }
            Err(error) => Err(self.break_off(error)),
        }
    }

    /// Where the next record goes.
    pub(crate) fn end(&self) -> Position {
        self.disk.as_ref().map_or_else(Position::default, |disk| disk.log.end())
    }

    /// Makes all that was written durable, and says so in the mark.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        let Some(disk) = self.disk.as_mut().filter(|disk| disk.is_dirty) else { return Ok(()) };
        let synced = disk.log.sync().and_then(|()| disk.mark.set(disk.manifest.log, disk.log.end()));
        match synced {
            Ok(()) => {
                disk.is_dirty = false;
                Ok(())
            }
            // What the failed write left on disk is unknown: the operating system may have dropped it.
            Err(error) => Err(self.break_off(error)),
        }
    }

    /// Refuses all writes from now on, if it does not yet.
    pub(crate) fn refuse(&mut self, reason: &str) {
        self.refused.get_or_insert_with(|| reason.to_owned());
        self.disk = None;
    }

    pub(crate) fn close(&mut self) -> Result<(), Error> {
        let synced = self.sync();
        self.refuse("the store was closed; open it again");
        synced
    }

    /// Whether the log is so long that opening would take long.
    pub(crate) fn wants_seal(&self) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.log.end().length >= disk.seal_at)
    }

    /// Whether writers should wait until rows move to a segment.
    pub(crate) fn is_overfull(&self) -> bool {
        let is_overfull = |disk: &Disk| {
            disk.log.end().length >= disk.seal_at.saturating_add(OVERFULL.saturating_mul(disk.log_bytes))
        };
        self.disk.as_ref().is_some_and(is_overfull)
    }

    /// Moves the trigger of the next seal away, after one failed.
    pub(crate) fn postpone_seal(&mut self) {
        if let Some(disk) = &mut self.disk {
            disk.seal_at = disk.log.end().length + disk.log_bytes;
        }
    }

    /// The open files; `None` for a collection in memory.
    pub(crate) fn disk(&mut self) -> Result<Option<&mut Disk>, Error> {
        self.check_open()?;
        Ok(self.disk.as_mut())
    }

    /// Whether no log has a record.
    pub(crate) fn is_log_empty(&self) -> bool {
        let is_empty =
            |disk: &Disk| disk.manifest.closed.is_empty() && disk.log.end().length == HEADER_BYTES as u64;
        self.disk.as_ref().is_none_or(is_empty)
    }

    /// A number for a new file.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.disk.as_mut().map_or(0, |disk| {
            disk.manifest.newest += 1;
            disk.manifest.newest
        })
    }

    /// Starts a new log and closes the one before, whose rows are about to move to a segment. Returns
    /// the numbers of all logs that are closed.
    pub(crate) fn begin_log(&mut self) -> Result<Vec<u64>, Error> {
        self.sync()?;
        let number = self.next_number();
        let Some(disk) = self.disk()? else { return Ok(Vec::new()) };
        let end = disk.log.end();
        let log = Log::create(disk.folder.log(number), number, end.sequence)?;
        folder::sync(&disk.folder.0)?;
        fail::point("rotate.log")?;
        let mut manifest = disk.manifest.clone();
        let closed =
            ClosedLog { number: manifest.log, first_sequence: manifest.first_sequence, length: end.length };
        manifest.closed.push(closed);
        manifest.log = number;
        manifest.first_sequence = end.sequence;
        let closed = manifest.closed.iter().map(|log| log.number).collect();
        self.replace_manifest(manifest, Some(log))?;
        Ok(closed)
    }

    /// Puts a manifest in the place of the one before, and a log with it.
    pub(crate) fn replace_manifest(&mut self, manifest: Manifest, log: Option<Log>) -> Result<(), Error> {
        let Some(disk) = self.disk()? else { return Ok(()) };
        let end = log.as_ref().map_or(disk.log.end(), Log::end);
        fail::point("manifest.before")?;
        // From here on it is unknown which manifest is on the disk if something fails.
        let replaced = manifest
            .write(&disk.folder.manifest())
            .and_then(|()| fail::point("manifest.after"))
            .and_then(|()| disk.mark.set(manifest.log, end));
        if let Err(error) = replaced {
            return Err(self.break_off(error));
        }
        disk.manifest = manifest;
        if let Some(log) = log {
            disk.log = log;
            disk.seal_at = disk.log_bytes;
        }
        Ok(())
    }

    /// Reads every file of the collection and lists those that tell of one of these rows.
    pub(crate) fn prove_erased(&self, rows: usize, ids: &[String]) -> Result<Erasure, Error> {
        let mut erasure = Erasure { rows, ..Erasure::default() };
        let Some(disk) = &self.disk else { return Ok(erasure) };
        disk.folder.remove_others(&disk.files())?;
        for entry in &disk.manifest.segments {
            let path = disk.folder.segment(entry.number);
            segment_file::verify(&path, entry)?;
            let segment = segment_file::open(&path, entry, disk.manifest.settings.metric)?;
            for id in ids {
                if segment.find(id)?.is_some() {
                    erasure.remains.push(path.clone());
                    break;
                }
            }
            erasure.checked.push(path);
        }
        // Manifest, mark and graphs hold nothing of rows; the log is new and empty; nothing else may be there.
        let mut others = folder::entries(&disk.folder.0)?;
        others.retain(|path| !erasure.checked.contains(path));
        for path in others {
            let bytes = std::fs::metadata(&path).map_err(Error::io(&path, "reading the size"))?.len();
            let is_clean = path == disk.folder.manifest()
                || path == disk.folder.mark()
                || disk.manifest.segments.iter().any(|segment| path == disk.folder.graph(segment.number))
                || path == disk.folder.log(disk.manifest.log) && bytes == HEADER_BYTES as u64;
            if !is_clean {
                erasure.remains.push(path.clone());
            }
            erasure.checked.push(path);
        }
        Ok(erasure)
    }

    fn break_off(&mut self, error: Error) -> Error {
        self.refused = Some(format!("a write failed ({error}); mend that and open the store again"));
        self.disk = None;
        error
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Whoever wants to know whether this works calls `Store::close`.
        let _ = self.sync();
    }
}

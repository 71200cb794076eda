//! The one writer of a collection: log, durability, and what happens when a write fails.

use std::path::PathBuf;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::Batch;
use super::snapshot::Snapshot;
use crate::store::folder::{self, CollectionFolder};
use crate::store::format::HEADER_BYTES;
use crate::store::lock::Lock;
use crate::store::log::{AppendError, Log, MAX_PAYLOAD};
use crate::store::manifest::{Manifest, SegmentEntry, Settings};
use crate::store::mark::Mark;
use crate::store::segment_file;
use crate::{Durability, Error};

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

/// Length of the log from which rows move to segments.
const SEAL_AT_BYTES: u64 = 64 << 20;

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
    /// Length of the log at which the next seal is due.
    pub(crate) seal_at: u64,
}

impl Disk {
    pub(crate) fn new(
        folder: CollectionFolder,
        manifest: Manifest,
        log: Log,
        mark: Mark,
        durability: Durability,
    ) -> Self {
        Self { folder, manifest, log, mark, durability, _lock: None, is_dirty: false, seal_at: SEAL_AT_BYTES }
    }

    /// The same, holding the lock of the store.
    pub(crate) fn locked(self, lock: Arc<Lock>) -> Self {
        Self { _lock: Some(lock), ..self }
    }

    /// All files that the manifest names, and those derived from them.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let segments = self.manifest.segments.iter();
        segments
            .flat_map(|segment| [self.folder.segment(segment.number), self.folder.graph(segment.number)])
            .chain([self.folder.log(self.manifest.log)])
            .collect()
    }

    /// Writes what the next manifest will name.
    fn write_files(
        &self,
        state: &mut Snapshot,
        number: &mut u64,
        created: &mut Vec<PathBuf>,
    ) -> Result<(Manifest, Log), Error> {
        let mut next_path = |path: fn(&CollectionFolder, u64) -> PathBuf| {
            *number += 1;
            created.push(path(&self.folder, *number));
            (path(&self.folder, *number), *number)
        };
        for view in state.views.iter_mut().filter(|view| view.file.is_none()) {
            let (path, number) = next_path(CollectionFolder::segment);
            view.file = Some(segment_file::write(&path, number, &view.segment)?);
        }
        let segments = state.views.iter().filter_map(|view| {
            let live = view.live.as_ref().map(|live| RoaringBitmap::clone(live));
            Some(SegmentEntry { live, ..view.file.clone()? })
        });
        let segments = segments.collect();
        let first_sequence = self.log.end().sequence;
        let (path, log_number) = next_path(CollectionFolder::log);
        let log = Log::create(path, log_number, first_sequence)?;
        folder::sync(&self.folder.0)?;
        let settings = Settings { dim: state.dim, ..self.manifest.settings.clone() };
        Ok((Manifest { settings, segments, log: log_number, first_sequence }, log))
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
            Durability::OnClose => Ok(()),
        }
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

    /// Moves the trigger of the next seal away, after one failed.
    pub(crate) fn postpone_seal(&mut self) {
        if let Some(disk) = &mut self.disk {
            disk.seal_at = disk.log.end().length + SEAL_AT_BYTES;
        }
    }

    /// Writes the segments of a state that are in memory only to files, and starts a new log. The
    /// state must hold all that was logged. Returns it with its files.
    pub(crate) fn seal(&mut self, mut state: Snapshot) -> Result<Snapshot, Error> {
        self.check_open()?;
        let Some(disk) = &mut self.disk else { return Ok(state) };
        let mut number = disk.manifest.log;
        let mut created = Vec::new();
        let prepared = disk.write_files(&mut state, &mut number, &mut created);
        let (manifest, log) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                for path in &created {
                    let _ = folder::remove_file(path);
                }
                return Err(error);
            }
        };
        // From here on it is unknown which manifest is on the disk if something fails.
        let replaced =
            manifest.write(&disk.folder.manifest()).and_then(|()| disk.mark.set(manifest.log, log.end()));
        if let Err(error) = replaced {
            return Err(self.break_off(error));
        }
        disk.manifest = manifest;
        disk.log = log;
        disk.is_dirty = false;
        disk.seal_at = SEAL_AT_BYTES;
        // Files that are left over are removed when the store is opened the next time.
        let _ = disk.folder.remove_others(&disk.files());
        Ok(state)
    }

    /// Reads every file of the collection and lists those that tell of one of these rows.
    pub(crate) fn prove_erased(&self, rows: usize, ids: &[String]) -> Result<Erasure, Error> {
        let mut erasure = Erasure { rows, ..Erasure::default() };
        let Some(disk) = &self.disk else { return Ok(erasure) };
        disk.folder.remove_others(&disk.files())?;
        for entry in &disk.manifest.segments {
            let path = disk.folder.segment(entry.number);
            let segment = segment_file::read(&path, entry)?;
            if ids.iter().any(|id| segment.find(id).is_some()) {
                erasure.remains.push(path.clone());
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

//! The store: a folder of collections, with one writer and any number of readers.

pub(crate) mod buffer;
pub(crate) mod codec;
pub(crate) mod fail;
pub(crate) mod folder;
pub(crate) mod format;
pub(crate) mod graph_file;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod manifest;
pub(crate) mod mark;
pub(crate) mod merge;
pub(crate) mod open;
pub(crate) mod sections;
pub(crate) mod segment;
pub(crate) mod segment_file;
pub(crate) mod worker;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Error;
use crate::collection::snapshot::Snapshot;
use crate::collection::{Collection, CollectionConfig, Core, Writer};
use format::Kind;
use lock::Lock;
use worker::Worker;

/// When a write is durable.
///
/// Whatever is chosen, a batch is there whole or not at all, and a killed process loses nothing
/// that it acknowledged; the choice is about machines that lose power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// Every batch is on the disk before it is acknowledged.
    #[default]
    Each,
    /// As [`Durability::Each`], but batches of several threads become durable together: readers see
    /// a batch a moment before it is acknowledged.
    Group,
    /// Batches are on the disk after [`Store::flush`], [`Store::close`], or when the last handle is
    /// dropped. For bulk loads that can be repeated.
    OnClose,
}

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    pub(crate) durability: Durability,
    pub(crate) log_bytes: u64,
    access: Access,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { durability: Durability::default(), log_bytes: 64 << 20, access: Access::default() }
    }
}

/// Who may write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Access {
    #[default]
    Write,
    Read,
}

impl StoreOptions {
    /// Sets when a write is durable.
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets how long the log of a collection grows, in bytes, before its rows move to a segment
    /// (64 MiB if not set). Rows in the log are held in memory, and read when the store is opened.
    pub fn with_log_bytes(mut self, bytes: u64) -> Self {
        self.log_bytes = bytes;
        self
    }

    /// Opens the store for reading only: beside its writer, or from a folder that cannot be written.
    /// A collection shows what was acknowledged when it was opened.
    pub fn read_only(mut self) -> Self {
        self.access = Access::Read;
        self
    }
}

/// A folder of collections, or collections in memory. Cheap to clone.
///
/// One process at a time has a store open for writing; any number may read it.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Goes first, so that its thread has let go of the collections when they go.
    worker: Arc<Worker>,
    /// `None` for a store in memory.
    folder: Option<PathBuf>,
    options: StoreOptions,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Collections opened so far.
    open: BTreeMap<String, Arc<Core>>,
    /// Held by the store and its writers as long as one of them may write.
    lock: Option<Arc<Lock>>,
    is_closed: bool,
    recovered: Vec<String>,
}

/// What [`Store::verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Whether every byte is as it was written.
    pub ok: bool,
    /// What is wrong, each naming its file.
    pub problems: Vec<String>,
    /// What was mended since the store was opened: writes that a crash cut short before they were
    /// acknowledged.
    pub recovered: Vec<String>,
    /// Bytes that were read.
    pub bytes: u64,
}

const STORE: &str = "STORE";

impl Store {
    /// Opens a store for writing; makes it if there is none.
    ///
    /// # Errors
    /// [`Error::Locked`] if it is open for writing already, [`Error::NotAStore`] if the folder holds
    /// something else, [`Error::Version`] if a newer library made it, [`Error::Damaged`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(path, StoreOptions::default())
    }

    /// Opens a store with options.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(path: impl AsRef<Path>, options: StoreOptions) -> Result<Self, Error> {
        let path = path.as_ref();
        let lock = match options.access {
            Access::Read => None,
            Access::Write => Some(Arc::new(prepare(path)?)),
        };
        let header = path.join(STORE);
        match fs::read(&header) {
            Ok(bytes) => {
                format::check_header(&header, &bytes, Kind::Store, 0)?;
                if bytes.len() != format::HEADER_BYTES {
                    return Err(Error::damaged(&header, format::HEADER_BYTES as u64, "bytes follow its end"));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let problem = if path.exists() { "it has no STORE file" } else { "there is no such folder" };
                return Err(Error::NotAStore { path: path.to_path_buf(), problem: problem.into() });
            }
            Err(error) => return Err(Error::io(&header, "reading")(error)),
        }
        if lock.is_some() {
            open::remove_leftovers(path)?;
        }
        let state = Mutex::new(State { lock, ..State::default() });
        let worker = Arc::default();
        Ok(Self(Arc::new(Inner { worker, folder: Some(path.to_path_buf()), options, state })))
    }

    /// A store that lives in memory only.
    pub fn in_memory() -> Self {
        let (worker, options, state) = (Arc::default(), StoreOptions::default(), Mutex::default());
        Self(Arc::new(Inner { worker, folder: None, options, state }))
    }

    /// The folder; `None` for a store in memory.
    pub fn path(&self) -> Option<&Path> {
        self.0.folder.as_deref()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a collection; makes it if there is none and the store is open for writing.
    ///
    /// # Errors
    /// [`Error::Config`] if the collection has another dimension, metric or embedder;
    /// [`Error::Damaged`] names the file and the byte.
    pub fn collection(&self, name: &str, config: CollectionConfig) -> Result<Collection, Error> {
        let folder_name = folder::encode_name(name)?;
        let mut state = self.state();
        let worker = || Arc::clone(&self.0.worker);
        if let Some(core) = state.open.get(name) {
            return Collection::open(Arc::clone(core), worker(), config);
        }
        if state.is_closed {
            return Err(self.closed());
        }
        let core = match &self.0.folder {
            None => {
                let settings = config.settings(name)?;
                let snapshot = Snapshot::new(Vec::new(), settings.dim);
                Core::new(settings, snapshot, Writer::new(Path::new(":memory:").join(name), None))
            }
            Some(root) => {
                let folder = folder::CollectionFolder(root.join(folder_name));
                let is_writer = state.lock.is_some();
                if !folder.0.exists() {
                    if !is_writer {
                        return Err(Error::config(
                            "collection name",
                            "is not one of this store, which is open for reading only",
                            "use one of Store::collections",
                        ));
                    }
                    open::create(root, &folder, config.settings(name)?)?;
                }
                let (core, recovered) = open::open(folder, name, &self.0.options, state.lock.clone())?;
                state.recovered.extend(recovered);
                core
            }
        };
        let core = Arc::new(core);
        let collection = Collection::open(Arc::clone(&core), worker(), config)?;
        state.open.insert(name.to_owned(), core);
        Ok(collection)
    }

    /// Names of the collections, in order.
    pub fn collections(&self) -> Result<Vec<String>, Error> {
        match &self.0.folder {
            None => Ok(self.state().open.keys().cloned().collect()),
            Some(root) => open::names(root),
        }
    }

    /// Deletes a collection and its files. Returns whether there was one. Handles to it keep reading
    /// what they had and refuse writes.
    pub fn drop_collection(&self, name: &str) -> Result<bool, Error> {
        let folder_name = folder::encode_name(name)?;
        let mut state = self.state();
        let core = state.open.remove(name);
        if let Some(core) = &core {
            core.writer().refuse("the collection was dropped; make another");
        }
        let Some(root) = &self.0.folder else { return Ok(core.is_some()) };
        if state.lock.is_none() {
            return Err(self.closed());
        }
        open::remove(root, &folder_name)
    }

    /// Reads every byte of every file and lists what is not as it was written. Writers wait.
    pub fn verify(&self) -> Result<Report, Error> {
        let state = self.state();
        let mut report = Report { recovered: state.recovered.clone(), ..Report::default() };
        if let Some(root) = &self.0.folder {
            for name in open::names(root)? {
                // What is still in the page cache only is checked too; the mark must not move meanwhile.
                let core = state.open.get(&name);
                let _writer = core.map(|core| core.writer());
                let folder = folder::CollectionFolder(root.join(folder::encode_name(&name)?));
                open::verify(&folder, &name, &mut report);
                let behind = core.and_then(|core| core.maintenance.problem());
                report.problems.extend(behind.map(|why| format!("work in the background stopped: {why}")));
            }
        }
        report.ok = report.problems.is_empty();
        Ok(report)
    }

    /// Merges the segments of every collection into one and frees the space of deleted and replaced
    /// rows. Nobody has to call it: a thread of the store does this in steps.
    pub fn compact(&self) -> Result<(), Error> {
        for name in self.collections()? {
            self.collection(&name, CollectionConfig::default())?.compact()?;
        }
        Ok(())
    }

    /// Writes a copy of the store, as it is at this moment, to a new or empty folder, while it is
    /// being written. A store in memory becomes one on disk. The copy is compact, shares no file
    /// with the original, and is a store only when it is whole.
    pub fn snapshot(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let _lock = lock_new(path)?;
        let names = self.collections()?;
        let collections = names
            .iter()
            .map(|name| self.collection(name, CollectionConfig::default()))
            .collect::<Result<Vec<_>, _>>()?;
        // All writers pause for as long as it takes to look at each collection once.
        let states: Vec<_> = {
            let _writers: Vec<_> = collections.iter().map(|collection| collection.core().writer()).collect();
            collections.iter().map(|collection| collection.core().snapshot()).collect()
        };
        for ((name, collection), state) in names.iter().zip(&collections).zip(states) {
            let folder = folder::CollectionFolder(path.join(folder::encode_name(name)?));
            open::export(&folder, collection.core().settings.clone(), &state)?;
        }
        fail::point("snapshot.copied")?;
        folder::replace(&path.join(STORE), &format::header(Kind::Store, 0))
    }

    /// Makes everything written so far durable.
    pub fn flush(&self) -> Result<(), Error> {
        self.state().open.values().try_for_each(|core| core.writer().sync())
    }

    /// Makes everything durable and lets go of the store, so that another may write it. Handles keep
    /// reading what they had and refuse writes.
    pub fn close(&self) -> Result<(), Error> {
        self.0.worker.stop();
        let mut state = self.state();
        let closed: Vec<_> = state.open.values().map(|core| core.close()).collect();
        state.is_closed = true;
        state.lock = None;
        closed.into_iter().collect()
    }

    /// Bytes of all files.
    pub fn disk_bytes(&self) -> Result<u64, Error> {
        self.0.folder.as_deref().map_or(Ok(0), open::disk_bytes)
    }

    fn closed(&self) -> Error {
        let path = self.0.folder.clone().unwrap_or_else(|| PathBuf::from(":memory:"));
        Error::ReadOnly {
            path,
            reason: "it was closed or opened for reading only; open it for writing".into(),
        }
    }
}

/// Makes the folder of a store if there is none, and takes its lock.
fn prepare(path: &Path) -> Result<Lock, Error> {
    if path.join(STORE).exists() {
        return Lock::take(path);
    }
    let lock = lock_new(path)?;
    folder::replace(&path.join(STORE), &format::header(Kind::Store, 0))?;
    Ok(lock)
}

/// Makes the folder of a new store and takes its lock.
fn lock_new(path: &Path) -> Result<Lock, Error> {
    fs::create_dir_all(path).map_err(Error::io(path, "making the folder"))?;
    // A crash while a store was made leaves a lock and the beginning of a STORE file.
    let is_expected = |path: &PathBuf| path.ends_with(lock::NAME) || path.ends_with("STORE.new");
    if !folder::entries(path)?.iter().all(is_expected) {
        let problem = "it is not empty".to_owned();
        return Err(Error::NotAStore { path: path.to_path_buf(), problem });
    }
    Lock::take(path)
}

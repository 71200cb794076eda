//! What the handles of one collection share: what readers see, and the right to change it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::group::Group;
use super::maintenance::Maintenance;
use super::snapshot::Snapshot;
use super::writer::Writer;
use crate::Error;
use crate::store::folder::CollectionFolder;
use crate::store::manifest::Settings;

/// What the handles of one collection share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) settings: Settings,
    /// The files, if there are any.
    pub(super) folder: Option<CollectionFolder>,
    /// Whether another process may write them, and this one may not.
    pub(super) is_reader: bool,
    snapshot: ArcSwap<Snapshot>,
    writer: Mutex<Writer>,
    pub(super) group: Group,
    pub(crate) maintenance: Maintenance,
}

impl Core {
    pub(crate) fn new(settings: Settings, snapshot: Snapshot, writer: Writer) -> Self {
        Self {
            settings,
            folder: None,
            is_reader: false,
            snapshot: ArcSwap::from_pointee(snapshot),
            writer: Mutex::new(writer),
            group: Group::default(),
            maintenance: Maintenance::default(),
        }
    }

    /// A collection that another process may write.
    pub(crate) fn reading(settings: Settings, snapshot: Snapshot, folder: CollectionFolder) -> Self {
        let reason = "it was opened for reading only; open it for writing";
        let writer = Writer::refusing(folder.0.clone(), reason);
        Self { folder: Some(folder), is_reader: true, ..Self::new(settings, snapshot, writer) }
    }

    /// The same with the folder that its writer writes.
    pub(crate) fn writing(self, folder: CollectionFolder) -> Self {
        Self { folder: Some(folder), ..self }
    }

    pub(crate) fn has_files(&self) -> bool {
        self.folder.is_some()
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Lets readers see a state. Only whoever holds the writer may.
    pub(super) fn show(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    /// Whether there is work for the thread of the store.
    pub(crate) fn wants_maintenance(&self) -> bool {
        let snapshot = self.snapshot.load();
        !self.is_reader
            && !self.maintenance.rests()
            && (self.has_files() && (self.writer().wants_seal() || !snapshot.mergeable().is_empty())
                || snapshot.views.iter().any(|view| view.segment.wants_graph_work()))
    }

    /// The right to write. A panic of another writer leaves the collection as its last batch did,
    /// because the snapshot is replaced in one step.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what was written durable, and refuses all writes from now on.
    pub(crate) fn close(&self) -> Result<(), Error> {
        self.writer().close()
    }
}

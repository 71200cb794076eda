//! Graphs of large segments, built while the collection serves and takes writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use arc_swap::ArcSwap;

use super::snapshot::{Snapshot, View};
use crate::Metric;
use crate::store::folder::CollectionFolder;
use crate::store::graph_file;

/// Starts at most one thread for a collection.
#[derive(Debug, Default)]
pub(super) struct Indexer {
    is_running: Arc<AtomicBool>,
}

impl Indexer {
    /// Builds what is missing, in a thread that ends when nothing is. It holds neither the writer nor
    /// the store, so that both may go while it works.
    pub(super) fn start(
        &self,
        snapshot: &Arc<ArcSwap<Snapshot>>,
        metric: Metric,
        folder: Option<&CollectionFolder>,
    ) {
        if next(&snapshot.load()).is_none() || self.is_running.swap(true, Ordering::AcqRel) {
            return;
        }
        let (snapshot, is_running) = (Arc::downgrade(snapshot), Arc::clone(&self.is_running));
        let folder = folder.cloned();
        let started = thread::Builder::new().name("sting-indexer".into()).spawn(move || {
            loop {
                while let Some(view) = snapshot.upgrade().and_then(|snapshot| next(&snapshot.load())) {
                    build(&view, metric, folder.as_ref());
                }
                is_running.store(false, Ordering::Release);
                // A segment may have come between the last look and the line above.
                let is_missing = snapshot.upgrade().is_some_and(|snapshot| next(&snapshot.load()).is_some());
                if !is_missing || is_running.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
        });
        if started.is_err() {
            // Searches scan until another write tries again.
            self.is_running.store(false, Ordering::Release);
        }
    }
}

/// Builds all graphs that a state lacks, now.
pub(super) fn build_all(snapshot: &Snapshot, metric: Metric, folder: Option<&CollectionFolder>) {
    while let Some(view) = next(snapshot) {
        build(&view, metric, folder);
    }
}

fn build(view: &View, metric: Metric, folder: Option<&CollectionFolder>) {
    let graph = view.segment.build_graph(metric);
    if let (Some(folder), Some(file)) = (folder, &view.file) {
        // If this fails, or the segment is gone by now, the graph is built again when it is missed.
        let _ = graph_file::write(&folder.graph(file.number), file, graph);
    }
}

fn next(snapshot: &Snapshot) -> Option<View> {
    snapshot.views.iter().find(|view| view.segment.wants_graph()).cloned()
}

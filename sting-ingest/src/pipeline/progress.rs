//! How far a run is, and how long its stages took.

use crate::manifest::StageStats;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

/// How far a run is. Counts are of documents, but for `chunked` and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The stage at which the run is: `list`, `read`, `embed`, `write`, `commit` or `done`.
    pub stage: &'static str,
    /// Documents that the source listed.
    pub listed: usize,
    /// Documents that were read.
    pub read: usize,
    /// Documents whose text was extracted.
    pub extracted: usize,
    /// Documents that were scrubbed.
    pub scrubbed: usize,
    /// Chunks that were cut.
    pub chunked: usize,
    /// Chunks that were embedded.
    pub embedded: usize,
    /// Chunks that were written.
    pub written: usize,
    /// Documents that had not changed, or are of kinds that are not read.
    pub skipped: usize,
    /// Documents that could not be read.
    pub failed: usize,
    /// Bytes that were read.
    pub bytes: u64,
    /// Scrubbed name of the document last finished.
    pub current: String,
}

/// A stage of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    List,
    Read,
    Extract,
    Scrub,
    Chunk,
    Embed,
    Write,
}

const NAMES: [&str; 7] = ["list", "read", "extract", "scrub", "chunk", "embed", "write"];

/// What the stages did, counted from any thread.
#[derive(Debug, Default)]
pub(super) struct Stages([Counter; 7]);

#[derive(Debug, Default)]
struct Counter {
    items: AtomicUsize,
    bytes: AtomicU64,
    nanos: AtomicU64,
}

impl Stages {
    /// Does some work of a stage, and counts its time.
    pub(super) fn time<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.0[stage as usize].nanos.fetch_add(start.elapsed().as_nanos() as u64, Relaxed);
        done
    }

    /// Counts what a stage worked on.
    pub(super) fn count(&self, stage: Stage, items: usize, bytes: usize) {
        self.0[stage as usize].items.fetch_add(items, Relaxed);
        self.0[stage as usize].bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn items(&self, stage: Stage) -> usize {
        self.0[stage as usize].items.load(Relaxed)
    }

    pub(super) fn bytes(&self, stage: Stage) -> u64 {
        self.0[stage as usize].bytes.load(Relaxed)
    }

    pub(super) fn stats(&self) -> Vec<StageStats> {
        let stats = |(name, counter): (&&str, &Counter)| StageStats {
            name: (*name).to_owned(),
            items: counter.items.load(Relaxed),
            bytes: counter.bytes.load(Relaxed),
            seconds: counter.nanos.load(Relaxed) as f64 / 1e9,
        };
        NAMES.iter().zip(&self.0).map(stats).collect()
    }
}

//! Running the ingest pipeline with progress on the terminal.

use crate::Error;
use crate::demo::figures::{bytes, count};
use indicatif::ProgressBar;
use std::path::PathBuf;
use std::sync::Arc;
use sting_core::model::Embedder;
use sting_ingest::{Comb, Manifest, Pipeline, PipelineConfig, Progress, RunOptions};
use sting_pii::{Key, Scrubber};
use sting_vector::Store;

/// What to ingest, and where to.
pub(crate) struct Job<'a> {
    /// The source.
    pub(crate) comb: Comb,
    /// The store.
    pub(crate) store: &'a Store,
    /// Its collection, which also names the jar.
    pub(crate) jar: &'a str,
    /// Folder for Parquet and manifests.
    pub(crate) out: Option<PathBuf>,
    /// Folder for the memory of what was read.
    pub(crate) state: Option<PathBuf>,
    /// Takes private data out.
    pub(crate) scrubber: Scrubber,
    /// Key of field rules that hash.
    pub(crate) key: Option<Key>,
    /// Makes vectors.
    pub(crate) embedder: Arc<dyn Embedder>,
}

/// Reads what is new or has changed, and writes it.
pub(crate) fn ingest(job: Job<'_>, bar: &ProgressBar) -> Result<Manifest, Error> {
    let mut config =
        PipelineConfig::for_comb(&job.comb)?.with_scrubber(job.scrubber).with_embedder(job.embedder);
    if let Some(key) = job.key {
        config = config.with_key(key);
    }
    let show = |progress: &Progress| {
        bar.set_message(format!(
            "{}: {} of {} read ({}), {} chunks embedded  {}",
            progress.stage,
            count((progress.read + progress.skipped) as u64),
            count(progress.listed as u64),
            bytes(progress.bytes),
            count(progress.embedded as u64),
            progress.current,
        ));
        bar.tick();
    };
    let options = RunOptions {
        store: Some(job.store),
        collection: Some(job.jar.to_owned()),
        jar: Some(job.jar.to_owned()),
        out: job.out,
        state: job.state,
        on_progress: Some(&show),
        ..RunOptions::default()
    };
    Ok(Pipeline::new(config).run(&job.comb, options)?)
}

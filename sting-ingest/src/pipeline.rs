//! From a comb to rows: list, read, extract, scrub, chunk, embed, write, commit.

mod chunking;
mod document;
mod progress;
mod run;

pub use progress::Progress;

use crate::comb::Comb;
use crate::manifest::Manifest;
use crate::scrub::Policy;
use crate::{Error, Limits};
use chunking::Chunkers;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use sting_core::chunk::{ChunkConfig, Chunker};
use sting_core::model::Embedder;
use sting_pii::{Key, ScrubConfig, Scrubber};
use sting_vector::Store;

/// What a [`Pipeline`] is made of.
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    /// Takes private data out.
    pub scrubber: Scrubber,
    /// Cuts texts. With [`ChunkKind::Auto`](sting_core::chunk::ChunkKind::Auto) each part of a
    /// document is cut as what it was found to be.
    pub chunker: Chunker,
    /// Embeds chunks; without one they are found by words alone.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// How much of one document is read.
    pub limits: Limits,
    /// Key of field rules that hash.
    pub key: Option<Key>,
}

impl PipelineConfig {
    /// A scrubber with the comb's profile, the default chunker and no model.
    ///
    /// # Errors
    /// Fails if there is no such profile.
    pub fn for_comb(comb: &Comb) -> Result<Self, Error> {
        let profile = comb.scrubbing.profile.as_deref().unwrap_or("default");
        Ok(Self {
            scrubber: Scrubber::new(ScrubConfig::default().with_profile(profile))?,
            chunker: Chunker::new(ChunkConfig::default())?,
            embedder: None,
            limits: Limits::default(),
            key: None,
        })
    }

    /// Sets the scrubber.
    pub fn with_scrubber(mut self, scrubber: Scrubber) -> Self {
        self.scrubber = scrubber;
        self
    }

    /// Sets the chunker.
    pub fn with_chunker(mut self, chunker: Chunker) -> Self {
        self.chunker = chunker;
        self
    }

    /// Sets the model.
    pub fn with_embedder(mut self, embedder: Arc<dyn Embedder>) -> Self {
        self.embedder = Some(embedder);
        self
    }

    /// Sets how much of one document is read.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the key of field rules that hash.
    pub fn with_key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }
}

/// Where the rows of a run go, and who watches it.
#[derive(Default)]
pub struct RunOptions<'a> {
    /// The store that chunks are indexed in.
    pub store: Option<&'a Store>,
    /// Its collection; `documents` if not set.
    pub collection: Option<String>,
    /// What rows are filed under; the comb's name if not set.
    pub jar: Option<String>,
    /// The folder that Parquet, manifests and the ledger are written to.
    pub out: Option<PathBuf>,
    /// The folder of the ledger and manifests, if not `out`. Without either it is the store's folder
    /// with `-ingest` after its name; a run into memory alone remembers nothing.
    pub state: Option<PathBuf>,
    /// Is told how far the run is, after every few documents.
    pub on_progress: Option<&'a dyn Fn(&Progress)>,
    /// Set it to true to cancel. What is finished by then is committed.
    pub cancel: Option<Arc<AtomicBool>>,
}

impl std::fmt::Debug for RunOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("RunOptions");
        debug.field("collection", &self.collection).field("jar", &self.jar);
        debug.field("out", &self.out).field("state", &self.state).finish_non_exhaustive()
    }
}

/// Runs combs.
///
/// Documents are read, extracted, scrubbed and cut on all threads, a few megabytes at a time, and
/// written in the order of their names. Only scrubbed text reaches the model, the store, Parquet, the
/// ledger, the manifest and the progress callback. A run that is killed is taken up by the next one:
/// nothing is lost, nothing is there twice.
///
/// Memory: about five times 16 MiB of documents, or of the largest one if that is larger.
#[derive(Clone, Debug)]
pub struct Pipeline {
    config: PipelineConfig,
    chunkers: Chunkers,
}

impl Pipeline {
    /// A pipeline of these parts.
    pub fn new(config: PipelineConfig) -> Self {
        Self { chunkers: Chunkers::new(&config.chunker), config }
    }

    /// Reads what is new or has changed, writes it, and takes out what is gone.
    ///
    /// Documents that cannot be read are listed in the manifest and do not end the run.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Config`] if the comb asks for another profile than the
    /// scrubber has; [`Error::Io`] if the source itself cannot be read; whatever the scrubber, the
    /// model, the store or the disk of the output reports. What was stored before stays readable,
    /// and the next run goes on from there.
    pub fn run(&self, comb: &Comb, options: RunOptions<'_>) -> Result<Manifest, Error> {
        if let Some(profile) = &comb.scrubbing.profile
            && comb.scrubbing.waiver.is_none()
            && profile != self.config.scrubber.profile()
        {
            return Err(Error::config(
                "comb.scrubbing.profile_id",
                format!("is {profile:?}, and the scrubber's is {:?}", self.config.scrubber.profile()),
                "build the scrubber with the comb's profile",
            ));
        }
        let policy = Policy {
            scrubber: self.config.scrubber.clone(),
            rules: comb.scrubbing.rules.clone(),
            key: self.config.key.clone(),
            waiver: comb.scrubbing.waiver.clone(),
        };
        policy.check()?;
        run::Run::new(self, comb, policy, options)?.go()
    }
}

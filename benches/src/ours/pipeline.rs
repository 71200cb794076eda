use std::path::PathBuf;
use std::sync::Arc;

use sting_ingest::{Comb, Manifest, Pipeline, PipelineConfig, RunOptions};
use sting_vector::Store;

use crate::facts;
use crate::job::{Engine, Failure, Job};

/// A first run into a store on disk, with the built-in embedder: everything is read, nothing is reused.
pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let comb = Comb::folder(&job.input)?;
    let config = PipelineConfig::for_comb(&comb)?.with_embedder(Arc::new(sting_vector::builtin()));
    let pipeline = Pipeline::new(config);
    let folder = Scratch::new(&job.input)?;
    let ingest = move || -> Result<Manifest, Failure> {
        folder.clear()?;
        let store = Store::open(folder.0.join("store"))?;
        let options =
            RunOptions { store: Some(&store), state: Some(folder.0.join("state")), ..RunOptions::default() };
        let manifest = pipeline.run(&comb, options)?;
        store.close()?;
        Ok(manifest)
    };
    let manifest = ingest()?;
    let mut facts = facts! {
        "documents": manifest.documents.new, "failed": manifest.documents.failed, "chunks": manifest.chunks.total,
    };
    for stage in &manifest.stages {
        if stage.bytes > 0 {
            let rate = stage.bytes as f64 / 1e6 / stage.seconds.max(1e-9);
            facts.insert(format!("{} MB/s", stage.name), format!("{rate:.1}").into());
        }
    }
    let amount = manifest.stages.iter().find(|stage| stage.name == "read").map_or(0, |stage| stage.bytes);
    let run = move || ingest().map(drop);
    Ok(Engine { amount: amount as f64, run: Box::new(run), facts, version: super::VERSION })
}

/// A folder beside the input, so that it is on a real disk; gone with the engine.
struct Scratch(PathBuf);

impl Scratch {
    fn new(input: &std::path::Path) -> Result<Self, Failure> {
        let scratch = Self(input.with_extension(format!("scratch-{}", std::process::id())));
        scratch.clear()?;
        Ok(scratch)
    }

    fn clear(&self) -> Result<(), Failure> {
        if self.0.exists() {
            std::fs::remove_dir_all(&self.0)?;
        }
        Ok(std::fs::create_dir_all(&self.0)?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = self.clear().and_then(|()| Ok(std::fs::remove_dir(&self.0)?));
    }
}

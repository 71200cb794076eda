use super::options::{Treatment, embedder};
use crate::Error;
use crate::demo::figures::{bytes, count, plural, seconds};
use crate::pipeline::{Job, ingest};
use crate::terminal::{Out, progress};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use sting_ingest::{Comb, Manifest};
use sting_vector::Store;

/// Scrub, chunk, embed and index a folder
///
/// Running it again reads only what has changed. What was read is remembered beside the store, in a
/// folder of its name with `-ingest` after it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting index docs --store index
  sting index docs --store index --jar handbook --model all-MiniLM-L6-v2
  sting search 'travel expenses' --store index")]
pub struct Index {
    /// Folder, or a file
    dir: PathBuf,
    /// Folder of the store; made if there is none
    #[arg(long, value_name = "PATH")]
    store: PathBuf,
    /// Collection to write to
    #[arg(long, value_name = "NAME", default_value = "documents")]
    jar: String,
    /// Folder of a sentence-transformers model; the built-in model if absent
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    #[command(flatten)]
    treatment: Treatment,
    /// Write the manifest as one JSON object
    #[arg(long)]
    json: bool,
}

impl Index {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let comb = Comb::folder(&self.dir)?;
        let mut memory = self.store.clone().into_os_string();
        memory.push("-ingest");
        let job = Job {
            // Each folder has a memory of its own: what is gone from one is not gone from another.
            state: Some(PathBuf::from(memory).join(&self.jar).join(&comb.name)),
            comb,
            scrubber: self.treatment.scrubber()?,
            key: None,
            embedder: embedder(self.model.as_deref())?,
            store: &Store::open(&self.store)?,
            jar: &self.jar,
            out: None,
        };
        let bar = progress("index");
        let manifest = ingest(job, &bar);
        bar.finish_and_clear();
        report(&manifest?, self.json, out)
    }
}

/// Says what a run did; an error if a document failed.
pub(super) fn report(manifest: &Manifest, json: bool, out: &mut Out) -> Result<(), Error> {
    let documents = &manifest.documents;
    if json {
        out.json(manifest)?;
    } else {
        let read: u64 =
            manifest.stages.iter().filter(|stage| stage.name == "read").map(|stage| stage.bytes).sum();
        let busy: f64 = manifest.stages.iter().map(|stage| stage.seconds).sum();
        let counts: [(usize, &str); 6] = [
            (documents.new, "new"),
            (documents.changed, "changed"),
            (documents.unchanged, "unchanged"),
            (documents.deleted, "deleted"),
            (documents.skipped, "skipped"),
            (documents.failed, "failed"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{} {what}", count(*number as u64)))
            .collect();
        writeln!(
            out,
            "documents  {}",
            if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
        )?;
        writeln!(out, "read       {}, {} of work", bytes(read), seconds(busy))?;
        for (kind, actions) in &manifest.findings {
            for (action, number) in actions {
                writeln!(out, "found      {} {kind}: {action}", count(*number as u64))?;
            }
        }
        let chunks = &manifest.chunks;
        let (removed, embedded) = (count(chunks.removed as u64), count(chunks.embedded as u64));
        writeln!(out, "chunks     {}, {embedded} embedded, {removed} removed", count(chunks.total as u64))?;
        for gap in &manifest.gaps {
            writeln!(out, "not read   {}, {}: {}", gap.document, gap.gap.part, gap.gap.reason)?;
        }
        for one in &manifest.quarantined {
            writeln!(out, "not read   {}: {}", one.name, one.reason)?;
        }
    }
    match documents.failed {
        0 => Ok(()),
        failed => Err(Error::Incomplete {
            problem: format!("{} could not be read", plural(failed as u64, "document")),
            hint: "each is named under `not read`; the others are done",
        }),
    }
}

use crate::Error;
use crate::demo::figures::{bytes, plural};
use crate::terminal::Out;
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use sting_vector::{Store, StoreOptions};

/// Check every byte of a store, or of the files of a manifest
///
/// A manifest is checked against the files that it lists and against the manifests before it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting verify index
  sting verify out/manifest.json --json")]
pub struct Verify {
    /// Folder of a store, or a manifest, or the folder that holds one
    path: PathBuf,
    /// Write the result as one JSON object
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let is_manifest = self.path.is_file() || self.path.join("manifest.json").is_file();
        let (what, problems, recovered) = if is_manifest {
            let report = sting_ingest::verify_manifest(&self.path)?;
            (plural(report.checked as u64, "file"), report.problems, Vec::new())
        } else {
            let report = Store::open_with(&self.path, StoreOptions::default().read_only())?.verify()?;
            (bytes(report.bytes), report.problems, report.recovered)
        };
        if self.json {
            out.json(&json!({"ok": problems.is_empty(), "checked": what, "problems": problems, "recovered": recovered}))?;
        } else {
            for note in &recovered {
                writeln!(out, "recovered: {note}")?;
            }
            for problem in &problems {
                writeln!(out, "problem: {problem}")?;
            }
            writeln!(
                out,
                "{}: {what} checked, {}",
                self.path.display(),
                plural(problems.len() as u64, "problem")
            )?;
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::Incomplete {
            problem: format!("{}: not as it was written", self.path.display()),
            hint: "restore the files named above from a backup or a snapshot",
        })
    }
}

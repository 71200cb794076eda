//! The account of a run: what was read, what was found, what was written, what was left out.

use crate::Error;
use crate::scrub::Tally;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use sting_core::{Gap, Scrubbed, Waiver};

/// File name of the newest manifest of a folder.
pub(crate) const NEWEST: &str = "manifest.json";
/// Folder of all manifests.
const ALL: &str = "manifests";

/// The account of a run. Each one names the hash of the one before it, so that none can be changed
/// or left out unseen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// Format of this file.
    pub version: u32,
    /// The run. Runs from the same state over the same configuration have the same id.
    pub run_id: String,
    /// Number of the run in this folder, from 1.
    pub sequence: u64,
    /// BLAKE3 of the manifest before this one.
    pub previous: Option<String>,
    /// Name of the comb.
    pub comb: String,
    /// When the run began, in UTC.
    pub started_at: String,
    /// When it ended.
    pub completed_at: String,
    /// `completed` or `cancelled`.
    pub status: String,
    /// Hashes and names of everything that decides the output.
    pub config: Config,
    /// Documents by what became of them.
    pub documents: DocumentCounts,
    /// Findings of this run by kind and action.
    pub findings: Tally,
    /// Chunks of this run.
    pub chunks: ChunkCounts,
    /// What each stage did, in order.
    pub stages: Vec<StageStats>,
    /// Documents that are not read as long as they stay as they are, with the reason.
    pub quarantined: Vec<Quarantined>,
    /// Parts of documents read in this run that were not read.
    pub gaps: Vec<DocumentGap>,
    /// Live Parquet files, those of earlier runs included.
    pub files: Vec<OutputFile>,
    /// Decisions that documents may pass as they are.
    pub waivers: Vec<Waiver>,
}

/// What decides the output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Version of this crate.
    pub sting_ingest: String,
    /// Name of the scrubbing profile; empty under a waiver.
    pub profile: String,
    /// Hash of the scrubber's configuration.
    pub scrubber: String,
    /// Hash of the chunker's configuration.
    pub chunker: String,
    /// Id of the embedding model; empty if there is none.
    pub embedder: String,
}

/// Documents by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentCounts {
    /// Documents that the source listed.
    pub listed: usize,
    /// Read for the first time.
    pub new: usize,
    /// Read again, because they changed.
    pub changed: usize,
    /// Left as they are.
    pub unchanged: usize,
    /// Gone from the source, and taken out.
    pub deleted: usize,
    /// Of kinds that are not read.
    pub skipped: usize,
    /// Damaged or unreadable.
    pub failed: usize,
}

/// Chunks of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkCounts {
    /// Of documents that were read.
    pub total: usize,
    /// Embedded in this run.
    pub embedded: usize,
    /// Already there, with the same content.
    pub reused: usize,
    /// Taken out, because they are gone from their documents or their documents are gone.
    pub removed: usize,
}

/// What a stage did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageStats {
    /// `list`, `read`, `extract`, `scrub`, `chunk`, `embed`, `write`.
    pub name: String,
    /// Documents, or chunks from `chunk` on.
    pub items: usize,
    /// Bytes that went in.
    pub bytes: u64,
    /// Time it took, summed over threads.
    pub seconds: f64,
}

/// A document that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quarantined {
    /// Its scrubbed name.
    pub name: String,
    /// Code of the error: `unsupported`, `damaged`, `limit`, `source`, ...
    pub code: String,
    /// Why, scrubbed.
    pub reason: String,
}

impl Quarantined {
    /// Only scrubbed words come in here.
    pub(crate) fn new(name: Scrubbed<String>, code: &str, reason: Scrubbed<String>) -> Self {
        Self { name: name.into_inner(), code: code.into(), reason: reason.into_inner() }
    }
}

/// A part of a document that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentGap {
    /// Scrubbed name of the document.
    pub document: String,
    /// The part and the reason.
    #[serde(flatten)]
    pub gap: Gap,
}

/// A Parquet file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    /// Path from the output folder on.
    pub path: String,
    /// BLAKE3 of its bytes.
    pub blake3: String,
    /// Rows in it.
    pub rows: u64,
    /// Bytes in it.
    pub bytes: u64,
}

/// What [`verify_manifest`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// True if there is no problem.
    pub ok: bool,
    /// Files and manifests that were checked.
    pub checked: usize,
    /// What is wrong, file by file.
    pub problems: Vec<String>,
}

impl Manifest {
    /// The newest manifest of a folder, with the hash of its bytes.
    pub(crate) fn newest(folder: &Path) -> Result<Option<(Self, String)>, Error> {
        let path = folder.join(NEWEST);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("reading the manifest failed", &path)(error)),
        };
        Ok(Some((parse(&path, &bytes)?, hash(&bytes))))
    }

    /// Puts the manifest in place: beside all others, and then, in one step, as the newest.
    pub(crate) fn publish(&self, folder: &Path) -> Result<(), Error> {
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        let all = folder.join(ALL);
        std::fs::create_dir_all(&all).map_err(Error::io("making the folder failed", &all))?;
        write_whole(&all.join(format!("{:08}.json", self.sequence)), &[&bytes])?;
        write_whole(&folder.join(NEWEST), &[bytes])
    }
}

/// Checks a manifest against the files that it lists, and all manifests before it against each
/// other. `path` is a manifest or the folder that holds it.
///
/// # Errors
/// Only if the manifest itself cannot be read; what is wrong with files is in the report.
pub fn verify_manifest(path: impl AsRef<Path>) -> Result<Report, Error> {
    let path = path.as_ref();
    let path = if path.is_dir() { path.join(NEWEST) } else { path.to_owned() };
    let bytes = std::fs::read(&path).map_err(Error::io("reading the manifest failed", &path))?;
    let manifest = parse(&path, &bytes)?;
    let folder = folder_of(&path);
    let mut report = Report { checked: 1, ..Report::default() };
    for file in &manifest.files {
        report.checked += 1;
        match hash_file(&folder.join(&file.path)) {
            Ok((found, _)) if found == file.blake3 => {}
            Ok(_) => {
                report.problems.push(format!("{}: its bytes are not those that were written", file.path));
            }
            Err(error) => report.problems.push(format!("{}: {}", file.path, error.kind())),
        }
    }
    let listed: BTreeSet<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    if listed.len() != manifest.files.len() {
        report.problems.push("a file is listed twice".into());
    }
    let (mut previous, mut sequence) = (manifest.previous.clone(), manifest.sequence);
    while let Some(expected) = previous {
        sequence = sequence.saturating_sub(1);
        let name = format!("{ALL}/{sequence:08}.json");
        let Ok(bytes) = std::fs::read(folder.join(&name)) else {
            report.problems.push(format!("{name}: is missing"));
            break;
        };
        report.checked += 1;
        if hash(&bytes) != expected {
            report.problems.push(format!("{name}: is not what the manifest after it says"));
            break;
        }
        previous = parse(&folder.join(&name), &bytes)?.previous;
    }
    report.ok = report.problems.is_empty();
    Ok(report)
}

/// The folder that paths in a manifest start from.
fn folder_of(path: &Path) -> PathBuf {
    let folder = path.parent().unwrap_or(Path::new("."));
    match folder.file_name() {
        Some(name) if name == ALL => folder.parent().unwrap_or(Path::new(".")).to_owned(),
        _ => folder.to_owned(),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Manifest, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::State {
        path: path.to_owned(),
        problem: format!("is not a manifest at line {}", error.line()),
        mend: "restore it from a backup".into(),
    })
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// BLAKE3 and length of a file.
pub(crate) fn hash_file(path: &Path) -> std::io::Result<(String, u64)> {
    let (mut file, mut hasher, mut buffer, mut bytes) =
        (File::open(path)?, blake3::Hasher::new(), vec![0; 1 << 16], 0);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok((hasher.finalize().to_hex().to_string(), bytes));
        }
        hasher.update(&buffer[..n]);
        bytes += n as u64;
    }
}

/// Writes a file of these pieces so that it is there whole or not at all.
pub(crate) fn write_whole<B: AsRef<[u8]>>(path: &Path, pieces: &[B]) -> Result<(), Error> {
    let staged = path.with_extension("tmp");
    let write = || {
        let mut file = File::create(&staged)?;
        for piece in pieces {
            file.write_all(piece.as_ref())?;
        }
        file.sync_all()?;
        std::fs::rename(&staged, path)?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))
    };
    write().map_err(Error::io("writing failed", path))
}

/// Makes renames in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

use super::index::report;
use super::options::embedder;
use crate::Error;
use crate::pipeline::{Job, ingest};
use crate::terminal::{Out, progress};
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;
use sting_ingest::Comb;
use sting_pii::{Key, ScrubConfig, Scrubber};
use sting_vector::Store;

/// Run a comb: a source, how to scrub it, where to put it
///
/// Chunks go to the store and, as Parquet with a manifest, to the output folder. `${NAME}` in the comb
/// is taken from --set, then from the environment.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting run docs.json --store index --out out
  sting run docs.yml --store index --out out --set ROOT=/srv/docs --json
  sting verify out/manifest.json")]
pub struct Run {
    /// The comb, JSON or YAML
    comb: PathBuf,
    /// Folder of the store; made if there is none
    #[arg(long, value_name = "PATH")]
    store: PathBuf,
    /// Folder for Parquet files, manifests and the memory of what was read
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Collection to write to
    #[arg(long, value_name = "NAME", default_value = "documents")]
    jar: String,
    /// Folder of a sentence-transformers model; the built-in model if absent
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// File with the key for hashes, at least 16 bytes
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Value for `${NAME}` in the comb; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Write the manifest as one JSON object
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let mut variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        variables.extend(self.variables);
        let comb = Comb::load_with(&self.comb, &variables)?;
        let key = match &self.key_file {
            Some(path) => Some(Key::new(std::fs::read(path).map_err(Error::io("reading", path))?)?),
            None => None,
        };
        let mut config =
            ScrubConfig::default().with_profile(comb.scrubbing.profile.as_deref().unwrap_or("default"));
        if let Some(key) = &key {
            config = config.with_key(key.clone());
        }
        let job = Job {
            comb,
            scrubber: Scrubber::new(config)?,
            key,
            embedder: embedder(self.model.as_deref())?,
            store: &Store::open(&self.store)?,
            jar: &self.jar,
            out: Some(self.out),
            state: None,
        };
        let bar = progress("run");
        let manifest = ingest(job, &bar);
        bar.finish_and_clear();
        report(&manifest?, self.json, out)
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

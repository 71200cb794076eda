use super::options::embedder;
use crate::Error;
use crate::demo::figures::count;
use crate::terminal::{Out, open, progress};
use clap::Args;
use indicatif::ProgressBar;
use serde_json::json;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use sting_core::model::Embedder;
use sting_vector::embed::empty_rows;

/// Lines that are embedded at a time.
const BATCH: usize = 64;

/// Turn lines of text into vectors
///
/// Reads lines from standard input and writes one JSON object a line: index, vector, and `"empty": true` where
/// there was nothing to embed and the vector is zero. The texts are taken as they are; scrub them first if they hold
/// private data.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printf 'a cat\\na dog\\n' | sting embed > vectors.jsonl
  sting scrub notes.txt | sting embed --model all-MiniLM-L6-v2 > vectors.jsonl")]
pub struct Embed {
    /// Folder of a sentence-transformers model; the built-in model if absent
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
}

impl Embed {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let embedder = embedder(self.model.as_deref())?;
        let bar = progress("embed");
        let done = embed(&*embedder, &bar, out);
        bar.finish_and_clear();
        done
    }
}

fn embed(embedder: &dyn Embedder, bar: &ProgressBar, out: &mut Out) -> Result<(), Error> {
    let mut lines = open(Path::new("-"))?;
    let mut index = 0;
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH
            && let Some(line) = next_line(&mut lines, index + batch.len())?
        {
            batch.push(line);
        }
        if batch.is_empty() {
            return Ok(());
        }
        let texts: Vec<&str> = batch.iter().map(String::as_str).collect();
        let vectors = embedder.embed(&texts)?;
        let mut empty = empty_rows(&vectors, embedder.dim()).peekable();
        for (row, vector) in vectors.chunks_exact(embedder.dim()).enumerate() {
            let mut line = json!({"index": index + row, "vector": vector});
            if empty.next_if_eq(&row).is_some() {
                line["empty"] = true.into();
            }
            out.json(&line)?;
        }
        index += batch.len();
        bar.set_message(format!("{} lines embedded", count(index as u64)));
    }
}

fn next_line(lines: &mut impl BufRead, index: usize) -> Result<Option<String>, Error> {
    let mut bytes = Vec::new();
    lines.read_until(b'\n', &mut bytes).map_err(Error::io("reading", Path::new("-")))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    String::from_utf8(bytes).map(Some).map_err(|error| Error::NotUtf8 {
        name: format!("line {} of standard input", index + 1),
        offset: error.utf8_error().valid_up_to(),
    })
}

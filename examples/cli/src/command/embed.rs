use super::options::embedder;
use crate::Error;
use crate::terminal::{Out, open};
use clap::Args;
use serde_json::json;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use sting_core::model::Embedder;

/// Lines that are embedded at a time.
const BATCH: usize = 64;

/// Turn lines of text into vectors
///
/// Reads lines from standard input and writes one JSON object a line: index, vector. The texts are
/// taken as they are; scrub them first if they hold private data.
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
        let mut lines = open(Path::new("-"))?;
        let (mut batch, mut index) = (Vec::with_capacity(BATCH), 0);
        while let Some(line) = next_line(&mut lines, index + batch.len())? {
            batch.push(line);
            if batch.len() == BATCH {
                write(&*embedder, &mut batch, &mut index, out)?;
            }
        }
        write(&*embedder, &mut batch, &mut index, out)
    }
}

fn write(
    embedder: &dyn Embedder,
    batch: &mut Vec<String>,
    index: &mut usize,
    out: &mut Out,
) -> Result<(), Error> {
    let texts: Vec<&str> = batch.iter().map(String::as_str).collect();
    let vectors = if texts.is_empty() { Vec::new() } else { embedder.embed(&texts)? };
    for vector in vectors.chunks_exact(embedder.dim()) {
        out.json(&json!({"index": index, "vector": vector}))?;
        *index += 1;
    }
    batch.clear();
    Ok(())
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

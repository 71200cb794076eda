use crate::Error;
use crate::terminal::{Input, Out};
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sting_core::chunk::{ChunkConfig, ChunkKind, Chunker, SizeUnit};
use sting_core::offset::{Offsets, Unit};
use sting_vector::embed::load_tokenizer;

/// Cut a text into chunks
///
/// Every byte of the text is in a chunk, and no chunk is larger than asked for.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting chunk README.md
  sting chunk book.txt --max-size 256 --unit tokens --tokenizer all-MiniLM-L6-v2 --json
  curl -s https://example.com/notes.txt | sting chunk - --max-size 500 --overlap 50 --json")]
pub struct Chunk {
    /// Text to cut; `-` is standard input
    file: PathBuf,
    /// What the text is: auto, text, markdown, html, json, log or table
    #[arg(long, value_name = "KIND", default_value = "auto")]
    kind: ChunkKind,
    /// Largest size of a chunk
    #[arg(long, value_name = "N", default_value_t = 1000)]
    max_size: usize,
    /// What a size counts: chars, bytes, words or tokens
    #[arg(long, value_name = "UNIT", default_value = "chars")]
    unit: SizeUnit,
    /// How much of the chunk before is repeated
    #[arg(long, value_name = "N", default_value_t = 0)]
    overlap: usize,
    /// tokenizer.json, vocab.txt or model folder that defines tokens
    #[arg(long, value_name = "PATH")]
    tokenizer: Option<PathBuf>,
    /// Write one JSON object a chunk: index, start, end (code points), size, id, heading, prefix, text
    #[arg(long)]
    json: bool,
}

impl Chunk {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let config = ChunkConfig::default()
            .with_kind(self.kind)
            .with_max_size(self.max_size)
            .with_unit(self.unit)
            .with_overlap(self.overlap);
        let chunker = match &self.tokenizer {
            Some(path) => Chunker::with_tokenizer(config, Arc::new(load_tokenizer(path)?))?,
            None => Chunker::new(config)?,
        };
        let Input { text, .. } = Input::read(Path::new(&self.file))?;
        let offsets = Offsets::new(&text, Unit::CodePoints);
        for chunk in chunker.chunk(&text) {
            let span = offsets.span(chunk.span);
            let heading: Vec<&str> = chunk.heading.iter().map(AsRef::as_ref).collect();
            if self.json {
                out.json(
                    &json!({"index": chunk.index, "start": span.start, "end": span.end, "size": chunk.size,
                    "id": chunk.id(&text), "heading": heading, "prefix": chunk.prefix.as_deref(), "text": chunk.text(&text)}),
                )?;
                continue;
            }
            let path = if heading.is_empty() { String::new() } else { format!("  {}", heading.join(" > ")) };
            writeln!(out, "── {}  {} to {}, size {}{path}", chunk.index, span.start, span.end, chunk.size)?;
            writeln!(out, "{}", chunk.text(&text).trim_end())?;
        }
        Ok(())
    }
}

use super::options;
use crate::Error;
use crate::terminal::{Input, Out, open};
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sting_core::chunk::{self, ChunkConfig, ChunkKind, Chunker, SemanticChunker, SizeUnit};
use sting_core::offset::{Offsets, Unit};
use sting_core::{Id, Span};
use sting_vector::embed::load_tokenizer;

/// Cut a text into chunks
///
/// Every byte of the text is in a chunk, and no chunk is larger than asked for.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting chunk README.md
  sting chunk main.rs --kind code:rust
  sting chunk book.txt --max-size 256 --unit tokens --tokenizer all-MiniLM-L6-v2 --json
  curl -s https://example.com/notes.txt | sting chunk - --max-size 500 --overlap 50 --json")]
pub struct Chunk {
    /// Text to cut; `-` is standard input
    file: PathBuf,
    /// What the text is: auto, text, markdown, html, json, log, table, email, code:rust (python, javascript,
    /// typescript, go, java, c, cpp) or semantic, which cuts where the meaning turns
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
    /// For the kind semantic: model folder that sees the meaning; the built-in one if left out
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Write one JSON object a chunk: index, start, end (code points), size, id, heading, prefix, text
    #[arg(long)]
    json: bool,
}

impl Chunk {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let config = ChunkConfig::default()
            .with_kind(if self.kind == ChunkKind::Semantic { ChunkKind::Text } else { self.kind })
            .with_max_size(self.max_size)
            .with_unit(self.unit)
            .with_overlap(self.overlap);
        let chunker = match &self.tokenizer {
            Some(path) => Chunker::with_tokenizer(config, Arc::new(load_tokenizer(path)?))?,
            None => Chunker::new(config)?,
        };
        if self.kind == ChunkKind::Semantic {
            let Input { text, .. } = Input::read(&self.file)?;
            let offsets = Offsets::new(&text, Unit::CodePoints);
            let semantic = SemanticChunker::new(&chunker, options::embedder(self.model.as_deref())?);
            for chunk in semantic.chunk(&text)? {
                self.write(out, &chunk, chunk.text(&text), offsets.span(chunk.span), chunk.id(&text))?;
            }
            return Ok(());
        }
        // Read as it is cut, so that a file or a pipe may be longer than memory.
        for one in chunker.chunk_reader(open(&self.file)?) {
            let one = one.map_err(|error| error_of(&self.file, error))?;
            self.write(out, &one.chunk, &one.text, one.code_points, one.id())?;
        }
        Ok(())
    }

    fn write(
        &self,
        out: &mut Out,
        chunk: &chunk::Chunk,
        text: &str,
        span: Span,
        id: Id,
    ) -> Result<(), Error> {
        let heading: Vec<&str> = chunk.heading.iter().map(AsRef::as_ref).collect();
        if self.json {
            return out.json(&json!({
                "index": chunk.index, "start": span.start, "end": span.end, "size": chunk.size, "id": id,
                "heading": heading, "prefix": chunk.prefix.as_deref(), "text": text,
            }));
        }
        let path = if heading.is_empty() { String::new() } else { format!("  {}", heading.join(" > ")) };
        writeln!(out, "── {}  {} to {}, size {}{path}", chunk.index, span.start, span.end, chunk.size)?;
        writeln!(out, "{}", text.trim_end())?;
        Ok(())
    }
}

/// What a reader ran into, with the name of the file.
fn error_of(path: &Path, error: sting_core::Error) -> Error {
    match error {
        sting_core::Error::InvalidUtf8 { offset } => {
            Error::NotUtf8 { name: path.display().to_string(), offset }
        }
        sting_core::Error::Read(source) => Error::io("reading", path)(source),
        other => Error::In { name: path.display().to_string(), source: Box::new(other.into()) },
    }
}

//! Cut a Markdown text into chunks that know the headings they stand under.

use sting_core::Error;
use sting_core::chunk::{ChunkConfig, ChunkKind, Chunker};

const HANDBOOK: &str = "\
# On-call

One week at a time.

## What wakes you

Only alerts that a human can do something about.

## The gateway is down

Is it the certificate? Is it the release? Roll back first, ask later.
";

fn main() -> Result<(), Error> {
    let config = ChunkConfig::default().with_kind(ChunkKind::Markdown).with_max_size(80);
    let chunker = Chunker::new(config)?;
    for chunk in chunker.chunk(HANDBOOK) {
        let text = chunk.text(HANDBOOK).replace('\n', " ");
        println!("{}..{} [{}] {text}", chunk.span.start, chunk.span.end, chunk.heading.join(" > "));
    }
    Ok(())
}

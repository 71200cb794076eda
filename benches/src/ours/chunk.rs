use std::hint::black_box;
use std::sync::Arc;

use sting_core::Span;
use sting_core::chunk::{ChunkConfig, Chunker, SizeUnit};

use crate::facts;
use crate::job::{Engine, Failure, Job};

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let text = job.text()?;
    let unit: SizeUnit = job.word("unit")?.parse()?;
    let config = ChunkConfig::default()
        .with_kind(job.word("kind")?.parse()?)
        .with_unit(unit)
        .with_max_size(job.number("max_size")?);
    let chunker = match unit {
        SizeUnit::Tokens => {
            Chunker::with_tokenizer(config, Arc::new(sting_vector::load_tokenizer(&job.minilm)?))?
        }
        _ => Chunker::new(config)?,
    };
    // Ids are computed when they are asked for; a case says whether it asks.
    let ids = job.params["ids"].as_bool().unwrap_or(false);
    let chunks = chunker.chunk(&text);
    let facts = facts! {
        "ids": ids,
        "chunks": chunks.len(),
        "largest": chunks.iter().map(|chunk| chunk.size).max(),
        "lost_bytes": lost_bytes(&text, chunks.iter().map(|chunk| chunk.span)),
    };
    let amount = text.len() as f64;
    let run = move || {
        let chunks = black_box(chunker.chunk(black_box(&text)));
        if ids {
            for chunk in &chunks {
                black_box(chunk.id(&text));
            }
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}

/// Non-blank bytes of the text that no span covers.
pub(crate) fn lost_bytes(text: &str, spans: impl IntoIterator<Item = Span>) -> usize {
    let mut spans: Vec<Span> = spans.into_iter().collect();
    spans.sort();
    let blank_free =
        |gap: &str| gap.chars().filter(|c| !c.is_whitespace()).map(char::len_utf8).sum::<usize>();
    let (mut lost, mut end) = (0, 0);
    for span in spans {
        lost += text.get(end..span.start).map_or(0, blank_free);
        end = end.max(span.end);
    }
    lost + text.get(end..).map_or(0, blank_free)
}

#[cfg(test)]
mod tests {
    use sting_core::Span;

    #[test]
    fn only_what_no_span_covers_is_lost() {
        let spans = [Span::new(3, 5), Span::new(0, 2), Span::new(4, 5)];
        assert_eq!(super::lost_bytes("ab cdéf ", spans), 3);
    }
}

//! text-splitter. It trims blanks off its chunks; what it leaves out is counted as lost only if it is not blank.

use std::hint::black_box;

use sting_core::Span;
use text_splitter::{Characters, ChunkConfig, ChunkSizer, MarkdownSplitter, TextSplitter};
use tokenizers::Tokenizer;

use crate::facts;
use crate::job::{Engine, Failure, Job};
use crate::ours::chunk::lost_bytes;

type Split = Box<dyn for<'t> Fn(&'t str) -> Vec<(usize, &'t str)>>;

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let text = job.text()?;
    let max = job.number("max_size")?;
    let markdown = job.word("kind")? == "markdown";
    let (split, spans, largest) = if job.word("unit")? == "tokens" {
        let tokenizer = super::token::open_file(job)?;
        let max = max - 2; // it does not count [CLS] and [SEP], which the model's limit includes
        let spans = spans(&splitter(max, tokenizer.clone(), markdown), &text);
        let largest = spans.iter().map(|span| tokens(&tokenizer, &text[span.range()]));
        let largest = largest.collect::<Result<Vec<_>, Failure>>()?;
        (splitter(max, tokenizer, markdown), spans, largest.into_iter().max())
    } else {
        let split = splitter(max, Characters, markdown);
        let spans = spans(&split, &text);
        let largest = spans.iter().map(|span| text[span.range()].chars().count()).max();
        (split, spans, largest)
    };
    let facts = facts! {
        "chunks": spans.len(), "largest": largest, "lost_bytes": lost_bytes(&text, spans),
    };
    let amount = text.len() as f64;
    let run = move || {
        black_box(split(black_box(&text)));
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: "0.33" })
}

fn splitter<S: ChunkSizer + 'static>(max: usize, sizer: S, markdown: bool) -> Split {
    let config = ChunkConfig::new(max).with_sizer(sizer);
    if markdown {
        let splitter = MarkdownSplitter::new(config);
        Box::new(move |text| splitter.chunk_indices(text).collect())
    } else {
        let splitter = TextSplitter::new(config);
        Box::new(move |text| splitter.chunk_indices(text).collect())
    }
}

fn spans(split: &Split, text: &str) -> Vec<Span> {
    split(text).into_iter().map(|(start, chunk)| Span::new(start, start + chunk.len())).collect()
}

/// With special tokens, as a model will see the chunk.
fn tokens(tokenizer: &Tokenizer, chunk: &str) -> Result<usize, Failure> {
    Ok(tokenizer.encode_fast(chunk, true)?.len())
}

/// Boundaries at `max` characters, for the quality runner.
pub(crate) fn by_characters(text: &str, max: usize, markdown: bool) -> Vec<Span> {
    spans(&splitter(max, Characters, markdown), text)
}

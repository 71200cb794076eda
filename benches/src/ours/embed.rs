use std::hint::black_box;

use serde_json::{Map, Value};
use sting_core::model::Embedder;
use sting_vector::{BertEmbedder, load_tokenizer};

use crate::facts;
use crate::job::{Engine, Failure, Job};

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let is_minilm = job.word("model")? == "minilm";
    let embedder: Box<dyn Embedder> = if is_minilm {
        Box::new(BertEmbedder::load_with(&job.minilm, job.word("precision")?.parse()?)?)
    } else {
        Box::new(sting_vector::builtin())
    };
    let text = job.text()?;
    let count = job.number("count").unwrap_or(usize::MAX);
    let is_whole = job.params["whole"].as_bool().unwrap_or_default();
    let texts: Vec<String> =
        if is_whole { vec![text] } else { text.lines().take(count).map(str::to_owned).collect() };
    let embed = move |texts: &[String]| -> Result<Vec<f32>, Failure> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        Ok(embedder.embed(&texts)?)
    };
    let rows = embed(&texts)?;
    let bytes = texts.iter().map(String::len).sum::<usize>();
    let facts = if is_minilm {
        if job.engine == "sting" {
            // A peer that is opened later compares its rows with these: see `embed.py`.
            let rows: Vec<u8> = rows.iter().flat_map(|x| x.to_le_bytes()).collect();
            std::fs::write(job.input.with_extension("sting.f32"), rows)?;
        }
        work(job, &texts)?
    } else {
        facts! {"texts": texts.len(), "mean_bytes": bytes / texts.len().max(1)}
    };
    let amount = if is_minilm { texts.len() as f64 } else { bytes as f64 };
    let run = move || {
        black_box(embed(black_box(&texts))?);
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}

/// How much there is to compute, padding left out: a rate times `mflop_a_text` is the useful work a second.
fn work(job: &Job, texts: &[String]) -> Result<Map<String, Value>, Failure> {
    const LAYERS: usize = 6;
    const WIDTH: usize = 384;
    const MAX_TOKENS: usize = 256;
    let tokenizer = load_tokenizer(&job.minilm)?;
    let (mut tokens, mut flop) = (0, 0);
    for text in texts {
        let length = (tokenizer.count(text) + 2).min(MAX_TOKENS);
        tokens += length;
        // Four square products, two to and from four times the width, and the two of attention; two operations each.
        flop += LAYERS * length * (2 * 12 * WIDTH * WIDTH + 4 * WIDTH * length);
    }
    let count = texts.len().max(1);
    Ok(facts! {"texts": texts.len(), "mean_tokens": tokens / count, "mflop_a_text": flop / count / 1_000_000})
}

use std::hint::black_box;

use sting_core::model::Embedder;

use crate::facts;
use crate::job::{Engine, Failure, Job};

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let embedder: Box<dyn Embedder> = match job.word("model")? {
        "builtin" => Box::new(sting_vector::builtin()),
        _ => Box::new(sting_vector::BertEmbedder::load_with(&job.minilm, job.word("precision")?.parse()?)?),
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
    let dim = rows.len() / texts.len().max(1);
    let bytes = texts.iter().map(String::len).sum::<usize>();
    let facts = facts! {"texts": texts.len(), "mean_bytes": bytes / texts.len().max(1), "dim": dim};
    let is_minilm = job.word("model")? == "minilm";
    if is_minilm {
        // A peer that is opened later compares its rows with these: see `embed.py`.
        let rows: Vec<u8> = rows.iter().flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(job.input.with_extension("sting.f32"), rows)?;
    }
    let amount = if is_minilm { texts.len() as f64 } else { bytes as f64 };
    let run = move || {
        black_box(embed(black_box(&texts))?);
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}

//! `tokenizers`, the reference, and tokie, both without the file's truncation and padding, which would
//! hide most of each text; and two that bring the vocabularies of OpenAI themselves.

use std::hint::black_box;

use tokenizers::Tokenizer;

use crate::job::{Engine, Failure, Job};
use crate::ours::token::{facts, pieces};

pub(crate) fn open_tokenizers(job: &Job) -> Result<Engine, Failure> {
    let tokenizer = open_file(job)?;
    let text = job.text()?;
    let mut ids = Vec::new();
    for piece in pieces(&text) {
        ids.extend_from_slice(tokenizer.encode_fast(piece, true)?.get_ids());
    }
    let amount = text.len() as f64;
    let run = move || {
        for piece in pieces(&text) {
            black_box(tokenizer.encode_fast(black_box(piece), true)?);
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts: facts(&ids), version: "0.23" })
}

pub(crate) fn open_tokie(job: &Job) -> Result<Engine, Failure> {
    let mut tokenizer = tokie::Tokenizer::from_json(job.tokenizer())?;
    tokenizer.no_truncation().no_padding();
    let text = job.text()?;
    let ids: Vec<u32> = pieces(&text).flat_map(|piece| tokenizer.encode_ids(piece, true)).collect();
    let amount = text.len() as f64;
    let run = move || {
        for piece in pieces(&text) {
            black_box(tokenizer.encode_ids(black_box(piece), true));
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts: facts(&ids), version: "0.1" })
}

pub(crate) fn open_tiktoken(job: &Job) -> Result<Engine, Failure> {
    let core = match job.word("vocabulary")? {
        "gpt2" => tiktoken_rs::r50k_base()?,
        "cl100k" => tiktoken_rs::cl100k_base()?,
        "o200k" => tiktoken_rs::o200k_base()?,
        other => return Err(format!("tiktoken-rs has no {other}").into()),
    };
    open_function(job, move |piece| core.encode_ordinary(piece), "0.12")
}

pub(crate) fn open_bpe_openai(job: &Job) -> Result<Engine, Failure> {
    let tokenizer = match job.word("vocabulary")? {
        "cl100k" => bpe_openai::cl100k_base(),
        "o200k" => bpe_openai::o200k_base(),
        other => return Err(format!("bpe-openai has no {other}").into()),
    };
    open_function(job, |piece| tokenizer.encode(piece), "0.3")
}

/// The engine of a function from a text to its ids.
fn open_function(
    job: &Job,
    encode: impl Fn(&str) -> Vec<u32> + 'static,
    version: &'static str,
) -> Result<Engine, Failure> {
    let text = job.text()?;
    let ids: Vec<u32> = pieces(&text).flat_map(&encode).collect();
    let amount = text.len() as f64;
    let run = move || {
        for piece in pieces(&text) {
            black_box(encode(black_box(piece)));
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts: facts(&ids), version })
}

/// The model's tokenizer as `tokenizers` reads it.
pub(crate) fn open_file(job: &Job) -> Result<Tokenizer, Failure> {
    let mut tokenizer = Tokenizer::from_file(job.tokenizer())?;
    tokenizer.with_truncation(None)?.with_padding(None);
    Ok(tokenizer)
}

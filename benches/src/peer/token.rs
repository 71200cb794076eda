//! `tokenizers`, the reference, and tokie. Both without the file's truncation and padding, which would
//! hide most of each text.

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
    let mut tokenizer = tokie::Tokenizer::from_json(job.minilm.join("tokenizer.json"))?;
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

/// The model's tokenizer as `tokenizers` reads it.
pub(crate) fn open_file(job: &Job) -> Result<Tokenizer, Failure> {
    let mut tokenizer = Tokenizer::from_file(job.minilm.join("tokenizer.json"))?;
    tokenizer.with_truncation(None)?.with_padding(None);
    Ok(tokenizer)
}

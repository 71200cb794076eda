use std::hint::black_box;

use crate::facts;
use crate::job::{Engine, Failure, Job};

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let tokenizer = sting_vector::load_tokenizer(job.tokenizer())?;
    let text = job.text()?;
    let mut ids = Vec::new();
    for piece in pieces(&text) {
        tokenizer.encode_into(piece, &mut ids, true);
    }
    let facts = facts(&ids);
    let amount = text.len() as f64;
    let run = move || {
        for piece in pieces(&text) {
            ids.clear();
            tokenizer.encode_into(black_box(piece), &mut ids, true);
            black_box(&ids);
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}

/// What one call encodes: a paragraph.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").filter(|piece| !piece.is_empty())
}

/// The count, and a checksum that shows whether two engines agree on every id.
pub(crate) fn facts(ids: &[u32]) -> serde_json::Map<String, serde_json::Value> {
    let sum = ids.iter().fold(0u64, |sum, id| sum.wrapping_mul(31).wrapping_add(u64::from(*id)));
    facts! {"tokens": ids.len(), "checksum": format!("{sum:016x}")}
}

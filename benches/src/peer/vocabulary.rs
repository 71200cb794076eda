//! `tokenizer.json` files of well-known models, made of the ranks that the crate `tiktoken-rs` carries (MIT).

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tiktoken_rs::CoreBPE;

use crate::job::Failure;

/// The file of a vocabulary: `gpt2`, `cl100k` or `o200k`.
pub(crate) fn file(name: &str) -> Result<Value, Failure> {
    let (core, count, pattern) = match name {
        "gpt2" => (tiktoken_rs::r50k_base(), 50256, None),
        "cl100k" => (tiktoken_rs::cl100k_base(), 100256, Some(CL100K)),
        "o200k" => (tiktoken_rs::o200k_base(), 199998, Some(O200K)),
        other => {
            return Err(format!("there is no vocabulary {other}; there are gpt2, cl100k and o200k").into());
        }
    };
    let core = core?;
    let byte_level = |regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": regex});
    let pre_tokenizer = match pattern {
        None => byte_level(true),
        Some(pattern) => json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false},
            byte_level(false)]}),
    };
    Ok(json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [{"id": count, "content": "<|endoftext|>", "single_word": false, "lstrip": false, "rstrip": false,
                          "normalized": false, "special": true}],
        "normalizer": null, "pre_tokenizer": pre_tokenizer, "post_processor": byte_level(true), "decoder": byte_level(true),
        "model": model(&core, count),
    }))
}

const CL100K: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const O200K: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Ranks become merges: a token is made of the two parts that the ranks below its own leave of it.
fn model(core: &CoreBPE, count: u32) -> Value {
    let tokens: Vec<Vec<u8>> = (0..count).map(|id| core.decode_bytes(&[id]).unwrap_or_default()).collect();
    let ranks: HashMap<&[u8], u32> =
        tokens.iter().enumerate().map(|(id, token)| (&token[..], id as u32)).collect();
    let written = |bytes: &[u8]| bytes.iter().map(|&byte| char_of(byte)).collect::<String>();
    let mut merges = Vec::new();
    for (rank, token) in tokens.iter().enumerate() {
        let mut parts: Vec<&[u8]> = token.chunks(1).collect();
        while parts.len() > 2 {
            let joined = |at: usize| {
                let start = parts[..at].iter().map(|part| part.len()).sum::<usize>();
                &token[start..start + parts[at].len() + parts[at + 1].len()]
            };
            let lowest = (0..parts.len() - 1).filter_map(|at| Some((*ranks.get(joined(at))?, at))).min();
            let Some((_, at)) = lowest.filter(|&(lowest, _)| (lowest as usize) < rank) else { break };
            parts[at] = joined(at);
            parts.remove(at + 1);
        }
        if let [left, right] = parts[..] {
            merges.push(json!([written(left), written(right)]));
        }
    }
    let vocab: Map<String, Value> = tokens
        .iter()
        .enumerate()
        .filter(|(_, t)| !t.is_empty())
        .map(|(id, token)| (written(token), json!(id)))
        .collect();
    json!({"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
           "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": vocab, "merges": merges})
}

/// The character by which a byte-level vocabulary writes a byte.
fn char_of(byte: u8) -> char {
    let printable = |byte: u8| matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
    if printable(byte) {
        return char::from(byte);
    }
    let hidden = (0..byte).filter(|&byte| !printable(byte)).count() as u32;
    char::from_u32(0x100 + hidden).unwrap_or_default()
}

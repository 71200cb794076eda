//! Tokenizers that are read through the `tokenizers` crate.

use crate::token_pair::{Pair, text};
use proptest::prelude::*;
use serde_json::{Value, json};
use sting_core::token::{Tokenize, Tokenizer};

fn file(model: &Value) -> Value {
    json!({
        "version": "1.0",
        "truncation": {"max_length": 2, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": null,
        "added_tokens": [{"id": 0, "content": "<s>", "special": true, "single_word": false, "lstrip": false,
                          "rstrip": false, "normalized": false}],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "model": model,
    })
}

fn unigram(unknown: &Value) -> Value {
    let words = "<s> ▁the ▁bee ▁ s a b e d c the un able . , é 漢";
    let vocab: Vec<Value> =
        words.split(' ').enumerate().map(|(i, word)| json!([word, -0.3 * i as f64])).collect();
    file(&json!({"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": false}))
}

proptest! {
    #[test]
    fn unigram_agrees(text in text(), cut in any::<(prop::sample::Index, prop::sample::Index)>()) {
        thread_local! {
            static PAIR: Pair = Pair::of(&unigram(&json!(0)));
        }
        PAIR.with(|pair| {
            pair.agree(&text)?;
            pair.pieces_are_independent_at(&text, cut)
        })?;
    }
}

/// Words that stand alone are pieces, so that chunking does not count a whole text for each of its boundaries.
#[test]
fn words_of_unigram_are_pieces() {
    let tokenizer = Tokenizer::from_json(&serde_json::to_vec(&unigram(&json!(0))).unwrap()).unwrap();
    let mut pieces = Vec::new();
    tokenizer.pieces("the bee, un  able bee", &mut pieces);
    let ends: Vec<usize> = pieces.iter().map(|piece| piece.span.end).collect();
    assert_eq!(ends, [3, 17, 21]);
}

#[test]
fn unigram_knows_its_special_tokens_and_refuses_to_lose_text() {
    let tokenizer = Tokenizer::from_json(&serde_json::to_vec(&unigram(&json!(0))).unwrap()).unwrap();
    assert_eq!(tokenizer.special_tokens(), (&[0][..], &[][..]));
    assert_eq!(Tokenize::special_tokens(&tokenizer), 1);
    assert_eq!(tokenizer.token(1), Some("▁the"));
    let error = Tokenizer::from_json(&serde_json::to_vec(&unigram(&Value::Null)).unwrap()).unwrap_err();
    assert!(error.to_string().contains("unknown token"), "{error}");
}

//! Tokenizers against Hugging Face `tokenizers`.

use crate::data::{model, shared};
use crate::token_pair::{Pair, added, text};
use proptest::prelude::*;
use serde_json::{Value, json};
use sting_core::Error;
use sting_core::token::Tokenizer;

/// A small vocabulary of words, pieces, letters of several scripts and punctuation.
fn bert(normalizer: &Value) -> Vec<u8> {
    let words = "[PAD] [UNK] [CLS] [SEP] [MASK] the honey bee un able hive q quick A The ##s ##aff ##able ##ee \
        ##ne ## # a b e i o u s t ##a ##b ##e ##i ##o ##u ##t a\u{300} ##\u{301} é ñ i\u{307} 漢 字 ##字 \
        ㄱ ᄀ ##ᅡ ##ᆨ か ##が . , ! ? ' - = ; ` « 。 ß ##ß σ ##σ ς ##ς ##̈ 1 2 ##1 ##2 \u{93e} ##\u{93e}";
    let vocab: serde_json::Map<String, Value> =
        words.split_whitespace().enumerate().map(|(i, word)| (word.to_owned(), json!(i))).collect();
    let file = json!({
        "version": "1.0",
        "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [added(0, "[PAD]", &["special"]), added(1, "[UNK]", &["special"]),
                         added(2, "[CLS]", &["special"]), added(3, "[SEP]", &["special"]),
                         added(4, "[MASK]", &["special", "lstrip"]), added(5, "the", &["single_word", "rstrip"])],
        "normalizer": normalizer,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                               "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 12, "vocab": vocab},
    });
    serde_json::to_vec(&file).unwrap()
}

fn normalizers() -> Vec<Value> {
    let mut all = Vec::new();
    for clean in [true, false] {
        for (accents, lowercase) in
            [(json!(null), true), (json!(null), false), (json!(true), false), (json!(false), true)]
        {
            all.push(json!({"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": clean,
                            "strip_accents": accents, "lowercase": lowercase}));
        }
    }
    all.push(Value::Null);
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn wordpiece_agrees_with_tokenizers(text in text()) {
        thread_local! {
            static PAIRS: Vec<Pair> = normalizers().iter().map(|n| Pair::new(&bert(n))).collect();
        }
        PAIRS.with(|pairs| pairs.iter().try_for_each(|pair| pair.agree(&text)))?;
    }

    #[test]
    fn pieces_of_wordpiece_are_independent(text in text(), cut in any::<(prop::sample::Index, prop::sample::Index)>()) {
        thread_local! {
            static PAIR: Pair = Pair::new(&bert(&normalizers()[0]));
        }
        PAIR.with(|pair| pair.pieces_are_independent_at(&text, cut))?;
    }
}

/// Added tokens that are found in the normalised text, by their normalised form.
fn with_normalized_tokens(normalizer: &Value) -> Value {
    let mut file: Value = serde_json::from_slice(&bert(normalizer)).unwrap();
    let tokens = [
        added(90, "<|End|>", &["normalized", "special"]),
        added(91, "Übung", &["normalized", "single_word"]),
        added(92, "漢", &["normalized"]),
        added(93, "HONEY bee", &["normalized", "lstrip", "rstrip"]),
        added(94, "É", &["normalized"]),
    ];
    file["added_tokens"].as_array_mut().unwrap().extend(tokens);
    file
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn added_tokens_of_normalized_text_agree(text in text(), cut in any::<(prop::sample::Index, prop::sample::Index)>()) {
        thread_local! {
            static PAIRS: Vec<Pair> =
                normalizers().iter().map(|normalizer| Pair::of(&with_normalized_tokens(normalizer))).collect();
        }
        PAIRS.with(|pairs| {
            pairs.iter().try_for_each(|pair| {
                pair.agree(&text)?;
                pair.pieces_are_independent_at(&text, cut)
            })
        })?;
    }
}

#[test]
fn every_character_agrees_with_tokenizers() {
    let pairs: Vec<Pair> =
        normalizers().iter().take(3).map(|normalizer| Pair::new(&bert(normalizer))).collect();
    for c in ('\0'..=char::MAX).filter(|c| (*c as u32) < 0x3_0000 || (*c as u32).is_multiple_of(97)) {
        // In the middle of a word, so that what it becomes shows as an unknown or a longer word.
        if (c as u32).is_multiple_of(3) || (c as u32) < 0x3000 {
            pairs.iter().try_for_each(|pair| pair.agree(&format!("a{c}b"))).unwrap();
        }
    }
}

#[test]
fn minilm_agrees_with_tokenizers_on_real_text() {
    let Some(json) = model("tokenizer.json") else { return };
    let Some(folder) = shared("chunking") else { return };
    let pair = Pair::new(&json);
    for name in ["wikitexts.md", "state_of_the_union.md"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        pair.agree(&text).unwrap();
    }
    let vocab = Tokenizer::from_vocab(std::str::from_utf8(&model("vocab.txt").unwrap()).unwrap()).unwrap();
    let text = "The quick [MASK] Café, naïve; 漢字 unaffable\u{200b}ness!";
    assert_eq!(vocab.encode(text), pair.ours.encode(text));
}

#[test]
fn minilm_agrees_with_tokenizers_on_random_text() {
    let Some(json) = model("tokenizer.json") else { return };
    let pair = Pair::new(&json);
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases: 2000, ..Default::default() });
    runner.run(&text(), |text| pair.agree(&text)).unwrap();
}

#[test]
fn unusable_files_are_refused_with_a_reason() {
    let refuse = |json: &[u8]| {
        let Err(error @ Error::Tokenizer { .. }) = Tokenizer::from_json(json) else { panic!("accepted") };
        error.to_string()
    };
    assert!(refuse(b"{\"model\": ").contains("malformed at line 1"));
    assert!(refuse(b"[]").contains("malformed"));
    if cfg!(not(feature = "tokenizers")) {
        assert!(refuse(br#"{"model": {"type": "Unigram", "vocab": []}}"#).contains("Unigram"));
    }
    let mut file: Value = serde_json::from_slice(&bert(&normalizers()[0])).unwrap();
    file["model"]["unk_token"] = json!("[absent]");
    assert!(refuse(&serde_json::to_vec(&file).unwrap()).contains("unknown token"));
    if cfg!(not(feature = "tokenizers")) {
        file["normalizer"] = json!({"type": "Precompiled"});
        assert!(refuse(&serde_json::to_vec(&file).unwrap()).contains("Precompiled"));
    }
    assert!(
        Tokenizer::from_vocab("a\nb").unwrap_err().to_string().contains("[UNK]")
            || Tokenizer::from_vocab("a\nb").is_err()
    );
}

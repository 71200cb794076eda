//! Byte-level BPE against Hugging Face `tokenizers`, with vocabularies that its trainer makes here.

use crate::data::shared;
use crate::token_pair::{Pair, added, text};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::sync::Arc;
use sting_core::Error;
use sting_core::chunk::{ChunkConfig, ChunkKind, Chunker, SizeUnit};
use sting_core::token::{Tokenize, Tokenizer};
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{Model, Trainer};

const CL100K: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const O200K: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Not among the known ones: an automaton matches it.
const OF_ITS_OWN: &str =
    r"[a-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const TRAINING: &str = "the theme of the honey bee isn't unable to see a hive; we'll, I've and they're here. \
    The Bees' HTTPServer said: naïve Übungen, übung é è ê, 漢字 日本語 日本 한국 말 각. camelCase 123 1234 12, 2024! \
    \n\n  def f(x):\n    return x // 2\n\n\tend\r\n the the bee bee aaaa aa ababab abab  --- ... !!! 👩 👩‍👧 \u{301}e\u{301} ";

/// The model of a small vocabulary trained on `TRAINING`, as it stands in a file.
fn model() -> Value {
    let mut trainer = BpeTrainerBuilder::new()
        .vocab_size(430)
        .min_frequency(1)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    let words = ByteLevel::default();
    let process = |text: &str| {
        let mut text = tokenizers::PreTokenizedString::from(text);
        tokenizers::PreTokenizer::pre_tokenize(&words, &mut text).unwrap();
        let splits = text.get_splits(tokenizers::OffsetReferential::Original, tokenizers::OffsetType::Byte);
        Ok(splits.into_iter().map(|(word, ..)| word.to_owned()).collect())
    };
    let chunks = TRAINING.split('\n').flat_map(|line| [line, line]).chain([TRAINING]);
    trainer.feed(chunks, process).unwrap();
    let mut bpe = BPE::default();
    trainer.train(&mut bpe).unwrap();
    assert!(bpe.get_vocab_size() > 350, "the text gives merges");
    serde_json::to_value(bpe).unwrap()
}

fn file(model: &Value, normalizer: &Value, pre_tokenizer: &Value, post_processor: &Value) -> Value {
    let next = model["vocab"].as_object().unwrap().len();
    json!({
        "version": "1.0",
        "truncation": {"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "!"},
        "added_tokens": [
            added(next, "<|end|>", &["special"]),
            added(next + 1, "<a b>", &["lstrip", "rstrip"]),
            added(next + 7, "bee", &["single_word"]),
            added(next + 3, "Übung", &["normalized", "special"]),
            added(next + 4, "①", &["normalized", "lstrip"]),
        ],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": post_processor,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": model,
    })
}

fn byte_level(prefix_space: bool, use_regex: bool) -> Value {
    json!({"type": "ByteLevel", "add_prefix_space": prefix_space, "trim_offsets": true, "use_regex": use_regex})
}

fn split(expression: &str, behavior: &str, invert: bool) -> Value {
    json!({"type": "Split", "pattern": {"Regex": expression}, "behavior": behavior, "invert": invert})
}

fn steps(steps: &[Value]) -> Value {
    json!({"type": "Sequence", "pretokenizers": steps})
}

/// A template with one token before and two after.
fn template() -> Value {
    json!({"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "</s>", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]},
                           "</s>": {"id": "</s>", "ids": [4, 5], "tokens": ["</s>", "</t>"]}}})
}

/// The styles of well-known models, and some that combine what they have apart.
fn files() -> Vec<(&'static str, Value)> {
    let model = model();
    let with = |changes: &[(&str, Value)]| {
        let mut model = model.clone();
        for (name, value) in changes {
            model[*name] = value.clone();
        }
        model
    };
    // As old files write merges.
    let lines: Vec<Value> = model["merges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| json!(format!("{} {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap())))
        .collect();
    let mut old = with(&[
        ("merges", json!(lines)),
        ("continuing_subword_prefix", json!("")),
        ("end_of_word_suffix", json!("")),
    ]);
    old.as_object_mut().unwrap().remove("type");
    old.as_object_mut().unwrap().remove("ignore_merges");
    // Some letters and all bytes above ASCII are not known, and not every word of the vocabulary is.
    let mut vocab = model["vocab"].as_object().unwrap().clone();
    vocab.retain(|token, _| token.chars().all(|c| c.is_ascii() && !"xyzHQ'".contains(c) || "ĠĊ".contains(c)));
    let known = |pair: &Value| {
        let (a, b) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        vocab.contains_key(a) && vocab.contains_key(b) && vocab.contains_key(&format!("{a}{b}"))
    };
    let merges: Vec<Value> =
        model["merges"].as_array().unwrap().iter().filter(|&pair| known(pair)).cloned().collect();
    let partial = [("vocab", json!(vocab)), ("merges", json!(merges))];
    let partial_with = |changes: &[(&str, Value)]| {
        let all: Vec<(&str, Value)> = partial.iter().chain(changes).cloned().collect();
        with(&all)
    };
    let bytes: serde_json::Map<String, Value> = vocab
        .iter()
        .map(|(token, id)| (token.clone(), id.clone()))
        .chain((0_usize..=255).map(|byte| (format!("<0x{byte:02X}>"), json!(1000 + byte))))
        .collect();
    let marked: serde_json::Map<String, Value> =
        ["a", "b", "##a", "##b", "a</w>", "##b</w>", "ab", "ab</w>", "##ab", "?", "bab</w>"]
            .iter()
            .enumerate()
            .map(|(id, token)| ((*token).to_owned(), json!(id)))
            .collect();
    let marked_merges = json!([["a", "##b"], ["a", "##b</w>"], ["##a", "##b"], ["b", "##ab"]]);
    let marked_merges = json!(marked_merges.as_array().unwrap()[..3]);
    let qwen = steps(&[split(QWEN2, "Isolated", false), byte_level(false, false)]);
    let null = Value::Null;
    vec![
        (
            "gpt2",
            file(
                &old,
                &null,
                &json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}),
                &json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true}),
            ),
        ),
        (
            "roberta",
            file(
                &model,
                &null,
                &byte_level(true, true),
                &json!({"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true, "add_prefix_space": true}),
            ),
        ),
        (
            "roberta, no space",
            file(
                &model,
                &null,
                &byte_level(false, true),
                &json!({"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true, "add_prefix_space": false}),
            ),
        ),
        (
            "cl100k",
            file(
                &model,
                &null,
                &steps(&[split(CL100K, "Removed", true), byte_level(false, false)]),
                &json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}),
            ),
        ),
        (
            "llama3",
            file(
                &with(&[("ignore_merges", json!(true))]),
                &null,
                &steps(&[split(CL100K, "Isolated", false), byte_level(false, false)]),
                &json!({"type": "Sequence", "processors": [byte_level(true, true), template()]}),
            ),
        ),
        ("qwen2", file(&model, &json!({"type": "NFC"}), &qwen, &byte_level(false, false))),
        (
            "qwen2, NFKC and lower case",
            file(
                &model,
                &json!({"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]}),
                &qwen,
                &byte_level(false, false),
            ),
        ),
        (
            "NFD, prefix",
            file(&model, &json!({"type": "NFD"}), &byte_level(true, true), &byte_level(true, true)),
        ),
        ("NFKD", file(&model, &json!({"type": "NFKD"}), &qwen, &template())),
        (
            "o200k",
            file(&model, &null, &steps(&[split(O200K, "Isolated", false), byte_level(false, false)]), &null),
        ),
        (
            "an expression of its own",
            file(
                &model,
                &null,
                &steps(&[
                    split(r"[a-z]+|\p{N}{1,2}|\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", "Isolated", false),
                    byte_level(false, false),
                ]),
                &null,
            ),
        ),
        (
            "starcoder",
            file(
                &model,
                &null,
                &steps(&[json!({"type": "Digits", "individual_digits": true}), byte_level(false, true)]),
                &null,
            ),
        ),
        (
            "digits and prefix",
            file(
                &model,
                &json!({"type": "NFC"}),
                &steps(&[json!({"type": "Digits", "individual_digits": false}), byte_level(true, true)]),
                &byte_level(true, true),
            ),
        ),
        (
            "an expression of its own",
            file(
                &model,
                &null,
                &steps(&[
                    split(r"\p{N}{1,3}", "Isolated", false),
                    split("[一-龥぀-ゟ゠-ヿ]+", "Isolated", false),
                    split(OF_ITS_OWN, "Isolated", false),
                    byte_level(false, false),
                ]),
                &null,
            ),
        ),
        (
            "removed",
            file(
                &model,
                &null,
                &steps(&[
                    split(r"e+", "Removed", false),
                    split(r"\w+", "Removed", true),
                    byte_level(true, true),
                ]),
                &null,
            ),
        ),
        (
            "a string",
            file(
                &model,
                &null,
                &steps(&[
                    json!({"type": "Split", "pattern": {"String": "b."}, "behavior": "Isolated", "invert": false}),
                    byte_level(false, false),
                ]),
                &null,
            ),
        ),
        ("one word", file(&model, &null, &byte_level(false, false), &null)),
        ("gaps", file(&partial_with(&[]), &null, &byte_level(false, true), &byte_level(true, true))),
        (
            "unknown",
            file(
                &partial_with(&[("unk_token", json!("?"))]),
                &json!({"type": "NFC"}),
                &byte_level(true, true),
                &template(),
            ),
        ),
        (
            "unknown, fused",
            file(&partial_with(&[("unk_token", json!("?")), ("fuse_unk", json!(true))]), &null, &qwen, &null),
        ),
        (
            "byte fallback",
            file(
                &partial_with(&[("vocab", json!(bytes)), ("byte_fallback", json!(true))]),
                &null,
                &qwen,
                &null,
            ),
        ),
        (
            "characters",
            file(
                &partial_with(&[("unk_token", json!("!")), ("ignore_merges", json!(true))]),
                &json!({"type": "NFKC"}),
                &null,
                &null,
            ),
        ),
        (
            "marked",
            file(
                &with(&[
                    ("vocab", json!(marked)),
                    ("merges", marked_merges),
                    ("unk_token", json!("?")),
                    ("continuing_subword_prefix", json!("##")),
                    ("end_of_word_suffix", json!("</w>")),
                ]),
                &null,
                &byte_level(false, true),
                &null,
            ),
        ),
    ]
}

thread_local! {
    static PAIRS: Vec<(&'static str, Pair)> =
        files().iter().map(|(name, file)| (*name, Pair::of(file))).collect();
}

fn all(check: impl Fn(&Pair) -> Result<(), TestCaseError>) -> Result<(), TestCaseError> {
    let named = |name: &str, error: TestCaseError| match error {
        TestCaseError::Fail(reason) => TestCaseError::fail(format!("{name}: {reason}")),
        reject @ TestCaseError::Reject(_) => reject,
    };
    PAIRS.with(|pairs| {
        pairs.iter().try_for_each(|(name, pair)| check(pair).map_err(|error| named(name, error)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, ..ProptestConfig::default() })]

    #[test]
    fn bpe_agrees_with_tokenizers(text in text()) {
        all(|pair| pair.agree(&text))?;
    }

    #[test]
    fn pieces_of_bpe_are_independent(text in text(), cut in any::<(prop::sample::Index, prop::sample::Index)>()) {
        all(|pair| pair.pieces_are_independent_at(&text, cut))?;
    }

    #[test]
    fn decoding_agrees_on_any_ids(ids in proptest::collection::vec(0_u32..450, 0..20)) {
        all(|pair| {
            prop_assert_eq!(pair.ours.decode(&ids).unwrap(), pair.theirs.decode(&ids, true).unwrap());
            prop_assert_eq!(pair.ours.decode_with_special(&ids).unwrap(), pair.theirs.decode(&ids, false).unwrap());
            Ok(())
        })?;
    }
}

/// Words of every `step`th character, and of all of the first `all_below`.
fn characters_agree(all_below: u32, step: u32) {
    for c in ('\0'..=char::MAX).filter(|c| (*c as u32) < all_below || (*c as u32).is_multiple_of(step)) {
        let text = format!("a{c}B '{c}{c}1 {c}");
        all(|pair| pair.agree(&text)).unwrap();
    }
}

#[test]
fn characters_of_all_scripts_agree() {
    characters_agree(0x250, 541);
}

#[test]
#[ignore = "takes a minute"]
fn every_character_agrees() {
    characters_agree(0x3000, 61);
}

#[test]
fn long_words_take_time_in_proportion() {
    let (_, file) = files().swap_remove(15);
    let tokenizer = Tokenizer::from_json(&serde_json::to_vec(&file).unwrap()).unwrap();
    let time = |len: usize| {
        let text = "ab".repeat(len / 2);
        let start = std::time::Instant::now();
        let count = tokenizer.count(&text);
        (start.elapsed(), count)
    };
    let (_, short) = time(1 << 16);
    let (elapsed, long) = time(1 << 20);
    assert!(long.abs_diff(short * 16) <= 16);
    assert!(elapsed.as_secs() < 20, "a megabyte without a space took {elapsed:?}");
}

/// Chunks of a limit in tokens hold what the tokenizer counts in them alone, and no more than the limit.
#[test]
fn chunks_count_what_a_model_will_see() {
    let text = format!("{TRAINING}{}", "Bees don't  count 1234567 things; 日本語が 12 ... ".repeat(20));
    for (name, file) in files() {
        let tokenizer = Tokenizer::from_json(&serde_json::to_vec(&file).unwrap()).unwrap();
        let special = Tokenize::special_tokens(&tokenizer);
        for limit in [special + 3, special + 17] {
            let config = ChunkConfig::default()
                .with_kind(ChunkKind::Text)
                .with_unit(SizeUnit::Tokens)
                .with_max_size(limit);
            let chunker = Chunker::with_tokenizer(config, Arc::new(tokenizer.clone())).unwrap();
            for chunk in chunker.chunk(&text) {
                let part = chunk.text(&text);
                assert_eq!(chunk.size, tokenizer.count(part) + special, "{name}: {part:?}");
                assert!(chunk.size <= limit || part.chars().count() == 1, "{name}: {part:?}");
            }
        }
    }
}

/// Tokenizer files of real models, in the folder that `STING_TOKENIZERS` names.
#[test]
fn real_vocabularies_agree() {
    let Some(folder) = std::env::var_os("STING_TOKENIZERS") else {
        return println!("skipped: no tokenizer files");
    };
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let pair = Pair::new(&std::fs::read(file).unwrap());
        let mut runner = TestRunner::new(ProptestConfig { cases: 3000, ..Default::default() });
        runner.run(&text(), |text| pair.agree(&text)).unwrap();
    }
}

#[test]
fn real_texts_agree() {
    let Some(folder) = shared("chunking") else { return };
    for name in ["wikitexts.md", "state_of_the_union.md"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let text = &text[..text.floor_char_boundary(100_000)];
        all(|pair| pair.agree(text)).unwrap();
    }
}

#[test]
fn unusable_files_are_refused_with_a_reason() {
    let (_, good) = files().swap_remove(3);
    let refuse = |change: &dyn Fn(&mut Value)| {
        let mut file = good.clone();
        change(&mut file);
        let error = Tokenizer::from_json(&serde_json::to_vec(&file).unwrap()).expect_err("refused");
        let Error::Tokenizer { .. } = error else { panic!("{error}") };
        error.to_string()
    };
    assert!(refuse(&|file| file["model"]["merges"] = json!(["a"])).contains("merge number 0"));
    assert!(refuse(&|file| file["model"]["merges"] = json!([["a", "b", "c"]])).contains("merge number 0"));
    assert!(refuse(&|file| file["model"]["merges"] = json!([["☃", "b"]])).contains("merge number 0"));
    assert!(refuse(&|file| file["model"]["merges"] = json!(7)).contains("list of merges"));
    assert!(refuse(&|file| file["model"]["vocab"] = json!({"a": -1})).contains("vocabulary"));
    assert!(refuse(&|file| file["model"]["dropout"] = json!(0.5)).contains("dropout"));
    assert!(
        refuse(&|file| file["pre_tokenizer"]["pretokenizers"][0]["pattern"] = json!(1))
            .contains("pre_tokenizer")
    );
    assert!(
        refuse(&|file| file["post_processor"] = json!({"type": "TemplateProcessing", "single": [{}]}))
            .contains("post_processor")
    );
    if cfg!(not(feature = "tokenizers")) {
        let named = refuse(&|file| file["pre_tokenizer"] = json!({"type": "Metaspace"}));
        assert!(named.contains("Metaspace") && named.contains("feature `tokenizers`"), "{named}");
        assert!(refuse(&|file| file["normalizer"] = json!({"type": "Precompiled"})).contains("Precompiled"));
        for expression in ["(?=a)b", r"\p{L}++|\s+", r"a{1,3}+"] {
            let refused = refuse(&|file| {
                file["pre_tokenizer"]["pretokenizers"][0]["pattern"] = json!({"Regex": expression});
            });
            assert!(refused.contains("expression"), "{expression}: {refused}");
        }
    }
}

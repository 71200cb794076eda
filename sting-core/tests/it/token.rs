//! Tokenizers against Hugging Face `tokenizers`.

use crate::data::{model, shared};
use proptest::prelude::*;
use serde_json::{Value, json};
use sting_core::token::{Tokenize, Tokenizer};
use sting_core::{Error, Span};

/// Both tokenizers, of the same file.
struct Pair {
    ours: Tokenizer,
    theirs: tokenizers::Tokenizer,
}

impl Pair {
    fn new(json: &[u8]) -> Self {
        let mut theirs = tokenizers::Tokenizer::from_bytes(json).unwrap();
        theirs.with_padding(None).with_truncation(None).unwrap();
        Self { ours: Tokenizer::from_json(json).unwrap(), theirs }
    }

    fn agree(&self, text: &str) -> Result<(), TestCaseError> {
        let expected = self.theirs.encode(text, true).unwrap();
        let encoding = self.ours.encode_with_offsets(text);
        prop_assert_eq!(&encoding.ids, expected.get_ids(), "ids of {:?}", text);
        let spans: Vec<Span> =
            expected.get_offsets().iter().map(|&(start, end)| Span::new(start, end)).collect();
        prop_assert_eq!(&encoding.spans, &spans, "spans of {:?}", text);
        prop_assert_eq!(&self.ours.encode(text), &encoding.ids);
        let count = self.ours.count(text);
        prop_assert_eq!(
            count + self.ours.special_tokens().0.len() + self.ours.special_tokens().1.len(),
            spans.len()
        );
        let mut pieces = Vec::new();
        self.ours.pieces(text, &mut pieces);
        prop_assert_eq!(pieces.iter().map(|piece| piece.tokens).sum::<usize>(), count);
        Ok(())
    }

    /// The law of pieces: those wholly inside a span cost in it what they cost in the whole.
    fn pieces_are_independent(&self, text: &str, cut: Span) -> Result<(), TestCaseError> {
        let mut pieces = Vec::new();
        self.ours.pieces(text, &mut pieces);
        let inside: Vec<_> = pieces
            .iter()
            .filter(|piece| cut.start <= piece.span.start && piece.span.end <= cut.end)
            .collect();
        let (Some(first), Some(last)) = (inside.first(), inside.last()) else { return Ok(()) };
        let (head, tail) = (cut.start..first.span.start, last.span.end..cut.end);
        let whole: usize = inside.iter().map(|piece| piece.tokens).sum();
        let expected = self.ours.count(&text[head]) + whole + self.ours.count(&text[tail]);
        prop_assert_eq!(self.ours.count(&text[cut.range()]), expected, "{:?} of {:?}", cut, text);
        Ok(())
    }
}

/// A small vocabulary of words, pieces, letters of several scripts and punctuation.
fn bert(normalizer: &Value) -> Vec<u8> {
    let words = "[PAD] [UNK] [CLS] [SEP] [MASK] the honey bee un able hive q quick A The ##s ##aff ##able ##ee \
        ##ne ## # a b e i o u s t ##a ##b ##e ##i ##o ##u ##t a\u{300} ##\u{301} é ñ i\u{307} 漢 字 ##字 \
        ㄱ ᄀ ##ᅡ ##ᆨ か ##が . , ! ? ' - = ; ` « 。 ß ##ß σ ##σ ς ##ς ##̈ 1 2 ##1 ##2 \u{93e} ##\u{93e}";
    let vocab: serde_json::Map<String, Value> =
        words.split_whitespace().enumerate().map(|(i, word)| (word.to_owned(), json!(i))).collect();
    let special = |id: usize, content: &str| {
        json!({"id": id, "content": content, "special": true, "single_word": false, "lstrip": content == "[MASK]",
               "rstrip": false, "normalized": false})
    };
    let file = json!({
        "version": "1.0",
        "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"), special(3, "[SEP]"),
                         special(4, "[MASK]"),
                         {"id": 5, "content": "the", "special": false, "single_word": true, "lstrip": false,
                          "rstrip": true, "normalized": false}],
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

/// Texts that hold what normalisers trip over, among anything else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-eA-E s.,!]{0,8}",
        2 => "\\PC{0,4}",
        2 => ".{0,3}",
        2 => proptest::sample::select(vec![
            "[MASK]", " [SEP]", "the", "theunable", "##s", "\u{0}", "\u{FFFD}", "\t", "\r\n", "\u{a0}", "\u{2003}",
            "\u{2000}", "\u{200b}", "\u{ad}", "\u{301}", "e\u{301}\u{323}", "\u{344}\u{327}", "é", "İ", "ẞ", "Σς", "漢字",
            "\u{f900}", "각", "が", "≠", "\u{37e}", "\u{1fef}", "\u{93e}", "\u{e000}", "\u{10fffd}", "\u{b}", "\u{c}",
            "\u{85}", "\u{1f}", "\u{2028}", "ﬁ", "𝔸", "👩‍👩‍👧", "🇩🇪", "\u{1e08}\u{316}", "\u{1d165}\u{1d16e}",
            "\u{11938}", "\u{16d68}", "\u{f73}\u{f71}", "unableunableunable", "q\u{307}\u{323}\u{325}",
        ]).prop_map(str::to_owned),
        1 => proptest::collection::vec(any::<char>(), 0..4).prop_map(|chars| chars.into_iter().collect()),
        1 => proptest::collection::vec(0x300_u32..0x370, 0..6)
            .prop_map(|marks| marks.into_iter().filter_map(char::from_u32).collect()),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
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
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let (a, b) = (*cut.0.get(&places), *cut.1.get(&places));
        PAIR.with(|pair| pair.pieces_are_independent(&text, Span::new(a.min(b), a.max(b))))?;
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
    assert!(refuse(br#"{"model": {"type": "Unigram", "vocab": []}}"#).contains("Unigram"));
    let mut file: Value = serde_json::from_slice(&bert(&normalizers()[0])).unwrap();
    file["model"]["unk_token"] = json!("[absent]");
    assert!(refuse(&serde_json::to_vec(&file).unwrap()).contains("unknown token"));
    file["normalizer"] = json!({"type": "Precompiled"});
    assert!(refuse(&serde_json::to_vec(&file).unwrap()).contains("Precompiled"));
    assert!(
        Tokenizer::from_vocab("a\nb").unwrap_err().to_string().contains("[UNK]")
            || Tokenizer::from_vocab("a\nb").is_err()
    );
}

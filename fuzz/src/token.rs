use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use sting_core::Span;
use sting_core::token::{Tokenize, Tokenizer};

/// One file, read by us and by Hugging Face `tokenizers`.
struct Pair {
    ours: Tokenizer,
    theirs: tokenizers::Tokenizer,
}

impl Pair {
    fn new(file: &Value) -> Self {
        let file = file.to_string();
        let ours = Tokenizer::from_json(file.as_bytes()).expect("our reader takes it");
        Self { ours, theirs: tokenizers::Tokenizer::from_bytes(file).expect("their reader takes it") }
    }

    /// Ids, places and decoded text are theirs, and the pieces by which chunkers count sum up to the whole.
    fn agree(&self, text: &str) {
        let expected = self.theirs.encode(text, true).expect("their encoder does not fail");
        let encoding = self.ours.encode_with_offsets(text);
        assert_eq!(encoding.ids, expected.get_ids(), "ids of {text:?}");
        let spans: Vec<Span> =
            expected.get_offsets().iter().map(|&(start, end)| Span { start, end }).collect();
        assert_eq!(encoding.spans, spans, "places in {text:?}");
        assert_eq!(self.ours.encode(text), encoding.ids);
        let special = Tokenize::special_tokens(&self.ours);
        assert_eq!(self.ours.count(text) + special, encoding.ids.len(), "all but special tokens of {text:?}");
        let mut pieces = Vec::new();
        self.ours.pieces(text, &mut pieces);
        let sum: usize = pieces.iter().map(|piece| piece.tokens).sum();
        assert_eq!(sum + special, encoding.ids.len(), "pieces of {text:?}");
        let decoded = self.ours.decode(&encoding.ids).expect("a decoder");
        assert_eq!(
            decoded,
            self.theirs.decode(&encoding.ids, true).expect("their decoder"),
            "decoded {text:?}"
        );
    }
}

/// A BERT tokenizer over a small vocabulary.
pub fn tokenizer(data: &[u8]) {
    static PAIR: LazyLock<Pair> = LazyLock::new(|| Pair::new(&bert()));
    PAIR.agree(&String::from_utf8_lossy(data));
}

/// Byte-level BPE in the style that the first byte chooses, on the text that the others are.
pub fn tokenizer_bpe(data: &[u8]) {
    static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(|| bpe().iter().map(Pair::new).collect());
    if let Some((style, text)) = data.split_first() {
        PAIRS[usize::from(*style) % PAIRS.len()].agree(&String::from_utf8_lossy(text));
    }
}

/// A tokenizer file of any bytes, or a good one with a part replaced by any JSON: it is read or refused, and what is
/// read encodes without panic.
pub fn tokenizer_file(data: &[u8]) {
    static GOOD: LazyLock<Vec<Value>> = LazyLock::new(|| bpe().into_iter().take(2).chain([bert()]).collect());
    const PARTS: [&str; 9] = [
        "/model",
        "/model/vocab",
        "/model/merges",
        "/pre_tokenizer",
        "/normalizer",
        "/post_processor",
        "/decoder",
        "/added_tokens",
        "/pre_tokenizer/pretokenizers/0/pattern/Regex",
    ];
    let read = |file: &[u8]| {
        if let Ok(tokenizer) = Tokenizer::from_json(file) {
            let text = "  Naïve bees'll make 12345 \u{301}honey!\n\n[MASK]<|end|> ";
            let encoding = tokenizer.encode_with_offsets(text);
            assert_eq!(tokenizer.encode(text), encoding.ids);
            let _ = tokenizer.decode(&encoding.ids);
            tokenizer.pieces(text, &mut Vec::new());
        }
    };
    read(data);
    if let Ok(vocab) = str::from_utf8(data) {
        let _ = Tokenizer::from_vocab(vocab);
    }
    if let [file, part, json @ ..] = data
        && let Ok(value) = serde_json::from_slice(json)
    {
        let mut file = GOOD[usize::from(*file) % GOOD.len()].clone();
        if let Some(place) = file.pointer_mut(PARTS[usize::from(*part) % PARTS.len()]) {
            *place = value;
            read(file.to_string().as_bytes());
        }
    }
}

fn added(id: usize, content: &str, special: bool, normalized: bool) -> Value {
    json!({"id": id, "content": content, "special": special, "single_word": false, "lstrip": normalized, "rstrip": false,
           "normalized": normalized})
}

fn bert() -> Value {
    let letters = "abcdefghilmnopqrstuvyz0123456789.,!?#@éσς漢字한가";
    let words = "[PAD] [UNK] [CLS] [SEP] [MASK] the honey bee un hive ##s ##aff ##able ##ee";
    let pieces = letters.chars().map(String::from).chain(letters.chars().map(|letter| format!("##{letter}")));
    let tokens = words.split(' ').map(str::to_owned).chain(pieces);
    let vocab: Map<String, Value> = tokens.enumerate().map(|(id, token)| (token, json!(id))).collect();
    let special = words.split(' ').take(5).enumerate().map(|(id, token)| added(id, token, true, false));
    let added: Vec<Value> = special.chain([added(200, "Hive", false, true)]).collect();
    json!({"version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                       "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                               "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 12, "vocab": vocab}})
}

/// Files in the styles of Llama 3, Qwen 2, GPT-2 with a space in front, GPT-4o, and of an expression of its own.
fn bpe() -> Vec<Value> {
    let letter = |byte: u8| match byte {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => char::from(byte).to_string(),
        _ => {
            let hidden =
                (0..byte).filter(|b| !matches!(b, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF)).count() as u32;
            char::from_u32(0x100 + hidden).expect("a letter").to_string()
        }
    };
    let mut vocab: Map<String, Value> = (0..=255).map(|byte| (letter(byte), json!(byte))).collect();
    let mut merges = Vec::new();
    for word in [
        " the", " honey", " bees", "ing", "er", "'ll", "  ", "\n\n", "12", "é", "漢", "日本", "aaaa", "abab",
        " --",
    ] {
        let mut left = String::new();
        for byte in word.bytes() {
            let joined = format!("{left}{}", letter(byte));
            if !vocab.contains_key(&joined) {
                merges.push(json!([left, letter(byte)]));
                vocab.insert(joined.clone(), json!(vocab.len()));
            }
            left = joined;
        }
    }
    let byte_level = |prefix: bool, regex: bool| json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true, "use_regex": regex});
    let split = |expression: &str| {
        json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": false},
            byte_level(false, false)]})
    };
    let file = |normalizer: &Value, pre_tokenizer: &Value, ignore_merges: bool| {
        json!({"version": "1.0", "truncation": null, "padding": null,
            "added_tokens": [added(900, "<|end|>", true, false), added(901, "Bees", false, true)],
            "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": byte_level(true, true),
            "decoder": byte_level(true, true),
            "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                      "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                      "ignore_merges": ignore_merges, "vocab": vocab, "merges": merges}})
    };
    let tail = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let contracted = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    let upper = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    let lower = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
    let end = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|";
    let head = r"[^\r\n\p{L}\p{N}]?";
    let cased = format!(
        r"{head}{upper}*{lower}+{end}{head}{upper}+{lower}*{end}\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    );
    vec![
        file(&Value::Null, &split(&format!(r"{contracted}\p{{N}}{{1,3}}{tail}")), true),
        file(&json!({"type": "NFC"}), &split(&format!(r"{contracted}\p{{N}}{tail}")), false),
        file(&json!({"type": "NFKC"}), &byte_level(true, true), false),
        file(&Value::Null, &split(&cased), false),
        file(&Value::Null, &split(&format!(r"[a-z]+|\p{{N}}{{1,2}}|{head}\p{{L}}+{tail}")), false),
    ]
}

use std::sync::LazyLock;

use sting_core::Span;
use sting_core::token::Tokenizer;

/// A BERT tokenizer over a small vocabulary: ids and places are those of Hugging Face `tokenizers`, and the
/// pieces by which chunkers count sum up to the whole.
pub fn tokenizer(data: &[u8]) {
    static PAIR: LazyLock<(Tokenizer, tokenizers::Tokenizer)> = LazyLock::new(|| {
        let file = file();
        let ours = Tokenizer::from_json(file.as_bytes()).expect("our reader takes it");
        (ours, tokenizers::Tokenizer::from_bytes(file).expect("their reader takes it"))
    });
    let (ours, theirs) = &*PAIR;
    let text = String::from_utf8_lossy(data);
    let expected = theirs.encode(&*text, true).expect("their encoder does not fail");
    let encoding = ours.encode_with_offsets(&text);
    assert_eq!(encoding.ids, expected.get_ids(), "ids of {text:?}");
    let spans: Vec<Span> = expected.get_offsets().iter().map(|&(start, end)| Span::new(start, end)).collect();
    assert_eq!(encoding.spans, spans, "places in {text:?}");
    assert_eq!(ours.encode(&text), encoding.ids);
    assert_eq!(ours.count(&text) + 2, encoding.ids.len(), "all but [CLS] and [SEP] of {text:?}");
}

fn file() -> String {
    let letters = "abcdefghilmnopqrstuvyz0123456789.,!?#@éσς漢字한가";
    let words = "[PAD] [UNK] [CLS] [SEP] [MASK] the honey bee un hive ##s ##aff ##able ##ee";
    let pieces = letters.chars().map(String::from).chain(letters.chars().map(|letter| format!("##{letter}")));
    let tokens = words.split(' ').map(str::to_owned).chain(pieces);
    let vocab: Vec<String> = tokens.enumerate().map(|(id, token)| format!("{token:?}: {id}")).collect();
    let added: Vec<String> = words
        .split(' ')
        .take(5)
        .enumerate()
        .map(|(id, token)| {
            format!(
                r#"{{"id": {id}, "content": "{token}", "special": true, "single_word": false, "lstrip": false,
                     "rstrip": false, "normalized": false}}"#
            )
        })
        .collect();
    format!(
        r###"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{added}],
        "normalizer": {{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                        "strip_accents": null, "lowercase": true}},
        "pre_tokenizer": {{"type": "BertPreTokenizer"}},
        "post_processor": {{"type": "TemplateProcessing",
            "single": [{{"SpecialToken": {{"id": "[CLS]", "type_id": 0}}}}, {{"Sequence": {{"id": "A", "type_id": 0}}}},
                       {{"SpecialToken": {{"id": "[SEP]", "type_id": 0}}}}],
            "pair": [{{"Sequence": {{"id": "A", "type_id": 0}}}}, {{"Sequence": {{"id": "B", "type_id": 0}}}}],
            "special_tokens": {{"[CLS]": {{"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}},
                                "[SEP]": {{"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}}}}},
        "decoder": {{"type": "WordPiece", "prefix": "##", "cleanup": true}},
        "model": {{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                   "max_input_chars_per_word": 12, "vocab": {{{vocab}}}}}}}"###,
        added = added.join(","),
        vocab = vocab.join(",")
    )
}

//! One tokenizer file, read by us and by Hugging Face `tokenizers`, and the texts on which they must agree.

use proptest::prelude::*;
use serde_json::{Value, json};
use sting_core::Span;
use sting_core::token::{Tokenize, Tokenizer};
use unicode_segmentation::UnicodeSegmentation;

/// Both tokenizers, of the same file.
pub(crate) struct Pair {
    pub(crate) ours: Tokenizer,
    pub(crate) theirs: tokenizers::Tokenizer,
}

impl Pair {
    pub(crate) fn new(json: &[u8]) -> Self {
        let mut theirs = tokenizers::Tokenizer::from_bytes(json).unwrap();
        theirs.with_padding(None).with_truncation(None).unwrap();
        Self { ours: Tokenizer::from_json(json).unwrap(), theirs }
    }

    pub(crate) fn of(file: &Value) -> Self {
        Self::new(&serde_json::to_vec(file).unwrap())
    }

    /// Ids, places, counts, pieces and decoded text are equal.
    pub(crate) fn agree(&self, text: &str) -> Result<(), TestCaseError> {
        let expected = self.theirs.encode(text, true).unwrap();
        let encoding = self.ours.encode_with_offsets(text);
        prop_assert_eq!(&encoding.ids, expected.get_ids(), "ids of {:?}", text);
        let spans: Vec<Span> =
            expected.get_offsets().iter().map(|&(start, end)| Span { start, end }).collect();
        prop_assert_eq!(&encoding.spans, &spans, "spans of {:?}", text);
        prop_assert_eq!(&self.ours.encode(text), &encoding.ids);
        let count = self.ours.count(text);
        let (before, after) = self.ours.special_tokens();
        prop_assert_eq!(count + before.len() + after.len(), spans.len());
        let mut pieces = Vec::new();
        self.ours.pieces(text, &mut pieces);
        prop_assert_eq!(
            pieces.iter().map(|piece| piece.tokens).sum::<usize>(),
            count,
            "pieces of {:?}",
            text
        );
        prop_assert_eq!(
            self.ours.decode_with_special(&encoding.ids).unwrap(),
            self.theirs.decode(&encoding.ids, false).unwrap(),
            "decoded {:?}",
            text
        );
        prop_assert_eq!(
            self.ours.decode(&encoding.ids).unwrap(),
            self.theirs.decode(&encoding.ids, true).unwrap(),
            "decoded {:?} without special tokens",
            text
        );
        Ok(())
    }

    /// The law of pieces: those wholly inside a span cost in it what they cost in the whole.
    pub(crate) fn pieces_are_independent(&self, text: &str, cut: Span) -> Result<(), TestCaseError> {
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

    /// The law of pieces for a span that two random numbers choose.
    pub(crate) fn pieces_are_independent_at(
        &self,
        text: &str,
        cut: (prop::sample::Index, prop::sample::Index),
    ) -> Result<(), TestCaseError> {
        // A mark without its letter is another text to every normaliser.
        let places: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
        let (a, b) = (*cut.0.get(&places), *cut.1.get(&places));
        self.pieces_are_independent(text, Span::new(a.min(b), a.max(b)))
    }
}

/// An added token of a file.
pub(crate) fn added(id: usize, content: &str, flags: &[&str]) -> Value {
    let is = |flag: &str| flags.contains(&flag);
    json!({"id": id, "content": content, "special": is("special"), "single_word": is("single_word"),
           "lstrip": is("lstrip"), "rstrip": is("rstrip"), "normalized": is("normalized")})
}

/// Texts that hold what normalisers and pre-tokenizers trip over, among anything else.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-eA-E s.,!]{0,8}",
        2 => "[ \\n\\r\\t]{0,4}",
        2 => "[ a-cA-C0-9'/\\n!]{0,8}",
        2 => "\\PC{0,4}",
        2 => ".{0,3}",
        1 => proptest::sample::select(vec![
            "don't", "WE'LL", "it's", "'ſ", "I'VE", "'re", " 'd", "x'tis", "1234567", "½²", "१२३", "camelCase", "HTTPServer",
            "日本語HTML", "ǅungla", "naïve", "e\u{301}e\u{301}", "\u{1100}\u{1161}\u{11a8}", "ﬁ①", "!?\n\n", "a/\n/b", "\u{a0} \u{a0}x",
            "<|end|>", "<|end|> ", "  <|end|>", "<a b>", "the", "theme", "Übung", "übung", "ÜBUNG", "ﬀ", "\u{feff}",
        ]).prop_map(str::to_owned),
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

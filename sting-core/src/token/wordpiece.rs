//! WordPiece with the BERT normaliser and pre-tokenizer, exactly as Hugging Face `tokenizers` does
//! it, without building the normalised text.
//!
//! Words of ASCII go straight from the text to the trie. A word that holds anything else is
//! normalised character by character, with the place that each normalised byte came from.

use super::Sink;
use super::file::{TokenizerFile, flag, kind, unsupported, unusable};
use super::trie::{ROOT, Trie};
use super::unicode::{CASED, COMPOSED, DROPPED, IDEOGRAPH, MARK, PUNCTUATION, SPACE, properties};
use super::vocab::Vocab;
use crate::{Error, Span};
use serde_json::Value;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

/// A WordPiece model with its normaliser.
#[derive(Clone, Debug)]
pub(super) struct WordPiece {
    normalizer: BertNormalizer,
    unknown: u32,
    max_chars: usize,
    /// Where in the trie the tokens that continue a word begin.
    continuation: Option<u32>,
    /// What each byte is, and its lower-case form.
    classes: [Class; 256],
    lower: [u8; 256],
}

/// The switches of the BERT normaliser.
#[derive(Clone, Copy, Debug)]
pub(super) struct BertNormalizer {
    pub(super) clean: bool,
    pub(super) split_ideographs: bool,
    pub(super) strip_accents: bool,
    pub(super) lowercase: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Space,
    Punctuation,
    Word,
    /// Not ASCII, or removed by cleaning: the slow path decides.
    Other,
}

impl BertNormalizer {
    /// As of `bert-base-uncased`.
    pub(super) const UNCASED: Self =
        Self { clean: true, split_ideographs: true, strip_accents: true, lowercase: true };

    fn from_json(normalizer: &Value) -> Result<Self, Error> {
        match kind(normalizer) {
            "BertNormalizer" => {
                let lowercase = flag(normalizer, "lowercase", true);
                Ok(Self {
                    clean: flag(normalizer, "clean_text", true),
                    split_ideographs: flag(normalizer, "handle_chinese_chars", true),
                    strip_accents: flag(normalizer, "strip_accents", lowercase),
                    lowercase,
                })
            }
            "none" => {
                Ok(Self { clean: false, split_ideographs: false, strip_accents: false, lowercase: false })
            }
            "Lowercase" => {
                Ok(Self { clean: false, split_ideographs: false, strip_accents: false, lowercase: true })
            }
            other => Err(unsupported("normalizer", other)),
        }
    }
}

impl WordPiece {
    pub(super) fn from_file(file: &TokenizerFile, vocab: &Vocab) -> Result<Self, Error> {
        if kind(&file.pre_tokenizer) != "BertPreTokenizer" {
            return Err(unsupported("pre_tokenizer", kind(&file.pre_tokenizer)));
        }
        let normalizer = BertNormalizer::from_json(&file.normalizer)?;
        if file.added_tokens.iter().any(|token| token.normalized) && kind(&file.normalizer) != "none" {
            return Err(unsupported("added_tokens list", "normalized"));
        }
        let text = |name: &str, default| file.model.get(name).and_then(Value::as_str).unwrap_or(default);
        let max_chars = file.model.get("max_input_chars_per_word").and_then(Value::as_u64).unwrap_or(100);
        Self::new(
            normalizer,
            vocab,
            text("unk_token", "[UNK]"),
            text("continuing_subword_prefix", "##"),
            max_chars as usize,
        )
    }

    pub(super) fn new(
        normalizer: BertNormalizer,
        vocab: &Vocab,
        unknown: &str,
        prefix: &str,
        max_chars: usize,
    ) -> Result<Self, Error> {
        let unknown = vocab.trie.get(unknown.as_bytes()).ok_or_else(|| {
            unusable("its vocabulary lacks the unknown token", "add it, usually [UNK], to the vocabulary")
        })?;
        let class = |byte: usize| {
            let properties = properties(byte as u8 as char);
            match () {
                () if byte >= 0x80 || normalizer.clean && properties & DROPPED != 0 => Class::Other,
                () if properties & SPACE != 0 => Class::Space,
                () if properties & PUNCTUATION != 0 => Class::Punctuation,
                () => Class::Word,
            }
        };
        let lower =
            |byte: usize| if normalizer.lowercase { (byte as u8).to_ascii_lowercase() } else { byte as u8 };
        Ok(Self {
            normalizer,
            unknown,
            max_chars,
            continuation: vocab.trie.walk(prefix.as_bytes()),
            classes: std::array::from_fn(class),
            lower: std::array::from_fn(lower),
        })
    }

    /// Tokenizes `text`, which stands at byte `shift` of the whole.
    pub(super) fn encode<S: Sink>(&self, trie: &Trie, text: &str, shift: usize, sink: &mut S) {
        let bytes = text.as_bytes();
        let class = |at: usize| self.classes[bytes[at] as usize];
        let mut slow = None;
        let mut word = Vec::with_capacity(64);
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            match class(at) {
                Class::Space => {
                    at += 1;
                    continue;
                }
                Class::Punctuation => at += 1,
                Class::Word => {
                    while at < bytes.len() && class(at) == Class::Word {
                        at += 1;
                    }
                }
                Class::Other => {}
            }
            if at > start && (at == bytes.len() || class(at) != Class::Other) {
                word.clear();
                word.extend(bytes[start..at].iter().map(|&byte| self.lower[byte as usize]));
                let from = |piece: Span| Span::new(shift + start + piece.start, shift + start + piece.end);
                self.word(trie, &word, from, sink);
                sink.word(Span::new(shift + start, shift + at));
            } else {
                while at < bytes.len() && matches!(class(at), Class::Word | Class::Other) {
                    at += 1;
                }
                let slow = slow.get_or_insert_with(|| SlowPath::new(self, trie));
                slow.encode(&text[start..at], shift + start, sink);
            }
        }
    }

    /// Cuts one normalised word into the longest known pieces, or into one unknown token if some
    /// rest of it is not known. `from` leads from the word back to the text.
    #[inline]
    fn word<S: Sink>(&self, trie: &Trie, word: &[u8], from: impl Fn(Span) -> Span, sink: &mut S) {
        let whole = Span::new(0, word.len());
        // The common case first: the word is a token.
        if word.len() <= self.max_chars
            && let Some((id, len)) = trie.longest(ROOT, word)
        {
            if len == word.len() {
                return sink.token(id, from(whole));
            }
            let mut pieces = smallvec::SmallVec::<[(u32, Span); 16]>::new();
            pieces.push((id, Span::new(0, len)));
            let mut at = len;
            while let Some(state) = self.continuation
                && let Some((id, len)) = trie.longest(state, &word[at..])
            {
                pieces.push((id, Span::new(at, at + len)));
                at += len;
            }
            if at == word.len() {
                return pieces.into_iter().for_each(|(id, piece)| sink.token(id, from(piece)));
            }
        }
        self.long_or_unknown(trie, word, from, sink);
    }

    /// A word of more bytes than `max_chars` may still be short enough in characters.
    #[cold]
    fn long_or_unknown<S: Sink>(&self, trie: &Trie, word: &[u8], from: impl Fn(Span) -> Span, sink: &mut S) {
        let whole = from(Span::new(0, word.len()));
        let chars = word.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        let mut pieces = Vec::new();
        let mut at = 0;
        if word.len() > self.max_chars && chars <= self.max_chars {
            let mut state = Some(ROOT);
            while let Some((id, len)) = state.and_then(|state| trie.longest(state, &word[at..])) {
                pieces.push((id, Span::new(at, at + len)));
                at += len;
                state = self.continuation;
            }
        }
        if at == word.len() {
            for (id, piece) in pieces {
                sink.token(id, from(piece));
            }
        } else {
            sink.token(self.unknown, whole);
        }
    }
}

/// The normaliser, one character after another.
struct SlowPath<'m> {
    model: &'m WordPiece,
    trie: &'m Trie,
    /// The normalised word so far, and for each of its bytes the place in the text.
    word: Vec<u8>,
    places: Vec<Span>,
    /// A starter and the marks after it, not yet in canonical order: combining class, character,
    /// and whether it is more than the first of a decomposition.
    pending: Vec<(u8, char, bool)>,
    /// Places of the text's characters that are pending, and the last one used.
    sources: Vec<Span>,
    source: Span,
    /// All that the word was made of, removed marks included.
    extent: Option<Span>,
}

impl<'m> SlowPath<'m> {
    fn new(model: &'m WordPiece, trie: &'m Trie) -> Self {
        Self {
            model,
            trie,
            word: Vec::new(),
            places: Vec::new(),
            pending: Vec::new(),
            sources: Vec::new(),
            source: Span::default(),
            extent: None,
        }
    }

    /// Tokenizes a stretch that ends a word on both sides.
    fn encode<S: Sink>(&mut self, stretch: &str, shift: usize, sink: &mut S) {
        let normalizer = self.model.normalizer;
        for (at, c) in stretch.char_indices() {
            let place = Span::new(shift + at, shift + at + c.len_utf8());
            let properties = properties(c);
            if normalizer.clean && properties & DROPPED != 0 {
                continue;
            }
            let apart = normalizer.clean && properties & SPACE != 0
                || normalizer.split_ideographs && properties & IDEOGRAPH != 0;
            if apart {
                self.settle(sink);
                self.end_word(sink);
            }
            if !normalizer.strip_accents || properties & COMPOSED == 0 {
                self.settle(sink);
                self.cased(c, place, sink);
            } else {
                self.decompose(c, place, sink);
            }
            if apart {
                self.settle(sink);
                self.end_word(sink);
            }
        }
        self.settle(sink);
        self.end_word(sink);
    }

    fn decompose<S: Sink>(&mut self, c: char, place: Span, sink: &mut S) {
        let mut first = true;
        decompose_canonical(c, |part| {
            let class = canonical_combining_class(part);
            if class == 0 {
                self.settle(sink);
            }
            if first {
                self.sources.push(place);
            }
            self.pending.push((class, part, !first));
            first = false;
        });
    }

    /// Puts the pending characters into canonical order and takes them over. As in `tokenizers`,
    /// places are dealt out in the new order.
    fn settle<S: Sink>(&mut self, sink: &mut S) {
        if self.pending.is_empty() {
            return;
        }
        let (mut pending, mut sources) =
            (std::mem::take(&mut self.pending), std::mem::take(&mut self.sources));
        pending.sort_by_key(|&(class, ..)| class);
        let mut places = sources.drain(..);
        for (_, c, inserted) in pending.drain(..) {
            if !inserted && let Some(place) = places.next() {
                self.source = place;
            }
            if properties(c) & MARK == 0 {
                self.cased(c, self.source, sink);
            } else {
                self.cover(self.source);
            }
        }
        drop(places);
        (self.pending, self.sources) = (pending, sources);
    }

    fn cased<S: Sink>(&mut self, c: char, place: Span, sink: &mut S) {
        let normalizer = self.model.normalizer;
        let flags = properties(c);
        if normalizer.strip_accents && flags & MARK != 0 {
            return;
        }
        if normalizer.lowercase && flags & CASED != 0 {
            c.to_lowercase().for_each(|lower| self.put(lower, properties(lower), place, sink));
        } else {
            self.put(c, flags, place, sink);
        }
    }

    /// Pre-tokenizes one normalised character.
    fn put<S: Sink>(&mut self, c: char, flags: u8, place: Span, sink: &mut S) {
        if flags & (SPACE | PUNCTUATION) == 0 {
            return self.push(c, place);
        }
        self.end_word(sink);
        if flags & SPACE == 0 {
            self.push(c, place);
            self.end_word(sink);
        }
    }

    fn cover(&mut self, place: Span) {
        self.extent = Some(self.extent.map_or(place, |extent| extent.cover(place)));
    }

    fn push(&mut self, c: char, place: Span) {
        self.cover(place);
        let mut utf8 = [0; 4];
        self.word.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        self.places.resize(self.word.len(), place);
    }

    fn end_word<S: Sink>(&mut self, sink: &mut S) {
        let extent = self.extent.take().unwrap_or_default();
        if !self.word.is_empty() {
            let places = &self.places;
            let from = |piece: Span| Span::new(places[piece.start].start, places[piece.end - 1].end);
            self.model.word(self.trie, &self.word, from, sink);
            sink.word(extent);
            self.word.clear();
            self.places.clear();
        }
    }
}

//! WordPiece with the BERT normaliser and pre-tokenizer, exactly as Hugging Face `tokenizers` does
//! it, without building the normalised text.
//!
//! Words of ASCII go straight from the text to the trie. A word that holds anything else is
//! normalised character by character, with the place that each normalised byte came from.

mod normalize;

use super::file::{Fault, TokenizerFile, kind, not_built_in, unusable};
use super::normalized::Normalized;
use super::sink::Sink;
use super::trie::{ROOT, Trie};
use super::unicode::{DROPPED, PUNCTUATION, SPACE, properties};
use crate::Span;
pub(super) use normalize::BertNormalizer;
use normalize::{Normalizing, Output};
use serde_json::Value;

/// A WordPiece model with its normaliser.
#[derive(Clone, Debug)]
pub(super) struct WordPiece {
    trie: Trie,
    normalizer: BertNormalizer,
    unknown: u32,
    max_chars: usize,
    /// Where in the trie the tokens that continue a word begin.
    continuation: Option<u32>,
    /// What each byte is, and its lower-case form.
    classes: [Class; 256],
    lower: [u8; 256],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Space,
    Punctuation,
    Word,
    /// Not ASCII, or removed by cleaning: the slow path decides.
    Other,
}

impl WordPiece {
    pub(super) fn read(file: &TokenizerFile) -> Result<Self, Fault> {
        if kind(&file.pre_tokenizer) != "BertPreTokenizer" {
            return Err(not_built_in("pre_tokenizer", kind(&file.pre_tokenizer)));
        }
        let normalizer = BertNormalizer::read(&file.normalizer)?;
        let text = |name: &str, default| file.model.get(name).and_then(Value::as_str).unwrap_or(default);
        let max_chars = file.model.get("max_input_chars_per_word").and_then(Value::as_u64).unwrap_or(100);
        Self::new(
            normalizer,
            &file.vocabulary()?,
            text("unk_token", "[UNK]"),
            text("continuing_subword_prefix", "##"),
            max_chars as usize,
        )
    }

    pub(super) fn new(
        normalizer: BertNormalizer,
        vocab: &[(&str, u32)],
        unknown: &str,
        prefix: &str,
        max_chars: usize,
    ) -> Result<Self, Fault> {
        let trie = Trie::new(vocab.iter().map(|&(token, id)| (token.as_bytes(), id)));
        let unknown = trie.get(unknown.as_bytes()).ok_or_else(|| {
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
            continuation: trie.walk(prefix.as_bytes()),
            trie,
            classes: std::array::from_fn(class),
            lower: std::array::from_fn(lower),
        })
    }

    /// Tokenizes `text`, which stands at byte `shift` of the whole.
    pub(super) fn encode<S: Sink>(&self, text: &str, shift: usize, sink: &mut S) {
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
                self.word(&word, from, sink);
                sink.word(Span::new(shift + start, shift + at));
            } else {
                while at < bytes.len() && matches!(class(at), Class::Word | Class::Other) {
                    at += 1;
                }
                let (normalizing, so_far) =
                    slow.get_or_insert_with(|| (Normalizing::new(self.normalizer), Word::default()));
                let mut words = Words::new(self, sink, so_far);
                normalizing.run(&text[start..at], shift + start, &mut words);
                words.end();
            }
        }
    }

    /// The normal form of `text`, which stands at byte `shift`; `None` if it is what it was.
    pub(super) fn normalize(&self, text: &str, shift: usize) -> Option<Normalized> {
        self.normalizer.apply(text, shift)
    }

    /// Tokenizes a text that is normalised already, and whose bytes come from `places`.
    pub(super) fn encode_normalized<S: Sink>(&self, text: &str, places: &[Span], sink: &mut S) {
        let mut word = Word::default();
        let mut words = Words::new(self, sink, &mut word);
        for (at, c) in text.char_indices() {
            words.put(c, properties(c), places[at]);
        }
        words.end();
    }

    /// Cuts one normalised word into the longest known pieces, or into one unknown token if some
    /// rest of it is not known. `from` leads from the word back to the text.
    #[inline]
    fn word<S: Sink>(&self, word: &[u8], from: impl Fn(Span) -> Span, sink: &mut S) {
        let whole = Span::new(0, word.len());
        // The common case first: the word is a token.
        if word.len() <= self.max_chars
            && let Some((id, len)) = self.trie.longest(ROOT, word)
        {
            if len == word.len() {
                return sink.token(id, from(whole));
            }
            let mut pieces = smallvec::SmallVec::<[(u32, Span); 16]>::new();
            pieces.push((id, Span::new(0, len)));
            let mut at = len;
            while let Some(state) = self.continuation
                && let Some((id, len)) = self.trie.longest(state, &word[at..])
            {
                pieces.push((id, Span::new(at, at + len)));
                at += len;
            }
            if at == word.len() {
                return pieces.into_iter().for_each(|(id, piece)| sink.token(id, from(piece)));
            }
        }
        self.long_or_unknown(word, from, sink);
    }

    /// A word of more bytes than `max_chars` may still be short enough in characters.
    #[cold]
    fn long_or_unknown<S: Sink>(&self, word: &[u8], from: impl Fn(Span) -> Span, sink: &mut S) {
        let whole = from(Span::new(0, word.len()));
        let chars = word.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        let mut pieces = Vec::new();
        let mut at = 0;
        if word.len() > self.max_chars && chars <= self.max_chars {
            let mut state = Some(ROOT);
            while let Some((id, len)) = state.and_then(|state| self.trie.longest(state, &word[at..])) {
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

/// A word of normalised characters, and for each of its bytes the place in the text.
#[derive(Default)]
struct Word {
    bytes: Vec<u8>,
    places: Vec<Span>,
}

/// Makes words of normalised characters.
struct Words<'m, 's, S> {
    model: &'m WordPiece,
    sink: &'s mut S,
    so_far: &'s mut Word,
    /// All that the word was made of, removed marks included.
    extent: Option<Span>,
}

impl<'m, 's, S: Sink> Words<'m, 's, S> {
    fn new(model: &'m WordPiece, sink: &'s mut S, so_far: &'s mut Word) -> Self {
        Self { model, sink, so_far, extent: None }
    }

    fn cover(&mut self, place: Span) {
        self.extent = Some(self.extent.map_or(place, |extent| extent.cover(place)));
    }

    fn push(&mut self, c: char, place: Span) {
        self.cover(place);
        let mut utf8 = [0; 4];
        self.so_far.bytes.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        self.so_far.places.resize(self.so_far.bytes.len(), place);
    }

    fn end(&mut self) {
        let extent = self.extent.take().unwrap_or_default();
        let Word { bytes, places } = &mut *self.so_far;
        if !bytes.is_empty() {
            let from = |piece: Span| Span::new(places[piece.start].start, places[piece.end - 1].end);
            self.model.word(bytes, from, self.sink);
            self.sink.word(extent);
            bytes.clear();
            places.clear();
        }
    }
}

impl<S: Sink> Output for Words<'_, '_, S> {
    /// Pre-tokenizes one normalised character.
    fn put(&mut self, c: char, flags: u8, place: Span) {
        if flags & (SPACE | PUNCTUATION) == 0 {
            return self.push(c, place);
        }
        self.end();
        if flags & SPACE == 0 {
            self.push(c, place);
            self.end();
        }
    }

    fn removed(&mut self, place: Span) {
        self.cover(place);
    }
}

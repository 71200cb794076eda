//! Exact, fast tokenizers: what a model will see, and how many tokens that is.
//!
//! [`Tokenizer`] reads a `tokenizer.json` or a `vocab.txt` and gives the ids, and the place of each
//! token, that Hugging Face `tokenizers` gives. [`Tokenize`] is what a chunker needs of anything
//! that counts tokens; implement it to bring your own.

mod added;
mod bpe;
mod decode;
mod file;
mod model;
mod normalized;
#[cfg(feature = "tokenizers")]
mod other;
mod piece;
mod sink;
mod split;
mod template;
mod trie;
mod unicode;
mod vocab;
mod wordpiece;

use crate::id::IdHasher;
use crate::{Error, Id, Span};
use added::Added;
use bpe::Bpe;
use decode::Decoder;
use file::{AddedToken, Fault, TokenizerFile, not_built_in, unusable};
use model::Model;
pub use piece::{Encoding, Piece, Tokenize};
use rayon::prelude::*;
use sink::{Count, Ids, Pieces, Placed, Sink, Whole};
use std::fmt;
use std::sync::Arc;
use template::Template;
use vocab::Vocab;
use wordpiece::{BertNormalizer, WordPiece};

/// An exact tokenizer. Cheap to clone; share it between threads.
///
/// Built in: WordPiece with the BERT normaliser and pre-tokenizer, and BPE on bytes as GPT-2, GPT-4,
/// Llama 3 and Qwen have it. Every other kind of `tokenizer.json` is read with the feature
/// `tokenizers`. Truncation and padding that a file asks for are ignored.
///
/// ```
/// use sting_core::token::Tokenizer;
/// let tokenizer = Tokenizer::from_vocab("[UNK]\n[CLS]\n[SEP]\nhoney\nbee\n##s\n!")?;
/// assert_eq!(tokenizer.encode("Bees, honey!"), [1, 4, 5, 0, 3, 6, 2]);
/// let encoding = tokenizer.encode_with_offsets("Bees");
/// assert_eq!(&"Bees"[encoding.spans[2].range()], "s");
/// assert_eq!(tokenizer.decode(&encoding.ids)?, "bees");
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Tokenizer(Arc<Parts>);

struct Parts {
    model: Model,
    vocab: Vocab,
    /// Added tokens that are found in the text, and those found in the normalised text.
    added: Option<Added>,
    normalized: Option<Added>,
    template: Template,
    /// What made the decoder unusable is said when something is to be decoded.
    decoder: Result<Decoder, Fault>,
    id: Id,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`. Its truncation and padding are ignored.
    ///
    /// # Errors
    /// Fails with [`Error::Tokenizer`] if the file is malformed, or of a kind that is not built in
    /// and the feature `tokenizers` is off.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        match Self::built_in(json) {
            #[cfg(feature = "tokenizers")]
            Err(Fault::NotBuiltIn { .. }) => Ok(Self::other(json)?),
            result => Ok(result?),
        }
    }

    fn built_in(json: &[u8]) -> Result<Self, Fault> {
        let file = TokenizerFile::parse(json)?;
        let model = match file.model_kind() {
            "WordPiece" => Model::WordPiece(Box::new(WordPiece::read(&file)?)),
            "BPE" => Model::Bpe(Box::new(Bpe::read(&file)?)),
            other => return Err(not_built_in("model", other)),
        };
        let template = Template::read(&file.post_processor)?;
        let vocab = Vocab::new(&file.vocabulary()?);
        let decoder = Decoder::read(&file.decoder);
        Self::assemble(model, vocab, file.added_tokens, template, decoder, json)
    }

    #[cfg(feature = "tokenizers")]
    fn other(json: &[u8]) -> Result<Self, Fault> {
        let other = other::Other::read(json)?;
        let (vocab, template) = (other.vocab(), other.template());
        let model = Model::Other(Box::new(other));
        Self::assemble(model, vocab, Vec::new(), template, Ok(Decoder::default()), json)
    }

    /// Reads a `vocab.txt`, a token a line, with the settings of uncased BERT.
    ///
    /// # Errors
    /// Fails with [`Error::Tokenizer`] if the vocabulary lacks `[UNK]`, `[CLS]` or `[SEP]`.
    pub fn from_vocab(vocab: &str) -> Result<Self, Error> {
        let tokens: Vec<(&str, u32)> =
            vocab.lines().enumerate().map(|(i, line)| (line.trim_end(), i as u32)).collect();
        let find = |name: &str| tokens.iter().rev().find(|(token, _)| *token == name).map(|&(_, id)| id);
        let needed = |name: &str| {
            find(name).ok_or_else(|| unusable(format!("its vocabulary lacks {name}"), "add it as a line"))
        };
        let template =
            Template { before: vec![needed("[CLS]")?], after: vec![needed("[SEP]")?], ..Template::default() };
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        let added: Vec<AddedToken> =
            special.into_iter().filter_map(|name| Some(AddedToken::special(name, find(name)?))).collect();
        let model = WordPiece::new(BertNormalizer::UNCASED, &tokens, "[UNK]", "##", 100)?;
        let decoder = Ok(Decoder::WordPiece { prefix: "##".into(), cleanup: true });
        let vocab = Vocab::new(&tokens);
        Ok(Self::assemble(
            Model::WordPiece(Box::new(model)),
            vocab,
            added,
            template,
            decoder,
            b"bert-uncased",
        )?)
    }

    fn assemble(
        model: Model,
        mut vocab: Vocab,
        mut added: Vec<AddedToken>,
        template: Template,
        decoder: Result<Decoder, Fault>,
        settings: &[u8],
    ) -> Result<Self, Fault> {
        vocab.add(&mut added, |token| model.normal_form(token));
        let mut hasher = IdHasher::default();
        hasher.field(settings);
        vocab.identify(&mut hasher);
        let (normalized, verbatim): (Vec<_>, Vec<_>) = added.into_iter().partition(|token| token.normalized);
        let added = Added::new(verbatim, str::to_owned)?;
        let normalized = Added::new(normalized, |token| model.normal_form(token))?;
        let id = hasher.finish();
        Ok(Self(Arc::new(Parts { model, vocab, added, normalized, template, decoder, id })))
    }

    /// The ids of `text` as the model sees them, with special tokens around it.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::with_capacity(text.len() / 4 + 2);
        self.encode_into(text, &mut ids, true);
        ids
    }

    /// Appends the ids of `text` to `ids`, with special tokens if `add_special` is set.
    pub fn encode_into(&self, text: &str, ids: &mut Vec<u32>, add_special: bool) {
        if add_special {
            ids.extend_from_slice(&self.0.template.before);
        }
        self.run(text, &mut Ids(ids));
        if add_special {
            ids.extend_from_slice(&self.0.template.after);
        }
    }

    /// The ids of `text` with special tokens, and the place of each token.
    ///
    /// A place covers whole characters: tokens that share one, as those of a rare character do in
    /// byte-level BPE, have overlapping places.
    pub fn encode_with_offsets(&self, text: &str) -> Encoding {
        let mut encoding = Encoding::default();
        let Parts { template, vocab, .. } = &*self.0;
        let special = |encoding: &mut Encoding, ids: &[u32]| {
            encoding.ids.extend_from_slice(ids);
            encoding.spans.resize(encoding.ids.len(), Span::default());
        };
        special(&mut encoding, &template.before);
        self.run(text, &mut Placed { encoding: &mut encoding, template, vocab });
        special(&mut encoding, &template.after);
        encoding
    }

    /// Encodes many texts in parallel.
    pub fn encode_many<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Vec<u32>> {
        texts.par_iter().map(|text| self.encode(text.as_ref())).collect()
    }

    /// Tokens of `text`, without special tokens.
    pub fn count(&self, text: &str) -> usize {
        let mut count = Count(0);
        self.run(text, &mut count);
        count.0
    }

    /// The text of `ids`, without special tokens. Ids that are not known are left out, and bytes
    /// that are not UTF-8 become replacement characters.
    ///
    /// # Errors
    /// Fails with [`Error::Tokenizer`] if the file's decoder is of a kind that is not built in.
    pub fn decode(&self, ids: &[u32]) -> Result<String, Error> {
        self.decode_where(ids, |id| !self.0.vocab.is_special(id))
    }

    /// The text of `ids`, special tokens included; see [`decode`](Self::decode).
    ///
    /// # Errors
    /// As for [`decode`](Self::decode).
    pub fn decode_with_special(&self, ids: &[u32]) -> Result<String, Error> {
        self.decode_where(ids, |_| true)
    }

    fn decode_where(&self, ids: &[u32], keep: impl Fn(u32) -> bool) -> Result<String, Error> {
        #[cfg(feature = "tokenizers")]
        if let Model::Other(other) = &self.0.model {
            return other.decode(ids, keep);
        }
        let vocab = &self.0.vocab;
        let tokens = ids.iter().filter(|&&id| keep(id)).filter_map(|&id| vocab.decoded(id));
        match &self.0.decoder {
            Ok(decoder) => Ok(decoder.decode(tokens)),
            Err(fault) => Err(fault.clone().into()),
        }
    }

    /// The special tokens that go before and after a text.
    pub fn special_tokens(&self) -> (&[u32], &[u32]) {
        (&self.0.template.before, &self.0.template.after)
    }

    /// The id of a token.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        self.0.vocab.id(token)
    }

    /// The token of an id, as its file writes it.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.0.vocab.token(id)
    }

    /// Number of tokens known, added ones included.
    pub fn vocab_size(&self) -> usize {
        self.0.vocab.len()
    }

    /// What decides the tokens: tokenizers of equal id encode alike.
    pub fn id(&self) -> Id {
        self.0.id
    }

    fn run<S: Sink>(&self, text: &str, sink: &mut S) {
        let Some(added) = &self.0.added else { return self.run_part(text, 0, sink) };
        added.split(text, |part, start, id| match id {
            None => self.run_part(part, start, sink),
            Some(id) => sink.added(id, Span::new(start, start + part.len()), part),
        });
    }

    /// Encodes what is between added tokens that are found in the text itself.
    fn run_part<S: Sink>(&self, text: &str, shift: usize, sink: &mut S) {
        let Parts { model, normalized: added, .. } = &*self.0;
        let Some(added) = added else { return model.encode(text, shift, sink) };
        let normal = model.normalize(text, shift);
        if !added.may_be_in(normal.as_ref().map_or(text, |normal| &normal.text)) {
            return model.encode(text, shift, sink);
        }
        // Where a cut makes a token of what was none, or the reverse, is not known: it is all one piece.
        let mut whole = Whole(&mut *sink);
        match &normal {
            None => added.split(text, |part, start, id| match id {
                None => model.encode(part, shift + start, &mut whole),
                Some(id) => {
                    whole.added(id, Span::new(shift + start, shift + start + part.len()), part);
                }
            }),
            Some(normal) => added.split(&normal.text, |part, start, id| {
                let places = &normal.places[start..start + part.len()];
                match (id, places) {
                    (None, places) => model.encode_normalized(part, places, &mut whole),
                    (Some(id), [first, .., last]) => {
                        whole.added(id, Span::new(first.start, last.end), part);
                    }
                    (Some(id), places) => whole.added(id, places.first().copied().unwrap_or_default(), part),
                }
            }),
        }
        sink.word(Span::new(shift, shift + text.len()));
    }
}

impl Tokenize for Tokenizer {
    fn count(&self, text: &str) -> usize {
        self.count(text)
    }

    fn special_tokens(&self) -> usize {
        self.0.template.before.len() + self.0.template.after.len()
    }

    fn id(&self) -> Id {
        self.0.id
    }

    fn pieces(&self, text: &str, pieces: &mut Vec<Piece>) {
        let added = [&self.0.added, &self.0.normalized];
        let whole_words = added.into_iter().flatten().any(Added::has_single_words);
        let mut found = Pieces::new(text, pieces, whole_words);
        self.run(text, &mut found);
        found.complete(text.len());
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer").field("id", &self.0.id).field("vocab_size", &self.vocab_size()).finish()
    }
}

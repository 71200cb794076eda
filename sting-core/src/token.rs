//! Exact, fast tokenizers: what a model will see, and how many tokens that is.
//!
//! [`Tokenizer`] reads a `tokenizer.json` or a `vocab.txt` and gives the ids, and the place of each
//! token, that Hugging Face `tokenizers` gives. [`Tokenize`] is what a chunker needs of anything
//! that counts tokens; implement it to bring your own.

mod added;
mod file;
mod trie;
mod unicode;
mod vocab;
mod wordpiece;

use crate::id::IdHasher;
use crate::{Error, Id, Span};
use added::Added;
use file::{AddedToken, Template, TokenizerFile, kind, unsupported};
use rayon::prelude::*;
use std::fmt;
use std::sync::Arc;
use vocab::Vocab;
use wordpiece::{BertNormalizer, WordPiece};

/// Something that counts tokens.
///
/// A chunker asks for the [`Piece`]s of a stretch of text once, and from then on knows the cost of
/// every span by subtraction.
pub trait Tokenize: Send + Sync + fmt::Debug {
    /// Tokens of `text` on its own, without special tokens.
    fn count(&self, text: &str) -> usize;

    /// Special tokens that a model puts around one text; a limit in tokens includes them.
    fn special_tokens(&self) -> usize {
        0
    }

    /// What decides the counts: tokenizers of equal id count alike.
    fn id(&self) -> Id;

    /// Appends pieces of `text` that can be counted apart.
    ///
    /// Pieces are in order and do not overlap, and what lies between them costs nothing. They are
    /// independent: wherever a span of the text begins and ends, the pieces that lie wholly in it
    /// cost in it what they cost here.
    ///
    /// By default the text is one piece, so that the cost of every span is counted afresh. That is
    /// always right, and slow.
    fn pieces(&self, text: &str, pieces: &mut Vec<Piece>) {
        pieces.push(Piece { span: Span::new(0, text.len()), tokens: self.count(text) });
    }
}

/// A part of a text whose tokens do not depend on what is around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it lies.
    pub span: Span,
    /// How many tokens it is.
    pub tokens: usize,
}

/// Tokens with their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    /// The ids.
    pub ids: Vec<u32>,
    /// For each id, the bytes of the text that it stands for; empty at 0 for special tokens.
    pub spans: Vec<Span>,
}

/// An exact tokenizer. Cheap to clone; share it between threads.
///
/// Built in: WordPiece with the BERT normaliser and pre-tokenizer.
///
/// ```
/// use sting_core::token::Tokenizer;
/// let tokenizer = Tokenizer::from_vocab("[UNK]\n[CLS]\n[SEP]\nhoney\nbee\n##s\n!")?;
/// assert_eq!(tokenizer.encode("Bees, honey!"), [1, 4, 5, 0, 3, 6, 2]);
/// let encoding = tokenizer.encode_with_offsets("Bees");
/// assert_eq!(&"Bees"[encoding.spans[2].range()], "s");
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Tokenizer(Arc<Parts>);

struct Parts {
    model: Model,
    vocab: Vocab,
    /// Sets of added tokens, each searched for in what the one before left.
    added: Vec<Added>,
    template: Template,
    id: Id,
}

enum Model {
    WordPiece(WordPiece),
}

/// What a model writes its tokens to.
trait Sink {
    /// A token and its place.
    fn token(&mut self, id: u32, span: Span);
    /// The tokens since the last call are a word, independent of all around it.
    #[inline]
    fn word(&mut self, _span: Span) {}
    /// An added token and its place.
    fn added(&mut self, id: u32, span: Span) {
        self.token(id, span);
    }
}

impl Tokenizer {
    /// Reads a `tokenizer.json`. Its truncation and padding are ignored.
    ///
    /// # Errors
    /// Fails with [`Error::Tokenizer`] if the file is malformed or of a kind that is not built in.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let file = TokenizerFile::parse(json)?;
        // Old files do not say what they are; only WordPiece has this field.
        let bare_wordpiece = file.model.get("max_input_chars_per_word").is_some();
        let template = file.template()?;
        match kind(&file.model) {
            "WordPiece" => {}
            "unknown" if bare_wordpiece => {}
            other => return Err(unsupported("model", other)),
        }
        let vocab = Vocab::new(&file::vocabulary(&file.model)?, &file.added_tokens);
        let model = Model::WordPiece(WordPiece::from_file(&file, &vocab)?);
        Self::assemble(model, vocab, file.added_tokens, template, json)
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
            find(name)
                .ok_or_else(|| file::unusable(format!("its vocabulary lacks {name}"), "add it as a line"))
        };
        let template = Template { before: vec![needed("[CLS]")?], after: vec![needed("[SEP]")?] };
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        let added: Vec<AddedToken> =
            special.into_iter().filter_map(|name| Some(AddedToken::special(name, find(name)?))).collect();
        let vocab = Vocab::new(&tokens, &added);
        let model = WordPiece::new(BertNormalizer::UNCASED, &vocab, "[UNK]", "##", 100)?;
        Self::assemble(Model::WordPiece(model), vocab, added, template, b"bert-uncased")
    }

    fn assemble(
        model: Model,
        vocab: Vocab,
        added: Vec<AddedToken>,
        template: Template,
        settings: &[u8],
    ) -> Result<Self, Error> {
        let mut hasher = IdHasher::default();
        hasher.field(settings);
        vocab.identify(&mut hasher);
        let (normalized, verbatim): (Vec<_>, Vec<_>) = added.into_iter().partition(|token| token.normalized);
        let stages = [Added::new(verbatim)?, Added::new(normalized)?];
        let added = stages.into_iter().flatten().collect();
        Ok(Self(Arc::new(Parts { model, vocab, added, template, id: hasher.finish() })))
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
    pub fn encode_with_offsets(&self, text: &str) -> Encoding {
        let mut encoding = Encoding::default();
        let template = &self.0.template;
        template.before.iter().for_each(|&id| encoding.token(id, Span::default()));
        self.run(text, &mut encoding);
        template.after.iter().for_each(|&id| encoding.token(id, Span::default()));
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

    /// The special tokens that go before and after a text.
    pub fn special_tokens(&self) -> (&[u32], &[u32]) {
        (&self.0.template.before, &self.0.template.after)
    }

    /// The id of a token.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        self.0.vocab.id(token)
    }

    /// The token of an id.
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
        self.run_stages(&self.0.added, text, 0, sink);
    }

    fn run_stages<S: Sink>(&self, stages: &[Added], text: &str, shift: usize, sink: &mut S) {
        let Some((added, rest)) = stages.split_first() else {
            return match &self.0.model {
                Model::WordPiece(model) => model.encode(&self.0.vocab.trie, text, shift, sink),
            };
        };
        added.split(text, |part, start, id| match id {
            None => self.run_stages(rest, part, shift + start, sink),
            Some(id) => {
                sink.added(id, Span::new(shift + start, shift + start + part.len()));
            }
        });
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
        self.run(text, &mut PieceSink { found: pieces, tokens: 0, joint: None });
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer").field("id", &self.0.id).field("vocab_size", &self.vocab_size()).finish()
    }
}

struct Count(usize);

impl Sink for Count {
    #[inline]
    fn token(&mut self, _: u32, _: Span) {
        self.0 += 1;
    }
}

struct Ids<'v>(&'v mut Vec<u32>);

impl Sink for Ids<'_> {
    #[inline]
    fn token(&mut self, id: u32, _: Span) {
        self.0.push(id);
    }
}

impl Sink for Encoding {
    fn token(&mut self, id: u32, span: Span) {
        self.ids.push(id);
        self.spans.push(span);
    }
}

struct PieceSink<'v> {
    found: &'v mut Vec<Piece>,
    tokens: usize,
    /// Where an added token ended. Cutting it would join its rest to what follows, so that it is one
    /// piece with what touches it.
    joint: Option<usize>,
}

impl Sink for PieceSink<'_> {
    #[inline]
    fn token(&mut self, _: u32, _: Span) {
        self.tokens += 1;
    }

    #[inline]
    fn word(&mut self, span: Span) {
        let tokens = std::mem::take(&mut self.tokens);
        if self.joint.take() == Some(span.start) {
            return self.extend(span, tokens);
        }
        // Marks that were put into another order can make places overlap within a character.
        let start = self.found.last().map_or(0, |piece| piece.span.end).max(span.start);
        self.found.push(Piece { span: Span::new(start, span.end.max(start)), tokens });
    }

    fn added(&mut self, _: u32, span: Span) {
        match self.found.last() {
            Some(piece) if piece.span.end == span.start => self.extend(span, 1),
            _ => self.found.push(Piece { span, tokens: 1 }),
        }
        self.joint = Some(span.end);
    }
}

impl PieceSink<'_> {
    fn extend(&mut self, span: Span, tokens: usize) {
        if let Some(piece) = self.found.last_mut() {
            piece.span.end = piece.span.end.max(span.end);
            piece.tokens += tokens;
        }
    }
}

//! What users of tokens need to know of them: how many there are, and where.

use crate::{Id, Span};
use std::fmt;
use std::ops::Range;

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
    /// independent: wherever a span of whole graphemes begins and ends, the pieces that lie wholly
    /// in it cost in it what they cost here.
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

impl Encoding {
    /// Which tokens begin in a part of the text.
    ///
    /// With this a whole text is embedded once and each chunk takes the mean of its own tokens (late
    /// chunking): of chunks that tile the text, each token is in exactly one.
    ///
    /// ```
    /// use sting_core::{Span, token::Tokenizer};
    /// let tokenizer = Tokenizer::from_vocab("[UNK]\n[CLS]\n[SEP]\nbees\nmake\nhoney\n.")?;
    /// let encoding = tokenizer.encode_with_offsets("Bees make honey.");
    /// assert_eq!(encoding.tokens_in(Span::new(5, 16)), 2..5); // [CLS] bees | make honey . | [SEP]
    /// # Ok::<(), sting_core::Error>(())
    /// ```
    pub fn tokens_in(&self, span: Span) -> Range<usize> {
        let special = |place: &&Span| **place == Span::default();
        let before = self.spans.iter().take_while(special).count();
        let after = self.spans[before..].iter().rev().take_while(special).count();
        let places = &self.spans[before..self.spans.len() - after];
        let first = |at: usize| before + places.partition_point(|place| place.start < at);
        first(span.start)..first(span.end)
    }
}

//! What tokens are written to: ids, places, counts, pieces.

use super::template::Template;
use super::vocab::Vocab;
use super::{Encoding, Piece};
use crate::Span;
use unicode_segmentation::GraphemeCursor;

/// What a model writes its tokens to.
pub(super) trait Sink {
    /// Whether places are looked at. Where they are not, working them out is left out.
    const PLACES: bool = true;
    /// Whether the ends of pieces are looked at.
    const PIECES: bool = false;

    /// A token and its place.
    fn token(&mut self, id: u32, span: Span);
    /// The tokens since the last call are a piece, independent of all around it.
    #[inline]
    fn word(&mut self, _span: Span) {}
    /// An added token, its place, and the text that it was found in, white space included.
    fn added(&mut self, id: u32, span: Span, _text: &str) {
        self.token(id, span);
    }
}

/// Counts tokens.
pub(super) struct Count(pub(super) usize);

impl Sink for Count {
    const PLACES: bool = false;

    #[inline]
    fn token(&mut self, _: u32, _: Span) {
        self.0 += 1;
    }
}

/// Keeps ids alone.
pub(super) struct Ids<'v>(pub(super) &'v mut Vec<u32>);

impl Sink for Ids<'_> {
    const PLACES: bool = false;

    #[inline]
    fn token(&mut self, id: u32, _: Span) {
        self.0.push(id);
    }
}

/// Keeps ids and places, trimmed as the post-processor wants them.
pub(super) struct Placed<'v> {
    pub(super) encoding: &'v mut Encoding,
    pub(super) template: &'v Template,
    pub(super) vocab: &'v Vocab,
}

impl Placed<'_> {
    fn push(&mut self, id: u32, mut span: Span, token: &str) {
        let first = self.encoding.ids.len() == self.template.before.len();
        for trim in &self.template.trims {
            span = trim.apply(token, span, first);
        }
        self.encoding.ids.push(id);
        self.encoding.spans.push(span);
    }
}

impl Sink for Placed<'_> {
    #[inline]
    fn token(&mut self, id: u32, span: Span) {
        let token = if self.template.trims.is_empty() { None } else { self.vocab.token(id) };
        self.push(id, span, token.unwrap_or_default());
    }

    fn added(&mut self, id: u32, span: Span, text: &str) {
        self.push(id, span, text);
    }
}

/// Puts tokens together to pieces.
pub(super) struct Pieces<'v> {
    pub(super) text: &'v str,
    pub(super) found: &'v mut Vec<Piece>,
    tokens: usize,
    /// Where an added token ended. Cutting it would join its rest to what follows, so that it is one
    /// piece with what touches it.
    joint: Option<usize>,
    /// Whether a cut between two word characters may make a token of what follows.
    whole_words: bool,
}

impl<'v> Pieces<'v> {
    pub(super) fn new(text: &'v str, found: &'v mut Vec<Piece>, whole_words: bool) -> Self {
        Self { text, found, tokens: 0, joint: None, whole_words }
    }

    fn extend(&mut self, span: Span, tokens: usize) {
        if let Some(piece) = self.found.last_mut() {
            piece.span.end = piece.span.end.max(span.end);
            piece.tokens += tokens;
        }
    }

    /// Gives what a normaliser joined to a character to the piece of that character: it is in no token's place.
    pub(super) fn complete(&mut self, until: usize) {
        let Some(piece) = self.found.last_mut().filter(|piece| piece.span.end < until) else { return };
        if self.text.as_bytes()[piece.span.end].is_ascii() {
            return;
        }
        let mut cursor = GraphemeCursor::new(piece.span.end, self.text.len(), true);
        if let (Ok(false), Ok(Some(end))) =
            (cursor.is_boundary(self.text, 0), cursor.next_boundary(self.text, 0))
        {
            piece.span.end = end.min(until);
        }
    }

    fn is_in_word(&self, at: usize) -> bool {
        let is_word = |c: Option<char>| c.is_some_and(regex_syntax::is_word_character);
        is_word(self.text[..at].chars().next_back()) && is_word(self.text[at..].chars().next())
    }
}

impl Sink for Pieces<'_> {
    const PIECES: bool = true;

    #[inline]
    fn token(&mut self, _: u32, _: Span) {
        self.tokens += 1;
    }

    #[inline]
    fn word(&mut self, span: Span) {
        let tokens = std::mem::take(&mut self.tokens);
        self.complete(span.start);
        let touches = self.found.last().is_some_and(|piece| piece.span.end >= span.start);
        if self.joint.take() == Some(span.start) || self.whole_words && touches && self.is_in_word(span.start)
        {
            return self.extend(span, tokens);
        }
        // Marks that were put into another order can make places overlap within a character.
        let start = self.found.last().map_or(0, |piece| piece.span.end).max(span.start);
        self.found.push(Piece { span: Span::new(start, span.end.max(start)), tokens });
    }

    fn added(&mut self, _: u32, span: Span, _: &str) {
        self.complete(span.start);
        match self.found.last() {
            Some(piece) if piece.span.end >= span.start => self.extend(span, 1),
            _ => self.found.push(Piece { span, tokens: 1 }),
        }
        self.joint = Some(span.end);
    }
}

/// Takes all that comes for one piece.
pub(super) struct Whole<'s, S>(pub(super) &'s mut S);

impl<S: Sink> Sink for Whole<'_, S> {
    const PLACES: bool = S::PLACES;

    #[inline]
    fn token(&mut self, id: u32, span: Span) {
        self.0.token(id, span);
    }

    /// Within a piece an added token is a token like any other, but for its text.
    fn added(&mut self, id: u32, span: Span, text: &str) {
        if S::PIECES { self.0.token(id, span) } else { self.0.added(id, span, text) }
    }
}

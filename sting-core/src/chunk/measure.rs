//! How long a span is, in the unit asked for, without counting anything twice.

use super::{ChunkSizer, Chunker, SizeUnit};
use crate::Span;
use crate::token::{Piece, Tokenize};
use std::sync::Arc;

/// Answers for one segment of a text, which it counts once. The text is handed in again with every
/// question.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) unit: SizeUnit,
    pub(super) tokenizer: Option<Arc<dyn Tokenize>>,
    sizer: Option<Arc<dyn ChunkSizer>>,
    /// Where the segment begins in the text.
    start: usize,
    pieces: Vec<Piece>,
    /// Tokens of the pieces before each piece.
    sums: Vec<usize>,
}

/// A place in the text with what is known of the units before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// Offset in bytes.
    pub(super) at: usize,
    /// Units before it: characters, words that begin, or tokens of whole pieces.
    sum: usize,
    /// Units by which a span that begins here exceeds the difference of sums.
    head: usize,
    /// Units by which a span that ends here does.
    tail: usize,
    /// First byte of the piece that this place cuts; `NOWHERE` if none.
    piece: usize,
}

const NOWHERE: usize = usize::MAX;

impl Measure {
    pub(super) fn new(chunker: &Chunker) -> Self {
        Self {
            unit: chunker.config.unit,
            tokenizer: chunker.tokenizer.clone(),
            sizer: chunker.sizer.clone(),
            start: 0,
            pieces: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Goes to a segment. Spans must not cross its ends from here on.
    pub(super) fn enter(&mut self, text: &str, segment: Span) {
        self.start = segment.start;
        if let (SizeUnit::Tokens, Some(tokenizer)) = (self.unit, &self.tokenizer) {
            self.pieces.clear();
            self.sums.clear();
            tokenizer.pieces(&text[segment.range()], &mut self.pieces);
            let mut sum = 0;
            for piece in &mut self.pieces {
                piece.span = Span::new(piece.span.start + segment.start, piece.span.end + segment.start);
                self.sums.push(sum);
                sum += piece.tokens;
            }
            self.sums.push(sum);
        }
    }

    /// The mark at the start of the segment.
    pub(super) fn origin(&self, text: &str) -> Mark {
        self.mark(text, Mark { at: self.start, piece: NOWHERE, ..Mark::default() }, self.start)
    }

    /// The mark at `at`, which is not before `from`.
    pub(super) fn mark(&self, text: &str, from: Mark, at: usize) -> Mark {
        if from.at == at && from.at != self.start {
            return from;
        }
        let between = &text.as_bytes()[from.at..at];
        let mut mark = Mark { at, piece: NOWHERE, ..from };
        match self.unit {
            SizeUnit::Bytes | SizeUnit::Custom => {}
            SizeUnit::Chars => mark.sum += count_chars(between),
            SizeUnit::Words => {
                let before = text[self.start..from.at].chars().next_back();
                mark.sum += count_words(before, &text[from.at..at]);
                let in_word = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
                let cuts =
                    in_word(text[self.start..at].chars().next_back()) && in_word(text[at..].chars().next());
                mark.head = usize::from(cuts);
            }
            SizeUnit::Tokens => self.mark_tokens(text, &mut mark),
        }
        mark
    }

    fn mark_tokens(&self, text: &str, mark: &mut Mark) {
        let after = self.pieces.partition_point(|piece| piece.span.end <= mark.at);
        (mark.sum, mark.head, mark.tail) = (self.sums[after], 0, 0);
        let Some(piece) = self.pieces.get(after).filter(|piece| piece.span.start < mark.at) else { return };
        mark.piece = piece.span.start;
        mark.tail = self.count(text, Span::new(piece.span.start, mark.at));
        mark.head = self.count(text, Span::new(mark.at, piece.span.end));
        // A span that begins here has its sum taken from before this piece, which ends after here.
        mark.sum = self.sums[after];
    }

    /// Units of the span between two marks.
    pub(super) fn cost(&self, text: &str, from: Mark, to: Mark) -> usize {
        match self.unit {
            SizeUnit::Bytes => to.at - from.at,
            SizeUnit::Chars => to.sum - from.sum,
            SizeUnit::Custom => self.count(text, Span::new(from.at, to.at)),
            SizeUnit::Words if from.at == to.at => 0,
            SizeUnit::Words => to.sum - from.sum + from.head,
            SizeUnit::Tokens if from.piece != NOWHERE && from.piece == to.piece => {
                self.count(text, Span::new(from.at, to.at))
            }
            SizeUnit::Tokens => {
                let cut = if from.piece == NOWHERE { 0 } else { self.tokens_of(from.piece) };
                (to.sum + to.tail + from.head).saturating_sub(from.sum + cut)
            }
        }
    }

    fn tokens_of(&self, piece_start: usize) -> usize {
        let at = self.pieces.partition_point(|piece| piece.span.start < piece_start);
        self.pieces.get(at).map_or(0, |piece| piece.tokens)
    }

    /// Units of any span, counted afresh.
    pub(super) fn count(&self, text: &str, span: Span) -> usize {
        self.count_text(&text[span.range()])
    }

    /// Units of a text on its own.
    pub(super) fn count_text(&self, text: &str) -> usize {
        match self.unit {
            SizeUnit::Bytes => text.len(),
            SizeUnit::Chars => count_chars(text.as_bytes()),
            SizeUnit::Words => count_words(None, text),
            SizeUnit::Tokens => self.tokenizer.as_deref().map_or(0, |tokenizer| tokenizer.count(text)),
            SizeUnit::Custom => self.sizer.as_deref().map_or(0, |sizer| sizer.size(text)),
        }
    }

    /// The end of the longest run of characters from `from` that costs at most `budget`, and that
    /// does not go past `end`. Never less than one character.
    pub(super) fn reach(&self, text: &str, from: usize, end: usize, budget: usize) -> usize {
        let text = &text[from..end];
        let one = text.chars().next().map_or(0, char::len_utf8);
        let reached = match self.unit {
            SizeUnit::Bytes => text.floor_char_boundary(budget),
            SizeUnit::Chars if text.as_bytes()[..budget.min(text.len())].is_ascii() => budget.min(text.len()),
            SizeUnit::Chars => text.char_indices().nth(budget).map_or(text.len(), |(at, _)| at),
            SizeUnit::Words => {
                let end = |word: &str| word.as_ptr() as usize + word.len() - text.as_ptr() as usize;
                text.split_whitespace()
                    .nth(budget)
                    .map_or(text.len(), |_| text.split_whitespace().take(budget).last().map_or(0, end))
            }
            SizeUnit::Tokens | SizeUnit::Custom => self.reach_fitting(text, budget),
        };
        from + reached.max(one)
    }

    /// Gallops, then halves. Counts within a word may go up and down with its length, so that what
    /// is found fits, and need not be the very longest that does.
    fn reach_fitting(&self, text: &str, budget: usize) -> usize {
        let fits = |len: usize| self.count_text(&text[..len]) <= budget;
        let mut low = 0;
        let mut high = text.floor_char_boundary(budget.saturating_mul(4)).max(1).min(text.len());
        while high < text.len() && fits(text.ceil_char_boundary(high)) {
            low = text.ceil_char_boundary(high);
            high = (low * 2).min(text.len());
        }
        high = text.ceil_char_boundary(high);
        if fits(high) {
            return high;
        }
        while high - low > 1 {
            let half = low + (high - low) / 2;
            let mut middle = text.floor_char_boundary(half);
            if middle <= low {
                middle = text.ceil_char_boundary(half);
            }
            if middle >= high {
                break;
            }
            if fits(middle) { low = middle } else { high = middle }
        }
        low
    }
}

/// Characters that begin in `bytes`.
fn count_chars(bytes: &[u8]) -> usize {
    // Blocks of 255 let the compiler count in bytes, 16 and more at a time.
    bytes
        .chunks(255)
        .map(|block| block.iter().map(|&byte| u8::from(byte.cast_signed() >= -0x40)).sum::<u8>() as usize)
        .sum()
}

/// Runs of characters other than white space that begin in `text`, which follows `before`.
fn count_words(before: Option<char>, text: &str) -> usize {
    let mut space = before.is_none_or(char::is_whitespace);
    let mut words = 0;
    for c in text.chars() {
        let is_space = c.is_whitespace();
        words += usize::from(space && !is_space);
        space = is_space;
    }
    words
}

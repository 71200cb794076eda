//! Late chunking: which tokens of a whole text are whose.

use crate::token::{Encoding, Tokenizer};
use crate::{Error, Span};
use std::ops::Range;

/// What a long-context model reads at once, and which of its token vectors make which chunk.
///
/// Late chunking (Günther et al., 2024) embeds the tokens of a whole text and pools those of each
/// chunk afterwards, so that every chunk knows what is around it. A text that the model cannot read
/// at once is read in windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateWindow {
    /// The bytes of the text that are read.
    pub span: Span,
    /// What the model reads: ids with special tokens.
    pub ids: Vec<u32>,
    /// For each chunk that is pooled from this window, its index among those asked for and the places
    /// of its tokens in `ids`.
    pub chunks: Vec<(usize, Range<usize>)>,
}

impl Tokenizer {
    /// For each span of `text`, the range of the tokens of the whole text, special tokens not
    /// counted, that begin in it. Spans are sorted by start, as those of chunks are; they may
    /// overlap.
    ///
    /// ```
    /// use sting_core::Span;
    /// use sting_core::token::Tokenizer;
    /// let tokenizer = Tokenizer::from_vocab("[UNK]\n[CLS]\n[SEP]\nhoney\nbee\n##s\n!")?;
    /// let spans = [Span::new(0, 4), Span::new(5, 11)];
    /// assert_eq!(tokenizer.token_spans("Bees honey!", spans), [0..2, 2..4]);
    /// # Ok::<(), sting_core::Error>(())
    /// ```
    pub fn token_spans(&self, text: &str, spans: impl IntoIterator<Item = Span>) -> Vec<Range<usize>> {
        let encoding = self.plain(text);
        spans.into_iter().map(|span| tokens_in(&encoding, span)).collect()
    }

    /// The windows in which a model that reads at most `max_tokens`, special tokens included, can
    /// embed chunks of `text` late. Every chunk is pooled from one window, which holds all of it and
    /// text on both sides, if there is any. Spans are as for [`Tokenizer::token_spans`].
    ///
    /// # Errors
    /// Fails with [`Error::Config`] if a chunk is longer than the model reads.
    pub fn late_windows(
        &self,
        text: &str,
        spans: impl IntoIterator<Item = Span>,
        max_tokens: usize,
    ) -> Result<Vec<LateWindow>, Error> {
        let (before, after) = self.special_tokens();
        let room = max_tokens.saturating_sub(before.len() + after.len());
        let encoding = self.plain(text);
        let total = encoding.ids.len();
        let tokens: Vec<Range<usize>> = spans.into_iter().map(|span| tokens_in(&encoding, span)).collect();
        if let Some(long) = tokens.iter().position(|range| range.len() > room) {
            let problem = format!("is less than the {} tokens of chunk {long}", tokens[long].len());
            return Err(Error::config("max_tokens", problem, "raise it, or cut smaller chunks"));
        }
        let mut windows: Vec<LateWindow> = Vec::new();
        let mut next = 0;
        while next < tokens.len() {
            // The first chunk has half of the room that it leaves before it, and the last one at least
            // a quarter of that behind it.
            let first = &tokens[next];
            let lead = ((room - first.len()) / 2).min(first.start);
            let start = if total <= room { 0 } else { (first.start - lead).min(total - room) };
            let end = total.min(start + room);
            let until = if end == total { total } else { first.end.max(end - (room - first.len()) / 4) };
            let held = tokens[next..].iter().take_while(|range| range.end <= until).count().max(1);
            let place =
                |range: &Range<usize>| range.start - start + before.len()..range.end - start + before.len();
            let span = match (encoding.spans.get(start), encoding.spans[..end].last()) {
                (Some(begin), Some(last)) => Span::new(begin.start, last.end),
                _ => Span::default(),
            };
            windows.push(LateWindow {
                span,
                ids: [before, &encoding.ids[start..end], after].concat(),
                chunks: (next..next + held).map(|i| (i, place(&tokens[i]))).collect(),
            });
            next += held;
        }
        Ok(windows)
    }

    /// Ids and places without special tokens.
    fn plain(&self, text: &str) -> Encoding {
        let mut encoding = self.encode_with_offsets(text);
        let (before, after) = self.special_tokens();
        let end = encoding.ids.len() - after.len();
        encoding.ids = encoding.ids[before.len()..end].to_vec();
        encoding.spans = encoding.spans[before.len()..end].to_vec();
        encoding
    }
}

/// The tokens that begin in `span`.
fn tokens_in(encoding: &Encoding, span: Span) -> Range<usize> {
    let at = |place: usize| encoding.spans.partition_point(|token| token.start < place);
    at(span.start)..at(span.end)
}

//! Windows over a text that is longer than a model reads.

use std::ops::Range;

use sting_core::Span;

use super::join::continues;
use crate::embed::bert::batch::Reader;
use crate::embed::tokenizer::{LONGEST_HEAD, head};

/// Tokens that a model reads together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    /// Without special tokens.
    pub(super) ids: Vec<u32>,
    /// Where in the text each token is.
    pub(super) spans: Vec<Span>,
    /// Tokens that begin here have their labels from this window; those of all windows tile the text.
    pub(super) own: Range<usize>,
}

/// The windows of a text, in order; none if it has no tokens.
pub(super) fn windows<'a>(reader: &'a Reader, text: &'a str) -> impl Iterator<Item = Window> + 'a {
    let mut next = Some((0, 0));
    std::iter::from_fn(move || {
        loop {
            let (start, own) = next.take()?;
            let (mut window, read_to) = read(reader, text, start);
            window.own = own..text.len();
            if window.ids.len() <= reader.room() {
                if read_to < text.len() {
                    window.own.end = read_to;
                    next = Some((read_to, read_to));
                }
            } else {
                window.ids.truncate(reader.room());
                window.spans.truncate(reader.room());
                let overlap = reader.room() / 4;
                let border = word_start(text, &window.spans, window.spans.len() - overlap / 2);
                let restart = word_start(text, &window.spans, window.spans.len() - overlap).min(border);
                window.own.end = window.spans[border].start;
                // With the space before it: some tokenizers tell a word behind a space from one without.
                let at = window.spans[restart].start;
                let space = text[..at].chars().next_back().filter(|c| c.is_whitespace());
                let at = at - space.map_or(0, char::len_utf8);
                // Where the tokens of one character fill a window, all that can be done is to go on behind it.
                let end = window.spans[window.spans.len() - 1].end;
                next = [at, window.own.end, end]
                    .into_iter()
                    .find(|&at| at > start)
                    .map(|at| (at, window.own.end));
            }
            if !window.ids.is_empty() {
                return Some(window);
            }
        }
    })
}

/// The last token up to this one that begins a word; this one, if no other token does.
fn word_start(text: &str, spans: &[Span], at: usize) -> usize {
    let at = at.min(spans.len() - 1);
    (1..=at).rev().find(|&at| !continues(text, spans[at - 1], spans[at])).unwrap_or(at)
}

/// The tokens from a place on, and how far they reach: to the end, or to more than a window holds, or as far as is read
/// together.
fn read(reader: &Reader, text: &str, start: usize) -> (Window, usize) {
    let rest = &text[start..];
    let (before, after) = reader.tokenizer().special_tokens();
    let mut bytes = reader.room() * 16;
    loop {
        let head = head(rest, bytes);
        let encoding = reader.tokenizer().encode_with_offsets(head);
        let end = encoding.ids.len() - after.len();
        // Spans without the white space that some tokenizers count to a token; a token of nothing else is none.
        let tokens = encoding.ids[before.len()..end].iter().zip(&encoding.spans[before.len()..end]);
        let tokens = tokens.filter_map(|(&id, span)| {
            let part = &head[span.range()];
            let lead = part.len() - part.trim_start().len();
            let span = Span::new(start + span.start + lead, start + span.start + part.trim_end().len());
            (!part.trim().is_empty()).then_some((id, span))
        });
        let (ids, spans): (Vec<u32>, Vec<Span>) = tokens.unzip();
        // The tokens at a cut may change with what follows.
        let is_enough = ids.len() > reader.room() + reader.room() / 4;
        if is_enough || head.len() == rest.len() || bytes >= LONGEST_HEAD {
            return (Window { ids, spans, own: 0..0 }, start + head.len());
        }
        bytes *= 4;
    }
}

//! How far a chunk reaches back into the one before it.

use super::SizeUnit;
use super::measure::Measure;
use super::prose::is_break;
use crate::Span;
use crate::token::Tokenize;

/// The start of the longest tail of `previous` that is at most `overlap` units long and with which
/// the text up to `end` is at most `limit` units long. `end` of `previous` if nothing fits.
///
/// Characters and bytes are taken exactly, less what would cut a grapheme; words and tokens are
/// taken whole.
pub(super) fn reach_back(
    text: &str,
    previous: Span,
    end: usize,
    measure: &Measure,
    (overlap, limit): (usize, usize),
) -> usize {
    let tail = &text[previous.range()];
    let body = &text[previous.end..end];
    match measure.unit {
        SizeUnit::Bytes => {
            let len = overlap.min(limit.saturating_sub(body.len())).min(tail.len());
            next_break(text, text.ceil_char_boundary(previous.end - len), previous.end)
        }
        SizeUnit::Chars => {
            let count = overlap.min(limit.saturating_sub(body.chars().count()));
            if count == 0 {
                return previous.end;
            }
            let start = tail.char_indices().rev().nth(count - 1).map_or(0, |(at, _)| at);
            next_break(text, previous.start + start, previous.end)
        }
        SizeUnit::Words => {
            let count = overlap.min(limit.saturating_sub(body.split_whitespace().count()));
            let starts =
                tail.split_whitespace().rev().map(|word| word.as_ptr() as usize - text.as_ptr() as usize);
            starts.take(count).filter(|&start| is_break(text, start)).last().unwrap_or(previous.end)
        }
        SizeUnit::Tokens => measure
            .tokenizer
            .as_deref()
            .map_or(previous.end, |tokenizer| whole_pieces(text, previous, end, tokenizer, overlap, limit)),
        SizeUnit::Custom => fitting_tail(text, previous, end, measure, (overlap, limit)),
    }
}

/// Halves the tail, which a longer one is never smaller than.
fn fitting_tail(
    text: &str,
    previous: Span,
    end: usize,
    measure: &Measure,
    (overlap, limit): (usize, usize),
) -> usize {
    let (mut low, mut high) = (previous.start, previous.end);
    while low < high {
        let middle = next_break(text, text.floor_char_boundary(low + (high - low) / 2), previous.end);
        let fits = middle == previous.end
            || measure.count(text, Span::new(middle, previous.end)) <= overlap
                && measure.count(text, Span::new(middle, end)) <= limit;
        if fits {
            // Places from the half to the break after it are no breaks.
            high = text.floor_char_boundary(low + (high - low) / 2);
        } else {
            low = text.ceil_char_boundary(middle + 1);
        }
    }
    next_break(text, low.max(previous.start), previous.end)
}

fn next_break(text: &str, mut at: usize, end: usize) -> usize {
    while at < end && !is_break(text, at) {
        at = text.ceil_char_boundary(at + 1);
    }
    at
}

fn whole_pieces(
    text: &str,
    previous: Span,
    end: usize,
    tokenizer: &dyn Tokenize,
    overlap: usize,
    limit: usize,
) -> usize {
    let (mut tail, mut whole) = (Vec::new(), Vec::new());
    tokenizer.pieces(&text[previous.range()], &mut tail);
    tokenizer.pieces(&text[previous.start..end], &mut whole);
    let mut start = previous.end;
    let mut tokens = 0;
    let mut rest: usize = whole.iter().map(|piece| piece.tokens).sum();
    let before: Vec<(usize, usize)> = whole
        .iter()
        .map(|piece| {
            let from_here = rest;
            rest -= piece.tokens;
            (piece.span.start, from_here)
        })
        .collect();
    for piece in tail.iter().rev() {
        tokens += piece.tokens;
        let Ok(at) = before.binary_search_by_key(&piece.span.start, |&(start, _)| start) else { break };
        if tokens > overlap || before[at].1 > limit {
            break;
        }
        let at = previous.start + piece.span.start;
        if is_break(text, at) {
            start = at;
        }
    }
    start
}

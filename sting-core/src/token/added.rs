//! Added tokens: strings such as `[MASK]` that are found in the text before anything else is done
//! to it.

use super::file::AddedToken;
use crate::{Error, Span};
use aho_corasick::{AhoCorasick, MatchKind};

/// Finds a set of added tokens.
#[derive(Clone, Debug)]
pub(super) struct Added {
    tokens: Vec<AddedToken>,
    searcher: AhoCorasick,
}

impl Added {
    /// A searcher for `tokens`, or `None` if there is none.
    pub(super) fn new(tokens: Vec<AddedToken>) -> Result<Option<Self>, Error> {
        let tokens: Vec<AddedToken> = tokens.into_iter().filter(|token| !token.content.is_empty()).collect();
        if tokens.is_empty() {
            return Ok(None);
        }
        let searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(tokens.iter().map(|token| token.content.as_bytes()))
            .map_err(|_| super::file::unusable("its added tokens are too many or too long", "use fewer"))?;
        Ok(Some(Self { tokens, searcher }))
    }

    /// Cuts `text` into plain stretches and added tokens, in order.
    pub(super) fn split<'t>(&self, text: &'t str, mut each: impl FnMut(&'t str, usize, Option<u32>)) {
        let mut done = 0;
        for found in self.searcher.find_iter(text) {
            let token = &self.tokens[found.pattern()];
            let mut span = Span::new(found.start(), found.end());
            let (before, after) = (&text[..span.start], &text[span.end..]);
            if token.single_word
                && (before.chars().next_back().is_some_and(regex_syntax::is_word_character)
                    || after.chars().next().is_some_and(regex_syntax::is_word_character))
            {
                continue;
            }
            if token.lstrip {
                span.start = before.trim_end().len().max(done);
            }
            if token.rstrip {
                span.end = text.len() - after.trim_start().len();
            }
            if done < span.start {
                each(&text[done..span.start], done, None);
            }
            each(&text[span.range()], span.start, Some(token.id));
            done = span.end;
        }
        if done < text.len() {
            each(&text[done..], done, None);
        }
    }
}

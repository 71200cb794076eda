//! Added tokens: strings such as `[MASK]` that are found in the text before anything else is done
//! to it, or in the normalised text before the model sees it.

use super::file::{AddedToken, Fault, unusable};
use crate::Span;
use aho_corasick::{AhoCorasick, MatchKind};

/// Finds a set of added tokens.
#[derive(Clone, Debug)]
pub(super) struct Added {
    tokens: Vec<AddedToken>,
    searcher: AhoCorasick,
}

impl Added {
    /// A searcher for `tokens` in the form that `form` gives them, or `None` if there is none.
    pub(super) fn new(tokens: Vec<AddedToken>, form: impl Fn(&str) -> String) -> Result<Option<Self>, Fault> {
        if tokens.is_empty() {
            return Ok(None);
        }
        let forms: Vec<String> = tokens.iter().map(|token| form(&token.content)).collect();
        if forms.iter().any(String::is_empty) {
            return Err(unusable("an added token is empty when normalised", "leave it out"));
        }
        let searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&forms)
            .map_err(|_| unusable("its added tokens are too many or too long", "use fewer"))?;
        Ok(Some(Self { tokens, searcher }))
    }

    /// Whether a token must not touch other word characters.
    pub(super) fn has_single_words(&self) -> bool {
        self.tokens.iter().any(|token| token.single_word)
    }

    /// Whether any token may be in `text`.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        self.searcher.is_match(text)
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

//! Any other expression that an automaton can match.

use super::super::file::{Fault, not_built_in};
use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};
use regex_syntax::ast::{self, Ast};

/// How the expressions of many models end: white space leaves its last character to what follows.
const BLANKS: &str = r"|\s+(?!\S)|\s+";

/// An expression by which text is cut.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The expression; if it ends in [`BLANKS`], what is before that, and white space as a second.
    regex: Regex,
    /// Whether only matches are kept, or only what is between them; both if `None`.
    keep_matches: Option<bool>,
}

/// Finds `a++`: a possessive quantifier, which reads as one repetition of another to an automaton.
struct Possessive;

impl ast::Visitor for Possessive {
    type Output = ();
    type Err = ();

    fn finish(self) -> Result<(), ()> {
        Ok(())
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), ()> {
        match node {
            Ast::Repetition(outer) if matches!(*outer.ast, Ast::Repetition(_)) => Err(()),
            _ => Ok(()),
        }
    }
}

impl Pattern {
    pub(super) fn new(expression: &str, keep_matches: Option<bool>) -> Result<Self, Fault> {
        let refuse = || not_built_in("pre_tokenizer expression", "look-around or possessive");
        let head = expression.strip_suffix(BLANKS);
        let tree = ast::parse::Parser::new().parse(head.unwrap_or(expression)).map_err(|_| refuse())?;
        ast::visit(&tree, Possessive).map_err(|()| refuse())?;
        let parsed = regex_syntax::parse(head.unwrap_or(expression)).map_err(|_| refuse())?;
        if parsed.properties().minimum_len().unwrap_or(0) == 0 {
            return Err(refuse());
        }
        let expressions = match head {
            Some(head) => vec![head, r"\s+"],
            None => vec![expression],
        };
        let config = Regex::config().nfa_size_limit(Some(10 << 20)).hybrid_cache_capacity(4 << 20);
        let regex = Regex::builder().configure(config).build_many(&expressions).map_err(|_| refuse())?;
        Ok(Self { regex, keep_matches })
    }

    /// Calls `each` with the ends of every part of `text` that is kept.
    pub(super) fn split(&self, text: &str, each: &mut dyn FnMut(usize, usize)) {
        let mut at = 0;
        let mut from = 0;
        while let Some(found) = self.regex.search(&Input::new(text).range(from..).anchored(Anchored::No)) {
            let (start, mut end) = (found.start(), found.end());
            if found.pattern().as_usize() == 1 && end < text.len() {
                // More than one blank before a word: the last one is the word's.
                let last = text[..end].char_indices().next_back().map_or(start, |(last, _)| last);
                if last > start {
                    end = last;
                }
            }
            if self.keep_matches != Some(true) {
                each(at, start);
            }
            if self.keep_matches != Some(false) {
                each(start, end);
            }
            (at, from) = (end, end);
        }
        if self.keep_matches != Some(true) {
            each(at, text.len());
        }
    }
}

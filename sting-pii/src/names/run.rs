//! Runs of tokens in which a name may stand: everything else is passed over.
//!
//! What is between two runs is in no name, so that each is decided about on its own. A run longer
//! than [`MAX_RUN`] bytes is cut at line breaks, then at marks, then everywhere; whether it is that
//! long can be seen from any of its bytes within [`MAX_RUN`] bytes, so that where it is cut does not
//! depend on where reading began.

use super::feature::Facts;
use super::gazetteer::list;
use super::setting;
use super::token::{Shape, Token, word_hash};
use rustc_hash::FxHashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// Most bytes that are decided about together.
pub(crate) const MAX_RUN: usize = 512;

/// Small words that stand within names, addresses and titles of organisations.
static CONNECTORS: LazyLock<FxHashSet<u64>> = LazyLock::new(|| {
    let words = "of the and for de del della dei di da do dos das du des la le les los las el al y e et en und \
        der die den dem zum zur am an im van von vom zu ter ten te bin ibn ben abu ul os van't 't 's op het \
        aan a i na nad pod ve och og i in on upon sur sous aux à saint st ap apt no nr km";
    words.split_whitespace().map(|word| word_hash(word.as_bytes(), Shape::Lower)).collect()
});

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// May be a name by itself.
    Strong,
    /// May begin or end one, beside what is strong.
    Edge,
    /// May stand within one.
    Inner,
    /// Is in none.
    Outside,
}

fn role(text: &[u8], token: &Token, facts: &Facts) -> Role {
    match token.shape {
        _ if token.shape.is_word() && in_machinery(text, token) => Role::Outside,
        Shape::Title | Shape::Upper | Shape::Initial | Shape::Mixed | Shape::Caseless | Shape::Ideograph => {
            Role::Strong
        }
        Shape::Number | Shape::Alnum => Role::Edge,
        Shape::Lower if facts.is_lower_name() => Role::Strong,
        Shape::Lower if facts.lists & list::STREET != 0 => Role::Edge,
        Shape::Lower if CONNECTORS.contains(&facts.word) => Role::Inner,
        // Typographic marks: `’`, dashes, the middle dot of Japanese.
        Shape::Mark if matches!(token.mark, b'.' | b')' | b'#') => Role::Edge,
        Shape::Mark
            if matches!(token.mark, b',' | b'-' | b'\'' | b'&' | b'/' | b'(' | 0xC2 | 0xE2 | 0xE3) =>
        {
            Role::Inner
        }
        Shape::Break => Role::Inner,
        _ => Role::Outside,
    }
}

/// True for a part of an address of the network, a path, an identifier, and of what a scrubber wrote.
fn in_machinery(text: &[u8], token: &Token) -> bool {
    let (start, end) = (token.start as usize, token.end as usize);
    let before = |back: usize| start.checked_sub(back).map_or(b' ', |at| text[at]);
    let after = |on: usize| text.get(end + on).copied().unwrap_or(b' ');
    let stars = |byte: &dyn Fn(usize) -> u8, from: usize| (from..from + 3).all(|at| byte(at) == b'*');
    match before(1) {
        b'@' | b'_' | b'\\' | b'$' | b'~' => return true,
        b'[' if token.shape == Shape::Upper && matches!(after(0), b']' | b':') => return true,
        b'/' if !before(2).is_ascii_alphabetic() || after(0) == b'/' => return true,
        b'*' if stars(&before, 1) => return true,
        _ => {}
    }
    match after(0) {
        b'_' | b'\\' => true,
        b'@' => after(1).is_ascii_alphanumeric(),
        b'.' => end - start > 1 && after(1).is_ascii_lowercase(),
        b':' => matches!(after(1), b':' | b'/' | b'\\'),
        b'*' => stars(&after, 0),
        _ => false,
    }
}

/// True for the `>` before a line of a mail that is answered.
fn quotes(tokens: &[Token], at: usize) -> bool {
    tokens[at].mark == b'>'
        && at.checked_sub(1).is_none_or(|before| {
            matches!(tokens[before], Token { shape: Shape::Break, .. } | Token { mark: b'>', .. })
        })
}

/// True for a line break before a line of a log: no name goes on there.
fn begins_log(text: &[u8], token: &Token) -> bool {
    token.shape == Shape::Break && setting::is_log(&text[token.end as usize..])
}

/// The runs among `tokens`; none is longer than [`MAX_RUN`] bytes but for a single token.
pub(crate) fn runs(text: &[u8], tokens: &[Token], facts: &[Facts], mut each: impl FnMut(Range<usize>)) {
    let mut at = 0;
    while at < tokens.len() {
        let from = at;
        let (mut first, mut last, mut strong) = (None, at, false);
        while at < tokens.len() {
            // Two line breaks end a paragraph.
            let paragraph =
                tokens[at].shape == Shape::Break && at > from && tokens[at - 1].shape == Shape::Break;
            match role(text, &tokens[at], &facts[at]) {
                Role::Outside if quotes(tokens, at) => {}
                Role::Outside => break,
                _ if paragraph || begins_log(text, &tokens[at]) => break,
                Role::Inner => {}
                is => {
                    strong |= is == Role::Strong;
                    first = first.or(Some(at));
                    last = at;
                }
            }
            at += 1;
        }
        if let (Some(first), true) = (first, strong) {
            cut(tokens, first..last + 1, 0, &mut each);
        }
        at = at.max(from + 1);
    }
}

/// Cuts what is too long, at the weakest level of borders that does.
fn cut(tokens: &[Token], run: Range<usize>, level: usize, each: &mut impl FnMut(Range<usize>)) {
    let bytes = (tokens[run.end - 1].end - tokens[run.start].start) as usize;
    if bytes <= MAX_RUN || run.len() == 1 {
        each(run);
        return;
    }
    let is_border = |token: &Token| match level {
        0 => token.shape == Shape::Break,
        1 => matches!(token.shape, Shape::Break | Shape::Mark) && !matches!(token.mark, b'-' | b'\'' | 0xC2),
        _ => true,
    };
    let mut from = run.start;
    for at in run.clone() {
        if is_border(&tokens[at]) {
            if from < at {
                cut(tokens, from..at, level + 1, each);
            }
            from = at;
            if level < 2 {
                from += 1;
            }
        }
    }
    if from < run.end {
        cut(tokens, from..run.end, level + 1, each);
    }
}

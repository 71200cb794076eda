//! Text patterns: Sigma's wildcards and escapes, and how a pattern is held against a value.

use memchr::memmem;
use std::fmt;

/// The characters that `windash` treats as one.
pub(super) const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Piece {
    /// These characters.
    Literal(String),
    /// `*`: any characters, or none.
    Any,
    /// `?`: one character.
    One,
    /// One of [`DASHES`].
    Dash,
}

/// Which parts of the value a pattern has to cover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Anchor {
    #[default]
    Whole,
    Start,
    End,
    Inside,
}

/// Splits a Sigma string into pieces.
///
/// A backslash escapes a wildcard or a backslash, and otherwise stands for itself.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let (mut pieces, mut literal) = (Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let piece = match c {
            '\\' if matches!(chars.peek(), Some('*' | '?' | '\\')) => {
                literal.extend(chars.next());
                continue;
            }
            '*' => Piece::Any,
            '?' => Piece::One,
            _ => {
                literal.push(c);
                continue;
            }
        };
        flush(&mut literal, &mut pieces);
        pieces.push(piece);
    }
    flush(&mut literal, &mut pieces);
    pieces
}

fn flush(literal: &mut String, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(std::mem::take(literal)));
    }
}

/// Replaces each flag dash, one that opens a word, by [`Piece::Dash`].
pub(super) fn windash(pieces: &[Piece]) -> Vec<Piece> {
    let mut out = Vec::new();
    for piece in pieces {
        let Piece::Literal(text) = piece else {
            out.push(piece.clone());
            continue;
        };
        let (mut literal, mut before) = (String::new(), None::<char>);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let opens_word = !before.is_some_and(is_word) && chars.peek().copied().is_some_and(is_word);
            if DASHES.contains(&c) && opens_word {
                flush(&mut literal, &mut out);
                out.push(Piece::Dash);
            } else {
                literal.push(c);
            }
            before = Some(c);
        }
        flush(&mut literal, &mut out);
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The case folding of this engine: each character alone, so that lengths in characters hold.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the folded `text` to `out`.
pub(super) fn fold_into(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
    } else {
        out.extend(text.chars().map(fold_char));
    }
}

fn fold_char(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// A compiled text pattern. Unless `cased`, its literals are folded, and so must the value be.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    shape: Shape,
    cased: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Shape {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Contains(String),
    /// Segments between `*`; the first is bound to the start, the last to the end.
    Glob(Vec<Vec<Piece>>),
}

impl Pattern {
    /// Compiles pieces.
    pub(super) fn new(mut pieces: Vec<Piece>, anchor: Anchor, cased: bool) -> Self {
        if matches!(anchor, Anchor::End | Anchor::Inside) {
            pieces.insert(0, Piece::Any);
        }
        if matches!(anchor, Anchor::Start | Anchor::Inside) {
            pieces.push(Piece::Any);
        }
        pieces.dedup_by(|a, b| *a == Piece::Any && *b == Piece::Any);
        if !cased {
            for piece in &mut pieces {
                if let Piece::Literal(text) = piece {
                    *text = fold(text);
                }
            }
        }
        let shape = match pieces.as_slice() {
            [] => Shape::Exact(String::new()),
            [Piece::Literal(text)] => Shape::Exact(text.clone()),
            [Piece::Literal(text), Piece::Any] => Shape::Prefix(text.clone()),
            [Piece::Any, Piece::Literal(text)] => Shape::Suffix(text.clone()),
            [Piece::Any, Piece::Literal(text), Piece::Any] => Shape::Contains(text.clone()),
            _ => Shape::Glob(pieces.split(|piece| *piece == Piece::Any).map(<[Piece]>::to_vec).collect()),
        };
        Self { shape, cased }
    }

    /// A text that only equal patterns share.
    pub(super) fn identity(&self) -> String {
        format!("text {} {:?}", self.cased, self.shape)
    }

    /// True if the value must be given as it is, not folded.
    pub(super) fn is_cased(&self) -> bool {
        self.cased
    }

    /// True if every folded value that holds [`Pattern::needle`] matches.
    pub(super) fn is_needle(&self) -> bool {
        !self.cased && matches!(self.shape, Shape::Contains(_))
    }

    /// The text with which exactly the matching values begin.
    pub(super) fn beginning(&self) -> Option<&str> {
        match &self.shape {
            Shape::Prefix(text) if !self.cased => Some(text),
            _ => None,
        }
    }

    /// The text with which exactly the matching values end.
    pub(super) fn end(&self) -> Option<&str> {
        match &self.shape {
            Shape::Suffix(text) if !self.cased => Some(text),
            _ => None,
        }
    }

    /// The folded text that a folded value must be equal to.
    pub(super) fn exact(&self) -> Option<String> {
        match &self.shape {
            Shape::Exact(text) if self.cased => Some(fold(text)),
            Shape::Exact(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The longest folded text that every matching value holds, folded.
    pub(super) fn needle(&self) -> Option<String> {
        let needle = match &self.shape {
            Shape::Exact(text) | Shape::Prefix(text) | Shape::Suffix(text) | Shape::Contains(text) => text,
            Shape::Glob(segments) => segments
                .iter()
                .flatten()
                .filter_map(|piece| if let Piece::Literal(text) = piece { Some(text) } else { None })
                .max_by_key(|text| text.len())?,
        };
        Some(if self.cased { fold(needle) } else { needle.clone() }).filter(|needle| !needle.is_empty())
    }

    /// Holds the pattern against a value, folded unless the pattern is cased.
    pub(super) fn matches(&self, value: &str) -> bool {
        match &self.shape {
            Shape::Exact(text) => value == text,
            Shape::Prefix(text) => value.starts_with(text.as_str()),
            Shape::Suffix(text) => value.ends_with(text.as_str()),
            Shape::Contains(text) => memmem::find(value.as_bytes(), text.as_bytes()).is_some(),
            Shape::Glob(segments) => glob(segments, value),
        }
    }
}

/// Matches segments leftmost-first, which is complete for `*`.
fn glob(segments: &[Vec<Piece>], value: &str) -> bool {
    let (Some((first, rest)), mut at) = (segments.split_first(), 0) else { return false };
    let Some((last, middle)) = rest.split_last() else {
        return segment_at(first, value, 0) == Some(value.len());
    };
    match segment_at(first, value, 0) {
        Some(end) => at = end.max(at),
        None => return false,
    }
    for segment in middle {
        match find_segment(segment, value, at) {
            Some(end) => at = end,
            None => return false,
        }
    }
    // The last segment has a fixed number of characters, so only one place can fit.
    let chars: usize = last
        .iter()
        .map(|piece| if let Piece::Literal(text) = piece { text.chars().count() } else { 1 })
        .sum();
    let start = match chars {
        0 => value.len(),
        _ => match value.char_indices().rev().nth(chars - 1) {
            Some((start, _)) => start,
            None => return false,
        },
    };
    start >= at && segment_at(last, value, start) == Some(value.len())
}

/// The end of the first match of a segment at or after `from`.
fn find_segment(segment: &[Piece], value: &str, from: usize) -> Option<usize> {
    if let Some(Piece::Literal(text)) = segment.first() {
        return memmem::find_iter(&value.as_bytes()[from..], text)
            .find_map(|offset| segment_at(segment, value, from + offset));
    }
    value[from..].char_indices().find_map(|(offset, _)| segment_at(segment, value, from + offset))
}

/// The end of a segment that matches exactly at `at`.
fn segment_at(segment: &[Piece], value: &str, mut at: usize) -> Option<usize> {
    for piece in segment {
        let rest = &value[at..];
        at += match piece {
            Piece::Literal(text) => rest.starts_with(text.as_str()).then_some(text.len())?,
            Piece::One => rest.chars().next()?.len_utf8(),
            Piece::Dash => rest.chars().next().filter(|c| DASHES.contains(c))?.len_utf8(),
            Piece::Any => return None,
        };
    }
    Some(at)
}

impl fmt::Display for Pattern {
    /// Writes the pattern with `*` and `?`, as a reader of a match wants to see it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            Shape::Exact(text) => f.write_str(text),
            Shape::Prefix(text) => write!(f, "{text}*"),
            Shape::Suffix(text) => write!(f, "*{text}"),
            Shape::Contains(text) => write!(f, "*{text}*"),
            Shape::Glob(segments) => {
                for (i, segment) in segments.iter().enumerate() {
                    if i > 0 {
                        f.write_str("*")?;
                    }
                    for piece in segment {
                        match piece {
                            Piece::Literal(text) => f.write_str(text)?,
                            Piece::One => f.write_str("?")?,
                            Piece::Dash => f.write_str("-")?,
                            Piece::Any => f.write_str("*")?,
                        }
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::{Anchor, Pattern, Piece, fold, pieces, windash};
    use proptest::prelude::*;

    fn literal(text: &str) -> Vec<Piece> {
        vec![Piece::Literal(text.to_owned())]
    }

    #[test]
    fn escapes_of_the_specification() {
        assert_eq!(pieces(r"C:\Windows"), literal(r"C:\Windows"));
        assert_eq!(pieces(r"C:\\Windows"), literal(r"C:\Windows"));
        assert_eq!(pieces(r"a\*b\?"), literal("a*b?"));
        assert_eq!(pieces(r"a\\*"), [Piece::Literal(r"a\".into()), Piece::Any]);
        assert_eq!(pieces(r"a\\\*"), literal(r"a\*"));
        assert_eq!(pieces(r"\\\\"), literal(r"\\"));
        assert_eq!(pieces(r"\\\"), literal(r"\\"));
        assert_eq!(pieces("prog?.exe").len(), 3);
    }

    #[test]
    fn windash_touches_flags_only() {
        let pattern = Pattern::new(windash(&pieces(" -well-known /x")), Anchor::Inside, false);
        for yes in ["a -WELL-KNOWN /x", "a /well-known \u{2014}x b", "a \u{2013}well-known -x"] {
            assert!(pattern.matches(&fold(yes)), "{yes}");
        }
        assert!(!pattern.matches("a -well/known /x"));
    }

    #[test]
    fn globs() {
        let matches = |pattern: &str, value: &str| {
            Pattern::new(pieces(pattern), Anchor::Whole, false).matches(&fold(value))
        };
        assert!(matches("*a?c*e", "xxABCde") && matches("a*a", "aa") && !matches("a*a", "a"));
        assert!(matches("a**b", "ab") && matches("?", "é") && !matches("?", "") && matches("*", ""));
        assert!(matches("*ab*ab", "abab") && !matches("*ab*ab", "ab") && matches("É*", "éa"));
    }

    /// The obvious way.
    fn slow(pattern: &[Piece], value: &[char]) -> bool {
        match (pattern.split_first(), value.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((Piece::Any, after)), rest) => {
                slow(after, value) || rest.is_some_and(|(_, tail)| slow(pattern, tail))
            }
            (Some((Piece::Literal(text), after)), _) => {
                let text: Vec<char> = text.chars().collect();
                value.starts_with(&text) && slow(after, &value[text.len()..])
            }
            (Some((Piece::One, after)), Some((_, tail))) => slow(after, tail),
            (Some((Piece::Dash, after)), Some((c, tail))) => super::DASHES.contains(c) && slow(after, tail),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_backtracking(pattern in r"[ab*?\\é -]{0,8}", value in r"[abé* -]{0,10}", dash: bool, anchor in 0..4) {
            let mut parts = pieces(&pattern);
            if dash {
                parts = windash(&parts);
            }
            let anchor = [Anchor::Whole, Anchor::Start, Anchor::End, Anchor::Inside][anchor as usize];
            let mut full = parts.clone();
            if matches!(anchor, Anchor::End | Anchor::Inside) {
                full.insert(0, Piece::Any);
            }
            if matches!(anchor, Anchor::Start | Anchor::Inside) {
                full.push(Piece::Any);
            }
            let chars: Vec<char> = value.chars().collect();
            prop_assert_eq!(Pattern::new(parts, anchor, true).matches(&value), slow(&full, &chars));
        }
    }
}

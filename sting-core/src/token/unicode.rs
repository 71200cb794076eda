//! What the BERT normaliser and pre-tokenizer need to know of a character, at one table look-up.
//!
//! The tables are those of the crates that Hugging Face `tokenizers` uses, old as their Unicode is:
//! being equal to it matters more than being newer.

use std::sync::OnceLock;
use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

/// A control, format or private-use character, which cleaning removes.
pub(super) const DROPPED: u8 = 1;
/// White space, which separates words.
pub(super) const SPACE: u8 = 2;
/// Punctuation, each a word of its own.
pub(super) const PUNCTUATION: u8 = 4;
/// An ideograph, each a word of its own if ideographs are told apart.
pub(super) const IDEOGRAPH: u8 = 8;
/// A mark that stripping of accents removes.
pub(super) const MARK: u8 = 16;
/// Lower-casing changes it.
pub(super) const CASED: u8 = 32;
/// Decomposition or reordering may touch it.
pub(super) const COMPOSED: u8 = 64;

/// Properties of 256 characters at a time, worked out when first asked for.
static PAGES: [OnceLock<[u8; 256]>; 0x1100] = [const { OnceLock::new() }; 0x1100];

/// The properties of `c`, as a set of the flags above.
#[inline]
pub(super) fn properties(c: char) -> u8 {
    let page = PAGES[c as usize >> 8].get_or_init(|| {
        let first = c as u32 & !0xFF;
        std::array::from_fn(|i| char::from_u32(first + i as u32).map_or(0, work_out))
    });
    page[c as usize & 0xFF]
}

fn work_out(c: char) -> u8 {
    let is = |flag: u8, holds: bool| if holds { flag } else { 0 };
    let mut decomposed = Vec::new();
    decompose_canonical(c, |part| decomposed.push(part));
    let mut lower = c.to_lowercase();
    let control = c.is_other() && !matches!(c, '\t' | '\n' | '\r');
    is(DROPPED, c == '\0' || c == '\u{FFFD}' || control)
        | is(SPACE, c.is_whitespace())
        | is(PUNCTUATION, c.is_ascii_punctuation() || c.is_punctuation())
        | is(IDEOGRAPH, is_ideograph(c))
        | is(MARK, c.is_mark_nonspacing())
        | is(CASED, lower.next() != Some(c) || lower.next().is_some())
        | is(COMPOSED, decomposed != [c] || canonical_combining_class(c) != 0)
}

/// The blocks that BERT takes for Chinese: not kana, not Hangul.
fn is_ideograph(c: char) -> bool {
    matches!(c as u32,
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F
        | 0x2B920..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}

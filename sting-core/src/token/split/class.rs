//! What the pre-tokenizers of byte-level BPE need to know of a character.
//!
//! The tables are those of `regex-syntax`, which the regular expressions of `tokenizers` use too.

use regex_syntax::hir::{Class, HirKind};
use std::sync::{LazyLock, OnceLock};

/// `\p{L}`
pub(super) const LETTER: u8 = 1;
/// `\p{N}`
pub(super) const NUMBER: u8 = 2;
/// `\s`
pub(super) const SPACE: u8 = 4;
/// Carriage return and line feed, besides `SPACE`.
pub(super) const NEWLINE: u8 = 8;
/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
pub(super) const UPPER: u8 = 16;
/// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
pub(super) const LOWER: u8 = 32;

/// The characters of a class, sorted.
type Ranges = Vec<(char, char)>;

/// Classes of 256 characters at a time, worked out when first asked for.
static PAGES: [OnceLock<[u8; 256]>; 0x1100] = [const { OnceLock::new() }; 0x1100];

/// The classes of `c`, as a set of the flags above.
#[inline]
pub(super) fn class(c: char) -> u8 {
    page(c)[c as usize & 0xFF]
}

/// The classes of the 256 characters around `c`.
#[inline]
pub(super) fn page(c: char) -> &'static [u8; 256] {
    PAGES[c as usize >> 8].get_or_init(|| {
        let first = c as u32 & !0xFF;
        std::array::from_fn(|i| char::from_u32(first + i as u32).map_or(0, work_out))
    })
}

fn work_out(c: char) -> u8 {
    static RANGES: LazyLock<[(u8, Ranges); 6]> = LazyLock::new(|| {
        let classes = [
            (LETTER, r"\p{L}"),
            (NUMBER, r"\p{N}"),
            (SPACE, r"\s"),
            (NEWLINE, r"[\r\n]"),
            (UPPER, r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"),
            (LOWER, r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"),
        ];
        classes.map(|(flag, pattern)| (flag, ranges(pattern)))
    });
    let is_in = |ranges: &[(char, char)]| {
        let after = ranges.partition_point(|&(start, _)| start <= c);
        after > 0 && c <= ranges[after - 1].1
    };
    RANGES.iter().filter(|(_, ranges)| is_in(ranges)).fold(0, |flags, (flag, _)| flags | flag)
}

fn ranges(pattern: &str) -> Ranges {
    match regex_syntax::parse(pattern).map(regex_syntax::hir::Hir::into_kind) {
        Ok(HirKind::Class(Class::Unicode(class))) => {
            class.ranges().iter().map(|range| (range.start(), range.end())).collect()
        }
        Ok(HirKind::Class(Class::Bytes(class))) => {
            class.ranges().iter().map(|range| (range.start() as char, range.end() as char)).collect()
        }
        _ => unreachable!("{pattern} is a class"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_the_classes_of_their_categories() {
        assert_eq!(class('a'), LETTER | LOWER);
        assert_eq!(class('Σ'), LETTER | UPPER);
        assert_eq!(class('漢'), LETTER | UPPER | LOWER);
        assert_eq!(class('\u{301}'), UPPER | LOWER);
        assert_eq!(class('½'), NUMBER);
        assert_eq!(class('\u{2003}'), SPACE);
        assert_eq!(class('\r'), SPACE | NEWLINE);
        assert_eq!(class('!'), 0);
    }
}

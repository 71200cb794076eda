//! The regular expressions by which the well-known models cut text into words, as one scanner.
//!
//! Each is an alternation that covers every text, with one look ahead: white space leaves its last
//! character to the word that follows. The expressions themselves are the oracle in tests.

use super::class::{LETTER, LOWER, NEWLINE, NUMBER, SPACE, UPPER, class, page};

/// GPT-2, and `ByteLevel` with `use_regex`.
pub(in super::super) const GPT2: &str =
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
/// cl100k (GPT-4) and Llama 3.
pub(super) const CL100K: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen 2 and 3.
pub(super) const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// o200k (GPT-4o) and Llama 4.
pub(super) const O200K: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Which of the expressions a scanner stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Gpt2,
    Cl100k,
    O200k,
}

/// Cuts a text into words.
#[derive(Clone, Debug)]
pub(in super::super) struct Scanner {
    style: Style,
    /// Digits of a word at most; GPT-2 has no limit, and lets a space precede them.
    digits: usize,
    ascii: [u8; 128],
}

impl Scanner {
    /// The scanner for an expression, if it is a known one.
    pub(super) fn for_pattern(pattern: &str) -> Option<Self> {
        let (style, digits) = match pattern {
            GPT2 => (Style::Gpt2, usize::MAX),
            CL100K => (Style::Cl100k, 3),
            QWEN2 => (Style::Cl100k, 1),
            O200K => (Style::O200k, 3),
            _ => return None,
        };
        let latin = page('\0');
        Some(Self { style, digits, ascii: std::array::from_fn(|byte| latin[byte]) })
    }

    /// The scanner of `ByteLevel`.
    pub(super) fn gpt2() -> Option<Self> {
        Self::for_pattern(GPT2)
    }

    /// Where the word that begins at `at` ends. `at` must be before the end of `text`.
    #[inline]
    pub(in super::super) fn next(&self, text: &str, at: usize) -> usize {
        let bytes = text.as_bytes();
        let (first, after) = self.class(text, at);
        if self.style == Style::O200k {
            if let Some(end) = self.cased_word(text, at, first, after) {
                return end;
            }
        } else {
            if first & LETTER != 0 {
                return self.run(text, after, LETTER);
            }
            if bytes[at] == b'\''
                && let Some(end) = self.contraction(bytes, at)
            {
                return end;
            }
        }
        if first & NUMBER != 0 {
            return self.number(text, after);
        }
        let blank = bytes[at] == b' ';
        if after < bytes.len() {
            let (second, beyond) = self.class(text, after);
            let head = match self.style {
                Style::Gpt2 => blank,
                Style::Cl100k => first & NEWLINE == 0,
                Style::O200k => false,
            };
            if head && second & LETTER != 0 {
                return self.run(text, beyond, LETTER);
            }
            if blank && second & NUMBER != 0 && self.style == Style::Gpt2 {
                return self.number(text, beyond);
            }
            if blank && second & (LETTER | NUMBER | SPACE) == 0 {
                return self.symbols(text, beyond);
            }
        }
        if first & SPACE != 0 { self.blanks(text, at) } else { self.symbols(text, after) }
    }

    /// The class of the character at `at`, and where it ends.
    #[inline(always)]
    fn class(&self, text: &str, at: usize) -> (u8, usize) {
        let byte = text.as_bytes()[at];
        if byte < 0x80 { (self.ascii[byte as usize], at + 1) } else { far_class(text, at) }
    }

    /// The end of the run of characters of `classes` that begins at `at`.
    #[inline]
    fn run(&self, text: &str, mut at: usize, classes: u8) -> usize {
        while at < text.len() {
            let (class, after) = self.class(text, at);
            if class & classes == 0 {
                break;
            }
            at = after;
        }
        at
    }

    /// The end of a number of which the first digit ends at `at`.
    fn number(&self, text: &str, mut at: usize) -> usize {
        let mut digits = 1;
        while at < text.len() && digits < self.digits {
            let (class, after) = self.class(text, at);
            if class & NUMBER == 0 {
                break;
            }
            at = after;
            digits += 1;
        }
        at
    }

    /// The end of a run of what is neither letter nor number nor white space, from `at` on.
    fn symbols(&self, text: &str, mut at: usize) -> usize {
        while at < text.len() {
            let (class, after) = self.class(text, at);
            if class & (LETTER | NUMBER | SPACE) != 0 {
                break;
            }
            at = after;
        }
        let closes = |byte: &u8| match self.style {
            Style::Gpt2 => false,
            Style::Cl100k => matches!(byte, b'\r' | b'\n'),
            Style::O200k => matches!(byte, b'\r' | b'\n' | b'/'),
        };
        at + text.as_bytes()[at..].iter().take_while(|byte| closes(byte)).count()
    }

    /// The end of the white space that begins at `at`: all of it up to the last line end where the
    /// style knows lines, else all but the character before a word.
    fn blanks(&self, text: &str, at: usize) -> usize {
        let (mut end, mut last, mut line) = (at, at, 0);
        while end < text.len() {
            let (class, after) = self.class(text, end);
            if class & SPACE == 0 {
                break;
            }
            (last, end) = (end, after);
            if class & NEWLINE != 0 {
                line = end;
            }
        }
        match () {
            () if line > 0 && self.style != Style::Gpt2 => line,
            () if end == text.len() || last == at => end,
            () => last,
        }
    }

    /// The end of an English contraction such as `'ll`, if one begins at `at`.
    fn contraction(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let rest = &bytes[at + 1..];
        let lower = |i: usize| {
            let byte = *rest.get(i)?;
            Some(if self.style == Style::Gpt2 { byte } else { byte.to_ascii_lowercase() })
        };
        match (lower(0)?, lower(1)) {
            (b's' | b't' | b'm' | b'd', _) => Some(at + 2),
            (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => Some(at + 3),
            // The long s is an s to whoever ignores case.
            (0xC5, Some(0xBF)) if self.style != Style::Gpt2 => Some(at + 3),
            _ => None,
        }
    }

    /// A word of o200k: it ends before an upper-case letter that follows a lower-case one, and
    /// takes a contraction with it.
    fn cased_word(&self, text: &str, at: usize, first: u8, after: usize) -> Option<usize> {
        let head = first & (LETTER | NUMBER | NEWLINE) == 0;
        let starts = [head.then_some(after), Some(at)];
        let starts = || starts.iter().flatten().copied();
        let end = starts().find_map(|from| self.falling(text, from)).or_else(|| {
            starts().find_map(|from| {
                let upper = self.run(text, from, UPPER);
                (upper > from).then(|| self.run(text, upper, LOWER))
            })
        })?;
        let bytes = text.as_bytes();
        let contraction = if bytes.get(end) == Some(&b'\'') { self.contraction(bytes, end) } else { None };
        Some(contraction.unwrap_or(end))
    }

    /// The end of `UPPER* LOWER+` from `from` on.
    fn falling(&self, text: &str, from: usize) -> Option<usize> {
        let (mut at, mut both) = (from, None);
        while at < text.len() {
            let (class, after) = self.class(text, at);
            if class & UPPER == 0 {
                return if class & LOWER != 0 { Some(self.run(text, after, LOWER)) } else { both };
            }
            at = after;
            if class & LOWER != 0 {
                both = Some(at);
            }
        }
        both
    }

    /// Whether words end at `at` wherever the text around is cut, and are the same then.
    ///
    /// That is so where no word can hold the characters on both sides, and no look ahead crosses.
    pub(super) fn parts_at(&self, text: &str, at: usize) -> bool {
        let (Some(before), Some(after)) = (text[..at].chars().next_back(), text[at..].chars().next()) else {
            return true;
        };
        let (left, right) = (class(before), class(after));
        let is = |class: u8, flags: u8| class & flags != 0;
        let mark = |class: u8| is(class, UPPER | LOWER) && !is(class, LETTER);
        if is(left, SPACE) {
            if is(right, SPACE) {
                return false;
            }
            if is(left, NEWLINE) && self.style != Style::Gpt2 {
                // A slash goes on from the line ends that follow symbols.
                return !(self.style == Style::O200k && after == '/');
            }
            let alone =
                text[..at - before.len_utf8()].chars().next_back().is_none_or(|c| !is(class(c), SPACE));
            let heads = match self.style {
                Style::Gpt2 => before == ' ',
                Style::Cl100k => is(right, LETTER) || before == ' ' && !is(right, NUMBER),
                Style::O200k => !is(right, NUMBER),
            };
            return alone && !heads;
        }
        if is(left, NUMBER) || is(right, NUMBER) {
            return !(is(left, NUMBER) && is(right, NUMBER)) || self.digits == 1;
        }
        if is(right, SPACE) {
            // Symbols, which marks may be, take line ends with them.
            return !is(right, NEWLINE) || self.style == Style::Gpt2 || is(left, LETTER);
        }
        match self.style {
            Style::Gpt2 => is(left, LETTER) != is(right, LETTER) && before != '\'',
            Style::Cl100k => is(left, LETTER) && !is(right, LETTER),
            Style::O200k => is(left, LETTER) && !is(right, LETTER) && !mark(right) && after != '\'',
        }
    }
}

#[cold]
fn far_class(text: &str, at: usize) -> (u8, usize) {
    text[at..].chars().next().map_or((0, text.len()), |c| (class(c), at + c.len_utf8()))
}

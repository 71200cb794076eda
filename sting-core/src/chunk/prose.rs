//! Lines, sentences, clauses and words of running text.

use super::json::outer_commas;
use super::lattice::{Form, Level};
use crate::Span;
use memchr::{memchr, memchr_iter, memchr2, memrchr2};
use unicode_segmentation::GraphemeCursor;

/// Calls `part` with the stretches of `span` between boundaries of the given level, each without
/// the white space around it, in order.
pub(super) fn divide(text: &str, span: Span, level: Level, form: Form, mut part: impl FnMut(Span, Level)) {
    let mut start = span.start;
    let mut tags = Tags { in_tag: false, seen: span.start };
    // `end` and `next` enclose the white space of a boundary.
    let mut cut = |end: usize, next: usize, level: Level| {
        let whole = form != Form::Html || !tags.cut_by(text, end);
        if whole && start < end && next < span.end && is_break(text, end) && is_break(text, next) {
            part(Span::new(start, end), level);
            start = next;
        }
    };
    match level {
        level if form == Form::Json && level > Level::Word => {
            outer_commas(text, span, |comma| {
                let next = span.end - text[comma + 1..span.end].trim_start().len();
                cut(comma + 1, next, level);
            });
        }
        Level::Block => blank_lines(text, span, &mut cut),
        Level::Line => lines(text, span, form, &mut cut),
        Level::Sentence => sentences(text, span, &mut cut),
        Level::Clause => clauses(text, span, &mut cut),
        _ => words(text, span, &mut cut),
    }
    part(Span::new(start, span.end), level);
}

/// Follows the tags of HTML source from place to place.
struct Tags {
    in_tag: bool,
    seen: usize,
}

impl Tags {
    /// True if `at`, lies inside of a tag.
    fn cut_by(&mut self, text: &str, at: usize) -> bool {
        // After blank lines, what was asked for last may lie a little further on.
        if at > self.seen {
            let passed = &text.as_bytes()[self.seen..at];
            if let Some(last) = memrchr2(b'<', b'>', passed) {
                self.in_tag = passed[last] == b'<';
            }
            self.seen = at;
        }
        self.in_tag
    }
}

/// True if no grapheme cluster reaches over `at`.
pub(super) fn is_break(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    if at == 0 || at >= bytes.len() {
        return true;
    }
    let (before, after) = (bytes[at - 1], bytes[at]);
    if before.is_ascii() && after.is_ascii() {
        return (before, after) != (b'\r', b'\n');
    }
    // What decides lies a few characters back, but for long runs of flags and of joined emoji, in
    // which no caller looks for a place to cut.
    let start = text.floor_char_boundary(at.saturating_sub(64));
    let around = &text[start..text.ceil_char_boundary((at + 8).min(text.len()))];
    GraphemeCursor::new(at - start, around.len(), true).is_boundary(around, 0).unwrap_or(true)
}

type Cut<'c> = &'c mut dyn FnMut(usize, usize, Level);

fn blank_lines(text: &str, span: Span, cut: Cut<'_>) {
    let bytes = &text.as_bytes()[..span.end];
    let mut at = span.start;
    let line_break = line_break(&bytes[at..]);
    while let Some(newline) = memchr(line_break, &bytes[at..]).map(|found| at + found) {
        let next = skip_blank_lines(text, newline + 1, span.end);
        if next > newline + 1 {
            cut(trim_end(text, span.start, newline), next, Level::Block);
        }
        at = next;
    }
}

/// The byte that ends the lines of `text`: a carriage return if there is no line feed.
pub(super) fn line_break(text: &[u8]) -> u8 {
    if memchr(b'\n', text).is_none() && memchr(b'\r', text).is_some() { b'\r' } else { b'\n' }
}

/// The start of the line after the one at `start`.
pub(super) fn line_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    memchr2(b'\n', b'\r', &bytes[start..]).map_or(text.len(), |found| {
        let next = start + found + 1;
        next + usize::from(bytes[next - 1] == b'\r' && bytes.get(next) == Some(&b'\n'))
    })
}

/// The start of the first line at or after `at` that is not blank, or `end`.
pub(super) fn skip_blank_lines(text: &str, at: usize, end: usize) -> usize {
    let mut line = at;
    for (offset, c) in text[at..end].char_indices() {
        match c {
            '\n' | '\r' => line = at + offset + 1,
            c if c.is_whitespace() => {}
            _ => return line,
        }
    }
    end
}

/// The end of the text before `end` without white space.
pub(super) fn trim_end(text: &str, start: usize, end: usize) -> usize {
    match text.as_bytes()[start..end].last() {
        Some(last) if last.is_ascii() && !last.is_ascii_whitespace() => end,
        _ => start + text[start..end].trim_end().len(),
    }
}

fn lines(text: &str, span: Span, form: Form, cut: Cut<'_>) {
    let bytes = &text.as_bytes()[span.range()];
    let line_break = line_break(bytes);
    let wrapped = form == Form::Prose && looks_wrapped(bytes, line_break);
    for newline in memchr_iter(line_break, bytes).map(|found| span.start + found) {
        let end = trim_end(text, span.start, newline);
        let next = skip_blank_lines(text, newline + 1, span.end);
        let level =
            if form == Form::Prose { line_level(text, span, end, next, wrapped) } else { Level::Line };
        if level == Level::Line {
            cut(end, next, level);
        }
    }
}

/// True if the lines of a paragraph are broken by width and not by sense.
fn looks_wrapped(paragraph: &[u8], line_break: u8) -> bool {
    let (mut count, mut longest, mut total, mut start) = (0, 0, 0, 0);
    for newline in memchr_iter(line_break, paragraph) {
        let len = newline - start;
        (count, total, longest, start) = (count + 1, total + len, longest.max(len), newline + 1);
    }
    count >= 2 && longest <= 120 && total / count * 10 >= longest * 7
}

/// What a line break in prose is worth: nothing where a sentence goes on over it.
fn line_level(text: &str, span: Span, end: usize, next: usize, wrapped: bool) -> Level {
    let last = text[span.start..end].chars().next_back();
    let ends = last.is_none_or(|c| is_terminator(c) || is_closer(c) || c == ':' || c == ';');
    let first = text[next..span.end].trim_start().chars().next();
    let goes_on =
        first.is_some_and(char::is_lowercase) || wrapped && first.is_some_and(char::is_alphanumeric);
    if goes_on && !ends || wrapped && ends && first.is_some_and(char::is_alphabetic) {
        Level::Word
    } else {
        Level::Line
    }
}

/// Ends of sentences.
pub(super) fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '‼'..='⁉' | '؟' | '۔' | '։' | '।' | '॥' | '።' | '။' | '។')
        || is_wide_terminator(c)
}

/// Ends of sentences after which no space is needed.
fn is_wide_terminator(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡' | '．')
}

/// What may follow the end of a sentence and still belong to it.
fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | ')'
            | ']'
            | '}'
            | '”'
            | '’'
            | '»'
            | '›'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '*'
            | '_'
    )
}

/// Bytes with which an end of a sentence may begin.
const SENTENCE_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = [b'.', b'!', b'?', 0xE2, 0xE3, 0xEF, 0xD8, 0xDB, 0xD6, 0xE0, 0xE1];
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
};

fn sentences(text: &str, span: Span, cut: Cut<'_>) {
    let bytes = text.as_bytes();
    let mut at = span.start;
    while let Some(found) = bytes[at..span.end].iter().position(|&byte| SENTENCE_BYTES[byte as usize]) {
        at += found;
        let Some(c) = text[at..span.end].chars().next() else { break };
        if !is_terminator(c) {
            at += c.len_utf8();
            continue;
        }
        let first = at;
        let mut wide = false;
        for c in text[at..span.end].chars().take_while(|&c| is_terminator(c) || is_closer(c)) {
            wide |= is_wide_terminator(c);
            at += c.len_utf8();
        }
        let rest = &text[at..span.end];
        let next = span.end - rest.trim_start().len();
        let spaced = next > at;
        if spaced && !goes_on(text, span, first, next) || !spaced && wide {
            cut(at, next, Level::Sentence);
        }
    }
}

/// True if a full stop at `stop` does not end its sentence.
fn goes_on(text: &str, span: Span, stop: usize, next: usize) -> bool {
    let following = text[next..span.end].chars().find(|&c| !is_opener(c));
    if following.is_some_and(char::is_lowercase) {
        return true;
    }
    if text.as_bytes()[stop] != b'.' {
        return false;
    }
    let before = &text[span.start..stop];
    let word_start = before
        .rfind(|c: char| c.is_whitespace() || is_opener(c) || c == '-')
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = &before[word_start..];
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        // An initial, as of a name.
        (Some(c), None) if c.is_uppercase() => true,
        // The number of a list item: nothing but it on its line.
        (Some(c), _) if c.is_ascii_digit() => {
            word.len() <= 3
                && word.bytes().all(|byte| byte.is_ascii_digit())
                && before[..word_start].rsplit('\n').next().is_none_or(|line| line.trim().is_empty())
        }
        _ => is_abbreviation(word),
    }
}

fn is_opener(c: char) -> bool {
    matches!(c, '"' | '\'' | '(' | '[' | '{' | '“' | '‘' | '«' | '‹' | '「' | '『' | '¿' | '¡' | '*' | '_')
}

/// Abbreviations that are followed by the rest of their sentence, whatever comes next. Those that
/// also end sentences (etc., Inc., a.m.) are not here.
const ABBREVIATIONS: [&str; 60] = [
    "abb", "al", "approx", "art", "bzw", "ca", "cap", "capt", "cf", "ch", "cmdr", "col", "dept", "dipl",
    "dr", "e.g", "ed", "eds", "eg", "eq", "esp", "fig", "figs", "fr", "gen", "gov", "hon", "hr", "i.e", "ie",
    "ing", "lt", "maj", "mlle", "mme", "mr", "mrs", "ms", "mt", "no", "nos", "nr", "op", "pp", "pres",
    "prof", "rep", "resp", "rev", "sec", "sen", "sgt", "sr", "sra", "st", "str", "u.a", "vol", "vs", "z.b",
];

/// The abbreviations as numbers, by the last five bits of their first letter.
const BY_FIRST_LETTER: [[u64; 8]; 32] = {
    let mut table = [[0; 8]; 32];
    let mut i = 0;
    while i < ABBREVIATIONS.len() {
        let word = ABBREVIATIONS[i].as_bytes();
        let row = &mut table[(word[0] & 31) as usize];
        let mut free = 0;
        while row[free] != 0 {
            free += 1;
        }
        row[free] = as_number(word);
        i += 1;
    }
    table
};

/// A word of at most eight bytes as a number, its letters in lower case.
const fn as_number(word: &[u8]) -> u64 {
    let (mut number, mut i) = (0, 0);
    while i < word.len() {
        number |= (word[i] as u64 | 0x20) << (8 * i);
        i += 1;
    }
    number
}

fn is_abbreviation(word: &str) -> bool {
    let bytes = word.as_bytes();
    (2..=6).contains(&bytes.len())
        && bytes.iter().all(|&byte| byte.is_ascii_alphabetic() || byte == b'.')
        && BY_FIRST_LETTER[usize::from(bytes[0] & 31)].contains(&as_number(bytes))
}

fn clauses(text: &str, span: Span, cut: Cut<'_>) {
    let mut chars = text[span.range()].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let end = span.start + offset + c.len_utf8();
        let spaced = chars.peek().is_some_and(|(_, c)| c.is_whitespace());
        let wide = matches!(c, '，' | '、' | '；' | '：' | '،' | '؛');
        if wide || spaced && matches!(c, ',' | ';' | ':' | ')' | ']' | '–' | '—') {
            cut(end, span.end - text[end..span.end].trim_start().len(), Level::Clause);
        }
    }
}

fn words(text: &str, span: Span, cut: Cut<'_>) {
    let mut before = ' ';
    let mut end = span.start;
    for (offset, c) in text[span.range()].char_indices() {
        let at = span.start + offset;
        if !c.is_whitespace() {
            let apart = before.is_whitespace() || is_unspaced(before) || is_unspaced(c) && !is_terminator(c);
            if apart && at > end.max(span.start) || apart && at == end && at > span.start {
                cut(end, at, Level::Word);
            }
            end = at + c.len_utf8();
        }
        before = c;
    }
}

/// Scripts that write words without spaces between them, and in which any place between two
/// characters will do.
fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

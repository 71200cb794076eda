//! Which words of a log line are parameters, as far as the line alone can tell.
//!
//! What holds a digit, a path, a host's name, a date or the value of a `key=value` pair is a parameter in every log; so is
//! who comes after the word `user`. A group in parentheses that holds only a quantity or a host is an aside: programs print it or
//! leave it out, and it does not make another template.

use crate::Span;

/// A word of a line: a run of bytes that are not white space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) span: Span,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of the template.
    Constant,
    /// A parameter.
    Variable,
    /// A constant key, and a parameter from this byte of the line on.
    Keyed(usize),
}

/// The words of `line`, at most `limit` of them: what comes after is one variable.
pub(super) fn words(line: &str, limit: usize, out: &mut Vec<Word>, asides: &mut Vec<Span>) {
    out.clear();
    asides.clear();
    split(line, limit, out);
    let bytes = line.as_bytes();
    for at in 0..out.len() {
        if out[at].kind != Kind::Constant {
            continue;
        }
        let (before, rest) = out.split_at_mut(at);
        let word = &bytes[rest[0].span.range()];
        let previous = before.last().map(|w| (&bytes[w.span.range()], w.kind));
        if is_variable(word) || previous.is_some_and(|(text, kind)| follows(word, text, kind)) {
            rest[0].kind = Kind::Variable;
        }
    }
    for at in (0..out.len().saturating_sub(1)).rev() {
        let next = &bytes[out[at + 1].span.range()];
        if out[at].kind == Kind::Constant && begins_date(&bytes[out[at].span.range()], next, out[at + 1].kind)
        {
            out[at].kind = Kind::Variable;
        }
    }
    set_apart(line, out, asides);
    for word in out.iter_mut().filter(|word| word.kind == Kind::Variable) {
        if let Some(key) = key_length(&bytes[word.span.range()]) {
            word.kind = Kind::Keyed(word.span.start + key);
        }
    }
    // Parameters that follow each other are one: how many there are differs from line to line.
    out.dedup_by(|word, before| {
        let joined = word.kind == Kind::Variable && before.kind == Kind::Variable;
        if joined {
            before.span = before.span.cover(word.span);
        }
        joined
    });
}

/// What is longer is data: no program has such a word in its messages, and a template would have to keep it.
const LONGEST_WORD: usize = 256;

fn split(line: &str, limit: usize, out: &mut Vec<Word>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if out.len() + 1 == limit {
            let end = line.trim_ascii_end().len();
            out.push(Word { span: Span::new(at, end), kind: Kind::Variable });
            return;
        }
        let start = at;
        let mut digit = false;
        while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
            digit |= bytes[at].is_ascii_digit();
            at += 1;
        }
        let kind = if digit || at - start > LONGEST_WORD { Kind::Variable } else { Kind::Constant };
        out.push(Word { span: Span::new(start, at), kind });
    }
}

/// Whether a word without digits is a parameter by its own shape.
fn is_variable(word: &[u8]) -> bool {
    let (mut slash, mut dot) = (false, false);
    for &byte in word {
        slash |= byte == b'/';
        dot |= byte == b'.';
    }
    (slash && holds_path(word)) || (dot && holds_host(word))
}

/// `/var/log`, `"/latest`, `./run`, `~/a`: a slash that begins something, not one between two words.
fn holds_path(word: &[u8]) -> bool {
    let ([b'"' | b'\'' | b'(' | b'[', unquoted @ ..] | unquoted) = word;
    if [&b"./"[..], b"../", b"~/"].iter().any(|start| unquoted.starts_with(start)) {
        return true;
    }
    word.iter().enumerate().any(|(at, &byte)| {
        byte == b'/'
            && word.get(at + 1).is_some_and(|&next| is_name(next) || next == b'/' || next == b'.')
            && (at == 0 || !(is_name(word[at - 1]) || b".<>/*-".contains(&word[at - 1])))
    })
}

/// Top-level domains that stand in logs far more often than as the last part of a class or a file.
const TOP: [&[u8]; 14] = [
    b"com",
    b"net",
    b"org",
    b"edu",
    b"gov",
    b"mil",
    b"int",
    b"info",
    b"biz",
    b"local",
    b"internal",
    b"lan",
    b"arpa",
    b"localdomain",
];

/// `www.example.com`, or any dotted name that is the value of a key.
fn holds_host(word: &[u8]) -> bool {
    let mut at = 0;
    while at < word.len() {
        let end = at + word[at..].iter().take_while(|&&b| is_label(b) || b == b'.').count();
        let name = &word[at..end];
        let ends_there = word.get(end).is_none_or(|&next| next != b'(');
        if ends_there && let Some(dot) = name.iter().rposition(|&byte| byte == b'.') {
            let last = &name[dot + 1..];
            let is_value = at > 0 && word[at - 1] == b'=' && last.len() > 1;
            if dot > 0 && (is_value || TOP.iter().any(|top| last.eq_ignore_ascii_case(top))) {
                return true;
            }
        }
        at = end + 1;
    }
    false
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn is_label(byte: u8) -> bool {
    is_name(byte) || byte == b'-'
}

/// Whether a word is a parameter because of the one before it: a unit after a number, a zone after a time, a user's name.
fn follows(word: &[u8], previous: &[u8], kind: Kind) -> bool {
    const UNITS: [&[u8]; 14] = [
        b"b", b"kb", b"mb", b"gb", b"tb", b"kib", b"mib", b"gib", b"tib", b"ms", b"us", b"ns", b"sec",
        b"secs",
    ];
    if previous == b"user" {
        return !bare(word).is_empty();
    }
    if kind != Kind::Variable || word[0] == b'(' {
        return false;
    }
    UNITS.iter().any(|unit| bare(word).eq_ignore_ascii_case(unit))
        || bare(word).eq_ignore_ascii_case(b"s")
        || ((3..=4).contains(&word.len())
            && word.iter().all(u8::is_ascii_uppercase)
            && previous.contains(&b':'))
}

/// Whether a word is the day or the month of the date that goes on in the next.
fn begins_date(word: &[u8], next: &[u8], next_kind: Kind) -> bool {
    const MONTHS: [&[u8]; 12] = [
        b"january",
        b"february",
        b"march",
        b"april",
        b"may",
        b"june",
        b"july",
        b"august",
        b"september",
        b"october",
        b"november",
        b"december",
    ];
    const DAYS: [&[u8]; 7] =
        [b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];
    let is_one_of = |word: &[u8], names: &[&[u8]]| {
        let word = bare(word);
        names.iter().any(|name| word.eq_ignore_ascii_case(name) || word.eq_ignore_ascii_case(&name[..3]))
    };
    let day_of_month = bare(next);
    (is_one_of(word, &MONTHS) && day_of_month.len() <= 2 && day_of_month.iter().all(u8::is_ascii_digit))
        || (next_kind != Kind::Constant
            && is_one_of(word, &DAYS)
            && (is_one_of(next, &MONTHS) || next.contains(&b':')))
}

/// A word without the punctuation around it.
fn bare(word: &[u8]) -> &[u8] {
    let is_mark = |byte: &u8| b"()[]{}<>\"'.,;:!".contains(byte);
    let start = word.iter().take_while(|byte| is_mark(byte)).count();
    let end = word.len() - word[start..].iter().rev().take_while(|byte| is_mark(byte)).count();
    &word[start..end]
}

/// Takes the asides out of the words.
fn set_apart(line: &str, words: &mut Vec<Word>, asides: &mut Vec<Span>) {
    const LONGEST: usize = 3;
    let bytes = line.as_bytes();
    let mut kept = 0;
    let mut at = 0;
    while at < words.len() {
        let start = words[at].span.start;
        if bytes[start] == b'(' {
            let closing = (at..words.len().min(at + LONGEST)).find_map(|last| {
                let group = line[start..words[last].span.end].trim_end_matches([',', '.', ';', ':']);
                group.strip_suffix(')').map(|group| (last, &group[1..]))
            });
            if let Some((last, _)) = closing.filter(|(last, inside)| is_aside(inside, *last == at)) {
                asides.push(Span::new(start, words[last].span.end));
                at = last + 1;
                continue;
            }
        }
        words[kept] = words[at];
        kept += 1;
        at += 1;
    }
    words.truncate(kept);
}

/// Nothing, a quantity with or without a unit, or a host's name.
fn is_aside(inside: &str, one_word: bool) -> bool {
    let number = inside.trim_start_matches(|c: char| c.is_ascii_digit() || ".,:".contains(c));
    let unit = number.trim_start();
    let is_quantity = number.len() < inside.len()
        && (unit.is_empty()
            || matches!(unit, "B" | "KB" | "MB" | "GB" | "TB" | "KiB" | "MiB" | "GiB" | "TiB"));
    inside.is_empty() || is_quantity || (one_word && !inside.contains('=') && holds_host(inside.as_bytes()))
}

/// Length of `key=` at the start of a word with one `=` in it.
fn key_length(word: &[u8]) -> Option<usize> {
    let equals = word.iter().position(|&byte| byte == b'=')?;
    let ([b'[' | b'(', key @ ..] | key) = &word[..equals];
    let is_key = key.first().is_some_and(|&b| b.is_ascii_alphabetic() || b == b'_')
        && key.iter().all(|&b| is_label(b) || b == b'.');
    (is_key && key.len() <= LONGEST_WORD && !word[equals + 1..].contains(&b'=')).then_some(equals + 1)
}

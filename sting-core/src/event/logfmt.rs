//! logfmt: `key=value key="a value" flag`, as many Go programs write their logs.

use super::escapes::Escapes;
use super::line::{Line, run};
use super::syslog::closing_quote;
use super::{Event, Limits};
use crate::Error;

pub(super) fn parse(bytes: &[u8], limits: Limits) -> Result<Event, Error> {
    let mut line = Line::new(bytes, limits)?;
    let text = line.text;
    let mut at = 0;
    let mut pairs = 0;
    loop {
        at = run(text, at, |byte| byte <= b' ').end;
        if at == text.len() {
            break;
        }
        let key = run(text, at, |byte| byte > b' ' && !matches!(byte, b'=' | b'"'));
        if key.is_empty() {
            return Err(Line::fault("not logfmt: a value without a key", at));
        }
        at = key.end;
        if text.as_bytes().get(at) != Some(&b'=') {
            line.add_implied(&text[key], "true")?;
            continue;
        }
        at += 1;
        pairs += 1;
        if text.as_bytes().get(at) == Some(&b'"') {
            let Some(end) = closing_quote(text, at + 1) else {
                return Err(Line::fault("not logfmt: a quote that does not close", at));
            };
            line.add(&text[key], at + 1..end, Some(Escapes::Logfmt))?;
            at = end + 1;
        } else {
            let value = run(text, at, |byte| byte > b' ' && byte != b'"');
            at = value.end;
            line.add(&text[key], value, None)?;
        }
    }
    if pairs == 0 {
        return Err(Line::fault("not logfmt: no `key=value`", 0));
    }
    line.finish()
}

/// True if the line begins like one: two pairs, or one and nothing else.
pub(super) fn begins(text: &str) -> bool {
    let mut words = text.split_whitespace().take(2);
    let pair = |word: &str| {
        word.split_once('=').is_some_and(|(key, _)| {
            !key.is_empty()
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@'))
        })
    };
    words.next().is_some_and(pair) && words.next().is_none_or(|word| pair(word) || text.contains('"'))
}

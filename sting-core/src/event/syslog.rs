//! Syslog: [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424), and what RFC 3164 found in use.

use super::escapes::Escapes;
use super::line::{Line, run};
use super::{Event, Limits};
use crate::Error;

const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
const SEVERITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads a line of either form, with or without its priority.
pub(super) fn parse(bytes: &[u8], limits: Limits) -> Result<Event, Error> {
    let mut line = Line::new(bytes, limits)?;
    let end = line.text.len();
    header(&mut line, end)?;
    line.finish()
}

/// True if the line begins with a priority or a date.
pub(super) fn begins(text: &str) -> bool {
    let digits = text.strip_prefix('<').map(|rest| run(rest, 0, |byte| byte.is_ascii_digit()));
    digits.is_some_and(|digits| {
        (1..4).contains(&digits.len()) && text.as_bytes().get(digits.end + 1) == Some(&b'>')
    }) || stamp(text, 0).is_some()
}

/// Adds what the line says up to `end`: all of it, or what stands before another format.
pub(super) fn header(line: &mut Line<'_>, end: usize) -> Result<(), Error> {
    let text = &line.text[..end];
    let at = priority(line, text)?;
    if text[at..].starts_with("1 ") && text.starts_with('<') {
        return modern(line, text, at + 2);
    }
    let Some(stamp) = stamp(text, at) else {
        if at == 0 {
            return Err(Line::fault("not syslog: neither a priority nor a date", at));
        }
        return line.add("message", at..text.len(), None);
    };
    line.add("timestamp", at..stamp, None)?;
    let host = run(text, skip_spaces(text, stamp), |byte| byte != b' ');
    line.add("hostname", host.clone(), None)?;
    tag(line, text, skip_spaces(text, host.end))
}

/// Adds facility and severity; returns where the rest begins.
fn priority(line: &mut Line<'_>, text: &str) -> Result<usize, Error> {
    if !text.starts_with('<') {
        return Ok(0);
    }
    let digits = run(text, 1, |byte| byte.is_ascii_digit());
    let value: usize = text[digits.clone()].parse().unwrap_or(usize::MAX);
    if value > 191 || digits.len() > 3 || text.as_bytes().get(digits.end) != Some(&b'>') {
        return Err(Line::fault("not syslog: the priority is no number up to 191 between `<` and `>`", 0));
    }
    line.add("priority", digits.clone(), None)?;
    line.add_implied("facility", FACILITIES[value / 8])?;
    line.add_implied("severity", SEVERITIES[value % 8])?;
    Ok(digits.end + 1)
}

/// The rest of a line of version 1: six words of which `-` stands for none, structured data, a message.
fn modern(line: &mut Line<'_>, text: &str, mut at: usize) -> Result<(), Error> {
    for name in ["timestamp", "hostname", "appname", "procid", "msgid"] {
        let word = run(text, at, |byte| byte != b' ');
        if word.is_empty() {
            return Err(Line::fault("not syslog: a word of the header is missing", at));
        }
        if &text[word.clone()] != "-" {
            line.add(name, word.clone(), None)?;
        }
        at = (word.end + 1).min(text.len());
    }
    match text.as_bytes().get(at) {
        Some(b'-') => at += 1,
        Some(b'[') => at = structured(line, text, at)?,
        _ => return Err(Line::fault("not syslog: structured data or `-` is missing", at)),
    }
    let rest = text[at..].strip_prefix(' ').unwrap_or(&text[at..]);
    let message = rest.strip_prefix('\u{feff}').unwrap_or(rest);
    line.add("message", text.len() - message.len()..text.len(), None)
}

/// `[id name="value" ...][...]`; each value goes by `id.name` and by `name`.
fn structured(line: &mut Line<'_>, text: &str, mut at: usize) -> Result<usize, Error> {
    let word = |byte: u8| byte > b' ' && !matches!(byte, b'=' | b'"' | b']');
    while text.as_bytes().get(at) == Some(&b'[') {
        let id = run(text, at + 1, word);
        at = id.end;
        while text.as_bytes().get(at) == Some(&b' ') {
            let name = run(text, skip_spaces(text, at), word);
            if !text[name.end..].starts_with("=\"") {
                return Err(Line::fault("not syslog: structured data without `=\"`", name.end));
            }
            let start = name.end + 2;
            let Some(end) = closing_quote(text, start) else {
                return Err(Line::fault("not syslog: structured data without its closing quote", start));
            };
            let path = format!("{}.{}", &text[id.clone()], &text[name.clone()]);
            line.add_named(&path, Some(&text[name]), start..end, Some(Escapes::Syslog))?;
            at = end + 1;
        }
        if text.as_bytes().get(at) != Some(&b']') {
            return Err(Line::fault("not syslog: structured data without its `]`", at));
        }
        at += 1;
    }
    Ok(at)
}

/// The first quote from `at` on that no backslash stands before.
pub(super) fn closing_quote(text: &str, mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', &text.as_bytes()[at..])?;
        if text.as_bytes()[at] == b'"' {
            return Some(at);
        }
        at = (at + 2).min(text.len());
    }
}

/// The end of a date: `Oct 11 22:14:15`, perhaps with a year, or one in the form of RFC 3339.
fn stamp(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let bytes = rest.as_bytes();
    if bytes.first()?.is_ascii_digit() {
        let end = rest.find(' ')?;
        let date = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-') && bytes.get(10) == Some(&b'T');
        return date.then_some(at + end);
    }
    if !MONTHS.iter().any(|month| rest.starts_with(month)) || bytes.get(3) != Some(&b' ') {
        return None;
    }
    // Day, time, and a year that may stand before or after the time.
    let mut end = 3;
    let mut timed = false;
    for _ in 0..3 {
        let word =
            run(rest, skip_spaces(rest, end), |byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
        let next = rest.as_bytes().get(word.end);
        if word.is_empty() || next.is_some_and(|next| *next != b' ') || timed && word.len() != 4 {
            break;
        }
        timed |= rest[word.clone()].contains(':');
        end = word.end;
    }
    timed.then_some(at + end)
}

/// `tag[pid]: message`.
fn tag(line: &mut Line<'_>, text: &str, at: usize) -> Result<(), Error> {
    let tag = run(text, at, |byte| byte > b' ' && !matches!(byte, b'[' | b':'));
    let mut end = tag.end;
    let mut pid = None;
    if text[end..].starts_with('[')
        && let Some(length) = text[end..].find(']')
    {
        pid = Some(end + 1..end + length);
        end += length + 1;
    }
    if at == text.len() {
        // Another format follows the header.
        return Ok(());
    }
    if tag.is_empty() || !text[end..].starts_with(':') {
        return line.add("message", at..text.len(), None);
    }
    line.add("appname", tag, None)?;
    if let Some(pid) = pid {
        line.add("procid", pid, None)?;
    }
    line.add("message", skip_spaces(text, end + 1)..text.len(), None)
}

fn skip_spaces(text: &str, at: usize) -> usize {
    run(text, at, |byte| byte == b' ').end
}

//! IBM's Log Event Extended Format, versions 1 and 2, alone or behind a syslog header.

use super::line::Line;
use super::{Event, Limits, syslog};
use crate::Error;

const HEADER: [&str; 4] = ["deviceVendor", "deviceProduct", "deviceVersion", "EventID"];

/// Where the format begins in a line, at its start or behind a header.
pub(super) fn start(text: &str) -> Option<usize> {
    let start = text.find("LEEF:")?;
    let version = text.as_bytes().get(start + 5)?.is_ascii_digit();
    (version && (start == 0 || text.as_bytes()[start - 1] == b' ')).then_some(start)
}

pub(super) fn parse(bytes: &[u8], limits: Limits) -> Result<Event, Error> {
    let mut line = Line::new(bytes, limits)?;
    let text = line.text;
    let Some(start) = start(text) else {
        return Err(Line::fault("not LEEF: `LEEF:` and a version are missing", 0));
    };
    if start > 0 {
        // What stands before it is kept as far as it is understood.
        let _ = syslog::header(&mut line, start - 1);
    }
    let mut at = start + 5;
    let field = |at: &mut usize| {
        let end = text[*at..].find('|').map(|length| *at + length);
        let end = end.ok_or_else(|| Line::fault("not LEEF: the header has too few fields", *at))?;
        let field = *at..end;
        *at = end + 1;
        Ok::<_, Error>(field)
    };
    let version = field(&mut at)?;
    let second = text[version.clone()].starts_with('2');
    line.add("leefVersion", version, None)?;
    for name in HEADER {
        let value = field(&mut at)?;
        line.add(name, value, None)?;
    }
    let mut delimiter = '\t';
    // Version 2 may name a delimiter, as itself or as a number: `^`, `x5E`, `0x5E`.
    if second && let Some(end) = text[at..].find('|') {
        let named = &text[at..at + end];
        let number =
            named.strip_prefix("0x").or_else(|| named.strip_prefix('x')).filter(|hex| !hex.is_empty());
        let mut chars = named.chars();
        let one = chars.next().filter(|_| chars.next().is_none());
        let found = one.or_else(|| char::from_u32(u32::from_str_radix(number?, 16).ok()?));
        // A bar of the first value is no end of the header.
        if let Some(found) = found.or_else(|| named.is_empty().then_some('\t')) {
            delimiter = found;
            at += end + 1;
        }
    }
    for pair in text[at..].split(delimiter) {
        let start = at;
        at += pair.len() + delimiter.len_utf8();
        if let Some(equals) = pair.find('=').filter(|&equals| equals > 0) {
            line.add(pair[..equals].trim(), start + equals + 1..start + pair.len(), None)?;
        }
    }
    line.finish()
}

//! The walk over a JSON text: where its values stand, and under which key.

use super::escape::Style;
use crate::Error;
use sting_core::Span;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 1024;

/// What is open around a place, and what may come next.
enum Open {
    Object { key: Option<String>, parent: Option<String> },
    Array { key: Option<String> },
}

/// Calls `each` with every key, string and number of a JSON text or of JSON Lines: the span of what it
/// says (without quotes), how that is written, and the name of the field that holds it (none for
/// keys). One pass without recursion. The grammar is read as far as it tells keys from values and
/// strings from the rest; what is not JSON is refused.
pub(crate) fn walk_json(
    bytes: &[u8],
    mut each: impl FnMut(Span, Style, Option<&str>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    // A value was just read, so that only `,`, `]`, `}` or the end may follow.
    let mut complete = false;
    while let Some(&byte) = bytes.get(at) {
        let fault = Err(Error::Json { offset: at });
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b',' if complete && !open.is_empty() => {
                complete = false;
                if let Some(Open::Object { key, .. }) = open.last_mut() {
                    *key = None;
                }
                at += 1;
            }
            b'}' | b']' => {
                let fits = match open.pop() {
                    Some(Open::Object { key, .. }) => byte == b'}' && (complete || key.is_none()),
                    Some(Open::Array { .. }) => byte == b']',
                    None => false,
                };
                if !fits {
                    return fault;
                }
                complete = true;
                at += 1;
            }
            _ if complete && !open.is_empty() => return fault,
            b'"' if matches!(open.last(), Some(Open::Object { key: None, .. })) => {
                let end = string_end(bytes, at).ok_or(Error::Json { offset: at })?;
                let span = Span::new(at + 1, end - 1);
                let (name, _) = Style::Json.decode(&bytes[span.range()]).ok_or(Error::Json { offset: at })?;
                each(span, Style::Json, None)?;
                let colon = end + bytes[end..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                if bytes.get(colon) != Some(&b':') {
                    return Err(Error::Json { offset: colon.min(bytes.len()) });
                }
                if let Some(Open::Object { key, .. }) = open.last_mut() {
                    *key = Some(String::from_utf8_lossy(&name).into_owned());
                }
                at = colon + 1;
            }
            _ if matches!(open.last(), Some(Open::Object { key: None, .. })) => return fault,
            b'{' | b'[' => {
                if open.len() == MAX_DEPTH {
                    return fault;
                }
                let key = field(&open);
                open.push(if byte == b'{' {
                    Open::Object { key: None, parent: key }
                } else {
                    Open::Array { key }
                });
                complete = false;
                at += 1;
            }
            b'"' => {
                let end = string_end(bytes, at).ok_or(Error::Json { offset: at })?;
                each(Span::new(at + 1, end - 1), Style::Json, field(&open).as_deref())?;
                complete = true;
                at = end;
            }
            b'-' | b'0'..=b'9' => {
                let digits = |b: &&u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
                let end = at + bytes[at..].iter().take_while(digits).count();
                each(Span::new(at, end), Style::JsonNumber, field(&open).as_deref())?;
                complete = true;
                at = end;
            }
            _ => {
                let word = [&b"true"[..], b"false", b"null"].into_iter().find(|w| bytes[at..].starts_with(w));
                let Some(word) = word else { return fault };
                complete = true;
                at += word.len();
            }
        }
    }
    if open.is_empty() { Ok(()) } else { Err(Error::Json { offset: bytes.len() }) }
}

/// Keys that name nothing by themselves: the value is what the object around it is called.
const EMPTY_NAMES: &[&str] = &["value", "val", "text", "raw", "content", "data", "#text", "$", "_"];
/// Keys that say something only together with what is around: the number of a `card`.
const DEPENDENT_NAMES: &[&str] = &["number", "no", "nr", "num", "id", "code", "key", "name", "address"];

/// The name of the field whose value comes next, also through arrays.
fn field(open: &[Open]) -> Option<String> {
    match open.last()? {
        Open::Object { key, parent } => Some(field_name(parent.as_deref(), key.as_deref()?)),
        Open::Array { key } => key.clone(),
    }
}

/// The name of a field: its key, with that of what is around it where the key needs it (`number` in `card`).
pub(crate) fn field_name(parent: Option<&str>, key: &str) -> String {
    let is = |names: &[&str]| names.iter().any(|name| key.eq_ignore_ascii_case(name));
    match parent {
        Some(parent) if is(EMPTY_NAMES) => parent.to_owned(),
        Some(parent) if is(DEPENDENT_NAMES) => format!("{parent}.{key}"),
        _ => key.to_owned(),
    }
}

/// Offset behind the closing quote of the string that opens at `start`.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

//! Lines of logs, taken apart into fields. Whatever is not a delimiter or a quote is in some field, so
//! that nothing is passed over.

use super::escape::Style;
use super::json::walk_json;
use std::borrow::Cow;
use sting_core::Span;

/// A value in a line, and the key that names it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field<'a> {
    pub(crate) value: Span,
    pub(crate) style: Style,
    pub(crate) key: Option<Cow<'a, str>>,
}

impl<'a> Field<'a> {
    pub(super) fn new(value: impl Into<Span>, style: Style, key: Option<&'a [u8]>) -> Self {
        Self { value: value.into(), style, key: key.map(String::from_utf8_lossy) }
    }

    fn plain(value: impl Into<Span>) -> Self {
        Self::new(value, Style::Plain, None)
    }
}

/// Fields of a line, or `None` if it is of another format.
type Fields<'a> = Option<Vec<Field<'a>>>;

/// The first format of logs that the line is in.
pub(super) fn log(line: &[u8]) -> Fields<'_> {
    json(line, 0).or_else(|| syslog(line)).or_else(|| access(line)).or_else(|| logfmt(line))
}

/// A JSON object from `start` to the end of the line.
pub(super) fn json(line: &[u8], start: usize) -> Fields<'_> {
    let body = line[start..].trim_ascii();
    if !(body.starts_with(b"{") && body.ends_with(b"}")) {
        return None;
    }
    let mut fields = Vec::new();
    let read = walk_json(&line[start..], |span, style, key| {
        let value = Span::new(start + span.start, start + span.end);
        style.decode(&line[value.range()]).ok_or(crate::Error::Json { offset: span.start })?;
        fields.push(Field { value, style, key: key.map(|key| key.to_owned().into()) });
        Ok(())
    });
    read.ok().map(|()| fields)
}

/// `key=value key="a value" ...`: at least two pairs, and at least as many as other words.
pub(super) fn logfmt(line: &[u8]) -> Fields<'_> {
    logfmt_from(line, 0)
}

fn logfmt_from(line: &[u8], start: usize) -> Fields<'_> {
    let mut fields = Vec::new();
    let (mut pairs, mut words) = (0, 0);
    // Words without a key, until the next pair.
    let mut open: Option<Span> = None;
    let mut at = start;
    while at < line.len() {
        if line[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let key = at + line[at..].iter().take_while(|b| is_key(**b)).count();
        if key == at || line.get(key) != Some(&b'=') || key - at > MAX_KEY {
            let end = at + line[at..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
            open = Some(open.map_or(Span::new(at, end), |before| Span::new(before.start, end)));
            words += 1;
            at = end;
            continue;
        }
        fields.extend(open.take().map(Field::plain));
        fields.push(Field::plain(at..key));
        let name = &line[at..key];
        let (value, style, end) = logfmt_value(line, key + 1);
        fields.push(Field::new(value, style, Some(name)));
        pairs += 1;
        at = end;
    }
    fields.extend(open.map(Field::plain));
    (pairs >= 2 && pairs >= words).then_some(fields)
}

/// Longest key of a pair.
const MAX_KEY: usize = 64;

const fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'/' | b'$') || byte >= 0x80
}

/// The value that begins at `start`: its span, its style, and where it ends with its quote.
fn logfmt_value(line: &[u8], start: usize) -> (Span, Style, usize) {
    if line.get(start) == Some(&b'"')
        && let Some(end) = quote_end(line, start + 1)
        && line.get(end + 1).is_none_or(u8::is_ascii_whitespace)
    {
        return (Span::new(start + 1, end), Style::Backslash, end + 1);
    }
    let end = start + line[start..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
    (Span::new(start, end), Style::LogfmtBare, end)
}

/// Where the quote closes that opened before `start`.
fn quote_end(line: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', line.get(at..)?)?;
        if line[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// RFC 5424, else RFC 3164 with or without its priority, as files have it.
pub(super) fn syslog(line: &[u8]) -> Fields<'_> {
    let after = priority(line);
    if let Some(after) = after
        && let Some(fields) = syslog_5424(line, after)
    {
        return Some(fields);
    }
    syslog_3164(line, after.unwrap_or(0))
}

/// Offset behind `<34>`.
fn priority(line: &[u8]) -> Option<usize> {
    let digits = line.strip_prefix(b"<")?.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    ((1..=3).contains(&digits) && line.get(digits + 1) == Some(&b'>')).then_some(digits + 2)
}

/// `1 TIMESTAMP HOST APP PROCID MSGID [id name="value" ..].. MSG`
fn syslog_5424(line: &[u8], start: usize) -> Fields<'_> {
    let mut at = start + line[start..].strip_prefix(b"1 ").map(|_| 2)?;
    for _ in 0..5 {
        let word = line[at..].iter().take_while(|b| **b > b' ').count();
        if word == 0 || line.get(at + word) != Some(&b' ') {
            return None;
        }
        at += word + 1;
    }
    let mut fields = vec![Field::plain(0..at - 1)];
    if line.get(at) == Some(&b'-') {
        at += 1;
    } else {
        let first = at;
        while line.get(at) == Some(&b'[') {
            at = structured_data(line, at, &mut fields)?;
        }
        if at == first {
            return None;
        }
    }
    match line.get(at) {
        None => {}
        Some(b' ') => body(line, at + 1, at + 1, &mut fields),
        _ => return None,
    }
    Some(fields)
}

/// One `[id name="value" ..]`; gives the offset behind it.
fn structured_data<'a>(line: &'a [u8], open: usize, fields: &mut Vec<Field<'a>>) -> Option<usize> {
    let is_name = |b: &&u8| !matches!(**b, 0..=b' ' | b'=' | b']' | b'"');
    let id = line[open + 1..].iter().take_while(is_name).count();
    let mut at = open + 1 + id;
    fields.push(Field::plain(open + 1..at));
    while line.get(at) == Some(&b' ') {
        let name = at + 1..at + 1 + line[at + 1..].iter().take_while(is_name).count();
        if name.is_empty() || !line[name.end..].starts_with(b"=\"") {
            return None;
        }
        let value = name.end + 2;
        let end = quote_end(line, value)?;
        fields.push(Field::plain(name.clone()));
        fields.push(Field::new(value..end, Style::SyslogParam, Some(&line[name])));
        at = end + 1;
    }
    (id > 0 && line.get(at) == Some(&b']')).then_some(at + 1)
}

/// `Mmm dd hh:mm:ss HOST TAG: MSG`, also with a year or a timestamp of ISO 8601.
fn syslog_3164(line: &[u8], start: usize) -> Fields<'_> {
    let host = start + timestamp(&line[start..])?;
    let tag = host + line[host..].iter().take_while(|b| **b > b' ').count();
    if tag == host || line.get(tag) != Some(&b' ') {
        return None;
    }
    let rest = &line[tag + 1..];
    let colon = memchr::memmem::find(&rest[..rest.len().min(64)], b": ")?;
    let mut fields = Vec::new();
    body(line, 0, tag + 1 + colon + 2, &mut fields);
    Some(fields)
}

/// Length of the timestamp that `text` begins with, and of the space behind it.
fn timestamp(text: &[u8]) -> Option<usize> {
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let shaped = |shape: &[u8], text: &[u8]| {
        text.len() >= shape.len()
            && shape.iter().zip(text).all(|(s, b)| match s {
                b'9' => b.is_ascii_digit(),
                b'_' => b.is_ascii_digit() || *b == b' ',
                _ => s == b,
            })
    };
    if MONTHS.iter().any(|month| text.starts_with(month)) {
        return [&b" _9 99:99:99 "[..], b" _9 9999 99:99:99 "]
            .into_iter()
            .find(|shape| shaped(shape, &text[3..]))
            .map(|shape| 3 + shape.len());
    }
    if shaped(b"9999-99-99T99:99:99", text) {
        let end = text.iter().take(40).position(|b| *b == b' ')?;
        return Some(end + 1);
    }
    None
}

/// The message of a line, from `message` on, as JSON or logfmt; else everything from `start` on as one
/// text, in which what stands before bears on what stands behind.
fn body<'a>(line: &'a [u8], start: usize, message: usize, fields: &mut Vec<Field<'a>>) {
    let structured = json(line, message).or_else(|| logfmt_from(line, message));
    let plain_end = if structured.is_some() { message } else { line.len() };
    if start < plain_end {
        fields.push(Field::plain(start..plain_end));
    }
    fields.extend(structured.into_iter().flatten());
}

/// Length of the time in brackets that begins at `open`, without the second bracket. What was put in the place
/// of a time counts as one, and so does nothing: a scrubbed line is of the format that it was of before.
fn clock(line: &[u8], open: usize) -> Option<usize> {
    const LONGEST: usize = 64;
    let length = memchr::memmem::find(&line[open..line.len().min(open + LONGEST)], b"] \"")?;
    let clock = &line[open + 1..open + length];
    let is_time = clock.len() >= 16 && memchr::memchr_iter(b':', clock).count() >= 2;
    let is_clock = match clock.first() {
        Some(b'0'..=b'9') => is_time,
        Some(first) => !first.is_ascii_alphabetic(),
        None => true,
    };
    (line[..open].ends_with(b" ") && is_clock).then_some(length)
}

/// Common and combined log format: `HOST IDENT USER [TIME] "REQUEST" STATUS BYTES "REFERER" "AGENT"`.
pub(super) fn access(line: &[u8]) -> Fields<'_> {
    let (bracket, close) =
        memchr::memchr_iter(b'[', line).find_map(|at| Some((at, at + clock(line, at)?)))?;
    let before = line[..bracket].strip_suffix(b" ")?;
    let mut words = before.splitn(3, |b| *b == b' ');
    let (host, ident, user) = (words.next()?, words.next()?, words.next()?);
    let user_at = host.len() + ident.len() + 2;
    let mut fields = vec![Field::plain(0..user_at - 1)];
    if user == b"-" {
        fields.push(Field::plain(user_at..user_at + 1));
    } else {
        fields.push(Field::new(user_at..user_at + user.len(), Style::Plain, Some(b"username")));
    }
    fields.push(Field::plain(bracket + 1..close));
    // What is in quotes, and what stands between.
    let mut at = close + 2;
    while let Some(open) = memchr::memchr(b'"', &line[at..]).map(|found| at + found) {
        let Some(end) = quote_end(line, open + 1) else { break };
        if !line[at..open].trim_ascii().is_empty() {
            fields.push(Field::plain(at..open));
        }
        fields.push(Field::new(open + 1..end, Style::Backslash, None));
        at = end + 1;
    }
    if at < line.len() {
        fields.push(Field::plain(at..line.len()));
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::{Field, access, log, logfmt, syslog};
    use proptest::prelude::*;

    fn shown(line: &str, fields: Option<Vec<Field<'_>>>) -> Vec<String> {
        let show = |field: Field<'_>| {
            let value = field.value.get(line).unwrap();
            field.key.map_or(value.to_owned(), |key| format!("{key}→{value}"))
        };
        fields.unwrap().into_iter().map(show).collect()
    }

    #[test]
    fn pairs() {
        let line = r#"started up level=info msg="a \"b\" c" user.id=7 empty= x"#;
        assert_eq!(
            shown(line, logfmt(line.as_bytes())),
            [
                "started up",
                "level",
                "level→info",
                "msg",
                r#"msg→a \"b\" c"#,
                "user.id",
                "user.id→7",
                "empty",
                "empty→",
                "x"
            ]
        );
        assert!(logfmt(b"x = 1, y = 2").is_none() && logfmt(b"one a=1 two b=2 three").is_none());
    }

    #[test]
    fn syslogs() {
        let new =
            r#"<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 [ex@1 user="a\]b" n="1"][x] level=1 b=2"#;
        assert_eq!(
            shown(new, syslog(new.as_bytes())),
            [
                "<165>1 2003-10-11T22:14:15.003Z host app 12 ID47",
                "ex@1",
                "user",
                r"user→a\]b",
                "n",
                "n→1",
                "x",
                "level",
                "level→1",
                "b",
                "b→2"
            ]
        );
        let old = "Oct 11 22:14:15 host su[1]: 'su root' failed";
        assert_eq!(shown(old, syslog(old.as_bytes())), [old]);
        let json = r#"<34>Oct  1 22:14:15 host app: {"card": {"number": 41}}"#;
        assert_eq!(
            shown(json, syslog(json.as_bytes())),
            ["<34>Oct  1 22:14:15 host app: ", "card", "number", "card.number→41"]
        );
        assert!(syslog(b"October was cold: very").is_none());
    }

    #[test]
    fn accesses() {
        let line =
            r#"10.0.0.1 - jane [10/Oct/2000:13:55:36 -0700] "GET /?a=\"b HTTP/1.0" 200 23 "-" "curl \"8" 5"#;
        assert_eq!(
            shown(line, access(line.as_bytes())),
            [
                "10.0.0.1 -",
                "username→jane",
                "10/Oct/2000:13:55:36 -0700",
                r#"GET /?a=\"b HTTP/1.0"#,
                " 200 23 ",
                "-",
                r#"curl \"8"#,
                " 5"
            ]
        );
    }

    #[test]
    fn a_scrubbed_access_line_is_one_still() {
        for line in [
            r#"[IP_ADDRESS] - [USERNAME:0123456789abcdef] [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 5"#,
            r#"**** - - [[DATE]:13:55:36 -0700] "GET / HTTP/1.0" 200 5"#,
            r#" -  [] "GET / HTTP/1.0" 200 5"#,
        ] {
            assert!(access(line.as_bytes()).is_some(), "{line}");
        }
        assert!(access(br#"say it - to [whom] "you" like"#).is_none());
    }

    proptest! {
        #[test]
        fn nothing_is_passed_over(line in "(<3>1 |Oct 11 22:14:15 |2020-01-01T00:00:00Z |)([a-z]{1,3}=|[a-z0-9]{1,4}|\"[a-z\\\\]*\"|[ \\]\\[:{}\",-]|: |\\{\"a\":1\\}){0,20}") {
            for fields in [log(line.as_bytes()), syslog(line.as_bytes()), access(line.as_bytes()), logfmt(line.as_bytes())] {
                let Some(fields) = fields else { continue };
                for pair in fields.windows(2) {
                    prop_assert!(pair[0].value.end <= pair[1].value.start, "{:?}", pair);
                }
                for (i, byte) in line.bytes().enumerate() {
                    prop_assert!(!byte.is_ascii_alphanumeric() || fields.iter().any(|field| field.value.contains(i)), "{} in {}", i, line);
                }
            }
        }
    }
}

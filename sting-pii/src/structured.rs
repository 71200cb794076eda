//! JSON, scrubbed value by value, with every other byte left as it is.

use crate::{Error, Finding, ScrubResult, Scrubber};
use sting_core::{SourceMap, Span};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 1024;

impl Scrubber {
    /// Scrubs the strings and numbers of a JSON text, or of JSON Lines.
    ///
    /// The key of a value is evidence (`"ssn": 536228726`) and may alone decide (`"password"`), also
    /// for the values of an array under it. Keys are scrubbed as text. White space, the order of
    /// keys, and the writing of what holds nothing private stay as they are; a number that is
    /// private becomes a string.
    ///
    /// # Errors
    /// [`Error::Json`] if the text is not JSON, and as [`Scrubber::scrub`].
    ///
    /// ```
    /// use sting_pii::{ScrubConfig, Scrubber};
    /// let scrubber = Scrubber::new(ScrubConfig::default())?;
    /// let out = scrubber.scrub_json(r#"{"id": 1, "ssn":536228726, "note": "mail \"a@b.example\""}"#)?;
    /// assert_eq!(out.text.get(), r#"{"id": 1, "ssn":"[US_SSN]", "note": "mail \"[EMAIL]\""}"#);
    /// # Ok::<(), sting_pii::Error>(())
    /// ```
    pub fn scrub_json(&self, json: &str) -> Result<ScrubResult, Error> {
        let mut writer = Writer {
            scrubber: self,
            json,
            out: String::with_capacity(json.len()),
            map: SourceMap::default(),
            findings: Vec::new(),
        };
        writer.run()?;
        let Writer { out, map, mut findings, .. } = writer;
        findings.sort_by_key(|finding| finding.span);
        Ok(ScrubResult { text: self.vouch(out), findings, map })
    }
}

struct Writer<'a> {
    scrubber: &'a Scrubber,
    json: &'a str,
    out: String,
    map: SourceMap,
    findings: Vec<Finding>,
}

/// What is open around a place, and what may come next.
enum Open {
    Object { key: Option<String> },
    Array { key: Option<String> },
}

impl Writer<'_> {
    /// One pass without recursion. The grammar is read as far as it tells keys from values and
    /// strings from the rest; `expect_value` and `expect_key` refuse what is not JSON.
    fn run(&mut self) -> Result<(), Error> {
        let bytes = self.json.as_bytes();
        let mut open: Vec<Open> = Vec::new();
        let mut at = 0;
        // A value was just read, so that only `,`, `]`, `}` or the end may follow.
        let mut complete = false;
        while let Some(&byte) = bytes.get(at) {
            let fault = Err(Error::Json { offset: at });
            let end = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => {
                    self.copy(at, at + 1);
                    at += 1;
                    continue;
                }
                b',' if complete && !open.is_empty() => {
                    complete = false;
                    if let Some(Open::Object { key }) = open.last_mut() {
                        *key = None;
                    }
                    at + 1
                }
                b'}' | b']' => {
                    let fits = match open.pop() {
                        Some(Open::Object { key }) => byte == b'}' && (complete || key.is_none()),
                        Some(Open::Array { .. }) => byte == b']',
                        None => false,
                    };
                    if !fits {
                        return fault;
                    }
                    complete = true;
                    at + 1
                }
                _ if complete && !open.is_empty() => return fault,
                b'"' if matches!(open.last(), Some(Open::Object { key: None })) => {
                    let end = string_end(bytes, at).ok_or(Error::Json { offset: at })?;
                    let key = self.string(at, end, None)?;
                    let colon = end + bytes[end..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                    if bytes.get(colon) != Some(&b':') {
                        return Err(Error::Json { offset: colon.min(bytes.len()) });
                    }
                    self.copy(end, colon + 1);
                    if let Some(Open::Object { key: slot }) = open.last_mut() {
                        *slot = Some(key);
                    }
                    at = colon + 1;
                    continue;
                }
                _ if matches!(open.last(), Some(Open::Object { key: None })) => return fault,
                b'{' | b'[' => {
                    if open.len() == MAX_DEPTH {
                        return fault;
                    }
                    let key = field(&open).map(str::to_owned);
                    open.push(if byte == b'{' { Open::Object { key: None } } else { Open::Array { key } });
                    complete = false;
                    at + 1
                }
                b'"' => {
                    let end = string_end(bytes, at).ok_or(Error::Json { offset: at })?;
                    self.string(at, end, field(&open))?;
                    complete = true;
                    at = end;
                    continue;
                }
                b'-' | b'0'..=b'9' => {
                    let digits =
                        |b: &&u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
                    let end = at + bytes[at..].iter().take_while(digits).count();
                    self.number(at, end, field(&open))?;
                    complete = true;
                    at = end;
                    continue;
                }
                _ => {
                    let word =
                        [&b"true"[..], b"false", b"null"].into_iter().find(|w| bytes[at..].starts_with(w));
                    let Some(word) = word else { return fault };
                    complete = true;
                    at + word.len()
                }
            };
            self.copy(at, end);
            at = end;
        }
        if open.is_empty() { Ok(()) } else { Err(Error::Json { offset: bytes.len() }) }
    }

    fn copy(&mut self, from: usize, to: usize) {
        self.out.push_str(&self.json[from..to]);
        self.map.push_verbatim(to - from, from);
    }

    fn rewrite(&mut self, text: &str, source: Span) {
        self.out.push_str(text);
        self.map.push_rewritten(text.len(), source);
    }

    /// Scrubs the string that stands, with its quotes, at `start..end`; gives what it says.
    fn string(&mut self, start: usize, end: usize, field: Option<&str>) -> Result<String, Error> {
        let raw = &self.json[start + 1..end - 1];
        let (text, decoded) = decode(raw).ok_or(Error::Json { offset: start })?;
        let result = self.scrubber.scrub_part(&text, field)?;
        self.findings.extend(result.findings.into_iter().map(|mut finding| {
            let span = decoded.source_of(finding.span);
            finding.span = Span::new(start + 1 + span.start, start + 1 + span.end);
            finding
        }));
        if *result.text.get() == text {
            self.copy(start, end);
        } else {
            let written = serde_json::Value::from(result.text.into_inner()).to_string();
            self.rewrite(&written, Span::new(start, end));
        }
        Ok(text)
    }

    fn number(&mut self, start: usize, end: usize, field: Option<&str>) -> Result<(), Error> {
        let text = &self.json[start..end];
        let result = self.scrubber.scrub_part(text, field)?;
        self.findings.extend(result.findings.into_iter().map(|mut finding| {
            finding.span = Span::new(start + finding.span.start, start + finding.span.end);
            finding
        }));
        if result.text.get() == text {
            self.copy(start, end);
        } else {
            let written = serde_json::Value::from(result.text.into_inner()).to_string();
            self.rewrite(&written, Span::new(start, end));
        }
        Ok(())
    }
}

/// The key under which the next value stands, also through arrays.
fn field(open: &[Open]) -> Option<&str> {
    match open.last()? {
        Open::Object { key } | Open::Array { key } => key.as_deref(),
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

/// What a string says, and from its bytes to those of its writing. Half a surrogate pair becomes
/// U+FFFD.
fn decode(raw: &str) -> Option<(String, SourceMap)> {
    let (mut text, mut map) = (String::with_capacity(raw.len()), SourceMap::default());
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &raw.as_bytes()[at..]) {
        text.push_str(&raw[at..at + found]);
        map.push_verbatim(found, at);
        at += found;
        let (char, length) = escape(raw.as_bytes().get(at..)?)?;
        text.push(char);
        map.push_rewritten(char.len_utf8(), Span::new(at, at + length));
        at += length;
    }
    text.push_str(&raw[at..]);
    map.push_verbatim(raw.len() - at, at);
    Some((text, map))
}

/// The character that the escape at the beginning of `bytes` stands for, and its length.
fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u32> {
        let hex = std::str::from_utf8(bytes.get(at..at + 6)?.strip_prefix(b"\\u")?).ok()?;
        hex.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(hex, 16).ok())?
    };
    Some(match bytes.get(1)? {
        b'n' => ('\n', 2),
        b't' => ('\t', 2),
        b'r' => ('\r', 2),
        b'b' => ('\u{8}', 2),
        b'f' => ('\u{c}', 2),
        &same @ (b'"' | b'\\' | b'/') => (same as char, 2),
        b'u' => match unit(0)? {
            high @ 0xD800..=0xDBFF => match unit(6) {
                Some(low @ 0xDC00..=0xDFFF) => {
                    (char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 12)
                }
                _ => ('\u{FFFD}', 6),
            },
            unit => (char::from_u32(unit).unwrap_or('\u{FFFD}'), 6),
        },
        _ => return None,
    })
}

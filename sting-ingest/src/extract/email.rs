//! Messages by RFC 5322 and MIME: headers, bodies, attachments and messages inside messages.
//!
//! The structure is walked here, level by level under the document's limits, so that no message can
//! nest deeper than the stack; `mail-parser` decodes headers, Base64 and quoted-printable.

use super::{Extraction, Text, encoding, html};
use crate::Error;
use mail_parser::HeaderValue;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::parsers::MessageStream;
use std::borrow::Cow;
use sting_core::{PartKind, SourceMap, Span};

/// Header fields that describe a document rather than its way here.
const FACTS: [&str; 6] = ["subject", "from", "to", "cc", "date", "message-id"];

pub(super) fn read(extraction: &mut Extraction<'_>, _part: &str, bytes: &[u8]) -> Result<(), Error> {
    let entity = Entity::new(bytes);
    if entity.fields.is_empty() {
        return Err(Error::Damaged {
            media_type: "message/rfc822",
            problem: "it has no header fields".into(),
        });
    }
    read_headers(extraction, bytes, &entity)?;
    read_entity(extraction, &entity, 0)
}

/// True if text begins with header fields, among them some that every message has.
pub(super) fn looks_like_message(text: &str) -> bool {
    let head = text.get(..text.len().min(4096)).unwrap_or(text);
    let entity = Entity::new(head.as_bytes());
    let has = |name: &str| entity.field(name).is_some();
    entity.body_at > 0
        && entity.fields.first().is_some_and(|field| field.span.start == 0)
        && (has("from") && (has("subject") || has("date") || has("to")) || has("received"))
}

fn read_headers(extraction: &mut Extraction<'_>, bytes: &[u8], entity: &Entity<'_>) -> Result<(), Error> {
    let (mut text, mut map) = (String::new(), SourceMap::default());
    for field in &entity.fields {
        let before = text.len();
        let value = decode_header(field.value);
        text.push_str(&String::from_utf8_lossy(field.name));
        text.push_str(": ");
        text.push_str(&value);
        text.push('\n');
        map.push_rewritten(text.len() - before, field.span);
        let name = String::from_utf8_lossy(field.name).to_ascii_lowercase();
        if FACTS.contains(&name.as_str()) {
            extraction.fact(&name.replace('-', "_"), value);
        }
    }
    extraction.add("headers", PartKind::Text, text, map, bytes)
}

/// Reads the body of a message or of one of its parts.
fn read_entity(extraction: &mut Extraction<'_>, entity: &Entity<'_>, level: usize) -> Result<(), Error> {
    let content = entity.content_type();
    let label = match (entity.file_name(&content), content.media_type.as_str()) {
        (Some(name), _) => format!("attachment: {name}"),
        (None, "text/plain" | "text/html") => "body".into(),
        (None, media_type) => format!("part: {media_type}"),
    };
    if let Some(boundary) = content.media_type.strip_prefix("multipart/").and(content.boundary.as_deref()) {
        if level == extraction.limits.max_depth {
            extraction.miss(&label, format!("is nested deeper than {level} levels"));
            return Ok(());
        }
        let parts = split(entity.body, boundary.as_bytes());
        if parts.is_empty() {
            extraction.miss(&label, "its boundary does not occur; read as plain text");
            return read_leaf(extraction, "body", entity, &Content::plain());
        }
        for part in parts {
            read_entity(extraction, &Entity::new(part), level + 1)?;
        }
        return Ok(());
    }
    read_leaf(extraction, &label, entity, &content)
}

fn read_leaf(
    extraction: &mut Extraction<'_>,
    label: &str,
    entity: &Entity<'_>,
    content: &Content,
) -> Result<(), Error> {
    let Some(bytes) = entity.decoded() else {
        extraction.miss(label, "its transfer encoding is damaged");
        return Ok(());
    };
    if bytes.trim_ascii().is_empty() {
        return Ok(());
    }
    let is_body = label == "body";
    match content.media_type.as_str() {
        "text/plain" | "text/html" if is_body => {
            let decoded = encoding::decode_as(&bytes, content.charset.as_deref());
            if decoded.is_binary {
                extraction.miss(label, "says that it is text and is not");
                return Ok(());
            }
            if let Some(reason) = decoded.damage() {
                extraction.miss(label, reason);
            }
            let text = Text { part: label, text: decoded.text };
            if content.media_type == "text/html" {
                html::read(extraction, Text { part: "body (html)", ..text })
            } else {
                extraction.add_verbatim(label, PartKind::Text, text.text)
            }
        }
        "message/rfc822" | "message/global" => extraction.nested(label, "message.eml", &bytes),
        media_type => {
            let name = label.strip_prefix("attachment: ").unwrap_or(match media_type {
                "text/csv" => "part.csv",
                "application/json" => "part.json",
                "text/markdown" => "part.md",
                "text/html" => "part.html",
                _ => "part",
            });
            extraction.nested(label, name, &bytes)
        }
    }
}

/// A message, or a part of one: header fields and a body, as they stand.
struct Entity<'a> {
    fields: Vec<Field<'a>>,
    body: &'a [u8],
    body_at: usize,
}

struct Field<'a> {
    name: &'a [u8],
    /// The value as it stands, its line end included.
    value: &'a [u8],
    span: Span,
}

impl<'a> Entity<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let (mut fields, mut at) = (Vec::<Field<'_>>::new(), 0);
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |len| at + len + 1);
            let line = &bytes[at..end];
            if line.trim_ascii().is_empty() {
                return Self { fields, body: &bytes[end..], body_at: end };
            }
            match (line[0], fields.last_mut()) {
                // A line that begins with a space goes on with the field before it.
                (b' ' | b'\t', Some(last)) => {
                    last.span.end = end;
                    last.value = &bytes[last.span.start + last.name.len() + 1..end];
                }
                _ => match memchr::memchr(b':', line) {
                    Some(colon) if colon > 0 && line[..colon].iter().all(|byte| (33..127).contains(byte)) => {
                        fields.push(Field {
                            name: &line[..colon],
                            value: &line[colon + 1..],
                            span: Span::new(at, end),
                        });
                    }
                    // The line before mailbox formats that begin with "From ", else the body begins here.
                    _ if at == 0 && line.starts_with(b"From ") => {}
                    _ => return Self { fields, body: &bytes[at..], body_at: at },
                },
            }
            at = end;
        }
        Self { fields, body: &[], body_at: bytes.len() }
    }

    fn field(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    fn content_type(&self) -> Content {
        let Some(field) = self.field("content-type") else { return Content::plain() };
        let value = MessageStream::new(field.value).parse_content_type();
        let Some(content) = value.as_content_type() else { return Content::plain() };
        let attribute = |name: &str| content.attribute(name).map(str::to_owned);
        Content {
            media_type: format!("{}/{}", content.ctype(), content.subtype().unwrap_or(""))
                .to_ascii_lowercase(),
            charset: attribute("charset"),
            boundary: attribute("boundary").filter(|boundary| !boundary.is_empty()),
            name: attribute("name"),
        }
    }

    fn file_name(&self, content: &Content) -> Option<String> {
        let disposition = self
            .field("content-disposition")
            .map(|field| MessageStream::new(field.value).parse_content_type());
        let disposition = disposition.as_ref().and_then(HeaderValue::as_content_type);
        let name = disposition.and_then(|value| value.attribute("filename")).or(content.name.as_deref())?;
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name).trim();
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// The body with its transfer encoding undone, or `None` if it is damaged.
    fn decoded(&self) -> Option<Cow<'a, [u8]>> {
        let encoding = self.field("content-transfer-encoding").map(|field| field.value.trim_ascii());
        if encoding.is_some_and(|name| name.eq_ignore_ascii_case(b"base64")) {
            base64_decode(self.body).map(Cow::Owned)
        } else if encoding.is_some_and(|name| name.eq_ignore_ascii_case(b"quoted-printable")) {
            quoted_printable_decode(self.body).map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(self.body))
        }
    }
}

/// What a part says it is.
struct Content {
    media_type: String,
    charset: Option<String>,
    boundary: Option<String>,
    name: Option<String>,
}

impl Content {
    fn plain() -> Self {
        Self { media_type: "text/plain".into(), charset: None, boundary: None, name: None }
    }
}

/// The value of a header field with its encoded words decoded and its line breaks undone.
fn decode_header(value: &[u8]) -> String {
    let mut line = value.to_vec();
    if !line.ends_with(b"\n") {
        line.push(b'\n');
    }
    match MessageStream::new(&line).parse_unstructured() {
        HeaderValue::Text(text) => text.trim().to_owned(),
        _ => String::from_utf8_lossy(value).split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// The parts of a multipart body: what stands between lines that begin with `--boundary`.
fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut open, mut at) = (Vec::new(), None::<usize>, 0);
    let mut marker = b"--".to_vec();
    marker.extend_from_slice(boundary);
    while at < body.len() {
        let end = memchr::memchr(b'\n', &body[at..]).map_or(body.len(), |len| at + len + 1);
        let line = body[at..end].trim_ascii_end();
        let after = line.strip_prefix(marker.as_slice()).map(<[u8]>::trim_ascii);
        if let Some(after @ (b"" | b"--")) = after {
            if let Some(start) = open.take() {
                let part = &body[start..at];
                let part = part.strip_suffix(b"\n").unwrap_or(part);
                parts.push(part.strip_suffix(b"\r").unwrap_or(part));
            }
            if after == b"--" {
                return parts;
            }
            open = Some(end);
        }
        at = end;
    }
    // A message that was cut off ends in the middle of a part.
    parts.extend(open.map(|start| &body[start..]).filter(|part| !part.is_empty()));
    parts
}

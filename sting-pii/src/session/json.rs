//! JSON: messages to a model with the arguments of its tools, and what it answers in JSON.

use super::protect::{Piece, union};
use super::restore::Target;
use super::{Form, Session};
use crate::structured::{Style, walk_json};
use crate::{Error, Finding, ScrubResult};
use sting_core::{SourceMap, Span};

/// How deep JSON in strings of JSON is looked into: the arguments of a tool call are JSON in a string of the message.
const MAX_NESTED: usize = 1;

/// Keys of messages whose values are words of the protocol.
const PROTOCOL: &[&str] = &["role", "type"];

impl Session {
    /// Protects a JSON text: its strings and numbers, each as what its key says it is.
    ///
    /// Everything else stays byte for byte, and [`Session::restore`] gives back the same bytes. A number that is
    /// private becomes a string, and a number again when it is restored. JSON that stands in a string is looked into.
    ///
    /// # Errors
    /// [`Error::Json`] if the text is not JSON, and as [`Session::protect`].
    pub fn protect_json(&self, json: &str) -> Result<ScrubResult, Error> {
        self.store(json, &self.json_pieces(json, &[], 0)?)
    }

    /// Protects the messages of a conversation, as JSON: system prompt, history, retrieved text, tool calls and tool
    /// results alike. The shape does not matter (a list of `{"role", "content"}`, blocks of content, a whole request);
    /// only the values of `role` and `type` are left as they are.
    ///
    /// # Errors
    /// As [`Session::protect_json`].
    ///
    /// ```
    /// use sting_pii::{Key, ScrubConfig, Scrubber};
    /// let session = Scrubber::new(ScrubConfig::default())?.session(&Key::new("sixteen bytes or more")?);
    /// let messages = r#"[{"role": "user", "content": "I am jane@example.org"},
    ///     {"role": "assistant", "tool_calls": [{"function": {"name": "find", "arguments": "{\"ssn\": 536228726}"}}]}]"#;
    /// let sent = session.protect_messages(messages)?.text.into_inner();
    /// assert!(!sent.contains("jane") && !sent.contains("536228726"));
    /// assert_eq!(session.restore(&sent)?, messages);
    /// # Ok::<(), sting_pii::Error>(())
    /// ```
    pub fn protect_messages(&self, json: &str) -> Result<ScrubResult, Error> {
        self.store(json, &self.json_pieces(json, PROTOCOL, 0)?)
    }

    fn json_pieces(&self, json: &str, protocol: &[&str], depth: usize) -> Result<Vec<Piece>, Error> {
        let mut pieces: Vec<Piece> = Vec::new();
        walk_json(json.as_bytes(), |span, style, field| {
            if field.is_some_and(|field| protocol.contains(&field)) {
                return Ok(());
            }
            if style == Style::JsonNumber {
                pieces.extend(self.number(json, span, field, depth)?);
                return Ok(());
            }
            let (text, map) = decode(json, span)?;
            let nested = nested(&text, depth).then(|| self.json_pieces(&text, protocol, depth + 1));
            let inner = match nested {
                Some(Ok(inner)) => inner,
                _ => self.pieces(&text, field)?,
            };
            let at = |inner: Span| {
                let inner = map.source_of(inner);
                Span::new(span.start + inner.start, span.start + inner.end)
            };
            pieces.extend(inner.into_iter().map(|mut piece| {
                let is_escaped = json[at(piece.span).range()] != text[piece.span.range()];
                if is_escaped && piece.form == Form::Text {
                    piece.form = Form::Escaped;
                }
                piece.span = at(piece.span);
                for finding in &mut piece.findings {
                    finding.span = at(finding.span);
                }
                piece
            }));
            Ok(())
        })?;
        Ok(union(pieces, Vec::new()))
    }

    /// A number goes as a whole, or stays.
    fn number(
        &self,
        json: &str,
        span: Span,
        field: Option<&str>,
        depth: usize,
    ) -> Result<Option<Piece>, Error> {
        let found = self.pieces(&json[span.range()], field)?;
        Ok(found.first().map(|first| Piece {
            span,
            label: first.label.clone(),
            form: Form::Number { quote: 1 + depth as u8 },
            removed: found.iter().any(|piece| piece.removed),
            findings: found
                .iter()
                .flat_map(|piece| piece.findings.iter().cloned())
                .map(|finding| Finding { span, ..finding })
                .collect(),
        }))
    }

    /// Restores JSON that a model has written, such as the arguments of a tool call: values are escaped as the string
    /// that they come into needs it, also in JSON that stands in a string.
    ///
    /// For what [`Session::protect_json`] made, [`Session::restore`] gives back the very bytes.
    ///
    /// # Errors
    /// [`Error::Json`] if the text is not JSON, and as [`Session::restore`].
    pub fn restore_json(&self, json: &str) -> Result<String, Error> {
        self.restore_nested(json, 0)
    }

    fn restore_nested(&self, json: &str, depth: usize) -> Result<String, Error> {
        let mut out = String::with_capacity(json.len());
        let mut written = 0;
        walk_json(json.as_bytes(), |span, style, _| {
            if style == Style::JsonNumber {
                return Ok(());
            }
            let (text, _) = decode(json, span)?;
            let (start, end) = (span.start - 1, span.end + 1);
            let is_key = json[end..].trim_ascii_start().starts_with(':');
            let whole = self.restored(&format!("\"{text}\""), Target::Decoded)?;
            let new = if !is_key && serde_json::from_str::<serde_json::Number>(&whole).is_ok() {
                whole // it was a number
            } else {
                let nested = nested(&text, depth).then(|| self.restore_nested(&text, depth + 1));
                let restored = match nested {
                    Some(Ok(inner)) => inner,
                    _ => self.restored(&text, Target::Decoded)?,
                };
                if restored == text {
                    return Ok(());
                }
                serde_json::Value::from(restored).to_string()
            };
            out.push_str(&json[written..start]);
            out.push_str(&new);
            written = end;
            Ok(())
        })?;
        out.push_str(&json[written..]);
        Ok(out)
    }
}

/// What the string at `span` says, and from its bytes to those of its writing.
pub(super) fn decode(json: &str, span: Span) -> Result<(String, SourceMap), Error> {
    let fault = Error::Json { offset: span.start };
    let Some((text, map)) = Style::Json.decode(json[span.range()].as_bytes()) else { return Err(fault) };
    Ok((String::from_utf8(text.into_owned()).map_err(|_| fault)?, map))
}

/// True for a string that may itself be JSON and is to be looked into.
fn nested(text: &str, depth: usize) -> bool {
    depth < MAX_NESTED && text.trim_ascii_start().starts_with(['{', '['])
}

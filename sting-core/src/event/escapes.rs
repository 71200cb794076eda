//! The escapes of each format: what is spelled in the bytes, and what it stands for.

use super::json::escape;

/// How a text is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Checked when it was read.
    Json,
    /// CEF: `\\`, `\=`, `\|`, and `\n` and `\r` for the ends of lines.
    Cef,
    /// The values of structured data in syslog: `\"`, `\\` and `\]`.
    Syslog,
    /// Quoted values of logfmt: `\"`, `\\`, `\n`, `\r` and `\t`.
    Logfmt,
}

impl Escapes {
    /// Appends what `text` stands for. A backslash before anything else stands for itself.
    pub(super) fn decode_into(self, text: &str, out: &mut String) {
        let stands_for = |c: u8| match (self, c) {
            (_, b'\\') | (Self::Cef, b'=' | b'|') | (Self::Syslog, b'"' | b']') | (Self::Logfmt, b'"') => {
                Some(c as char)
            }
            (Self::Cef | Self::Logfmt, b'n') => Some('\n'),
            (Self::Cef | Self::Logfmt, b'r') => Some('\r'),
            (Self::Logfmt, b't') => Some('\t'),
            _ => None,
        };
        if self == Self::Json {
            return escape::decode_into(text, out);
        }
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
            let c = rest.as_bytes().get(at + 1).and_then(|&c| stands_for(c));
            let (kept, next) = if c.is_some() { (at, at + 2) } else { (at + 1, at + 1) };
            out.push_str(&rest[..kept]);
            out.extend(c);
            rest = &rest[next..];
        }
        out.push_str(rest);
    }
}

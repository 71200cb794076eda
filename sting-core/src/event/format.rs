//! The formats in which events come, and how to tell them apart.

use super::{Event, Limits, cef, json, leef, logfmt, syslog};
use crate::Error;

/// How an event is written.
///
/// ```
/// use sting_core::event::{Event, Format};
/// let line = b"<34>1 2024-05-01T08:00:00Z web1 sshd 812 - - Failed password for root";
/// let event = Event::detect(line)?;
/// assert_eq!(event.get("appname").unwrap().as_str(), "sshd");
/// assert_eq!(event.len(), Event::read(line, Format::of("syslog").unwrap())?.len());
/// let place = event.span("message").unwrap();
/// assert_eq!(&event.raw()[place.start..place.end], "Failed password for root");
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A JSON object, nested or flat.
    Json,
    /// Syslog after RFC 5424 or RFC 3164. Fields: `priority`, `facility`, `severity`, `timestamp`, `hostname`,
    /// `appname`, `procid`, `msgid`, `message`, and those of structured data.
    Syslog,
    /// ArcSight's Common Event Format. Fields go by the key of the line and by its full name in the dictionary of
    /// the format, or by the label that the line gives them.
    Cef,
    /// IBM's Log Event Extended Format, version 1 or 2.
    Leef,
    /// Pairs `key=value`.
    Logfmt,
    /// A line without fields: `message` is all of it.
    Text,
}

impl Format {
    /// Every format with its name.
    pub const ALL: [(&str, Self); 6] = [
        ("json", Self::Json),
        ("syslog", Self::Syslog),
        ("cef", Self::Cef),
        ("leef", Self::Leef),
        ("logfmt", Self::Logfmt),
        ("text", Self::Text),
    ];

    /// The format of a name, in any case.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, format)| *format)
    }

    /// The format that a line seems to have; whether it has, its reader says.
    pub fn guess(line: &[u8]) -> Self {
        let text = match std::str::from_utf8(line) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&line[..error.valid_up_to()]).unwrap_or_default(),
        };
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('{') {
            Self::Json
        } else if cef::start(text).is_some() {
            Self::Cef
        } else if leef::start(text).is_some() {
            Self::Leef
        } else if syslog::begins(text) {
            Self::Syslog
        } else if logfmt::begins(text) {
            Self::Logfmt
        } else {
            Self::Text
        }
    }
}

impl Event {
    /// Reads an event of a format, within the default [`Limits`]. All formats but JSON are lines, whose text is
    /// the value of `event.original` too, so that keywords are found anywhere in it.
    ///
    /// # Errors
    /// [`Error::Event`] if the bytes are not UTF-8, not of the format, or over a limit.
    pub fn read(bytes: &[u8], format: Format) -> Result<Self, Error> {
        Self::read_with(bytes, format, Limits::default())
    }

    /// Reads an event of a format, within `limits`.
    ///
    /// # Errors
    /// As [`Event::read`].
    pub fn read_with(bytes: &[u8], format: Format, limits: Limits) -> Result<Self, Error> {
        match format {
            Format::Json => json::parse(bytes, limits),
            Format::Syslog => syslog::parse(bytes, limits),
            Format::Cef => cef::parse(bytes, limits),
            Format::Leef => leef::parse(bytes, limits),
            Format::Logfmt => logfmt::parse(bytes, limits),
            Format::Text => super::checked(bytes, limits).map(Self::from_text),
        }
    }

    /// Reads an event of whatever format it seems to have. A line of which a reader of fields cannot make sense
    /// is text; JSON that is none is an error.
    ///
    /// # Errors
    /// [`Error::Event`] if the bytes are not UTF-8, begin like JSON but are not, or are over a limit.
    pub fn detect(bytes: &[u8]) -> Result<Self, Error> {
        match Format::guess(bytes) {
            format @ (Format::Json | Format::Text) => Self::read(bytes, format),
            format => Self::read(bytes, format).or_else(|_| Self::read(bytes, Format::Text)),
        }
    }
}

#[cfg(test)]
mod tests;

//! What a document is: by what its bytes say, then by its name, then by what it looks like.

use super::{Extraction, Text, email, html, json, read_code, read_log, read_markdown, read_text, table};
use crate::Error;

/// A format that is read. A new one is a row in [`FORMATS`].
pub(super) struct Format {
    pub(super) media_type: &'static str,
    /// File name extensions, in lower case.
    extensions: &'static [&'static str],
    pub(super) read: Read,
}

/// How a format is read.
#[derive(Clone, Copy)]
pub(super) enum Read {
    /// From text that has been decoded.
    Text(fn(&mut Extraction<'_>, Text<'_>) -> Result<(), Error>),
    /// From bytes, because its parts have encodings of their own. The `&str` names the part.
    Bytes(fn(&mut Extraction<'_>, &str, &[u8]) -> Result<(), Error>),
}

const TEXT: Format =
    Format { media_type: "text/plain", extensions: &["txt", "text"], read: Read::Text(read_text) };

static FORMATS: [Format; 10] = [
    TEXT,
    Format {
        media_type: "text/markdown",
        extensions: &["md", "markdown", "mdown", "mkd"],
        read: Read::Text(read_markdown),
    },
    Format { media_type: "text/html", extensions: &["html", "htm", "xhtml"], read: Read::Text(html::read) },
    Format { media_type: "text/csv", extensions: &["csv"], read: Read::Text(table::read) },
    Format {
        media_type: "text/tab-separated-values",
        extensions: &["tsv", "tab"],
        read: Read::Text(table::read),
    },
    Format {
        media_type: "application/json",
        extensions: &["json", "ipynb", "geojson"],
        read: Read::Text(json::read),
    },
    Format {
        media_type: "application/x-ndjson",
        extensions: &["jsonl", "ndjson"],
        read: Read::Text(json::read),
    },
    Format { media_type: "message/rfc822", extensions: &["eml"], read: Read::Bytes(email::read) },
    Format { media_type: "text/x-log", extensions: &["log"], read: Read::Text(read_log) },
    Format {
        media_type: "text/x-source",
        extensions: &[
            "c", "cc", "cpp", "cs", "go", "h", "hpp", "java", "js", "jsx", "kt", "lua", "php", "pl", "ps1",
            "py", "r", "rb", "rs", "scala", "sh", "sql", "swift", "ts", "tsx",
        ],
        read: Read::Text(read_code),
    },
];

/// Beginnings of files that are no text, with what they are.
static MAGIC: [(&[u8], &str); 26] = [
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1F\x8B", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xFD7zXZ\0", "application/x-xz"),
    (b"\x28\xB5\x2F\xFD", "application/zstd"),
    (b"7z\xBC\xAF\x27\x1C", "application/x-7z-compressed"),
    (b"Rar!\x1A\x07", "application/vnd.rar"),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "application/x-ole-storage"),
    (b"\x89PNG\r\n\x1A\n", "image/png"),
    (b"\xFF\xD8\xFF", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"RIFF", "application/x-riff"),
    (b"OggS", "application/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x7FELF", "application/x-elf"),
    (b"MZ\x90\0", "application/vnd.microsoft.portable-executable"),
    (b"\0asm", "application/wasm"),
    (b"ElfFile\0", "application/x-ms-evtx"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"{\\rtf", "application/rtf"),
];

/// The format that the bytes themselves name, if they do.
///
/// # Errors
/// [`Error::Unsupported`] if they name one that is not read.
pub(super) fn of_bytes(bytes: &[u8], name: &str) -> Result<Option<&'static Format>, Error> {
    if let Some((_, media_type)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return match by_media_type(media_type) {
            None => Err(Error::unsupported(*media_type)),
            found => Ok(found),
        };
    }
    Ok(by_extension(name).filter(|format| matches!(format.read, Read::Bytes(_)) && !begins_as_page(bytes)))
}

fn begins_as_page(bytes: &[u8]) -> bool {
    let head = bytes[..bytes.len().min(256)].trim_ascii_start();
    let begins = |word: &[u8]| head.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins(b"<!doctype html") || begins(b"<html")
}

/// The format of what turned out to be text.
pub(super) fn of_text(text: &str, name: &str) -> &'static Format {
    if begins_as_page(text.as_bytes()) {
        return by_media_type("text/html").unwrap_or(&TEXT);
    }
    by_extension(name).or_else(|| by_media_type(looks_like(text))).unwrap_or(&TEXT)
}

fn by_media_type(media_type: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.media_type == media_type)
}

fn by_extension(name: &str) -> Option<&'static Format> {
    let (_, extension) = name.rsplit(['/', '\\']).next()?.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    FORMATS.iter().find(|format| format.extensions.contains(&extension.as_str()))
}

/// A guess by content, for names that say nothing.
fn looks_like(text: &str) -> &'static str {
    let trimmed = text.trim_start();
    if trimmed.starts_with(['{', '[']) && json::is_valid(text) {
        return if json::is_single(text) { "application/json" } else { "application/x-ndjson" };
    }
    if email::looks_like_message(text) {
        return "message/rfc822";
    }
    if looks_like_log(text) { "text/x-log" } else { "text/plain" }
}

/// True if most of the first lines begin with a time stamp.
fn looks_like_log(text: &str) -> bool {
    let lines = text.lines().take(50).filter(|line| !line.trim().is_empty());
    let (mut stamped, mut all) = (0, 0);
    for line in lines {
        all += 1;
        let head = line.trim_start_matches(['[', '<', ' ']).as_bytes();
        let clock = head
            .get(..head.len().min(40))
            .is_some_and(|head| head.windows(8).any(|w| matches!(w, [a, b, b':', c, d, b':', e, f] if [a, b, c, d, e, f].iter().all(|digit| digit.is_ascii_digit()))));
        stamped += usize::from(clock);
    }
    all >= 3 && stamped * 10 >= all * 6
}

#[cfg(test)]
mod tests {
    use super::{by_extension, looks_like};

    #[test]
    fn names_and_looks() {
        assert_eq!(by_extension("a.b/C.MD").map(|format| format.media_type), Some("text/markdown"));
        assert!(by_extension("dir.md/readme").is_none());
        for (text, media_type) in [
            ("{\"a\": 1}", "application/json"),
            ("{\"a\": 1}\n{\"a\": 2}\n", "application/x-ndjson"),
            ("{broken", "text/plain"),
            ("From: a@example.org\nSubject: x\n\nbody", "message/rfc822"),
            ("2024-01-01T10:00:00 a\n2024-01-01T10:00:01 b\n2024-01-01T10:00:02 c\n", "text/x-log"),
            ("Once upon a time\nthere was\na log.", "text/plain"),
        ] {
            assert_eq!(looks_like(text), media_type, "{text}");
        }
    }
}

//! Texts of several segments, blocks without end, and streams of them.

use std::io::{self, Read};
use std::time::Instant;
use sting_core::Error;
use sting_core::chunk::{Chunk, ChunkConfig, ChunkKind, Chunker};

const STREAMED: [ChunkKind; 6] = [
    ChunkKind::Text,
    ChunkKind::Markdown,
    ChunkKind::Json,
    ChunkKind::Log,
    ChunkKind::Table,
    ChunkKind::Email,
];

fn chunker(kind: ChunkKind, overlap: usize) -> Chunker {
    Chunker::new(ChunkConfig::default().with_kind(kind).with_overlap(overlap)).unwrap()
}

/// Texts that have no end where a scanner looks for one, with the kind that looks for it.
const ENDLESS: [(&str, ChunkKind, &str, &str); 26] = [
    ("letters", ChunkKind::Text, "", "bee"),
    ("words", ChunkKind::Text, "", "bees make honey "),
    ("sentences", ChunkKind::Text, "", "Bees make honey. "),
    ("spaces", ChunkKind::Text, "a", " "),
    ("blank lines", ChunkKind::Text, "a", "\n \n"),
    ("lines", ChunkKind::Text, "", "Bees make honey\n"),
    ("full stops", ChunkKind::Text, "", "."),
    ("marks", ChunkKind::Text, "a", "\u{301}"),
    ("flags", ChunkKind::Text, "", "🇩🇪"),
    ("joiners", ChunkKind::Text, "", "👩\u{200d}"),
    ("ideographs", ChunkKind::Text, "", "漢字"),
    ("fence", ChunkKind::Markdown, "```\n", "# let x = 1;\n\n"),
    ("comment", ChunkKind::Markdown, "<!--\n", "# no heading\n\n"),
    ("table", ChunkKind::Markdown, "| a | b |\n|---|---|\n", "| bee | honey |\n"),
    ("list item", ChunkKind::Markdown, "- ", "bees make\n  honey\n"),
    ("quote", ChunkKind::Markdown, "", "> bees make honey\n"),
    ("bars", ChunkKind::Markdown, "", "|\n"),
    ("rules", ChunkKind::Markdown, "", "---\n"),
    ("open value", ChunkKind::Json, "{", "\"a\": [{\"b\": 1}], "),
    ("open string", ChunkKind::Json, "[\"", "bees, "),
    ("brackets", ChunkKind::Json, "", "["),
    ("quotes", ChunkKind::Table, "a,b\n", "\"\n"),
    ("csv", ChunkKind::Table, "id,name\n", "1,\"Bo, the bee\"\n"),
    ("record", ChunkKind::Log, "2026-11-20 a\n", "\tat b\n"),
    ("NULs", ChunkKind::Text, "", "\0"),
    ("attributions", ChunkKind::Email, "", "On 1 May, Ann wrote:\n"),
];

/// One of them, of some length.
fn endless(name: &str, bytes: usize) -> String {
    let (_, _, begin, part) = ENDLESS.into_iter().find(|text| text.0 == name).unwrap();
    begin.to_owned() + &part.repeat(bytes / part.len())
}

fn stream(chunker: &Chunker, text: &str, len: usize) -> Vec<Chunk> {
    let parts = Parts { rest: text.as_bytes(), len };
    chunker.chunk_reader(parts).map(|chunk| chunk.unwrap().chunk).collect()
}

/// A reader that yields `len` bytes at a time.
struct Parts<'b> {
    rest: &'b [u8],
    len: usize,
}

impl Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.len.min(buffer.len());
        let part = &mut buffer[..len];
        self.rest.read(part)
    }
}

/// The chunks of an endless text as some kind hold all of it, and are those of its stream.
fn cut_alike(name: &str, kind: ChunkKind, bytes: usize, parts: &[usize]) {
    let text = endless(name, bytes);
    let chunker = chunker(kind, if name.len().is_multiple_of(2) { 0 } else { 50 });
    let started = Instant::now();
    let chunks = chunker.chunk(&text);
    let took = started.elapsed();
    let mut covered = 0;
    for chunk in &chunks {
        assert!(chunk.size <= 1000, "{name} as {kind}: {}", chunk.size);
        assert!(text[covered.min(chunk.span.start)..chunk.span.start].trim().is_empty(), "{name} as {kind}");
        covered = chunk.span.end;
    }
    assert!(text[covered..].trim().is_empty(), "{name} as {kind}");
    assert!(took.as_secs() < 20, "{name} as {kind} took {took:?}");
    for &len in parts {
        assert!(stream(&chunker, &text, len) == chunks, "{name} as {kind} by {len}");
    }
}

/// A little over one window, as the kind that looks for its end.
#[test]
fn endless_blocks_are_cut_alike_in_a_stream() {
    for (name, kind, ..) in ENDLESS {
        cut_alike(name, kind, 600_000, &[60_000]);
    }
}

/// A little over three windows, as every kind that is streamed.
#[test]
#[ignore = "takes a minute"]
fn endless_blocks_of_every_kind_are_cut_alike_in_a_stream() {
    for (name, ..) in ENDLESS {
        for kind in STREAMED {
            cut_alike(name, kind, 1_700_000, &[60_000, 4_001]);
        }
    }
}

#[test]
fn a_stream_says_which_byte_is_no_utf8() {
    let chunker = chunker(ChunkKind::Text, 0);
    for (bytes, at) in [(&b"ab\xffcd"[..], 2), (b"ab\xe6\xbc", 2), (b"\xf0\x9f\x98\x80\xed\xa0\x80", 4)] {
        for len in 1..bytes.len() {
            let found = chunker.chunk_reader(Parts { rest: bytes, len }).find_map(Result::err);
            assert!(matches!(found, Some(Error::InvalidUtf8 { offset }) if offset == at), "{found:?}");
        }
    }
    let mut stream = chunker.stream();
    assert!(stream.push(b"\xff").is_err() && stream.push(b"a").is_err() && stream.finish().is_err());
}

#[test]
fn what_must_be_held_whole_has_a_limit() {
    let page = format!("<html><body>{}</body></html>", "<p>Bees make honey.</p>".repeat(2000));
    for kind in [ChunkKind::Html, ChunkKind::Auto] {
        let chunker = chunker(kind, 0);
        let streamed: Result<Vec<_>, _> = chunker.chunk_reader(page.as_bytes()).collect();
        assert_eq!(
            streamed.unwrap().into_iter().map(|one| one.chunk).collect::<Vec<_>>(),
            chunker.chunk(&page)
        );
        let mut limited = chunker.stream().with_max_held(30_000).read(page.as_bytes());
        let error = limited.next().unwrap().unwrap_err();
        assert!(error.to_string().contains("30000 bytes of html"), "{error}");
        assert!(limited.next().is_none());
    }
}

#[test]
fn a_reader_that_fails_says_so() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the cable is cut"))
        }
    }
    let mut chunks = chunker(ChunkKind::Text, 0).chunk_reader(Broken);
    assert!(matches!(chunks.next(), Some(Err(Error::Read(_)))));
    assert!(chunks.next().is_none());
}

/// The parts of a block that is too long are still what the block was.
#[test]
fn long_blocks_stay_what_they_are() {
    for name in ["fence", "comment"] {
        let chunks = chunker(ChunkKind::Markdown, 0).chunk(&endless(name, 1_700_000));
        assert!(chunks.iter().all(|chunk| chunk.heading.is_empty()), "{name}");
    }
    let table = &endless("table", 1_700_000);
    let chunks = chunker(ChunkKind::Markdown, 0).chunk(table);
    assert!(chunks[1..].iter().all(|chunk| chunk.prefix.as_deref() == Some("| a | b |\n|---|---|\n")));
    assert!(chunks.iter().all(|chunk| chunk.text(table).ends_with('|')), "rows stay whole");
}

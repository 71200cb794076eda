//! Streams with windows so small that every way of meeting their ends occurs.

use crate::chunk::{Chunk, ChunkConfig, ChunkKind, Chunker, SizeUnit};
use proptest::prelude::*;

const KINDS: [ChunkKind; 6] = [
    ChunkKind::Text,
    ChunkKind::Markdown,
    ChunkKind::Json,
    ChunkKind::Log,
    ChunkKind::Table,
    ChunkKind::Email,
];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-c ]{0,12}",
        4 => proptest::sample::select(vec![
            "\n", "\n\n", "\r\n", "\n\n\n", "\u{c}", ". ", "the bee, ", "honeys. ", "- ", "> ", "# Bee\n",
            "## the\n\n", "\n===\n", "\n---\n", "```\n", "    ", "| a | b |\n|---|---|\n", "| 1 | 2 |\n", "<div>\n",
            "<!--", "-->\n", "{\"a\": ", "[", "]", "}", ", ", "\"", "a,b,c\n", "\"a\nb\",c\n", "2026-11-20 a\n",
            "\tat b\n", "漢字。", "\r", "\n\r\r", "From: Ann\nSubject: x\n", "On 1 May, Ann wrote:\n", ">> b\n", "-- \n",
            "-----Original Message-----\n", "{\"a\": {\"b\n", "\"a\\\"\n", "e\u{301}", "👩‍👩‍👧", "🇩🇪🇫🇷", " \u{301}",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => "[abc]{20,60}",
    ];
    proptest::collection::vec(piece, 0..200).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn windows_do_not_depend_on_how_the_text_comes(
        text in texts(), segment in 40_usize..200, max in 5_usize..30, overlap in 0_usize..9, len in 1_usize..50
    ) {
        for kind in KINDS {
            for unit in [SizeUnit::Bytes, SizeUnit::Chars, SizeUnit::Words] {
                let config = ChunkConfig::default().with_kind(kind).with_unit(unit).with_max_size(max);
                let mut chunker = Chunker::new(config.with_overlap(overlap.min(max / 3))).unwrap();
                chunker.segment_bytes = segment;
                let mut stream = chunker.stream();
                let mut chunks: Vec<Chunk> = Vec::new();
                for part in text.as_bytes().chunks(len) {
                    chunks.extend(stream.push(part).unwrap().into_iter().map(|one| one.chunk));
                    prop_assert!(stream.text.len() < 8 * segment + 300 + 8 * max, "{} held", stream.text.len());
                }
                chunks.extend(stream.finish().unwrap().into_iter().map(|one| one.chunk));
                prop_assert_eq!(&chunks, &chunker.chunk(&text), "{:?}", chunker.config());
                let mut covered = 0;
                for chunk in chunks {
                    let gap = &text[covered.min(chunk.span.start)..chunk.span.start];
                    prop_assert!(gap.trim().is_empty(), "dropped {:?}", gap);
                    covered = chunk.span.end;
                }
                prop_assert!(text[covered..].trim().is_empty(), "dropped {:?}", &text[covered..]);
            }
        }
    }
}

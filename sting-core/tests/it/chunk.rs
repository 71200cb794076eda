//! The laws of chunks.

use crate::data::shared;
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;
use sting_core::chunk::{Chunk, ChunkConfig, ChunkKind, Chunker, SizeUnit};
use sting_core::token::{Tokenize, Tokenizer};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

const KINDS: [ChunkKind; 3] = [ChunkKind::Auto, ChunkKind::Text, ChunkKind::Markdown];
const UNITS: [SizeUnit; 4] = [SizeUnit::Bytes, SizeUnit::Chars, SizeUnit::Words, SizeUnit::Tokens];

fn tokenizer() -> Tokenizer {
    let words =
        "[UNK] [CLS] [SEP] the bee hon ##ey ##s a b c ##a ##b ##c . , # | - * 1 漢 é ##e ## un ##able able";
    Tokenizer::from_vocab(&words.replace(' ', "\n")).unwrap()
}

fn chunker(kind: ChunkKind, unit: SizeUnit, max_size: usize, overlap: usize) -> Chunker {
    let config =
        ChunkConfig::default().with_kind(kind).with_unit(unit).with_max_size(max_size).with_overlap(overlap);
    Chunker::with_tokenizer(config, Arc::new(tokenizer())).unwrap()
}

/// The size of a text, counted the obvious way.
fn size(unit: SizeUnit, text: &str) -> usize {
    match unit {
        SizeUnit::Bytes => text.len(),
        SizeUnit::Chars => text.chars().count(),
        SizeUnit::Words => text.split_whitespace().count(),
        _ => tokenizer().count(text) + Tokenize::special_tokens(&tokenizer()),
    }
}

fn is_grapheme_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap()
}

fn obey(chunker: &Chunker, text: &str, chunks: &[Chunk]) -> Result<(), TestCaseError> {
    let config = chunker.config();
    let mut covered = 0;
    for (i, chunk) in chunks.iter().enumerate() {
        let span = chunk.span;
        prop_assert!(
            span.start < span.end && span.end <= text.len() && span.get(text).is_some(),
            "{:?}",
            span
        );
        let previous = i.checked_sub(1).map(|i| chunks[i].span);
        prop_assert!(
            previous.is_none_or(|p| p.start <= span.start && p.end < span.end),
            "{:?} {:?}",
            previous,
            span
        );
        // Tiling.
        let gap = &text[covered.min(span.start)..span.start];
        prop_assert!(gap.trim().is_empty(), "dropped {:?}", gap);
        covered = span.end;
        // Limits.
        let whole = chunk.prefix.clone().unwrap_or_default() + chunk.text(text);
        prop_assert_eq!(chunk.size, size(config.unit(), &whole), "size of {:?}", whole);
        let one = chunk.text(text).chars().count() == 1;
        prop_assert!(
            chunk.size <= config.max_size() || one,
            "{} > {}: {:?}",
            chunk.size,
            config.max_size(),
            whole
        );
        // Graphemes.
        let single = size(config.unit(), chunk.text(text).graphemes(true).next().unwrap_or_default());
        for at in [span.start, span.end] {
            let inside_one = !is_grapheme_boundary(text, at)
                && longest_grapheme(text, at, config.unit())
                    > config.max_size() - config.overlap() - single.min(2);
            prop_assert!(
                is_grapheme_boundary(text, at) || inside_one,
                "cut a grapheme at {} of {:?}",
                at,
                text
            );
        }
        // Overlap.
        let repeated = previous.map_or("", |p| &text[span.start.min(p.end)..p.end]);
        let limit = config.overlap();
        let repeated_size = if config.unit() == SizeUnit::Tokens {
            tokenizer().count(repeated)
        } else {
            size(config.unit(), repeated)
        };
        prop_assert!(repeated_size <= limit, "overlap {:?}", repeated);
        if let Some(p) =
            previous.filter(|_| limit > 0 && matches!(config.unit(), SizeUnit::Bytes | SizeUnit::Chars))
        {
            let most = limit.min(size(config.unit(), &text[p.range()]));
            let next = text[p.start..span.start.min(p.end)]
                .grapheme_indices(true)
                .next_back()
                .map(|(at, _)| p.start + at);
            let fits = |at: usize| {
                size(config.unit(), &text[at..span.end])
                    + size(config.unit(), chunk.prefix.as_deref().unwrap_or(""))
                    <= config.max_size()
                    && size(config.unit(), &text[at..p.end]) <= most
            };
            prop_assert!(
                span.start == p.start || next.is_none_or(|at| !fits(at) || !is_grapheme_boundary(text, at)),
                "overlap could be longer"
            );
        }
        prop_assert_eq!(chunk.index, i);
    }
    prop_assert!(text[covered..].trim().is_empty(), "dropped the end {:?}", &text[covered..]);
    let ids: HashSet<_> = chunks.iter().map(|chunk| chunk.id).collect();
    prop_assert_eq!(ids.len(), chunks.len(), "ids repeat");
    Ok(())
}

/// The size of the grapheme that reaches over `at`.
fn longest_grapheme(text: &str, at: usize, unit: SizeUnit) -> usize {
    let around = text.grapheme_indices(true).find(|(start, g)| *start < at && at < start + g.len());
    around.map_or(0, |(_, grapheme)| size(unit, grapheme))
}

/// Texts with structure of all kinds in them.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-c ]{0,12}",
        3 => proptest::sample::select(vec![
            "\n", "\n\n", "\r\n", "\n\n\n", ". ", "! ", "the bee, ", "honeys. ", "Dr. A", "e.g. ", "1. ", "- ", "* ", "> ",
            "# Bee\n", "## the\n\n", "\n===\n", "\n---\n", "```\n", "~~~~\n", "    ", "\t", "| a | b |\n|---|---|\n",
            "| 1 | 2 |\n", "|\n", "<div>\n", "<!--", "-->\n", "\u{c}", "\u{2028}", "。", "漢字", "ですか？", "é", "e\u{301}",
            "👩‍👩‍👧", "🇩🇪🇫🇷", " \u{301}", "\u{200b}", "\u{0}", "\u{a0}", "unableunableable", "---\na: b\n---\n",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => proptest::collection::vec(any::<char>(), 0..4).prop_map(|chars| chars.into_iter().collect()),
        1 => "[abc]{20,60}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn chunks_obey(text in texts(), max in 5_usize..60, overlap in 0_usize..20) {
        for kind in KINDS {
            for unit in UNITS {
                let chunker = chunker(kind, unit, max, overlap.min(max / 3));
                let chunks = chunker.chunk(&text);
                obey(&chunker, &text, &chunks)?;
            }
        }
    }

    #[test]
    fn chunking_many_is_chunking_each(texts in proptest::collection::vec(texts(), 0..6)) {
        let chunker = chunker(ChunkKind::Auto, SizeUnit::Chars, 20, 3);
        let each: Vec<Vec<Chunk>> = texts.iter().map(|text| chunker.chunk(text)).collect();
        prop_assert_eq!(chunker.chunk_many(&texts), each);
    }
}

#[test]
fn real_texts_obey() {
    let Some(folder) = shared("chunking") else { return };
    for name in ["wikitexts.md", "state_of_the_union.md"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        for (max, overlap) in [(200, 0), (400, 50), (1000, 100)] {
            for kind in KINDS {
                let config = ChunkConfig::default().with_kind(kind).with_max_size(max).with_overlap(overlap);
                let chunker = Chunker::new(config).unwrap();
                let chunks = chunker.chunk(&text);
                obey(&chunker, &text, &chunks).unwrap();
                let mean = chunks.iter().map(|chunk| chunk.size).sum::<usize>() / chunks.len();
                assert!(mean * 2 > max, "{name} {max}: mean size {mean}");
            }
        }
    }
}

//! The laws of chunks.

use crate::data::shared;
use proptest::prelude::*;
use proptest::sample;
use std::collections::HashSet;
use std::sync::Arc;
use sting_core::Id;
use sting_core::chunk::{Chunk, ChunkConfig, ChunkKind, ChunkSizer, Chunker, SizeUnit, StreamedChunk};
use sting_core::offset::{Offsets, Unit};
use sting_core::token::{Tokenize, Tokenizer};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

const UNITS: [SizeUnit; 5] =
    [SizeUnit::Bytes, SizeUnit::Chars, SizeUnit::Words, SizeUnit::Tokens, SizeUnit::Custom];

/// The kinds that this build has and that need no model.
pub(crate) fn kinds() -> impl Iterator<Item = ChunkKind> {
    let plain = Chunker::new(ChunkConfig::default()).unwrap();
    ChunkKind::ALL.into_iter().filter(move |&kind| plain.with_kind(kind).is_ok())
}

/// A size that grows with a text but does not add up: how many characters are different.
#[derive(Debug)]
struct Distinct;

impl ChunkSizer for Distinct {
    fn size(&self, text: &str) -> usize {
        text.chars().collect::<HashSet<_>>().len()
    }

    fn id(&self) -> Id {
        Id::of(["distinct"])
    }
}

pub(crate) fn tokenizer() -> Tokenizer {
    let words =
        "[UNK] [CLS] [SEP] the bee hon ##ey ##s a b c ##a ##b ##c . , # | - * 1 漢 é ##e ## un ##able able";
    Tokenizer::from_vocab(&words.replace(' ', "\n")).unwrap()
}

pub(crate) fn chunker(kind: ChunkKind, unit: SizeUnit, max_size: usize, overlap: usize) -> Chunker {
    let config =
        ChunkConfig::default().with_kind(kind).with_unit(unit).with_max_size(max_size).with_overlap(overlap);
    match unit {
        SizeUnit::Custom => Chunker::with_sizer(config, Arc::new(Distinct)).unwrap(),
        _ => Chunker::with_tokenizer(config, Arc::new(tokenizer())).unwrap(),
    }
}

/// The size of a text, counted the obvious way.
fn size(unit: SizeUnit, text: &str) -> usize {
    match unit {
        SizeUnit::Bytes => text.len(),
        SizeUnit::Chars => text.chars().count(),
        SizeUnit::Words => text.split_whitespace().count(),
        SizeUnit::Custom => Distinct.size(text),
        _ => tokenizer().count(text) + Tokenize::special_tokens(&tokenizer()),
    }
}

/// What a model sees of a chunk.
fn whole(chunk: &Chunk, text: &str) -> String {
    chunk.prefix.as_deref().unwrap_or_default().to_owned() + chunk.text(text)
}

fn is_grapheme_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap()
}

pub(crate) fn obey(chunker: &Chunker, text: &str, chunks: &[Chunk]) -> Result<(), TestCaseError> {
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
        let whole = whole(chunk, text);
        let expected = match (config.unit(), &chunk.prefix) {
            (SizeUnit::Custom, Some(prefix)) => Distinct.size(prefix) + Distinct.size(chunk.text(text)),
            (unit, _) => size(unit, &whole),
        };
        prop_assert_eq!(chunk.size, expected, "size of {:?}", whole);
        let one = chunk.text(text).chars().count() == 1;
        prop_assert!(
            chunk.size <= config.max_size() || one,
            "{} > {}: {:?}",
            chunk.size,
            config.max_size(),
            whole
        );
        // Graphemes: whole, unless one does not fit what overlap, specials and a header leave.
        let special = Tokenize::special_tokens(&tokenizer());
        let room = (config.max_size() - config.overlap() - special) / 2;
        for at in [span.start, span.end] {
            prop_assert!(
                is_grapheme_boundary(text, at) || grapheme_over(text, at, config.unit()) > room,
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
        if let Some(p) = previous.filter(|_| {
            limit > 0 && matches!(config.unit(), SizeUnit::Bytes | SizeUnit::Chars | SizeUnit::Custom)
        }) {
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
    let ids: HashSet<_> = chunks.iter().map(|chunk| chunk.id(text)).collect();
    prop_assert_eq!(ids.len(), chunks.len(), "ids repeat");
    Ok(())
}

/// Streamed chunks are those of the whole text, with their text, ids and places in other units.
fn same(chunker: &Chunker, text: &str, streamed: &[StreamedChunk]) -> Result<(), TestCaseError> {
    let chunks = chunker.chunk(text);
    prop_assert!(streamed.iter().map(|one| &one.chunk).eq(&chunks), "{:?} {:?}", chunker.config(), text);
    let offsets = [Unit::CodePoints, Unit::Utf16].map(|unit| Offsets::new(text, unit));
    for (one, chunk) in streamed.iter().zip(&chunks) {
        prop_assert_eq!(&one.text, chunk.text(text));
        prop_assert_eq!((one.id(), one.content_hash()), (chunk.id(text), chunk.content_hash(text)));
        prop_assert_eq!([one.code_points, one.utf16], offsets.each_ref().map(|unit| unit.span(chunk.span)));
    }
    Ok(())
}

/// The size of the grapheme that reaches over `at`.
fn grapheme_over(text: &str, at: usize, unit: SizeUnit) -> usize {
    let around = text.grapheme_indices(true).find(|(start, g)| *start < at && at < start + g.len());
    around.map_or(0, |(_, grapheme)| size(unit, grapheme))
}

/// Texts with structure of all kinds in them.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-c ]{0,12}",
        3 => proptest::sample::select(vec![
            "\n", "\n\n", "\r\n", "\n\n\n", ". ", "! ", "the bee, ", "honeys. ", "Dr. A", "e.g. ", "1. ", "- ", "* ", "> ",
            "# Bee\n", "## the\n\n", "\n===\n", "\n---\n", "```\n", "~~~~\n", "    ", "\t", "| a | b |\n|---|---|\n",
            "| 1 | 2 |\n", "<h2>the</h2>", "<p>", "</p>", "<tr><th>a</th></tr>", "<td>", "<table>", "<a href='b. C'>",
            "{\"a\": ", "[", "]", "}", ", ", "\"", "\\", "a,b,c\n", "\"a\nb\",c\n", "2026-11-20 a\n", "\tat b\n", "\r", "\n\r\r",
            "From: Ann <a@b>\nSubject: Re: x\n", "On 1 May, Ann wrote:\n", "> ", ">> b\n", "-----Original Message-----\n", "-- \n",
            "fn a() {\n", "}\n", "impl B {\n", "def c(self):\n", "class A {\n", "/// the\n", "#[a]\n", "// b\n", "if (a)\n{\n",
            "package a\n", "import {b} from 'c';\n", "#define A(b) \\\n", "template <class T>\n", "@b\n", "\"\"\"", "`", "/*", "*/", "|\n", "<div>\n", "<!--", "-->\n", "\u{c}", "\u{2028}", "。", "漢字", "ですか？", "é", "e\u{301}",
            "👩‍👩‍👧", "🇩🇪🇫🇷", " \u{301}", "\u{200b}", "\u{0}", "\u{a0}", "unableunableable", "---\na: b\n---\n",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => proptest::collection::vec(any::<char>(), 0..4).prop_map(|chars| chars.into_iter().collect()),
        1 => "[abc]{20,60}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn chunks_obey(
        text in texts(), unit in sample::select(&UNITS), max in 5_usize..60, overlap in 0_usize..20
    ) {
        for kind in kinds() {
            let chunker = chunker(kind, unit, max, overlap.min(max / 3));
            let chunks = chunker.chunk(&text);
            obey(&chunker, &text, &chunks)?;
            prop_assert!(chunker.spans(&text).eq(chunks.iter().map(|chunk| chunk.span)));
        }
    }

    #[test]
    fn a_stream_is_cut_like_the_whole(
        text in texts(), unit in sample::select(&UNITS), max in 5_usize..60, overlap in 0_usize..20,
        cuts in proptest::collection::vec(1_usize..9, 1..9)
    ) {
        for kind in kinds() {
            let chunker = chunker(kind, unit, max, overlap.min(max / 3));
            let mut stream = chunker.stream();
            let (mut rest, mut streamed) = (text.as_bytes(), Vec::new());
            for len in cuts.iter().cycle() {
                let (part, later) = rest.split_at((*len).min(rest.len()));
                streamed.extend(stream.push(part).unwrap());
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            streamed.extend(stream.finish().unwrap());
            same(&chunker, &text, &streamed)?;
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
fn kinds_are_told_apart() {
    for (text, kind) in [
        ("# Title\n\nSome *text* with [a link](x).\n\n## More\n", "markdown"),
        ("<!DOCTYPE html>\n<html><body><p>x</p></body></html>", "html"),
        ("{\"a\": 1}\n{\"a\": 2}\n", "json"),
        ("[{\"a\": 1}, {\"a\": 2}]", "json"),
        ("id,name,age\n1,Ann,30\n2,\"B, C\",40\n", "table"),
        ("2026-11-20 10:00:00 INFO up\n2026-11-20 10:00:01 WARN hot\n\tat bee\n", "log"),
        ("Nov 20 10:00:00 host sshd[1]: failed\nNov 20 10:00:01 host sshd[1]: failed\n", "log"),
        ("Bees make honey, wax, and more.\nWasps do not, mostly, and that is it.\n\nThe end.", "text"),
    ] {
        // The same kind, named or found, cuts at the same places.
        for max in [12, 30] {
            let spans = |kind| chunker(kind, SizeUnit::Chars, max, 0).spans(text).collect::<Vec<_>>();
            assert_eq!(spans(ChunkKind::Auto), spans(kind.parse().unwrap()), "{text}");
        }
    }
}

fn texts_of(kind: ChunkKind, max: usize, text: &str) -> Vec<&str> {
    chunker(kind, SizeUnit::Chars, max, 0).spans(text).map(|span| &text[span.range()]).collect()
}

#[test]
fn tables_repeat_their_header() {
    let text = "id,name\n1,Ann\n2,\"Bo\nB\"\n3,Cy\n";
    let chunker = chunker(ChunkKind::Table, SizeUnit::Chars, 22, 0);
    let chunks = chunker.chunk(text);
    let whole: Vec<String> = chunks.iter().map(|chunk| self::whole(chunk, text)).collect();
    assert!(
        whole.iter().all(|chunk| chunk.starts_with("id,name\n") && chunk.chars().count() <= 22),
        "{whole:?}"
    );
    assert!(whole.iter().any(|chunk| chunk.contains("2,\"Bo\nB\"")));

    let text = "| id | name |\n|----|------|\n| 1 | Ann |\n| 2 | Bo |\n| 3 | Cy |\n";
    let chunker = self::chunker(ChunkKind::Markdown, SizeUnit::Chars, 60, 0);
    let chunks = chunker.chunk(text);
    assert!(
        chunks.len() > 1 && chunks[1].prefix.as_deref() == Some("| id | name |\n|----|------|\n"),
        "{chunks:?}"
    );
}

#[test]
fn records_stay_whole() {
    let log = "2026-11-20 10:00 ERROR x\n  at a\nCaused by: y\n  at b\n2026-11-20 10:01 INFO z\n";
    assert_eq!(
        texts_of(ChunkKind::Log, 60, log),
        log.trim_end().split_inclusive(" b\n").map(str::trim_end).collect::<Vec<_>>()
    );
    let json = "[{\"a\": [1, 2], \"b\": \"x, y\"}, {\"a\": [], \"b\": \"z\"}]";
    assert_eq!(
        texts_of(ChunkKind::Json, 32, json),
        ["[{\"a\": [1, 2], \"b\": \"x, y\"},", "{\"a\": [], \"b\": \"z\"}]"]
    );
    let html = "<body><h1>Bees &amp; wasps</h1><p>Bees make honey.</p><p>Wasps do not.</p></body>";
    let chunks = chunker(ChunkKind::Html, SizeUnit::Chars, 56, 0).chunk(html);
    assert_eq!(chunks[0].text(html), "<body><h1>Bees &amp; wasps</h1><p>Bees make honey.</p>");
    assert_eq!(&*chunks[1].heading[0], "Bees & wasps");
}

#[test]
fn sentences_end_where_they_end() {
    let text = "Dr. Ann met Mr. J. Smith at 3.5 km, e.g. here. \"Really?\" he asked. It was 1999. Then?! 漢字です。次の文。";
    let expected = [
        "Dr. Ann met Mr. J. Smith at 3.5 km, e.g. here.",
        "\"Really?\" he asked.",
        "It was 1999.",
        "Then?!",
        "漢字です。",
        "次の文。",
    ];
    // Nothing merges under a limit below every pair.
    let mut found = texts_of(ChunkKind::Text, 46, text).join("|");
    found = found.replace("。次", "。|次").replace("! 漢", "!|漢");
    for sentence in expected {
        assert!(found.contains(sentence), "{sentence} in {found}");
    }
    assert!(found.starts_with("Dr. Ann met Mr. J. Smith at 3.5 km, e.g. here.|"), "{found}");
}

/// A paragraph of one to five sentences.
fn paragraph(next: &mut impl FnMut(usize) -> usize) -> String {
    const WORDS: [&str; 10] =
        ["honey", "bee", "hive", "wax", "queen", "drone", "nectar", "flower", "swarm", "comb"];
    let sentences = 1 + next(5);
    let text: Vec<String> = (0..sentences)
        .map(|_| (0..4 + next(12)).map(|_| WORDS[next(10)]).collect::<Vec<_>>().join(" ") + ".")
        .collect();
    text.join(" ")
}

/// Changing one paragraph of a thousand chunks leaves all but five of them as they were; changing a heading, all but
/// those that stand below it and five.
#[test]
fn edits_stay_local() {
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let prose: Vec<String> = (0..3600).map(|_| paragraph(&mut next)).collect();
    let markdown: Vec<String> = (0..3600)
        .map(|i| match i % 9 {
            0 => format!("## {}", paragraph(&mut next).split('.').next().unwrap()),
            4 => format!("- {}\n- {}", paragraph(&mut next), paragraph(&mut next)),
            7 => format!("```\n{}\n```", paragraph(&mut next)),
            _ => paragraph(&mut next),
        })
        .collect();
    let replacement = paragraph(&mut next);
    let of = |kind, unit, max| chunker(kind, unit, max, 0);
    let cases = [
        (&prose, of(ChunkKind::Text, SizeUnit::Chars, 800)),
        (&prose, of(ChunkKind::Text, SizeUnit::Tokens, 200)),
        (&markdown, of(ChunkKind::Markdown, SizeUnit::Chars, 800)),
        (&markdown, chunker(ChunkKind::Markdown, SizeUnit::Chars, 900, 100)),
    ];
    for (paragraphs, chunker) in cases {
        let ids = |paragraphs: &[String]| -> HashSet<_> {
            let text = paragraphs.join("\n\n");
            chunker.chunk(&text).into_iter().map(|chunk| chunk.id(&text)).collect()
        };
        let before = ids(paragraphs);
        assert!(before.len() > 900, "{}", before.len());
        for _ in 0..12 {
            let at = next(3600);
            let (mut inserted, mut deleted, mut changed) =
                (paragraphs.clone(), paragraphs.clone(), paragraphs.clone());
            inserted.insert(at, replacement.clone());
            deleted.remove(at);
            changed[at].clone_from(&replacement);
            // A heading is in the ids of all that stands below it.
            let section = paragraphs[at].strip_prefix("## ").map_or(0, |heading| {
                let text = paragraphs.join("\n\n");
                let chunks = chunker.chunk(&text);
                chunks.iter().filter(|chunk| chunk.heading.iter().any(|title| **title == *heading)).count()
            });
            for (edited, below) in [(inserted, 0), (deleted, section), (changed, section)] {
                let new = ids(&edited).difference(&before).count();
                assert!(new <= 5 + below, "{new} chunks changed at {at} with {:?}", chunker.config());
            }
        }
    }
}

#[test]
fn real_texts_obey() {
    let Some(folder) = shared("chunking") else { return };
    for name in ["wikitexts.md", "state_of_the_union.md"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        for (max, overlap) in [(200, 0), (400, 50), (1000, 100)] {
            for kind in kinds() {
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

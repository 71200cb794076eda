//! What each kind of text is cut by, and the headings that chunks get.

use crate::chunk::{chunker, kinds, obey, texts, tokenizer};
use crate::data::shared;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sting_core::chunk::{Chunk, ChunkConfig, ChunkKind, Chunker, SemanticChunker, SizeUnit};
use sting_core::model::{Embedder, ModelError};

pub(crate) fn cut(kind: &str, max: usize, text: &str) -> Vec<Chunk> {
    let chunker = chunker(kind.parse().unwrap(), SizeUnit::Chars, max, 0);
    let chunks = chunker.chunk(text);
    obey(&chunker, text, &chunks).unwrap();
    chunks
}

/// Heading path and text of each chunk.
pub(crate) fn outline<'t>(text: &'t str, chunks: &[Chunk]) -> Vec<(String, &'t str)> {
    chunks.iter().map(|chunk| (chunk.heading.join(" > "), chunk.text(text))).collect()
}

pub(crate) fn found(text: &str) -> ChunkKind {
    ChunkKind::detect(text)
}

#[test]
fn json_stands_under_its_path() {
    let text = r#"{"items": [{"name": "Ann", "bees": [1, 2]}, {"name": "Bo", "bees": [3]}], "n": 2}"#;
    assert_eq!(
        outline(text, &cut("json", 34, text)),
        [
            ("$".into(), r#"{"items": [{"name": "Ann","#),
            ("$.items[0].bees".into(), r#""bees": [1, 2]},"#),
            ("$.items[1]".into(), r#"{"name": "Bo", "bees": [3]}],"#),
            ("$.n".into(), r#""n": 2}"#),
        ]
    );
}

#[test]
fn records_of_json_lines_are_numbered_but_keep_their_ids() {
    let record = |n: usize| format!("{{\"id\": {n}, \"text\": \"bee {n}\"}}\n");
    let text: String = (0..50).map(record).collect();
    let chunks = cut("json", 60, &text);
    for chunk in &chunks {
        let number = chunk.text(&text)["{\"id\": ".len()..].split(',').next().unwrap();
        assert_eq!(&*chunk.heading[0], format!("$[{number}]"));
    }
    let longer = record(99) + &text;
    let ids: Vec<_> = cut("json", 60, &longer).iter().map(|chunk| chunk.id(&longer)).collect();
    let kept = chunks.iter().filter(|chunk| ids.contains(&chunk.id(&text))).count();
    assert!(kept + 3 >= chunks.len(), "{kept} of {}", chunks.len());
}

#[test]
fn long_json_is_cut_at_outer_commas() {
    let mut text = String::from("{\"meta\": 1, \"items\": [");
    for n in 0..40_000 {
        write!(text, "{{\"n\": {n}, \"tags\": [\"a, b\", \"c\"]}}, ").unwrap();
    }
    text.push_str("null]}");
    let chunks = cut("json", 500, &text);
    let whole = chunks.iter().filter(|chunk| chunk.text(&text).starts_with("{\"n\"")).count();
    assert!(whole * 50 > chunks.len() * 49, "{whole} of {}", chunks.len());
    let last = chunks.last().unwrap();
    assert!(last.heading[0].starts_with("$.items[399"), "{:?}", last.heading);
}

#[test]
fn threads_are_cut_between_messages() {
    let text = "From: Bo Ray <bo@example.org>\nTo: ann@example.org\nSubject: Re: Hives\nDate: 20 Nov 2026\n\n\
        Yes, on Sunday.\n\nOn 19 Nov 2026, Ann Lee <ann@example.org> wrote:\n> Shall we open the hives?\n>\n\
        > They are full.\n\nI think so, too.\n\n-- \nBo\n\n\
        -----Original Message-----\nVon: Cy\nGesendet: 18. November\nBetreff: AW: Hives\n\nHallo Ann.\n";
    let chunks = cut("email", 130, text);
    assert_eq!(
        outline(text, &chunks),
        [
            (
                "Hives > Bo Ray, 20 Nov 2026".into(),
                "From: Bo Ray <bo@example.org>\nTo: ann@example.org\nSubject: Re: Hives\nDate: 20 Nov 2026\n\nYes, on Sunday."
            ),
            (
                "Hives > Bo Ray, 20 Nov 2026 > 19 Nov 2026, Ann Lee".into(),
                "On 19 Nov 2026, Ann Lee <ann@example.org> wrote:\n> Shall we open the hives?\n>"
            ),
            (
                "Hives > Bo Ray, 20 Nov 2026 > 19 Nov 2026, Ann Lee".into(),
                "> They are full.\n\nI think so, too.\n\n-- \nBo"
            ),
            (
                "Hives > Cy, 18. November".into(),
                "-----Original Message-----\nVon: Cy\nGesendet: 18. November\nBetreff: AW: Hives\n\nHallo Ann."
            ),
        ]
    );
    assert_eq!(found(text), ChunkKind::Email);
}

#[test]
fn lines_can_end_with_carriage_returns() {
    for kind in kinds() {
        let text = "# Bees\n\nBees make honey.\nThey dance.\n\n## Wasps\n\nWasps do not.\n\n- one\n- two\n";
        let old = text.replace('\n', "\r");
        let windows = text.replace('\n', "\r\n");
        let plain = |text: &str| -> Vec<String> {
            let chunks = chunker(kind, SizeUnit::Words, 3, 0).chunk(text);
            chunks.iter().map(|chunk| chunk.text(text).replace("\r\n", "\n").replace('\r', "\n")).collect()
        };
        if !matches!(kind, ChunkKind::Code(_) | ChunkKind::Html) {
            assert_eq!(plain(&old), plain(text), "{kind}");
        }
        assert_eq!(plain(&windows).len(), plain(text).len(), "{kind}");
    }
}

#[test]
fn kinds_have_names() {
    for kind in ChunkKind::ALL {
        assert_eq!(kind.name().parse::<ChunkKind>().unwrap(), kind);
    }
    let error = "code:cobol".parse::<ChunkKind>().unwrap_err().to_string();
    assert!(error.contains("code:rust") && !error.contains("cobol"), "{error}");
}

#[test]
fn contexts_are_apart_from_the_text_and_count_if_asked() {
    let text = "# A\n\nbees make honey\n\n# B\n\nwasps do not make honey\n";
    for (unit, max, room) in [(SizeUnit::Chars, 40, 12), (SizeUnit::Tokens, 24, 6), (SizeUnit::Bytes, 40, 12)]
    {
        for long in ["", "the bee", "a grand long context, the longest ever 👩‍👩‍👧 seen"] {
            let config = ChunkConfig::default().with_max_size(max).with_unit(unit).with_context_size(room);
            let tokenizer = std::sync::Arc::new(crate::chunk::tokenizer());
            let chunker = Chunker::with_tokenizer(config, tokenizer).unwrap();
            let plain = chunker.chunk(text);
            let chunks = chunker.chunk_with_context(text, |_| long.to_owned());
            for (chunk, plain) in chunks.iter().zip(&plain) {
                assert!(chunk.size <= max && chunk.size >= plain.size, "{chunk:?}");
                assert_eq!((chunk.id(text), chunk.span), (plain.id(text), plain.span));
                let context = chunk.context.as_deref().unwrap_or("");
                assert!(long.starts_with(context) && (long.is_empty() || !context.is_empty()), "{context}");
            }
        }
    }
    let chunker = Chunker::new(ChunkConfig::default().with_max_size(10)).unwrap();
    let chunks = chunker.chunk_with_context("bees", |_| "twenty characters ...".into());
    assert_eq!((chunks[0].size, chunks[0].context.as_deref()), (4, Some("twenty characters ...")));
}

#[test]
fn limits_that_cannot_work_are_refused() {
    let plain = ChunkConfig::default;
    for (config, what) in [
        (plain().with_max_size(0), "max_size"),
        (plain().with_max_size(3).with_unit(SizeUnit::Bytes), "max_size"),
        (plain().with_max_size(10).with_overlap(10), "overlap"),
        (plain().with_max_size(10).with_overlap(usize::MAX), "overlap"),
        (plain().with_max_size(10).with_overlap(4).with_context_size(6), "context_size"),
        (plain().with_unit(SizeUnit::Tokens), "unit"),
        (plain().with_unit(SizeUnit::Custom), "unit"),
        (plain().with_kind(ChunkKind::Semantic), "kind"),
    ] {
        let error = Chunker::new(config).unwrap_err();
        assert!(error.to_string().starts_with(what) && error.code() == "config", "{error}");
    }
}

/// What is broken is cut nevertheless, in time that grows with its length alone.
#[test]
fn broken_texts_are_cut_in_linear_time() {
    let texts = [
        ("html", "<div><p>a <b>b ".repeat(60_000)),
        ("html", "<!-- a <p> ".repeat(60_000)),
        ("html", "<a href='".to_owned() + &"b ".repeat(300_000)),
        ("markdown", "```\n# a\n".repeat(40_001)),
        ("markdown", "- ".repeat(200_000) + "a"),
        ("markdown", "> ".repeat(200_000) + "a\n"),
        ("json", "[".repeat(400_000)),
        ("json", "1,[".repeat(200_000)),
        ("json", "{\"a\": \"\\ud800\", ".repeat(40_000)),
        ("json", "\"".to_owned() + &"a\\\" ".repeat(100_000)),
        ("table", "a,b\n".to_owned() + &"\"c,d\n".repeat(100_001)),
        ("log", "2026-11-20 a\n".to_owned() + &"\tat b\n".repeat(60_000)),
        ("email", "On 1 May, Ann wrote:\n> ".repeat(20_000)),
        ("email", "From: a\nTo: b\nOn: 1 wrote:\n".repeat(20_000)),
        ("email", ">".repeat(400_000)),
        ("text", "\0".repeat(400_000)),
        ("text", "\r".repeat(200_000) + &"a\r".repeat(200_000)),
        ("code:rust", "fn a() { ".repeat(50_000)),
        ("code:c", "#if (((\n".repeat(50_000)),
        ("code:cpp", "template <".repeat(40_000)),
        ("code:python", "  ( [ \"\"\" ' \n".repeat(30_000)),
        ("code:typescript", "<a>{`${".repeat(50_000)),
    ];
    for (kind, text) in &texts {
        let kind = kind.parse::<ChunkKind>().unwrap();
        if !kinds().any(|built_in| built_in == kind) {
            continue;
        }
        let chunker = chunker(kind, SizeUnit::Chars, 300, 20);
        let start = Instant::now();
        let chunks = chunker.chunk(text);
        let time = start.elapsed();
        assert!(time < Duration::from_secs(20), "{kind} {:?}: {time:?}", &text[..12]);
        let covered: usize = chunks.iter().map(|chunk| chunk.span.len()).sum();
        assert!(covered >= text.trim().len() / 2, "{kind} {:?}", &text[..12]);
        println!("{kind:<16} {:<14?} {time:?}", &text[..12.min(text.len())]);
    }
}

fn long_line(bytes: usize) {
    let word = "honey, bees; \0 combs {[ ";
    let text = word.repeat(bytes / word.len());
    for kind in kinds() {
        let chunker = Chunker::new(ChunkConfig::default().with_kind(kind)).unwrap();
        let (mut covered, mut count, start) = (0, 0, Instant::now());
        for span in chunker.spans(&text) {
            assert!(text[covered..span.start].trim().is_empty() && span.len() <= 1000, "{kind}");
            (covered, count) = (span.end, count + 1);
        }
        assert!(text[covered..].trim().is_empty() && count >= text.len() / 1000, "{kind}");
        println!("{kind:<16} {:?}", start.elapsed());
    }
}

#[test]
fn long_lines_are_not_dropped() {
    long_line(1 << 20);
}

/// As above with a line of 100 MB: minutes without optimisation.
#[test]
#[ignore = "for release builds"]
fn a_line_of_100_megabytes_is_not_dropped() {
    long_line(100 << 20);
}

/// Files by the kind that their names say.
#[test]
fn kinds_of_real_files_are_told_apart() {
    let mut missed = Vec::new();
    let mut files = 0;
    for folder in ["documents", "loghub_2k", "chunking"] {
        let Some(folder) = shared(folder) else { return };
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let kinds = match path.extension().and_then(|extension| extension.to_str()) {
                    Some("html") => "html",
                    Some("json" | "ipynb") => "json",
                    Some("csv" | "tsv") => "table",
                    Some("eml") => "email",
                    Some("log") => "log",
                    Some("md") => "markdown text html",
                    _ => continue,
                };
                let bytes = std::fs::read(&path).unwrap();
                let text = String::from_utf8_lossy(&bytes);
                files += 1;
                if !kinds.split(' ').any(|kind| kind == found(&text).name()) {
                    missed.push(format!("{} is taken for {}", path.display(), found(&text)));
                }
            }
        }
    }
    println!("{} of {files} missed: {missed:#?}", missed.len());
    assert!(missed.len() * 25 <= files, "{missed:#?}");
}

#[test]
fn languages_are_told_apart() {
    for (language, text) in [
        (
            "rust",
            "use std::fmt;\n\nimpl fmt::Debug for Bee {\n    fn fmt(&self) -> bool {\n        true\n    }\n}\n",
        ),
        (
            "python",
            "import os\n\nclass Bee:\n    def fly(self):\n        # up\n        self.up = True\n\n\ndef main():\n    Bee().fly()\n",
        ),
        (
            "javascript",
            "import { hive } from './hive.js';\n\nexport function fly(bee) {\n  const up = hive(bee);\n  return up;\n}\n",
        ),
        (
            "typescript",
            "interface Bee {\n  name: string;\n  age: number;\n}\n\nexport const fly = (bee: Bee): boolean => {\n  return true;\n};\n",
        ),
        (
            "go",
            "package bee\n\nimport (\n\t\"fmt\"\n)\n\nfunc (b *Bee) Fly() error {\n\tif err := b.up(); err != nil {\n\t\treturn err\n\t}\n\treturn nil\n}\n",
        ),
        (
            "java",
            "package org.bee;\n\nimport java.util.List;\n\npublic class Bee {\n    private final int age;\n\n    @Override\n    public String toString() {\n        return \"bee\";\n    }\n}\n",
        ),
        (
            "c",
            "#include <stdio.h>\n#include \"bee.h\"\n\nstatic int fly(struct bee *bee)\n{\n    return bee->up;\n}\n\nint main(void) {\n    return 0;\n}\n",
        ),
        (
            "cpp",
            "#include <vector>\n#include \"bee.h\"\n\nnamespace bees {\n\nstd::vector<Bee> all() {\n    return {};\n}\n\n}\n",
        ),
    ] {
        assert_eq!(found(text).name(), format!("code:{language}"));
    }
    for text in [
        "Let us import duties from the past, and use them: they were low.\nThe class of 1999 was good.\n",
        "1. one\n2. two\n3. three\n",
        "name: CI\non: [push]\njobs:\n  build:\n    runs-on: x\n",
    ] {
        assert_eq!(found(text), ChunkKind::Text, "{text}");
    }
    assert_eq!(found("#!/bin/sh\nfunction a() {\n  let b=1;\n}\n"), ChunkKind::Text);
    assert_eq!(found("at,value\n2026-11-20 10:00:00,1\n2026-11-20 10:01:00,2\n"), ChunkKind::Table);
}

/// Sees the letters of a text.
#[derive(Debug)]
struct Letters(std::sync::atomic::AtomicUsize);

impl Embedder for Letters {
    fn dim(&self) -> usize {
        26
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn id(&self) -> &'static str {
        "letters"
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let count = |text: &str, letter: u8| text.bytes().filter(|&byte| byte == letter).count() as f32;
        Ok(texts.iter().flat_map(|text| (b'a'..=b'z').map(|letter| count(text, letter))).collect())
    }
}

/// Returns too few numbers, or fails.
#[derive(Debug)]
struct Broken(bool);

impl Embedder for Broken {
    fn dim(&self) -> usize {
        3
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn id(&self) -> &'static str {
        "broken"
    }

    fn embed(&self, _: &[&str]) -> Result<Vec<f32>, ModelError> {
        if self.0 { Err(ModelError::new("broken", "is out of memory", "free some")) } else { Ok(vec![1.0]) }
    }
}

#[test]
fn meaning_is_embedded_in_one_call_and_errors_are_told() {
    let plain = Chunker::new(ChunkConfig::default().with_max_size(100)).unwrap();
    let letters = Arc::new(Letters(0.into()));
    let semantic = SemanticChunker::new(&plain, letters.clone());
    let text = "Aa aa aa. Ab aa ab. Aa aa. Zz zz yz. Zy zz. Zz zz zz.";
    let texts: Vec<&str> = semantic
        .clone()
        .with_breakpoints(0.2)
        .chunk(text)
        .unwrap()
        .iter()
        .map(|chunk| chunk.text(text))
        .collect();
    assert_eq!(texts, ["Aa aa aa. Ab aa ab. Aa aa.", "Zz zz yz. Zy zz. Zz zz zz."]);
    assert_eq!(letters.0.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert_eq!(semantic.clone().with_breakpoints(0.0).chunk(text).unwrap().len(), 1);
    assert!(semantic.chunk("").unwrap().is_empty());
    assert_ne!(semantic.chunker().config_id(), semantic.clone().with_breakpoints(0.3).chunker().config_id());
    for fails in [true, false] {
        let error = SemanticChunker::new(&plain, Arc::new(Broken(fails))).chunk(text).unwrap_err();
        assert_eq!(error.code(), "model");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn chunks_of_meaning_obey(text in texts(), max in 5_usize..60, overlap in 0_usize..20, share in 0.0_f32..1.0) {
        for unit in [SizeUnit::Bytes, SizeUnit::Chars, SizeUnit::Words, SizeUnit::Tokens, SizeUnit::Custom] {
            let plain = chunker(ChunkKind::Text, unit, max, overlap.min(max / 3));
            let semantic = SemanticChunker::new(&plain, Arc::new(Letters(0.into()))).with_breakpoints(share);
            let chunks = semantic.chunk(&text).unwrap();
            obey(semantic.chunker(), &text, &chunks)?;
            prop_assert_eq!(semantic.chunk(&text).unwrap(), chunks);
        }
    }

    #[test]
    fn every_chunk_is_whole_in_a_window(text in texts(), max in 5_usize..20, overlap in 0_usize..5, more in 0_usize..40) {
        let tokenizer = tokenizer();
        let chunks = chunker(ChunkKind::Text, SizeUnit::Tokens, max, overlap.min(max / 3)).chunk(&text);
        let whole = tokenizer.encode(&text);
        let spans = || chunks.iter().map(|chunk| chunk.span);
        let ranges = tokenizer.token_spans(&text, spans());
        // Every token belongs to a chunk.
        let mut covered = 0;
        for range in &ranges {
            prop_assert!(range.start <= covered && range.end >= covered);
            covered = range.end;
        }
        prop_assert_eq!(covered + 2, whole.len());
        let most = ranges.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        let windows = tokenizer.late_windows(&text, spans(), most + 2 + more).unwrap();
        let mut pooled = Vec::new();
        for window in &windows {
            prop_assert!(window.ids.len() <= most + 2 + more && window.span.get(&text).is_some());
            for (index, place) in &window.chunks {
                prop_assert_eq!(&window.ids[place.clone()], &whole[ranges[*index].start + 1..=ranges[*index].end]);
                pooled.push(*index);
            }
        }
        prop_assert!(pooled.into_iter().eq(0..chunks.len()));
        if most > 0 {
            let error = tokenizer.late_windows(&text, spans(), most + 1).unwrap_err();
            prop_assert!(error.to_string().starts_with("max_tokens"));
        }
    }
}

/// Records of logs are lines with a time, wherever it stands, and what goes on below them.
#[test]
fn lines_without_a_time_belong_to_the_record_above() {
    for records in [
        // Python.
        &[
            "2026-11-20 10:00:00,123 ERROR hive failed",
            "Traceback (most recent call last):\n  File \"hive.py\", line 1, in open\n    raise ValueError(1)\nValueError: 1",
            "2026-11-20 10:00:01,000 INFO hive opened",
        ][..],
        // Java, indented and not.
        &[
            "20 Nov 2026 10:00:00 ERROR [main] Hive - failed\njava.io.IOException: no bees\n\tat Hive.open(Hive.java:1)",
            "\t... 3 more\nCaused by: java.lang.Error: x\n\tat Hive.close(Hive.java:2)",
            "20 Nov 2026 10:00:01 INFO [main] Hive - opened",
        ],
        // A file before the time (OpenStack), and a body below.
        &[
            "nova-api.log.1 2026-11-20 10:00:00.008 25746 INFO [req-1] request",
            "{\n\"bees\": 1\n}",
            "nova-api.log.1 2026-11-20 10:00:01.272 25746 INFO [req-2] reply",
        ],
        // An address before the time.
        &[
            "10.0.0.1 - ann [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5\nupstream was slow\nvery slow",
            "10.0.0.2 - bob [20/Nov/2026:10:00:01 +0000] \"GET / HTTP/1.1\" 200 5",
        ],
        // A label and seconds (BGL).
        &[
            "- 1117838570 2005.06.03 R02 RAS KERNEL INFO corrected\nregister 1",
            "- 1117838573 2005.06.03 R02 RAS KERNEL INFO corrected",
        ],
        // Priorities of syslog.
        &["<34>Nov 20 10:00:00 hive su: failed\nfor bee", "<34>Nov 20 10:00:01 hive su: done"],
    ] {
        let goes_on = |line: &str| !line.contains("10:00:0") && !line.starts_with("- 111");
        let text = records.join("\n") + "\n";
        let longest = text.len();
        for max in [longest / 2, longest - 2] {
            let chunks = cut("log", max, &text);
            assert!(chunks.len() > 1);
            let fit = |part: &str| part.chars().count() <= max;
            // A chunk that begins inside of a record is the rest of one that is too long.
            let mut record = String::new();
            let mut whole = Vec::new();
            for line in text.split_inclusive('\n') {
                if !goes_on(line) && !record.is_empty() {
                    whole.push(std::mem::take(&mut record));
                }
                record.push_str(line);
            }
            whole.push(record);
            for chunk in &chunks {
                let begins = chunk.text(&text).lines().next().unwrap();
                let inside = whole.iter().find(|record| record.contains(begins)).unwrap();
                assert!(!goes_on(begins) || !fit(inside.trim_end()), "{begins:?} of {inside:?} at {max}");
            }
        }
    }
}

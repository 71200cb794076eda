//! The scanner against pulldown-cmark.

use crate::Span;
use crate::chunk::ChunkKind;
use crate::chunk::lattice::{Form, Level};
use crate::chunk::scan::{Blocks, Next};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

/// What of a text must agree: top-level headings with their depth, and tables.
#[derive(Debug, Default, PartialEq)]
struct Outline {
    headings: Vec<(usize, usize)>,
    tables: Vec<usize>,
}

fn ours(text: &str) -> Outline {
    let mut blocks = Blocks::of_text(ChunkKind::Markdown, text, 1 << 20);
    let mut outline = Outline::default();
    while let Next::Found(block) = blocks.next(text, true) {
        let start = content_start(text, block.span.start);
        if block.level >= Level::Heading6 {
            outline.headings.push((Level::Heading1 as usize - block.level as usize + 1, start));
        } else if block.form == Form::Rows {
            outline.tables.push(start);
        }
    }
    outline
}

fn theirs(text: &str) -> Outline {
    let mut outline = Outline::default();
    let mut depth = 0;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                let start = content_start(text, range.start);
                match tag {
                    Tag::Heading { level, .. } if depth == 0 => {
                        outline.headings.push((level as usize, start));
                    }
                    Tag::Table(_) if depth == 0 => outline.tables.push(start),
                    _ => {}
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    outline
}

/// Parsers differ in whether indentation belongs to a block.
fn content_start(text: &str, start: usize) -> usize {
    Span::new(start, text.len()).end - text[start..].trim_start().len()
}

/// Lines that begin, go on with and end blocks.
fn documents() -> impl Strategy<Value = String> {
    let line = proptest::sample::select(vec![
        "",
        "",
        "word",
        "Two words.",
        "# One",
        "## Two ##",
        "####### seven",
        "#hash",
        "===",
        "---",
        "--",
        "- item",
        "- # in item",
        "  inside",
        "    code",
        "\tcode",
        "1. one",
        "2. two",
        "2) two",
        "* star",
        "***",
        "_ _ _",
        "> quote",
        "> # quoted",
        ">",
        "```",
        "```rust",
        "~~~",
        "   ```",
        "````",
        "| a | b |",
        "|---|:-:|",
        "a | b",
        "--- | ---",
        "| 1 | 2 |",
        "|-|",
        "<div>",
        "</div>",
        "<!-- c",
        "-->",
        "<script>",
        "</script>",
        "<b>x</b>",
        "<b>",
        "<a href=\"x\">",
        "   # three",
        "    # four",
        "\\# escaped",
        "-",
        "+ plus",
        "10. ten",
        "  - nested",
        "    - deeper",
        "`code`",
    ]);
    (proptest::collection::vec(line, 0..14), prop::bool::ANY)
        .prop_map(|(lines, crlf)| lines.join(if crlf { "\r\n" } else { "\n" }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn outline_agrees_with_commonmark(text in documents()) {
        // Front matter is not CommonMark.
        prop_assume!(!text.starts_with("---"));
        let (ours, theirs) = (ours(&text), theirs(&text));
        prop_assert_eq!(ours.headings, theirs.headings, "{}", text);
        // Whether a line with bars before a table keeps it from being one, parsers see differently.
        prop_assert!(theirs.tables.iter().all(|table| ours.tables.contains(table)), "{}", text);
    }
}

#[test]
fn blocks_of_a_document() {
    let text = "---\ntitle: x\n---\n\n# A\n\npara\n\n- one\n- two\n\n  more\n\n| h |\n|---|\n| 1 |\n\n## B\n```\n# no\n```\n";
    let mut scanner = Blocks::of_text(ChunkKind::Markdown, text, 1 << 20);
    let blocks: Vec<_> = std::iter::from_fn(|| match scanner.next(text, true) {
        Next::Found(block) => Some(block),
        _ => None,
    })
    .collect();
    let texts: Vec<_> = blocks.iter().map(|block| (&text[block.span.range()], block.level)).collect();
    assert_eq!(
        texts,
        [
            ("---\ntitle: x\n---", Level::Block),
            ("# A", Level::Heading1),
            ("para", Level::Glue),
            ("- one", Level::Item),
            ("- two\n\n  more", Level::Item),
            ("| h |\n|---|\n| 1 |", Level::Block),
            ("## B", Level::Heading2),
            ("```\n# no\n```", Level::Glue),
        ]
    );
    assert_eq!(scanner.outline.path(scanner.outline.section()).unwrap().join(" > "), "A > B");
}

//! Source code: items, statements and lines, by its syntax tree.

mod item;

use super::Language;
use super::lattice::{Block, Form, Level};
use super::outline::{Outline, Path};
use super::prose::{skip_blank_lines, trim_end};
use crate::Span;
use std::ops::ControlFlow;
use tree_sitter::{Node, ParseOptions, Parser, Tree, TreeCursor};

/// Bytes beyond which a text is not parsed: a tree takes some ten times the memory of its text, and
/// what is no code at all takes microseconds a byte.
const MAX_BYTES: usize = 1 << 20;
/// Bytes of a mean line beyond which a text was written by a program and has nowhere to be cut.
const MAX_LINE: usize = 400;

/// Finds the blocks of source code that it has parsed.
#[derive(Debug)]
pub(super) struct CodeScanner {
    blocks: std::vec::IntoIter<Block>,
    /// Names of the items above a block, by its section.
    paths: Vec<Path>,
}

impl CodeScanner {
    /// A scanner of `text`, or `None` if it is too long or takes too long to parse.
    pub(super) fn new(text: &str, language: Language) -> Option<Self> {
        let tree = parse(text, language)?;
        let paths = vec![Path::from([])];
        let mut walk = Walk { text, language, outline: Outline::default(), paths, boundaries: Vec::new() };
        walk.tree(&tree);
        walk.lead();
        Some(Self { blocks: walk.blocks().into_iter(), paths: walk.paths })
    }

    /// The next block.
    pub(super) fn next(&mut self, outline: &mut Outline) -> Option<Block> {
        let block = self.blocks.next()?;
        outline.go_to(&self.paths[block.section]);
        Some(Block { section: outline.section(), ..block })
    }
}

/// Parses `text` in a number of steps that its length bounds, counted and not timed, so that the
/// same text is cut alike on every machine.
fn parse(text: &str, language: Language) -> Option<Tree> {
    let lines = memchr::memchr2_iter(b'\n', b'\r', &text.as_bytes()[..text.len().min(MAX_BYTES)]).count();
    if text.len() > MAX_BYTES || text.len() > (lines + 2) * MAX_LINE {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&item::grammar(language, text)).ok()?;
    // The parser reports after every hundred steps. Code takes a step a byte, what is broken two.
    let mut left = 200 + text.len() / 25;
    let mut progress = |_: &_| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

/// A place where code may be cut: the start of a line on which a node of the tree begins.
#[derive(Clone, Copy, Debug)]
struct Boundary {
    /// The start of the line.
    at: usize,
    /// Where the node ends.
    end: usize,
    level: Level,
    section: usize,
    /// A comment or an attribute, which belongs to what follows.
    leads: bool,
}

/// What is around a node.
#[derive(Clone, Copy, Debug)]
struct Around {
    /// Items within items.
    items: usize,
    /// Statements within statements of the same item.
    statements: usize,
    section: usize,
    /// No boundary was found in it yet.
    fresh: bool,
    /// The node that a wrapper such as `export` holds, whose name the wrapper has taken.
    wrapped: Option<usize>,
}

struct Walk<'t> {
    text: &'t str,
    language: Language,
    outline: Outline,
    paths: Vec<Path>,
    boundaries: Vec<Boundary>,
}

impl Walk<'_> {
    /// Visits every node that spans lines, outer ones first.
    fn tree(&mut self, tree: &Tree) {
        let mut cursor = tree.walk();
        let top = Around { items: 0, statements: 0, section: 0, fresh: false, wrapped: None };
        let mut above = vec![top];
        if !cursor.goto_first_child() {
            return;
        }
        loop {
            let depth = above.len() - 1;
            let inside = self.visit(cursor.node(), &mut above[depth]);
            if descends(cursor.node()) && cursor.goto_first_child() {
                above.push(inside);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !leave(&mut cursor, &mut above) {
                    return;
                }
            }
        }
    }

    /// Notes the boundary at a node, if there is one, and says what is around its children.
    fn visit(&mut self, node: Node<'_>, above: &mut Around) -> Around {
        let inside = Around { wrapped: None, ..*above };
        let start = node.start_byte();
        let Some(line) = self.line_of(start) else { return inside };
        let taken = self.boundaries.last().is_some_and(|last| last.at >= line);
        if !node.is_named() || taken || opens_body(node, self.text) {
            return inside;
        }
        let wrapped = above.wrapped == Some(node.id());
        let item = if wrapped { None } else { item::find(node, self.language, self.text) };
        let mut boundary = Boundary {
            at: line,
            end: node.end_byte(),
            level: Level::Glue,
            section: above.section,
            leads: leads(node.kind()),
        };
        let inside = if let Some(item) = item {
            self.outline.enter(above.items + 1, &item.title);
            self.paths.push(self.outline.current());
            boundary.section = self.paths.len() - 1;
            boundary.level = Level::heading(above.items + 2);
            Around {
                items: above.items + 1,
                statements: 0,
                section: boundary.section,
                fresh: true,
                wrapped: item.wrapped,
            }
        } else {
            if !wrapped {
                boundary.level = statement_level(above.statements, self.blank_before(line));
            }
            Around { statements: above.statements + usize::from(!wrapped), fresh: true, ..inside }
        };
        // The first line of a body stays with what it is the body of.
        if std::mem::take(&mut above.fresh) {
            boundary.level = Level::Glue;
        }
        self.boundaries.push(boundary);
        inside
    }

    /// The start of the line on which `at` is the first that is not white space.
    fn line_of(&self, at: usize) -> Option<usize> {
        let before = &self.text[..at];
        let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
        let line = at - indent;
        (line == 0 || self.text[..line].ends_with(['\n', '\r'])).then_some(line)
    }

    fn blank_before(&self, line: usize) -> bool {
        let gap = self.text[..line].trim_end().len();
        self.text[gap..line].bytes().filter(|&byte| byte == b'\n').count() > 1
    }

    /// Comments and attributes take the boundary of what they stand above.
    fn lead(&mut self) {
        for i in (1..self.boundaries.len()).rev() {
            let (above, below) = (self.boundaries[i - 1], self.boundaries[i]);
            let gap = self.text.get(above.end..below.at).unwrap_or("x");
            let joined = gap.trim().is_empty() && gap.bytes().filter(|&byte| byte == b'\n').count() <= 1;
            if above.leads && joined {
                let level = if above.level == Level::Glue { Level::Glue } else { below.level };
                self.boundaries[i - 1] = Boundary { level, section: below.section, ..above };
                self.boundaries[i].level = Level::Glue;
            }
        }
    }

    /// The stretches between the boundaries.
    fn blocks(&self) -> Vec<Block> {
        let text = self.text;
        let mut blocks = Vec::with_capacity(self.boundaries.len() + 1);
        let mut push = |from: usize, to: usize, level, section| {
            let start = skip_blank_lines(text, from, to);
            let span = Span::new(start, trim_end(text, start, to));
            if !span.is_empty() {
                blocks.push(Block { span, level, form: Form::Lines, section, header: None });
            }
        };
        push(0, self.boundaries.first().map_or(text.len(), |first| first.at), Level::Block, 0);
        for (i, boundary) in self.boundaries.iter().enumerate() {
            let end = self.boundaries.get(i + 1).map_or(text.len(), |next| next.at);
            push(boundary.at, end, boundary.level, boundary.section);
        }
        blocks
    }
}

/// Goes up; false at the top.
fn leave(cursor: &mut TreeCursor<'_>, above: &mut Vec<Around>) -> bool {
    above.pop();
    !above.is_empty() && cursor.goto_parent()
}

/// True if lines begin inside of a node that are not lines of a string or a comment.
fn descends(node: Node<'_>) -> bool {
    let kind = node.kind();
    node.start_position().row < node.end_position().row
        && !kind.contains("string")
        && !kind.contains("comment")
}

/// A brace on a line of its own belongs to what stands above it.
fn opens_body(node: Node<'_>, text: &str) -> bool {
    const BODIES: [&str; 4] = ["block", "body", "list", "compound"];
    text[node.start_byte()..].starts_with('{') && BODIES.iter().any(|body| node.kind().contains(body))
}

fn leads(kind: &str) -> bool {
    ["comment", "attribute", "decorator", "annotation"].iter().any(|lead| kind.contains(lead))
}

/// The boundary before a statement within `outer` others.
fn statement_level(outer: usize, apart: bool) -> Level {
    match (outer, apart) {
        (0, true) => Level::Break,
        (0, false) | (1, true) => Level::Block,
        (1, false) | (_, true) => Level::Item,
        _ => Level::Line,
    }
}

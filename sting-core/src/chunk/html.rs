//! HTML source: the elements that a browser sets apart, under their headings.

use super::lattice::{Block, Form, Header, Level};
use super::outline::Outline;
use super::prose::{is_break, skip_blank_lines, trim_end};
use crate::Span;
use crate::html::{Token, TokenKind, Tokenizer, decode};

/// Finds the blocks of HTML source, one after another. Tags belong to the blocks that they open.
#[derive(Debug)]
pub(super) struct HtmlScanner<'t> {
    text: &'t str,
    tokens: Tokenizer<'t>,
    /// Where the block in work begins, and whether it holds anything but tags.
    start: usize,
    filled: bool,
    level: Level,
    /// Depth and title of the heading in work.
    heading: Option<(usize, String)>,
    /// Header row of the table in work, and whether the row in work may become it.
    header: Option<Header>,
    header_row: Option<usize>,
    /// A block-level element ended: text that follows is another block.
    ended: bool,
}

impl<'t> HtmlScanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            tokens: Tokenizer::new(text),
            start: 0,
            filled: false,
            level: Level::Block,
            heading: None,
            header: None,
            header_row: None,
            ended: false,
        }
    }

    /// The next block.
    pub(super) fn next(&mut self, outline: &mut Outline) -> Option<Block> {
        while let Some(token) = self.tokens.next() {
            if let Some(block) = self.read(token, outline) {
                return Some(block);
            }
        }
        self.cut(self.text.len(), Level::Block, outline)
    }

    fn read(&mut self, token: Token<'t>, outline: &mut Outline) -> Option<Block> {
        let at = token.span.start;
        let mut block = None;
        match token.kind {
            TokenKind::Text if !token.text.trim().is_empty() => {
                if self.ended {
                    block = self.cut(at, Level::Block, outline);
                }
                (self.filled, self.ended) = (true, false);
                if let Some((_, title)) = &mut self.heading {
                    title.push_str(&decode(token.text).0);
                }
            }
            TokenKind::StartTag => {
                if let Some(level) = opens(token.name) {
                    block = self.cut(at, level, outline);
                    self.ended = false;
                }
                self.open(token);
            }
            TokenKind::EndTag => self.close(token, outline),
            TokenKind::RawText => self.filled = true,
            _ => {}
        }
        block
    }

    fn open(&mut self, token: Token<'t>) {
        if let Some(depth) = heading_depth(token.name) {
            self.heading = Some((depth, String::new()));
        } else if token.is("table") {
            (self.header, self.header_row) = (None, None);
        } else if token.is("tr") && self.header.is_none() {
            self.header_row = Some(token.span.start);
        } else if token.is("td") {
            // A row that holds data is not a header.
            self.header_row = None;
        }
    }

    fn close(&mut self, token: Token<'t>, outline: &mut Outline) {
        if heading_depth(token.name).is_some()
            && let Some((depth, title)) = self.heading.take()
        {
            let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
            outline.enter(depth, &title);
        } else if token.is("tr")
            && let Some(start) = self.header_row.take()
        {
            let number = outline.keep_header(&self.text[start..token.span.end]);
            self.header = Some(Header { end: token.span.end, number });
        } else if token.is("table") {
            self.header = None;
        }
        self.ended |= opens(token.name).is_some();
    }

    /// Ends the block in work at `at`, before a boundary of `level`.
    fn cut(&mut self, at: usize, level: Level, outline: &Outline) -> Option<Block> {
        if at < self.text.len() && (!self.filled || !is_break(self.text, at)) {
            // Nothing but tags so far: they open what comes next.
            self.level = self.level.max(level);
            return None;
        }
        let start = skip_blank_lines(self.text, self.start, at);
        let was_heading = self.level >= Level::Heading6;
        let next = if was_heading && level < Level::Heading6 { Level::Glue } else { level };
        let before = std::mem::replace(&mut self.level, next);
        (self.start, self.filled) = (at, false);
        let span = Span::new(start, trim_end(self.text, start, at));
        let header = self.header.filter(|header| header.end <= start);
        let section = outline.section();
        (!span.is_empty()).then_some(Block { span, level: before, form: Form::Html, section, header })
    }
}

fn heading_depth(name: &str) -> Option<usize> {
    match name.as_bytes() {
        [b'h' | b'H', depth @ b'1'..=b'6'] => Some(usize::from(depth - b'0')),
        _ => None,
    }
}

/// The boundary before an element that a browser sets apart.
fn opens(name: &str) -> Option<Level> {
    const BLOCKS: [&str; 30] = [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "details",
        "dialog",
        "div",
        "dl",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "head",
        "header",
        "html",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "thead",
        "ul",
    ];
    const ITEMS: [&str; 5] = ["dd", "dt", "li", "option", "tr"];
    let lower = name.to_ascii_lowercase();
    if let Some(depth) = heading_depth(name) {
        Some(Level::heading(depth))
    } else if BLOCKS.binary_search(&lower.as_str()).is_ok() {
        Some(Level::Block)
    } else if ITEMS.contains(&lower.as_str()) {
        Some(Level::Item)
    } else {
        (lower == "hr").then_some(Level::Break)
    }
}

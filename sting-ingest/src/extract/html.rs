//! Pages: their text in Markdown, so that headings, lists and tables survive.

use super::{Extraction, Text};
use crate::Error;
use sting_core::html::{Context, Piece, Pieces, Token, TokenKind, Tokenizer};
use sting_core::{PartKind, SourceMap, Span};

/// Elements whose content is no text for readers.
const DROPPED: [&str; 4] = ["script", "style", "template", "noembed"];

/// Elements that begin and end a line.
const BLOCKS: [&str; 39] = [
    "pre",
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frameset",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "main",
    "menu",
    "nav",
    "ol",
    "option",
    "p",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "thead",
    "ul",
];

pub(super) fn read(extraction: &mut Extraction<'_>, text: Text<'_>) -> Result<(), Error> {
    let Text { part, text: source } = text;
    let page = Page::render(&source);
    for (name, value) in [("title", &page.title), ("description", &page.description)] {
        extraction.fact(name, value.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    for (what, count, reason) in [
        ("script and style", page.code, "elements are code, not text"),
        ("comments", page.comments, "comments are not shown to readers"),
        ("link targets", page.links, "addresses of links are not kept"),
        ("images", page.images, "images have no text beside them"),
        ("unclosed tag", page.unclosed, "tag is cut off at the end of the page"),
    ] {
        if count > 0 {
            extraction.miss(&format!("{part}: {what}"), format!("{count} {reason}"));
        }
    }
    extraction.add(part, PartKind::Markdown, page.out, page.map, source.as_bytes())
}

/// A page on its way to Markdown.
#[derive(Default)]
struct Page {
    out: String,
    map: SourceMap,
    /// Line ends that are owed before the next text.
    owed_lines: usize,
    /// A space that is owed before the next text of the line, and where it stands.
    owed_space: Option<Span>,
    /// What the next text is to be introduced by: `# `, `- `.
    marker: Option<(String, Span)>,
    /// Depth of `pre`.
    preformatted: usize,
    /// Open lists: the number of the next item, or none for bullets.
    lists: Vec<Option<usize>>,
    tables: Tables,
    title: String,
    in_title: bool,
    description: String,
    code: usize,
    comments: usize,
    links: usize,
    images: usize,
    unclosed: usize,
    /// Depth of dropped elements that hold markup.
    dropped: usize,
}

impl Page {
    fn render(source: &str) -> Self {
        let mut page = Self { tables: Tables::of(source), ..Self::default() };
        page.out.reserve(source.len() / 2);
        for token in Tokenizer::new(source) {
            match token.kind {
                TokenKind::Text => page.text(&token),
                TokenKind::RawText | TokenKind::Doctype => {}
                TokenKind::Comment => page.comments += 1,
                TokenKind::Unclosed => page.unclosed += 1,
                TokenKind::StartTag => page.start(&token),
                TokenKind::EndTag => page.end(&token),
            }
        }
        if !page.out.is_empty() && !page.out.ends_with('\n') {
            page.insert("\n", Span::new(source.len(), source.len()));
        }
        page
    }

    fn start(&mut self, token: &Token<'_>) {
        let name = token.name.to_ascii_lowercase();
        if DROPPED.contains(&name.as_str()) {
            self.code += 1;
            self.dropped += usize::from(name == "template");
            return;
        }
        if self.dropped > 0 {
            return;
        }
        match name.as_str() {
            "title" => self.in_title = self.out.is_empty(),
            "meta" => self.meta(token),
            "a" => self.links += usize::from(token.attribute("href").is_some()),
            "img" | "area" => match token.attribute("alt").filter(|alt| !alt.trim().is_empty()) {
                Some(alt) => self.word(alt.trim(), token.span),
                None => self.images += usize::from(name == "img"),
            },
            "br" => self.break_line(1),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.break_line(2);
                let level = usize::from(name.as_bytes()[1] - b'0');
                self.marker = Some((format!("{} ", "#".repeat(level)), token.span));
            }
            "pre" if self.tables.cells_in_row() == 0 => {
                self.break_line(2);
                self.marker = Some(("```\n".into(), token.span));
                self.preformatted += 1;
            }
            "ol" | "ul" | "menu" => {
                self.break_line(if self.lists.is_empty() { 2 } else { 1 });
                self.lists.push((name == "ol").then_some(1));
            }
            "li" => self.item(token.span),
            "table" => {
                self.break_line(2);
                self.tables.open();
            }
            "tr" => {
                self.end_row(token.span);
                self.break_line(1);
            }
            "td" | "th" => self.cell(token.span),
            _ if BLOCKS.contains(&name.as_str()) => self.break_line(if name == "p" { 2 } else { 1 }),
            _ => {}
        }
    }

    fn end(&mut self, token: &Token<'_>) {
        let name = token.name.to_ascii_lowercase();
        match name.as_str() {
            "template" => self.dropped = self.dropped.saturating_sub(1),
            _ if self.dropped > 0 => {}
            "title" => self.in_title = false,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.marker = None;
                self.break_line(2);
            }
            "pre" if self.preformatted > 0 => {
                self.preformatted -= 1;
                if self.marker.take().is_none() {
                    self.owed_space = None;
                    let fence = if self.out.ends_with('\n') { "```" } else { "\n```" };
                    self.insert(fence, token.span);
                }
                self.break_line(2);
            }
            "ol" | "ul" | "menu" => {
                self.lists.pop();
                self.break_line(if self.lists.is_empty() { 2 } else { 1 });
            }
            "tr" => self.end_row(token.span),
            "table" => {
                self.end_row(token.span);
                self.tables.close();
                self.break_line(2);
            }
            _ if name == "li" || BLOCKS.contains(&name.as_str()) => {
                self.break_line(if name == "p" { 2 } else { 1 });
            }
            _ => {}
        }
    }

    fn meta(&mut self, token: &Token<'_>) {
        if token.attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("description")) {
            self.description = token.attribute("content").unwrap_or_default();
        }
    }

    fn item(&mut self, span: Span) {
        self.break_line(1);
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(8));
        let bullet = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}.", *number - 1)
            }
            _ => "-".into(),
        };
        self.marker = Some((format!("{indent}{bullet} "), span));
    }

    /// A cell begins. In a table of data it is set off by bars; in one that only lays out the page
    /// it is a block.
    fn cell(&mut self, span: Span) {
        if !self.tables.holds_data() {
            self.break_line(1);
            return;
        }
        if self.tables.cells_in_row() == 0 {
            self.break_line(1);
            self.marker = Some(("| ".into(), span));
        } else {
            self.flush_marker();
            self.owed_space = None;
            self.insert(" | ", span);
        }
        self.tables.count_cell();
    }

    fn end_row(&mut self, span: Span) {
        let cells = self.tables.cells_in_row();
        if cells == 0 {
            return;
        }
        self.flush_marker();
        self.owed_space = None;
        self.insert(" |", span);
        if self.tables.end_row() {
            let rule = format!("\n|{}", "---|".repeat(cells));
            self.insert(&rule, span);
        }
        self.break_line(1);
    }

    fn text(&mut self, token: &Token<'_>) {
        if self.dropped > 0 {
            return;
        }
        for (span, piece) in Pieces::new(token.text, Context::Text) {
            let span = Span::new(token.span.start + span.start, token.span.start + span.end);
            let mut buffer = [0; 8];
            match piece {
                Piece::Verbatim(run) if self.in_title => self.title.push_str(run),
                Piece::Verbatim(run) if self.preformatted > 0 => self.preformatted_run(run, span.start),
                Piece::Verbatim(run) => self.run(run, span.start),
                Piece::Decoded(first, second) => {
                    let len = first.encode_utf8(&mut buffer).len();
                    let end = len + second.map_or(0, |second| second.encode_utf8(&mut buffer[len..]).len());
                    let decoded = std::str::from_utf8(&buffer[..end]).unwrap_or("");
                    if self.in_title {
                        self.title.push_str(decoded);
                    } else if decoded == "\u{A0}" && self.preformatted == 0 {
                        self.owe_space(span);
                    } else {
                        self.begin_text(span);
                        self.insert(decoded, span);
                    }
                }
            }
        }
    }

    /// Text in which white space is as good as one space.
    fn run(&mut self, run: &str, start: usize) {
        let bytes = run.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let space = bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if space > 0 {
                self.owe_space(Span::new(start + at, start + at + space));
                at += space;
            }
            // A single space between two words stays where it is.
            let mut end = at;
            while end < bytes.len() {
                let lone =
                    bytes[end] == b' ' && bytes.get(end + 1).is_some_and(|next| !next.is_ascii_whitespace());
                if bytes[end].is_ascii_whitespace() && !lone {
                    break;
                }
                end += 1;
            }
            if end > at {
                self.begin_text(Span::new(start + at, start + end));
                if self.at_line_start() && run[at..end].starts_with('#') {
                    self.insert("\\", Span::new(start + at, start + at));
                }
                self.out.push_str(&run[at..end]);
                self.map.push_verbatim(end - at, start + at);
            }
            at = end;
        }
    }

    fn preformatted_run(&mut self, run: &str, start: usize) {
        self.begin_text(Span::new(start, start + run.len()));
        self.out.push_str(run);
        self.map.push_verbatim(run.len(), start);
    }

    /// Text that stands for the element at `span`, apart from the words around it.
    fn word(&mut self, text: &str, span: Span) {
        if self.dropped == 0 {
            self.owe_space(Span::new(span.start, span.start));
            self.begin_text(span);
            self.insert(text, span);
            self.owe_space(Span::new(span.end, span.end));
        }
    }

    fn at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    fn owe_space(&mut self, span: Span) {
        if self.owed_lines == 0
            && self.marker.is_none()
            && !self.out.is_empty()
            && !self.out.ends_with([' ', '\n'])
        {
            self.owed_space.get_or_insert(span);
        }
    }

    fn break_line(&mut self, lines: usize) {
        // A line may not break inside a row of a table.
        if self.tables.cells_in_row() > 0 {
            let at = Span::new(self.map_end(), self.map_end());
            self.owe_space(at);
            return;
        }
        self.owed_space = None;
        self.owed_lines = self.owed_lines.max(lines);
    }

    /// The place in the source that has been reached.
    fn map_end(&self) -> usize {
        let len = self.out.len();
        self.map.source_of(Span::new(len.saturating_sub(1), len)).end
    }

    /// Pays what is owed before text that stands at `span`.
    fn begin_text(&mut self, span: Span) {
        self.flush_marker();
        self.flush_lines(span.start);
        self.flush_space();
    }

    fn flush_space(&mut self) {
        if let Some(space) = self.owed_space.take() {
            self.insert(" ", space);
        }
    }

    fn flush_lines(&mut self, at: usize) {
        let owed = std::mem::take(&mut self.owed_lines);
        if self.out.is_empty() || owed == 0 {
            return;
        }
        let there = self.out.bytes().rev().take_while(|&byte| byte == b'\n').count();
        let missing = owed.saturating_sub(there);
        self.insert(&"\n\n"[..missing.min(2)], Span::new(at, at));
    }

    fn flush_marker(&mut self) {
        if let Some((marker, span)) = self.marker.take() {
            self.flush_space();
            self.flush_lines(span.start);
            self.insert(&marker, span);
        }
    }

    fn insert(&mut self, text: &str, source: Span) {
        if !text.is_empty() {
            self.out.push_str(text);
            self.map.push_rewritten(text.len(), source);
        }
    }
}

/// Which tables of a page hold data, and where in them the page is.
#[derive(Default)]
struct Tables {
    /// For each table in order of its start tag: true if it has no table inside and rows of several
    /// cells.
    data: Vec<bool>,
    next: usize,
    open: Vec<OpenTable>,
}

#[derive(Clone, Copy, Default)]
struct OpenTable {
    data: bool,
    rows: usize,
    cells: usize,
}

impl Tables {
    fn of(source: &str) -> Self {
        let (mut data, mut open) = (Vec::<bool>::new(), Vec::<usize>::new());
        for token in Tokenizer::new(source).filter(|token| token.is("table")) {
            if token.kind == TokenKind::StartTag {
                if let Some(&outer) = open.last() {
                    data[outer] = false;
                }
                open.push(data.len());
                data.push(true);
            } else {
                open.pop();
            }
        }
        Self { data, next: 0, open: Vec::new() }
    }

    fn open(&mut self) {
        let data = self.data.get(self.next).copied().unwrap_or(false);
        self.next += 1;
        self.open.push(OpenTable { data, ..OpenTable::default() });
    }

    fn close(&mut self) {
        self.open.pop();
    }

    fn holds_data(&self) -> bool {
        self.open.last().is_some_and(|table| table.data)
    }

    fn cells_in_row(&self) -> usize {
        self.open.last().map_or(0, |table| table.cells)
    }

    fn count_cell(&mut self) {
        if let Some(table) = self.open.last_mut() {
            table.cells += 1;
        }
    }

    /// Ends a row; true if it was the first, under which a rule belongs.
    fn end_row(&mut self) -> bool {
        let Some(table) = self.open.last_mut() else { return false };
        table.cells = 0;
        table.rows += 1;
        table.rows == 1
    }
}

//! Markdown: the blocks of CommonMark and of GitHub's tables, found line by line.
//!
//! Only what decides where a text may be cut is looked for: top-level blocks, list items, and the
//! headings above them.

mod line;
#[cfg(test)]
mod tests;

use super::lattice::{Block, Form, Header, Level};
use super::outline::Outline;
use super::prose::{skip_blank_lines, trim_end};
use super::scan::Place;
use crate::Span;
use line::{
    HtmlEnd, Line, atx_heading, closes_fence, delimiter_columns, html_block, interrupts_paragraph,
    list_marker, opens_fence, row_columns, setext_depth, thematic_break,
};

/// Finds the blocks of a Markdown text, one after another.
#[derive(Debug)]
pub(super) struct MarkdownScanner {
    /// The boundary before the next block.
    level: Level,
    /// What the last block was, and whether the next place is still inside of it.
    last: Open,
    goes_on: bool,
}

/// A block of which the rest cannot be told without knowing how it began.
#[derive(Clone, Copy, Debug)]
enum Open {
    Fence((u8, usize)),
    HtmlUntil(&'static str),
    Table(Header),
    Other,
}

impl Default for MarkdownScanner {
    fn default() -> Self {
        Self { level: Level::Block, last: Open::Other, goes_on: false }
    }
}

impl MarkdownScanner {
    /// Says that the next place is inside the last block, which was too long.
    pub(super) fn go_on(&mut self) {
        self.goes_on = true;
    }

    /// The block at a place.
    pub(super) fn next(&mut self, text: &str, place: Place, outline: &mut Outline) -> (Block, usize) {
        let start = place.at;
        let first = Line::at(text, start);
        let block = |end: usize, level: Level, form: Form, outline: &Outline| {
            let span = Span::new(start, trim_end(text, start, end));
            (Block { span, level, form, section: outline.section(), header: None }, end)
        };
        if std::mem::take(&mut self.goes_on)
            && let Some((end, form, header)) = self.rest(text, first)
        {
            let (rest, end) = block(end, Level::Line, form, outline);
            return (Block { header, ..rest }, end);
        }
        let mut level = std::mem::replace(&mut self.level, Level::Block);
        self.last = Open::Other;
        let (mut form, mut header) = (Form::Lines, None);
        let end;
        if place.first
            && let Some(matter) = front_matter(text)
        {
            end = matter;
        } else if first.indent >= 4 {
            end = indented_code(text, first);
        } else if let Some((depth, title)) = atx_heading(first.content) {
            level = self.enter(outline, depth, title);
            end = first.end;
        } else if let Some(fence) = opens_fence(first.content) {
            self.last = Open::Fence(fence);
            end = lines_until(text, first, |line| ends_fence(line, fence));
        } else if thematic_break(first.content) {
            // It belongs to what it ends.
            (level, self.level) = (Level::Glue, Level::Break);
            end = first.end;
        } else if let Some(ends) = html_block(first.content, false) {
            if let HtmlEnd::After(closer) = ends {
                self.last = Open::HtmlUntil(closer);
            }
            end = html_end(text, first, ends);
        } else if let Some(marker) = list_marker(first.content) {
            form = Form::Prose;
            level = level.min(Level::Item);
            end = list_item(text, first, marker);
            self.level = Level::Item;
            if !starts_item(text, end) {
                self.level = Level::Block;
            }
        } else if let Some((rows_end, header_end)) = table(text, first) {
            form = Form::Rows;
            let number = outline.keep_header(&text[start..header_end]);
            let found = Header { end: header_end, number };
            self.last = Open::Table(found);
            (end, header) = (rows_end, Some(found));
        } else {
            form = Form::Prose;
            let (paragraph_end, depth) = paragraph(text, first);
            end = paragraph_end;
            if let Some(depth) = depth {
                let last_line = text[start..end].trim_end().rfind('\n').map_or(start, |at| start + at);
                level = self.enter(outline, depth, text[start..last_line].trim());
            }
        }
        let (found, end) = block(end, level, form, outline);
        (Block { header, ..found }, end)
    }

    /// The end, form and header of the rest of a block that was too long, if it goes on at a line
    /// as what it was.
    fn rest(&mut self, text: &str, first: Line<'_>) -> Option<(usize, Form, Option<Header>)> {
        match self.last {
            Open::Fence(fence) if ends_fence(first, fence) => Some((first.end, Form::Lines, None)),
            Open::Fence(fence) => {
                Some((lines_until(text, first, |line| ends_fence(line, fence)), Form::Lines, None))
            }
            Open::HtmlUntil(closer) => {
                Some((html_end(text, first, HtmlEnd::After(closer)), Form::Lines, None))
            }
            Open::Table(header) => {
                // The header lies before this place, wherever that is.
                let header = Header { end: 0, ..header };
                Some((rows_end(text, first), Form::Rows, Some(header)))
            }
            Open::Other => None,
        }
    }

    /// Goes below a heading, and says how strong the boundary before it is.
    fn enter(&mut self, outline: &mut Outline, depth: usize, title: &str) -> Level {
        outline.enter(depth, title);
        self.level = Level::Glue;
        Level::heading(depth)
    }
}

fn ends_fence(line: Line<'_>, fence: (u8, usize)) -> bool {
    line.indent < 4 && closes_fence(line.content, fence)
}

/// The end of the first line after `first` for which `last` holds, or of the text.
fn lines_until(text: &str, first: Line<'_>, last: impl Fn(Line<'_>) -> bool) -> usize {
    let mut line = first;
    while line.end < text.len() {
        line = Line::at(text, line.end);
        if last(line) {
            break;
        }
    }
    line.end
}

/// The end of a YAML front matter.
fn front_matter(text: &str) -> Option<usize> {
    let mut line = Line::at(text, 0);
    if line.content.trim_end() != "---" || line.indent > 0 {
        return None;
    }
    while line.end < text.len() {
        line = Line::at(text, line.end);
        match line.content.trim_end() {
            "---" | "..." if line.indent == 0 => return Some(line.end),
            // A blank line says that the first line was a thematic break.
            "" => return None,
            _ => {}
        }
    }
    None
}

fn indented_code(text: &str, first: Line<'_>) -> usize {
    let (mut line, mut end) = (first, first.end);
    while line.end < text.len() {
        line = Line::at(text, line.end);
        if line.is_blank() {
            continue;
        }
        if line.indent < 4 {
            break;
        }
        end = line.end;
    }
    end
}

fn html_end(text: &str, first: Line<'_>, ends: HtmlEnd) -> usize {
    let HtmlEnd::After(closer) = ends else {
        let mut line = first;
        while line.end < text.len() {
            let next = Line::at(text, line.end);
            if next.is_blank() {
                break;
            }
            line = next;
        }
        return line.end;
    };
    let closes = |line: Line<'_>| line::contains_ignoring_case(line.content, closer);
    if closes(first) { first.end } else { lines_until(text, first, closes) }
}

fn starts_item(text: &str, at: usize) -> bool {
    let next = skip_blank_lines(text, at, text.len());
    next < text.len() && {
        let line = Line::at(text, next);
        line.indent < 4 && list_marker(line.content).is_some() && !thematic_break(line.content)
    }
}

/// The end of a list item: what is indented as far as its text, and lines that go on with its
/// paragraph.
fn list_item(text: &str, first: Line<'_>, marker: usize) -> usize {
    let indent = first.indent + marker;
    let inside = first.content[marker.min(first.content.len())..].trim_start();
    let mut fence = opens_fence(inside);
    let mut in_paragraph = ends_in_paragraph(inside);
    let (mut line, mut end, mut empty) = (first, first.end, inside.is_empty());
    while line.end < text.len() {
        line = Line::at(text, line.end);
        if line.is_blank() {
            // An item that begins with an empty line has nothing after a second one.
            if empty {
                break;
            }
            in_paragraph = false;
            continue;
        }
        if line.indent >= indent {
            match fence {
                Some(open) if closes_fence(line.content, open) => fence = None,
                Some(_) => {}
                None => fence = opens_fence(line.content),
            }
            in_paragraph = fence.is_none()
                && (in_paragraph && line.indent >= indent + 4 || ends_in_paragraph(line.content));
        } else if !in_paragraph || begins_block(line) {
            break;
        }
        empty = false;
        end = line.end;
    }
    end
}

/// True if a line begins a block where none of its own level is open.
fn begins_block(line: Line<'_>) -> bool {
    line.indent < 4 && (interrupts_paragraph(line.content) || list_marker(line.content).is_some())
}

/// Markers of lists and quotes on one line beyond which it is taken for a paragraph.
const MAX_MARKERS: usize = 100;

/// True if a line leaves a paragraph open, which a line without its indentation can go on with.
fn ends_in_paragraph(mut content: &str) -> bool {
    // Every marker is looked at once, and what follows it as a whole.
    for _ in 0..MAX_MARKERS {
        let inner = match (list_marker(content), content.strip_prefix('>')) {
            _ if thematic_break(content) => return false,
            (Some(marker), _) => &content[marker.min(content.len())..],
            (None, Some(quoted)) => quoted,
            (None, None) => break,
        };
        let trimmed = inner.trim_start();
        if inner.len() - trimmed.len() >= 5 {
            return false;
        }
        content = trimmed;
    }
    !content.is_empty()
        && atx_heading(content).is_none()
        && opens_fence(content).is_none()
        && html_block(content, false).is_none()
}

/// The ends of a table and of its header rows.
fn table(text: &str, first: Line<'_>) -> Option<(usize, usize)> {
    if !first.content.contains('|') || first.end == text.len() {
        return None;
    }
    let line = Line::at(text, first.end);
    if line.indent >= 4 || delimiter_columns(line.content)? != row_columns(first.content) {
        return None;
    }
    Some((rows_end(text, line), line.end))
}

/// The end of the rows that follow a line of a table.
fn rows_end<'t>(text: &'t str, mut line: Line<'t>) -> usize {
    while line.end < text.len() {
        let next = Line::at(text, line.end);
        // However far it is indented: what would begin a block ends a table, though it may begin code then.
        if next.is_blank() || begins_block(Line { indent: 0, ..next }) {
            break;
        }
        line = next;
    }
    line.end
}

/// The end of a block quote, with the lines that go on with its last paragraph.
fn block_quote(text: &str, first: Line<'_>) -> usize {
    let mut fence = None;
    let mut in_paragraph = false;
    let (mut line, mut end) = (first, first.end);
    loop {
        if line.indent < 4
            && let Some(inside) = line.content.strip_prefix('>')
        {
            let inside = inside.strip_prefix(' ').unwrap_or(inside);
            match fence {
                Some(open) if closes_fence(inside.trim_start(), open) => fence = None,
                Some(_) => {}
                None => fence = opens_fence(inside),
            }
            in_paragraph = fence.is_none()
                && (in_paragraph && inside.starts_with("    ") && !inside.trim().is_empty()
                    || ends_in_paragraph(inside));
        } else if !in_paragraph || line.is_blank() || begins_block(line) {
            return end;
        }
        end = line.end;
        if end == text.len() {
            return end;
        }
        line = Line::at(text, end);
    }
}

/// The end of a paragraph, and its depth if it is underlined.
fn paragraph(text: &str, first: Line<'_>) -> (usize, Option<usize>) {
    if first.content.as_bytes().first() == Some(&b'>') {
        return (block_quote(text, first), None);
    }
    let mut line = first;
    while line.end < text.len() {
        let next = Line::at(text, line.end);
        if next.is_blank() {
            break;
        }
        if next.indent < 4 {
            if let Some(depth) = setext_depth(next.content) {
                return (next.end, Some(depth));
            }
            if interrupts_paragraph(next.content) {
                break;
            }
        }
        if next.content.as_bytes().first() == Some(&b'|') && table(text, next).is_some() {
            break;
        }
        line = next;
    }
    (line.end, None)
}

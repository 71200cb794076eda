//! Threads of e-mail: messages one below the other, the replies that they quote, signatures.

mod header;

use super::lattice::{Block, Form, Level};
use super::outline::{Outline, Path};
use super::prose::{line_end, skip_blank_lines, trim_end};
use super::scan::Place;
use crate::Span;
use header::{Header, attribution, field, is_separator, is_signature, starts_mailbox};

/// Lines over which an attribution ("On Friday, Ann wrote:") may be wrapped.
const ATTRIBUTION_LINES: usize = 3;

/// Finds the blocks of a thread: headers, paragraphs of one depth of quotation, signatures.
#[derive(Debug, Default)]
pub(super) struct EmailScanner {
    /// Depth of quotation of the block before.
    quoted: usize,
    /// The heading path of the message that is quoted at each depth.
    by_depth: Vec<Path>,
    /// Subject of the thread, under which all messages stand.
    subject: Option<String>,
    /// The block before opens a message: what follows stays with it.
    opened: bool,
}

/// Depths of quotation that are told apart.
const MAX_DEPTH: usize = 16;
/// Fields of one header.
const MAX_FIELDS: usize = 200;

impl EmailScanner {
    /// The block at a place.
    pub(super) fn next(&mut self, text: &str, place: Place, outline: &mut Outline) -> (Block, usize) {
        let start = place.at;
        let line = Line::at(text, start);
        let apart = place.first || place.blank_lines > 0 || blank_before(text, start);
        let before = std::mem::replace(&mut self.quoted, line.quoted);
        let opened = std::mem::take(&mut self.opened);
        self.by_depth.truncate(line.quoted.min(MAX_DEPTH) + 1);
        if let Some(path) = self.by_depth.last() {
            outline.go_to(path);
        }
        let (end, mut level) = if let Some(end) = self.begin_message(text, line, apart, outline) {
            self.opened = true;
            (end, Level::heading(2 + line.quoted.min(3)))
        } else {
            (paragraph_end(text, line), level(line, before, apart))
        };
        if opened && level < Level::Heading6 {
            level = Level::Glue;
        }
        let span = Span::new(start, trim_end(text, start, end));
        (Block { span, level, form: Form::Prose, section: outline.section(), header: None }, end)
    }

    /// If a message begins with `line`, the end of its headers or of the line that introduces it.
    fn begin_message(
        &mut self,
        text: &str,
        line: Line<'_>,
        apart: bool,
        outline: &mut Outline,
    ) -> Option<usize> {
        let depth = line.quoted;
        let mut end = line.start;
        let mut next = line;
        let separated = is_separator(line.content) || starts_mailbox(line.content);
        if separated {
            end = line.end;
            next = Line::at(text, skip_quoted_blanks(text, end, depth));
        }
        if (apart || separated)
            && next.quoted == depth
            && let Some((header, header_end)) = read_header(text, next)
        {
            self.enter(depth, depth, header, outline);
            return Some(header_end);
        }
        if separated {
            return Some(end);
        }
        let (author, end) = read_attribution(text, line)?;
        let header = Header { author: Some(author), ..Header::default() };
        // Some programs quote without marks.
        let below = Line::at(text, skip_blank_lines(text, end, text.len()));
        self.enter(depth, below.quoted.max(depth), header, outline);
        Some(end)
    }

    /// Goes below a message that is told of at one depth of quotation and stands at another.
    fn enter(&mut self, told: usize, depth: usize, header: Header, outline: &mut Outline) {
        let (told, depth) = (told.min(MAX_DEPTH), depth.min(MAX_DEPTH));
        let outer = outline.current();
        if let Some(subject) = header.subject
            && self.subject.as_ref() != Some(&subject)
        {
            outline.enter(1, &subject);
            self.subject = Some(subject);
        }
        let by: Vec<String> = header.author.into_iter().chain(header.date).collect();
        if !by.is_empty() {
            outline.enter(2 + depth, &by.join(", "));
        }
        self.by_depth.resize(if told == depth { depth } else { told + 1 }, outer);
        self.by_depth.resize(depth + 1, outline.current());
    }
}

/// The boundary before a paragraph, after one that is quoted so deeply.
fn level(line: Line<'_>, before: usize, apart: bool) -> Level {
    if is_signature(line.content) {
        Level::Block
    } else if line.quoted > before {
        Level::Break
    } else if line.quoted < before {
        // An answer belongs to what it quotes.
        Level::Item
    } else if apart {
        Level::Block
    } else {
        Level::Line
    }
}

/// A line without the marks of quotation before it.
#[derive(Clone, Copy, Debug)]
struct Line<'t> {
    start: usize,
    end: usize,
    quoted: usize,
    content: &'t str,
}

impl<'t> Line<'t> {
    fn at(text: &'t str, start: usize) -> Self {
        let end = line_end(text, start);
        let mut content = text[start..end].trim_end();
        let mut quoted = 0;
        while let Some(rest) = content.strip_prefix('>').or_else(|| content.strip_prefix(" >")) {
            (content, quoted) = (rest, quoted + 1);
        }
        Self { start, end, quoted, content: content.strip_prefix(' ').unwrap_or(content) }
    }

    fn is_blank(&self) -> bool {
        self.content.trim().is_empty()
    }
}

/// Bytes before a place that are looked at.
const LOOK_BACK: usize = 100;

/// True if only marks of quotation stand on the line before.
fn blank_before(text: &str, start: usize) -> bool {
    let from = text.floor_char_boundary(start.saturating_sub(LOOK_BACK));
    let before = text[from..start].trim_end_matches(['\n', '\r']);
    before.rfind(['\n', '\r']).is_some_and(|at| Line::at(before, at + 1).is_blank())
}

/// The end of the lines from `first` on that have its depth of quotation and that no blank line,
/// signature or message ends. Lines with nothing but marks of quotation belong to what is above.
fn paragraph_end(text: &str, first: Line<'_>) -> usize {
    let mut line = first;
    let mut blank = first.is_blank();
    while line.end < text.len() {
        let next = Line::at(text, line.end);
        let goes_on = next.quoted == first.quoted && (next.quoted > 0 || !next.is_blank());
        if !goes_on || blank && !next.is_blank() || is_signature(next.content) && !blank {
            break;
        }
        if is_separator(next.content)
            || starts_mailbox(next.content)
            || read_attribution(text, next).is_some()
        {
            break;
        }
        blank = next.is_blank();
        line = next;
    }
    line.end
}

/// The start of the first line at or after `at` that holds more than marks of quotation.
fn skip_quoted_blanks(text: &str, mut at: usize, depth: usize) -> usize {
    for _ in 0..3 {
        let line = Line::at(text, at);
        if at == text.len() || !line.is_blank() || line.quoted != depth {
            break;
        }
        at = line.end;
    }
    at
}

/// The header fields that begin with `first`, and where they end: two at least, one of which says
/// from whom the message is.
fn read_header(text: &str, first: Line<'_>) -> Option<(Header, usize)> {
    let mut header = Header::default();
    let mut line = first;
    let (mut end, mut fields) = (first.start, 0);
    field(first.content)?;
    for _ in 0..MAX_FIELDS {
        if line.quoted != first.quoted || line.is_blank() {
            break;
        }
        if let Some((name, value)) = field(line.content) {
            header.read(name, value);
            fields += 1;
        } else if !line.content.starts_with([' ', '\t']) {
            break;
        }
        end = line.end;
        if end == text.len() {
            break;
        }
        line = Line::at(text, end);
    }
    (fields >= 2 && header.known >= 2 && header.author.is_some()).then_some((header, end))
}

/// "On Friday, Ann wrote:", wrapped or not: what stands between, and the end of the line.
fn read_attribution(text: &str, first: Line<'_>) -> Option<(String, usize)> {
    let mut line = first;
    let mut words = String::new();
    for _ in 0..ATTRIBUTION_LINES {
        if line.quoted != first.quoted || line.is_blank() || words.len() + line.content.len() > 300 {
            return None;
        }
        words.push_str(line.content.trim());
        if words.ends_with(':') {
            return attribution(&words).map(|title| (title, line.end));
        }
        if !header::may_attribute(&words) || line.end == text.len() {
            return None;
        }
        words.push(' ');
        line = Line::at(text, line.end);
    }
    None
}

/// True if `head`, the beginning of a text, reads like a message or a thread.
pub(super) fn begins_thread(head: &str) -> bool {
    let start = skip_blank_lines(head, 0, head.len());
    let mut line = Line::at(head, start);
    if starts_mailbox(line.content) || is_separator(line.content) {
        line = Line::at(head, skip_quoted_blanks(head, line.end, 0));
    }
    if read_header(head, line).is_some() {
        return true;
    }
    let mut at = start;
    while at < head.len() {
        line = Line::at(head, at);
        if let Some((_, end)) = read_attribution(head, line)
            && Line::at(head, skip_blank_lines(head, end, head.len())).quoted > line.quoted
        {
            return true;
        }
        at = line.end;
    }
    false
}

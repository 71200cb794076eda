//! From text to blocks, a window at a time.
//!
//! A scanner never sees more than a window of text from the place where it stands. So it does not
//! matter whether the rest of the text is there yet, and a block that has no end can make neither
//! memory nor time grow.

use super::ChunkKind;
#[cfg(feature = "code")]
use super::code::CodeScanner;
use super::email::EmailScanner;
use super::html::HtmlScanner;
use super::json::{JsonScanner, last_break};
use super::lattice::{Block, Form, Level};
use super::markdown::MarkdownScanner;
use super::outline::{Outline, Path};
use super::prose::{is_break, skip_blank_lines, trim_end};
use super::record::{LogScanner, TableScanner};
use super::text::TextScanner;
use crate::Span;
use memchr::{memchr2_iter, memrchr};

/// Bytes that must follow a window before a stream decides: boundaries are judged by what follows.
const MARGIN: usize = 64;

/// Where a scanner stands: at the start of a line that is not blank, or in a block that was too
/// long to be handed over at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) at: usize,
    /// Nothing comes before it.
    pub(super) first: bool,
    /// Line breaks between what comes before and here; two and more are blank lines.
    pub(super) blank_lines: usize,
    /// A form feed is among them.
    form_feed: bool,
}

impl Place {
    /// True after two blank lines or a form feed, which say more than one blank line does.
    pub(super) fn is_set_apart(&self) -> bool {
        self.blank_lines > 1 || self.form_feed
    }
}

/// What comes next in a text of which the end may not be there yet.
#[derive(Debug)]
pub(super) enum Next<T> {
    Found(T),
    NeedsMore,
    End,
}

/// Finds the blocks of one kind of text. Each is handed a window and a place in it, and returns the
/// block that begins there with the start of the line after it.
#[derive(Debug)]
enum Scanner<'t> {
    Text(TextScanner),
    /// Source code without a syntax tree.
    Lines(TextScanner),
    #[cfg(feature = "code")]
    Code(CodeScanner),
    Email(EmailScanner),
    /// Blocks that were found elsewhere.
    Given(std::vec::IntoIter<Block>),
    Markdown(MarkdownScanner),
    Html(Box<HtmlScanner<'t>>),
    Json(JsonScanner),
    Log(LogScanner),
    Table(TableScanner),
}

/// The blocks of a text, one after another.
#[derive(Debug)]
pub(super) struct Blocks<'t> {
    scanner: Scanner<'t>,
    pub(super) outline: Outline,
    place: Place,
    /// The boundary before the rest of a block that was too long.
    rest: Option<Level>,
    /// Bytes of the longest block that is handed over; a window is twice as long.
    max_bytes: usize,
    /// What is left of a block that was found and is too long.
    long: Option<Block>,
}

impl<'t> Blocks<'t> {
    /// The blocks of a text that is all there.
    pub(super) fn of_text(kind: ChunkKind, text: &'t str, max_bytes: usize) -> Self {
        match kind {
            ChunkKind::Html => Self::new(Scanner::Html(Box::new(HtmlScanner::new(text))), max_bytes),
            #[cfg(feature = "code")]
            ChunkKind::Code(language) => {
                let scanner = CodeScanner::new(text, language).map(Scanner::Code);
                Self::new(scanner.unwrap_or_else(|| Scanner::of_stream(kind)), max_bytes)
            }
            kind => Self::new(Scanner::of_stream(kind), max_bytes),
        }
    }

    /// Blocks that were found elsewhere, in parts.
    pub(super) fn given(blocks: Vec<Block>, max_bytes: usize) -> Self {
        Self::new(Scanner::Given(blocks.into_iter()), max_bytes)
    }

    /// The blocks of a text that comes bit by bit.
    pub(super) fn of_stream(kind: ChunkKind, max_bytes: usize) -> Self {
        Self::new(Scanner::of_stream(kind), max_bytes)
    }

    fn new(scanner: Scanner<'t>, max_bytes: usize) -> Self {
        let place = Place { at: 0, first: true, blank_lines: 0, form_feed: false };
        Self { scanner, outline: Outline::default(), place, rest: None, max_bytes, long: None }
    }

    /// The next block of at most `max_bytes`. `last` says that nothing follows `text`.
    pub(super) fn next(&mut self, text: &str, last: bool) -> Next<Block> {
        if let Some(rest) = self.long.take() {
            return self.in_parts(text, rest);
        }
        let of_whole = match &mut self.scanner {
            Scanner::Html(scanner) => Some(scanner.next(&mut self.outline)),
            Scanner::Given(blocks) => Some(blocks.next()),
            #[cfg(feature = "code")]
            Scanner::Code(scanner) => Some(scanner.next(&mut self.outline)),
            _ => None,
        };
        if let Some(found) = of_whole {
            return found.map_or(Next::End, |block| self.in_parts(text, block));
        }
        loop {
            let limit = self.place.at + 2 * self.max_bytes;
            if !last && text.len() <= limit + MARGIN {
                return Next::NeedsMore;
            }
            let window = &text[..text.floor_char_boundary(limit)];
            let whole = window.len() == text.len();
            let start = skip_blank_lines(window, self.place.at, window.len());
            if start > self.place.at {
                let gap = &text.as_bytes()[self.place.at..start];
                self.place.blank_lines += line_breaks(gap);
                self.place.form_feed |= gap.contains(&b'\x0c');
                self.place.first &= self.place.blank_lines == 0;
                self.place.at = start;
                if whole && start == window.len() {
                    return Next::End;
                }
                // The window is counted from where the block begins.
                continue;
            }
            if start == window.len() {
                return Next::End;
            }
            return self.block(text, window, whole);
        }
    }

    /// The block at the place, which is not blank.
    fn block(&mut self, text: &str, window: &str, whole: bool) -> Next<Block> {
        let place = self.place;
        let (mut block, end) = self.scanner.next(window, place, &mut self.outline);
        if let Some(level) = self.rest.take() {
            block.level = level;
        }
        self.place = Place { at: end, first: false, blank_lines: 0, form_feed: false };
        if !whole && end == window.len() {
            // The block reaches beyond what may be seen: its first part is cut off.
            let (cut, level) = self.part_end(window, Span::new(place.at, end), block.form);
            block.span.end = trim_end(window, place.at, cut);
            self.place.at = cut;
            self.rest = Some(level);
            self.scanner.go_on();
            return Next::Found(block);
        }
        self.in_parts(text, block)
    }

    /// The first part of a block; the rest is kept for the next call.
    fn in_parts(&mut self, text: &str, mut block: Block) -> Next<Block> {
        if block.span.len() > self.max_bytes {
            let (cut, level) = self.part_end(text, block.span, block.form);
            let start = skip_blank_lines(text, cut, block.span.end);
            if start < block.span.end {
                self.long = Some(Block { span: Span::new(start, block.span.end), level, ..block });
            }
            block.span.end = trim_end(text, block.span.start, cut);
        }
        Next::Found(block)
    }

    /// Where the first part of a block that is too long ends, and what the boundary is worth.
    fn part_end(&self, text: &str, span: Span, form: Form) -> (usize, Level) {
        let part = Span::new(span.start, text.floor_char_boundary(span.start + self.max_bytes).min(span.end));
        let bytes = &text.as_bytes()[part.range()];
        let found = match form {
            Form::Json => last_break(text, part),
            _ => memrchr(b'\n', bytes).or_else(|| memrchr(b' ', bytes)).map(|at| part.start + at + 1),
        };
        if let Some(cut) = found.filter(|&cut| cut > part.start + self.max_bytes / 2) {
            return (cut, Level::Line);
        }
        // A cluster longer than this exceeds every limit that has blocks as short as these.
        let mut cut = part.end;
        let stop = (cut + self.max_bytes / 16).min(span.end);
        while cut < stop && !is_break(text, cut) {
            cut = text.ceil_char_boundary(cut + 1);
        }
        (if cut < stop { cut } else { part.end }, Level::Grapheme)
    }

    /// The first byte that is still to be read.
    pub(super) fn at(&self) -> usize {
        self.long.map_or(self.place.at, |block| block.span.start)
    }

    /// Takes `bytes` off every place, because they were taken off the front of the text.
    pub(super) fn rebase(&mut self, bytes: usize) {
        self.place.at -= bytes;
        if let Some(long) = &mut self.long {
            long.rebase(bytes);
        }
        match &mut self.scanner {
            Scanner::Table(scanner) => scanner.rebase(bytes),
            Scanner::Json(scanner) => scanner.rebase(bytes),
            _ => {}
        }
    }

    /// The path in JSON of what `chunk` begins with, later than the chunk asked for before.
    pub(super) fn place_name(&mut self, text: &str, chunk: Span) -> Option<Path> {
        match &mut self.scanner {
            Scanner::Json(scanner) => Some(scanner.path_of(text, chunk)),
            _ => None,
        }
    }
}

impl Scanner<'_> {
    fn of_stream(kind: ChunkKind) -> Self {
        match kind {
            ChunkKind::Auto | ChunkKind::Text | ChunkKind::Html | ChunkKind::Semantic => {
                Self::Text(TextScanner::default())
            }
            ChunkKind::Code(_) => Self::Lines(TextScanner::default()),
            ChunkKind::Email => Self::Email(EmailScanner::default()),
            ChunkKind::Markdown => Self::Markdown(MarkdownScanner::default()),
            ChunkKind::Json => Self::Json(JsonScanner::default()),
            ChunkKind::Log => Self::Log(LogScanner::default()),
            ChunkKind::Table => Self::Table(TableScanner::default()),
        }
    }

    fn next(&mut self, text: &str, place: Place, outline: &mut Outline) -> (Block, usize) {
        match self {
            Self::Text(scanner) => scanner.next(text, place),
            Self::Lines(scanner) => {
                let (block, end) = scanner.next(text, place);
                (Block { form: Form::Lines, ..block }, end)
            }
            Self::Email(scanner) => scanner.next(text, place, outline),
            // These hand over blocks of their own accord.
            Self::Html(_) | Self::Given(_) => TextScanner::default().next(text, place),
            #[cfg(feature = "code")]
            Self::Code(_) => TextScanner::default().next(text, place),
            Self::Markdown(scanner) => scanner.next(text, place, outline),
            Self::Json(scanner) => scanner.next(text, place),
            Self::Log(scanner) => scanner.next(text, place),
            Self::Table(scanner) => scanner.next(text, place, outline),
        }
    }

    /// Says that the last block was not all: the next place is inside of it.
    fn go_on(&mut self) {
        if let Self::Markdown(scanner) = self {
            scanner.go_on();
        }
    }
}

/// Ends of lines, whatever they are made of.
fn line_breaks(bytes: &[u8]) -> usize {
    memchr2_iter(b'\n', b'\r', bytes)
        .filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'))
        .count()
}

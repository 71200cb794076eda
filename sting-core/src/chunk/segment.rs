//! One segment of a text after another, so that memory does not grow with the text.

use super::html::HtmlScanner;
use super::lattice::{Block, Level, rank};
use super::markdown::{MarkdownScanner, Path};
use super::measure::Measure;
use super::overlap::reach_back;
use super::pack::{Packed, Packer};
use super::record::{JsonScanner, LogScanner, TableScanner};
use super::text::TextScanner;
use super::{ChunkKind, Chunker, SizeUnit, detect, prose};
use crate::Span;
use crate::token::Tokenize;
use std::collections::VecDeque;

/// Finds the blocks of a text.
#[derive(Debug)]
enum Scanner<'t> {
    Text(TextScanner),
    Markdown(MarkdownScanner),
    Html(Box<HtmlScanner<'t>>),
    Json(JsonScanner),
    Log(LogScanner),
    Table(TableScanner),
}

impl<'t> Scanner<'t> {
    fn new(kind: ChunkKind, text: &'t str) -> Self {
        match kind {
            ChunkKind::Auto | ChunkKind::Text => Self::Text(TextScanner::new()),
            ChunkKind::Markdown => Self::Markdown(MarkdownScanner::new()),
            ChunkKind::Html => Self::Html(Box::new(HtmlScanner::new(text))),
            ChunkKind::Json => Self::Json(JsonScanner::default()),
            ChunkKind::Log => Self::Log(LogScanner::default()),
            ChunkKind::Table => Self::Table(TableScanner::default()),
        }
    }

    fn next(&mut self, text: &'t str, max_bytes: usize) -> Option<Block> {
        match self {
            Self::Text(scanner) => scanner.next(text, max_bytes),
            Self::Markdown(scanner) => scanner.next(text),
            Self::Html(scanner) => scanner.next(),
            Self::Json(scanner) => scanner.next(text),
            Self::Log(scanner) => scanner.next(text),
            Self::Table(scanner) => scanner.next(text),
        }
    }

    /// The headings above a block, if this kind of text has any.
    fn heading(&self, block: &Block) -> Option<&Path> {
        match self {
            Self::Markdown(scanner) => Some(scanner.sections.path(block.section)),
            Self::Html(scanner) => Some(scanner.sections.path(block.section)),
            _ => None,
        }
    }
}

/// The chunks of one text, without identities.
#[derive(Debug)]
pub(super) struct Segments<'t> {
    pub(super) chunker: &'t Chunker,
    pub(super) text: &'t str,
    scanner: Scanner<'t>,
    packer: Packer<'t>,
    /// Bytes of a segment. Chunks do not cross the ends of one.
    max_bytes: usize,
    /// Blocks that were scanned and not yet packed.
    blocks: Vec<Block>,
    ready: VecDeque<Packed>,
    /// The span of the last chunk.
    previous: Option<Span>,
}

impl<'t> Segments<'t> {
    pub(super) fn new(chunker: &'t Chunker, text: &'t str) -> Self {
        let config = &chunker.config;
        let kind = if config.kind == ChunkKind::Auto { detect::detect(text) } else { config.kind };
        let tokenizer = chunker.tokenizer.as_deref();
        let budget = config.max_size - special_tokens(chunker) - config.overlap;
        let bytes_a_unit = match config.unit {
            SizeUnit::Bytes => 1,
            SizeUnit::Chars => 2,
            SizeUnit::Words | SizeUnit::Tokens => 6,
        };
        Self {
            chunker,
            text,
            scanner: Scanner::new(kind, text),
            packer: Packer::new(text, Measure::new(text, config.unit, tokenizer), budget),
            max_bytes: config.max_size.saturating_mul(64 * bytes_a_unit).max(256 << 10),
            blocks: Vec::new(),
            ready: VecDeque::new(),
            previous: None,
        }
    }

    /// The headings above a chunk, if this kind of text has any.
    pub(super) fn heading(&self, packed: &Packed) -> Option<&Path> {
        self.scanner.heading(&packed.block)
    }

    /// Scans and packs the next segment; false if there is none.
    fn work(&mut self) -> bool {
        let mut more = true;
        while more && self.scanned() <= self.max_bytes {
            match self.scanner.next(self.text, self.max_bytes) {
                Some(block) => push_in_parts(self.text, block, self.max_bytes, &mut self.blocks),
                None => more = false,
            }
        }
        let Some(first) = self.blocks.first() else { return false };
        let least = first.span.start + self.max_bytes / 2;
        let cut = if more { self.segment_end(least) } else { self.blocks.len() };
        let rest = self.blocks.split_off(cut);
        let blocks = std::mem::replace(&mut self.blocks, rest);
        self.packer.pack(&blocks, |packed| self.ready.push_back(packed));
        true
    }

    /// Bytes from the first block to the last.
    fn scanned(&self) -> usize {
        match (self.blocks.first(), self.blocks.last()) {
            (Some(first), Some(last)) => last.span.end - first.span.start,
            _ => 0,
        }
    }

    /// The strongest boundary after `from`, as a number of blocks before it.
    fn segment_end(&self, from: usize) -> usize {
        let boundaries = self.blocks.windows(2).zip(1..).filter(|(pair, _)| pair[1].span.start >= from);
        let strongest = boundaries.max_by_key(|(pair, _)| {
            (rank(pair[1].level, self.text, pair[0].span.end, pair[1].span.start), pair[1].span.start)
        });
        strongest.map_or(self.blocks.len(), |(_, before)| before)
    }

    /// Lets a chunk reach back into the one before it.
    fn overlap(&mut self, packed: &mut Packed) {
        let config = &self.chunker.config;
        if let Some(previous) = self.previous.filter(|_| config.overlap > 0) {
            let header = self.packer.header_cost(packed.header);
            let limits = (config.overlap, config.max_size - special_tokens(self.chunker) - header);
            let tokenizer = self.chunker.tokenizer.as_deref();
            let start = reach_back(self.text, previous, packed.span.end, config.unit, tokenizer, limits);
            if start < previous.end {
                packed.span.start = start;
                packed.size = header + self.packer.measure.count(packed.span);
            }
        }
        self.previous = Some(packed.span);
    }
}

fn special_tokens(chunker: &Chunker) -> usize {
    chunker.tokenizer.as_deref().map_or(0, Tokenize::special_tokens)
}

impl Iterator for Segments<'_> {
    type Item = Packed;

    fn next(&mut self) -> Option<Packed> {
        while self.ready.is_empty() {
            if !self.work() {
                return None;
            }
        }
        let mut packed = self.ready.pop_front()?;
        self.overlap(&mut packed);
        packed.size += special_tokens(self.chunker);
        Some(packed)
    }
}

/// Appends a block, or parts of at most `max_bytes` of one that is longer, so that memory stays
/// bounded.
fn push_in_parts(text: &str, block: Block, max_bytes: usize, blocks: &mut Vec<Block>) {
    let mut rest = block;
    while rest.span.len() > max_bytes {
        let window = &text.as_bytes()[rest.span.start..][..max_bytes];
        let space = memchr::memrchr(b'\n', window).or_else(|| memchr::memrchr(b' ', window));
        let mut cut = space.filter(|&at| at > max_bytes / 2).map_or_else(
            || text.floor_char_boundary(rest.span.start + max_bytes),
            |at| rest.span.start + at + 1,
        );
        while cut < rest.span.end && !prose::is_break(text, cut) {
            cut = text.ceil_char_boundary(cut + 1);
        }
        let end = prose::trim_end(text, rest.span.start, cut);
        if end > rest.span.start {
            blocks.push(Block { span: Span::new(rest.span.start, end), ..rest });
        }
        rest.span.start = cut;
        rest.level = if space.is_some() { Level::Line } else { Level::Grapheme };
    }
    if !text[rest.span.range()].trim().is_empty() {
        blocks.push(rest);
    }
}

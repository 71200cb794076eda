//! From blocks to chunks: divide what is too long, then remove boundaries, weakest first.

use super::lattice::{Block, Form, Level, rank};
use super::measure::{Mark, Measure};
use super::prose::{divide, is_break};
use crate::Span;
use std::cell::Cell;
use unicode_segmentation::UnicodeSegmentation;

/// A chunk before it has an identity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    pub(super) span: Span,
    /// In the unit asked for, header included.
    pub(super) size: usize,
    /// The block in which it begins.
    pub(super) block: Block,
    /// The text repeated before it.
    pub(super) header: Option<Span>,
}

/// A stretch that fits a chunk and is not divided further.
#[derive(Clone, Copy, Debug)]
struct Unit {
    start: Mark,
    end: Mark,
    level: Level,
    block: u32,
}

/// Packs one segment after another; its buffers are reused.
#[derive(Debug)]
pub(super) struct Packer<'t> {
    text: &'t str,
    pub(super) measure: Measure<'t>,
    /// What a chunk may cost.
    budget: usize,
    units: Vec<Unit>,
    /// For the first unit of a chunk, its last; and the other way round.
    last: Vec<u32>,
    first: Vec<u32>,
    order: Vec<(u64, u32)>,
    /// The header counted last, with its size.
    last_header: Cell<(Span, usize)>,
}

/// A header as it stands before a chunk.
pub(super) fn with_line_break(header: &str) -> String {
    let mut prefix = header.trim_end().to_owned();
    prefix.push('\n');
    prefix
}

/// How a block of each form is divided, step by step.
const PROSE: [Level; 5] = [Level::Block, Level::Line, Level::Sentence, Level::Clause, Level::Word];
const LINES: [Level; 3] = [Level::Block, Level::Line, Level::Word];
const ROWS: [Level; 2] = [Level::Line, Level::Word];
const JSON: [Level; 7] =
    [Level::Item, Level::Line, Level::Line, Level::Sentence, Level::Clause, Level::Clause, Level::Word];

impl<'t> Packer<'t> {
    pub(super) fn new(text: &'t str, measure: Measure<'t>, budget: usize) -> Self {
        Self {
            text,
            measure,
            budget,
            units: Vec::new(),
            last: Vec::new(),
            first: Vec::new(),
            order: Vec::new(),
            last_header: Cell::default(),
        }
    }

    /// Packs the blocks of a segment and hands over its chunks in order.
    pub(super) fn pack(&mut self, blocks: &[Block], mut each: impl FnMut(Packed)) {
        let (Some(head), Some(tail)) = (blocks.first(), blocks.last()) else { return };
        self.measure.enter(Span::new(head.span.start, tail.span.end));
        self.units.clear();
        let mut mark = self.measure.origin();
        for (i, block) in blocks.iter().enumerate() {
            mark = self.divide(mark, block.span, block.level, 0, i as u32, block);
        }
        self.merge(blocks);
        let mut at = 0;
        while at < self.units.len() {
            let (unit, end) = (self.units[at], self.last[at] as usize);
            let block = blocks[unit.block as usize];
            let header = self.header(&block, unit.start.at);
            let size = self.header_cost(header) + self.measure.cost(unit.start, self.units[end].end);
            let span = Span::new(unit.start.at, self.units[end].end.at);
            each(Packed { span, size, block, header });
            at = end + 1;
        }
    }

    /// The text to repeat before a chunk that begins at `start` in `block`.
    fn header(&self, block: &Block, start: usize) -> Option<Span> {
        let header = block.header.filter(|header| start >= header.end);
        header.filter(|_| self.header_cost(header) <= self.budget / 2)
    }

    pub(super) fn header_cost(&self, header: Option<Span>) -> usize {
        let Some(header) = header else { return 0 };
        let (known, size) = self.last_header.get();
        if known == header {
            return size;
        }
        let size = self.measure.count_text(&with_line_break(&self.text[header.range()]));
        self.last_header.set((header, size));
        size
    }

    /// Appends the units of `span`, divided as far as is needed for each to fit.
    fn divide(
        &mut self,
        from: Mark,
        span: Span,
        level: Level,
        step: usize,
        index: u32,
        block: &Block,
    ) -> Mark {
        let start = self.measure.mark(from, span.start);
        let end = self.measure.mark(start, span.end);
        let budget = self.budget - self.header_cost(self.header(block, span.start));
        // A paragraph that leaves no room for the heading above it gives up its first sentence.
        let parted = level == Level::Glue
            && block.form == Form::Prose
            && step < 3
            && self.units.last().is_some_and(|above| self.measure.cost(above.start, end) > budget);
        if self.measure.cost(start, end) <= budget && !parted {
            self.units.push(Unit { start, end, level, block: index });
            return end;
        }
        let steps: &[Level] = match block.form {
            Form::Prose | Form::Html => &PROSE,
            Form::Json => &JSON,
            Form::Lines => &LINES,
            Form::Rows => &ROWS,
        };
        let Some(&by) = steps.get(step) else { return self.cut(start, span, level, index, budget) };
        let (text, mut mark, mut before) = (self.text, start, Some(level));
        divide(text, span, by, block.form, |part, by| {
            mark = self.divide(mark, part, before.take().unwrap_or(by), step + 1, index, block);
        });
        mark
    }

    /// Cuts a word that is too long into the longest parts that fit.
    fn cut(&mut self, from: Mark, span: Span, mut level: Level, block: u32, budget: usize) -> Mark {
        let mut start = from;
        while start.at < span.end {
            let end = self.measure.mark(start, self.cut_one(start.at, span.end, budget));
            self.units.push(Unit { start, end, level, block });
            (start, level) = (end, Level::Grapheme);
        }
        start
    }

    /// The last grapheme boundary that fits, or the last character boundary if one grapheme does
    /// not fit.
    fn cut_one(&self, start: usize, end: usize, budget: usize) -> usize {
        let mut limit = end;
        loop {
            let reached = self.measure.reach(start, limit, budget);
            if reached == end {
                return reached;
            }
            let bytes = self.text.as_bytes();
            if bytes[reached - 1].is_ascii() && bytes[reached].is_ascii() && is_break(self.text, reached) {
                return reached;
            }
            // Clusters are told from the start, so that long runs of flags are cut between flags.
            let seen = self.text.ceil_char_boundary((reached + 64).min(end));
            let mut at = start;
            for cluster in self.text[start..seen].graphemes(true) {
                if at + cluster.len() > reached {
                    break;
                }
                at += cluster.len();
            }
            // A shorter run can cost more; only spans that were counted are taken.
            if at == start || at == reached {
                return reached;
            }
            if self.measure.count(Span::new(start, at)) <= budget {
                return at;
            }
            limit = at;
        }
    }

    /// Removes boundaries, weakest first, while the chunk around them fits.
    fn merge(&mut self, blocks: &[Block]) {
        let count = self.units.len() as u32;
        self.last.clear();
        self.last.extend(0..count);
        self.first.clear();
        self.first.extend(0..count);
        self.order.clear();
        let text = self.text;
        self.order.extend(
            self.units
                .windows(2)
                .zip(1..)
                .map(|(pair, i)| (rank(pair[1].level, text, pair[0].end.at, pair[1].start.at), i)),
        );
        self.order.sort_unstable();
        for &(_, boundary) in &self.order {
            let (first, last) = (self.first[boundary as usize - 1], self.last[boundary as usize]);
            let (left, right) = (self.units[first as usize], self.units[last as usize]);
            let header = self.header(&blocks[left.block as usize], left.start.at);
            if self.measure.cost(left.start, right.end) + self.header_cost(header) <= self.budget {
                self.last[first as usize] = last;
                self.first[last as usize] = first;
            }
        }
    }
}

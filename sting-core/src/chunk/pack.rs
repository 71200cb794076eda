//! From blocks to chunks: divide what is too long, then remove boundaries, weakest first.

use super::lattice::{Block, Form, Header, Level, rank};
use super::measure::{Mark, Measure};
use super::outline::Outline;
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
    /// The heading path of the block in which it begins, as a number in the outline.
    pub(super) section: usize,
    /// The text repeated before it.
    pub(super) header: Option<Header>,
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
pub(super) struct Packer {
    pub(super) measure: Measure,
    /// What a chunk may cost.
    budget: usize,
    units: Vec<Unit>,
    /// For the first unit of a chunk, its last; and the other way round.
    last: Vec<u32>,
    first: Vec<u32>,
    order: Vec<(u64, u32)>,
    /// Number and size of the header counted last.
    last_header: Cell<Option<(usize, usize)>>,
}

/// What a segment is packed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'s> {
    pub(super) text: &'s str,
    pub(super) blocks: &'s [Block],
    pub(super) outline: &'s Outline,
}

/// How a block of each form is divided, step by step.
const PROSE: [Level; 5] = [Level::Block, Level::Line, Level::Sentence, Level::Clause, Level::Word];
const LINES: [Level; 3] = [Level::Block, Level::Line, Level::Word];
const ROWS: [Level; 2] = [Level::Line, Level::Word];
const JSON: [Level; 7] =
    [Level::Item, Level::Line, Level::Line, Level::Sentence, Level::Clause, Level::Clause, Level::Word];

impl Packer {
    pub(super) fn new(measure: Measure, budget: usize) -> Self {
        Self {
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
    pub(super) fn pack(&mut self, source: Source<'_>, mut each: impl FnMut(Packed)) {
        let Source { text, blocks, outline } = source;
        let (Some(head), Some(tail)) = (blocks.first(), blocks.last()) else { return };
        self.measure.enter(text, Span::new(head.span.start, tail.span.end));
        self.units.clear();
        let mut mark = self.measure.origin(text);
        for i in 0..blocks.len() as u32 {
            mark = self.units_of(source, mark, i);
        }
        self.merge(source);
        let mut at = 0;
        while at < self.units.len() {
            let (unit, end) = (self.units[at], self.last[at] as usize);
            let block = &blocks[unit.block as usize];
            let header = self.header(outline, block, unit.start.at);
            let size =
                self.header_cost(outline, header) + self.measure.cost(text, unit.start, self.units[end].end);
            let span = Span::new(unit.start.at, self.units[end].end.at);
            each(Packed { span, size, section: block.section, header });
            at = end + 1;
        }
    }

    /// The text to repeat before a chunk that begins at `start` in `block`.
    fn header(&self, outline: &Outline, block: &Block, start: usize) -> Option<Header> {
        let header = block.header.filter(|header| start >= header.end);
        header.filter(|_| self.header_cost(outline, header) <= self.budget / 2)
    }

    pub(super) fn header_cost(&self, outline: &Outline, header: Option<Header>) -> usize {
        let Some(Header { number, .. }) = header else { return 0 };
        if let Some((known, size)) = self.last_header.get()
            && known == number
        {
            return size;
        }
        let size = outline.header(number).map_or(0, |header| self.measure.count_text(header));
        self.last_header.set(Some((number, size)));
        size
    }

    /// Appends the units of a block, and returns the mark at its end.
    fn units_of(&mut self, source: Source<'_>, from: Mark, index: u32) -> Mark {
        let block = &source.blocks[index as usize];
        let start = self.measure.mark(source.text, from, block.span.start);
        let end = self.measure.mark(source.text, start, block.span.end);
        self.divide(source, Unit { start, end, level: block.level, block: index }, 0);
        end
    }

    /// Appends a stretch, divided as far as is needed for each part to fit.
    fn divide(&mut self, source: Source<'_>, whole: Unit, step: usize) {
        let text = source.text;
        let Unit { start, end, level, block: index } = whole;
        let block = &source.blocks[index as usize];
        let header = self.header(source.outline, block, start.at);
        let budget = self.budget - self.header_cost(source.outline, header);
        // A paragraph that leaves no room for the heading above it gives up its first sentence.
        let parted = level == Level::Glue
            && block.form == Form::Prose
            && step < 3
            && self.units.last().is_some_and(|above| self.measure.cost(text, above.start, end) > budget);
        if self.measure.cost(text, start, end) <= budget && !parted {
            return self.units.push(whole);
        }
        let steps: &[Level] = match block.form {
            Form::Prose | Form::Html => &PROSE,
            Form::Json => &JSON,
            Form::Lines => &LINES,
            Form::Rows => &ROWS,
        };
        let Some(&by) = steps.get(step) else { return self.cut(text, whole, budget) };
        let (mut mark, mut before) = (start, Some(level));
        divide(text, Span::new(start.at, end.at), by, block.form, |part, by| {
            let level = before.take().unwrap_or(by);
            let start = self.measure.mark(text, mark, part.start);
            // What is not divided at this step is not counted again.
            mark = if part.end == end.at { end } else { self.measure.mark(text, start, part.end) };
            self.divide(source, Unit { start, end: mark, level, block: index }, step + 1);
        });
    }

    /// Cuts a word that is too long into the longest parts that fit.
    fn cut(&mut self, text: &str, whole: Unit, budget: usize) {
        let mut rest = whole;
        while rest.start.at < whole.end.at {
            let reached = self.cut_one(text, rest.start.at, whole.end.at, budget);
            let end = self.measure.mark(text, rest.start, reached);
            self.units.push(Unit { end, ..rest });
            rest = Unit { start: end, level: Level::Grapheme, ..rest };
        }
    }

    /// The last grapheme boundary that fits, or the last character boundary if one grapheme does
    /// not fit.
    fn cut_one(&self, text: &str, start: usize, end: usize, budget: usize) -> usize {
        let mut limit = end;
        loop {
            let reached = self.measure.reach(text, start, limit, budget);
            if reached == end {
                return reached;
            }
            let bytes = text.as_bytes();
            if bytes[reached - 1].is_ascii() && bytes[reached].is_ascii() && is_break(text, reached) {
                return reached;
            }
            // Clusters are told from the start, so that long runs of flags are cut between flags.
            let seen = text.ceil_char_boundary((reached + 64).min(end));
            let mut at = start;
            for cluster in text[start..seen].graphemes(true) {
                if at + cluster.len() > reached {
                    break;
                }
                at += cluster.len();
            }
            // A shorter run can cost more; only spans that were counted are taken.
            if at == start || at == reached {
                return reached;
            }
            if self.measure.count(text, Span::new(start, at)) <= budget {
                return at;
            }
            limit = at;
        }
    }

    /// Removes boundaries, weakest first, while the chunk around them fits and the boundary is not
    /// worth keeping.
    fn merge(&mut self, source: Source<'_>) {
        let Source { text, blocks, outline } = source;
        let count = self.units.len() as u32;
        self.last.clear();
        self.last.extend(0..count);
        self.first.clear();
        self.first.extend(0..count);
        self.order.clear();
        // Two that do not fit never will: chunks only grow.
        let pairs = self.units.windows(2).zip(1..).filter(|(pair, _)| pair[1].level < Level::Part);
        let pairs =
            pairs.filter(|(pair, _)| self.measure.cost(text, pair[0].start, pair[1].end) <= self.budget);
        self.order
            .extend(pairs.map(|(pair, i)| (rank(pair[1].level, text, pair[0].end.at, pair[1].start.at), i)));
        self.order.sort_unstable();
        for &(_, boundary) in &self.order {
            let (first, last) = (self.first[boundary as usize - 1], self.last[boundary as usize]);
            let (left, right) = (self.units[first as usize], self.units[last as usize]);
            let header = self.header(outline, &blocks[left.block as usize], left.start.at);
            let size = self.measure.cost(text, left.start, right.end) + self.header_cost(outline, header);
            if size > self.budget {
                continue;
            }
            let next = self.units[boundary as usize];
            let sizes = [
                self.measure.cost(text, left.start, self.units[boundary as usize - 1].end),
                self.measure.cost(text, next.start, right.end),
            ];
            if !next.level.is_worth_keeping(sizes, self.budget) {
                self.last[first as usize] = last;
                self.first[last as usize] = first;
            }
        }
    }
}

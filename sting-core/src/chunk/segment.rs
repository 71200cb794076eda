//! One segment of a text after another, so that memory does not grow with the text.

use super::lattice::{Block, rank};
use super::measure::Measure;
use super::outline::{Outline, Path};
use super::overlap::reach_back;
use super::pack::{Packed, Packer, Source};
use super::scan::{Blocks, Next};
use super::{ChunkKind, Chunker};
use crate::Span;
use crate::token::Tokenize;
use std::collections::VecDeque;

/// Bytes before a place by which boundaries are judged.
const CONTEXT: usize = 128;

/// Finds the chunks of one text, without identities. The text is handed in with every call; between
/// calls bytes may be added at its end, and taken off its front with [`Segmenter::rebase`].
#[derive(Debug)]
pub(super) struct Segmenter<'t> {
    pub(super) chunker: Chunker,
    blocks: Blocks<'t>,
    packer: Packer,
    /// Blocks that were scanned and not yet packed.
    waiting: Vec<Block>,
    ready: VecDeque<Packed>,
    /// The span of the last chunk.
    previous: Option<Span>,
}

impl<'t> Segmenter<'t> {
    /// For a text that is all there.
    pub(super) fn of_text(chunker: &Chunker, kind: ChunkKind, text: &'t str) -> Self {
        Self::new(chunker, Blocks::of_text(kind, text, chunker.segment_bytes))
    }

    /// For a text whose blocks were found elsewhere.
    pub(super) fn of_blocks(chunker: &Chunker, blocks: Vec<Block>) -> Self {
        Self::new(chunker, Blocks::given(blocks, chunker.segment_bytes))
    }

    /// For a text that comes bit by bit.
    pub(super) fn of_stream(chunker: &Chunker, kind: ChunkKind) -> Self {
        Self::new(chunker, Blocks::of_stream(kind, chunker.segment_bytes))
    }

    fn new(chunker: &Chunker, blocks: Blocks<'t>) -> Self {
        let config = &chunker.config;
        let measure = Measure::new(chunker);
        let budget = config.max_size - special_tokens(chunker) - config.overlap - config.context_size;
        Self {
            chunker: chunker.clone(),
            blocks,
            packer: Packer::new(measure, budget),
            waiting: Vec::new(),
            ready: VecDeque::new(),
            previous: None,
        }
    }

    /// Headings and headers that chunks refer to.
    pub(super) fn outline(&self) -> &Outline {
        &self.blocks.outline
    }

    /// The name of the place where a chunk begins, for kinds that name places. To be asked for every
    /// chunk in order.
    pub(super) fn place_name(&mut self, text: &str, packed: &Packed) -> Option<Path> {
        self.blocks.place_name(text, packed.span)
    }

    /// The next chunk. `last` says that nothing follows `text`.
    pub(super) fn next(&mut self, text: &str, last: bool) -> Next<Packed> {
        loop {
            if let Some(mut packed) = self.ready.pop_front() {
                self.overlap(text, &mut packed);
                packed.size += special_tokens(&self.chunker);
                return Next::Found(packed);
            }
            match self.work(text, last) {
                Next::Found(()) => {}
                Next::NeedsMore => return Next::NeedsMore,
                Next::End => return Next::End,
            }
        }
    }

    /// Scans and packs the next segment.
    fn work(&mut self, text: &str, last: bool) -> Next<()> {
        let mut more = true;
        while more && self.scanned() <= self.chunker.segment_bytes {
            match self.blocks.next(text, last) {
                Next::Found(block) => self.waiting.push(block),
                Next::NeedsMore => return Next::NeedsMore,
                Next::End => more = false,
            }
        }
        let Some(first) = self.waiting.first() else { return Next::End };
        let header = self.waiting.iter().find_map(|block| Some(block.header?.number));
        self.blocks.outline.forget_before(first.section, header);
        let least = first.span.start + self.chunker.segment_bytes / 2;
        let cut = if more { self.segment_end(text, least) } else { self.waiting.len() };
        let source = Source { text, blocks: &self.waiting[..cut], outline: &self.blocks.outline };
        self.packer.pack(source, |packed| self.ready.push_back(packed));
        self.waiting.drain(..cut);
        Next::Found(())
    }

    /// Bytes from the first block to the last.
    fn scanned(&self) -> usize {
        match (self.waiting.first(), self.waiting.last()) {
            (Some(first), Some(last)) => last.span.end - first.span.start,
            _ => 0,
        }
    }

    /// The strongest boundary after `from`, as a number of blocks before it.
    fn segment_end(&self, text: &str, from: usize) -> usize {
        let boundaries = self.waiting.windows(2).zip(1..).filter(|(pair, _)| pair[1].span.start >= from);
        let strongest = boundaries.max_by_key(|(pair, _)| {
            (rank(pair[1].level, text, pair[0].span.end, pair[1].span.start), pair[1].span.start)
        });
        strongest.map_or(self.waiting.len(), |(_, before)| before)
    }

    /// Lets a chunk reach back into the one before it.
    fn overlap(&mut self, text: &str, packed: &mut Packed) {
        let config = &self.chunker.config;
        if let Some(previous) = self.previous.filter(|_| config.overlap > 0) {
            let header = self.packer.header_cost(&self.blocks.outline, packed.header);
            let limit = config.max_size - special_tokens(&self.chunker) - header - config.context_size;
            let limits = (config.overlap, limit);
            let start = reach_back(text, previous, packed.span.end, &self.packer.measure, limits);
            if start < previous.end {
                packed.span.start = start;
                packed.size = header + self.packer.measure.count(text, packed.span);
            }
        }
        self.previous = Some(packed.span);
    }

    /// The first byte that later calls can need, when [`Next::NeedsMore`] was returned.
    pub(super) fn needed_from(&self) -> usize {
        let scanned = self.waiting.first().map_or(self.blocks.at(), |block| block.span.start);
        self.previous.map_or(scanned, |previous| previous.start.min(scanned)).saturating_sub(CONTEXT)
    }

    /// Takes `bytes` off every place, because they were taken off the front of the text.
    pub(super) fn rebase(&mut self, bytes: usize) {
        self.blocks.rebase(bytes);
        self.waiting.iter_mut().for_each(|block| block.rebase(bytes));
        if let Some(previous) = &mut self.previous {
            *previous = Span::new(previous.start - bytes, previous.end - bytes);
        }
    }
}

fn special_tokens(chunker: &Chunker) -> usize {
    chunker.tokenizer.as_deref().map_or(0, Tokenize::special_tokens)
}

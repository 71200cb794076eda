//! Places where a text may be cut, by how well they divide it.

use crate::Span;

/// How strongly a boundary divides a text, weakest first.
///
/// Chunks are made by removing boundaries, weakest first, while the chunk around them fits and the
/// boundary is not worth keeping; so a strong boundary is a likely end of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum Level {
    /// Between what must stay together if it can, such as a heading and its first paragraph.
    Glue,
    /// Inside a word that is too long.
    Grapheme,
    Word,
    Clause,
    Sentence,
    Line,
    /// A list item, a row of a table.
    Item,
    /// A paragraph or another block.
    Block,
    /// A thematic break, a form feed.
    Break,
    Heading6,
    Heading5,
    Heading4,
    Heading3,
    Heading2,
    Heading1,
    /// Between parts of a document: never removed, so that no chunk crosses it.
    Part,
}

impl Level {
    /// The level before a heading of `depth`, 1 to 6.
    pub(super) fn heading(depth: usize) -> Self {
        match depth {
            0 | 1 => Self::Heading1,
            2 => Self::Heading2,
            3 => Self::Heading3,
            4 => Self::Heading4,
            5 => Self::Heading5,
            _ => Self::Heading6,
        }
    }
}

impl Level {
    /// True if a chunk should rather end here than fill up, given the sizes of what the boundary
    /// divides.
    ///
    /// Whoever looks for something in a chunk reads all of it, so the text read for it grows with the
    /// square of the size: joining two parts adds twice the product of their shares of the limit. A
    /// boundary between paragraphs is kept if that is more than 0.3, one before a heading if it is
    /// more than 0.15. For two that fit it is never more than half, so that what is weaker than a
    /// paragraph is always joined.
    pub(super) fn is_worth_keeping(self, sizes: [usize; 2], limit: usize) -> bool {
        let price = match self {
            level if level < Self::Block => return false,
            Self::Block => 0.3,
            Self::Break => 0.2,
            _ => 0.15,
        };
        let [left, right] = sizes.map(|size| size as f64 / limit as f64);
        2.0 * left * right > price
    }
}

/// What a scanner found: a stretch of text with the boundary before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// From the first character that counts to the last.
    pub(super) span: Span,
    /// The boundary before it.
    pub(super) level: Level,
    /// How it may be divided.
    pub(super) form: Form,
    /// The heading path it stands under, as an index into the scanner's list; 0 is none.
    pub(super) section: usize,
    /// Text to repeat before a chunk that begins inside this block but not at its start.
    pub(super) header: Option<Header>,
}

impl Block {
    /// Takes `bytes` off every place, because they were taken off the front of the text.
    pub(super) fn rebase(&mut self, bytes: usize) {
        self.span = Span::new(self.span.start - bytes, self.span.end - bytes);
        if let Some(header) = &mut self.header {
            header.end = header.end.saturating_sub(bytes);
        }
    }
}

/// Text that is repeated before chunks, such as the first rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Where it ends; what begins before is not preceded by it.
    pub(super) end: usize,
    /// Its number in the outline, which keeps its text.
    pub(super) number: usize,
}

/// How the inside of a block is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines may be wrapped; sentences count.
    Prose,
    /// Lines count, and empty lines more; sentences do not.
    Lines,
    /// Every line is a row.
    Rows,
    /// Source of HTML: as prose, but tags are not cut.
    Html,
    /// Commas count, the outermost most.
    Json,
}

/// The rank of a boundary: its level, and among equals a hash of the text around it, so that the
/// same text is cut at the same places wherever it stands in a document.
pub(super) fn rank(level: Level, text: &str, before: usize, after: usize) -> u64 {
    let bytes = text.as_bytes();
    let mut around = [0; 64];
    let head = &bytes[before.saturating_sub(16)..before];
    around[16 - head.len()..16].copy_from_slice(head);
    let tail = &bytes[after..bytes.len().min(after + 48)];
    around[16..16 + tail.len()].copy_from_slice(tail);
    let mut hash = 0x243F_6A88_85A3_08D3_u64;
    for word in around.as_chunks().0 {
        let product = u128::from(hash ^ u64::from_le_bytes(*word)) * 0x9E37_79B9_7F4A_7C15;
        hash = product as u64 ^ (product >> 64) as u64;
    }
    u64::from(level as u8) << 56 | hash >> 8
}

//! The one pass over all bytes: where could something be?
//!
//! A stretch of text becomes codes and bit masks; what begins a word, or ends its letters, follows by
//! shifts and one addition. Text in which no mask has a bit costs nothing more.

use super::class::{BLOCK, Kernel, Masks};

/// Bytes of text that are charted at a time: the chart stays in the first cache.
pub(super) const STRETCH: usize = 8 * 1024;
/// Bytes charted before and behind a stretch, for what bears on a value in it.
const MARGIN: usize = 4 * BLOCK;

/// Shortest token that a prefix is looked up for.
pub(super) const LONG: usize = 12;

/// Where something could be, in one block; one bit a byte, lowest first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    /// First digit of a word, if only letters stand before it.
    pub(super) digit: u64,
    /// First byte of a word from which a run of at least [`LONG`] bytes of a token goes on.
    pub(super) long: u64,
    pub(super) at: u64,
    pub(super) colon: u64,
    pub(super) equals: u64,
    /// Letters and digits.
    alnum: u64,
    /// Letters, digits and bytes outside ASCII.
    wordly: u64,
    /// Where the words begin that context and keys are made of: see [`super::context`].
    words: u64,
    lower: u64,
    letter: u64,
    stop: u64,
    high: u64,
}

impl Block {
    /// The block behind the last one with text.
    const BEHIND: Self = Self {
        stop: u64::MAX,
        digit: 0,
        long: 0,
        at: 0,
        colon: 0,
        equals: 0,
        alnum: 0,
        wordly: 0,
        words: 0,
        lower: 0,
        letter: 0,
        high: 0,
    };

    /// The triggers of this block, which stands at `offset`, that are in `from..to`.
    #[inline]
    pub(super) fn within(&self, offset: usize, from: usize, to: usize) -> Self {
        let mut here = u64::MAX;
        if offset < from {
            here &= u64::MAX << (from - offset);
        }
        if offset + BLOCK > to {
            here &= u64::MAX >> (offset + BLOCK - to);
        }
        Self {
            digit: self.digit & here,
            long: self.long & here,
            at: self.at & here,
            colon: self.colon & here,
            equals: self.equals & here,
            ..*self
        }
    }
}

/// Most codes of a shape.
pub(super) const MAX_SHAPE: usize = 31;

/// Codes of a stretch of text, up to what no number goes on over, or to where ever more letters would
/// only make shapes that differ in nothing that matters.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) codes: [u8; MAX_SHAPE + 1],
    /// How many of them count.
    pub(super) end: usize,
    /// The text goes on with what could be part of a number.
    pub(super) cut: bool,
}

/// Codes and masks of a stretch of text with its margins. All positions are those of the text.
#[derive(Debug, Default)]
pub(super) struct Chart {
    /// Where the first block begins.
    base: usize,
    /// Blocks with text, and one empty one.
    blocks: Vec<Block>,
    codes: Vec<u8>,
}

impl Chart {
    /// Charts `from..to` and its margins.
    pub(super) fn fill(&mut self, kernel: Kernel, text: &[u8], from: usize, to: usize) {
        self.base = from.saturating_sub(MARGIN);
        let stretch = &text[self.base..text.len().min(to + MARGIN)];
        let count = stretch.len().div_ceil(BLOCK);
        // One empty block behind the last, so that what is read past the end is empty.
        self.codes.resize((count + 1) * BLOCK, 0);
        self.blocks.resize(count + 1, Block::default());
        let (blocks, tail) = stretch.as_chunks::<BLOCK>();
        let (codes, _) = self.codes.as_chunks_mut::<BLOCK>();
        let mut last = [0; BLOCK];
        last[..tail.len()].copy_from_slice(tail);
        let last = (!tail.is_empty()).then_some(&last);
        let mut carry = Carry::behind(&text[..self.base]);
        let mut coming =
            blocks.iter().chain(last).zip(codes).map(|(block, codes)| kernel.block(block, codes));
        let mut masks = coming.next().unwrap_or_default();
        for block in &mut self.blocks[..count] {
            let next = coming.next().unwrap_or_default();
            *block = carry.block(&masks, &next);
            masks = next;
        }
        self.blocks[count] = Block::BEHIND;
        self.codes[count * BLOCK..].fill(0);
    }

    /// Blocks that hold bytes of `from..to`, each with its position.
    pub(super) fn blocks(&self, from: usize, to: usize) -> impl Iterator<Item = (usize, &Block)> {
        let first = (from - self.base) / BLOCK;
        let end = self.blocks.len().min((to - self.base).div_ceil(BLOCK));
        let base = self.base;
        self.blocks[first..end].iter().enumerate().map(move |(i, block)| (base + (first + i) * BLOCK, block))
    }

    /// 64 bits of a mask from `at` on. Past the chart they are zero.
    #[inline]
    fn bits(&self, at: usize, mask: impl Fn(&Block) -> u64) -> u64 {
        let offset = at - self.base;
        let (block, bit) = (offset / BLOCK, offset % BLOCK);
        let low = self.blocks.get(block).map_or(0, &mask) >> bit;
        // Two shifts, because one of 64 places is none.
        low | self.blocks.get(block + 1).map_or(0, mask) << 1 << (63 - bit)
    }

    /// The shape of the text at `at`, whose first digit that matters is `first` bytes behind.
    #[inline]
    pub(super) fn shape(&self, at: usize, first: usize) -> Shape {
        let lower = self.bits(at, |block| block.lower);
        let alnum = self.bits(at, |block| block.alnum);
        let letter = self.bits(at, |block| block.letter);
        // Behind the digit: three small letters, and the third change between letters and digits.
        let three = (lower & lower >> 1 & lower >> 2) >> first << first;
        let changes = (alnum & alnum << 1 & (letter ^ letter << 1)) >> first >> 1 << first << 1;
        let third = changes & changes.wrapping_sub(1);
        let third = third & third.wrapping_sub(1);
        let stop = self.bits(at, |block| block.stop).trailing_zeros();
        let end = (three << 3 | third << 1 | 1 << MAX_SHAPE).trailing_zeros();
        let mut codes = [0; MAX_SHAPE + 1];
        if let Some(here) = self.codes[at - self.base..].first_chunk() {
            codes = *here;
        }
        Shape { codes, end: stop.min(end) as usize, cut: end < stop }
    }

    /// Letters and digits from `at` on, at most 64.
    #[inline]
    pub(super) fn run(&self, at: usize) -> usize {
        self.bits(at, |block| block.alnum).trailing_ones() as usize
    }

    /// True if a byte of `from..to` is outside ASCII.
    #[inline]
    pub(super) fn has_high(&self, from: usize, to: usize) -> bool {
        (from..to).step_by(64).any(|at| {
            let wanted = u64::MAX >> (64 - (to - at).min(64));
            self.bits(at, |block| block.high) & wanted != 0
        })
    }

    /// Where the words begin in `from..from + 64`.
    #[inline]
    pub(super) fn words(&self, from: usize) -> u64 {
        self.bits(from, |block| block.words)
    }

    /// Length of the word that begins at `start`, at most 63.
    #[inline]
    pub(super) fn word_len(&self, start: usize) -> usize {
        let behind = self.bits(start + 1, |block| block.words | !block.wordly);
        1 + behind.trailing_zeros().min(62) as usize
    }

    /// First byte that is charted.
    pub(super) fn base(&self) -> usize {
        self.base
    }
}

/// What a block needs to know of those before it.
#[derive(Debug, Default)]
struct Carry {
    /// 1 if the byte before is a letter or a digit.
    joined: u64,
    /// 1 if the byte before is a letter of a word that began with letters only.
    letters_run_on: u64,
    /// 1 if the byte before can stand in a word; is lower case; is upper case.
    wordly: u64,
    lower: u64,
    upper: u64,
}

impl Carry {
    /// As a block that ends with `before` would leave it. Of a word that began in `before` only the
    /// last byte is known, which is no matter: the stretch begins behind the margin.
    fn behind(before: &[u8]) -> Self {
        let Some(byte) = before.last() else { return Self::default() };
        Self {
            joined: byte.is_ascii_alphanumeric().into(),
            letters_run_on: byte.is_ascii_alphabetic().into(),
            wordly: (byte.is_ascii_alphanumeric() || *byte >= 0x80).into(),
            lower: byte.is_ascii_lowercase().into(),
            upper: byte.is_ascii_uppercase().into(),
        }
    }

    #[inline]
    fn block(&mut self, masks: &Masks, next: &Masks) -> Block {
        let letter = masks.lower | masks.upper;
        let alnum = letter | masks.digit;
        let starts = alnum & !(alnum << 1 | self.joined);
        self.joined = alnum >> 63;

        // Adding the first bit of a run of letters carries through the run to the bit behind it.
        let (sum, carried) = letter.overflowing_add(starts & letter);
        let (sum, carried_too) = sum.overflowing_add(self.letters_run_on);
        self.letters_run_on = u64::from(carried || carried_too);
        let digit = (starts | sum & !letter) & masks.digit;

        let wide = |m: &Masks| u128::from(m.lower | m.upper | m.digit | m.joiner | m.equals);
        let mut run = wide(masks) | wide(next) << 64;
        for doubling in [1, 2, 4, 4] {
            run &= run >> doubling;
        }

        // Words are cut where lower case turns upper, and before the last of several capitals if two
        // small letters follow it.
        let wordly = alnum | masks.high;
        let lower_at = |places: u32| masks.lower >> places | next.lower << (64 - places);
        let hump = masks.upper & (masks.lower << 1 | self.lower);
        let capitals_end = masks.upper & (masks.upper << 1 | self.upper) & lower_at(1) & lower_at(2);
        let words = wordly & !(wordly << 1 | self.wordly) | hump | capitals_end;
        (self.wordly, self.lower, self.upper) = (wordly >> 63, masks.lower >> 63, masks.upper >> 63);

        Block {
            digit,
            long: starts & run as u64,
            at: masks.at,
            colon: masks.colon,
            equals: masks.equals,
            alnum,
            wordly,
            words,
            lower: masks.lower,
            letter,
            stop: masks.stop,
            high: masks.high,
        }
    }
}

/// Offsets of the bits of `mask`, lowest first.
#[inline]
pub(super) fn ones(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if mask == 0 {
            return None;
        }
        let bit = mask.trailing_zeros() as usize;
        mask &= mask - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::super::class::{Kernel, STOP, class, code_of};
    use super::super::context::for_words;
    use super::{Chart, LONG, ones};
    use proptest::prelude::*;

    /// The obvious way: look at each word by itself.
    fn naive(text: &[u8]) -> (Vec<usize>, Vec<usize>) {
        let (mut digits, mut longs) = (Vec::new(), Vec::new());
        for i in 0..text.len() {
            if !text[i].is_ascii_alphanumeric() || (i > 0 && text[i - 1].is_ascii_alphanumeric()) {
                continue;
            }
            let rest = &text[i..];
            let letters = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
            if rest.get(letters).is_some_and(u8::is_ascii_digit) {
                digits.push(i + letters);
            }
            let run = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_-./+=".contains(b));
            if run.count() >= LONG {
                longs.push(i);
            }
        }
        (digits, longs)
    }

    proptest! {
        #[test]
        fn triggers_are_what_they_say(
            text in "([a-zA-Z]{1,90}|[0-9]{1,9}|[ é_./=-]{1,4}){0,60}", from in 0_usize..900,
        ) {
            let bytes = text.as_bytes();
            let from = from.min(bytes.len());
            let mut chart = Chart::default();
            chart.fill(Kernel::detect(), bytes, from, bytes.len());
            let (mut digits, mut longs, mut words) = (Vec::new(), Vec::new(), Vec::new());
            for (at, block) in chart.blocks(chart.base(), bytes.len()) {
                digits.extend(ones(block.digit).map(|bit| at + bit));
                longs.extend(ones(block.long).map(|bit| at + bit));
                words.extend(ones(block.words).map(|bit| at + bit));
            }
            // A word that the chart's beginning cuts is no matter.
            let here = |all: Vec<usize>| all.into_iter().filter(|&at| at >= from.max(95)).collect::<Vec<_>>();
            let all = if from <= 256 { 0 } else { from };
            let keep = |found: Vec<usize>| if all == 0 { found } else { here(found) };
            let (expected_digits, expected_longs) = naive(bytes);
            prop_assert_eq!(keep(digits), keep(expected_digits));
            prop_assert_eq!(keep(longs), keep(expected_longs));
            let mut expected = Vec::new();
            for_words(bytes, |word| expected.push((word.as_ptr() as usize - bytes.as_ptr() as usize, word.len())));
            let lengths: Vec<_> = keep(words).iter().map(|&at| (at, chart.word_len(at))).collect();
            let expected: Vec<_> = expected.into_iter().map(|(at, len)| (at, len.min(63))).collect();
            let first = lengths.first().map_or(usize::MAX, |(at, _)| *at);
            prop_assert_eq!(&lengths[..], &expected[expected.partition_point(|(at, _)| *at < first)..]);
        }

        #[test]
        fn codes_are_those_of_the_bytes(text in "[a-z0-9é .:-]{0,400}", at in 0_usize..400) {
            let bytes = text.as_bytes();
            let at = at.min(bytes.len());
            let mut chart = Chart::default();
            chart.fill(Kernel::detect(), bytes, at, bytes.len());
            let shape = chart.shape(at, 2);
            for (i, code) in shape.codes.iter().enumerate() {
                prop_assert_eq!(*code, bytes.get(at + i).map_or(0, |byte| code_of(*byte)));
            }
            let rest = &bytes[at..];
            let changes = |i: usize| {
                let sort = |i: usize| (rest[i].is_ascii_alphabetic(), rest[i].is_ascii_alphanumeric());
                (3..i).filter(|&i| sort(i).1 && sort(i - 1).1 && sort(i) != sort(i - 1)).count()
            };
            let small = |i: usize| i >= 5 && rest[i - 3..i].iter().all(u8::is_ascii_lowercase);
            let stops = |i: usize| i >= rest.len() || class(code_of(rest[i])) == STOP;
            let expected = (0..31).find(|&i| stops(i) || small(i) || changes(i) == 3).unwrap_or(31);
            prop_assert_eq!((shape.end, shape.cut), (expected, !stops(expected)));
        }
    }
}

//! Where the next byte of a JSON string is that is not plain text, 64 bytes at a time.

const BLOCK: usize = 64;

/// Finds quotes, backslashes and control characters. Positions may only be asked for in ascending order of
/// blocks to be fast; any order is correct.
pub(super) struct Specials<'a> {
    bytes: &'a [u8],
    /// The block of which `mask` is known.
    block: usize,
    mask: u64,
}

impl<'a> Specials<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, block: usize::MAX, mask: 0 }
    }

    /// The first special byte at or after `at`; the length of the text if there is none.
    #[inline]
    pub(super) fn next(&mut self, at: usize) -> usize {
        let mut block = at / BLOCK;
        if block != self.block {
            self.load(block);
        }
        let mut mask = self.mask & (u64::MAX << (at % BLOCK));
        while mask == 0 {
            block += 1;
            if block * BLOCK >= self.bytes.len() {
                return self.bytes.len();
            }
            self.load(block);
            mask = self.mask;
        }
        block * BLOCK + mask.trailing_zeros() as usize
    }

    #[inline]
    fn load(&mut self, block: usize) {
        let rest = self.bytes.get(block * BLOCK..).unwrap_or_default();
        self.block = block;
        self.mask = if let Some(whole) = rest.first_chunk::<BLOCK>() {
            mask(whole)
        } else {
            let mut padded = [b' '; BLOCK];
            padded[..rest.len()].copy_from_slice(rest);
            mask(&padded)
        };
    }
}

/// A bit for each byte that is a quote, a backslash or a control character.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "instructions that every x86-64 has, behind a compile-time feature")]
#[inline]
fn mask(block: &[u8; BLOCK]) -> u64 {
    // SAFETY: SSE2 is part of every x86-64, and the function touches no memory but its argument.
    unsafe { sse2(block) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn sse2(block: &[u8; BLOCK]) -> u64 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };
    let mut mask = 0;
    for (i, lane) in block.as_chunks::<16>().0.iter().enumerate() {
        let lane = u128::from_le_bytes(*lane);
        let lane = _mm_set_epi64x((lane >> 64) as i64, lane as i64);
        let quote = _mm_cmpeq_epi8(lane, _mm_set1_epi8(b'"'.cast_signed()));
        let backslash = _mm_cmpeq_epi8(lane, _mm_set1_epi8(b'\\'.cast_signed()));
        let control = _mm_cmpeq_epi8(lane, _mm_min_epu8(lane, _mm_set1_epi8(0x1f)));
        let found = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control));
        mask |= u64::from(found as u16) << (16 * i);
    }
    mask
}

#[cfg(not(target_arch = "x86_64"))]
use portable as mask;

/// The same, eight bytes at a time on any machine.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable(block: &[u8; BLOCK]) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The highest bit of each byte that is zero. No carry leaves a byte.
    let zero = |word: u64| !(((word & LOW) + LOW) | word | LOW);
    let mut mask = 0;
    for (i, lane) in block.as_chunks::<8>().0.iter().enumerate() {
        let word = u64::from_le_bytes(*lane);
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let control = !(((word & LOW) + ONES * 0x60) | word) & !LOW;
        // Gathers the highest bit of each byte.
        let found = ((quote | backslash | control) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= found << (8 * i);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Specials, mask, portable};
    use proptest::prelude::*;

    fn slow(byte: u8) -> bool {
        byte == b'"' || byte == b'\\' || byte < 0x20
    }

    proptest! {
        #[test]
        fn kernels_agree(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"\"\\\x1f\x20\x7f\x80\x22\x5c".to_vec())], BLOCK)) {
            let block: &[u8; BLOCK] = bytes.first_chunk().unwrap();
            let expected = (0..BLOCK).fold(0, |mask, i| mask | u64::from(slow(block[i])) << i);
            prop_assert_eq!(mask(block), expected);
            prop_assert_eq!(portable(block), expected);
        }

        #[test]
        fn finds_the_next(bytes in prop::collection::vec(prop::sample::select(b"abc\"\\\nxyzxyzxyzxyzxyzxyz".to_vec()), 0..300), at in 0usize..310) {
            let expected = (at..bytes.len()).find(|&i| slow(bytes[i])).unwrap_or(bytes.len());
            prop_assert_eq!(Specials::new(&bytes).next(at.min(bytes.len())), expected);
        }
    }
}

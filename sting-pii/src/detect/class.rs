//! The class of every byte, 64 bytes at a time.
//!
//! A byte's class is what a shape can tell it apart by: a digit, a letter in four sorts, one of the
//! separators that stand in numbers, or anything else. One table look-up a byte gives it; one
//! comparison a class turns 64 of them into a mask of bits.

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// Classes, in the low half of a code. Zero is any byte that no number or date goes on over.
pub(super) const STOP: u8 = 0;
pub(super) const DIGIT: u8 = 1;
/// `a` to `f`
pub(super) const LOWER_HEX: u8 = 2;
/// `g` to `z`
pub(super) const LOWER: u8 = 3;
/// `A` to `F`
pub(super) const UPPER_HEX: u8 = 4;
/// `G` to `Z`
pub(super) const UPPER: u8 = 5;
pub(super) const SPACE: u8 = 6;
pub(super) const DASH: u8 = 7;
pub(super) const DOT: u8 = 8;
pub(super) const SLASH: u8 = 9;
pub(super) const COLON: u8 = 10;
pub(super) const OPEN: u8 = 11;
pub(super) const CLOSE: u8 = 12;
pub(super) const PLUS: u8 = 13;
pub(super) const COMMA: u8 = 14;

/// Sorts of [`STOP`], in the high half of a code.
const UNDERSCORE: u8 = 0x10;
const EQUALS: u8 = 0x20;
const AT: u8 = 0x30;
/// A byte of a character outside ASCII.
const HIGH: u8 = 0x40;

/// The class in a code.
pub(super) const fn class(code: u8) -> u8 {
    code & 0x0F
}

/// The code of a byte.
pub(super) const fn code_of(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => DIGIT,
        b'a'..=b'f' => LOWER_HEX,
        b'g'..=b'z' => LOWER,
        b'A'..=b'F' => UPPER_HEX,
        b'G'..=b'Z' => UPPER,
        b' ' => SPACE,
        b'-' => DASH,
        b'.' => DOT,
        b'/' => SLASH,
        b':' => COLON,
        b'(' => OPEN,
        b')' => CLOSE,
        b'+' => PLUS,
        b',' => COMMA,
        b'_' => UNDERSCORE,
        b'=' => EQUALS,
        b'@' => AT,
        0x80.. => HIGH,
        _ => STOP,
    }
}

/// Codes of all bytes of ASCII.
static CODES: [u8; 128] = {
    let mut table = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = code_of(byte as u8);
        byte += 1;
    }
    table
};

/// One bit a byte, lowest bit first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Masks {
    pub(super) digit: u64,
    pub(super) lower: u64,
    pub(super) upper: u64,
    pub(super) high: u64,
    pub(super) at: u64,
    pub(super) colon: u64,
    pub(super) equals: u64,
    /// `+-./_`
    pub(super) joiner: u64,
    /// Class [`STOP`].
    pub(super) stop: u64,
}

/// Which kernel this machine runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kernel {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Kernel {
    pub(super) fn detect() -> Self {
        Self::all().pop().unwrap_or(Self::Portable)
    }

    /// Those that this machine can run, the fastest last.
    fn all() -> Vec<Self> {
        #[allow(unused_mut)] // only the portable one elsewhere
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            all.push(Self::Avx2);
            if std::arch::is_x86_feature_detected!("avx512bw")
                && std::arch::is_x86_feature_detected!("avx512vbmi")
            {
                all.push(Self::Avx512);
            }
        }
        all
    }

    /// Writes the codes of a block, and gives its masks.
    #[inline]
    pub(super) fn block(self, block: &[u8; BLOCK], codes: &mut [u8; BLOCK]) -> Masks {
        match self {
            Self::Portable => portable(block, codes),
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code)]
            // SAFETY: `all` makes these variants only where the processor has what they need.
            Self::Avx2 => unsafe { x86::avx2(block, codes) },
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code)]
            // SAFETY: as above.
            Self::Avx512 => unsafe { x86::avx512(block, codes) },
        }
    }
}

fn portable(block: &[u8; BLOCK], codes: &mut [u8; BLOCK]) -> Masks {
    for (code, byte) in codes.iter_mut().zip(block) {
        *code = if *byte < 128 { CODES[usize::from(*byte)] } else { HIGH };
    }
    let mask =
        |of: &[u8]| codes.iter().rev().fold(0, |mask: u64, code| mask << 1 | u64::from(of.contains(code)));
    Masks {
        digit: mask(&[DIGIT]),
        lower: mask(&[LOWER_HEX, LOWER]),
        upper: mask(&[UPPER_HEX, UPPER]),
        high: mask(&[HIGH]),
        at: mask(&[AT]),
        colon: mask(&[COLON]),
        equals: mask(&[EQUALS]),
        joiner: mask(&[PLUS, DASH, DOT, SLASH, UNDERSCORE]),
        stop: mask(&[STOP, UNDERSCORE, EQUALS, AT, HIGH]),
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86 {
    use super::{
        AT, BLOCK, CODES, COLON, COMMA, DASH, DIGIT, DOT, EQUALS, HIGH, LOWER, LOWER_HEX, Masks, PLUS, SLASH,
        UNDERSCORE, UPPER, UPPER_HEX,
    };
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8,
        _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_storeu_si256, _mm512_cmpeq_epi8_mask,
        _mm512_loadu_si512, _mm512_mask_blend_epi8, _mm512_movepi8_mask, _mm512_permutex2var_epi8,
        _mm512_set1_epi8, _mm512_storeu_si512,
    };

    /// Masks, of whatever tells where a code stands and where one is greater or equal.
    #[inline]
    fn masks(is: impl Fn(u8) -> u64) -> Masks {
        let [digit, lower, upper] = [is(DIGIT), is(LOWER_HEX) | is(LOWER), is(UPPER_HEX) | is(UPPER)];
        let [dash, dot, slash, plus] = [is(DASH), is(DOT), is(SLASH), is(PLUS)];
        let colon = is(COLON);
        let others = is(super::SPACE) | is(super::OPEN) | is(super::CLOSE) | is(COMMA);
        let numeric = dash | dot | slash | plus;
        Masks {
            digit,
            lower,
            upper,
            high: is(HIGH),
            at: is(AT),
            colon,
            equals: is(EQUALS),
            joiner: numeric | is(UNDERSCORE),
            stop: !(digit | lower | upper | numeric | colon | others),
        }
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(block: &[u8; BLOCK], codes: &mut [u8; BLOCK]) -> Masks {
        let halves: [__m256i; 2] = [0, 32].map(|offset| {
            // SAFETY: 32 bytes from `offset` lie inside the block of 64; the load needs no alignment.
            let bytes = unsafe { _mm256_loadu_si256(block.as_ptr().add(offset).cast()) };
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
            // Bytes of 128 and more have their top bit set, for which the shuffle gives 0.
            let low = _mm256_and_si256(bytes, _mm256_set1_epi8(-113));
            let mut found = _mm256_setzero_si256();
            // The first 32 bytes of ASCII are control characters, of class 0.
            for row in 2..8 {
                // SAFETY: 16 bytes from `16 * row` lie inside the table of 128.
                let table = unsafe { _mm_loadu_si128(CODES.as_ptr().add(16 * row).cast()) };
                let here = _mm256_cmpeq_epi8(high, _mm256_set1_epi8(row as i8));
                let code = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), low);
                found = _mm256_or_si256(found, _mm256_and_si256(code, here));
            }
            let beyond =
                _mm256_cmpeq_epi8(_mm256_and_si256(bytes, _mm256_set1_epi8(-128)), _mm256_set1_epi8(-128));
            found = _mm256_or_si256(found, _mm256_and_si256(beyond, _mm256_set1_epi8(HIGH.cast_signed())));
            // SAFETY: as the load, into the block of codes.
            unsafe { _mm256_storeu_si256(codes.as_mut_ptr().add(offset).cast(), found) };
            found
        });
        masks(|code| {
            let wanted = _mm256_set1_epi8(code.cast_signed());
            let [low, high] =
                halves.map(|half| u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(half, wanted)) as u32));
            low | high << 32
        })
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub(super) fn avx512(block: &[u8; BLOCK], codes: &mut [u8; BLOCK]) -> Masks {
        // SAFETY: the block has 64 bytes and the table 128; the loads need no alignment.
        let (bytes, first, second) = unsafe {
            (
                _mm512_loadu_si512(block.as_ptr().cast()),
                _mm512_loadu_si512(CODES.as_ptr().cast()),
                _mm512_loadu_si512(CODES.as_ptr().add(64).cast()),
            )
        };
        // The permutation reads the low seven bits of each byte.
        let ascii = _mm512_permutex2var_epi8(first, bytes, second);
        let beyond = _mm512_movepi8_mask(bytes);
        let found = _mm512_mask_blend_epi8(beyond, ascii, _mm512_set1_epi8(HIGH.cast_signed()));
        // SAFETY: the block of codes has 64 bytes.
        unsafe { _mm512_storeu_si512(codes.as_mut_ptr().cast(), found) };
        masks(|code| _mm512_cmpeq_epi8_mask(found, _mm512_set1_epi8(code.cast_signed())))
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Kernel, portable};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn kernels_agree(block in proptest::array::uniform32(any::<[u8; 2]>())) {
            let block: [u8; BLOCK] = block.concat().try_into().unwrap();
            let mut expected = [0; BLOCK];
            let masks = portable(&block, &mut expected);
            for kernel in Kernel::all() {
                let mut codes = [0; BLOCK];
                prop_assert_eq!(kernel.block(&block, &mut codes), masks, "{:?}", kernel);
                prop_assert_eq!(codes, expected, "{:?}", kernel);
            }
        }
    }
}

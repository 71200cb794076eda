//! The one pass over all bytes: where could something be?
//!
//! Each block of 64 bytes becomes a handful of bit masks, one a class of bytes; what begins a word,
//! or ends its letters, follows by shifts and one addition. Text in which no mask has a bit costs
//! nothing more.

/// Class bits of a byte. The AVX2 kernel finds them with two table look-ups a byte, one for each
/// half of it, so each class is a set of high halves times a set of low halves.
const DIGIT: u8 = 1;
const LETTER_LOW: u8 = 1 << 1; // @A..O and `a..o, less @ and `
const LETTER_HIGH: u8 = 1 << 2; // P..Z and p..z
const AT: u8 = 1 << 3;
const COLON: u8 = 1 << 4;
const EQUALS: u8 = 1 << 5;
const JOINER: u8 = 1 << 6; // + - . /
const UNDERSCORE: u8 = 1 << 7;

/// One bit a byte, lowest bit first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    pub(crate) digit: u64,
    pub(crate) letter: u64,
    pub(crate) at: u64,
    pub(crate) colon: u64,
    pub(crate) equals: u64,
    /// `+-./_`
    pub(crate) joiner: u64,
}

pub(crate) const BLOCK: usize = 64;

const fn class_of(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => DIGIT,
        b'A'..=b'O' | b'a'..=b'o' => LETTER_LOW,
        b'P'..=b'Z' | b'p'..=b'z' => LETTER_HIGH,
        b'@' => AT,
        b':' => COLON,
        b'=' => EQUALS,
        b'+' | b'-' | b'.' | b'/' => JOINER,
        b'_' => UNDERSCORE,
        _ => 0,
    }
}

/// Class bits of every byte.
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class_of(byte as u8);
        byte += 1;
    }
    table
};

/// Which kernel this machine runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kernel {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Kernel {
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        Self::Portable
    }

    /// Masks of the block that begins at `at`. Bytes past the end have no class.
    #[inline]
    pub(crate) fn masks(self, text: &[u8], at: usize) -> Masks {
        let rest = text.get(at..).unwrap_or_default();
        if let Some(block) = rest.first_chunk::<BLOCK>() {
            return self.block(block);
        }
        if rest.is_empty() {
            return Masks::default();
        }
        let mut block = [0; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        self.block(&block)
    }

    #[inline]
    fn block(self, block: &[u8; BLOCK]) -> Masks {
        match self {
            Self::Portable => portable(block),
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code)]
            // SAFETY: `detect` makes this variant only where the processor has AVX2.
            Self::Avx2 => unsafe { avx2::block(block) },
        }
    }
}

fn portable(block: &[u8; BLOCK]) -> Masks {
    let mut masks = Masks::default();
    for (i, &byte) in block.iter().enumerate() {
        let class = CLASS[usize::from(byte)];
        let bit = |of: u8| u64::from(class & of != 0) << i;
        masks.digit |= bit(DIGIT);
        masks.letter |= bit(LETTER_LOW | LETTER_HIGH);
        masks.at |= bit(AT);
        masks.colon |= bit(COLON);
        masks.equals |= bit(EQUALS);
        masks.joiner |= bit(JOINER | UNDERSCORE);
    }
    masks
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2 {
    use super::{AT, BLOCK, CLASS, COLON, DIGIT, EQUALS, JOINER, LETTER_HIGH, LETTER_LOW, Masks, UNDERSCORE};
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
        _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_srli_epi16,
    };

    /// For each half-byte, the classes that some byte with that half has.
    const fn halves(high: bool) -> [i8; 16] {
        let mut table = [0_u8; 16];
        let mut byte = 0;
        while byte < 128 {
            table[if high { byte >> 4 } else { byte & 15 }] |= CLASS[byte];
            byte += 1;
        }
        let mut signed = [0; 16];
        let mut i = 0;
        while i < 16 {
            signed[i] = table[i].cast_signed();
            i += 1;
        }
        signed
    }

    const LOW: [i8; 16] = halves(false);
    const HIGH: [i8; 16] = halves(true);

    #[inline]
    #[target_feature(enable = "avx2")]
    fn twice(t: [i8; 16]) -> __m256i {
        _mm256_setr_epi8(
            t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9], t[10], t[11], t[12], t[13], t[14],
            t[15], t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9], t[10], t[11], t[12], t[13],
            t[14], t[15],
        )
    }

    /// A bit a byte: whether the byte has class `1 << (7 - SHIFT)`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn bits<const SHIFT: i32>(classes: [__m256i; 2]) -> u64 {
        let [low, high] = classes.map(|class| {
            // Shifting in lanes of 16 bits is fine: only the top bit of each byte is read.
            u64::from(_mm256_movemask_epi8(_mm256_slli_epi16::<SHIFT>(class)) as u32)
        });
        low | high << 32
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn block(block: &[u8; BLOCK]) -> Masks {
        const { assert!(DIGIT == 1 && LETTER_LOW == 2 && LETTER_HIGH == 4 && AT == 8) };
        const { assert!(COLON == 16 && EQUALS == 32 && JOINER == 64 && UNDERSCORE == 128) };
        let halves: [__m256i; 2] = [0, 32].map(|offset| {
            // SAFETY: 32 bytes from `offset` lie inside the block of 64; the load needs no alignment.
            unsafe { _mm256_loadu_si256(block.as_ptr().add(offset).cast()) }
        });
        let fifteen = _mm256_set1_epi8(15);
        let classes = halves.map(|bytes| {
            // A byte of 128 or more has its top bit set, for which the shuffle yields 0: no class.
            let low = _mm256_shuffle_epi8(twice(LOW), _mm256_and_si256(bytes, _mm256_set1_epi8(-113)));
            let high =
                _mm256_shuffle_epi8(twice(HIGH), _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), fifteen));
            _mm256_and_si256(low, high)
        });
        Masks {
            digit: bits::<7>(classes),
            letter: bits::<6>(classes) | bits::<5>(classes),
            at: bits::<4>(classes),
            colon: bits::<3>(classes),
            equals: bits::<2>(classes),
            joiner: bits::<1>(classes) | bits::<0>(classes),
        }
    }
}

/// Where something could be, in one block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Triggers {
    /// First digit of a word, if only letters stand before it.
    pub(crate) digit: u64,
    /// First byte of a word from which a run of at least [`LONG`] bytes of a token goes on.
    pub(crate) long: u64,
    /// `@`
    pub(crate) at: u64,
    /// `:`
    pub(crate) colon: u64,
    /// `=`
    pub(crate) equals: u64,
}

/// Shortest token that a prefix is looked up for.
pub(crate) const LONG: usize = 12;

/// Walks a text block by block.
#[derive(Debug)]
pub(crate) struct Scan<'t> {
    text: &'t [u8],
    kernel: Kernel,
    at: usize,
    next: Masks,
    /// 1 if the byte before the block is a letter or a digit.
    joined: u64,
    /// 1 if the byte before the block is a letter of a word that began with letters only.
    letters_run_on: u64,
}

impl<'t> Scan<'t> {
    pub(crate) fn new(text: &'t [u8], kernel: Kernel) -> Self {
        Self { text, kernel, at: 0, next: kernel.masks(text, 0), joined: 0, letters_run_on: 0 }
    }
}

impl Iterator for Scan<'_> {
    /// Offset of the block, and its triggers.
    type Item = (usize, Triggers);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let at = self.at;
        self.at += BLOCK;
        let masks = self.next;
        self.next = self.kernel.masks(self.text, self.at);

        let word = masks.letter | masks.digit;
        let starts = word & !(word << 1 | self.joined);
        self.joined = word >> 63;

        // Adding the first bit of a run of letters carries through the run to the bit behind it.
        let (sum, carried) = masks.letter.overflowing_add(starts & masks.letter);
        let (sum, carried_too) = sum.overflowing_add(self.letters_run_on);
        self.letters_run_on = u64::from(carried || carried_too);
        let digit = (starts | sum & !masks.letter) & masks.digit;

        let wide = |m: &Masks| u128::from(m.letter | m.digit | m.joiner | m.equals);
        let mut run = wide(&masks) | wide(&self.next) << 64;
        for doubling in [1, 2, 4, 4] {
            run &= run >> doubling;
        }
        let triggers = Triggers {
            digit,
            long: starts & run as u64,
            at: masks.at,
            colon: masks.colon,
            equals: masks.equals,
        };
        Some((at, triggers))
    }
}

/// Offsets of the bits of `mask`, lowest first.
#[inline]
pub(crate) fn ones(mut mask: u64) -> impl Iterator<Item = usize> {
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
    use super::{BLOCK, Kernel, LONG, Scan, ones};
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

    fn scanned(text: &[u8], kernel: Kernel) -> (Vec<usize>, Vec<usize>) {
        let (mut digits, mut longs) = (Vec::new(), Vec::new());
        for (at, triggers) in Scan::new(text, kernel) {
            digits.extend(ones(triggers.digit).map(|bit| at + bit));
            longs.extend(ones(triggers.long).map(|bit| at + bit));
        }
        (digits, longs)
    }

    proptest! {
        #[test]
        fn kernels_agree(block in proptest::collection::vec(any::<u8>(), BLOCK)) {
            prop_assert_eq!(Kernel::Portable.masks(&block, 0), Kernel::detect().masks(&block, 0));
        }

        #[test]
        fn triggers_are_what_they_say(text in "([a-zA-Z]{1,90}|[0-9]{1,9}|[ é_./=-]{1,4}){0,60}") {
            let expected = naive(text.as_bytes());
            prop_assert_eq!(&scanned(text.as_bytes(), Kernel::Portable), &expected);
            prop_assert_eq!(&scanned(text.as_bytes(), Kernel::detect()), &expected);
        }
    }
}

//! Which three bytes can begin a secret of a known vendor.

/// Bits of the table: one cache-resident look-up tells most words apart from all known prefixes.
const BITS: u32 = 15;

/// A set of three-byte prefixes that errs to "perhaps".
#[derive(Clone, Debug)]
pub(crate) struct PrefixSet {
    bits: Box<[u64; 1 << (BITS - 6)]>,
}

impl Default for PrefixSet {
    fn default() -> Self {
        Self { bits: Box::new([0; 1 << (BITS - 6)]) }
    }
}

#[inline]
fn slot(first: [u8; 3]) -> (usize, u64) {
    let value = u32::from_le_bytes([first[0], first[1], first[2], 0]);
    let hash = value.wrapping_mul(0x9E37_79B1) >> (32 - BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

impl PrefixSet {
    /// Adds prefixes; false if one is too short to be looked up or begins with no letter or digit.
    pub(crate) fn insert_all(&mut self, prefixes: &[Vec<u8>]) -> bool {
        let firsts: Option<Vec<[u8; 3]>> =
            prefixes.iter().map(|prefix| prefix.first_chunk().copied()).collect();
        let Some(firsts) = firsts.filter(|all| all.iter().all(|first| first[0].is_ascii_alphanumeric()))
        else {
            return false;
        };
        for first in firsts {
            let (word, bit) = slot(first);
            self.bits[word] |= bit;
        }
        true
    }

    /// False if no prefix begins `text`.
    #[inline]
    pub(crate) fn may_begin(&self, text: &[u8]) -> bool {
        text.first_chunk::<3>().is_some_and(|first| {
            let (word, bit) = slot(*first);
            self.bits[word] & bit != 0
        })
    }
}

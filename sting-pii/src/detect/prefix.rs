//! Which three bytes can begin a secret of a known vendor.

/// Bits of the table: one cache-resident look-up tells most words apart from all known prefixes.
const BITS: u32 = 15;

/// The first bytes of a value.
pub(crate) type First = [u8; 3];

/// The first three bytes of each prefix; `None` if one is shorter or begins with no letter or digit.
pub(crate) fn firsts(prefixes: &[Vec<u8>]) -> Option<Vec<First>> {
    let first = |prefix: &Vec<u8>| prefix.first_chunk().copied();
    let firsts: Option<Vec<First>> = prefixes.iter().map(first).collect();
    firsts.filter(|all| !all.is_empty() && all.iter().all(|first| first[0].is_ascii_alphanumeric()))
}

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
fn slot(first: First) -> (usize, u64) {
    let value = u32::from_le_bytes([first[0], first[1], first[2], 0]);
    let hash = value.wrapping_mul(0x9E37_79B1) >> (32 - BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

impl PrefixSet {
    pub(crate) fn insert(&mut self, first: First) {
        let (word, bit) = slot(first);
        self.bits[word] |= bit;
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

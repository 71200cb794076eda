use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Seeded choices that come out the same on every machine.
///
/// The stream is ChaCha8; how a choice is drawn from it is written here and not left to a
/// library's version.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice for a seed, and for a purpose, so that two generators with one seed do not share a
    /// stream.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        for (i, byte) in purpose.bytes().enumerate() {
            key[8 + i % 24] ^= byte;
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number in `0..bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// One of the items.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len() as u64) as usize]
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// `count` characters drawn from an ASCII alphabet.
    pub fn string(&mut self, alphabet: &[u8], count: usize) -> String {
        (0..count).map(|_| alphabet[self.below(alphabet.len() as u64) as usize] as char).collect()
    }

    /// The pattern with each `#` replaced by a digit.
    pub fn digits(&mut self, pattern: &str) -> String {
        pattern.chars().map(|c| if c == '#' { (b'0' + self.below(10) as u8) as char } else { c }).collect()
    }
}

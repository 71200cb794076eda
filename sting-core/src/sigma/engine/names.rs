//! Field names as numbers: one look at the first and last bytes of a name tells most names apart.

/// A set of names with a number each, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Box<str>>,
    /// Numbers of names plus one, at the place that their hash gives or the next free one.
    table: Vec<u32>,
}

/// The number of a name that is not in the set.
pub(super) const UNKNOWN: u32 = u32::MAX;

impl Names {
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The number of a name, which is added if need be.
    pub(super) fn add(&mut self, name: &str) -> u32 {
        let known = self.get(name);
        if known != UNKNOWN {
            return known;
        }
        self.names.push(name.into());
        if self.table.len() < 4 * self.names.len() {
            self.table = vec![0; (8 * self.names.len()).next_power_of_two()];
            for id in 0..self.names.len() {
                self.place(id);
            }
        } else {
            self.place(self.names.len() - 1);
        }
        self.names.len() as u32 - 1
    }

    fn place(&mut self, id: usize) {
        let mut at = hash(self.names[id].as_bytes());
        while self.table[at & (self.table.len() - 1)] != 0 {
            at += 1;
        }
        let last = self.table.len() - 1;
        self.table[at & last] = id as u32 + 1;
    }

    /// The number of a name, or [`UNKNOWN`].
    #[inline]
    pub(super) fn get(&self, name: &str) -> u32 {
        if self.table.is_empty() {
            return UNKNOWN;
        }
        let mut at = hash(name.as_bytes());
        loop {
            match self.table[at & (self.table.len() - 1)] {
                0 => return UNKNOWN,
                id if *self.names[id as usize - 1] == *name => return id - 1,
                _ => at += 1,
            }
        }
    }
}

/// A hash of the length and the first and last eight bytes. The set is made of the names in rules, so nobody
/// who sends events can fill one place.
#[inline]
fn hash(name: &[u8]) -> usize {
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
            }
            _ => (name.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)), 0),
        },
    };
    let mixed = (first ^ last.rotate_left(29) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::{Names, UNKNOWN};

    #[test]
    fn numbers_are_stable() {
        let mut names = Names::default();
        assert_eq!(names.get("a"), UNKNOWN);
        let words: Vec<String> = (0..2000).map(|i| "field".repeat(i % 5) + &i.to_string()).collect();
        for (i, word) in words.iter().enumerate() {
            assert_eq!(names.add(word), i as u32);
        }
        assert!(
            words
                .iter()
                .enumerate()
                .all(|(i, word)| names.get(word) == i as u32 && names.add(word) == i as u32)
        );
        assert_eq!((names.get("fieldfield"), names.get(""), names.len()), (UNKNOWN, UNKNOWN, 2000));
    }
}

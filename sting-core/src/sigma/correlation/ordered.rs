//! Numbers kept in order, so that ranks and percentiles need no sorting.

/// A multiset of numbers in blocks of at most [`BLOCK`]: insertion and removal move one block, and a rank
/// sums the lengths of the blocks before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ordered {
    blocks: Vec<Vec<f64>>,
    len: usize,
}

const BLOCK: usize = 512;

impl Ordered {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The first block that may hold `number`, or the last one.
    fn block(&self, number: f64) -> usize {
        let found = self
            .blocks
            .partition_point(|block| block.last().is_some_and(|last| last.total_cmp(&number).is_lt()));
        found.min(self.blocks.len().saturating_sub(1))
    }

    pub(super) fn insert(&mut self, number: f64) {
        self.len += 1;
        if self.blocks.is_empty() {
            self.blocks.push(vec![number]);
            return;
        }
        let at = self.block(number);
        let block = &mut self.blocks[at];
        let place = block.partition_point(|other| other.total_cmp(&number).is_lt());
        block.insert(place, number);
        if block.len() > BLOCK {
            let upper = block.split_off(BLOCK / 2);
            self.blocks.insert(at + 1, upper);
        }
    }

    /// Takes out one of the numbers that are equal to `number`.
    pub(super) fn remove(&mut self, number: f64) {
        if self.blocks.is_empty() {
            return;
        }
        let at = self.block(number);
        let block = &mut self.blocks[at];
        let place = block.partition_point(|other| other.total_cmp(&number).is_lt());
        if block.get(place).is_some_and(|found| found.total_cmp(&number).is_eq()) {
            block.remove(place);
            self.len -= 1;
            if block.is_empty() {
                self.blocks.remove(at);
            }
        }
    }

    /// How many are not above `number`.
    pub(super) fn rank(&self, number: f64) -> usize {
        let mut rank = 0;
        for block in &self.blocks {
            if block.last().is_some_and(|last| *last <= number) {
                rank += block.len();
            } else {
                return rank + block.partition_point(|other| *other <= number);
            }
        }
        rank
    }

    fn at(&self, mut index: usize) -> Option<f64> {
        for block in &self.blocks {
            if let Some(number) = block.get(index) {
                return Some(*number);
            }
            index -= block.len();
        }
        None
    }

    /// The percentile from 0 to 100, between two numbers by their distance; nothing if there are none.
    pub(super) fn percentile(&self, percentile: f64) -> Option<f64> {
        let place = percentile / 100.0 * self.len.checked_sub(1)? as f64;
        let (below, above) = (self.at(place.floor() as usize)?, self.at(place.ceil() as usize)?);
        Some(below + (above - below) * place.fract())
    }
}

#[cfg(test)]
mod tests {
    use super::Ordered;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_a_sorted_list(steps in prop::collection::vec((any::<bool>(), -50_i32..50), 0..3000)) {
            let (mut ordered, mut list) = (Ordered::default(), Vec::<f64>::new());
            for (insert, number) in steps {
                let number = f64::from(number);
                if insert {
                    ordered.insert(number);
                    list.push(number);
                } else {
                    ordered.remove(number);
                    if let Some(at) = list.iter().position(|other| (other - number).abs() < 0.5) {
                        list.remove(at);
                    }
                }
            }
            list.sort_by(f64::total_cmp);
            prop_assert_eq!(ordered.blocks.concat(), list.clone());
            prop_assert_eq!(ordered.rank(7.0), list.iter().filter(|number| **number <= 7.0).count());
            let median = match list.len() {
                0 => None,
                n if n % 2 == 1 => Some(list[n / 2]),
                n => Some(f64::midpoint(list[n / 2 - 1], list[n / 2])),
            };
            prop_assert_eq!(ordered.percentile(50.0), median);
        }
    }
}

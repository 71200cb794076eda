//! What is measured in a window, kept up to date as events come and go.

use super::ordered::Ordered;
use super::window::Entry;
use super::{CorrelationKind, CorrelationRule};
use rustc_hash::FxHashMap;

/// The measure of one window. Every step costs the same however many events or distinct values there are,
/// but for percentiles, which cost a little more with many.
#[derive(Clone, Debug)]
pub(super) enum Aggregate {
    Count(u64),
    /// How often each value is there, by its hash.
    Distinct(FxHashMap<u64, u32>),
    /// How often each rule matched, and how many did.
    Rules {
        counts: Box<[u32]>,
        present: u32,
    },
    Chains(Chains),
    Sum(Sum),
    Mean(Sum),
    Percentile {
        numbers: Ordered,
        percentile: f64,
    },
    /// Numbers by their order, texts by how often each is there.
    Rank {
        numbers: Ordered,
        texts: FxHashMap<u64, u32>,
        count_of_texts: u64,
    },
}

impl Aggregate {
    pub(super) fn new(rule: &CorrelationRule) -> Self {
        match rule.kind {
            CorrelationKind::EventCount => Self::Count(0),
            CorrelationKind::ValueCount => Self::Distinct(FxHashMap::default()),
            CorrelationKind::Temporal => Self::Rules { counts: vec![0; rule.rules.len()].into(), present: 0 },
            CorrelationKind::TemporalOrdered => Self::Chains(Chains::new(rule.rules.len())),
            CorrelationKind::ValueSum => Self::Sum(Sum::default()),
            CorrelationKind::ValueAvg => Self::Mean(Sum::default()),
            CorrelationKind::ValuePercentile => match rule.condition.percentile {
                Some(percentile) => Self::Percentile { numbers: Ordered::default(), percentile },
                None => {
                    Self::Rank { numbers: Ordered::default(), texts: FxHashMap::default(), count_of_texts: 0 }
                }
            },
        }
    }

    /// Adds an event; chains take none that is older than one that was added before.
    pub(super) fn add(&mut self, entry: &Entry) {
        match self {
            Self::Count(count) => *count += 1,
            Self::Distinct(values) => *values.entry(entry.value).or_insert(0) += 1,
            Self::Rules { counts, present } => {
                let count = &mut counts[usize::from(entry.slot)];
                *present += u32::from(*count == 0);
                *count += 1;
            }
            Self::Chains(chains) => chains.add(usize::from(entry.slot), entry.time),
            Self::Sum(sum) | Self::Mean(sum) => sum.add(entry.number()),
            Self::Percentile { numbers, .. } => numbers.insert(entry.number()),
            Self::Rank { numbers, texts, count_of_texts } => {
                if entry.is_text {
                    *texts.entry(entry.value).or_insert(0) += 1;
                    *count_of_texts += 1;
                } else {
                    numbers.insert(entry.number());
                }
            }
        }
    }

    /// Takes out an event that has left the window.
    pub(super) fn remove(&mut self, entry: &Entry) {
        match self {
            Self::Count(count) => *count -= 1,
            Self::Distinct(values) => take_one(values, entry.value),
            Self::Rules { counts, present } => {
                let count = &mut counts[usize::from(entry.slot)];
                *count -= 1;
                *present -= u32::from(*count == 0);
            }
            // A chain knows when it began.
            Self::Chains(_) => {}
            Self::Sum(sum) | Self::Mean(sum) => sum.remove(entry.number()),
            Self::Percentile { numbers, .. } => numbers.remove(entry.number()),
            Self::Rank { numbers, texts, count_of_texts } => {
                if entry.is_text {
                    take_one(texts, entry.value);
                    *count_of_texts -= 1;
                } else {
                    numbers.remove(entry.number());
                }
            }
        }
    }

    /// True if events can be added and taken out in any order.
    pub(super) fn is_reversible(&self) -> bool {
        !matches!(self, Self::Chains(_))
    }

    /// True if sums have been added to and taken from so often that they are better computed anew.
    pub(super) fn is_worn(&self, len: usize) -> bool {
        match self {
            Self::Sum(sum) | Self::Mean(sum) => sum.removed > len.max(256),
            _ => false,
        }
    }

    /// The measure of the window that begins at `from` and ends with `newest`.
    pub(super) fn measure(&self, newest: &Entry, from: i64) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Distinct(values) => Some(values.len() as f64),
            Self::Rules { present, .. } => Some(f64::from(*present)),
            Self::Chains(chains) => Some(chains.longest_since(from) as f64),
            Self::Sum(sum) => Some(sum.total / Sum::SCALE),
            Self::Mean(sum) => (sum.count > 0).then(|| sum.total / sum.count as f64 / Sum::SCALE),
            Self::Percentile { numbers, percentile } => numbers.percentile(*percentile),
            Self::Rank { numbers, texts, count_of_texts } => {
                let (part, whole) = if newest.is_text {
                    (texts.get(&newest.value).copied().unwrap_or(0) as usize, *count_of_texts as usize)
                } else {
                    (numbers.rank(newest.number()), numbers.len())
                };
                (whole > 0).then(|| 100.0 * part as f64 / whole as f64)
            }
        }
    }
}

fn take_one(counts: &mut FxHashMap<u64, u32>, value: u64) {
    if let Some(count) = counts.get_mut(&value) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&value);
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    /// Times [`Sum::SCALE`].
    total: f64,
    count: u64,
    /// How many were taken out since the sum was computed from what is there: each may leave an error.
    removed: usize,
}

impl Sum {
    /// A power of two, so that nothing is rounded, and small enough that no sum overflows: what is infinite
    /// would have to be computed anew with every event.
    const SCALE: f64 = 1.0 / (1_u64 << 40) as f64;

    fn add(&mut self, number: f64) {
        self.total += number * Self::SCALE;
        self.count += 1;
    }

    fn remove(&mut self, number: f64) {
        self.total -= number * Self::SCALE;
        self.count -= 1;
        self.removed += 1;
        if self.count == 0 {
            *self = Self::default();
        }
    }
}

/// For every rule and length, the chain of matches of ascending rules that ends with this rule and began last.
///
/// Such chains are all that is needed to know the longest one since any moment.
#[derive(Clone, Debug)]
pub(super) struct Chains {
    rules: usize,
    /// `begun[(length - 1) * rules + rule]`.
    begun: Box<[i64]>,
}

impl Chains {
    fn new(rules: usize) -> Self {
        Self { rules, begun: vec![i64::MIN; rules * rules].into() }
    }

    fn add(&mut self, rule: usize, time: i64) {
        for length in (1..=rule).rev() {
            let shorter = &self.begun[(length - 1) * self.rules..][..rule];
            let begun = shorter.iter().copied().max().unwrap_or(i64::MIN);
            let own = &mut self.begun[length * self.rules + rule];
            *own = (*own).max(begun);
        }
        self.begun[rule] = time;
    }

    fn longest_since(&self, from: i64) -> usize {
        (1..=self.rules)
            .rev()
            .find(|length| {
                self.begun[(length - 1) * self.rules..][..self.rules].iter().any(|begun| *begun >= from)
            })
            .unwrap_or(0)
    }
}

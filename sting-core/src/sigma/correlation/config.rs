//! How much a correlator may hold, and what it says about that.

use super::window::Frame;
use super::{Comparison, CorrelationKind, CorrelationRule};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Settings of a [`Correlator`](super::Correlator).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrelatorConfig {
    pub(super) max_groups: usize,
    pub(super) max_entries: usize,
    pub(super) max_entries_per_group: usize,
    pub(super) lateness: Duration,
    pub(super) repeat: Repeat,
    /// Steps of late events that every event pays for; less makes more of them wait.
    pub(super) credit: u64,
}

/// How often a group whose condition goes on holding is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repeat {
    /// At most once a timespan.
    OncePerTimespan,
    /// At every event that ends a window for which it holds. Each alert takes a step for every event in its window.
    Every,
}

impl Default for CorrelatorConfig {
    /// 100,000 groups, 4 million entries of 32 bytes and 100,000 a group; events may come a minute late; a
    /// group is reported once a timespan.
    fn default() -> Self {
        Self {
            max_groups: 100_000,
            max_entries: 4_000_000,
            max_entries_per_group: 100_000,
            lateness: Duration::from_mins(1),
            repeat: Repeat::OncePerTimespan,
            credit: 8,
        }
    }
}

impl CorrelatorConfig {
    /// Most groups of all correlations together. Beyond that the one whose last event is the longest ago
    /// is given up, and counted.
    pub fn with_max_groups(mut self, groups: usize) -> Self {
        self.max_groups = groups;
        self
    }

    /// Most events kept for all groups together. Beyond that groups are given up as above.
    pub fn with_max_entries(mut self, entries: usize) -> Self {
        self.max_entries = entries;
        self
    }

    /// Most events kept for one group. Beyond that its oldest are given up, and counted.
    pub fn with_max_entries_per_group(mut self, entries: usize) -> Self {
        self.max_entries_per_group = entries;
        self
    }

    /// How much older than the newest event of its group an event may be and still be counted as if it had
    /// come in time. Costs memory for the events of that much more time. Where a group goes on having events that are
    /// late by many others, they wait and are counted together: see [`Correlator`](super::Correlator).
    pub fn with_lateness(mut self, lateness: Duration) -> Self {
        self.lateness = lateness;
        self
    }

    /// How often a group is reported.
    pub fn with_repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }
}

/// What a [`Correlator`](crate::sigma::Correlator) has done and holds. What was given up is counted here, because it may hide an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CorrelatorStats {
    /// Events pushed.
    pub events: u64,
    /// Events that matched a rule of a correlation.
    pub matched: u64,
    /// Alerts returned.
    pub alerts: u64,
    /// Alerts held back because the group had been reported within the timespan.
    pub repeated: u64,
    /// Groups held.
    pub groups: usize,
    /// Events held.
    pub entries: usize,
    /// Bytes held, estimated.
    pub bytes: usize,
    /// Groups given up because there were too many, or too many events in all.
    pub evicted_groups: u64,
    /// Events given up with such groups, or because their own group had too many.
    pub evicted_entries: u64,
    /// Groups let go because their last window was over.
    pub expired_groups: u64,
    /// Events counted that came later than a newer one of their group.
    pub late: u64,
    /// Such events that are held, but wait to be counted together.
    pub waiting: usize,
    /// Events added to windows and taken out of them: the work that was done. Those in time take two each, late ones
    /// some ten at most, however late they are.
    pub steps: u64,
    /// Events not counted because they came later than allowed.
    pub too_late: u64,
    /// Groups that began anew because their events kept coming from an earlier time.
    pub clock_resets: u64,
    /// Events without a time, taken to be of the time of the event before.
    pub untimed: u64,
    /// Matches not counted because the event has none of the fields to group by.
    pub ungrouped: u64,
    /// Matches not counted because the event does not have the value to measure.
    pub without_value: u64,
}

/// The fewest events in a window for which the condition can hold.
pub(super) fn least(rule: &CorrelationRule) -> f64 {
    if !matches!(rule.kind, CorrelationKind::EventCount | CorrelationKind::ValueCount) {
        return 1.0;
    }
    rule.condition.bounds.iter().fold(1.0, |least, (comparison, bound)| match comparison {
        Comparison::Gt => least.max(bound + 1.0),
        Comparison::Gte | Comparison::Eq => least.max(*bound),
        Comparison::Lt | Comparison::Lte | Comparison::Neq => least,
    })
}

pub(super) fn frame<'a>(rule: &'a CorrelationRule, config: &CorrelatorConfig) -> Frame<'a> {
    let microseconds = |duration: Duration| {
        // A century, the longest timespan, bounds the lateness too.
        i64::try_from(duration.as_micros()).unwrap_or(i64::MAX).min(100 * 366 * 86_400 * 1_000_000)
    };
    Frame {
        rule,
        span: microseconds(rule.timespan),
        lateness: microseconds(config.lateness),
        max_entries: config.max_entries_per_group.min(config.max_entries),
        credit: config.credit,
    }
}

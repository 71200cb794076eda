//! Correlation rules: what many events say together.
//!
//! A correlation refers to detection rules, or to other correlations, of the same set. Its condition is
//! held against windows of time: for every event that matches one of its rules, the window of its
//! `timespan` that ends with that event, both ends included, of the events of the same group.

mod aggregate;
mod config;
mod correlator;
mod group;
mod hit;
mod ordered;
mod parse;
mod plan;
mod snapshot;
mod tell;
mod window;

#[cfg(test)]
mod lateness;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

pub use config::{CorrelatorConfig, CorrelatorStats, Repeat};
pub use correlator::Correlator;
pub(super) use parse::correlation;
pub(super) use plan::Plan;

use crate::event::Severity;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use window::{Fired, Window};

/// A Sigma correlation rule.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CorrelationRule {
    /// Its id; empty if it has none.
    pub id: String,
    /// What it detects, in a line; empty if it has none, which is for those that others refer to.
    pub title: String,
    /// The name by which other correlations refer to it.
    pub name: Option<String>,
    /// How bad an alert is.
    pub level: Option<Severity>,
    /// How ripe it is: stable, test, experimental, deprecated, unsupported.
    pub status: Option<String>,
    /// What it detects, in full.
    pub description: Option<String>,
    /// ATT&CK tactics and techniques, and other tags.
    pub tags: Vec<String>,
    /// What else may cause an alert.
    pub false_positives: Vec<String>,
    /// Where it came from.
    pub path: Arc<str>,
    /// Line of that file on which it begins.
    pub line: usize,
    /// What it measures.
    pub kind: CorrelationKind,
    /// Ids or names of the rules that it correlates.
    pub rules: Vec<String>,
    /// Fields or aliases; events are correlated only with those that agree in all of them.
    pub group_by: Vec<String>,
    /// For each alias, the field that it stands for in events of each rule.
    pub aliases: BTreeMap<String, BTreeMap<String, String>>,
    /// Length of the window.
    pub timespan: Duration,
    /// What the measure has to be.
    pub condition: CorrelationCondition,
    /// True if the rules that it correlates are reported on their own as well.
    pub generate: bool,
}

/// What a correlation measures in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CorrelationKind {
    /// The number of events.
    EventCount,
    /// The number of distinct values of a field.
    ValueCount,
    /// How many of the rules matched.
    Temporal,
    /// How many of the rules matched one after the other, in the order in which they are listed.
    TemporalOrdered,
    /// The sum of a field.
    ValueSum,
    /// The mean of a field.
    ValueAvg,
    /// A percentile of a field, or without `percentile` in the condition the rank of the newest value, in
    /// percent: of a number, how many are not above it; of a text, how many are the same.
    ValuePercentile,
}

impl CorrelationKind {
    const ALL: [Self; 7] = [
        Self::EventCount,
        Self::ValueCount,
        Self::Temporal,
        Self::TemporalOrdered,
        Self::ValueSum,
        Self::ValueAvg,
        Self::ValuePercentile,
    ];

    /// The name in rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount => "value_count",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
            Self::ValueSum => "value_sum",
            Self::ValueAvg => "value_avg",
            Self::ValuePercentile => "value_percentile",
        }
    }

    /// It is about rules rather than about events.
    const fn is_temporal(self) -> bool {
        matches!(self, Self::Temporal | Self::TemporalOrdered)
    }

    /// It needs a field.
    const fn has_field(self) -> bool {
        !matches!(self, Self::EventCount | Self::Temporal | Self::TemporalOrdered)
    }
}

/// What the measure of a correlation has to be.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CorrelationCondition {
    /// All of these have to hold.
    pub bounds: Vec<(Comparison, f64)>,
    /// The field that is measured; `value_count` may take several as one value.
    pub fields: Vec<String>,
    /// Which percentile, from 0 to 100.
    pub percentile: Option<f64>,
}

impl CorrelationCondition {
    fn holds(&self, measure: f64) -> bool {
        self.bounds.iter().all(|(comparison, bound)| comparison.holds(measure, *bound))
    }
}

/// How a measure is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Equal.
    Eq,
    /// Different.
    Neq,
}

impl Comparison {
    const ALL: [(&str, Self); 6] = [
        ("gt", Self::Gt),
        ("gte", Self::Gte),
        ("lt", Self::Lt),
        ("lte", Self::Lte),
        ("eq", Self::Eq),
        ("neq", Self::Neq),
    ];

    // Whoever writes `eq: 0.5` means the number that YAML has for it.
    #[allow(clippy::float_cmp)]
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Gt => left > right,
            Self::Gte => left >= right,
            Self::Lt => left < right,
            Self::Lte => left <= right,
            Self::Eq => left == right,
            Self::Neq => left != right,
        }
    }
}

/// Most event numbers that an alert lists.
const MAX_EVENTS: usize = 100;

/// A correlation whose condition holds for a group of events.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Alert {
    /// Id of the correlation; empty if it has none.
    pub rule_id: String,
    /// Title of the correlation.
    pub title: String,
    /// Level of the correlation.
    pub level: Option<Severity>,
    /// Tags of the correlation, and those of the rules that it correlates.
    pub tags: Vec<String>,
    /// What it measures.
    pub kind: CorrelationKind,
    /// The group: each field of `group-by` with its value, `None` where the events do not have it.
    pub group: Vec<(String, Option<String>)>,
    /// What was measured.
    pub value: f64,
    /// Time of the first event of the window.
    #[serde(serialize_with = "time_as_text")]
    pub first: Timestamp,
    /// Time of the last event of the window.
    #[serde(serialize_with = "time_as_text")]
    pub last: Timestamp,
    /// Events in the window.
    pub count: u64,
    /// Numbers of the events in the window, the latest 100 of them; the first event that was pushed is 1.
    pub events: Vec<u64>,
    /// Ids or names of the rules that the events matched, as the correlation lists them.
    pub rules: Vec<String>,
}

impl Alert {
    /// What a window whose condition holds says.
    fn new(rule: &CorrelationRule, tags: &[String], key: &[u8], window: &Window, fired: &Fired) -> Self {
        let entries = window.entries();
        let time = |index: usize| {
            let microsecond = entries[index].time;
            Timestamp::from_microsecond(microsecond).unwrap_or(Timestamp::MIN)
        };
        let (mut events, mut slots, mut count) = (Vec::new(), 0_u64, 0);
        for entry in entries.range(fired.begin..=fired.end).rev() {
            slots |= 1 << entry.slot;
            if events.last() != Some(&entry.event) {
                count += 1;
                if events.len() < MAX_EVENTS {
                    events.push(entry.event);
                }
            }
        }
        events.reverse();
        let group = rule.group_by.iter().cloned().zip(group::values(key).unwrap_or_default()).collect();
        let rules = rule.rules.iter().enumerate().filter(|(slot, _)| slots & 1 << slot != 0);
        Self {
            rule_id: rule.id.clone(),
            title: if rule.title.is_empty() {
                rule.name.clone().unwrap_or_default()
            } else {
                rule.title.clone()
            },
            level: rule.level,
            tags: tags.to_vec(),
            kind: rule.kind,
            group,
            value: fired.measure,
            first: time(fired.begin),
            last: time(fired.end),
            count,
            events,
            rules: rules.map(|(_, name)| name.clone()).collect(),
        }
    }
}

fn time_as_text<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

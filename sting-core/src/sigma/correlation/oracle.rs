//! Correlation the slow, obvious way: every window recomputed from every event.

use super::{CorrelatorConfig, Repeat};
use crate::event::Event;
use crate::sigma::{Alert, RuleSet};
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

const SPAN: i64 = 10;

/// An event: seconds, group, value, and which of the rules 0, 1 and 2 it matches.
#[derive(Clone, Debug)]
struct Sample {
    time: i64,
    group: u8,
    value: u8,
    rules: u8,
}

fn event(sample: &Sample) -> Event {
    let mark = |rule: u8| sample.rules >> rule & 1;
    let marks = format!(r#""r0": {}, "r1": {}, "r2": {}"#, mark(0), mark(1), mark(2));
    let Sample { time, group, value, .. } = sample;
    let json = format!(
        r#"{{"timestamp": {}, "g": "g{group}", "v": {value}, "t": "v{value}", {marks}}}"#,
        1_700_000_000 + time
    );
    Event::from_json(json.as_bytes()).unwrap()
}

fn rules(kind: &str, condition: &str) -> RuleSet {
    let mut yaml = String::new();
    for rule in ["r0", "r1", "r2"] {
        let lines = [
            "title: ",
            rule,
            "\nname: ",
            rule,
            "\nlogsource: {category: any}\ndetection: {s: {",
            rule,
            ": 1}, condition: s}\n---\n",
        ];
        yaml.extend(lines);
    }
    yaml.extend([
        "title: c\ncorrelation:\n  type: ",
        kind,
        "\n  rules: [r0, r1, r2]\n  group-by: [g]\n  timespan: 10s\n",
    ]);
    yaml.extend(["  condition: ", condition, "\n"]);
    let set = RuleSet::parse([("c.yml".to_owned(), yaml)]);
    assert_eq!(set.errors(), []);
    set
}

/// What events pay for the late ones: nothing, so that these wait to the end; little; as much as ever; anything.
fn credit() -> impl Strategy<Value = u64> {
    prop::sample::select(vec![0, 1, 8, u64::from(u32::MAX)])
}

fn alerts(set: &RuleSet, samples: &[Sample], lateness: u64, credit: u64) -> Vec<Alert> {
    let mut config =
        CorrelatorConfig::default().with_lateness(Duration::from_secs(lateness)).with_repeat(Repeat::Every);
    config.credit = credit;
    let mut correlator = set.correlator(config).unwrap();
    let mut alerts: Vec<Alert> = samples.iter().flat_map(|sample| correlator.push(&event(sample))).collect();
    alerts.extend(correlator.flush());
    assert_eq!(correlator.stats().waiting, 0);
    alerts
}

/// What the alerts say: group, second of the last event, and measure.
fn told(alerts: &[Alert]) -> BTreeSet<(String, i64, String)> {
    let second = |alert: &Alert| alert.last.as_second() - 1_700_000_000;
    let group = |alert: &Alert| alert.group[0].1.clone().unwrap();
    alerts.iter().map(|alert| (group(alert), second(alert), format!("{:.3}", alert.value))).collect()
}

type Measure = fn(&[&Sample]) -> f64;

/// Every window that ends with an event, in the order of time, and for which the condition holds.
fn expected(samples: &[Sample], measure: Measure, holds: fn(f64) -> bool) -> BTreeSet<(String, i64, String)> {
    let mut sorted: Vec<&Sample> = samples.iter().filter(|sample| sample.rules != 0).collect();
    sorted.sort_by_key(|sample| sample.time);
    let mut found = BTreeSet::new();
    for (end, last) in sorted.iter().enumerate() {
        let window: Vec<&Sample> = sorted[..=end]
            .iter()
            .copied()
            .filter(|other| other.group == last.group && other.time >= last.time - SPAN)
            .collect();
        let value = measure(&window);
        if holds(value) {
            found.insert((format!("g{}", last.group), last.time, format!("{value:.3}")));
        }
    }
    found
}

fn distinct(window: &[&Sample]) -> f64 {
    window.iter().map(|sample| sample.value).collect::<BTreeSet<_>>().len() as f64
}

fn sum(window: &[&Sample]) -> f64 {
    window.iter().map(|sample| f64::from(sample.value)).sum()
}

fn sorted_values(window: &[&Sample]) -> Vec<f64> {
    let mut values: Vec<f64> = window.iter().map(|sample| f64::from(sample.value)).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn upper_quartile(window: &[&Sample]) -> f64 {
    let values = sorted_values(window);
    let place = 0.75 * (values.len() - 1) as f64;
    let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

fn rank(window: &[&Sample]) -> f64 {
    let newest = window[window.len() - 1].value;
    100.0 * window.iter().filter(|sample| sample.value <= newest).count() as f64 / window.len() as f64
}

fn share(window: &[&Sample]) -> f64 {
    let newest = window[window.len() - 1].value;
    100.0 * window.iter().filter(|sample| sample.value == newest).count() as f64 / window.len() as f64
}

fn kinds_of_rules(window: &[&Sample]) -> f64 {
    f64::from(window.iter().fold(0, |rules, sample| rules | sample.rules).count_ones())
}

/// The longest chain of rules in their order, each matched by a later event than the one before.
fn longest_chain(window: &[&Sample]) -> f64 {
    fn from(window: &[&Sample], rule: u8) -> usize {
        let mut best = 0;
        for (at, sample) in window.iter().enumerate() {
            for next in (rule..3).filter(|next| sample.rules >> next & 1 == 1) {
                best = best.max(1 + from(&window[at + 1..], next + 1));
            }
        }
        best
    }
    from(window, 0) as f64
}

fn sample() -> impl Strategy<Value = Sample> {
    (0_i64..60, 0_u8..3, 0_u8..6, 0_u8..8).prop_map(|(time, group, value, rules)| Sample {
        time,
        group,
        value,
        rules,
    })
}

fn at_times(mut samples: Vec<Sample>) -> Vec<Sample> {
    samples.sort_by_key(|sample| sample.time);
    samples
}

/// Type, condition, measure, and what has to hold of it; true if more events can only make it hold more.
type Case = (&'static str, &'static str, Measure, fn(f64) -> bool, bool);

const CASES: [Case; 12] = [
    ("event_count", "{gte: 4}", |window| window.len() as f64, |value| value >= 4.0, true),
    (
        "event_count",
        "{gt: 1, lte: 3}",
        |window| window.len() as f64,
        |value| value > 1.0 && value <= 3.0,
        false,
    ),
    ("event_count", "{neq: 2}", |window| window.len() as f64, |value| (value - 2.0).abs() > 0.5, false),
    ("value_count", "{field: v, gte: 3}", distinct, |value| value >= 3.0, true),
    ("value_count", "{field: v, lt: 3}", distinct, |value| value < 3.0, false),
    ("value_sum", "{field: v, gt: 9}", sum, |value| value > 9.0, true),
    (
        "value_avg",
        "{field: v, gte: 2.5}",
        |window| sum(window) / window.len() as f64,
        |value| value >= 2.5,
        false,
    ),
    ("value_percentile", "{field: v, percentile: 75, gte: 4}", upper_quartile, |value| value >= 4.0, false),
    ("value_percentile", "{field: v, lte: 40}", rank, |value| value <= 40.0, false),
    ("value_percentile", "{field: t, lte: 25}", share, |value| value <= 25.0, false),
    ("temporal", "{gte: 3}", kinds_of_rules, |value| value >= 3.0, true),
    ("temporal_ordered", "{gte: 3}", longest_chain, |value| value >= 3.0, true),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn in_time_it_equals_the_slow_way(samples in prop::collection::vec(sample(), 0..80).prop_map(at_times)) {
        for (kind, condition, measure, holds, _) in CASES {
            let found = told(&alerts(&rules(kind, condition), &samples, 0, 0));
            let expected = expected(&samples, measure, holds);
            if kind.starts_with("temporal") {
                // An event that matches several rules is measured with each of them.
                let ends = |set: &BTreeSet<(String, i64, String)>| -> BTreeSet<_> {
                    set.iter().map(|(group, last, _)| (group.clone(), *last)).collect()
                };
                prop_assert_eq!(ends(&found), ends(&expected), "{} {}", kind, condition);
            } else {
                prop_assert_eq!(found, expected, "{} {}", kind, condition);
            }
        }
    }

    /// However late events come, within what is allowed, the same windows are found.
    #[test]
    fn out_of_order_it_finds_the_same(
        samples in prop::collection::vec((sample(), 0_i64..20), 0..60),
        credit in credit(),
    ) {
        let mut seen = BTreeSet::new();
        let mut delayed: Vec<(i64, Sample)> = samples
            .into_iter()
            // Events of one moment have no order that could be kept.
            .filter(|(sample, _)| seen.insert(sample.time))
            .map(|(sample, delay)| (sample.time + delay, sample))
            .collect();
        delayed.sort_by_key(|(arrival, _)| *arrival);
        let samples: Vec<Sample> = delayed.into_iter().map(|(_, sample)| sample).collect();
        for (kind, condition, measure, holds, is_monotone) in CASES {
            if !is_monotone {
                continue;
            }
            let found = told(&alerts(&rules(kind, condition), &samples, 20, credit));
            let ends = |set: &BTreeSet<(String, i64, String)>| -> BTreeSet<_> {
                set.iter().map(|(group, last, _)| (group.clone(), *last)).collect()
            };
            prop_assert_eq!(ends(&found), ends(&expected(&samples, measure, holds)), "{} {}", kind, condition);
        }
    }

    /// A restart anywhere changes nothing.
    #[test]
    fn a_restart_changes_nothing(
        samples in prop::collection::vec(sample(), 1..60),
        cut in any::<prop::sample::Index>(),
        case in 0..CASES.len(),
        credit in credit(),
    ) {
        let (kind, condition, ..) = CASES[case];
        let set = rules(kind, condition);
        let mut config = CorrelatorConfig::default().with_lateness(Duration::from_secs(7));
        config.credit = credit;
        let mut whole = set.correlator(config.clone()).unwrap();
        let mut expected: Vec<Alert> = samples.iter().flat_map(|sample| whole.push(&event(sample))).collect();
        expected.extend(whole.flush());
        let (before, after) = samples.split_at(cut.index(samples.len()));
        let mut first = set.correlator(config.clone()).unwrap();
        let mut found: Vec<Alert> = before.iter().flat_map(|sample| first.push(&event(sample))).collect();
        let mut second = set.correlator(config).unwrap();
        second.restore(&first.snapshot()).unwrap();
        prop_assert_eq!(second.snapshot(), first.snapshot());
        found.extend(after.iter().flat_map(|sample| second.push(&event(sample))));
        found.extend(second.flush());
        prop_assert_eq!(found, expected);
        let known = |stats: super::CorrelatorStats| super::CorrelatorStats { bytes: 0, ..stats };
        prop_assert_eq!(known(second.stats()), known(whole.stats()));
    }
}

#[test]
fn the_samples_reach_every_case() {
    let mut hits = HashMap::new();
    let samples: Vec<Sample> = (0..200_u32)
        .map(|at| {
            let noise = at.wrapping_mul(2_654_435_761) >> 8;
            Sample {
                time: i64::from(at / 3),
                group: (noise % 3) as u8,
                value: (noise / 3 % 6) as u8,
                rules: (noise / 18 % 8) as u8,
            }
        })
        .collect();
    for (kind, condition, measure, holds, _) in CASES {
        hits.insert((kind, condition), expected(&samples, measure, holds).len());
    }
    assert!(hits.values().all(|hits| (5..180).contains(hits)), "{hits:?}");
}

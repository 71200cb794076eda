//! What late events cost, counted in steps and not in time, and when those that wait are heard.

use super::{Correlator, CorrelatorConfig, CorrelatorStats};
use crate::event::Event;
use crate::sigma::{Alert, RuleSet};
use std::time::Duration;

const RULES: &str = "
title: a
name: a
logsource: {category: any}
detection: {s: {k: a}, condition: s}
---
title: b
name: b
logsource: {category: any}
detection: {s: {k: b}, condition: s}
---
";

fn correlator(yaml: &str, config: CorrelatorConfig) -> Correlator {
    let set = RuleSet::parse([("c.yml".to_owned(), format!("{RULES}{yaml}"))]);
    assert_eq!(set.errors(), []);
    set.correlator(config).unwrap()
}

fn event(second: i64, rule: &str, value: i64) -> Event {
    let time = 1_700_000_000 + second;
    let json = format!(r#"{{"timestamp": {time}, "k": "{rule}", "g": {}, "v": {value}}}"#, value % 2);
    Event::from_json(json.as_bytes()).unwrap()
}

const EVENTS: i64 = 6000;

/// A number that follows from another as if by chance.
fn noise(at: i64) -> i64 {
    at.wrapping_mul(0x1e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0x3f58_476d_1ce4_e5b9) >> 40
}

type Stream = (&'static str, fn(i64) -> i64);

/// The seconds of a stream in which every event is late by as much as it likes, within what is allowed.
const STREAMS: [Stream; 6] = [
    ("in time", |at| at),
    ("backwards", |at| EVENTS - at),
    ("its clock jumps back again and again", |at| at % 1000 + at / 1000),
    ("its clock jumps back once", |at| if at < EVENTS / 2 { at } else { at - EVENTS / 2 }),
    ("the newest and the oldest in turn", |at| if at % 4 < 2 { EVENTS + at } else { at }),
    ("any time", |at| noise(at).rem_euclid(EVENTS)),
];

const KINDS: [(&str, &str); 8] = [
    ("event_count", "{gte: 100}"),
    ("value_count", "{field: v, gte: 100}"),
    ("value_count", "{field: v, lt: 0}"),
    ("value_sum", "{field: v, gt: 1000}"),
    ("value_avg", "{field: v, gt: 1000}"),
    ("value_percentile", "{field: v, percentile: 90, lt: 0}"),
    ("temporal", "{gte: 2}"),
    ("temporal_ordered", "{gte: 2}"),
];

#[test]
fn late_events_cost_a_few_steps_however_late_they_are() {
    let streams = STREAMS.map(|(name, second)| {
        let rule = |at: i64| if noise(at) % 3 == 0 { "b" } else { "a" };
        (name, (0..EVENTS).map(|at| event(second(at), rule(at), at)).collect::<Vec<_>>())
    });
    for (kind, condition) in KINDS {
        let yaml = format!(
            "title: c\ncorrelation: {{type: {kind}, rules: [a, b], group-by: [g], timespan: 20m, condition: {condition}}}\n"
        );
        for (name, events) in &streams {
            let mut correlator =
                correlator(&yaml, CorrelatorConfig::default().with_lateness(Duration::from_hours(2)));
            for event in events {
                correlator.push(event);
            }
            correlator.flush();
            let CorrelatorStats { steps, late, too_late, waiting, .. } = correlator.stats();
            assert_eq!((too_late, waiting), (0, 0), "{kind} {name}");
            assert_eq!(*name == "in time", late == 0, "{kind} {name}");
            let of_each = steps as f64 / EVENTS as f64;
            let most = if late == 0 { 2.5 } else { 12.5 };
            assert!((1.0..most).contains(&of_each), "{kind}, {name}: {of_each} steps an event");
        }
    }
}

#[test]
fn sums_that_overflow_cost_no_more() {
    let yaml = "title: c\ncorrelation: {type: value_sum, rules: [a], group-by: [k], timespan: 20m, condition: {field: v, gt: 10}}\n";
    let mut correlator = correlator(yaml, CorrelatorConfig::default());
    let huge = |second| {
        let json = format!(r#"{{"timestamp": {}, "k": "a", "v": 1.7e308}}"#, 1_700_000_000 + second);
        Event::from_json(json.as_bytes()).unwrap()
    };
    assert_eq!(correlator.push(&huge(0))[0].value, 1.7e308);
    for second in 1..3000 {
        correlator.push(&huge(second));
    }
    let alerts = correlator.push(&event(100_000, "a", 11));
    assert_eq!(alerts[0].value, 11.0, "what was infinite has gone");
    assert!(correlator.stats().steps < 4 * 3000, "{:?}", correlator.stats());
}

const GUESS: &str = "title: guessed
correlation: {type: temporal_ordered, rules: [many, b], group-by: [g], timespan: 10s}
---
name: many
correlation: {type: event_count, rules: [a], group-by: [g], timespan: 10s, condition: {gte: 3}}
";

/// Late events of which nothing is paid for: all wait.
fn waiting() -> Correlator {
    let config = CorrelatorConfig { credit: 0, ..CorrelatorConfig::default() };
    let mut correlator = correlator(GUESS, config);
    for (second, rule) in [(0, "a"), (4, "a"), (5, "b"), (2, "a")] {
        assert_eq!(correlator.push(&event(second, rule, 0)), []);
    }
    assert_eq!((correlator.stats().late, correlator.stats().waiting), (1, 1));
    correlator
}

fn titles(alerts: &[Alert]) -> Vec<(&str, &[u64])> {
    alerts.iter().map(|alert| (alert.title.as_str(), alert.events.as_slice())).collect()
}

#[test]
fn late_events_that_wait_are_heard_when_asked_for() {
    let mut correlator = waiting();
    let alerts = correlator.flush();
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!((alerts[0].title.as_str(), alerts[0].value), ("guessed", 2.0));
    assert_eq!((correlator.stats().waiting, correlator.stats().alerts), (0, 1));
    assert_eq!(correlator.flush(), []);
}

#[test]
fn late_events_that_wait_are_heard_when_their_window_is_over() {
    let yaml = GUESS.split_once("---\n").unwrap().1.replace("name: many", "title: many");
    let config = CorrelatorConfig { credit: 0, ..CorrelatorConfig::default() };
    let mut correlator = correlator(&yaml, config);
    for second in [0, 4, 2] {
        assert_eq!(correlator.push(&event(second, "a", 0)), []);
    }
    let alerts = correlator.push(&event(75, "a", 1));
    assert_eq!(titles(&alerts), [("many", [1, 3, 2].as_slice())]);
    assert_eq!((correlator.stats().waiting, correlator.stats().expired_groups), (0, 1));
}

#[test]
fn late_events_that_wait_are_heard_before_a_clock_is_set_back() {
    let mut correlator = waiting();
    let found: Vec<Alert> = (0..4).flat_map(|at| correlator.push(&event(at - 1000, "a", 0))).collect();
    assert_eq!(correlator.stats().clock_resets, 1);
    let found = [found, correlator.flush()].concat();
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_group_is_reported_once_a_timespan_however_its_clock_jumps() {
    let yaml = "title: c\ncorrelation: {type: event_count, rules: [a], group-by: [g], timespan: 10s, condition: {gte: 1}}\n";
    let mut correlator = correlator(yaml, CorrelatorConfig::default());
    let second = |at: i64| if at % 2 == 0 { 50 } else { 0 };
    let alerts: usize = (0..200).map(|at| correlator.push(&event(second(at), "a", 0)).len()).sum();
    assert_eq!(alerts + correlator.flush().len(), 2);
}

//! What correlations say, case by case.

use super::{Correlator, CorrelatorConfig, Repeat};
use crate::Error;
use crate::event::Event;
use crate::sigma::{Alert, RuleSet};
use std::time::Duration;

const LOGINS: &str = r"
title: Single failed login
name: failed_login
tags: [attack.t1110]
logsource: {product: windows, service: security}
detection: {s: {EventID: [529, 4625]}, condition: s}
---
title: Successful login
id: 4d0a2c83-c62c-4ed4-b475-c7e23a9269b8
name: successful_login
logsource: {product: windows, service: security}
detection: {s: {EventID: [528, 4624]}, condition: s}
---
";

fn set(yaml: &str) -> RuleSet {
    let set = RuleSet::parse([("c.yml".to_owned(), format!("{LOGINS}{yaml}"))]);
    assert_eq!(set.errors(), []);
    set
}

fn correlator(yaml: &str) -> Correlator {
    set(yaml).correlator(CorrelatorConfig::default()).unwrap()
}

fn login(second: i64, id: u32, fields: &str) -> Event {
    let time = 1_700_000_000 + second;
    Event::from_json(format!(r#"{{"timestamp": {time}, "EventID": {id}, {fields}}}"#).as_bytes()).unwrap()
}

fn push_all(correlator: &mut Correlator, events: &[Event]) -> Vec<Alert> {
    events.iter().flat_map(|event| correlator.push(event)).collect()
}

fn faults(yaml: &str) -> Vec<String> {
    let set = RuleSet::parse([("c.yml".to_owned(), format!("{LOGINS}{yaml}"))]);
    set.errors().iter().map(ToString::to_string).collect()
}

/// The example of the specification, whole: failed logins followed by a successful one.
#[test]
fn correlations_of_correlations() {
    let mut correlator = correlator(
        "title: Multiple failed logins followed by successful login
id: b180ead8-d58f-40b2-ae54-c8940995b9b6
level: high
correlation:
  type: temporal_ordered
  rules: [multiple_failed_login, successful_login]
  group-by: [User]
  timespan: 10m
---
title: Multiple failed logons
name: multiple_failed_login
correlation:
  type: event_count
  rules: [failed_login]
  group-by: [User]
  timespan: 10m
  condition: {gte: 10}
",
    );
    let failures = |from: i64, count: i64| -> Vec<Event> {
        (from..from + count).map(|second| login(second, 4625, r#""User": "ana""#)).collect()
    };
    let success = |second, user| login(second, 4624, &format!(r#""User": "{user}""#));
    assert_eq!(push_all(&mut correlator, &failures(0, 9)), []);
    assert_eq!(correlator.push(&success(20, "ana")), [], "nine are not enough");
    assert_eq!(push_all(&mut correlator, &failures(30, 1)), [], "the inner one is not reported on its own");
    assert_eq!(correlator.push(&success(40, "bob")), [], "another user");
    let alerts = correlator.push(&success(50, "ana"));
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].rule_id.as_str(), alerts[0].value), ("b180ead8-d58f-40b2-ae54-c8940995b9b6", 2.0));
    assert_eq!(alerts[0].group, [("User".to_owned(), Some("ana".to_owned()))]);
    assert_eq!(alerts[0].rules, ["multiple_failed_login", "successful_login"]);
    assert_eq!(alerts[0].tags, ["attack.t1110"]);
    assert_eq!(correlator.stats().matched, 13);
}

/// The condition of the inner correlation goes on holding for long after it was reported first.
#[test]
fn an_order_asks_when_a_condition_held() {
    let mut correlator = correlator(
        "title: outer
correlation: {type: temporal_ordered, rules: [many, successful_login], group-by: [User], timespan: 1m}
---
name: many
correlation: {type: event_count, rules: [failed_login], group-by: [User], timespan: 10m, condition: {gte: 3}}
",
    );
    let failures: Vec<Event> = (0..20).map(|n| login(n * 25, 4625, r#""User": "ana""#)).collect();
    assert_eq!(push_all(&mut correlator, &failures), []);
    assert_eq!(correlator.push(&login(500, 4624, r#""User": "ana""#)).len(), 1);
}

#[test]
fn aliases_join_fields_of_different_rules() {
    let yaml = r"
title: internal error
name: internal_error
logsource: {category: web}
detection: {s: {status: 500}, condition: s}
---
title: connection
name: new_network_connection
logsource: {category: network}
detection: {s: {kind: connection}, condition: s}
---
title: error, then a connection back
correlation:
  type: temporal
  rules: [internal_error, new_network_connection]
  group-by: [internal_ip, remote_ip]
  timespan: 10s
  aliases:
    internal_ip: {internal_error: destination.ip, new_network_connection: source.ip}
    remote_ip: {internal_error: source.ip, new_network_connection: destination.ip}
";
    let event = |second: i64, mark: &str, from: &str, to: &str| {
        let time = 1_700_000_000 + second;
        let json = format!(
            r#"{{"timestamp": {time}, {mark}, "source": {{"ip": "{from}"}}, "destination": {{"ip": "{to}"}}}}"#
        );
        Event::from_json(json.as_bytes()).unwrap()
    };
    let (error, connection) = (r#""status": 500"#, r#""kind": "connection""#);
    let mut correlator = correlator(yaml);
    assert_eq!(correlator.push(&event(0, error, "203.0.113.9", "10.0.0.1")), []);
    assert_eq!(correlator.push(&event(1, connection, "10.0.0.2", "203.0.113.9")), []);
    let alerts = correlator.push(&event(10, connection, "10.0.0.1", "203.0.113.9"));
    assert_eq!(alerts.len(), 1);
    let value = |at: usize| alerts[0].group[at].1.as_deref().unwrap();
    assert_eq!((value(0), value(1)), ("10.0.0.1", "203.0.113.9"));
    assert_eq!(alerts[0].events, [1, 3]);
}

const MANY: &str = "title: many
correlation: {type: event_count, rules: [failed_login], group-by: [User], timespan: 10s, condition: {gte: 3}}
";

#[test]
fn a_window_holds_both_its_ends() {
    let at = |seconds: [i64; 3]| {
        let events = seconds.map(|second| login(second, 4625, r#""User": "ana""#));
        push_all(&mut correlator(MANY), &events).len()
    };
    assert_eq!((at([0, 5, 10]), at([0, 5, 11])), (1, 0));
}

#[test]
fn a_group_is_reported_once_a_timespan_unless_asked() {
    let events: Vec<Event> = (0..24).map(|second| login(second, 4625, r#""User": "ana""#)).collect();
    let mut once = correlator(MANY);
    assert_eq!(push_all(&mut once, &events).len(), 2);
    assert_eq!((once.stats().repeated, once.stats().alerts), (20, 2));
    let config = CorrelatorConfig::default().with_repeat(Repeat::Every);
    assert_eq!(push_all(&mut set(MANY).correlator(config).unwrap(), &events).len(), 22);
}

#[test]
fn what_cannot_be_grouped_or_measured_is_counted() {
    let mut correlator = correlator(
        "title: sum
correlation: {type: value_sum, rules: [failed_login], group-by: [User, Host], timespan: 10s, condition: {field: n, gte: 3}}
",
    );
    for fields in [r#""n": 5"#, r#""User": "ana""#, r#""User": "ana", "n": "many""#] {
        assert_eq!(correlator.push(&login(0, 4625, fields)), []);
    }
    let alerts = correlator.push(&login(0, 4625, r#""User": "ana", "n": "3""#));
    assert_eq!(alerts[0].group[1], ("Host".to_owned(), None), "an absent value is a value of its own");
    assert_eq!((correlator.stats().ungrouped, correlator.stats().without_value), (1, 2));
    let untimed = Event::from_json(br#"{"EventID": 4625, "User": "bob", "n": 4}"#).unwrap();
    assert_eq!(correlator.push(&untimed)[0].last, alerts[0].last);
    assert_eq!(correlator.stats().untimed, 1);
}

#[test]
fn an_event_that_matches_two_rules_is_one_event() {
    let yaml = "title: also
name: also
logsource: {category: any}
detection: {s: {User: ana}, condition: s}
---
title: two
correlation: {type: event_count, rules: [failed_login, also], group-by: [User], timespan: 10s, condition: {gte: 2}}
---
title: both
correlation: {type: temporal, rules: [failed_login, also], group-by: [User], timespan: 10s}
---
title: one after the other
correlation: {type: temporal_ordered, rules: [failed_login, also], group-by: [User], timespan: 10s}
";
    let mut correlator = correlator(yaml);
    let mut titles = |second| -> Vec<String> {
        let alerts = correlator.push(&login(second, 4625, r#""User": "ana""#));
        alerts.into_iter().map(|alert| alert.title).collect()
    };
    assert_eq!(titles(0), ["both"]);
    assert_eq!(titles(1), ["two", "one after the other"]);
}

#[test]
fn a_clock_that_goes_back_for_good_is_believed() {
    let mut correlator = correlator(MANY);
    correlator.push(&login(1_000_000, 4625, r#""User": "ana""#));
    let events: Vec<Event> = (0..6).map(|second| login(second, 4625, r#""User": "ana""#)).collect();
    assert_eq!(push_all(&mut correlator, &events).len(), 1);
    assert_eq!((correlator.stats().too_late, correlator.stats().clock_resets), (3, 1));
}

#[test]
fn what_is_beyond_the_limits_is_given_up_and_counted() {
    let config = CorrelatorConfig::default().with_max_groups(100).with_max_entries_per_group(5);
    let mut correlator = set(MANY).correlator(config).unwrap();
    for user in 0..250 {
        correlator.push(&login(0, 4625, &format!(r#""User": "u{user}""#)));
    }
    let stats = correlator.stats();
    assert_eq!((stats.groups, stats.evicted_groups, stats.entries), (100, 150, 100));
    for _ in 0..8 {
        correlator.push(&login(0, 4625, r#""User": "u249""#));
    }
    assert_eq!((correlator.stats().entries, correlator.stats().evicted_entries), (104, 154));
    assert!(correlator.stats().bytes < 200_000);
    // Long after, what is left goes as new events come.
    for user in 0..60 {
        correlator.push(&login(9999, 4625, &format!(r#""User": "n{user}""#)));
    }
    assert_eq!((correlator.stats().groups, correlator.stats().expired_groups), (60, 100));

    let config = CorrelatorConfig::default().with_max_entries(10);
    let mut correlator = set(MANY).correlator(config).unwrap();
    for user in 0..50 {
        correlator.push(&login(0, 4625, &format!(r#""User": "u{user}""#)));
    }
    assert_eq!((correlator.stats().entries, correlator.stats().groups), (10, 10));
    let unmeetable = CorrelatorConfig::default().with_max_entries_per_group(2);
    assert!(matches!(set(MANY).correlator(unmeetable), Err(Error::Config { .. })));
}

#[test]
fn rules_of_correlations_are_silent_unless_they_generate() {
    let loud = format!("{MANY}generate: true\n");
    assert_eq!((set(MANY).silent(), set(&loud).silent()), (vec![0], vec![]));
    let chain = |generate: bool| {
        let yaml = format!("name: {MANY}---\ntitle: outer\ngenerate: {generate}\ncorrelation: {{type: event_count, rules: [many], timespan: 1m, group-by: [], condition: {{gte: 2}}}}\n").replace("name: title", "name");
        let events: Vec<Event> =
            (0..12).map(|n| login(n, 4625, &format!(r#""User": "u{}""#, n / 6))).collect();
        let alerts = push_all(&mut correlator(&yaml), &events);
        alerts.into_iter().map(|alert| alert.title).collect::<Vec<_>>()
    };
    assert_eq!(chain(false), ["outer"]);
    assert_eq!(chain(true), ["many", "many", "outer"]);
}

#[test]
fn every_fault_names_its_line_and_the_mend() {
    let with = |body: &str| faults(&format!("title: x\ncorrelation:\n{body}")).remove(0);
    let count = "  type: event_count\n  rules: [failed_login]\n  group-by: [User]\n";
    for (body, line, part) in [
        ("  rules: [a]\n".to_owned(), 16, "`type` is missing; name what"),
        ("  type: sometimes\n  rules: [a]\n".to_owned(), 16, "use one of event_count, value_count"),
        ("  type: event_count\n".to_owned(), 16, "`rules` is missing"),
        ("  type: event_count\n  rules: []\n".to_owned(), 17, "list 1 to 64"),
        (format!("{count}  condition: {{gte: 1}}\n"), 16, "`timespan` is missing"),
        (format!("{count}  timespan: 1h30m\n"), 19, "write it like 90m"),
        (format!("{count}  timespan: 1h\n"), 16, "needs a `condition`"),
        (format!("{count}  timespan: 1h\n  condition: {{}}\n"), 20, "compares with nothing"),
        (format!("{count}  timespan: 1h\n  condition: {{gte: ten}}\n"), 20, "`gte` is not a number"),
        (format!("{count}  timespan: 1h\n  condition: {{more: 10}}\n"), 20, "`more` is no condition"),
        (format!("{count}  timespan: 1h\n  condition: {{field: a, gte: 1}}\n"), 20, "takes no `field`"),
        (
            format!("{count}  timespan: 1h\n  condition: {{gte: 1, percentile: 5}}\n"),
            20,
            "value_percentile only",
        ),
        (
            format!("{count}  timespan: 1h\n  condition: {{gte: 1}}\n  aliases: [a]\n"),
            21,
            "`aliases` has the wrong shape",
        ),
    ] {
        let found = with(&body);
        assert!(found.starts_with(&format!("c.yml:{line}: ")) && found.contains(part), "{body}: {found}");
    }
    let value = |condition: &str| {
        with(&format!(
            "  type: value_percentile\n  rules: [failed_login]\n  timespan: 1h\n  condition: {condition}\n"
        ))
    };
    assert!(value("{gte: 1}").contains("needs a `field`"));
    assert!(value("{field: [a, b], gte: 1}").contains("takes one `field`"));
    assert!(value("{field: a, gte: 1000}").contains("add `percentile`"));
    assert!(value("{field: a, gte: 1, percentile: 101}").contains("from 0 to 100"));
}

#[test]
fn references_that_lead_nowhere_are_faults() {
    let referring = |title: &str, name: &str, to: &str| {
        format!(
            "title: {title}\nname: {name}\ncorrelation: {{type: event_count, rules: [{to}], timespan: 1m, condition: {{gte: 2}}}}\n"
        )
    };
    let found = faults(
        &[referring("a", "a", "nobody"), referring("b", "b", "b"), referring("c", "c", "a")].join("---\n"),
    );
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].contains("no rule has the id or name `nobody`; load it together with this one"),
        "{found:?}"
    );
    assert!(found[1].contains("to itself") && found[2].contains("mend that one first"), "{found:?}");
    let twice = faults(
        &[referring("a", "n", "failed_login"), referring("b", "n", "failed_login"), referring("c", "c", "n")]
            .join("---\n"),
    );
    assert!(twice[0].contains("2 rules go by `n`"), "{twice:?}");
    let alias = "title: x\ncorrelation: {type: temporal, rules: [failed_login], group-by: [a], timespan: 1m, aliases: {a: {nobody: b}}}\n";
    assert!(faults(alias)[0].contains("`aliases` names the rule `nobody`"));
}

#[test]
fn damaged_state_is_refused_and_changes_nothing() {
    let mut correlator = correlator(MANY);
    for second in 0..5 {
        correlator.push(&login(second, 4625, r#""User": "ana""#));
    }
    let good = correlator.snapshot();
    let problem = |correlator: &mut Correlator, bytes: &[u8]| match correlator.restore(bytes) {
        Err(Error::State { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(correlator.restore(&bad).is_err(), "a flipped bit at {at}");
        assert!(correlator.restore(&good[..at]).is_err(), "cut at {at}");
    }
    let mut newer = good.clone();
    newer[7] = 9;
    assert_eq!(problem(&mut correlator, &newer), "is of another version");
    assert_eq!(correlator.snapshot(), good);
    let other = MANY.replace("10s", "20s");
    let mut other = set(&other).correlator(CorrelatorConfig::default()).unwrap();
    assert_eq!(problem(&mut other, &good), "is of other correlations");
    // A smaller correlator keeps what it has room for.
    let mut small = set(MANY).correlator(CorrelatorConfig::default().with_lateness(Duration::ZERO)).unwrap();
    small.restore(&good).unwrap();
    assert_eq!(small.stats().entries, 5);
}

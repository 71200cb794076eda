//! Correlate events over time: three failed logins and then a successful one, told even if an event comes late.

use sting_core::Error;
use sting_core::analyze::Finding;
use sting_core::event::Event;
use sting_core::sigma::{CorrelatorConfig, RuleSet};

const RULES: &str = "
title: Login failed
name: failed
logsource: {category: authentication}
detection: {outcome: {outcome: failure}, condition: outcome}
---
title: Login succeeded
name: succeeded
logsource: {category: authentication}
detection: {outcome: {outcome: success}, condition: outcome}
---
title: Many passwords tried
name: guessing
correlation: {type: event_count, rules: [failed], group-by: [user], timespan: 5m, condition: {gte: 3}}
---
title: Password guessed
level: high
tags: [attack.t1110]
correlation: {type: temporal_ordered, rules: [guessing, succeeded], group-by: [user], timespan: 10m}
";

/// Second, user and outcome. The third failure comes after the success that it preceded.
const EVENTS: [(i64, &str, &str); 6] = [
    (0, "ana", "failure"),
    (2, "bob", "failure"),
    (4, "ana", "failure"),
    (9, "ana", "success"),
    (6, "ana", "failure"),
    (12, "bob", "success"),
];

fn main() -> Result<(), Error> {
    let rules = RuleSet::parse([("guess.yml".to_owned(), RULES.to_owned())]);
    let mut correlator = rules.correlator(CorrelatorConfig::default())?;
    for (second, user, outcome) in EVENTS {
        let json = format!(
            r#"{{"timestamp": {}, "user": "{user}", "outcome": "{outcome}"}}"#,
            1_700_000_000 + second
        );
        for alert in correlator.push(&Event::from_json(json.as_bytes())?) {
            println!("{} at {}, events {:?}", alert.title, alert.last, alert.events);
            println!("  {}", Finding::of_alert(&alert).description);
        }
    }
    println!("{} events, {} groups held", correlator.stats().events, correlator.stats().groups);
    Ok(())
}

//! The risk of an entity from the signals about it.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Signals older than this do not count.
const WINDOW: Duration = Duration::from_hours(30 * 24);

/// Where a signal comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalDomain {
    /// Traffic.
    Network,
    /// A machine.
    Endpoint,
    /// An account.
    Identity,
    /// A change of habits.
    Behavioral,
    /// A broken policy.
    Compliance,
}

/// One sign of risk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signal {
    /// Where it comes from.
    pub domain: SignalDomain,
    /// How much it weighs, in points of 100.
    pub points: f64,
    /// How long ago it was.
    pub age: Duration,
}

/// The risk of an entity in [0, 100].
///
/// A signal loses weight with age, down to 0.3 of it after 30 days, when it drops out. Signals from three
/// domains count a quarter more, and from four on another 15 %.
pub fn entity_risk(signals: &[Signal]) -> f64 {
    let recent = || signals.iter().filter(|signal| signal.age <= WINDOW);
    let sum: f64 = recent().map(|signal| signal.points.max(0.0) * decay(signal.age)).sum();
    let mut domains: Vec<SignalDomain> = Vec::new();
    for signal in recent() {
        if !domains.contains(&signal.domain) {
            domains.push(signal.domain);
        }
    }
    let spread = match domains.len() {
        0..=2 => 1.0,
        3 => 1.25,
        _ => 1.25 * 1.15,
    };
    (sum * spread).min(100.0)
}

fn decay(age: Duration) -> f64 {
    (1.0 - age.as_secs_f64() / WINDOW.as_secs_f64() * 0.7).max(0.3)
}

#[cfg(test)]
mod tests {
    use super::{Signal, SignalDomain, entity_risk};
    use std::time::Duration;

    #[test]
    fn decay_and_spread() {
        use SignalDomain::{Compliance, Endpoint, Identity, Network};
        let signal =
            |domain, days: u64| Signal { domain, points: 20.0, age: Duration::from_hours(days * 24) };
        for (signals, risk) in [
            (vec![], 0.0),
            (vec![signal(Network, 0)], 20.0),
            (vec![signal(Network, 15)], 13.0),
            (vec![signal(Network, 30)], 6.0),
            (vec![signal(Network, 31)], 0.0),
            (vec![signal(Network, 0), signal(Endpoint, 0)], 40.0),
            (vec![signal(Network, 0), signal(Endpoint, 0), signal(Identity, 0)], 75.0),
            (
                vec![signal(Network, 0), signal(Endpoint, 0), signal(Identity, 30), signal(Compliance, 31)],
                57.5,
            ),
            (vec![signal(Network, 0); 9], 100.0),
        ] {
            assert!((entity_risk(&signals) - risk).abs() < 1e-9, "{signals:?}");
        }
    }
}

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

/// What is left of a signal's weight at an age: all of it at first, 0.3 after 30 days and from then on.
pub fn decay(age: Duration) -> f64 {
    (1.0 - age.as_secs_f64() / WINDOW.as_secs_f64() * 0.7).max(0.3)
}

/// What a service for enrichment thinks of an indicator, the worst last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Enrichment {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Harmless.
    Benign,
    /// Perhaps harmful.
    Suspicious,
    /// Harmful.
    Malicious,
}

/// The worst of several opinions; unknown if there is none.
pub fn worst_enrichment(opinions: impl IntoIterator<Item = Enrichment>) -> Enrichment {
    opinions.into_iter().max().unwrap_or_default()
}

/// How bad a service calls an indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportLevel {
    /// Nothing, or little.
    #[default]
    Low,
    /// Something.
    Medium,
    /// Much.
    High,
}

/// What services report about one indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndicatorReports {
    /// VirusTotal.
    pub virus_total: ReportLevel,
    /// AbuseIPDB.
    pub abuse_ip_db: ReportLevel,
    /// Shodan calls its exposure high.
    pub shodan_high: bool,
    /// Shodan lists a vulnerability.
    pub shodan_cve: bool,
    /// Score of Recorded Future, 0 to 100.
    pub recorded_future: u32,
}

/// The risk of an indicator in points of 100, and its level: high from 50, medium from 25.
pub fn indicator_risk(reports: &IndicatorReports) -> (u32, super::RiskLevel) {
    let points = |level, medium, high| match level {
        ReportLevel::Low => 0,
        ReportLevel::Medium => medium,
        ReportLevel::High => high,
    };
    let shodan = if reports.shodan_cve {
        15
    } else if reports.shodan_high {
        10
    } else {
        0
    };
    let score = points(reports.virus_total, 15, 30)
        + points(reports.abuse_ip_db, 12, 25)
        + shodan
        + (reports.recorded_future / 3).min(30);
    let level = match score {
        50.. => super::RiskLevel::High,
        25.. => super::RiskLevel::Medium,
        _ => super::RiskLevel::Low,
    };
    (score.min(100), level)
}

#[cfg(test)]
mod tests {
    use super::{
        Enrichment, IndicatorReports, ReportLevel, Signal, SignalDomain, decay, entity_risk, indicator_risk,
        worst_enrichment,
    };
    use crate::analyze::RiskLevel;
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

    #[test]
    fn decay_by_age() {
        for (days, left) in [(0, 1.0), (15, 0.65), (30, 0.3), (300, 0.3)] {
            assert!((decay(Duration::from_hours(days * 24)) - left).abs() < 1e-9, "{days}");
        }
    }

    #[test]
    fn the_worst_opinion_wins() {
        use Enrichment::{Benign, Malicious, Suspicious, Unknown};
        for (opinions, worst) in [
            (vec![], Unknown),
            (vec![Unknown, Benign], Benign),
            (vec![Benign, Suspicious, Unknown], Suspicious),
            (vec![Malicious, Suspicious], Malicious),
        ] {
            assert_eq!(worst_enrichment(opinions), worst);
        }
    }

    #[test]
    fn indicators() {
        use ReportLevel::{High, Medium};
        let none = IndicatorReports::default();
        for (reports, expected) in [
            (none, (0, RiskLevel::Low)),
            (IndicatorReports { virus_total: Medium, ..none }, (15, RiskLevel::Low)),
            (IndicatorReports { abuse_ip_db: High, ..none }, (25, RiskLevel::Medium)),
            (
                IndicatorReports { virus_total: High, abuse_ip_db: Medium, shodan_high: true, ..none },
                (52, RiskLevel::High),
            ),
            (
                IndicatorReports { shodan_high: true, shodan_cve: true, recorded_future: 65, ..none },
                (36, RiskLevel::Medium),
            ),
            (IndicatorReports { recorded_future: 100, ..none }, (30, RiskLevel::Medium)),
            (
                IndicatorReports {
                    virus_total: High,
                    abuse_ip_db: High,
                    shodan_high: true,
                    shodan_cve: true,
                    recorded_future: 99,
                },
                (100, RiskLevel::High),
            ),
        ] {
            assert_eq!(indicator_risk(&reports), expected, "{reports:?}");
        }
    }
}

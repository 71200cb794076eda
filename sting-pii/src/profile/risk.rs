//! How private kinds are, and how long what holds them may be kept.

use super::profile_info;
use crate::catalog::{builtin, resolve_kind};
use crate::{Finding, Risk};

/// Days that data may be kept if nothing else is said.
const DEFAULT_RETENTION: u32 = 1095;

/// Kinds of which a regulation, or good practice under it, says something else than of its other data: FACTS 2.2.
const RETENTION: &[(&str, &str, u32)] = &[
    ("hipaa", "lab_result", 1825),
    ("hipaa", "prescription_number", 1825),
    ("pci_dss", "card_cvv", 0),
    ("pci_dss", "credit_card", 0),
];

/// How private a kind is taken to be, if there is one of that name.
pub fn risk(kind: &str) -> Option<Risk> {
    let kind = resolve_kind(builtin(), kind).ok()?;
    builtin().iter().filter(|row| row.kind == kind).map(|row| row.risk).max()
}

/// How private a text or a set of texts is taken to be, by what was found in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportRisk {
    /// At most ten findings, none of high risk.
    Low,
    /// More than ten findings, none of high risk.
    Medium,
    /// One to five findings of high risk.
    High,
    /// More than five findings of high risk.
    Critical,
}

/// The risk of everything that was found.
pub fn report_risk(findings: &[Finding]) -> ReportRisk {
    let high = findings.iter().filter(|finding| risk(&finding.kind) == Some(Risk::High)).count();
    match (high, findings.len()) {
        (6.., _) => ReportRisk::Critical,
        (1..=5, _) => ReportRisk::High,
        (0, 11..) => ReportRisk::Medium,
        _ => ReportRisk::Low,
    }
}

/// For how many days data of a kind may be kept under all of these profiles: the shortest period wins. A proposal to
/// start from, not legal advice; a hold on deletion for a court overrides it.
///
/// ```
/// assert_eq!(sting_pii::retention_days("email", &["gdpr", "ccpa"]), 730);
/// assert_eq!(sting_pii::retention_days("credit_card", &["gdpr", "pci_dss"]), 0);
/// ```
pub fn retention_days(kind: &str, profiles: &[&str]) -> u32 {
    let kind = resolve_kind(builtin(), kind).unwrap_or(kind);
    let of = |profile: &&str| {
        let special = RETENTION.iter().find(|row| row.0 == *profile && row.1 == kind).map(|row| row.2);
        special.or_else(|| profile_info(profile)?.retention_days)
    };
    profiles.iter().filter_map(of).min().unwrap_or(DEFAULT_RETENTION)
}

#[cfg(test)]
mod tests {
    use super::{ReportRisk, report_risk, retention_days, risk};
    use crate::{Risk, ScrubConfig, Scrubber};

    #[test]
    fn risks_add_up() {
        let scrubber = Scrubber::new(ScrubConfig::default()).unwrap();
        let of = |text: &str| report_risk(&scrubber.find(text).unwrap());
        assert_eq!(of("a@b.example"), ReportRisk::Low);
        assert_eq!(of(&"a@b.example ".repeat(11)), ReportRisk::Medium);
        assert_eq!(of("4111 1111 1111 1111"), ReportRisk::High);
        assert_eq!(of(&"4111 1111 1111 1111, ".repeat(6)), ReportRisk::Critical);
        assert_eq!((risk("email"), risk("nothing")), (Some(Risk::Low), None));
    }

    #[test]
    fn the_shortest_period_wins() {
        assert_eq!(retention_days("lab_result", &["hipaa"]), 1825);
        assert_eq!(retention_days("lab_result", &["hipaa", "gdpr"]), 1095);
        assert_eq!(retention_days("email", &["hipaa"]), 2555);
        assert_eq!(retention_days("email", &[]), 1095);
    }
}

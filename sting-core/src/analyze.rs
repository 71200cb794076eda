//! From an event to a decision: how bad it is, who says so and why, and what to do.
//!
//! The tiers are tried from the cheap to the dear, and every answer names the one that decided.
//! Present are the first: validation, rules, and what the source itself says.

mod priority;
mod risk;
mod triage;

pub use priority::{CvePriority, Cvss3, Exposure, Vulnerability, cve_priority, exposed_priority};
pub use risk::{Signal, SignalDomain, entity_risk};
pub use triage::{Intent, Outcome, RecommendedAction, Verdict, derive_verdict};

use crate::event::{Envelope, Event, EventType, Fault, Severity};
use crate::sigma::{Match, RuleSet};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// It could not be judged.
    Unknown,
    /// Below 30 of 100.
    Low,
    /// From 30.
    Medium,
    /// From 55.
    High,
    /// From 80.
    Critical,
}

impl RiskLevel {
    /// The level of a score in [0, 100].
    pub fn of_score(score: f64) -> Self {
        match score {
            score if score >= 80.0 => Self::Critical,
            score if score >= 55.0 => Self::High,
            score if score >= 30.0 => Self::Medium,
            _ => Self::Low,
        }
    }

    /// The name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// What to do about an event of this level.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Unknown => "Correct the event and send it again",
            Self::Low => "Log and monitor",
            Self::Medium => "Monitor and investigate",
            Self::High => "Investigate immediately",
            Self::Critical => "Contain and escalate now",
        }
    }

    /// The highest score of the level above, which several weaker signs together may not exceed.
    const fn ceiling_of_next(self) -> f64 {
        match self {
            Self::Unknown | Self::Low => 54.9,
            Self::Medium => 79.9,
            Self::High | Self::Critical => 100.0,
        }
    }
}

impl fmt::Display for RiskLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which tier decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// The event cannot be judged at all.
    Invalid,
    /// Rules matched.
    Rules,
    /// No rule matched; what the event says in words did.
    Baseline,
    /// Nothing matched; its source calls it this bad.
    Severity,
    /// Nothing speaks for a risk.
    Default,
}

/// What was decided about an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Analysis {
    /// Id of the event.
    pub event_id: String,
    /// What kind of event it is.
    pub event_type: EventType,
    /// How bad it is.
    pub risk_level: RiskLevel,
    /// Which tier decided.
    pub method: Method,
    /// Why, in one sentence. It names rules and fields, never values.
    pub reason: String,
    /// What to do.
    pub action: &'static str,
    /// How bad it is, in [0, 100].
    pub score: f64,
    /// True from the configured level on.
    pub alert: bool,
    /// The rules that matched.
    pub matches: Vec<Match>,
    /// What is wrong with the event itself.
    pub faults: Vec<Fault>,
}

/// Settings of an [`Analyzer`].
#[derive(Clone, Debug, PartialEq)]
pub struct AnalyzerConfig {
    alert_from: RiskLevel,
}

impl Default for AnalyzerConfig {
    /// Alerts from [`RiskLevel::High`].
    fn default() -> Self {
        Self { alert_from: RiskLevel::High }
    }
}

impl AnalyzerConfig {
    /// Alerts from this level on.
    pub fn with_alert_from(mut self, level: RiskLevel) -> Self {
        self.alert_from = level;
        self
    }
}

/// Decides about events.
///
/// ```
/// use sting_core::analyze::{Analyzer, Method, RiskLevel};
/// use sting_core::event::Event;
/// let event = Event::from_json(br#"{"event_type": "login", "description": "Failed login", "severity": "low"}"#)?;
/// let analysis = Analyzer::default().analyze(&event);
/// assert_eq!((analysis.risk_level, analysis.method), (RiskLevel::Medium, Method::Baseline));
/// assert_eq!(analysis.action, "Monitor and investigate");
/// assert_eq!(analysis.faults.len(), 5); // no time, addresses, user or device
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Analyzer {
    config: AnalyzerConfig,
    rules: RuleSet,
}

/// What a tier says.
struct Finding {
    method: Method,
    score: f64,
    reason: String,
}

impl Analyzer {
    /// An analyzer without rules.
    pub fn new(config: AnalyzerConfig) -> Self {
        Self { config, rules: RuleSet::default() }
    }

    /// The same with these rules.
    pub fn with_rules(mut self, rules: RuleSet) -> Self {
        self.rules = rules;
        self
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Decides about one event. A fault in it is listed, and does not keep rules from matching.
    pub fn analyze(&self, event: &Event) -> Analysis {
        let (envelope, faults) = Envelope::read(event);
        let matches = self.rules.matches(event);
        let finding = if event.is_empty() {
            Finding { method: Method::Invalid, score: 0.0, reason: "The event has no fields.".to_owned() }
        } else {
            by_rules(&matches)
                .or_else(|| by_words(&envelope))
                .or_else(|| by_severity(&envelope))
                .unwrap_or_else(|| Finding {
                    method: Method::Default,
                    score: 0.0,
                    reason: "No rule matched, and its source reports no severity.".to_owned(),
                })
        };
        let risk_level = match finding.method {
            Method::Invalid => RiskLevel::Unknown,
            _ => RiskLevel::of_score(finding.score),
        };
        Analysis {
            event_id: envelope.id,
            event_type: envelope.event_type,
            risk_level,
            method: finding.method,
            reason: finding.reason,
            action: risk_level.action(),
            score: finding.score,
            alert: risk_level >= self.config.alert_from,
            matches,
            faults,
        }
    }
}

/// The score of one sign of a severity.
fn score_of(severity: Severity) -> f64 {
    match severity {
        Severity::Informational => 3.0,
        Severity::Low => 15.0,
        Severity::Medium => 40.0,
        Severity::High => 65.0,
        Severity::Critical => 90.0,
    }
}

/// Independent signs add up as probabilities do, but to no more than one level above the worst.
fn by_rules(matches: &[Match]) -> Option<Finding> {
    // A rule without a level counts as medium.
    let score = |found: &Match| score_of(found.level.unwrap_or(Severity::Medium));
    let worst = matches.iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    let miss: f64 = matches.iter().map(|found| 1.0 - score(found) / 100.0).product();
    let ceiling = RiskLevel::of_score(score(worst)).ceiling_of_next();
    let level = worst.level.map_or("unrated", Severity::as_str);
    let mut fields: Vec<&str> = worst.fields.iter().map(|found| found.field.as_str()).collect();
    fields.dedup();
    let on = if fields.is_empty() { String::new() } else { format!(" on {}", fields.join(", ")) };
    let more = match matches.len() - 1 {
        0 => String::new(),
        1 => ", and one more rule".to_owned(),
        more => format!(", and {more} more rules"),
    };
    let reason = format!("Rule \"{}\" ({level}) matched{on}{more}.", worst.title);
    Some(Finding { method: Method::Rules, score: (100.0 * (1.0 - miss)).min(ceiling), reason })
}

/// What the descriptions of the platform's own events say.
fn by_words(envelope: &Envelope) -> Option<Finding> {
    let words = envelope.description.as_deref()?.to_lowercase();
    let (severity, reason) = match envelope.event_type {
        EventType::LoginFailed => (Severity::Medium, "Failed login attempt detected."),
        EventType::Login if words.contains("failed") => (Severity::Medium, "Failed login attempt detected."),
        EventType::Login | EventType::LoginSuccess if words.contains("successful") => {
            (Severity::Low, "Successful login event.")
        }
        EventType::FileAccess if words.contains("sensitive") => {
            (Severity::High, "Sensitive file access detected.")
        }
        _ => return None,
    };
    // The source may know better than two words, but only for the worse.
    let score = envelope.severity.map_or(0.0, score_of).max(score_of(severity));
    Some(Finding { method: Method::Baseline, score, reason: reason.to_owned() })
}

fn by_severity(envelope: &Envelope) -> Option<Finding> {
    let severity = envelope.severity?;
    let reason = format!("No rule matched; its source calls it {severity}.");
    Some(Finding { method: Method::Severity, score: score_of(severity), reason })
}

#[cfg(test)]
mod tests {
    use super::{Analysis, Analyzer, Method, RiskLevel};
    use crate::event::Event;
    use crate::sigma::RuleSet;

    fn analyze(rules: &[(&str, &str)], json: &str) -> Analysis {
        let files = rules.iter().enumerate().map(|(i, (keyword, level))| {
            let yaml = format!(
                "title: t{i}\nlogsource: {{category: any}}\nlevel: {level}\ndetection:\n  s:\n    CommandLine|contains: {keyword}\n  condition: s\n"
            );
            (format!("{i}.yml"), yaml)
        });
        let rules = RuleSet::parse(files);
        assert!(rules.errors().is_empty(), "{:?}", rules.errors());
        Analyzer::default().with_rules(rules).analyze(&Event::from_json(json.as_bytes()).unwrap())
    }

    #[test]
    fn rules_decide_first() {
        let one = analyze(&[("aa", "medium")], r#"{"CommandLine": "aa bb", "severity": "critical"}"#);
        assert_eq!((one.risk_level, one.method, one.alert), (RiskLevel::Medium, Method::Rules, false));
        assert_eq!(one.reason, "Rule \"t0\" (medium) matched on CommandLine.");
        let two = analyze(&[("aa", "medium"), ("bb", "medium")], r#"{"CommandLine": "aa bb"}"#);
        assert_eq!((two.risk_level, two.alert), (RiskLevel::High, true));
        assert_eq!(two.reason, "Rule \"t1\" (medium) matched on CommandLine, and one more rule.");
    }

    #[test]
    fn many_weak_signs_raise_one_level() {
        let many: Vec<_> = (0..30).map(|_| ("aa", "low")).collect();
        assert_eq!(analyze(&many, r#"{"CommandLine": "aa"}"#).risk_level, RiskLevel::Medium);
    }

    #[test]
    fn without_rules() {
        for (json, level, method) in [
            (
                r#"{"event_type": "file_access", "description": "Sensitive file"}"#,
                RiskLevel::High,
                Method::Baseline,
            ),
            (
                r#"{"event_type": "login", "description": "Successful login"}"#,
                RiskLevel::Low,
                Method::Baseline,
            ),
            (r#"{"event_type": "coffee", "severity": "critical"}"#, RiskLevel::Critical, Method::Severity),
            (r#"{"event_type": "coffee", "severity": "dire"}"#, RiskLevel::Low, Method::Default),
            ("{}", RiskLevel::Unknown, Method::Invalid),
        ] {
            let analysis = analyze(&[], json);
            assert_eq!((analysis.risk_level, analysis.method), (level, method), "{json}");
        }
    }
}

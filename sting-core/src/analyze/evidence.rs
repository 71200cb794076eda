//! What the cheap means find: rules, indicators, what an event says in words, what its source says.

use super::{Method, RiskLevel};
use crate::event::{Envelope, EventType, Severity};
use crate::ioc::IocMatch;
use crate::sigma::Match;

/// What a tier says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) method: Method,
    pub(super) score: f64,
    pub(super) reason: String,
}

/// Independent signs add up as probabilities do, but to no more than one level above the worst.
fn together(scores: impl Iterator<Item = f64>) -> f64 {
    let (mut miss, mut worst) = (1.0, 0.0_f64);
    for score in scores {
        miss *= 1.0 - score / 100.0;
        worst = worst.max(score);
    }
    (100.0 * (1.0 - miss)).min(RiskLevel::of_score(worst).ceiling_of_next())
}

fn and_more(count: usize, what: &str) -> String {
    match count - 1 {
        0 => String::new(),
        1 => format!(", and one more {what}"),
        more => format!(", and {more} more {what}s"),
    }
}

pub(super) fn by_rules(matches: &[Match]) -> Option<Finding> {
    // A rule without a level counts as medium.
    let score = |found: &Match| found.level.unwrap_or(Severity::Medium).points();
    let worst = matches.iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    let level = worst.level.map_or("unrated", Severity::as_str);
    let mut fields: Vec<&str> = worst.fields.iter().map(|found| found.field.as_str()).collect();
    fields.dedup();
    let on = if fields.is_empty() { String::new() } else { format!(" on {}", fields.join(", ")) };
    let more = and_more(matches.len(), "rule");
    let reason = format!("Rule \"{}\" ({level}) matched{on}{more}.", worst.title);
    Some(Finding { method: Method::Rules, score: together(matches.iter().map(score)), reason })
}

/// A known indicator weighs as much as its source is sure of it: 80 points at full confidence.
pub(super) fn by_indicators(indicators: &[IocMatch]) -> Option<Finding> {
    let score = |found: &IocMatch| 0.8 * f64::from(found.attributes.confidence.min(100));
    let worst = indicators.iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    let confidence = worst.attributes.confidence;
    let more = and_more(indicators.len(), "indicator");
    let reason = format!("A known {} (confidence {confidence}) is in {}{more}.", worst.kind, worst.field);
    Some(Finding { method: Method::Indicators, score: together(indicators.iter().map(score)), reason })
}

/// What the descriptions of the platform's own events say.
pub(super) fn by_words(envelope: &Envelope) -> Option<Finding> {
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
    let score = envelope.severity.map_or(0.0, Severity::points).max(severity.points());
    Some(Finding { method: Method::Baseline, score, reason: reason.to_owned() })
}

pub(super) fn by_severity(envelope: &Envelope) -> Option<Finding> {
    let severity = envelope.severity?;
    let reason = format!("No rule matched; its source calls it {severity}.");
    Some(Finding { method: Method::Severity, score: severity.points(), reason })
}

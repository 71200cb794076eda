//! From an event to a decision: how bad it is, who says so and why, and what to do.
//!
//! The tiers are tried from the cheap to the dear: validation, enrichment, rules and indicators, a classifier,
//! a language model. Every answer names the one that decided, and why. Beside the [`Analyzer`] stand the
//! plain functions of the trade: risk of entities and indicators, priority of vulnerabilities, likeness of
//! reports and tickets, times to respond.

mod analyzer;
mod ask;
mod evidence;
mod export;
mod priority;
mod risk;
mod route;
mod similarity;
mod ticket;
mod triage;

#[cfg(test)]
mod tests;

pub use analyzer::{Analyzer, AnalyzerConfig, AnalyzerStats, Enrich};
pub use ask::Facts;
pub use export::Finding;
pub use priority::{CvePriority, Cvss3, Exposure, Vulnerability, cve_priority, exposed_priority};
pub use risk::{
    Enrichment, IndicatorReports, ReportLevel, Signal, SignalDomain, decay, entity_risk, indicator_risk,
    worst_enrichment,
};
pub use route::{Budget, Judgement, Route, Signals, Worths, route};
pub use similarity::{Report, SimilarTicket, Similarity, jaccard, report_similarity, ticket_similarity};
pub use ticket::{
    AgeCategory, ResolutionBucket, Seconds, Ticket, TicketStatus, TimeToContain, TimeToRespond, mttc, mttr,
};
pub use triage::{Intent, Outcome, RecommendedAction, Verdict, derive_verdict};

use crate::event::{Envelope, EventType, Fault};
use crate::ioc::IocMatch;
use crate::sigma::Match;
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
    /// Known indicators are in it.
    Indicators,
    /// A classifier judged it.
    Classifier,
    /// A language model stated facts, from which the verdict was derived.
    Llm,
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
    /// Why, in one sentence, two if a model could not be asked. It names rules and fields, never values; of a
    /// language model it has the summary, which that wrote from scrubbed text.
    pub reason: String,
    /// What to do.
    pub action: &'static str,
    /// How bad it is, in [0, 100].
    pub score: f64,
    /// True from the configured level on.
    pub alert: bool,
    /// The rules that matched.
    pub matches: Vec<Match>,
    /// The known indicators in it.
    pub indicators: Vec<IndicatorHit>,
    /// What the classifier thinks.
    pub classified: Option<Classified>,
    /// What a language model stated, and what follows from it.
    pub facts: Option<Facts>,
    /// The verdict that follows from the facts.
    pub verdict: Option<Verdict>,
    /// Why a language model that was to be asked did not decide.
    pub fallback: Option<Fallback>,
    /// The event as all sources share it, with what was added to it.
    pub envelope: Envelope,
    /// What is wrong with the event itself.
    pub faults: Vec<Fault>,
}

/// A known indicator in an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IndicatorHit {
    /// The field in which it is.
    pub field: String,
    /// Kind of the known indicator.
    pub kind: &'static str,
    /// The known indicator.
    pub value: String,
    /// Who says so.
    pub source: String,
    /// How sure they are, from 0 to 100.
    pub confidence: u8,
}

impl From<&IocMatch> for IndicatorHit {
    fn from(found: &IocMatch) -> Self {
        Self {
            field: found.field.clone(),
            kind: found.kind.as_str(),
            value: found.value.clone(),
            source: found.attributes.source.to_string(),
            confidence: found.attributes.confidence,
        }
    }
}

/// What a classifier thinks of an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Classified {
    /// The likeliest class.
    pub label: String,
    /// Its probability.
    pub probability: f64,
    /// Risk and doubt.
    pub judgement: Judgement,
}

/// Why a language model that was to be asked did not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fallback {
    /// It took too long.
    Timeout,
    /// It refused.
    Refused,
    /// It failed or could not be reached.
    Failed,
    /// Its answer does not follow the schema.
    InvalidAnswer,
    /// It was not sure of its answer.
    Unsure,
    /// The event could not be scrubbed, so nothing was sent.
    NotScrubbed,
}

impl Fallback {
    const fn as_sentence(self) -> &'static str {
        match self {
            Self::Timeout => "The language model did not answer in time.",
            Self::Refused => "The language model refused to answer.",
            Self::Failed => "The language model could not be asked.",
            Self::InvalidAnswer => "The language model's answer does not follow the schema.",
            Self::Unsure => "The language model was not sure.",
            Self::NotScrubbed => "The event could not be scrubbed, so no language model was asked.",
        }
    }
}

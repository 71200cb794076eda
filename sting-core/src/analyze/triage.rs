//! Verdicts derived by code from stated facts, so that whoever states them cannot choose the verdict.

use serde::{Deserialize, Serialize};

/// What the actor wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Harm.
    Malicious,
    /// No harm.
    Benign,
    /// Not known.
    Unknown,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It worked.
    Successful,
    /// Something stopped it.
    Blocked,
    /// It was tried.
    Attempted,
    /// It did not happen.
    FalseAlarm,
}

/// What an alert turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Real, and harm was done.
    TruePositiveMalicious,
    /// Real, and stopped or unfinished.
    TruePositiveMaliciousContained,
    /// Real, and harmless.
    TruePositiveBenign,
    /// Nothing happened.
    FalsePositive,
    /// Nothing to do.
    CloseTicket,
}

/// What to do with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecommendedAction {
    /// Nothing more.
    CloseTicket,
    /// Hand it up.
    Escalate,
    /// Look closer.
    Investigate,
}

/// The verdict that follows from intent and outcome. A false alarm is a false positive whatever the
/// intent; what is not known to be benign is treated as malicious and contained.
pub fn derive_verdict(intent: Intent, outcome: Outcome) -> Verdict {
    match (intent, outcome) {
        (_, Outcome::FalseAlarm) => Verdict::FalsePositive,
        (Intent::Malicious, Outcome::Successful) => Verdict::TruePositiveMalicious,
        (Intent::Malicious | Intent::Unknown, _) => Verdict::TruePositiveMaliciousContained,
        (Intent::Benign, _) => Verdict::TruePositiveBenign,
    }
}

impl Verdict {
    /// The name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TruePositiveMalicious => "true_positive_malicious",
            Self::TruePositiveMaliciousContained => "true_positive_malicious_contained",
            Self::TruePositiveBenign => "true_positive_benign",
            Self::FalsePositive => "false_positive",
            Self::CloseTicket => "close_ticket",
        }
    }

    /// What to do after this verdict.
    pub fn action(self) -> RecommendedAction {
        match self {
            Self::TruePositiveMalicious => RecommendedAction::Escalate,
            Self::TruePositiveMaliciousContained => RecommendedAction::Investigate,
            Self::TruePositiveBenign | Self::FalsePositive | Self::CloseTicket => {
                RecommendedAction::CloseTicket
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Intent, Outcome, Verdict, derive_verdict};

    #[test]
    fn the_whole_table() {
        use {Intent as I, Outcome as O, Verdict as V};
        for intent in [I::Malicious, I::Benign, I::Unknown] {
            assert_eq!(derive_verdict(intent, O::FalseAlarm), V::FalsePositive);
        }
        for (intent, outcome, verdict) in [
            (I::Malicious, O::Successful, V::TruePositiveMalicious),
            (I::Malicious, O::Blocked, V::TruePositiveMaliciousContained),
            (I::Malicious, O::Attempted, V::TruePositiveMaliciousContained),
            (I::Benign, O::Successful, V::TruePositiveBenign),
            (I::Benign, O::Blocked, V::TruePositiveBenign),
            (I::Benign, O::Attempted, V::TruePositiveBenign),
            (I::Unknown, O::Successful, V::TruePositiveMaliciousContained),
            (I::Unknown, O::Blocked, V::TruePositiveMaliciousContained),
            (I::Unknown, O::Attempted, V::TruePositiveMaliciousContained),
        ] {
            assert_eq!(derive_verdict(intent, outcome), verdict);
        }
    }
}

//! Who decides about an event: what is already known, the classifier, or a language model.

use super::RiskLevel;
use crate::event::Severity;
use serde::Serialize;
use std::time::Duration;

/// What a classifier thinks of an event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The risk that is to be expected, in points of 100.
    pub risk: f64,
    /// How undecided it is, in [0, 1]: the entropy of its probabilities over the largest that it could be.
    pub uncertainty: f64,
}

impl Judgement {
    /// The judgement of calibrated probabilities, with the risk of each class in points of 100.
    pub fn of(probabilities: &[f32], risk: impl Fn(usize) -> f64) -> Self {
        let expected = probabilities.iter().enumerate().map(|(class, p)| f64::from(*p) * risk(class)).sum();
        let entropy: f64 =
            probabilities.iter().map(|p| f64::from(*p)).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum();
        let most = (probabilities.len().max(2) as f64).ln();
        Self { risk: expected, uncertainty: (entropy / most).clamp(0.0, 1.0) }
    }
}

/// What the cheap means say about an event.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    /// The score of rules and indicators in points of 100; 0 if there are none.
    pub evidence: f64,
    /// What the classifier thinks, if there is one.
    pub classifier: Option<Judgement>,
    /// What its source says.
    pub severity: Option<Severity>,
    /// Its type is one of the vocabulary.
    pub is_known_type: bool,
}

impl Signals {
    /// How much there is to be gained by asking a language model, in [0, 1]: doubt times what is at stake.
    pub fn worth(&self) -> f64 {
        let doubt = match self.classifier {
            Some(judgement) => judgement.uncertainty,
            // Rules that are not sure are still something.
            None if self.evidence > 0.0 => 0.5,
            None => 1.0,
        };
        let stated: f64 = match self.severity {
            Some(Severity::Informational) => 0.2,
            Some(Severity::Low) => 0.4,
            None => 0.6,
            Some(Severity::Medium) => 0.7,
            Some(Severity::High) => 0.9,
            Some(Severity::Critical) => 1.0,
        };
        let risk = self.classifier.map_or(0.0, |judgement| judgement.risk);
        let stakes = stated.max(risk / 100.0).max(self.evidence / 100.0);
        let novelty = if self.is_known_type { 0.9 } else { 1.0 };
        (doubt * stakes * novelty).clamp(0.0, 1.0)
    }
}

/// What may be spent on language models, and what was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// The share of events that may be asked about, in [0, 1].
    pub llm_share: f64,
    /// Events below this worth are not asked about: the worth that the share of events reaches.
    pub threshold: f64,
    /// Where the classifier is less undecided than this, its word is taken: a language model errs too.
    pub min_uncertainty: f64,
    /// Events so far.
    pub events: u64,
    /// Questions so far.
    pub asked: u64,
    /// Tokens left; `None` for no limit.
    pub tokens_left: Option<u64>,
    /// Tokens that the question would cost, estimated.
    pub tokens_needed: u64,
    /// Time that may be spent on the event; `None` for no limit.
    pub latency_left: Option<Duration>,
    /// There is a model, and it has not just failed several times.
    pub is_available: bool,
}

impl Budget {
    /// True if one more question can be paid for.
    fn allows(&self) -> bool {
        self.is_available
            && self.llm_share > 0.0
            // The share holds at every moment, but for the first question.
            && (self.asked as f64) < self.llm_share * (self.events + 1) as f64
            && self.tokens_left.is_none_or(|left| left >= self.tokens_needed)
            && self.latency_left.is_none_or(|left| !left.is_zero())
    }
}

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// What is known already: rules, indicators, or what the source says.
    Settled,
    /// The classifier.
    Classifier,
    /// A language model.
    Llm,
}

/// Chooses who decides. It depends on its arguments alone.
///
/// What rules and indicators call high needs no second opinion. Otherwise a language model is asked where
/// the worth reaches the threshold, the classifier is not sure and the budget allows, and else the
/// classifier, if there is one.
pub fn route(signals: &Signals, budget: &Budget) -> Route {
    if RiskLevel::of_score(signals.evidence) >= RiskLevel::High {
        return Route::Settled;
    }
    let worth = signals.worth();
    let is_sure = signals.classifier.is_some_and(|judgement| judgement.uncertainty < budget.min_uncertainty);
    if worth > 0.0 && worth >= budget.threshold && !is_sure && budget.allows() {
        return Route::Llm;
    }
    if signals.classifier.is_some() { Route::Classifier } else { Route::Settled }
}

/// The worths of recent events, to know which of them a share of events reaches: the threshold of a [`Budget`].
///
/// ```
/// use sting_core::analyze::Worths;
/// let mut worths = Worths::default();
/// (0..1000).for_each(|n| worths.add(f64::from(n) / 1000.0));
/// assert!((worths.threshold(0.05) - 0.94).abs() < 0.011);
/// ```
#[derive(Clone, Debug)]
pub struct Worths {
    bins: [u32; Self::BINS],
    total: u32,
}

impl Default for Worths {
    fn default() -> Self {
        Self { bins: [0; Self::BINS], total: 0 }
    }
}

impl Worths {
    const BINS: usize = 100;
    /// So many events are remembered; older ones fade.
    const MEMORY: u32 = 4096;

    /// Counts the worth of an event, see [`Signals::worth`].
    pub fn add(&mut self, worth: f64) {
        let bin = (worth * Self::BINS as f64) as usize;
        self.bins[bin.min(Self::BINS - 1)] += 1;
        self.total += 1;
        if self.total > Self::MEMORY {
            self.bins.iter_mut().for_each(|bin| *bin /= 2);
            self.total = self.bins.iter().sum();
        }
    }

    /// The lowest worth that about `share` of the events reach. Of the bin in which the share is reached, it is the
    /// upper end if what lies above makes up half of the share, and the lower end otherwise: many events that are
    /// hardly worth it are not to use up what the few that are worth it need.
    pub fn threshold(&self, share: f64) -> f64 {
        let room = share * f64::from(self.total);
        let mut above = 0.0;
        for (bin, count) in self.bins.iter().enumerate().rev() {
            if above + f64::from(*count) > room {
                let edge = if above >= room / 2.0 && above > 0.0 { bin + 1 } else { bin };
                return edge as f64 / Self::BINS as f64;
            }
            above += f64::from(*count);
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Judgement, Route, Signals, Worths, route};
    use crate::event::Severity;
    use std::time::Duration;

    const BUDGET: Budget = Budget {
        llm_share: 0.5,
        threshold: 0.2,
        min_uncertainty: 0.3,
        events: 10,
        asked: 0,
        tokens_left: None,
        tokens_needed: 500,
        latency_left: None,
        is_available: true,
    };

    #[test]
    fn the_table_of_routes() {
        let unsure = Some(Judgement { risk: 50.0, uncertainty: 0.9 });
        let sure = Some(Judgement { risk: 5.0, uncertainty: 0.1 });
        let doubtful = Signals { classifier: unsure, ..Signals::default() };
        for (signals, budget, expected) in [
            (doubtful, BUDGET, Route::Llm),
            (Signals { classifier: sure, ..doubtful }, BUDGET, Route::Classifier),
            (Signals { evidence: 65.0, ..doubtful }, BUDGET, Route::Settled),
            (Signals { evidence: 40.0, ..doubtful }, BUDGET, Route::Llm),
            (
                Signals { severity: Some(Severity::Informational), classifier: None, ..doubtful },
                BUDGET,
                Route::Llm,
            ),
            (
                Signals { classifier: None, ..doubtful },
                Budget { is_available: false, ..BUDGET },
                Route::Settled,
            ),
            (doubtful, Budget { is_available: false, ..BUDGET }, Route::Classifier),
            (doubtful, Budget { llm_share: 0.0, ..BUDGET }, Route::Classifier),
            (doubtful, Budget { asked: 6, ..BUDGET }, Route::Classifier),
            (doubtful, Budget { threshold: 0.99, ..BUDGET }, Route::Classifier),
            (doubtful, Budget { min_uncertainty: 0.91, ..BUDGET }, Route::Classifier),
            (
                Signals { classifier: sure, ..doubtful },
                Budget { threshold: 0.0, ..BUDGET },
                Route::Classifier,
            ),
            (doubtful, Budget { tokens_left: Some(499), ..BUDGET }, Route::Classifier),
            (doubtful, Budget { tokens_left: Some(500), ..BUDGET }, Route::Llm),
            (doubtful, Budget { latency_left: Some(Duration::ZERO), ..BUDGET }, Route::Classifier),
        ] {
            assert_eq!(route(&signals, &budget), expected, "{signals:?} {budget:?}");
        }
    }

    #[test]
    fn stakes_and_doubt_raise_the_worth() {
        let of = |uncertainty, severity| {
            let classifier = Some(Judgement { risk: 10.0, uncertainty });
            Signals { classifier, severity: Some(severity), ..Signals::default() }.worth()
        };
        assert!(of(0.9, Severity::Critical) > of(0.9, Severity::Low));
        assert!(of(0.9, Severity::Low) > of(0.1, Severity::Low));
        assert!(of(0.0, Severity::Critical).abs() < 1e-12);
    }

    #[test]
    fn judgements() {
        let risk = |class| [0.0, 80.0][class];
        let even = Judgement::of(&[0.5, 0.5], risk);
        assert!((even.risk - 40.0).abs() < 1e-6 && (even.uncertainty - 1.0).abs() < 1e-6);
        let sure = Judgement::of(&[1.0, 0.0], risk);
        assert!(sure.risk.abs() < 1e-6 && sure.uncertainty.abs() < 1e-6);
    }

    #[test]
    fn the_threshold_is_where_the_share_is_reached() {
        let mut worths = Worths::default();
        (0..1000).for_each(|n| worths.add(f64::from(n) / 1000.0));
        assert!((worths.threshold(0.05) - 0.94).abs() < 0.011, "{}", worths.threshold(0.05));
        assert!(worths.threshold(1.0).abs() < 1e-12);
        (0..50_000).for_each(|_| worths.add(0.1));
        assert!(worths.threshold(0.05) < 0.2, "what was long ago fades");
    }
}

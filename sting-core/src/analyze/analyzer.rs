//! The tiers, tried one after the other.

use super::ask::{self, Answers, Facts, Patient};
use super::evidence::{Finding, by_indicators, by_rules, by_severity, by_words};
use super::route::{Budget, Judgement, Route, Signals, Worths, route};
use super::{Analysis, Classified, Fallback, IndicatorHit, Method, RiskLevel, Verdict};
use crate::event::{Envelope, Event, EventType};
use crate::ioc::{IocMatch, Iocs};
use crate::model::{EventClassifier, Evidence, Llm, LlmError, ModelError};
use crate::sigma::{Match, RuleSet};
use crate::{Error, Id, Raw, Scrub};
use serde::Serialize;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Settings of an [`Analyzer`].
#[derive(Clone, Debug, PartialEq)]
pub struct AnalyzerConfig {
    alert_from: RiskLevel,
    llm_share: f64,
    max_tokens: Option<u64>,
    llm_timeout: Duration,
    min_confidence: f64,
    min_uncertainty: f64,
}

impl Default for AnalyzerConfig {
    /// Alerts from [`RiskLevel::High`]; a language model, if there is one, is asked about 5 % of the events,
    /// waited for 20 s, and believed from a confidence of 0.5; where a classifier of two classes states more than
    /// 0.95 for one of them, none is asked.
    fn default() -> Self {
        Self {
            alert_from: RiskLevel::High,
            llm_share: 0.05,
            max_tokens: None,
            llm_timeout: Duration::from_secs(20),
            min_confidence: 0.5,
            min_uncertainty: 0.29,
        }
    }
}

impl AnalyzerConfig {
    /// Alerts from this level on.
    pub fn with_alert_from(mut self, level: RiskLevel) -> Self {
        self.alert_from = level;
        self
    }

    /// The share of events, in [0, 1], about which a language model may be asked. Answers that are known
    /// already do not count.
    pub fn with_llm_share(mut self, share: f64) -> Self {
        self.llm_share = share.clamp(0.0, 1.0);
        self
    }

    /// Tokens that may be spent on language models in all.
    pub fn with_max_tokens(mut self, tokens: u64) -> Self {
        self.max_tokens = Some(tokens);
        self
    }

    /// How long an answer is waited for. With [`Duration::ZERO`] none is asked for.
    pub fn with_llm_timeout(mut self, timeout: Duration) -> Self {
        self.llm_timeout = timeout;
        self
    }

    /// The confidence, in [0, 1], from which on an answer is believed.
    pub fn with_min_confidence(mut self, confidence: f64) -> Self {
        self.min_confidence = confidence.clamp(0.0, 1.0);
        self
    }

    /// How undecided a classifier must be, in [0, 1], for a language model to be asked, see
    /// [`Judgement::uncertainty`]. A good choice is the uncertainty of a classifier that errs as often as the
    /// language model does: asking it where the classifier is surer does harm.
    pub fn with_min_uncertainty(mut self, uncertainty: f64) -> Self {
        self.min_uncertainty = uncertainty.clamp(0.0, 1.0);
        self
    }
}

/// Adds to what is known of an event before anything judges it: where an address is, who owns a machine.
pub trait Enrich: Send + Sync + fmt::Debug {
    /// Completes the envelope; what has no field there goes to [`Envelope::enrichment`].
    fn enrich(&self, event: &Event, envelope: &mut Envelope);
}

/// What an [`Analyzer`] has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AnalyzerStats {
    /// Events analysed.
    pub events: u64,
    /// Questions that a language model was asked.
    pub asked: u64,
    /// Tokens that they cost, as told or else estimated.
    pub tokens: u64,
    /// Questions whose answers were known already.
    pub cached: u64,
    /// Events for which a language model was to decide and did not.
    pub fallbacks: u64,
}

/// What is shared by all clones of an analyzer.
#[derive(Debug, Default)]
struct State {
    stats: AnalyzerStats,
    worths: Worths,
    answers: Answers,
    patient: Option<Patient>,
}

/// Decides about events.
///
/// Clones share the budget and the answers of the language model. Any number of threads may use one at once; a
/// language model is asked outside the lock.
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
    indicators: Option<Arc<Iocs>>,
    classifier: Option<Arc<dyn EventClassifier>>,
    scrub: Option<Arc<dyn Scrub>>,
    hooks: Vec<Arc<dyn Enrich>>,
    state: Arc<Mutex<State>>,
}

/// What the tiers before the language model found.
struct Found {
    envelope: Envelope,
    matches: Vec<Match>,
    classified: Option<Classified>,
    /// The better of rules and indicators.
    evidence: Option<Finding>,
}

impl Analyzer {
    /// An analyzer without rules.
    pub fn new(config: AnalyzerConfig) -> Self {
        Self { config, ..Self::default() }
    }

    /// The same with these rules.
    pub fn with_rules(mut self, rules: RuleSet) -> Self {
        self.rules = rules;
        self
    }

    /// The same with these known indicators.
    pub fn with_indicators(mut self, indicators: Arc<Iocs>) -> Self {
        self.indicators = Some(indicators);
        self
    }

    /// The same with this classifier.
    pub fn with_classifier(mut self, classifier: impl EventClassifier + 'static) -> Self {
        self.classifier = Some(Arc::new(classifier));
        self
    }

    /// The same with this language model, which is shown nothing but what `scrub` lets pass. Whoever wants
    /// events to be sent as they are has to sign for it with a [`Waiver`](crate::Waiver).
    pub fn with_llm(mut self, llm: Arc<dyn Llm>, scrub: Arc<dyn Scrub>) -> Self {
        self.scrub = Some(scrub);
        self.state = Arc::new(Mutex::new(State { patient: Some(Patient::new(llm)), ..State::default() }));
        self
    }

    /// The same with one more hook, which is called after those before it.
    pub fn with_enrichment(mut self, hook: Arc<dyn Enrich>) -> Self {
        self.hooks.push(hook);
        self
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The classifier.
    pub fn classifier(&self) -> Option<&dyn EventClassifier> {
        self.classifier.as_deref()
    }

    /// What it and its clones have done so far.
    pub fn stats(&self) -> AnalyzerStats {
        self.state().stats
    }

    /// Lets the classifier learn from events that somebody has labelled, with what rules and indicators find
    /// in them. Its own answers are no labels.
    ///
    /// # Errors
    /// [`Error::Model`] if there is no classifier, it is shared with a clone, cannot learn, or there is not
    /// one usable label for each event.
    pub fn learn(&mut self, events: &[Event], labels: &[&str]) -> Result<(), Error> {
        let found: Vec<_> =
            events.iter().map(|event| (self.rules.matches(event), self.find(event))).collect();
        let evidence: Vec<_> = events
            .iter()
            .zip(&found)
            .map(|(event, (matches, indicators))| {
                Evidence::of(event).with_matches(matches).with_indicators(indicators)
            })
            .collect();
        let no = |problem, mend| ModelError::new("analyzer", problem, mend);
        let Some(classifier) = &mut self.classifier else {
            return Err(no("has no classifier", "give it one").into());
        };
        let Some(classifier) = Arc::get_mut(classifier) else {
            return Err(no("shares its classifier with a clone", "let it learn before it is cloned").into());
        };
        Ok(classifier.learn(&evidence, labels)?)
    }

    /// Decides about one event. A fault in it is listed, and does not keep rules from matching.
    pub fn analyze(&self, event: &Event) -> Analysis {
        let (mut envelope, faults) = Envelope::read(event);
        for hook in &self.hooks {
            hook.enrich(event, &mut envelope);
        }
        let matches = self.rules.matches(event);
        let indicators = self.find(event);
        // Of two that weigh the same the rule says more.
        let evidence = heavier(by_rules(&matches), by_indicators(&indicators));
        let classified = self.classify(event, &matches, &indicators);
        let found = Found { envelope, matches, classified, evidence };

        let mut answer = None;
        let mut fallback = None;
        if !event.is_empty() && self.takes_route_to_llm(event, &found) {
            match self.ask(event, &found) {
                Ok(facts) => answer = Some(facts),
                Err(reason) => fallback = Some(reason),
            }
        }
        let finding = decide(event, &found, answer.as_ref(), fallback);
        let risk_level = match finding.method {
            Method::Invalid => RiskLevel::Unknown,
            _ => RiskLevel::of_score(finding.score),
        };
        let Found { envelope, matches, classified, .. } = found;
        Analysis {
            event_id: envelope.id.clone(),
            event_type: envelope.event_type.clone(),
            risk_level,
            method: finding.method,
            reason: finding.reason,
            action: risk_level.action(),
            score: finding.score,
            alert: risk_level >= self.config.alert_from,
            matches,
            indicators: indicators.iter().map(IndicatorHit::from).collect(),
            classified,
            verdict: answer.as_ref().map(Facts::verdict),
            facts: answer,
            fallback,
            envelope,
            faults,
        }
    }

    fn find(&self, event: &Event) -> Vec<IocMatch> {
        let now = event.timestamp().and_then(|time| u32::try_from(time.as_second()).ok());
        self.indicators.as_ref().map(|known| known.matches(event, now)).unwrap_or_default()
    }

    /// A classifier that fails is as good as none: the tiers around it decide.
    fn classify(&self, event: &Event, matches: &[Match], indicators: &[IocMatch]) -> Option<Classified> {
        let classifier = self.classifier.as_deref()?;
        let evidence = Evidence::of(event).with_matches(matches).with_indicators(indicators);
        let probabilities = classifier.classify_events(&[evidence]).ok()?;
        let (class, probability) = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        Some(Classified {
            label: classifier.labels().get(class)?.clone(),
            probability: f64::from(*probability),
            judgement: Judgement::of(&probabilities, |class| classifier.risk(class)),
        })
    }

    fn takes_route_to_llm(&self, event: &Event, found: &Found) -> bool {
        let signals = Signals {
            evidence: found.evidence.as_ref().map_or(0.0, |finding| finding.score),
            classifier: found.classified.as_ref().map(|classified| classified.judgement),
            severity: found.envelope.severity,
            is_known_type: !matches!(found.envelope.event_type, EventType::Other(_)),
        };
        let mut state = self.state();
        let budget = Budget {
            llm_share: self.config.llm_share,
            threshold: state.worths.threshold(self.config.llm_share),
            min_uncertainty: self.config.min_uncertainty,
            events: state.stats.events,
            asked: state.stats.asked,
            tokens_left: self.config.max_tokens.map(|most| most.saturating_sub(state.stats.tokens)),
            tokens_needed: ask::tokens_needed(event.raw().len()),
            latency_left: Some(self.config.llm_timeout),
            is_available: state.patient.as_ref().is_some_and(Patient::is_available),
        };
        state.stats.events += 1;
        state.worths.add(signals.worth());
        route(&signals, &budget) == Route::Llm
    }

    /// The facts about an event, from a language model or from an earlier answer to the same question.
    fn ask(&self, event: &Event, found: &Found) -> Result<Facts, Fallback> {
        let facts = self.ask_or_remember(event, found);
        let facts = match facts {
            Ok(facts) if facts.confidence < self.config.min_confidence => Err(Fallback::Unsure),
            other => other,
        };
        if facts.is_err() {
            self.state().stats.fallbacks += 1;
        }
        facts
    }

    fn ask_or_remember(&self, event: &Event, found: &Found) -> Result<Facts, Fallback> {
        let scrub = self.scrub.as_ref().ok_or(Fallback::NotScrubbed)?;
        let text = Raw::new(ask::describe(event, &found.matches));
        let text = scrub.scrub_text(&text).map_err(|_| Fallback::NotScrubbed)?;
        let prompt = ask::prompt(text, self.config.llm_timeout);
        let mut state = self.state();
        let Some(patient) = state.patient.clone() else { return Err(Fallback::Failed) };
        let question = Id::of([patient.llm.id(), prompt.data.get()]);
        if let Some(facts) = state.answers.get(&question) {
            state.stats.cached += 1;
            return Ok(facts);
        }
        state.stats.asked += 1;
        drop(state);

        let cost = ask::tokens_needed(prompt.data.get().len());
        let reply = ask::ask(&patient, prompt);
        let mut state = self.state();
        let told = reply.as_ref().map_or(0, |reply| reply.tokens);
        state.stats.tokens += if told > 0 { told } else { cost };
        if let Some(patient) = &mut state.patient {
            // A refusal is an answer: the model is there.
            patient.note(matches!(reply, Ok(_) | Err(LlmError::Refused)));
        }
        let reply = reply.map_err(|error| match error {
            LlmError::Timeout => Fallback::Timeout,
            LlmError::Refused => Fallback::Refused,
            LlmError::Failed(_) => Fallback::Failed,
        })?;
        let facts = Facts::parse(&reply.text, event).map_err(|_| Fallback::InvalidAnswer)?;
        state.answers.put(question, facts.clone());
        Ok(facts)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Counters and answers are whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The finding that weighs more; of two that weigh the same the first.
fn heavier(first: Option<Finding>, second: Option<Finding>) -> Option<Finding> {
    first.into_iter().chain(second).reduce(|a, b| if b.score > a.score { b } else { a })
}

/// What the tiers say together.
fn decide(event: &Event, found: &Found, facts: Option<&Facts>, fallback: Option<Fallback>) -> Finding {
    if event.is_empty() {
        return Finding {
            method: Method::Invalid,
            score: 0.0,
            reason: "The event has no fields.".to_owned(),
        };
    }
    if let Some(facts) = facts {
        return by_facts(facts);
    }
    let classified = found.classified.as_ref().map(|classified| Finding {
        method: Method::Classifier,
        score: classified.judgement.risk,
        reason: format!(
            "The classifier sees \"{}\" with probability {:.2}.",
            classified.label, classified.probability
        ),
    });
    let mut finding = heavier(found.evidence.clone(), classified)
        .or_else(|| by_words(&found.envelope))
        .or_else(|| by_severity(&found.envelope))
        .unwrap_or_else(|| Finding {
            method: Method::Default,
            score: 0.0,
            reason: "No rule matched, and its source reports no severity.".to_owned(),
        });
    if let Some(fallback) = fallback {
        finding.reason = format!("{} {}", finding.reason, fallback.as_sentence());
    }
    finding
}

/// The score that follows from facts. It can put what rules call medium one level lower; what they call high
/// is not asked about, so that no model can be talked into hiding it.
fn by_facts(facts: &Facts) -> Finding {
    let verdict = facts.verdict();
    let score = match verdict {
        Verdict::TruePositiveMalicious => 90.0,
        Verdict::TruePositiveMaliciousContained => 65.0,
        Verdict::TruePositiveBenign => 15.0,
        Verdict::FalsePositive | Verdict::CloseTicket => 5.0,
    };
    let on = match facts.evidence.as_slice() {
        [] => String::new(),
        fields => format!(" (from {})", fields.join(", ")),
    };
    let reason = format!("{}: {}{on}", verdict.as_str(), facts.summary.trim());
    Finding { method: Method::Llm, score, reason }
}

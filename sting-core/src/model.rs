//! What models are to the rest of the library: traits and their types, without an implementation.
//!
//! `sting-vector` implements [`Embedder`]; the caller hands it in wherever a model is wanted, so
//! that no crate depends on another's models.

mod llm;

pub use llm::{Llm, LlmError, Prompt, Reply};

use crate::event::{Event, Severity};
use crate::ioc::IocMatch;
use crate::sigma::Match;
use crate::template::TemplateId;
use std::fmt::{self, Write};

/// A model that failed or that cannot be used as asked.
#[derive(Debug, thiserror::Error)]
#[error("model {model}: {problem}; {mend}")]
pub struct ModelError {
    /// Which model, by name or folder.
    pub model: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub mend: String,
}

impl ModelError {
    /// An error that names the model, the problem and the mend.
    pub fn new(model: impl Into<String>, problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { model: model.into(), problem: problem.into(), mend: mend.into() }
    }
}

/// Turns texts into vectors of one fixed dimension.
pub trait Embedder: Send + Sync + fmt::Debug {
    /// Numbers in a vector.
    fn dim(&self) -> usize;

    /// Tokens of a text beyond which the model does not read; `None` if it reads everything.
    fn max_tokens(&self) -> Option<usize>;

    /// Name and version of the model. Vectors of different ids cannot be compared.
    fn id(&self) -> &str;

    /// Embeds passages: row-major, `texts.len()` rows of [`Embedder::dim`] numbers, each row of
    /// unit length, or all zeros for a text in which there is nothing to embed.
    ///
    /// # Errors
    /// Fails if the model itself fails; never because of what a text holds.
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError>;

    /// Embeds search queries. Models without a prompt of their own for queries treat them as
    /// passages.
    ///
    /// # Errors
    /// As [`Embedder::embed`].
    fn embed_queries(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        self.embed(texts)
    }

    /// Embeds passages, and soon after `stop` says so gives up: then there are no rows. A model that cannot stop within
    /// its work, as this method does unless it is overridden, asks only before it begins.
    ///
    /// # Errors
    /// As [`Embedder::embed`].
    fn embed_until(
        &self,
        texts: &[&str],
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<f32>>, ModelError> {
        if stop() { Ok(None) } else { self.embed(texts).map(Some) }
    }

    /// How much the vector leg of a hybrid search with this model weighs beside a keyword leg of
    /// weight 1, both scaled to [0, 1].
    fn hybrid_weight(&self) -> f32 {
        1.0
    }
}

/// A stretch of a text that a model takes for the name of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Byte offset of its first byte.
    pub start: usize,
    /// Byte offset past its last byte.
    pub end: usize,
    /// The model's own label without the prefixes of its tagging scheme: `PER`, `LOC`, `ORG`, ...
    pub label: String,
    /// How sure the model is, in [0, 1].
    pub score: f32,
}

/// Finds names in texts: a token classifier whose tokens are joined to spans.
pub trait EntityRecognizer: Send + Sync + fmt::Debug {
    /// Name and version of the model.
    fn id(&self) -> &str;

    /// The entities of each text, sorted by start, without overlaps, on character boundaries.
    ///
    /// # Errors
    /// Fails if the model itself fails; never because of what a text holds.
    fn recognize(&self, texts: &[&str]) -> Result<Vec<Vec<Entity>>, ModelError>;
}

/// Sorts texts into classes.
pub trait Classifier: Send + Sync + fmt::Debug {
    /// Name and version of the model.
    fn id(&self) -> &str;

    /// The classes, in the order of the columns of [`Classifier::classify`].
    fn labels(&self) -> &[String];

    /// Probabilities: row-major, `texts.len()` rows of one number a label, each row summing to 1.
    ///
    /// # Errors
    /// Fails if the model itself fails; never because of what a text holds.
    fn classify(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError>;
}

/// An event, and what was found in it before a classifier sees it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Evidence<'a> {
    /// The event.
    pub event: &'a Event,
    /// Rules that matched it.
    pub matches: &'a [Match],
    /// Known indicators in it.
    pub indicators: &'a [IocMatch],
    /// The template of its message.
    pub template: Option<TemplateId>,
    /// How unusual it is, in [0, 1].
    pub anomaly: Option<f32>,
}

impl<'a> Evidence<'a> {
    /// An event of which nothing else is known.
    pub fn of(event: &'a Event) -> Self {
        Self { event, matches: &[], indicators: &[], template: None, anomaly: None }
    }

    /// The same with the rules that matched.
    pub fn with_matches(mut self, matches: &'a [Match]) -> Self {
        self.matches = matches;
        self
    }

    /// The same with the known indicators in it.
    pub fn with_indicators(mut self, indicators: &'a [IocMatch]) -> Self {
        self.indicators = indicators;
        self
    }

    /// The same with the template of its message.
    pub fn with_template(mut self, template: TemplateId) -> Self {
        self.template = Some(template);
        self
    }

    /// The same with how unusual it is, in [0, 1].
    pub fn with_anomaly(mut self, score: f32) -> Self {
        self.anomaly = Some(score);
        self
    }

    /// It as a text, for models that read nothing else: every field with its value on a line of its own, and the titles
    /// of the rules. Of an event that is nothing but a message, the message.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.event.fields() {
            // Writing to a `String` cannot fail.
            let _ = match name {
                "message" => writeln!(text, "{}", value.as_str()),
                _ => writeln!(text, "{name}: {}", value.as_str()),
            };
        }
        for found in self.matches {
            let _ = writeln!(text, "rule: {}", found.title);
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// Sorts events into classes. Whatever sorts texts sorts events by [`Evidence::text`].
pub trait EventClassifier: Send + Sync + fmt::Debug {
    /// Name and version of the model.
    fn id(&self) -> &str;

    /// The classes, in the order of the columns of [`EventClassifier::classify_events`].
    fn labels(&self) -> &[String];

    /// Probabilities: row-major, `evidence.len()` rows of one number a label, each row summing to 1.
    ///
    /// # Errors
    /// Fails if the model itself fails; never because of what an event holds.
    fn classify_events(&self, evidence: &[Evidence<'_>]) -> Result<Vec<f32>, ModelError>;

    /// How bad an event of a class is, in points of 100. The name of the class tells, unless the model
    /// knows better: see [`risk_of_label`].
    fn risk(&self, class: usize) -> f64 {
        self.labels().get(class).map_or(0.0, |label| risk_of_label(label))
    }

    /// Learns from events that somebody has labelled.
    ///
    /// # Errors
    /// If the model cannot learn, which is so unless it says otherwise, or if there is not one usable label
    /// for each event.
    fn learn(&mut self, evidence: &[Evidence<'_>], labels: &[&str]) -> Result<(), ModelError> {
        let _ = (evidence, labels);
        let id = EventClassifier::id(self);
        Err(ModelError::new(id, "cannot learn", "use a classifier that is trained here"))
    }

    /// The whole model for a file; `None` if it is not this library's to save.
    fn to_bytes(&self) -> Option<Vec<u8>> {
        None
    }
}

/// The risk of a class in points of 100, by its name: a severity, or one of the usual names of what is
/// harmless. Any other class is taken for an attack.
///
/// ```
/// use sting_core::model::risk_of_label;
/// assert_eq!(["benign", "medium", "ransomware"].map(risk_of_label), [0.0, 40.0, 80.0]);
/// ```
pub fn risk_of_label(label: &str) -> f64 {
    match label.to_ascii_lowercase().as_str() {
        "benign" | "normal" | "none" | "legitimate" | "harmless" | "-" => 0.0,
        name => Severity::of(name).map_or(80.0, Severity::points),
    }
}

impl<C: Classifier> EventClassifier for C {
    fn id(&self) -> &str {
        Classifier::id(self)
    }

    fn labels(&self) -> &[String] {
        Classifier::labels(self)
    }

    fn classify_events(&self, evidence: &[Evidence<'_>]) -> Result<Vec<f32>, ModelError> {
        let texts: Vec<String> = evidence.iter().map(Evidence::text).collect();
        self.classify(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// Scores how well texts answer a query, reading both together: a cross-encoder.
pub trait Reranker: Send + Sync + fmt::Debug {
    /// Name and version of the model.
    fn id(&self) -> &str;

    /// One score a text, higher is better. Scores of one model can be compared between queries.
    ///
    /// # Errors
    /// Fails if the model itself fails; never because of what a text holds.
    fn rerank(&self, query: &str, texts: &[&str]) -> Result<Vec<f32>, ModelError>;
}

#[cfg(test)]
mod tests {
    use super::{Classifier, EventClassifier, Evidence, ModelError};
    use crate::event::Event;

    #[derive(Debug)]
    struct Length([String; 2]);

    impl Classifier for Length {
        fn id(&self) -> &'static str {
            "length"
        }

        fn labels(&self) -> &[String] {
            &self.0
        }

        fn classify(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
            let row = |text: &&str| if text.len() < 8 { [1.0, 0.0] } else { [0.0, 1.0] };
            Ok(texts.iter().flat_map(row).collect())
        }
    }

    #[test]
    fn what_sorts_texts_sorts_events() {
        let events = [Event::from_text("short"), Event::from_json(br#"{"a": {"b": "c"}, "n": 10}"#).unwrap()];
        let evidence: Vec<_> = events.iter().map(Evidence::of).collect();
        assert_eq!([evidence[0].text(), evidence[1].text()], ["short", "a.b: c\nn: 10"]);
        let model: &dyn EventClassifier = &Length(["short".to_owned(), "long".to_owned()]);
        assert_eq!(model.classify_events(&evidence).unwrap(), [1.0, 0.0, 0.0, 1.0]);
    }
}

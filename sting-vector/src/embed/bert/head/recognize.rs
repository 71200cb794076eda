//! Token classification: the names in a text.

mod join;
mod window;

use std::path::Path;

use sting_core::model::{Entity, EntityRecognizer, ModelError};

use self::join::{Joiner, Tag, tags};
use self::window::{Window, windows};
use super::{Checkpoint, Config, Headed, Linear, Way, outputs, softmax};
use crate::embed::bert::Precision;
use crate::embed::bert::batch::Tokens;
use crate::embed::bert::folder::fault;

/// Windows whose tokens are held at a time.
const GROUP: usize = 256;

/// Tokens of a text that a window must hold, so that windows can overlap.
const SMALLEST_WINDOW: usize = 8;

/// Finds names in texts: a BERT, RoBERTa, DistilBERT or MPNet model with a head for token classification, as
/// `transformers` saves it.
///
/// Labels are those of `config.json`, in the BIO, BIOES or BILOU scheme or without one. A word has the label of
/// its first token, as models are trained; words that follow each other with one label are one entity, unless
/// the scheme says that a new one begins; its score is the mean of the words'. Texts of any length are read, in
/// windows that overlap by a quarter; each token's label comes from the window in which it has more around it.
///
/// ```no_run
/// use sting_core::model::EntityRecognizer;
/// use sting_vector::embed::BertRecognizer;
///
/// let recognizer = BertRecognizer::load("models/bert-base-NER")?;
/// let text = "Ada Lovelace lived in London.";
/// for entity in &recognizer.recognize(&[text])?[0] {
///     println!("{} {}", entity.label, &text[entity.start..entity.end]);
/// }
/// # Ok::<(), sting_core::model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct BertRecognizer {
    headed: Headed<Linear>,
    tags: Vec<Tag>,
}

impl BertRecognizer {
    /// Loads a model folder, to compute in `f32`.
    ///
    /// # Errors
    /// Names the file, and the tensor or setting in it, that is missing, that does not fit the rest, or that is
    /// not supported.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        Self::load_with(path, Precision::F32)
    }

    /// Loads a model folder, to compute in the given precision.
    ///
    /// # Errors
    /// As [`BertRecognizer::load`].
    pub fn load_with(path: impl AsRef<Path>, precision: Precision) -> Result<Self, ModelError> {
        Self::assemble(path.as_ref(), Way::Fast(precision))
    }

    pub(in super::super) fn assemble(path: &Path, way: Way) -> Result<Self, ModelError> {
        let read = |checkpoint: &Checkpoint, config: &Config| {
            let count = outputs(checkpoint, "classifier")?;
            Ok((checkpoint.linear("classifier", count, config.hidden)?, count))
        };
        let headed = Headed::load(path, way, read)?;
        if headed.model.reader.room() < SMALLEST_WINDOW {
            let problem = format!("reads fewer than {SMALLEST_WINDOW} tokens at once");
            return Err(fault(path, problem, "use a model that reads longer texts"));
        }
        let tags = tags(&headed.labels);
        Ok(Self { headed, tags })
    }

    /// Feeds the labels of some windows to the texts that they are from.
    fn run(&self, group: &[(usize, Window)], joiners: &mut [Joiner<'_>]) -> Result<(), ModelError> {
        let Headed { model, hidden, head, .. } = &self.headed;
        let (before, _) = model.reader.tokenizer().special_tokens();
        let texts: Vec<Tokens> =
            group.iter().map(|(_, window)| Tokens::one(model.reader.framed(&window.ids))).collect();
        let labelled = model.map(&texts, *hidden, |row, states| {
            let own = states.chunks_exact(*hidden).skip(before.len()).take(group[row].1.ids.len());
            own.map(|state| best(head.apply(state).collect())).collect::<Vec<_>>()
        })?;
        for ((text, window), labelled) in group.iter().zip(labelled) {
            for (&span, (label, score)) in window.spans.iter().zip(labelled) {
                if window.own.contains(&span.start) {
                    joiners[*text].push(span, &self.tags[label], score);
                }
            }
        }
        Ok(())
    }
}

impl EntityRecognizer for BertRecognizer {
    fn id(&self) -> &str {
        &self.headed.id
    }

    fn recognize(&self, texts: &[&str]) -> Result<Vec<Vec<Entity>>, ModelError> {
        let reader = &self.headed.model.reader;
        let mut joiners: Vec<Joiner<'_>> = texts.iter().map(|text| Joiner::new(text)).collect();
        let mut group = Vec::new();
        for (text, content) in texts.iter().enumerate() {
            for window in windows(reader, content) {
                group.push((text, window));
                if group.len() == GROUP {
                    self.run(&group, &mut joiners)?;
                    group.clear();
                }
            }
        }
        self.run(&group, &mut joiners)?;
        Ok(joiners.into_iter().map(Joiner::finish).collect())
    }
}

/// The most likely of some scores, and its probability.
fn best(mut scores: Vec<f32>) -> (usize, f32) {
    softmax(&mut scores);
    let better = |best: (usize, f32), (label, &score): (usize, &f32)| {
        if score > best.1 { (label, score) } else { best }
    };
    scores.iter().enumerate().fold((0, 0.0), better)
}

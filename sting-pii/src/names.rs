//! Names of persons, places and organisations, and addresses, in running text.
//!
//! The built-in model looks words up in a gazetteer and labels runs of words in which a name may
//! stand with a linear-chain conditional random field. `examples/train_names` trains it; what on, and how
//! well it does, is told in `model/README.md`. It is all integers, so that every machine finds the same.
//! A model of the caller's can take its place.

mod feature;
mod gazetteer;
mod model;
mod reader;
mod run;
mod setting;
mod token;

use crate::catalog::{Detector, Group};
use crate::detect::context::issued_token;
use crate::detect::{self, Candidate, Support};
use crate::{Error, ScrubConfig};
use model::Model;
use reader::Reader;
pub(crate) use reader::{LOOK_AHEAD, LOOK_BEHIND};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use sting_core::Span;
use sting_core::model::{Entity, EntityRecognizer, ModelError};

/// Kinds, in the order of the model's labels.
const KINDS: [&str; 4] = ["person", "location", "organization", "address"];
const PERSON: usize = 0;
const ADDRESS: usize = 3;

/// Hundredths of a nat that the model must be for a person: of what it is less sure of, too much is the name of
/// something else in texts of another kind than those it was fitted on.
const SURE_OF_PERSON: i32 = 40;

/// How much likelier a name is one if the key or column that holds it names a person.
const KEY_ODDS: f32 = 100.0;

static BUILTIN: LazyLock<Option<Model<'static>>> =
    LazyLock::new(|| Model::read(include_bytes!("../model/names.bin")));

/// Looks for the names that a configuration asks for.
pub(crate) struct NameFinder {
    source: Source,
    /// The rule of each kind, of those that are looked for.
    rules: [Option<u32>; KINDS.len()],
    min_score: f32,
    idle: Mutex<Vec<Reader>>,
}

enum Source {
    Builtin(&'static Model<'static>),
    Callers(Arc<dyn EntityRecognizer>),
}

impl fmt::Debug for NameFinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameFinder").field("model", &self.id()).finish_non_exhaustive()
    }
}

impl NameFinder {
    /// What finds the names among `rows`; `None` if there are none.
    ///
    /// # Errors
    /// Refuses rows of a caller's own in the group of names.
    pub(crate) fn new(
        config: &ScrubConfig,
        rows: &[Detector],
        min_score: f32,
    ) -> Result<Option<Self>, Error> {
        if let Some(row) = config.custom.iter().find(|row| row.group == Group::Name) {
            let problem = "its group is that of the built-in model of names";
            return Err(Error::detector(row.id(), problem, "give another group, or a recognizer"));
        }
        let rule = |kind: &str| rows.iter().position(|row| row.group == Group::Name && row.kind == kind);
        let rules = KINDS.map(|kind| rule(kind).map(|index| index as u32));
        if rules.iter().all(Option::is_none) {
            return Ok(None);
        }
        let source = match (&config.recognizer, &*BUILTIN) {
            (Some(recognizer), _) => Source::Callers(recognizer.clone()),
            (None, Some(model)) => Source::Builtin(model),
            (None, None) => {
                let problem = "it cannot be read";
                return Err(
                    ModelError::new("names", problem, "build the crate from its sources again").into()
                );
            }
        };
        Ok(Some(Self { source, rules, min_score, idle: Mutex::new(Vec::new()) }))
    }

    /// Name of the model.
    pub(crate) fn id(&self) -> &str {
        match &self.source {
            Source::Builtin(_) => "builtin",
            Source::Callers(recognizer) => recognizer.id(),
        }
    }

    /// True if what is decided about a name may depend on all of the text.
    pub(crate) const fn reads_whole_texts(&self) -> bool {
        matches!(self.source, Source::Callers(_))
    }

    /// Appends the names that begin in `starts`.
    pub(crate) fn candidates(
        &self,
        text: &[u8],
        starts: Range<usize>,
        field: Option<&str>,
        out: &mut Vec<Candidate>,
    ) -> Result<(), Error> {
        let keyed = field.is_some_and(|field| setting::names_person(field.as_bytes()));
        match &self.source {
            Source::Builtin(model) => {
                let reader = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let mut reader = reader.unwrap_or_default();
                let mut found = Vec::new();
                reader.read(model, text, starts, &mut found);
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
                let keyed = |name: &reader::Name| keyed || name.keyed;
                found.retain(|name| name.kind != PERSON || name.margin >= SURE_OF_PERSON || keyed(name));
                out.extend(found.iter().filter_map(|name| {
                    let score = model.probability(name.kind, name.margin);
                    self.candidate(name.span, name.kind, score, keyed(name))
                }));
            }
            Source::Callers(recognizer) => {
                let lossy = String::from_utf8_lossy(text);
                if lossy.len() != text.len() {
                    let problem = "the text is not UTF-8";
                    return Err(ModelError::new(recognizer.id(), problem, "give it as UTF-8").into());
                }
                let found = recognizer.recognize(&[&lossy])?.pop().unwrap_or_default();
                for entity in found.iter().filter(|entity| starts.contains(&entity.start)) {
                    let fault = || {
                        ModelError::new(recognizer.id(), "a name is not in the text", "mend the recognizer")
                    };
                    let value = lossy.get(entity.start..entity.end).ok_or_else(fault)?;
                    if let Some(kind) = kind_of(entity)
                        && !is_written_by_a_scrubber(text, entity, value)
                    {
                        let span = Span::new(entity.start, entity.end);
                        out.extend(self.candidate(span, kind, entity.score.clamp(0.0, 0.999), keyed));
                    }
                }
            }
        }
        Ok(())
    }

    fn candidate(&self, span: Span, kind: usize, score: f32, keyed: bool) -> Option<Candidate> {
        let rule = self.rules[kind]?;
        let key = keyed && kind != ADDRESS;
        let score =
            if key { (KEY_ODDS * score / (1.0 + (KEY_ODDS - 1.0) * score)).min(0.999) } else { score };
        let source = if kind == ADDRESS { detect::Source::Address } else { detect::Source::Name };
        let support = Support { key, source, ..Support::default() };
        (score >= self.min_score && !span.is_empty()).then_some(Candidate { span, rule, score, support })
    }
}

/// The kind that a model's label stands for.
fn kind_of(entity: &Entity) -> Option<usize> {
    let label = entity.label.to_ascii_uppercase();
    let label = label.strip_prefix("B-").or(label.strip_prefix("I-")).unwrap_or(&label);
    match label {
        "PER" | "PERS" | "PERSON" | "NAME" | "PERSON_NAME" | "FIRSTNAME" | "LASTNAME" => Some(0),
        "LOC" | "LOCATION" | "GPE" | "FAC" | "PLACE" | "CITY" | "COUNTRY" => Some(1),
        "ORG" | "ORGANIZATION" | "ORGANISATION" | "COMPANY" | "CORPORATION" => Some(2),
        "ADDRESS" | "STREET_ADDRESS" | "STREET" => Some(ADDRESS),
        _ => None,
    }
}

/// True for a replacement, or a part of one: a model that takes it for a name must not be asked for ever.
fn is_written_by_a_scrubber(text: &[u8], entity: &Entity, value: &str) -> bool {
    let opening = text[..entity.end].iter().rposition(|b| *b == b'[');
    let inside =
        opening.is_some_and(|at| issued_token(&text[at..]).is_some_and(|length| entity.start < at + length));
    inside || value.contains("***")
}

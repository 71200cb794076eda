//! From a raw document to a scrubbed one: every text, name, fact and reason in it.
//!
//! This is the one place where a [`Raw`] document is opened. What leaves it is [`Scrubbed`].

mod fields;

use crate::Error;
use crate::comb::FieldRule;
use std::collections::BTreeMap;
use sting_core::id::IdHasher;
use sting_core::{Coverage, Document, Id, Part, PartKind, Raw, Scrubbed, SourceMap, Waiver};
use sting_pii::{Action, Finding, Key, Scrubber};

/// How many findings there were, by kind and by what was done with them.
pub type Tally = BTreeMap<String, BTreeMap<String, usize>>;

/// How the documents of a comb are scrubbed.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) scrubber: Scrubber,
    pub(crate) rules: Vec<FieldRule>,
    /// Key of field rules that hash.
    pub(crate) key: Option<Key>,
    /// If documents may pass as they are.
    pub(crate) waiver: Option<Waiver>,
}

/// A document of which nothing is private any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clean {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) parts: Vec<CleanPart>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) coverage: Coverage,
    pub(crate) findings: Tally,
}

/// A part of a scrubbed document.
#[derive(Clone, Debug)]
pub(crate) struct CleanPart {
    pub(crate) name: String,
    pub(crate) kind: PartKind,
    pub(crate) text: String,
    /// From bytes of `text` to bytes of the decoded source.
    pub(crate) source: SourceMap,
}

/// Text on its way: what it is now, how it came from what it was, and what was found on the way.
#[derive(Debug)]
struct Treated {
    text: String,
    map: SourceMap,
}

impl Policy {
    /// Refuses rules that could not be carried out, and a scrubber that may not treat a text twice.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let needs_key = self.rules.iter().any(|rule| rule.action.needs_key());
        if needs_key && self.key.is_none() {
            return Err(Error::config(
                "comb.scrubbing.custom_rules",
                "a rule needs a key and there is none",
                "give the pipeline a key",
            ));
        }
        // Values of rows and of JSON are scrubbed one by one, and then once more in the text that they make up.
        if !self.scrubber.is_repeatable() {
            return Err(Error::config(
                "scrubber",
                "it would encrypt or shift what it has encrypted or shifted already",
                "use `hash`, `generalize` or `mask`, or `fpe` in the comb's custom_rules",
            ));
        }
        if self.rules.iter().any(|rule| matches!(rule.action, Action::Token)) {
            return Err(Error::config(
                "comb.scrubbing.custom_rules",
                "a rule makes tokens, whose values no vault would keep",
                "use `hash` or `fpe` for whole fields",
            ));
        }
        Ok(())
    }

    /// Hash of everything that decides what comes out.
    pub(crate) fn id(&self) -> Id {
        let mut hasher = IdHasher::default();
        hasher.field(self.scrubber.config_id().as_bytes());
        hasher.field(format!("{:?}", self.rules).as_bytes()).field(format!("{:?}", self.waiver).as_bytes());
        if let (Some(key), false) = (&self.key, self.rules.is_empty()) {
            // The hash of a constant under the key changes with it and does not tell it.
            let mark = Action::Hash.apply("", "key", Some(key)).unwrap_or_default();
            hasher.field(mark.as_bytes());
        }
        hasher.finish()
    }

    /// Scrubs a whole document, or lets it pass on somebody's word.
    ///
    /// # Errors
    /// If the scrubber fails. Nothing of the document is returned then.
    pub(crate) fn document(&self, raw: Raw<Document>) -> Result<Scrubbed<Clean>, Error> {
        if let Some(waiver) = &self.waiver {
            return Ok(raw.waive(waiver.clone()).map(as_it_is));
        }
        let Document { name, media_type, parts, metadata, coverage } = raw.into_exposed();
        let mut clean = Clean { media_type, ..Clean::default() };
        let mut tally = Tally::new();
        clean.name = self.name(&name, &mut tally)?;
        for part in parts {
            let Treated { text, map } = self.part(&part, &mut tally)?;
            let name = self.name(&part.name, &mut tally)?;
            clean.parts.push(CleanPart { name, kind: part.kind, text, source: part.source.then(&map) });
        }
        for (key, value) in metadata {
            let value = match self.rule(&key, None) {
                Some(rule) => self.apply(rule, &value, &mut tally)?,
                None => self.text(&value, Some(&key), &mut tally)?.text,
            };
            clean.metadata.insert(self.name(&key, &mut tally)?, value);
        }
        for gap in coverage.gaps {
            clean
                .coverage
                .miss(self.name(&gap.part, &mut tally)?, self.text(&gap.reason, None, &mut tally)?.text);
        }
        clean.findings = tally;
        Ok(self.vouch(clean))
    }

    /// Scrubs what is said of a document that could not be read: its name, or a reason.
    pub(crate) fn words(&self, raw: &Raw<String>) -> Result<Scrubbed<String>, Error> {
        if let Some(waiver) = &self.waiver {
            return Ok(raw.clone().waive(waiver.clone()));
        }
        Ok(self.vouch(self.name(raw.expose(), &mut Tally::new())?))
    }

    fn vouch<T>(&self, value: T) -> Scrubbed<T> {
        Scrubbed::by_scrubber(value, self.scrubber.profile(), self.scrubber.config_id().to_string())
    }

    /// The rule for a field, if there is one.
    fn rule(&self, name: &str, path: Option<&[crate::comb::Step]>) -> Option<&FieldRule> {
        self.rules.iter().find(|rule| rule.is_about(name, path))
    }

    /// Does what a rule says with a whole value.
    fn apply(&self, rule: &FieldRule, value: &str, tally: &mut Tally) -> Result<String, Error> {
        if value.is_empty() {
            return Ok(String::new());
        }
        count(tally, "field", rule.action.name());
        Ok(rule.action.apply(value, "field", self.key.as_ref())?)
    }

    fn text(&self, text: &str, field: Option<&str>, tally: &mut Tally) -> Result<Treated, Error> {
        let result = self.scrubber.scrub_part(text, field)?;
        tally_up(tally, &result.findings);
        Ok(Treated { text: result.text.into_inner(), map: result.map })
    }

    /// Scrubs the text of a part. In rows and JSON each value is scrubbed as what its column or key
    /// says it is; then the whole, as it would be read.
    fn part(&self, part: &Part, tally: &mut Tally) -> Result<Treated, Error> {
        let fields = match part.kind {
            PartKind::Table => self.table(&part.text, tally)?,
            PartKind::Json => self.json(&part.text, tally)?,
            _ => return self.text(&part.text, None, tally),
        };
        let whole = self.text(&fields.text, None, tally)?;
        Ok(Treated { text: whole.text, map: fields.map.then(&whole.map) })
    }

    /// Scrubs a path or another name. Names glue words together that text keeps apart, and end in
    /// what looks like part of an address, so each piece is looked at alone as well.
    fn name(&self, name: &str, tally: &mut Tally) -> Result<String, Error> {
        let mut out = String::with_capacity(name.len());
        for piece in name.split_inclusive(['/', '\\']) {
            let (piece, separator) = piece.split_at(piece.trim_end_matches(['/', '\\']).len());
            let (stem, extension) = match piece.rsplit_once('.') {
                Some((stem, extension)) if !stem.is_empty() && is_extension(extension) => {
                    (stem, &piece[stem.len()..])
                }
                _ => (piece, ""),
            };
            let stem = self.text(stem, None, tally)?.text;
            let loosened = self.text(&stem.replace(['_', '+'], " "), None, tally)?;
            let stem = if loosened.map.is_identity() { stem } else { loosened.text };
            out.push_str(&stem);
            out.push_str(extension);
            out.push_str(separator);
        }
        Ok(self.text(&out, None, tally)?.text)
    }
}

/// True for the endings of file names, which hold no secret: short, and a letter among them.
fn is_extension(text: &str) -> bool {
    (1..=8).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn as_it_is(document: Document) -> Clean {
    let part =
        |part: Part| CleanPart { name: part.name, kind: part.kind, text: part.text, source: part.source };
    Clean {
        name: document.name,
        media_type: document.media_type,
        parts: document.parts.into_iter().map(part).collect(),
        metadata: document.metadata,
        coverage: document.coverage,
        findings: Tally::new(),
    }
}

fn tally_up(tally: &mut Tally, findings: &[Finding]) {
    for finding in findings {
        count(tally, &finding.kind, finding.action);
    }
}

fn count(tally: &mut Tally, kind: &str, action: &str) {
    match tally.get_mut(kind) {
        Some(actions) => *actions.entry(action.to_owned()).or_default() += 1,
        None => {
            tally.insert(kind.to_owned(), BTreeMap::from([(action.to_owned(), 1)]));
        }
    }
}

/// Adds one tally to another.
pub(crate) fn merge(into: &mut Tally, other: &Tally) {
    for (kind, actions) in other {
        for (action, n) in actions {
            *into.entry(kind.clone()).or_default().entry(action.clone()).or_default() += n;
        }
    }
}

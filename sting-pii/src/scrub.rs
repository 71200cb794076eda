//! The facade: find, and transform until nothing is left to find.

use crate::action::{Plan, Tools};
use crate::config::Resolved;
use crate::detect::resolve::{Cluster, clusters};
use crate::detect::{Candidate, Engine, LOOK_AHEAD};
use crate::exception::Exceptions;
use crate::names::NameFinder;
use crate::stream::LOOK_BEHIND;
use crate::vault::{MemoryVault, Vault};
use crate::{Action, Caller, Error, Evidence, Finding, Key, ScrubConfig};
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use sting_core::id::IdHasher;
use sting_core::{Id, Raw, Scrub, Scrubbed, SourceMap, Span};

/// Rounds after which scrubbing gives up. One round transforms what was found; another is needed
/// only where a replacement left something beside it that now stands alone.
pub(crate) const MAX_ROUNDS: usize = 8;

/// Finds private data and takes it out.
///
/// Building one compiles its detectors (about 10 ms); cloning it is free, and any number of threads
/// may use it at once. See the [crate's documentation](crate) for examples.
#[derive(Clone, Debug)]
pub struct Scrubber(Arc<Inner>, Situation);

/// Whose texts are scrubbed, and for whom.
#[derive(Clone, Default)]
struct Situation {
    /// Whose dates are shifted together.
    subject: Option<Arc<str>>,
    /// Whom exceptions are asked about.
    caller: Option<Arc<Caller>>,
}

impl fmt::Debug for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Debug)]
struct Inner {
    engine: Engine,
    /// What is done with each rule's findings.
    plans: Vec<Plan>,
    /// Values that are let be, in lower case.
    allowed: HashSet<Box<[u8]>>,
    exceptions: Exceptions,
    vault: Arc<dyn Vault>,
    key: Option<Key>,
    profile: String,
    config_id: Id,
    /// What looks for names, if anything does.
    names: Option<NameFinder>,
}

/// A scrubbed text with its account.
#[derive(Clone, Debug)]
pub struct ScrubResult {
    /// The text, without what was found.
    pub text: Scrubbed<String>,
    /// What was found, with spans in the text that was given: what [`Scrubber::find`] finds in it, and
    /// what came to light in its neighbourhood once that was gone.
    pub findings: Vec<Finding>,
    /// From bytes of the scrubbed text to bytes of the text that was given.
    pub map: SourceMap,
}

/// One round: new text, how it came from the old one, and what was found.
pub(crate) struct Round {
    pub(crate) text: Vec<u8>,
    pub(crate) map: SourceMap,
    pub(crate) findings: Vec<Finding>,
    /// What was written and may look private, and stays: where in the new text.
    pub(crate) standing: Vec<Span>,
    /// False if nothing was changed.
    pub(crate) changed: bool,
}

impl Scrubber {
    /// Checks a configuration and compiles its detectors.
    ///
    /// # Errors
    /// Fails for an unknown kind or profile, an action that lacks its key, a custom detector that
    /// cannot be run in linear time, matches nothing or fails its own examples, and a replacement
    /// in which private data would be found.
    #[allow(clippy::needless_pass_by_value)] // a configuration is built for one scrubber, in one chain
    pub fn new(config: ScrubConfig) -> Result<Self, Error> {
        let resolved = config.resolve()?;
        let Resolved { rows, asked, actions, default_action, min_score, exceptions } = &resolved;
        let engine = Engine::new(&rows.iter().collect::<Vec<_>>(), asked, *min_score)?;
        let plans: Vec<_> = rows
            .iter()
            .map(|row| {
                let action = actions.get(&row.kind).unwrap_or(default_action).clone();
                Plan::new(action, &row.kind, config.key.as_ref())
            })
            .collect();
        let mut id = IdHasher::default();
        id.field(env!("CARGO_PKG_VERSION").as_bytes()).field(format!("{resolved:?}").as_bytes());
        id.field(format!("{:?}", config.allow).as_bytes());
        id.field(&config.key.as_ref().map_or([0; 32], Key::fingerprint));
        let names = NameFinder::new(&config, rows, *min_score)?;
        id.field(names.as_ref().map_or("", NameFinder::id).as_bytes());
        let inner = Inner {
            engine,
            plans,
            exceptions: Exceptions::new(exceptions, rows),
            vault: config.vault.clone().unwrap_or_else(|| Arc::new(MemoryVault::default())),
            allowed: config
                .allow
                .iter()
                .map(|value| value.to_ascii_lowercase().into_bytes().into())
                .collect(),
            key: config.key.clone(),
            profile: config.profile.clone(),
            config_id: id.finish(),
            names,
        };
        let scrubber = Self(Arc::new(inner), Situation::default());
        scrubber.check_replacements()?;
        for row in &config.custom {
            scrubber.check_examples(row)?;
        }
        Ok(scrubber)
    }

    /// A replacement must look like nothing that is found, or scrubbing would not come to rest.
    fn check_replacements(&self) -> Result<(), Error> {
        let texts: BTreeSet<_> = self.0.plans.iter().filter_map(Plan::replacement).collect();
        for text in texts {
            if self.find(text)?.iter().any(|finding| finding.action != Action::Keep.name()) {
                return Err(Error::config(
                    "action replace",
                    "private data is found in the replacement",
                    "write a plainer one",
                ));
            }
        }
        Ok(())
    }

    fn check_examples(&self, row: &crate::Detector) -> Result<(), Error> {
        for marked in &row.examples {
            let (text, span) = unmark(marked).ok_or_else(|| {
                Error::detector(row.id(), "an example has no value between « and »", "mark the value")
            })?;
            if !self
                .find_raw(text.as_bytes(), None)?
                .iter()
                .any(|c| *self.0.engine.rules[c.rule as usize].id == *row.id() && c.span == span)
            {
                return Err(Error::detector(
                    row.id(),
                    "an example is not found as marked",
                    "mend the pattern or the example",
                ));
            }
        }
        for text in &row.counter_examples {
            if self
                .find_raw(text.as_bytes(), None)?
                .iter()
                .any(|c| *self.0.engine.rules[c.rule as usize].id == *row.id())
            {
                return Err(Error::detector(
                    row.id(),
                    "a counter-example is found",
                    "mend the pattern or the example",
                ));
            }
        }
        Ok(())
    }

    /// The same scrubber for the texts of one subject, a patient's for example: [`Action::DateShift`] moves all dates of
    /// a subject by the same number of days. The name is not kept beyond the scrubber, and nothing prints it.
    pub fn for_subject(&self, subject: impl Into<Arc<str>>) -> Self {
        let subject = Some(subject.into());
        Self(self.0.clone(), Situation { subject, ..self.1.clone() })
    }

    /// The same scrubber for texts that `caller` is given: [exceptions](crate::Exception) that name roles, networks or
    /// times hold if the caller fits. Without a caller they hold for nobody.
    pub fn for_caller(&self, caller: Caller) -> Self {
        let caller = Some(Arc::new(caller));
        Self(self.0.clone(), Situation { caller, ..self.1.clone() })
    }

    /// True if scrubbing what was scrubbed changes nothing. That is so unless an action writes something that is found
    /// and changed again: [`Action::Fpe`], [`Action::DateShift`], a [trusted](crate::Callback::trusted) callback.
    pub fn is_repeatable(&self) -> bool {
        self.0.plans.iter().all(|plan| plan.action.is_repeatable())
    }

    /// What [`Action::Fpe`] made, in clear again.
    ///
    /// # Errors
    /// [`Error::KeyMissing`] without a key, [`Error::Config`] if no such value can have been encrypted. A value that was
    /// encrypted under another key or as another kind gives another value: the method has no room for a checksum.
    pub fn decrypt(&self, value: &str, kind: &str) -> Result<String, Error> {
        match &self.0.key {
            Some(key) => crate::action::decrypt(value, kind, key),
            None => Err(Error::KeyMissing { kind: kind.into(), action: Action::Fpe.name() }),
        }
    }

    pub(crate) fn vault(&self) -> &Arc<dyn Vault> {
        &self.0.vault
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            key: self.0.key.as_ref(),
            subject: self.1.subject.as_deref().unwrap_or_default(),
            vault: Some(self.0.vault.as_ref()),
        }
    }

    /// Name of the profile.
    pub fn profile(&self) -> &str {
        &self.0.profile
    }

    /// Hash of everything that decides findings and output: detectors, actions, key, threshold and
    /// version.
    pub fn config_id(&self) -> Id {
        self.0.config_id
    }

    /// What is private in `text`, in order, without overlaps.
    ///
    /// # Errors
    /// [`Error::Model`] if a [recognizer](ScrubConfig::with_recognizer) of the caller's fails: a list without the names
    /// would look complete. The built-in model never fails.
    pub fn find(&self, text: &str) -> Result<Vec<Finding>, Error> {
        self.find_bytes(text.as_bytes())
    }

    /// As [`Scrubber::find`], for text that need not be UTF-8.
    ///
    /// # Errors
    /// As [`Scrubber::find`].
    pub fn find_bytes(&self, text: &[u8]) -> Result<Vec<Finding>, Error> {
        self.find_field(text, None)
    }

    /// As [`Scrubber::find_bytes`], for the value of a column or key named `field`.
    ///
    /// # Errors
    /// As [`Scrubber::find`].
    pub fn find_field(&self, text: &[u8], field: Option<&str>) -> Result<Vec<Finding>, Error> {
        Ok(self.findings(&clusters(&mut self.find_raw(text, field)?, 0)))
    }

    fn find_raw(&self, text: &[u8], field: Option<&str>) -> Result<Vec<Candidate>, Error> {
        let mut candidates = Vec::new();
        self.candidates(text, 0..text.len(), field, &mut candidates)?;
        Ok(candidates)
    }

    /// Whether a model of the caller's looks for names.
    pub(crate) fn reads_whole_texts(&self) -> bool {
        self.0.names.as_ref().is_some_and(NameFinder::reads_whole_texts)
    }

    pub(crate) fn candidates(
        &self,
        text: &[u8],
        starts: Range<usize>,
        field: Option<&str>,
        out: &mut Vec<Candidate>,
    ) -> Result<(), Error> {
        self.0.engine.candidates(text, starts.clone(), field, out);
        if let Some(names) = &self.0.names {
            names.candidates(text, starts, field, out)?;
        }
        if !self.0.allowed.is_empty() {
            out.retain(|found| {
                !self.0.allowed.contains(text[found.span.range()].to_ascii_lowercase().as_slice())
            });
        }
        let exceptions = self.0.exceptions.for_caller(self.1.caller.as_deref());
        if !exceptions.is_empty() {
            let kind = |found: &Candidate| &*self.0.engine.rules[found.rule as usize].kind;
            out.retain(|found| !exceptions.allow(kind(found), &text[found.span.range()], field, found.score));
        }
        Ok(())
    }

    pub(crate) fn findings(&self, clusters: &[Cluster]) -> Vec<Finding> {
        clusters.iter().flat_map(|cluster| &cluster.winners).map(|winner| self.finding(winner)).collect()
    }

    pub(crate) fn finding(&self, found: &Candidate) -> Finding {
        let rule = &self.0.engine.rules[found.rule as usize];
        Finding {
            kind: rule.kind.clone(),
            span: found.span,
            score: found.score,
            action: self.0.plans[found.rule as usize].action.name(),
            evidence: Evidence {
                detector: rule.id.clone(),
                validated: found.support.validated,
                context: found.support.context,
                key: found.support.key,
                negative: found.support.negative,
            },
        }
    }

    /// Transforms what is private in `text`.
    ///
    /// What comes out holds nothing that the same scrubber would find, but for kinds that it keeps;
    /// scrubbing it again changes nothing. What is encrypted in its own format, shifted or widened may still look
    /// private; it stays as it is in this call, and a second one would treat it again.
    ///
    /// # Errors
    /// [`Error::Unsettled`], [`Error::Callback`], or what the vault of [`Action::Token`] says; nothing is returned then.
    pub fn scrub(&self, text: &str) -> Result<ScrubResult, Error> {
        self.scrub_part(text, None)
    }

    /// As [`Scrubber::scrub`], for the value of a column or key named `field`, whose name is
    /// evidence and may alone decide (`password`).
    ///
    /// # Errors
    /// As [`Scrubber::scrub`].
    pub fn scrub_part(&self, text: &str, field: Option<&str>) -> Result<ScrubResult, Error> {
        let (bytes, map, findings) = self.settle(text.as_bytes(), field)?;
        let text = String::from_utf8(bytes).unwrap_or_else(|error| {
            // Only a finding that cuts a character could bring this about; what is cut is gone.
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        });
        Ok(ScrubResult { text: self.vouch(text), findings, map })
    }

    /// As [`Scrubber::scrub`], for text that need not be UTF-8.
    ///
    /// # Errors
    /// As [`Scrubber::scrub`].
    pub fn scrub_bytes(&self, text: &[u8]) -> Result<Scrubbed<Vec<u8>>, Error> {
        Ok(self.vouch(self.settle(text, None)?.0))
    }

    pub(crate) fn vouch<T>(&self, value: T) -> Scrubbed<T> {
        Scrubbed::by_scrubber(value, self.profile(), self.config_id().to_string())
    }

    /// Rounds until nothing changes.
    pub(crate) fn settle(
        &self,
        text: &[u8],
        field: Option<&str>,
    ) -> Result<(Vec<u8>, SourceMap, Vec<Finding>), Error> {
        let whole = 0..text.len();
        let mut round = self.round(text, field, &[], std::slice::from_ref(&whole))?;
        let mut changed = self.near_changes(&round.map, round.text.len());
        let (mut map, mut findings) = (round.map, round.findings);
        for _ in 0..MAX_ROUNDS {
            if !round.changed {
                return Ok((round.text, map, findings));
            }
            round = self.round(&round.text, field, &round.standing, &changed)?;
            changed = self.near_changes(&round.map, round.text.len());
            if round.changed {
                findings.extend(round.findings.drain(..).filter(|f| f.action != Action::Keep.name()).map(
                    |mut finding| {
                        finding.span = map.source_of(finding.span);
                        finding
                    },
                ));
                findings.sort_by_key(|finding| finding.span);
                map = map.then(&round.map);
            }
        }
        Err(Error::Unsettled { rounds: MAX_ROUNDS })
    }

    /// Where something may begin that was not there before `text`, of `len` bytes, was rewritten as `map` tells.
    ///
    /// What is found depends on at most [`LOOK_BEHIND`] bytes before it and [`LOOK_AHEAD`] from its start on. Where
    /// these were copied, it was found before, and is gone, or is kept.
    pub(crate) fn near_changes(&self, map: &SourceMap, len: usize) -> Vec<Range<usize>> {
        if self.reads_whole_texts() {
            return std::iter::once(0..len).collect();
        }
        let mut all: Vec<Range<usize>> = Vec::new();
        for run in map.runs().filter(|run| !run.verbatim) {
            let from = run.output.start.saturating_sub(LOOK_AHEAD);
            let to = len.min(run.output.end + LOOK_BEHIND);
            match all.last_mut() {
                Some(last) if from <= last.end => last.end = to,
                _ => all.push(from..to),
            }
        }
        all
    }

    /// Transforms what begins in `starts`.
    fn round(
        &self,
        text: &[u8],
        field: Option<&str>,
        standing: &[Span],
        starts: &[Range<usize>],
    ) -> Result<Round, Error> {
        let mut candidates = Vec::new();
        for starts in starts {
            self.candidates(text, starts.clone(), field, &mut candidates)?;
        }
        candidates.retain(|found| !is_within(found.span, standing));
        let mut findings = self.findings(&clusters(&mut candidates, 0));
        if findings.iter().any(|finding| finding.action == Action::Keep.name()) {
            candidates.retain(|found| !self.keeps(found));
            // What is kept may have hidden what is not.
            findings.retain(|finding| finding.action == Action::Keep.name());
            findings.extend(self.findings(&clusters(&mut candidates, 0)));
            findings.sort_by_key(|finding| finding.span);
        }
        let clusters = clusters(&mut candidates, 0);
        let mut round = Round {
            text: Vec::with_capacity(text.len()),
            map: SourceMap::default(),
            findings,
            standing: Vec::new(),
            changed: !clusters.is_empty(),
        };
        let mut at = 0;
        for cluster in &clusters {
            round.copy(text, at, cluster.span.start, standing);
            self.cover(text, cluster, standing, &mut round)?;
            at = cluster.span.end;
        }
        round.copy(text, at, text.len(), standing);
        Ok(round)
    }

    /// True if what is found is left as it is.
    pub(crate) fn keeps(&self, found: &Candidate) -> bool {
        matches!(self.0.plans[found.rule as usize].action, Action::Keep)
    }

    /// Writes what stands for a cluster: each winner's replacement, and `*` for every character that
    /// only losers cover. What reaches into `standing` is there a second time, with something beside it, and is replaced
    /// for good: what is written would else be found for ever.
    pub(crate) fn cover(
        &self,
        text: &[u8],
        cluster: &Cluster,
        standing: &[Span],
        round: &mut Round,
    ) -> Result<(), Error> {
        let (mut at, tools) = (cluster.span.start, self.tools());
        for winner in &cluster.winners {
            round.star(text, Span::new(at, winner.span.start));
            let rule = &self.0.engine.rules[winner.rule as usize];
            let before = round.text.len();
            let plan = &self.0.plans[winner.rule as usize];
            if !plan.action.stands() {
                plan.apply(&text[winner.span.range()], &rule.kind, &tools, &mut round.text)?;
            } else if standing.iter().any(|span| span.overlaps(winner.span)) {
                plan.replace(&mut round.text);
            } else {
                plan.apply(&text[winner.span.range()], &rule.kind, &tools, &mut round.text)?;
                join(&mut round.standing, Span::new(before, round.text.len()));
            }
            round.map.push_rewritten(round.text.len() - before, winner.span);
            at = winner.span.end;
        }
        round.star(text, Span::new(at, cluster.span.end));
        Ok(())
    }
}

/// So that `sting-core` can have texts scrubbed before they leave.
impl Scrub for Scrubber {
    fn scrub_text(&self, text: &Raw<String>) -> Result<Scrubbed<String>, sting_core::Error> {
        match self.scrub(text.expose()) {
            Ok(result) => Ok(result.text),
            Err(error) => Err(sting_core::Error::Scrub(error.to_string())),
        }
    }
}

impl Round {
    pub(crate) fn empty() -> Self {
        Self {
            text: Vec::new(),
            map: SourceMap::default(),
            findings: Vec::new(),
            standing: Vec::new(),
            changed: false,
        }
    }

    /// Copies text as it is, and takes along what stands in it.
    pub(crate) fn copy(&mut self, text: &[u8], from: usize, to: usize, standing: &[Span]) {
        self.stand(standing, from, to);
        self.text.extend_from_slice(&text[from..to]);
        self.map.push_verbatim(to - from, from);
    }

    /// Notes what of `standing` is in `from..to`, which is copied next.
    pub(crate) fn stand(&mut self, standing: &[Span], from: usize, to: usize) {
        let first = standing.partition_point(|span| span.end <= from);
        for span in standing[first..].iter().take_while(|span| span.start < to) {
            let at = |place: usize| self.text.len() + place.clamp(from, to) - from;
            join(&mut self.standing, Span::new(at(span.start), at(span.end)));
        }
    }

    pub(crate) fn star(&mut self, text: &[u8], span: Span) {
        if !span.is_empty() {
            let stars = text[span.range()].iter().filter(|b| **b & 0xC0 != 0x80).count().max(3);
            self.text.resize(self.text.len() + stars, b'*');
            self.map.push_rewritten(stars, span);
        }
    }
}

/// Adds a span behind the others; one that touches the last continues it.
pub(crate) fn join(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if last.end == span.start => last.end = span.end,
        _ if span.is_empty() => {}
        _ => spans.push(span),
    }
}

/// True if the span lies in one of `spans`, which are in order and apart.
pub(crate) fn is_within(span: Span, spans: &[Span]) -> bool {
    let at = spans.partition_point(|other| other.end < span.end);
    spans.get(at).is_some_and(|other| other.start <= span.start && span.end <= other.end)
}

/// The text of an example without its marks, and the span that they mark.
pub(crate) fn unmark(marked: &str) -> Option<(String, Span)> {
    let (before, rest) = marked.split_once('«')?;
    let (value, after) = rest.split_once('»')?;
    Some((format!("{before}{value}{after}"), Span::new(before.len(), before.len() + value.len())))
}

#[cfg(test)]
mod tests {
    use crate::{Action, Key, ScrubConfig, Scrubber};
    use proptest::prelude::*;
    use std::sync::LazyLock;
    use sting_core::Span;

    static SCRUBBERS: LazyLock<Vec<Scrubber>> = LazyLock::new(|| {
        let standing = ScrubConfig::default()
            .with_key(Key::new("the key of the tests").unwrap())
            .with_action("us_ssn", Action::Fpe)
            .with_action("email", Action::Remove)
            .with_action("person", Action::Keep);
        [ScrubConfig::default(), standing].map(|config| Scrubber::new(config).unwrap()).into()
    });

    /// Rounds that look at all of the text each time.
    fn settle_slowly(scrubber: &Scrubber, text: &[u8]) -> Option<Vec<u8>> {
        let (mut text, mut standing): (_, Vec<Span>) = (text.to_vec(), Vec::new());
        for _ in 0..super::MAX_ROUNDS {
            let whole = 0..text.len();
            let round = scrubber.round(&text, None, &standing, &[whole]).unwrap();
            if !round.changed {
                return Some(text);
            }
            (text, standing) = (round.text, round.standing);
        }
        None
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Long stretches of plain text lie between what is found, so that most of it is not looked at twice.
        #[test]
        fn looking_near_changes_finds_what_looking_everywhere_does(
            parts in proptest::collection::vec(("[a-z]{1,6}([-.@:=/ ]|[0-9]{1,4}){0,12}", 0_usize..12_000), 1..6),
            values in proptest::collection::vec(
                prop_oneof![
                    Just("a@b.example"), Just("ssn 536-22-8726"), Just("password=\"x1y2z3w4"), Just("4111111111111111"),
                    Just("10.1.2.3"), Just("-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7n3Zt9Xv2Lm5"), Just("Jane Doe"),
                    Just("1::1::1::"), Just("token=ghp_"),
                ], 1..6),
        ) {
            let mut text = String::new();
            for ((part, gap), value) in parts.iter().zip(values.iter().cycle()) {
                text += part;
                text += value;
                text.extend(std::iter::repeat_n("plain words and more of them, ", gap / 30));
            }
            for scrubber in SCRUBBERS.iter() {
                let quickly = scrubber.settle(text.as_bytes(), None).ok().map(|(text, ..)| text);
                prop_assert_eq!(quickly, settle_slowly(scrubber, text.as_bytes()));
            }
        }
    }
}

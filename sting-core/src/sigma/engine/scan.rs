//! One event on its way through the engine.

use super::super::matcher::{Field, Matcher, Values};
use super::super::pattern::fold_into;
use super::super::route::Origin;
use super::{Engine, Expr};
use crate::event::{Event, Value};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Memory that evaluations reuse. What belongs to an earlier event is told by its stamp.
#[derive(Debug, Default)]
pub(in super::super) struct Scratch {
    stamp: u32,
    /// For each predicate, what is known: the stamp and one of the states.
    known: Vec<(u32, State)>,
    /// For each rule, the event for which it last became a candidate.
    candidate: Vec<u32>,
    candidates: Vec<u32>,
    /// For each field, its first value in `chain`.
    heads: Vec<(u32, u32)>,
    /// Index of a value, and place of the field's next one.
    chain: Vec<(u32, u32)>,
    /// The fields that have values.
    fields: Vec<u32>,
    folded: String,
    /// For each value, where its folded text ends.
    ends: Vec<u32>,
    /// For origins seen before, which log sources they admit.
    admitted: FxHashMap<Origin, Arc<[bool]>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    /// A needle was found; the whole value has to be looked at.
    Possible,
    True,
    False,
}

const NONE: u32 = u32::MAX;

/// Most origins whose log sources are remembered.
const MAX_ORIGINS: usize = 4096;

/// An event with the memory for it.
pub(in super::super) struct Scan<'a> {
    engine: &'a Engine,
    event: &'a Event,
    scratch: &'a mut Scratch,
}

impl Scratch {
    /// Prepares for an event: resolves its fields and folds its texts.
    pub(super) fn scan<'a>(&'a mut self, engine: &'a Engine, event: &'a Event) -> Scan<'a> {
        // New memory, or stamps that have run out.
        if self.stamp == 0 || self.stamp == u32::MAX {
            *self = Self::default();
            self.known.resize(engine.predicates.len(), (0, State::Unknown));
            self.candidate.resize(engine.programs.len(), 0);
            self.heads.resize(engine.fields.len(), (0, NONE));
        }
        self.stamp += 1;
        self.chain.clear();
        self.fields.clear();
        self.folded.clear();
        self.ends.clear();
        self.candidates.clear();
        for index in 0..event.len() {
            fold_into(event.at(index).2.as_str(), &mut self.folded);
            self.ends.push(self.folded.len() as u32);
        }
        // From the last, so that a chain begins with the first.
        for index in (0..event.len()).rev() {
            let (path, name, _) = event.at(index);
            self.link(engine, name, index as u32);
            if path != name {
                self.link(engine, path, index as u32);
            }
        }
        Scan { engine, event, scratch: self }
    }

    /// Adds a value to the fields that go by a name.
    fn link(&mut self, engine: &Engine, name: &str, index: u32) {
        let Some(fields) = engine.by_name.get(name) else { return };
        for &field in fields {
            let head = &mut self.heads[field as usize];
            let mut next = NONE;
            if head.0 == self.stamp {
                next = head.1;
                if self.chain[next as usize].0 == index {
                    continue;
                }
            } else {
                self.fields.push(field);
            }
            *head = (self.stamp, self.chain.len() as u32);
            self.chain.push((index, next));
        }
    }

    /// Which log sources an origin admits.
    pub(in super::super) fn admitted(&mut self, engine: &Engine, origin: Origin) -> Arc<[bool]> {
        // Numbers of records are the sender's choice, so that there could be any number of origins.
        if self.admitted.len() > MAX_ORIGINS {
            self.admitted.clear();
        }
        let admits = || engine.sources.iter().map(|source| origin.admits(source)).collect();
        Arc::clone(self.admitted.entry(origin).or_insert_with(admits))
    }
}

impl Scan<'_> {
    /// Runs the indexes over the values; those of keywords that are not of Windows only if asked to.
    pub(super) fn find_predicates(&mut self, foreign: bool) {
        let engine = self.engine;
        let fields = std::mem::take(&mut self.scratch.fields);
        for &field in &fields {
            self.scratch.watch(&engine.by_field[field as usize]);
            let index = &engine.indexes[field as usize];
            let mut next = if index.is_empty() { NONE } else { self.head(field) };
            while next != NONE {
                let (value, after) = self.scratch.chain[next as usize];
                self.look(value as usize, index);
                next = after;
            }
        }
        self.scratch.fields = fields;
        for (index, wanted) in engine.keywords.iter().zip([true, foreign]) {
            if wanted && !index.is_empty() {
                (0..self.event.len()).for_each(|value| self.look(value, index));
            }
        }
        self.scratch.watch(&engine.always);
    }

    fn look(&mut self, value: usize, index: &super::index::Index) {
        let (engine, event) = (self.engine, self.event);
        let found = event.at(value).2;
        if !found.is_scalar() {
            return;
        }
        // The folded text is set aside so that what is found in it can be noted.
        let folded = std::mem::take(&mut self.scratch.folded);
        let start = value.checked_sub(1).map_or(0, |before| self.scratch.ends[before] as usize);
        let text = &folded[start..self.scratch.ends[value] as usize];
        index.look_up(text, |id| self.scratch.note(engine, id, certain(engine, id)));
        if found.is_number()
            && let Some(decimal) = decimal(text)
        {
            index.look_up(&decimal, |id| self.scratch.note(engine, id, State::Possible));
        }
        index.look_at_edges(text, |id| {
            if let Matcher::Text(pattern) = &engine.predicates[id as usize].matcher
                && pattern.matches(text)
            {
                self.scratch.note(engine, id, State::True);
            }
        });
        index.scan(text, |id| {
            let state = match &engine.predicates[id as usize].matcher {
                Matcher::Text(pattern) if pattern.is_needle() => State::True,
                _ => State::Possible,
            };
            self.scratch.note(engine, id, state);
        });
        self.scratch.folded = folded;
    }

    /// The rules that may match.
    pub(super) fn candidates(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.scratch.candidates)
    }

    /// Returns the memory of [`Scan::candidates`].
    pub(super) fn give_back(self, candidates: Vec<u32>) {
        self.scratch.candidates = candidates;
    }

    /// Evaluates a condition.
    pub(super) fn holds(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::Predicate(id) => self.predicate(*id),
            Expr::All(parts) => parts.iter().all(|part| self.holds(part)),
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Expr::Not(inner) => !self.holds(inner),
            Expr::AtLeast(min, parts) => {
                parts.iter().filter(|part| self.holds(part)).take(*min).count() == *min
            }
        }
    }

    fn predicate(&mut self, id: u32) -> bool {
        let predicate = &self.engine.predicates[id as usize];
        let (stamp, state) = self.scratch.known[id as usize];
        let state = if stamp == self.scratch.stamp { state } else { State::Unknown };
        match state {
            State::True => true,
            State::False => false,
            State::Unknown if predicate.indexed => false,
            State::Unknown | State::Possible => {
                let witness = match predicate.field {
                    Some(field) => predicate.matcher.witness(self.values(field), self),
                    None => predicate.matcher.witness(0..self.event.len(), self),
                };
                let state = if witness.is_some() { State::True } else { State::False };
                self.scratch.known[id as usize] = (self.scratch.stamp, state);
                witness.is_some()
            }
        }
    }

    fn head(&self, field: u32) -> u32 {
        let (stamp, head) = self.scratch.heads[field as usize];
        if stamp == self.scratch.stamp { head } else { NONE }
    }

    /// The values of a field, in order.
    fn values(&self, field: u32) -> impl Iterator<Item = usize> {
        let mut next = self.head(field);
        std::iter::from_fn(move || {
            let &(index, after) = self.scratch.chain.get(next as usize)?;
            next = after;
            Some(index as usize)
        })
    }
}

impl Scan<'_> {
    /// The values of a field, found by name.
    fn named<'a>(&'a self, field: &'a Field) -> impl Iterator<Item = usize> + 'a {
        (0..self.event.len()).filter(move |&index| {
            let (path, name, _) = self.event.at(index);
            field.names.iter().any(|wanted| wanted == name || wanted == path)
        })
    }
}

impl Values for Scan<'_> {
    fn path(&self, index: usize) -> &str {
        self.event.at(index).0
    }

    fn value(&self, index: usize) -> Value<'_> {
        self.event.at(index).2
    }

    fn folded(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.scratch.ends[before] as usize);
        &self.scratch.folded[start..self.scratch.ends[index] as usize]
    }

    fn candidates<'a>(&'a self, field: Option<&'a Field>) -> impl Iterator<Item = usize> + 'a {
        let of_field = field.map(|field| {
            let ids = self.engine.by_name.get(field.name()).map_or(&[][..], |ids| ids);
            let id = ids.iter().find(|&&id| self.engine.fields[id as usize] == *field);
            // A field that only another field is compared with is in no table.
            let (known, unknown) = match id {
                Some(&id) => (Some(self.values(id)), None),
                None => (None, Some(self.named(field))),
            };
            known.into_iter().flatten().chain(unknown.into_iter().flatten())
        });
        let all = if field.is_none() { 0..self.event.len() } else { 0..0 };
        of_field.into_iter().flatten().chain(all)
    }
}

impl Scratch {
    /// Notes what was found out about a predicate, and who waits for it.
    fn note(&mut self, engine: &Engine, id: u32, state: State) {
        let known = &mut self.known[id as usize];
        if known.0 == self.stamp {
            if state == State::True {
                known.1 = state;
            }
            return;
        }
        *known = (self.stamp, state);
        self.watch(&engine.by_predicate[id as usize]);
    }

    fn watch(&mut self, rules: &[u32]) {
        for &rule in rules {
            if self.candidate[rule as usize] != self.stamp {
                self.candidate[rule as usize] = self.stamp;
                self.candidates.push(rule);
            }
        }
    }
}

/// What it means that the whole folded value was found.
fn certain(engine: &Engine, id: u32) -> State {
    match &engine.predicates[id as usize].matcher {
        Matcher::Text(pattern) if !pattern.is_cased() => State::True,
        _ => State::Possible,
    }
}

/// An integral number that is not written as one, in decimal.
fn decimal(text: &str) -> Option<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit())
        || text.len() > 1 && !text.starts_with("-0") && text[1..].bytes().all(|byte| byte.is_ascii_digit());
    if plain {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    (number.fract() == 0.0 && number.abs() < 9e15).then(|| (number as i64).to_string())
}

//! One event on its way through the engine.

use super::super::matcher::{Field, Values};
use super::super::pattern::fold_into;
use super::super::route::Origin;
use super::index::{Hit, Index};
use super::names::UNKNOWN;
use super::plan::Plan;
use super::sieve::Gate;
use super::{CHANNELS, Engine, Expr, NUMBERS};
use crate::event::{Event, Value};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
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
    /// For each value, the numbers of its short name and of its path.
    names: Vec<(u32, u32)>,
    folded: String,
    /// For each value, where its folded text is; [`UNFOLDED`] until somebody asks for it.
    places: Vec<(u32, u32)>,
    /// For each field, the stamp and where its values are in `values`.
    of_field: Vec<(u32, u32, u32)>,
    values: Vec<u32>,
    /// For origins seen before, what to look for.
    plans: FxHashMap<Origin, Arc<Plan>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    /// Something was found; the whole value has to be looked at.
    Possible,
    True,
    False,
}

const UNFOLDED: (u32, u32) = (u32::MAX, u32::MAX);

/// Most origins whose plans are remembered.
const MAX_ORIGINS: usize = 4096;

/// An event with the memory for it.
pub(in super::super) struct Scan<'a> {
    engine: &'a Engine,
    event: &'a Event,
    plan: Arc<Plan>,
    scratch: &'a mut Scratch,
}

impl Scratch {
    /// Prepares for an event: numbers its names and finds the plan for its origin.
    pub(super) fn scan<'a>(&'a mut self, engine: &'a Engine, event: &'a Event) -> Scan<'a> {
        // New memory, or stamps that have run out.
        if self.stamp == 0 || self.stamp == u32::MAX {
            *self = Self::default();
            self.known.resize(engine.predicates.len(), (0, State::Unknown));
            self.candidate.resize(engine.programs.len(), 0);
            self.of_field.resize(engine.fields.len(), (0, 0, 0));
        }
        self.stamp += 1;
        self.folded.clear();
        self.candidates.clear();
        self.values.clear();
        self.places.clear();
        self.places.resize(event.len(), UNFOLDED);
        self.names.clear();
        self.names.extend(event.names().map(|(name, path)| {
            (engine.names.get(name), path.map_or(UNKNOWN, |path| engine.names.get(path)))
        }));
        let first = |wanted: [u32; 2]| {
            let place = |wanted| self.names.iter().position(|&(name, path)| name == wanted || path == wanted);
            wanted.into_iter().find_map(place).map(|index| event.at(index).2.as_str())
        };
        let origin = Origin::new(first(CHANNELS), first(NUMBERS));
        // Numbers of records are the sender's choice, so that there could be any number of origins.
        if self.plans.len() > MAX_ORIGINS {
            self.plans.clear();
        }
        let plan = Arc::clone(self.plans.entry(origin).or_insert_with(|| engine.plan(origin)));
        Scan { engine, event, plan, scratch: self }
    }

    /// Folds the text of a value, once.
    fn fold(&mut self, event: &Event, value: usize) {
        if self.places[value] != UNFOLDED {
            return;
        }
        let start = self.folded.len();
        event.push_text(value, &mut self.folded);
        if self.folded.as_bytes()[start..].is_ascii() {
            self.folded[start..].make_ascii_lowercase();
        } else {
            let text = self.folded.split_off(start);
            fold_into(&text, &mut self.folded);
        }
        self.places[value] = (start as u32, self.folded.len() as u32);
    }

    /// Notes what was found out about a predicate, and who waits for it.
    fn note(&mut self, plan: &Plan, hit: Hit) {
        let watch = &plan.watches[hit.id as usize];
        let known = &mut self.known[watch.predicate as usize];
        if known.0 != self.stamp {
            *known = (self.stamp, State::Possible);
        }
        if hit.certain {
            known.1 = State::True;
        }
        self.watch(&watch.rules);
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

impl Scan<'_> {
    /// Finds the rules that may match.
    pub(super) fn find_candidates(&mut self) {
        let plan = Arc::clone(&self.plan);
        for value in 0..self.event.len() {
            let (name, path) = self.scratch.names[value];
            for field in plan.fields(name).chain(plan.fields(path)) {
                self.scratch.watch(&field.present);
                if !field.gate.as_ref().is_some_and(|gate| self.shut(gate, self.event.spelling_at(value))) {
                    self.look(&plan, value, &field.index);
                }
            }
        }
        if !plan.keywords.is_empty()
            && !plan.gate.as_ref().is_some_and(|gate| self.shut(gate, self.event.raw()))
        {
            (0..self.event.len()).for_each(|value| self.look(&plan, value, &plan.keywords));
        }
        self.scratch.watch(&plan.always);
    }

    /// True if the gate proves that there is nothing to find in values that are spelled so.
    fn shut(&self, gate: &Gate, spelling: &str) -> bool {
        self.event.is_plain() && !gate.may_hold(spelling.as_bytes())
    }

    fn look(&mut self, plan: &Plan, value: usize, index: &Index) {
        if index.is_empty() || !self.event.is_scalar_at(value) {
            return;
        }
        self.scratch.fold(self.event, value);
        // The folded text is set aside so that what is found in it can be noted.
        let folded = std::mem::take(&mut self.scratch.folded);
        let (start, end) = self.scratch.places[value];
        let text = &folded[start as usize..end as usize];
        index.find(text, self.event.is_number_at(value), |hit| self.scratch.note(plan, hit));
        self.scratch.folded = folded;
    }

    /// The candidates that match, in the order of the rules.
    pub(super) fn matching(&mut self) -> Vec<u32> {
        let engine = self.engine;
        let mut found = std::mem::take(&mut self.scratch.candidates);
        found.retain(|&rule| self.holds(&engine.programs[rule as usize].root));
        found.sort_unstable();
        found
    }

    /// Returns the memory of [`Scan::matching`].
    pub(super) fn give_back(self, candidates: Vec<u32>) {
        self.scratch.candidates = candidates;
    }

    /// Makes every folded text ready, for those who look at any of them.
    pub(super) fn fold_all(&mut self) {
        (0..self.event.len()).for_each(|value| self.scratch.fold(self.event, value));
    }

    /// Evaluates a condition.
    fn holds(&mut self, expr: &Expr) -> bool {
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
        let (stamp, state) = self.scratch.known[id as usize];
        match if stamp == self.scratch.stamp { state } else { State::Unknown } {
            State::True => true,
            State::False => false,
            State::Unknown if self.plan.settles(id) => false,
            State::Unknown | State::Possible => {
                let holds = self.evaluate(id);
                let state = if holds { State::True } else { State::False };
                self.scratch.known[id as usize] = (self.scratch.stamp, state);
                holds
            }
        }
    }

    fn evaluate(&mut self, id: u32) -> bool {
        let predicate = &self.engine.predicates[id as usize];
        let Some(field) = predicate.field else {
            self.fold_all();
            return predicate.holds(&(0..self.event.len()), self);
        };
        let (start, end) = self.values_of(field);
        for at in start..end {
            self.scratch.fold(self.event, self.scratch.values[at] as usize);
        }
        let values = self.scratch.values[start..end].iter().map(|&value| value as usize);
        predicate.holds(&values, self)
    }

    /// Where in `values` the values of a field are, in order.
    fn values_of(&mut self, field: u32) -> (usize, usize) {
        let scratch = &mut *self.scratch;
        let (stamp, start, end) = scratch.of_field[field as usize];
        if stamp == scratch.stamp {
            return (start as usize, end as usize);
        }
        let names = &self.engine.fields[field as usize].names;
        let start = scratch.values.len();
        for (value, (name, path)) in scratch.names.iter().enumerate() {
            if names.contains(name) || names.contains(path) {
                scratch.values.push(value as u32);
            }
        }
        let end = scratch.values.len();
        scratch.of_field[field as usize] = (scratch.stamp, start as u32, end as u32);
        (start, end)
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
        let (start, end) = self.scratch.places[index];
        self.scratch.folded.get(start as usize..end as usize).unwrap_or_default()
    }

    fn candidates<'a>(&'a self, field: Option<&'a Field>) -> impl Iterator<Item = usize> + 'a {
        let ids = field.map(|field| {
            let ids = field.names.iter().map(|name| self.engine.names.get(name));
            ids.collect::<SmallVec<[u32; 4]>>()
        });
        // A field that only another field is compared with may have names without a number.
        let named = field.filter(|_| ids.as_ref().is_some_and(|ids| ids.contains(&UNKNOWN)));
        let numbered = self.scratch.names.iter().enumerate();
        numbered.filter_map(move |(index, (name, path))| {
            let found = match (&ids, named) {
                (None, _) => true,
                (Some(ids), None) => ids.contains(name) || ids.contains(path),
                (_, Some(field)) => {
                    let (name, path) = self.event.names_at(index);
                    field.names.iter().any(|wanted| wanted == name || wanted == path)
                }
            };
            found.then_some(index)
        })
    }
}

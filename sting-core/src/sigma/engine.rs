//! All rules at once: shared predicates, found by index, and conditions for candidates only.
//!
//! Equal tests of different rules are one predicate. Of every rule a witness is chosen: matchers one of which
//! matches whenever the rule does. The origin of an event says which rules it admits, and for these there is a
//! plan: for each field an index of the witnesses to be found there. Only rules with a witness in the event are
//! evaluated, and what their conditions ask besides is computed when it is asked for; a field that no admitted rule
//! watches is not even decoded. The outcome is that of evaluating every rule, which is what the tests compare it
//! with.

mod index;
mod names;
mod plan;
mod predicate;
mod scan;
mod sieve;
mod witness;

use super::condition::Condition;
use super::matcher::{Field, Matcher, Test};
use super::route::Origin;
use super::rule::{LogSource, Rule, Selection};
use crate::event::Event;
use names::Names;
use plan::Plan;
use predicate::Predicate;
use rustc_hash::FxHashMap;
pub(super) use scan::{Scan, Scratch};
use sieve::Usual;
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, PoisonError};
use witness::Watched;

/// Rules compiled for [`Engine::matches`].
#[derive(Debug, Default)]
pub(super) struct Engine {
    /// Every name under which an event may have a field of a rule, and the names that tell its origin.
    names: Names,
    fields: Vec<NamedField>,
    predicates: Vec<Predicate>,
    programs: Vec<Program>,
    sources: Vec<LogSource>,
    usual: Usual,
    /// The plans that events have needed so far, by the log sources that they admit. There are as many as the
    /// taxonomy can tell apart, whatever events say.
    plans: Mutex<FxHashMap<Box<[bool]>, Arc<Plan>>>,
}

/// A field by the numbers of its names.
#[derive(Debug)]
struct NamedField {
    names: SmallVec<[u32; 4]>,
}

/// The numbers of the names that tell the origin of an event, the first found counts.
const ORIGIN_NAMES: [&str; 4] = ["Channel", "winlog.channel", "EventID", "winlog.event_id"];
const CHANNELS: [u32; 2] = [0, 1];
const NUMBERS: [u32; 2] = [2, 3];

/// The condition of one rule.
#[derive(Debug)]
struct Program {
    source: u32,
    root: Expr,
    /// `None` if the rule has to be evaluated always.
    witness: Option<Box<[Watched]>>,
}

/// A condition over predicates.
#[derive(Debug)]
enum Expr {
    Predicate(u32),
    All(Box<[Expr]>),
    Any(Box<[Expr]>),
    Not(Box<Expr>),
    AtLeast(usize, Box<[Expr]>),
}

impl Engine {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut compiler = Compiler::default();
        for name in ORIGIN_NAMES {
            compiler.names.add(name);
        }
        let mut programs: Vec<Program> = rules.iter().map(|rule| compiler.program(rule)).collect();
        let Compiler { names, fields, predicates, sources, .. } = compiler;
        let mut usual = Usual::default();
        for matcher in predicates.iter().flat_map(|predicate| &predicate.matchers) {
            for text in index::texts(matcher) {
                usual.add(&text);
            }
        }
        let mut engine = Self { names, fields, predicates, sources, usual, ..Self::default() };
        for program in &mut programs {
            program.witness = engine.witness(&program.root).map(|witness| witness.items.into());
        }
        engine.programs = programs;
        engine
    }

    /// What `each` makes of the rules that the event matches, in the order of the rules.
    pub(super) fn matches<T>(
        &self,
        event: &Event,
        scratch: &mut Scratch,
        mut each: impl FnMut(u32, &Scan<'_>) -> T,
    ) -> Vec<T> {
        let mut scan = scratch.scan(self, event);
        scan.find_candidates();
        let found = scan.matching();
        if !found.is_empty() {
            scan.fold_all();
        }
        let matches = found.iter().map(|&rule| each(rule, &scan)).collect();
        scan.give_back(found);
        matches
    }

    /// The plan for events of an origin.
    fn plan(&self, origin: Origin) -> Arc<Plan> {
        let admitted: Box<[bool]> = self.sources.iter().map(|source| origin.admits(source)).collect();
        // A poisoned lock only means that some plan was not kept.
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&admitted) {
            return Arc::clone(plan);
        }
        let plan = Arc::new(Plan::new(self, &admitted));
        plans.insert(admitted, Arc::clone(&plan));
        plan
    }
}

/// Interns what rules share.
#[derive(Default)]
struct Compiler {
    names: Names,
    fields: Vec<NamedField>,
    field_ids: FxHashMap<Field, u32>,
    predicates: Vec<Predicate>,
    predicate_ids: FxHashMap<(Option<u32>, String), u32>,
    sources: Vec<LogSource>,
    source_ids: FxHashMap<LogSource, u32>,
}

impl Compiler {
    fn program(&mut self, rule: &Rule) -> Program {
        let source = *self.source_ids.entry(rule.logsource.clone()).or_insert_with(|| {
            self.sources.push(rule.logsource.clone());
            self.sources.len() as u32 - 1
        });
        Program { source, root: self.condition(&rule.condition, &rule.selections), witness: None }
    }

    fn condition(&mut self, condition: &Condition, selections: &[(String, Selection)]) -> Expr {
        match condition {
            Condition::Selection(index) => self.selection(&selections[*index].1),
            Condition::And(parts) => all(parts.iter().map(|part| self.condition(part, selections)).collect()),
            Condition::Or(parts) => any(parts.iter().map(|part| self.condition(part, selections)).collect()),
            Condition::Not(inner) => Expr::Not(Box::new(self.condition(inner, selections))),
            Condition::Count { min, of } => {
                let parts: Vec<Expr> = of.iter().map(|&index| self.selection(&selections[index].1)).collect();
                match *min {
                    1 => any(parts),
                    min if min == parts.len() => all(parts),
                    min => Expr::AtLeast(min, parts.into()),
                }
            }
        }
    }

    fn selection(&mut self, selection: &Selection) -> Expr {
        match selection {
            Selection::All(parts) => all(parts.iter().map(|part| self.selection(part)).collect()),
            Selection::Any(parts) => any(parts.iter().map(|part| self.selection(part)).collect()),
            Selection::Test(test) => self.test(test),
        }
    }

    fn test(&mut self, test: &Test) -> Expr {
        let field = test.field.as_ref().map(|field| self.field(field));
        // Nothing matches without values, even where all of them would have to.
        let expr = if test.all && !test.matchers.is_empty() {
            let each = test.matchers.iter().map(std::slice::from_ref);
            all(each.map(|matcher| Expr::Predicate(self.predicate(field, matcher))).collect())
        } else {
            Expr::Predicate(self.predicate(field, &test.matchers))
        };
        if test.negated { Expr::Not(Box::new(expr)) } else { expr }
    }

    fn field(&mut self, field: &Field) -> u32 {
        if let Some(&id) = self.field_ids.get(field) {
            return id;
        }
        let id = self.fields.len() as u32;
        self.field_ids.insert(field.clone(), id);
        self.fields.push(NamedField { names: field.names.iter().map(|name| self.names.add(name)).collect() });
        id
    }

    fn predicate(&mut self, field: Option<u32>, matchers: &[Matcher]) -> u32 {
        let mut identity = String::new();
        for matcher in matchers {
            identity.push_str(&matcher.identity());
            identity.push('\n');
        }
        let id = *self.predicate_ids.entry((field, identity)).or_insert_with(|| {
            self.predicates.push(Predicate::new(field, matchers));
            self.predicates.len() as u32 - 1
        });
        self.predicates[id as usize].uses += 1;
        id
    }
}

fn all(mut parts: Vec<Expr>) -> Expr {
    if parts.len() == 1 { parts.remove(0) } else { Expr::All(parts.into()) }
}

fn any(mut parts: Vec<Expr>) -> Expr {
    if parts.len() == 1 { parts.remove(0) } else { Expr::Any(parts.into()) }
}

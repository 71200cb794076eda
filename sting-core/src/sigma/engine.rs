//! All rules at once: shared predicates, found by index, and conditions for candidates only.
//!
//! Equal tests of different rules are one predicate. Of every rule a witness is chosen: predicates one
//! of which holds whenever the rule matches. An event's values are looked up in one table and scanned by one
//! automaton a field, which yields the predicates that hold; only rules with a witness among them are
//! evaluated, and what their conditions ask besides is computed when it is asked for. The outcome is
//! that of evaluating every rule, which is what the tests compare it with.

mod index;
mod scan;
mod witness;

use super::condition::Condition;
use super::matcher::{Field, Matcher, Test};
use super::route::Origin;
use super::rule::{LogSource, Rule, Selection};
use crate::event::Event;
use index::Index;
use rustc_hash::FxHashMap;
pub(super) use scan::{Scan, Scratch};
use smallvec::SmallVec;
use witness::Watched;

/// Rules compiled for [`Engine::matches`].
#[derive(Debug, Default)]
pub(super) struct Engine {
    fields: Vec<Field>,
    /// The fields that go by a name.
    by_name: FxHashMap<Box<str>, SmallVec<[u32; 2]>>,
    predicates: Vec<Predicate>,
    programs: Vec<Program>,
    /// What to look for in the values of each field.
    indexes: Vec<Index>,
    /// What to look for in every value of an event that may be of Windows, and of one that may not.
    keywords: [Index; 2],
    /// Rules to evaluate if a predicate may hold.
    by_predicate: Vec<Vec<u32>>,
    /// Rules to evaluate if a field is there.
    by_field: Vec<Vec<u32>>,
    /// Rules to evaluate always.
    always: Vec<u32>,
    sources: Vec<LogSource>,
    /// The log sources with keywords that are not of Windows.
    foreign_keywords: Vec<u32>,
}

/// A test of one field against one matcher, shared by all rules that ask for it.
#[derive(Debug)]
struct Predicate {
    field: Option<u32>,
    matcher: Matcher,
    /// The index finds every value that may match, so that without a hit the predicate is false.
    indexed: bool,
    /// Tests that ask for it.
    uses: u32,
    /// For keywords, whether rules of Windows and whether others ask for it.
    asked_by: [bool; 2],
}

/// The condition of one rule.
#[derive(Debug)]
struct Program {
    source: u32,
    root: Expr,
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
        let programs: Vec<Program> = rules.iter().map(|rule| compiler.program(rule)).collect();
        let Compiler { fields, predicates, sources, foreign_keywords, .. } = compiler;
        let mut by_name = FxHashMap::<Box<str>, SmallVec<[u32; 2]>>::default();
        for (id, field) in fields.iter().enumerate() {
            for name in &field.names {
                by_name.entry(name.as_str().into()).or_default().push(id as u32);
            }
        }
        let mut engine = Self {
            by_predicate: vec![Vec::new(); predicates.len()],
            by_field: vec![Vec::new(); fields.len()],
            fields,
            by_name,
            predicates,
            sources,
            foreign_keywords,
            ..Self::default()
        };
        engine.build_indexes();
        for (rule, program) in programs.iter().enumerate() {
            match engine.witness(&program.root) {
                None => engine.always.push(rule as u32),
                Some(watched) => {
                    for watched in watched.items {
                        let rules = match watched {
                            Watched::Predicate(id) => &mut engine.by_predicate[id as usize],
                            Watched::Field(id) => &mut engine.by_field[id as usize],
                        };
                        if rules.last() != Some(&(rule as u32)) {
                            rules.push(rule as u32);
                        }
                    }
                }
            }
        }
        engine.programs = programs;
        engine
    }

    fn build_indexes(&mut self) {
        let mut of_field: Vec<index::Builder> = Vec::new();
        of_field.resize_with(self.fields.len(), index::Builder::default);
        let mut keywords = [index::Builder::default(), index::Builder::default()];
        for (id, predicate) in self.predicates.iter_mut().enumerate() {
            let of_keywords = keywords.iter_mut().zip(predicate.asked_by).filter(|(_, asked)| *asked);
            let builders: Vec<&mut index::Builder> = match predicate.field {
                Some(field) => vec![&mut of_field[field as usize]],
                None => of_keywords.map(|(builder, _)| builder).collect(),
            };
            for builder in builders {
                predicate.indexed = builder.add(id as u32, &predicate.matcher);
            }
        }
        self.indexes = of_field.into_iter().map(index::Builder::build).collect();
        self.keywords = keywords.map(index::Builder::build);
    }

    /// What `each` makes of the rules that the event matches, in the order of the rules.
    pub(super) fn matches<T>(
        &self,
        event: &Event,
        scratch: &mut Scratch,
        mut each: impl FnMut(u32, &Scan<'_>) -> T,
    ) -> Vec<T> {
        let admitted = scratch.admitted(self, Origin::of(event));
        let mut scan = scratch.scan(self, event);
        let foreign = self.foreign_keywords.iter().any(|&source| admitted[source as usize]);
        scan.find_predicates(foreign);
        let mut found = scan.candidates();
        found.retain(|&rule| {
            let program = &self.programs[rule as usize];
            admitted[program.source as usize] && scan.holds(&program.root)
        });
        found.sort_unstable();
        let matches = found.iter().map(|&rule| each(rule, &scan)).collect();
        scan.give_back(found);
        matches
    }
}

/// Interns what rules share.
#[derive(Default)]
struct Compiler {
    fields: Vec<Field>,
    field_ids: FxHashMap<Field, u32>,
    predicates: Vec<Predicate>,
    predicate_ids: FxHashMap<(Option<u32>, String), u32>,
    sources: Vec<LogSource>,
    source_ids: FxHashMap<LogSource, u32>,
    /// Log source of the rule that is being compiled.
    source: u32,
    foreign_keywords: Vec<u32>,
}

impl Compiler {
    fn program(&mut self, rule: &Rule) -> Program {
        self.source = *self.source_ids.entry(rule.logsource.clone()).or_insert_with(|| {
            self.sources.push(rule.logsource.clone());
            self.sources.len() as u32 - 1
        });
        Program { source: self.source, root: self.condition(&rule.condition, &rule.selections) }
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
        let parts = test
            .matchers
            .iter()
            .map(|matcher| Expr::Predicate(self.predicate(field, matcher)))
            .collect::<Vec<_>>();
        // Nothing matches without values, even where all of them would have to.
        let expr = if test.all && !parts.is_empty() { all(parts) } else { any(parts) };
        if test.negated { Expr::Not(Box::new(expr)) } else { expr }
    }

    fn field(&mut self, field: &Field) -> u32 {
        *self.field_ids.entry(field.clone()).or_insert_with(|| {
            self.fields.push(field.clone());
            self.fields.len() as u32 - 1
        })
    }

    fn predicate(&mut self, field: Option<u32>, matcher: &Matcher) -> u32 {
        let id = *self.predicate_ids.entry((field, matcher.identity())).or_insert_with(|| {
            self.predicates.push(Predicate {
                field,
                matcher: matcher.clone(),
                indexed: false,
                uses: 0,
                asked_by: [false; 2],
            });
            self.predicates.len() as u32 - 1
        });
        let foreign = self.sources[self.source as usize].product.as_deref() != Some("windows");
        if field.is_none() && foreign && self.foreign_keywords.last() != Some(&self.source) {
            self.foreign_keywords.push(self.source);
        }
        let predicate = &mut self.predicates[id as usize];
        predicate.uses += 1;
        predicate.asked_by[usize::from(foreign)] = true;
        id
    }
}

fn all(mut parts: Vec<Expr>) -> Expr {
    if parts.len() == 1 { parts.remove(0) } else { Expr::All(parts.into()) }
}

fn any(mut parts: Vec<Expr>) -> Expr {
    if parts.len() == 1 { parts.remove(0) } else { Expr::Any(parts.into()) }
}

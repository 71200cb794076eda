//! What to look for in the events of one origin: the rules that it admits, by the fields that give them away.

use super::Engine;
use super::index::{Builder, Index};
use super::names::UNKNOWN;
use super::sieve::Gate;
use super::witness::Watched;
use rustc_hash::FxHashMap;

/// The rules of some log sources, ready to be found.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// For each name, the first and the last plus one of its places in `slots`.
    by_name: Box<[(u32, u32)]>,
    /// Indexes of `fields`.
    slots: Vec<u32>,
    fields: Vec<PlanField>,
    /// What to look for in every value.
    pub(super) keywords: Index,
    /// Tells most events without any of them by their bytes.
    pub(super) gate: Option<Gate>,
    /// Rules to evaluate always.
    pub(super) always: Vec<u32>,
    pub(super) watches: Vec<Watch>,
    /// A bit for each predicate that is false unless it was found.
    settled: Box<[u64]>,
}

/// What to look for in the values of one field.
#[derive(Debug)]
pub(super) struct PlanField {
    field: u32,
    pub(super) index: Index,
    /// Tells most values without any of that by their bytes.
    pub(super) gate: Option<Gate>,
    /// Rules to evaluate if the field is there.
    pub(super) present: Vec<u32>,
}

/// What a hit of an index means: that a predicate may hold, and which rules wait for it.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) predicate: u32,
    pub(super) rules: Vec<u32>,
}

impl Plan {
    /// The plan for the rules of the log sources that are `admitted`.
    pub(super) fn new(engine: &Engine, admitted: &[bool]) -> Self {
        let mut plan =
            Self { settled: vec![0; engine.predicates.len().div_ceil(64)].into(), ..Self::default() };
        let mut watch_ids = FxHashMap::<(u32, u32), u32>::default();
        let mut keywords = Builder::default();
        // Ordered, so that equal rules make equal plans.
        let mut fields = std::collections::BTreeMap::<u32, (Builder, Vec<u32>)>::new();
        for (rule, program) in engine.programs.iter().enumerate() {
            if !admitted[program.source as usize] {
                continue;
            }
            let Some(witness) = &program.witness else {
                plan.always.push(rule as u32);
                continue;
            };
            for &watched in witness {
                match watched {
                    Watched::Field(field) => push(&mut fields.entry(field).or_default().1, rule as u32),
                    Watched::Matcher { predicate, matcher } => {
                        let id = *watch_ids.entry((predicate, matcher)).or_insert_with(|| {
                            let id = plan.watches.len() as u32;
                            plan.watches.push(Watch { predicate, rules: Vec::new() });
                            plan.settled[predicate as usize / 64] |= 1 << (predicate % 64);
                            let asked = &engine.predicates[predicate as usize];
                            let builder = match asked.field {
                                Some(field) => &mut fields.entry(field).or_default().0,
                                None => &mut keywords,
                            };
                            builder.add(id, &asked.matchers[matcher as usize]);
                            id
                        });
                        push(&mut plan.watches[id as usize].rules, rule as u32);
                    }
                }
            }
        }
        plan.gate = keywords.gate(&engine.usual);
        plan.keywords = keywords.build(&engine.usual);
        for (field, (builder, present)) in fields {
            let gate = builder.gate(&engine.usual);
            plan.fields.push(PlanField { field, gate, index: builder.build(&engine.usual), present });
        }
        plan.place(engine);
        plan
    }

    /// Puts the fields where their names lead to them.
    fn place(&mut self, engine: &Engine) {
        let mut of_name: Vec<Vec<u32>> = vec![Vec::new(); engine.names.len()];
        for (slot, field) in self.fields.iter().enumerate() {
            for &name in &engine.fields[field.field as usize].names {
                of_name[name as usize].push(slot as u32);
            }
        }
        self.by_name = of_name
            .iter()
            .map(|slots| {
                let start = self.slots.len() as u32;
                self.slots.extend(slots);
                (start, self.slots.len() as u32)
            })
            .collect();
    }

    /// The fields that go by a name.
    #[inline]
    pub(super) fn fields(&self, name: u32) -> impl Iterator<Item = &PlanField> {
        let (start, end) = if name == UNKNOWN { (0, 0) } else { self.by_name[name as usize] };
        self.slots[start as usize..end as usize].iter().map(|&slot| &self.fields[slot as usize])
    }

    /// True if the predicate is false unless an index found it.
    #[inline]
    pub(super) fn settles(&self, predicate: u32) -> bool {
        self.settled[predicate as usize / 64] >> (predicate % 64) & 1 != 0
    }
}

/// Adds a rule that may have been added just before.
fn push(rules: &mut Vec<u32>, rule: u32) {
    if rules.last() != Some(&rule) {
        rules.push(rule);
    }
}

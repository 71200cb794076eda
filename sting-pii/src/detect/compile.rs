//! From rows of the catalog to an engine: patterns parsed and grouped, triggers entered.

use super::automaton::{Automaton, Pattern};
use super::chart;
use super::class::Kernel;
use super::context::{self, PhraseIndex, Phrases};
use super::judge::odds;
use super::lead::{Lead, Leads};
use super::long::LongTokens;
use super::near::{IdWords, KeyWords};
use super::plain::{PlainRows, Way};
use super::prefix::{PrefixSet, firsts};
use super::shape::Shapes;
use super::{Engine, Member, Patterns, Rule, SLOTS, Slot};
use crate::Error;
use crate::catalog::{Boundary, Detector, Extent, Group};
use crate::validate;
use regex_automata::util::pool::Pool;
use regex_syntax::hir::Hir;
use std::collections::BTreeSet;

/// A pattern, its rule, and the length of its longest value.
type Entry = (Hir, u32, usize);

const fn slot_of(rule: &Rule) -> Slot {
    match rule.group {
        Group::Id => Slot::Id,
        Group::At => Slot::At,
        Group::Url => Slot::Url,
        Group::Prefix if rule.prefixed => Slot::Prefix,
        Group::Prefix => Slot::Long,
        Group::Key => Slot::Key,
        Group::Lead => Slot::Lead,
        // No pattern of `Group::Name` is ever entered.
        Group::Scan | Group::Name => Slot::Scan,
    }
}

impl Rule {
    /// The rule of a row that has no pattern.
    fn found_elsewhere(row: &Detector) -> Self {
        Self {
            kind: row.kind.as_str().into(),
            id: row.id().into(),
            group: row.group,
            prefixed: false,
            boundary: row.boundary,
            extent: row.extent,
            check: None,
            odds: 0.0,
            weak: false,
            context: Phrases::default(),
            avoid: Phrases::default(),
            keys: Vec::new(),
        }
    }
}

impl Engine {
    /// Compiles `rows`. Kinds in `asked` are expected in the text.
    pub(crate) fn new(rows: &[&Detector], asked: &BTreeSet<String>, min_score: f32) -> Result<Self, Error> {
        let mut engine = Self {
            rules: Vec::with_capacity(rows.len()),
            slots: [const { None }; SLOTS],
            prefixes: PrefixSet::default(),
            plain: PlainRows::default(),
            shapes: None,
            id_words: IdWords::default(),
            key_words: KeyWords::default(),
            long: None,
            leads: Leads::default(),
            scan_first: Box::new([false; 256]),
            keys: PhraseIndex::new([].into_iter()),
            context: PhraseIndex::new([].into_iter()),
            avoid: PhraseIndex::new([].into_iter()),
            kernel: Kernel::detect(),
            min_score,
            idle: Pool::new(|| None),
        };
        let mut members: [Vec<Entry>; SLOTS] = [const { Vec::new() }; SLOTS];
        let (mut leads, mut long) = (Vec::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            if row.group == Group::Name {
                engine.rules.push(Rule::found_elsewhere(row));
                continue;
            }
            let pattern = Pattern::parse(row)?;
            let rule = engine.place(row, &pattern, index as u32, &mut leads)?;
            let slot = slot_of(&rule);
            if slot as usize == Slot::Long as usize {
                long.push(pattern.hir.clone());
            }
            if !engine.enter_plain(row, &pattern, index as u32, slot) {
                members[slot as usize].push((pattern.hir, index as u32, row.max_len));
            }
            engine.rules.push(Rule {
                odds: rule.odds * if asked.contains(&row.kind) { odds::ASKED } else { 1.0 },
                ..rule
            });
        }
        let keyed = (0..).zip(&engine.rules).filter(|(_, rule)| rule.group == Group::Key);
        engine.keys = PhraseIndex::of_hashes(
            keyed.flat_map(|(index, rule)| rule.keys.iter().map(move |&hash| (hash, index))).collect(),
        );
        let rules = || (0..).zip(&engine.rules);
        engine.context = PhraseIndex::new(rules().map(|(i, rule)| (i, &rule.context)));
        engine.avoid = PhraseIndex::new(rules().map(|(i, rule)| (i, &rule.avoid)));
        for (slot, members) in engine.slots.iter_mut().zip(&members) {
            if members.is_empty() {
                continue;
            }
            let patterns: Vec<_> = members.iter().map(|(hir, ..)| hir).collect();
            let max_len = members.iter().map(|member| member.2).max().unwrap_or(0);
            *slot = Some(Patterns {
                automaton: Automaton::new(&patterns, max_len)?,
                members: members
                    .iter()
                    .map(|member| {
                        let rule = &engine.rules[member.1 as usize];
                        let boundary =
                            if rule.extent == Extent::Match { rule.boundary } else { Boundary::None };
                        let tested = rule.extent != Extent::Match || rule.check.is_some();
                        Member { rule: member.1, max_len: member.2, boundary, tested }
                    })
                    .collect(),
            });
        }
        engine.leads = Leads::new(leads);
        if !long.is_empty() {
            engine.long = Some(LongTokens::new(&long.iter().collect::<Vec<_>>())?);
        }
        engine.enter_filters(rows, &members)?;
        Ok(engine)
    }

    /// Enters a row of secrets where it is looked up; says whether that is all it needs.
    fn enter_plain(&mut self, row: &Detector, pattern: &Pattern, rule: u32, slot: Slot) -> bool {
        let way = match slot {
            Slot::Prefix => Way::First(firsts(&pattern.prefixes()).unwrap_or_default()),
            Slot::Long => Way::AnyToken,
            Slot::Key | Slot::Lead => Way::Rule,
            _ => return false,
        };
        if self.plain.enter(&pattern.hir, rule, row.max_len, row.extent) {
            self.plain.look_up_last_by(&way);
            return true;
        }
        if let Way::First(firsts) = way {
            for first in firsts {
                self.prefixes.insert(first);
            }
        }
        false
    }

    /// Makes what tells text apart from values without a walk.
    fn enter_filters(&mut self, rows: &[&Detector], members: &[Vec<Entry>; SLOTS]) -> Result<(), Error> {
        let patterns = |slot: Slot| members[slot as usize].iter().map(|member| &member.0).collect::<Vec<_>>();
        for row in rows.iter().filter(|row| row.group == Group::Key) {
            row.keys.iter().for_each(|name| self.key_words.insert(name));
            self.key_words.insert(super::key::ATTRIBUTE);
        }
        let Some(ids) = &self.slots[Slot::Id as usize] else { return Ok(()) };
        let rules: Vec<_> = ids.members.iter().map(|one| &self.rules[one.rule as usize]).collect();
        let shapes = Shapes::new(&patterns(Slot::Id), &rules, |rule| rule.needs_support(self.min_score))?;
        let Some(shapes) = shapes else { return Ok(()) };
        self.id_words =
            IdWords::new(members[Slot::Id as usize].iter().map(|member| member.2).max().unwrap_or(0));
        for number in shapes.named() {
            let row = rows[ids.members[number].rule as usize];
            row.context.iter().chain(&row.keys).for_each(|phrase| self.id_words.insert(phrase, number));
        }
        self.shapes = Some(shapes);
        Ok(())
    }

    /// Makes the rule of a row and enters it where its trigger is looked up.
    fn place(
        &mut self,
        row: &Detector,
        pattern: &Pattern,
        index: u32,
        leads: &mut Vec<Lead>,
    ) -> Result<Rule, Error> {
        let fault = |problem: &str, mend: &str| Err(Error::detector(row.id(), problem, mend));
        if !(row.score > 0.0 && row.score < 1.0) {
            return fault(
                "score is not between 0 and 1",
                "give the probability that text of this shape is what the row says",
            );
        }
        let check = match &row.validator {
            None => None,
            Some(name) => match validate::find(name) {
                Some(check) => Some(check),
                None => return fault("its validator does not exist", "see sting_pii::validators()"),
            },
        };
        let mut group = row.group;
        let mut prefixed = false;
        match group {
            Group::Prefix => {
                if pattern.min_len < chart::LONG {
                    return fault("its values are shorter than twelve bytes", "use group scan");
                }
                prefixed = firsts(&pattern.prefixes()).is_some();
            }
            Group::Key if row.keys.is_empty() => return fault("group key without keys", "name the keys"),
            Group::Lead if !row.lead.is_empty() => {
                leads.extend(row.lead.iter().map(|lead| Lead {
                    literal: lead.as_bytes().into(),
                    before: row.lead_back == 0,
                    back: row.lead_back,
                    rule: index,
                }));
            }
            Group::Lead | Group::Scan => {
                if let Some(literals) = pattern.leads() {
                    group = Group::Lead;
                    leads.extend(literals.into_iter().map(|literal| Lead {
                        literal: literal.into(),
                        before: false,
                        back: 0,
                        rule: index,
                    }));
                } else {
                    group = Group::Scan;
                    for (all, one) in self.scan_first.iter_mut().zip(pattern.first_bytes()) {
                        *all |= one;
                    }
                }
            }
            Group::Id | Group::At | Group::Url | Group::Key | Group::Name => {}
        }
        let mut keys: Vec<_> = row.keys.iter().map(|name| context::name_hash(name)).collect();
        keys.sort_unstable();
        Ok(Rule {
            kind: row.kind.as_str().into(),
            id: row.id().into(),
            group,
            prefixed,
            boundary: pattern.boundary,
            extent: row.extent,
            check,
            odds: row.score / (1.0 - row.score),
            weak: row.weak,
            context: Phrases::new(row.context.iter().chain(&row.keys).map(String::as_str)),
            avoid: Phrases::new(row.avoid.iter().map(String::as_str)),
            keys,
        })
    }
}

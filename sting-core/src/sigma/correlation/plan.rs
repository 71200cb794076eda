//! Correlations with their references resolved: which rule feeds which, in an order that can be evaluated.

use super::{CorrelationKind, CorrelationRule};
use crate::RuleError;
use crate::sigma::matcher::Field;
use crate::sigma::rule::Rule;
use rustc_hash::FxHashMap;

/// The correlations of a rule set, each after those that it refers to.
#[derive(Clone, Debug, Default)]
pub(in crate::sigma) struct Plan {
    pub(super) nodes: Vec<Node>,
    /// The detection rules that some correlation refers to, by their index in the set, with what they feed.
    pub(super) detections: Vec<(u32, Vec<Input>)>,
    /// Tags of the rules below each node, and its own.
    pub(super) tags: Vec<Vec<String>>,
}

/// A place among the rules of a correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Input {
    pub(super) node: u32,
    pub(super) slot: u16,
}

/// One correlation.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Index of its rule in the set.
    pub(super) rule: usize,
    /// For each of its rules, the fields to group by.
    pub(super) group_by: Vec<Box<[Field]>>,
    /// For each of its rules, the fields to measure.
    pub(super) measured: Vec<Box<[Field]>>,
    pub(super) feeds: Vec<Input>,
    /// True if its alerts are for the user, and not just for other correlations.
    pub(super) is_reported: bool,
}

/// What a name or id stands for.
#[derive(Clone, Copy)]
enum Referred {
    Detection(usize),
    Correlation(usize),
}

impl Plan {
    /// Resolves references. A correlation that cannot be used is left out, and its fault is returned.
    pub(in crate::sigma) fn new(rules: &[Rule], correlations: &[CorrelationRule]) -> (Self, Vec<RuleError>) {
        let mut names = FxHashMap::<&str, Vec<Referred>>::default();
        for (index, rule) in rules.iter().enumerate() {
            for name in names_of(&rule.id, rule.name.as_deref()) {
                names.entry(name).or_default().push(Referred::Detection(index));
            }
        }
        for (index, rule) in correlations.iter().enumerate() {
            for name in names_of(&rule.id, rule.name.as_deref()) {
                names.entry(name).or_default().push(Referred::Correlation(index));
            }
        }

        let mut errors = Vec::new();
        let resolved: Vec<Option<Vec<Referred>>> = correlations
            .iter()
            .map(|rule| match resolve(rule, &names) {
                Ok(referred) => Some(referred),
                Err(message) => {
                    errors.push(fault(rule, message));
                    None
                }
            })
            .collect();
        let order = order(correlations, &resolved, &mut errors);
        (Self::build(rules, correlations, &resolved, &order), errors)
    }

    fn build(
        rules: &[Rule],
        correlations: &[CorrelationRule],
        resolved: &[Option<Vec<Referred>>],
        order: &[usize],
    ) -> Self {
        let mut plan = Self::default();
        let mut node_of = FxHashMap::<usize, u32>::default();
        let mut detection_of = FxHashMap::<usize, usize>::default();
        for &index in order {
            let rule = &correlations[index];
            let node = plan.nodes.len() as u32;
            node_of.insert(index, node);
            let mut tags = rule.tags.clone();
            let (mut group_by, mut measured) = (Vec::new(), Vec::new());
            for (slot, referred) in resolved[index].iter().flatten().enumerate() {
                let input = Input { node, slot: slot as u16 };
                let (id, name) = match *referred {
                    Referred::Detection(at) => {
                        let place = *detection_of.entry(at).or_insert_with(|| {
                            plan.detections.push((at as u32, Vec::new()));
                            plan.detections.len() - 1
                        });
                        plan.detections[place].1.push(input);
                        tags.extend_from_slice(&rules[at].tags);
                        (rules[at].id.as_str(), rules[at].name.as_deref())
                    }
                    Referred::Correlation(at) => {
                        let below = node_of[&at] as usize;
                        plan.nodes[below].feeds.push(input);
                        plan.nodes[below].is_reported &= rule.generate;
                        tags.extend_from_slice(&plan.tags[below]);
                        (correlations[at].id.as_str(), correlations[at].name.as_deref())
                    }
                };
                // A pipeline may call the fields of this rule otherwise than the correlation does.
                let renames = match *referred {
                    Referred::Detection(at) => Some(&rules[at].renames),
                    Referred::Correlation(_) => None,
                };
                let field = |field: &String| {
                    let of_alias = rule
                        .aliases
                        .get(field)
                        .and_then(|fields| fields.get(name.unwrap_or_default()).or_else(|| fields.get(id)));
                    let field = of_alias.unwrap_or(field);
                    Field::new(&renames.map_or_else(|| field.clone(), |renames| renames.of(field)))
                };
                group_by.push(rule.group_by.iter().map(field).collect());
                measured.push(rule.condition.fields.iter().map(field).collect());
            }
            let mut seen = std::collections::HashSet::new();
            tags.retain(|tag| seen.insert(tag.clone()));
            plan.tags.push(tags);
            let feeds = Vec::new();
            plan.nodes.push(Node { rule: index, group_by, measured, feeds, is_reported: true });
        }
        plan
    }

    /// For each detection rule, by its index in the set, whether it is there only for correlations.
    pub(in crate::sigma) fn silent(&self, correlations: &[CorrelationRule]) -> Vec<u32> {
        let generates = |input: &Input| correlations[self.nodes[input.node as usize].rule].generate;
        self.detections
            .iter()
            .filter(|(_, feeds)| !feeds.iter().any(generates))
            .map(|(rule, _)| *rule)
            .collect()
    }
}

fn names_of<'a>(id: &'a str, name: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    let other = name.filter(|name| *name != id);
    std::iter::once(id).chain(other).filter(|name| !name.is_empty())
}

fn fault(rule: &CorrelationRule, message: String) -> RuleError {
    RuleError { path: rule.path.to_string(), line: rule.line, message }
}

fn resolve(rule: &CorrelationRule, names: &FxHashMap<&str, Vec<Referred>>) -> Result<Vec<Referred>, String> {
    let mut found = Vec::with_capacity(rule.rules.len());
    for name in &rule.rules {
        match names.get(name.as_str()).map(Vec::as_slice) {
            Some([one]) => found.push(*one),
            Some(several) => {
                let count = several.len();
                return Err(format!("{count} rules go by `{name}`; refer to one by its id"));
            }
            None => {
                return Err(format!("no rule has the id or name `{name}`; load it together with this one"));
            }
        }
    }
    for alias in rule.aliases.values().flat_map(|fields| fields.keys()) {
        if !rule.rules.contains(alias) && !names.contains_key(alias.as_str()) {
            return Err(format!(
                "`aliases` names the rule `{alias}`, which there is not; name one of `rules`"
            ));
        }
    }
    if rule.kind == CorrelationKind::TemporalOrdered && rule.rules.len() < 2 {
        return Err("an order needs at least two rules; list them in `rules`".to_owned());
    }
    Ok(found)
}

/// The usable correlations, each after those that it refers to.
fn order(
    correlations: &[CorrelationRule],
    resolved: &[Option<Vec<Referred>>],
    errors: &mut Vec<RuleError>,
) -> Vec<usize> {
    let mut order = Vec::new();
    let mut done = vec![false; correlations.len()];
    let mut left: Vec<usize> = (0..correlations.len()).filter(|&index| resolved[index].is_some()).collect();
    loop {
        let before = left.len();
        left.retain(|&index| {
            let below = resolved[index].iter().flatten();
            let ready = below.clone().all(|referred| match *referred {
                Referred::Detection(_) => true,
                Referred::Correlation(at) => done[at],
            });
            if ready {
                done[index] = true;
                order.push(index);
            }
            !ready
        });
        if left.len() == before {
            break;
        }
    }
    for index in left {
        let message = "it refers, directly or through others, to itself or to a correlation that cannot be used; \
                       mend that one first";
        errors.push(fault(&correlations[index], message.to_owned()));
    }
    order
}

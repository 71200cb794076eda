//! A rule that matched: the group and the value that the event gives a correlation.

use super::group::{begin_key, push_value, values};
use super::plan::{Input, Node, Plan};
use super::{CorrelationKind, CorrelationRule};
use crate::event::{Event, Value};
use crate::sigma::matcher::Field;
use std::sync::Arc;

/// A rule that matched, and the correlation that is to know.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub(super) input: Input,
    /// Microseconds since 1970.
    pub(super) time: i64,
    /// The correlation and the group of an alert that is an event for the next correlation.
    pub(super) below: Option<(u32, Arc<[u8]>)>,
    /// The event at hand is of that group, so that what the group does not say can be read from it.
    pub(super) has_event: bool,
}

/// An event and the correlations that it is held against.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    /// None if late events are counted without one.
    pub(super) event: Option<&'a Event>,
    pub(super) plan: &'a Plan,
    pub(super) rules: &'a [CorrelationRule],
}

/// Where the values of a hit are looked up.
struct Source<'a> {
    event: Option<&'a Event>,
    below: Option<(&'a [String], Vec<Option<String>>)>,
}

impl Source<'_> {
    fn with<T>(&self, field: &Field, use_value: impl FnOnce(Option<&str>, Option<Value<'_>>) -> T) -> T {
        if let Some((names, values)) = &self.below
            && let Some(at) = names.iter().position(|name| name == field.name())
        {
            return use_value(values.get(at).and_then(Option::as_deref), None);
        }
        let value = self
            .event
            .and_then(|event| field.names.iter().find_map(|name| event.get(name)))
            .filter(|value| value.is_scalar());
        use_value(value.map(Value::as_str), value)
    }
}

impl<'a> Scene<'a> {
    pub(super) fn node(&self, node: u32) -> &'a Node {
        &self.plan.nodes[node as usize]
    }

    pub(super) fn rule(&self, node: u32) -> &'a CorrelationRule {
        &self.rules[self.node(node).rule]
    }

    fn source(&self, hit: &Hit) -> Source<'a> {
        let below = hit
            .below
            .as_ref()
            .map(|(node, key)| (self.rule(*node).group_by.as_slice(), values(key).unwrap_or_default()));
        Source { event: self.event.filter(|_| hit.has_event), below }
    }

    /// Writes the key of a hit's group. Returns false if the event has none of the fields.
    pub(super) fn write_key(&self, hit: &Hit, key: &mut Vec<u8>) -> bool {
        let source = self.source(hit);
        let fields = &self.node(hit.input.node).group_by[usize::from(hit.input.slot)];
        begin_key(key, hit.input.node);
        let mut is_grouped = fields.is_empty();
        for field in fields {
            source.with(field, |value, _| {
                is_grouped |= value.is_some();
                push_value(key, value);
            });
        }
        is_grouped
    }

    /// What the event adds to the measure: a number's bits or a text's hash, and which of them; `None` if
    /// it does not have it.
    pub(super) fn measured(&self, hit: &Hit) -> Option<(u64, bool)> {
        let (source, rule) = (self.source(hit), self.rule(hit.input.node));
        let fields = &self.node(hit.input.node).measured[usize::from(hit.input.slot)];
        if !rule.kind.has_field() {
            return Some((0, false));
        }
        if rule.kind == CorrelationKind::ValueCount {
            let mut hasher = blake3::Hasher::new();
            let mut is_there = false;
            for field in fields {
                source.with(field, |value, _| {
                    is_there |= value.is_some();
                    // Lengths keep `ab, c` and `a, bc` apart, and the highest what is absent.
                    hasher.update(&value.map_or(u64::MAX, |value| value.len() as u64).to_le_bytes());
                    hasher.update(value.unwrap_or_default().as_bytes());
                });
            }
            return is_there.then(|| (short(&hasher.finalize()), true));
        }
        let is_rank = rule.kind == CorrelationKind::ValuePercentile && rule.condition.percentile.is_none();
        source.with(fields.first()?, |text, value| {
            let number = match value {
                Some(value) => value.as_f64(),
                None => {
                    text.and_then(|text| text.trim().parse().ok()).filter(|number: &f64| number.is_finite())
                }
            };
            match (number, text) {
                (Some(number), _) => Some((number.to_bits(), false)),
                (None, Some(text)) if is_rank => Some((short(&blake3::hash(text.as_bytes())), true)),
                _ => None,
            }
        })
    }
}

/// Half of a group's distinct values would have to be 4 billion before two of them shared these 64 bits by chance.
fn short(hash: &blake3::Hash) -> u64 {
    hash.as_bytes().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

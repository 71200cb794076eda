//! Witnesses: what to watch for so as not to miss a rule, as rare as can be told.

use super::super::matcher::Matcher;
use super::index::{can_hold, texts};
use super::{Engine, Expr};

/// Something without which a rule cannot match.
#[derive(Clone, Copy, Debug)]
pub(super) enum Watched {
    /// One of the matchers of a predicate, which an index can hold.
    Matcher { predicate: u32, matcher: u32 },
    /// Any value of a field.
    Field(u32),
}

/// Things one of which is there whenever an expression holds.
#[derive(Debug)]
pub(super) struct Witness {
    pub(super) items: Vec<Watched>,
    /// How often they are likely to be there; only the order matters.
    cost: f64,
}

/// The cost of a value that most events have.
const PRESENT: f64 = 20.0;

impl Engine {
    /// The cheapest witness of an expression, or `None` if it may hold whatever the event has.
    pub(super) fn witness(&self, expr: &Expr) -> Option<Witness> {
        match expr {
            Expr::Predicate(id) => self.witness_of(*id),
            // One part is enough, and the rarest is best.
            Expr::All(parts) => {
                parts.iter().filter_map(|part| self.witness(part)).min_by(|a, b| a.cost.total_cmp(&b.cost))
            }
            Expr::Any(parts) | Expr::AtLeast(_, parts) => {
                let mut whole = Witness { items: Vec::new(), cost: 0.0 };
                for part in parts {
                    let part = self.witness(part)?;
                    whole.items.extend(part.items);
                    whole.cost += part.cost;
                }
                Some(whole)
            }
            Expr::Not(_) => None,
        }
    }

    fn witness_of(&self, id: u32) -> Option<Witness> {
        let predicate = &self.predicates[id as usize];
        if predicate.matchers.iter().any(|matcher| matches!(matcher, Matcher::Null | Matcher::Exists(false)))
        {
            return None;
        }
        if predicate.matchers.iter().all(can_hold) {
            let cost = predicate.matchers.iter().map(|matcher| self.cost(matcher, predicate.uses)).sum();
            let item = |matcher| Watched::Matcher { predicate: id, matcher };
            return Some(Witness { items: (0..predicate.matchers.len() as u32).map(item).collect(), cost });
        }
        predicate.field.map(|field| Witness { items: vec![Watched::Field(field)], cost: PRESENT })
    }
}

impl Engine {
    /// What many rules ask for is common, and so is what is short.
    fn cost(&self, matcher: &Matcher, uses: u32) -> f64 {
        let texts = texts(matcher);
        let length = texts.iter().map(String::len).min().unwrap_or_else(|| matcher.to_string().len()).max(2);
        let usual = texts.iter().map(|text| self.usual.of(text)).max().unwrap_or(0);
        f64::from((1 + uses).max(usual / 4)) / (length * length) as f64
    }
}

//! Witnesses: what to watch for so as not to miss a rule, as rare as can be told.

use super::super::matcher::Matcher;
use super::{Engine, Expr};

/// Something without which a rule cannot match.
#[derive(Clone, Copy, Debug)]
pub(super) enum Watched {
    /// An indexed predicate.
    Predicate(u32),
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
        let (item, cost) = match (&predicate.matcher, predicate.field) {
            (Matcher::Null | Matcher::Exists(false), _) => return None,
            (matcher, _) if predicate.indexed => {
                // What many rules ask for is common, and so is what is short.
                let length = matcher.to_string().len().max(2) as f64;
                (Watched::Predicate(id), f64::from(1 + predicate.uses) / (length * length))
            }
            (_, Some(field)) => (Watched::Field(field), PRESENT),
            (_, None) => return None,
        };
        Some(Witness { items: vec![item], cost })
    }
}

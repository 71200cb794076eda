//! One test of the values of a field, shared by all rules that ask for it.

use super::super::matcher::{Matcher, Values};
use super::index::{Builder, Index};
use super::sieve::Usual;
use std::sync::OnceLock;

/// Holds if one of the matchers matches a value of the field.
#[derive(Debug)]
pub(super) struct Predicate {
    /// `None` for keywords.
    pub(super) field: Option<u32>,
    pub(super) matchers: Box<[Matcher]>,
    /// Tests that ask for it.
    pub(super) uses: u32,
    /// For long lists, made when first asked for.
    list: OnceLock<List>,
}

/// Many matchers, looked up instead of tried in turn.
#[derive(Debug)]
struct List {
    index: Index,
    /// Those that no index can hold.
    others: Vec<u32>,
}

/// From this many matchers on they are looked up.
const LONG: usize = 8;

impl Predicate {
    pub(super) fn new(field: Option<u32>, matchers: &[Matcher]) -> Self {
        Self { field, matchers: matchers.into(), uses: 0, list: OnceLock::new() }
    }

    /// True if a matcher matches one of the values, whose folded texts are ready.
    pub(super) fn holds(&self, values: &(impl Iterator<Item = usize> + Clone), event: &impl Values) -> bool {
        if self.matchers.len() < LONG {
            return self.matchers.iter().any(|matcher| matcher.witness(values.clone(), event).is_some());
        }
        let list = self.list.get_or_init(|| List::new(&self.matchers));
        list.others
            .iter()
            .any(|&matcher| self.matchers[matcher as usize].witness(values.clone(), event).is_some())
            || values.clone().any(|value| list.holds(&self.matchers, value, event))
    }
}

impl List {
    fn new(matchers: &[Matcher]) -> Self {
        let mut builder = Builder::default();
        let others =
            (0..matchers.len() as u32).filter(|&id| !builder.add(id, &matchers[id as usize])).collect();
        Self { index: builder.build(&Usual::default()), others }
    }

    fn holds(&self, matchers: &[Matcher], value: usize, event: &impl Values) -> bool {
        let found = event.value(value);
        let mut holds = false;
        if found.is_scalar() {
            self.index.find(event.folded(value), found.is_number(), |hit| {
                holds = holds
                    || hit.certain
                    || matchers[hit.id as usize].witness(std::iter::once(value), event).is_some();
            });
        }
        holds
    }
}

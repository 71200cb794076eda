//! An event while rules look at it, in the obvious way.

use super::matcher::{Field, Values};
use super::pattern::fold;
use crate::event::{Event, Value};
use std::cell::OnceCell;

/// One event with its folded texts, each made when it is first asked for.
pub(super) struct View<'a> {
    event: &'a Event,
    folded: Vec<OnceCell<String>>,
}

impl<'a> View<'a> {
    pub(super) fn new(event: &'a Event) -> Self {
        Self { event, folded: vec![OnceCell::new(); event.len()] }
    }
}

impl Values for View<'_> {
    fn path(&self, index: usize) -> &str {
        self.event.at(index).0
    }

    fn value(&self, index: usize) -> Value<'_> {
        self.event.at(index).2
    }

    fn folded(&self, index: usize) -> &str {
        self.folded[index].get_or_init(|| fold(self.value(index).as_str()))
    }

    fn candidates<'a>(&'a self, field: Option<&'a Field>) -> impl Iterator<Item = usize> + 'a {
        (0..self.event.len()).filter(move |&index| {
            field.is_none_or(|field| {
                let (path, name, _) = self.event.at(index);
                field.names.iter().any(|wanted| wanted == name || wanted == path)
            })
        })
    }
}

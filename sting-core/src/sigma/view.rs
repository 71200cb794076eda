//! An event while rules look at it: which values a field has, and their folded text.

use super::matcher::Field;
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

    /// Indexes of the values of a field, or of all values.
    pub(super) fn candidates<'b>(&'b self, field: Option<&'b Field>) -> impl Iterator<Item = usize> + 'b {
        (0..self.event.len()).filter(move |&index| {
            field.is_none_or(|field| {
                let (path, name, _) = self.event.at(index);
                field.names.iter().any(|wanted| wanted == name || wanted == path)
            })
        })
    }

    pub(super) fn value(&self, index: usize) -> Value<'a> {
        self.event.at(index).2
    }

    pub(super) fn path(&self, index: usize) -> &'a str {
        self.event.at(index).0
    }

    pub(super) fn folded(&self, index: usize) -> &str {
        self.folded[index].get_or_init(|| fold(self.value(index).as_str()))
    }
}

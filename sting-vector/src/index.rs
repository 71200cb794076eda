//! Finding the best rows: exact scans and the ranking of both legs.

mod search;
mod top;

pub(crate) use search::{Legs, search};

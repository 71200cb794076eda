//! Finding the best rows: exact scans and the ranking of both legs.

mod codes;
pub(crate) mod graph;
mod scan;
mod search;
mod top;

pub(crate) use codes::Codes;
pub(crate) use search::{Legs, search};

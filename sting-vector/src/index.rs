//! Finding the best rows: exact scans and the ranking of both legs.

mod codes;
mod explain;
mod fusion;
pub(crate) mod graph;
mod scan;
mod search;
mod top;

pub(crate) use codes::{CodeTable, Codes, encode};
pub use explain::{Explanation, Method, SegmentPlan};
pub(crate) use scan::CODED_FROM;
pub(crate) use search::{Found, Legs, search};

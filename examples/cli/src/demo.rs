//! The whole way, on bundled documents and events, with a report.

pub mod bundle;
pub mod chart;
mod check;
pub mod facts;
pub mod figures;
pub mod page;
pub mod rules;
mod survey;
pub mod text;
mod tour;

pub use tour::{EVENTS_SEED, Plan, run};

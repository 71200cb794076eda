//! The whole way, on bundled documents and events, with a report.

pub mod bundle;
pub mod chart;
pub mod facts;
pub mod figures;
pub mod page;
pub mod text;

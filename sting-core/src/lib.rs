#![doc = include_str!("../README.md")]

pub mod analyze;
pub mod anomaly;
pub mod chunk;
pub mod classify;
pub mod document;
mod error;
pub mod event;
pub mod html;
pub mod id;
pub mod ioc;
pub mod lineage;
pub mod model;
pub mod offset;
pub mod privacy;
pub mod sigma;
mod span;
mod state;
pub mod template;
pub mod token;
pub mod wallet;
pub mod yaml;

pub use document::{Coverage, Document, Gap, Part, PartKind};
pub use error::{Error, RuleError};
pub use id::Id;
pub use lineage::{SourceMap, SourceRun};
pub use privacy::{Provenance, Raw, Scrub, Scrubbed, Waiver};
pub use span::Span;

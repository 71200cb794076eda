#![doc = include_str!("../README.md")]

mod action;
mod catalog;
mod config;
mod detect;
mod error;
mod finding;
mod import;
mod preset;
mod profile;
mod scrub;
mod stream;
mod structured;
mod validate;

pub use action::{Action, Key};
pub use catalog::{Boundary, Detector, Extent, Group, builtin, kinds};
pub use config::{CustomDetector, ScrubConfig};
pub use error::Error;
pub use finding::{Evidence, Finding, Risk};
pub use import::PatternSet;
pub use preset::{Audit, AuditReport, DataGroup, Preset, Reference, Sensitivity, Statistics, TextStatistics};
pub use profile::profiles;
pub use scrub::{ScrubResult, Scrubber};
pub use stream::ScrubStream;
pub use structured::{Format, FormatStream};
pub use validate::{validate, validators};

#![doc = include_str!("../README.md")]

mod action;
mod catalog;
#[cfg(feature = "arrow")]
mod columnar;
mod config;
mod detect;
mod error;
mod exception;
mod finding;
mod import;
mod key;
mod names;
mod preset;
mod profile;
mod scrub;
mod session;
mod stream;
mod structured;
mod validate;
mod vault;

pub use action::{Action, Callback, DatePrecision, Generalize};
pub use catalog::{Boundary, Detector, Extent, Group, builtin, kinds};
#[cfg(feature = "arrow")]
pub use columnar::{ColumnVerdict, ScrubbedBatch};
pub use config::{CustomDetector, ScrubConfig};
pub use error::Error;
pub use exception::{Caller, Day, Exception, Network, TimeOfDay, TimeWindow};
pub use finding::{Evidence, Finding, Risk};
pub use import::PatternSet;
pub use key::Key;
pub use preset::{Audit, AuditReport, DataGroup, Preset, Reference, Sensitivity, Statistics, TextStatistics};
pub use profile::{
    Identifier, Mode, OwnProfile, ProfileInfo, ReportRisk, profile_info, profiles, report_risk,
    retention_days, risk,
};
pub use scrub::{ScrubResult, Scrubber};
pub use session::{Leftover, LeftoverReason, Matching, RestoreStream, Session};
pub use stream::ScrubStream;
pub use structured::{Format, FormatStream};
pub use validate::{validate, validators};
pub use vault::{Entry, MemoryVault, Slot, Vault};

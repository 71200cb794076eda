#![doc = include_str!("../README.md")]

mod action;
mod catalog;
mod config;
mod detect;
mod error;
mod finding;
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
pub use profile::profiles;
pub use scrub::{ScrubResult, Scrubber};
pub use stream::ScrubStream;
pub use validate::{validate, validators};

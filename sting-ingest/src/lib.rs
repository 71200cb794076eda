#![doc = include_str!("../README.md")]

#[allow(dead_code)] // until the pipeline is here
mod error;
#[allow(dead_code)]
mod extract;

pub use error::Error;
pub use extract::{Decoded, Limits, decode, extract, part_source};

#![doc = include_str!("../README.md")]

pub mod adversary;
pub mod corpus;
pub mod engine;
pub mod eval;
pub mod job;
mod ours;
#[cfg(feature = "peers")]
mod peer;
pub mod scale;

#![doc = include_str!("../README.md")]

pub mod command;
pub mod demo;
mod error;
mod event_stream;
pub mod generate;
mod pipeline;
pub mod terminal;

pub use error::Error;

/// The examples of the workspace's README, compiled and run with the other documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

//! The built command, run as a user runs it.

// Nothing here runs on a user's input.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod commands;
mod demo;
mod examples;
mod sting;

//! Integration tests of sting-core.

mod data;
mod events;
mod token;

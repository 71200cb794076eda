//! Integration tests of sting-core.

mod data;
mod token;

//! The peers that are Rust crates. Each does what a user of that crate would write.

pub(crate) mod chunk;
pub(crate) mod event;
pub(crate) mod pii;
pub(crate) mod token;
pub(crate) mod vocabulary;

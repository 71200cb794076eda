//! Everything that is tested through the public interface.

#![allow(clippy::unwrap_used)]

mod actions;
mod laws;
mod names;
mod session;
mod shared;
mod stream;
mod structured;

//! Everything that is tested through the public interface.

#![allow(clippy::unwrap_used)]

mod laws;
mod shared;
mod stream;
mod structured;

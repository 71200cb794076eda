//! Tests of the crate as a user sees it.
#![allow(clippy::unwrap_used)]

mod bench;
mod corpora;
mod privacy;
mod runs;
mod shared;

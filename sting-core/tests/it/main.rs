//! Integration tests of sting-core.

#![allow(clippy::unwrap_used)] // the helpers of tests, too

mod chunk;
mod chunk_scale;
mod data;
mod events;
mod template;
mod token;
mod token_bpe;
mod token_pair;

//! Integration tests of sting-core.

#![allow(clippy::unwrap_used)] // the helpers of tests, too

mod chunk;
mod chunk_scale;
#[cfg(feature = "code")]
mod code;
mod data;
mod events;
mod kinds;
mod template;
mod token;
mod token_bpe;
#[cfg(feature = "tokenizers")]
mod token_other;
mod token_pair;

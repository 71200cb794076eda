//! Which engine serves which area.

use crate::job::{Engine, Failure, Job};
use crate::ours;
#[cfg(feature = "peers")]
use crate::peer;

/// The `tokenizer.json` of a well-known vocabulary, which a peer carries.
///
/// # Errors
/// Fails if there is no such vocabulary, or if the peers are not in this build.
pub fn vocabulary(name: &str) -> Result<Vec<u8>, Failure> {
    #[cfg(feature = "peers")]
    return Ok(serde_json::to_vec(&peer::vocabulary::file(name)?)?);
    #[cfg(not(feature = "peers"))]
    Err(format!("the peers, which carry {name}, are not in this build").into())
}

/// Sets up the engine that a job names.
///
/// # Errors
/// Fails, with the reason for the report, if the engine is not in this build or cannot do the case.
pub fn open(job: &Job) -> Result<Engine, Failure> {
    match (job.engine.as_str(), job.area.as_str()) {
        ("sting", "chunk") => ours::chunk::open(job),
        ("sting", "tokens") => ours::token::open(job),
        ("sting", "pii") => ours::pii::open(job),
        ("sting" | "sting-1-thread", "embed") => ours::embed::open(job),
        ("sting", "vector") => ours::vector::open(job),
        ("sting", "pipeline") => ours::pipeline::open(job),
        ("sting" | "sting-1-thread", "events") => ours::event::open(job),
        #[cfg(feature = "peers")]
        ("text-splitter", "chunk") => peer::chunk::open(job),
        #[cfg(feature = "peers")]
        ("tokenizers", "tokens") => peer::token::open_tokenizers(job),
        #[cfg(feature = "peers")]
        ("tokie", "tokens") => peer::token::open_tokie(job),
        #[cfg(feature = "peers")]
        ("tiktoken-rs", "tokens") => peer::token::open_tiktoken(job),
        #[cfg(feature = "peers")]
        ("bpe-openai", "tokens") => peer::token::open_bpe_openai(job),
        #[cfg(feature = "peers")]
        ("dd-sds", "pii") => peer::pii::open(job),
        #[cfg(feature = "peers")]
        ("rsigma-eval", "events") => peer::event::open_rsigma(job),
        #[cfg(feature = "peers")]
        ("rsigma-eval-routed", "events") => peer::event::open_rsigma_routed(job),
        #[cfg(feature = "peers")]
        ("sigma-rust", "events") => peer::event::open_sigma_rust(job),
        (engine, area) => Err(format!("this build has no engine {engine} for {area}").into()),
    }
}

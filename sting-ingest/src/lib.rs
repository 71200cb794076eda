#![doc = include_str!("../README.md")]

pub mod comb;
mod error;
mod extract;
mod feed;
mod ioc_table;
mod ledger;
mod manifest;
mod pipeline;
mod rules;
mod scrub;
mod sink;
mod vault;

pub use comb::Comb;
pub use error::Error;
pub use extract::{Decoded, Limits, decode, extract, part_source};
pub use feed::{FeedReport, load_iocs};
pub use ioc_table::{open_iocs, save_iocs};
pub use manifest::{
    ChunkCounts, Config, DocumentCounts, DocumentGap, Manifest, OutputFile, Quarantined, Report, StageStats,
    verify_manifest,
};
pub use pipeline::{Pipeline, PipelineConfig, Progress, RunOptions};
pub use rules::{load_pipeline, load_rules, load_rules_with};
pub use scrub::Tally;
pub use vault::FileVault;

#![doc = include_str!("../README.md")]

mod collection;
mod distance;
pub mod embed;
mod error;
mod filter;
mod index;
mod kernel;
mod keyword;
mod store;

pub use collection::{
    Collection, CollectionConfig, Erasure, Fusion, Hit, MAX_DIM, MAX_ID_BYTES, Metadata, Mode, Query, Row,
};
pub use distance::Metric;
#[cfg(feature = "candle")]
pub use embed::{BertEmbedder, Precision};
pub use embed::{BuiltinEmbedder, HashEmbedder, builtin, load_tokenizer};
pub use error::Error;
pub use filter::Filter;
pub use index::{Explanation, Method, SegmentPlan};
pub use store::{Durability, Report, Store, StoreOptions};

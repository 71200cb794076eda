//! Our side of every case.

pub(crate) mod anomaly;
pub(crate) mod chunk;
pub(crate) mod classify;
pub(crate) mod correlation;
pub(crate) mod embed;
pub(crate) mod event;
pub(crate) mod ioc;
pub(crate) mod pii;
pub(crate) mod pipeline;
pub(crate) mod token;
pub(crate) mod vector;

const VERSION: &str = env!("CARGO_PKG_VERSION");

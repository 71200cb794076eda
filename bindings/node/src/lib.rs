//! The native addon behind the Node package `sting`: conversion, errors and threads, no logic.
//!
//! One file a crate: `text`, `token`, `event`, `correlation`, `anomaly` and `ioc` for `sting-core`, `pii`, `vector`. `index.js` gives errors their class and
//! promises their `AbortSignal`; types are generated from here.

#![allow(missing_docs, missing_debug_implementations)] // what JavaScript sees is documented where it has something to say
#![allow(clippy::needless_pass_by_value)] // the macros hand over owned arguments
#![allow(clippy::new_without_default)]
#![allow(unsafe_code)] // inside what the macros of napi write

pub mod anomaly;
mod callback;
pub mod correlation;
mod error;
pub mod event;
pub mod ioc;
pub mod pii;
mod session;
pub mod task;
pub mod text;
pub mod token;
pub mod vector;

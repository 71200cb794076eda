//! The native module behind the Python package `sting`: conversion, errors and threads, no logic.
//!
//! One file a crate: `text` and `event` for `sting-core`, `pii`, `vector`. What users see is documented in
//! `python/sting/__init__.pyi`.

#![allow(missing_docs)] // documented in the stubs, where Python users look
#![allow(clippy::needless_pass_by_value)] // the macros hand over owned arguments

mod error;
mod event;
mod json;
mod pii;
mod session;
mod text;
mod vector;

/// `sting._sting`.
#[pyo3::pymodule(gil_used = false)]
mod _sting {
    #[pymodule_export]
    use crate::event::{FieldMatch, Ioc, JsonlMatches, Match, Rules, Template, TemplateMiner, extract_iocs};
    #[pymodule_export]
    use crate::pii::{Finding, Scrubbed, Scrubber, detect_mode, kinds};
    #[pymodule_export]
    use crate::session::{RestoreStream, Session, Vault};
    #[pymodule_export]
    use crate::text::{Chunk, Chunker, Tokenizer};
    #[pymodule_export]
    use crate::vector::{Collection, Embedder, Hit, Report, Row, Store};
}

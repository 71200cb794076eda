//! The native module behind the Python package `sting`: conversion, errors and threads, no logic.
//!
//! One file a crate: `text`, `token`, `event`, `jsonl`, `correlation`, `anomaly` and `ioc` for `sting-core`, `pii`, `vector`. What users see is documented in
//! `python/sting/__init__.pyi`.

#![allow(missing_docs)] // documented in the stubs, where Python users look
#![allow(clippy::needless_pass_by_value)] // the macros hand over owned arguments

mod anomaly;
mod chunk_stream;
mod correlation;
mod error;
mod event;
mod ioc;
mod json;
mod jsonl;
mod pii;
mod session;
mod stream;
mod text;
mod token;
mod vector;

/// `sting._sting`.
#[pyo3::pymodule(gil_used = false)]
mod _sting {
    #[pymodule_export]
    use crate::anomaly::AnomalyDetector;
    #[pymodule_export]
    use crate::chunk_stream::ChunkIterator;
    #[pymodule_export]
    use crate::correlation::{Alert, Correlator};
    #[pymodule_export]
    use crate::event::{FieldMatch, Match, Rules, Template, TemplateMiner};
    #[pymodule_export]
    use crate::ioc::{FeedReport, Ioc, IocMatch, Iocs, extract_iocs};
    #[pymodule_export]
    use crate::jsonl::JsonlMatches;
    #[pymodule_export]
    use crate::pii::{Finding, Scrubbed, Scrubber, detect_mode, kinds};
    #[pymodule_export]
    use crate::session::{RestoreStream, Session, Vault};
    #[pymodule_export]
    use crate::stream::ScrubStream;
    #[pymodule_export]
    use crate::text::{Chunk, Chunker};
    #[pymodule_export]
    use crate::token::{LateWindow, Tokenizer};
    #[pymodule_export]
    use crate::vector::{Collection, Embedder, Hit, Report, Row, Store};
}

/// What can go wrong in this crate.
///
/// Every fault but [`Error::Unsettled`] and [`Error::Json`] is found while a [`Scrubber`](crate::Scrubber)
/// is built. No message holds text that was scanned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that cannot work.
    #[error("{what}: {problem}; {mend}")]
    Config {
        /// The setting.
        what: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        mend: String,
    },
    /// A detector that cannot be used.
    #[error("detector {detector}: {problem}; {mend}")]
    Detector {
        /// Its id.
        detector: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        mend: String,
    },
    /// An action that needs a key, and none was given.
    #[error("action {action} of kind {kind} needs a key; give one of at least 16 bytes")]
    KeyMissing {
        /// The kind, or `*`.
        kind: String,
        /// The action.
        action: &'static str,
    },
    /// Output in which private data was still found after every round. Nothing is returned.
    #[error("text still held private data after {rounds} rounds; no output was made")]
    Unsettled {
        /// Rounds that were run.
        rounds: usize,
    },
    /// Text that is not the JSON it was said to be. Nothing is returned.
    #[error("invalid JSON at byte {offset}; scrub it as text instead")]
    Json {
        /// Where reading stopped.
        offset: usize,
    },
}

impl Error {
    pub(crate) fn config(
        what: impl Into<String>,
        problem: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::Config { what: what.into(), problem: problem.into(), mend: mend.into() }
    }

    pub(crate) fn detector(
        detector: impl Into<String>,
        problem: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::Detector { detector: detector.into(), problem: problem.into(), mend: mend.into() }
    }

    /// A short stable code, the same in every language binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config { .. } => "config",
            Self::Detector { .. } => "detector",
            Self::KeyMissing { .. } => "key_missing",
            Self::Unsettled { .. } => "unsettled",
            Self::Json { .. } => "json",
        }
    }
}

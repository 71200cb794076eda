/// What can go wrong in this crate.
///
/// Faults of settings are found while a [`Scrubber`](crate::Scrubber) is built. When one of the others comes, no text
/// comes out. No message holds text that was scanned.
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
    /// A vault that takes no more values. Nothing is returned.
    #[error(
        "the vault is full at {capacity} values; raise its capacity, shorten its lifetime, or forget old sessions"
    )]
    VaultFull {
        /// How many values it may hold.
        capacity: usize,
    },
    /// A vault that cannot be used, or that holds something else than was put there. Nothing is returned.
    #[error("vault: {problem}; {mend}")]
    Vault {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        mend: String,
    },
    /// A function of the caller's that failed or panicked. Nothing is returned, not its message either.
    #[error(
        "callback {name} failed for a value of kind {kind}; no output was made; make it return a text for every value"
    )]
    Callback {
        /// Its name.
        name: String,
        /// The kind of the value.
        kind: String,
    },
    /// A stream that failed before.
    #[error("the stream failed before and gives nothing any more; begin another")]
    Stopped,
    /// The model that looks for names failed. Nothing is returned.
    #[error("names could not be looked for: {0}")]
    Model(#[from] sting_core::model::ModelError),
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

    /// For implementations of [`Vault`](crate::Vault): what is wrong, and what to do about it. Neither may hold values.
    pub fn vault(problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Vault { problem: problem.into(), mend: mend.into() }
    }

    pub(crate) fn two_values() -> Self {
        Self::vault("two values fall on one token", "use a session with another key")
    }

    pub(crate) fn other_value() -> Self {
        Self::vault(
            "it holds another value than was put there",
            "do not restore from it, and look who writes to it",
        )
    }

    /// A short stable code, the same in every language binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config { .. } => "config",
            Self::Detector { .. } => "detector",
            Self::KeyMissing { .. } => "key_missing",
            Self::Unsettled { .. } => "unsettled",
            Self::Model(_) => "model",
            Self::Json { .. } => "json",
            Self::VaultFull { .. } => "vault_full",
            Self::Vault { .. } => "vault",
            Self::Callback { .. } => "callback",
            Self::Stopped => "stopped",
        }
    }
}

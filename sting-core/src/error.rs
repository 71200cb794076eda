use crate::Span;

/// What can go wrong in this crate.
///
/// Messages name the offending thing and the mend, and never repeat the text that was processed.
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
    /// Bytes that are not UTF-8 where text is required.
    #[error("invalid UTF-8 at byte {offset}; decode the text first, or replace invalid bytes")]
    InvalidUtf8 {
        /// Offset of the first invalid byte.
        offset: usize,
    },
    /// A document in a stream that must be held whole and is too long for that.
    #[error(
        "the stream holds more than {limit} bytes of {kind}, which is cut as a whole; raise the limit with with_max_held, or cut it in memory"
    )]
    StreamTooLong {
        /// What the document is.
        kind: &'static str,
        /// Bytes that may be held.
        limit: usize,
    },
    /// A reader that failed.
    #[error("reading the text failed: {0}")]
    Read(#[from] std::io::Error),
    /// A span that is out of bounds, or that cuts a character.
    #[error("span {}..{} is out of bounds or cuts a character of a text of {len} bytes", span.start, span.end)]
    Span {
        /// The span.
        span: Span,
        /// Length of the text.
        len: usize,
    },
    /// A tokenizer file that cannot be used.
    #[error("tokenizer: {problem}; {mend}")]
    Tokenizer {
        /// What is wrong with the file.
        problem: String,
        /// What to do about it.
        mend: String,
    },
    /// A number that cannot be reckoned with.
    #[error("the {what} is not a finite number; leave the point out")]
    NotFinite {
        /// What the number stands for.
        what: &'static str,
    },
    /// An event that is not one.
    #[error("event: {0}")]
    Event(String),
    /// A detection rule that cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A scrubber that failed, so that nothing may leave.
    #[error("scrubbing failed, and nothing was handed on: {0}")]
    Scrub(String),
    /// A saved state that cannot be restored.
    #[error("saved state of the {what}: {problem}; {mend}")]
    State {
        /// What it is a state of.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        mend: &'static str,
    },
    /// A model that failed.
    #[error(transparent)]
    Model(#[from] crate::model::ModelError),
}

/// A detection rule, or a pipeline of them, that cannot be used, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: {message}")]
pub struct RuleError {
    /// Where the rule came from, as the caller named it.
    pub path: String,
    /// Line in that file, from 1; 0 if the fault has no single line.
    pub line: usize,
    /// What is wrong, and the mend.
    pub message: String,
}

impl Error {
    /// A [`Error::Config`].
    pub fn config(what: impl Into<String>, problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Config { what: what.into(), problem: problem.into(), mend: mend.into() }
    }

    /// A [`Error::State`].
    pub fn state(what: &'static str, problem: impl Into<String>, mend: &'static str) -> Self {
        Self::State { what, problem: problem.into(), mend }
    }

    /// A short stable code, the same in every language binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config { .. } => "config",
            Self::InvalidUtf8 { .. } => "invalid_utf8",
            Self::StreamTooLong { .. } => "stream_too_long",
            Self::Read(_) => "read",
            Self::Span { .. } => "span",
            Self::Tokenizer { .. } => "tokenizer",
            Self::NotFinite { .. } => "not_finite",
            Self::Event(_) => "event",
            Self::Rule(_) => "rule",
            Self::Scrub(_) => "scrub",
            Self::State { .. } => "state",
            Self::Model(_) => "model",
        }
    }
}

use std::io;
use std::path::{Path, PathBuf};

use sting_core::model::ModelError;

/// What can go wrong in this crate.
///
/// Messages name the offending thing and the mend, and never repeat the text that was stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that cannot work, or that contradicts what the store holds.
    #[error("{what}: {problem}; {mend}")]
    Config {
        /// The setting.
        what: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        mend: String,
    },
    /// Rows or a query that cannot be used. A batch is refused whole.
    #[error("{what}: {problem}; {mend}")]
    Input {
        /// The field, with the place of the row in its batch.
        what: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        mend: String,
    },
    /// A filter that is not one.
    #[error("filter at {at}: {problem}")]
    Filter {
        /// Path of keys from the root of the filter, as `$.$and[0].field`.
        at: String,
        /// What is wrong, and the mend.
        problem: String,
    },
    /// The operating system refused.
    #[error("{}: {action} failed: {source}; check the path, who may use it, and the free space", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The reason given.
        source: io::Error,
    },
    /// A file whose bytes are not those that were written.
    #[error("{}: damaged at byte {offset}: {problem}; restore the file from a backup or snapshot", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the damage was met; the checksummed range starts there.
        offset: u64,
        /// What was found.
        problem: String,
    },
    /// A file of a format that this version of the library does not read.
    #[error("{}: format version {found}, this library reads up to {supported}; use a newer library", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The newest version known.
        supported: u32,
    },
    /// A folder that holds something else.
    #[error("{}: not a store: {problem}; choose an empty or a new folder", path.display())]
    NotAStore {
        /// The folder.
        path: PathBuf,
        /// What is there instead.
        problem: String,
    },
    /// Another process, or another handle of this one, has the store open for writing.
    #[error("{}: already open for writing; close the other handle, or open this one read-only", path.display())]
    Locked {
        /// The store.
        path: PathBuf,
    },
    /// A write to a store that takes none any more.
    #[error("{}: takes no writes: {reason}", path.display())]
    ReadOnly {
        /// The store or collection.
        path: PathBuf,
        /// Why, and the mend.
        reason: String,
    },
    /// The caller asked for the work to stop.
    #[error("cancelled; start again to have it done")]
    Cancelled,
    /// A model that failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A fault of the text layer.
    #[error(transparent)]
    Core(#[from] sting_core::Error),
}

impl Error {
    /// An [`Error::Config`].
    pub fn config(what: impl Into<String>, problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Config { what: what.into(), problem: problem.into(), mend: mend.into() }
    }

    /// An [`Error::Input`].
    pub fn input(what: impl Into<String>, problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Input { what: what.into(), problem: problem.into(), mend: mend.into() }
    }

    /// For `map_err` on file operations.
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, action, source }
    }

    pub(crate) fn damaged(path: &Path, offset: u64, problem: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), offset, problem: problem.into() }
    }

    /// A short stable code, the same in every language binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config { .. } => "config",
            Self::Input { .. } => "input",
            Self::Filter { .. } => "filter",
            Self::Io { .. } => "io",
            Self::Damaged { .. } => "damaged",
            Self::Version { .. } => "version",
            Self::NotAStore { .. } => "not_a_store",
            Self::Locked { .. } => "locked",
            Self::ReadOnly { .. } => "read_only",
            Self::Cancelled => "cancelled",
            Self::Model(_) => "model",
            Self::Core(error) => error.code(),
        }
    }
}

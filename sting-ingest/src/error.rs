use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What can go wrong in this crate.
///
/// Messages name the thing and the mend. They hold paths and settings that the caller gave, and
/// never the text of a document or the name of one that a source listed.
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
    /// A file or folder that the caller named and that cannot be read or written.
    #[error("{}: {action}: {source}; {}", path.display(), mend(source.kind()))]
    Io {
        /// The path.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A document that exceeds a limit.
    #[error("more than {allowed} {what}; raise the limit if the document can be trusted")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        allowed: u64,
    },
    /// A document of a kind that is not read.
    #[error("{media_type} is not a format that is read; convert it to text, or leave it out")]
    Unsupported {
        /// The kind.
        media_type: String,
    },
    /// A document that is not what it claims to be.
    #[error("not a readable {media_type}: {problem}; restore the file, or leave it out")]
    Damaged {
        /// What it claims to be.
        media_type: &'static str,
        /// What is wrong, and where.
        problem: String,
    },
    /// A run that was cancelled. What it had finished is stored.
    #[error("cancelled; run again to go on from here")]
    Cancelled,
    /// The ledger or a manifest that cannot be used.
    #[error("{}: {problem}; {mend}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        mend: String,
    },
    /// The file of a vault that cannot be used.
    #[error("{}: {problem}; {mend}", path.display())]
    Vault {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do about it.
        mend: &'static str,
    },
    /// A scrubber that failed.
    #[error(transparent)]
    Scrub(#[from] sting_pii::Error),
    /// A store that failed.
    #[error(transparent)]
    Store(#[from] sting_vector::Error),
    /// A model that failed.
    #[error(transparent)]
    Model(#[from] sting_core::model::ModelError),
    /// Chunking that failed.
    #[error(transparent)]
    Core(#[from] sting_core::Error),
}

impl Error {
    /// A short stable code, the same in every language binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config { .. } => "config",
            Self::Io { .. } => "source",
            Self::Limit { .. } => "limit",
            Self::Unsupported { .. } => "unsupported",
            Self::Damaged { .. } => "damaged",
            Self::Cancelled => "cancelled",
            Self::State { .. } => "state",
            Self::Vault { .. } => "vault",
            Self::Scrub(_) => "scrub",
            Self::Store(_) => "store",
            Self::Model(_) => "model",
            Self::Core(error) => error.code(),
        }
    }

    pub(crate) fn config(
        what: impl Into<String>,
        problem: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::Config { what: what.into(), problem: problem.into(), mend: mend.into() }
    }

    pub(crate) fn limit(what: &'static str, allowed: u64) -> Self {
        Self::Limit { what, allowed }
    }

    pub(crate) fn unsupported(media_type: impl Into<String>) -> Self {
        Self::Unsupported { media_type: media_type.into() }
    }

    /// Turns what the system said about a path of the caller's into an error.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, action, source }
    }
}

/// What to do about a refusal of the system.
fn mend(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "check that the path exists",
        ErrorKind::PermissionDenied => "check that you may read, or write, there",
        ErrorKind::IsADirectory => "name a file, not a folder",
        ErrorKind::InvalidData => "save the file as UTF-8",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free space, or choose another folder",
        ErrorKind::ReadOnlyFilesystem => "choose a folder that can be written",
        _ => "check the path and its disk, or choose another folder",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_system_name_a_mend() {
        let error =
            |kind: ErrorKind| Error::io("writing failed", Path::new("out/a"))(kind.into()).to_string();
        assert_eq!(
            error(ErrorKind::StorageFull),
            "out/a: writing failed: no storage space; free space, or choose another folder"
        );
        for kind in
            [ErrorKind::NotFound, ErrorKind::PermissionDenied, ErrorKind::Other, ErrorKind::InvalidData]
        {
            let message = error(kind);
            let (_, mend) = message.rsplit_once("; ").unwrap();
            assert!(!mend.is_empty() && message.matches("out/a").count() == 1, "{message}");
        }
    }
}

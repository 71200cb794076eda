use std::io;
use std::path::{Path, PathBuf};

/// What a command can fail with. Messages name the file and the fault, never a text that was read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Arguments that make no sense together.
    #[error("{problem}")]
    Usage {
        /// What is wrong.
        problem: String,
        /// What to type instead.
        hint: String,
    },
    /// A file or folder that cannot be read or written.
    #[error("{}: {action} failed: {source}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Standard output that takes no more.
    #[error("writing to standard output failed: {0}")]
    Output(#[from] io::Error),
    /// A text that is not UTF-8.
    #[error("{name}: not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// Name of the file.
        name: String,
        /// Offset of the first wrong byte.
        offset: usize,
    },
    /// A file of another kind than the command reads.
    #[error("{name}: {problem}")]
    Format {
        /// Name of the file.
        name: String,
        /// What it is.
        problem: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// Something of this file.
    #[error("{name}: {source}")]
    In {
        /// Name of the file.
        name: String,
        /// The fault.
        source: Box<Error>,
    },
    /// The work is done but for what has been listed.
    #[error("{problem}")]
    Incomplete {
        /// What is missing.
        problem: String,
        /// Where to look.
        hint: &'static str,
    },
    /// Text layer.
    #[error(transparent)]
    Core(#[from] sting_core::Error),
    /// Private data.
    #[error(transparent)]
    Pii(#[from] sting_pii::Error),
    /// Store.
    #[error(transparent)]
    Store(#[from] sting_vector::Error),
    /// Ingest.
    #[error(transparent)]
    Ingest(#[from] sting_ingest::Error),
    /// A model.
    #[error(transparent)]
    Model(#[from] sting_core::model::ModelError),
}

impl Error {
    /// For `map_err` on file operations.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, action, source }
    }

    /// Names the file that the fault is about.
    pub(crate) fn within(self, name: &str) -> Self {
        match self {
            Self::NotUtf8 { .. } | Self::Format { .. } | Self::Io { .. } | Self::Output(_) => self,
            source => Self::In { name: name.to_owned(), source: Box::new(source) },
        }
    }

    /// What to do about it, where the message does not say so itself.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Usage { hint, .. } => Some(hint),
            Self::Format { hint, .. } | Self::Incomplete { hint, .. } => Some(hint),
            Self::NotUtf8 { .. } => Some("convert it first, for example with `iconv -f LATIN1 -t UTF-8`"),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => Some("check the path"),
                io::ErrorKind::PermissionDenied => Some("check the permissions of the file and its folders"),
                io::ErrorKind::StorageFull => Some("free some space and run the command again"),
                _ => None,
            },
            Self::In { source, .. } => source.hint(),
            _ => None,
        }
    }

    /// 2 for wrong arguments, 1 for all else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            _ => 1,
        }
    }

    /// True if the reader of standard output went away, which is no fault: `sting ... | head`.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

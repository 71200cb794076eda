//! Files and folders of this machine.

use crate::Error;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use sting_core::Id;
use walkdir::WalkDir;

/// Files under a folder, or one file.
///
/// Symbolic links are not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileSource {
    /// The folder, or the file.
    pub path: PathBuf,
    /// Globs over paths from the folder on, such as `**/*.md`; all files if there is none.
    pub include: Vec<String>,
    /// Globs of what is left out, such as `**/node_modules/**`.
    pub exclude: Vec<String>,
    /// True if folders inside are read too.
    pub recursive: bool,
}

/// A file that was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The path from the folder on, with `/` between its parts.
    pub(crate) key: String,
    pub(crate) path: PathBuf,
    pub(crate) stamp: Stamp,
}

/// What the file system says about a file's content without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: i64,
    /// Number of the inode, where there is one.
    pub(crate) inode: u64,
}

/// What there is to read.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// In order of their keys.
    pub(crate) files: Vec<Found>,
    /// What could not be listed: the path from the folder on, and why.
    pub(crate) unreadable: Vec<(String, String)>,
}

impl FileSource {
    /// All files under `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), include: Vec::new(), exclude: Vec::new(), recursive: true }
    }

    /// Reads only files that match one of these globs.
    pub fn with_include<S: Into<String>>(mut self, globs: impl IntoIterator<Item = S>) -> Self {
        self.include = globs.into_iter().map(Into::into).collect();
        self
    }

    /// Leaves files out that match one of these globs.
    pub fn with_exclude<S: Into<String>>(mut self, globs: impl IntoIterator<Item = S>) -> Self {
        self.exclude = globs.into_iter().map(Into::into).collect();
        self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        globs("file_patterns", &self.include).and(globs("exclude_patterns", &self.exclude)).map(drop)
    }

    /// Lists what there is, but for what lies in one of the folders `without`.
    pub(crate) fn list(&self, without: &[PathBuf]) -> Result<Listing, Error> {
        let (include, exclude) =
            (globs("file_patterns", &self.include)?, globs("exclude_patterns", &self.exclude)?);
        let metadata =
            std::fs::metadata(&self.path).map_err(Error::io("reading the source failed", &self.path))?;
        let mut listing = Listing::default();
        if metadata.is_file() {
            let key = self.path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
            listing.files.push(Found { key, path: self.path.clone(), stamp: Stamp::of(&metadata) });
            return Ok(listing);
        }
        std::fs::read_dir(&self.path).map_err(Error::io("reading the source failed", &self.path))?;
        let depth = if self.recursive { usize::MAX } else { 1 };
        let walk = WalkDir::new(&self.path).min_depth(1).max_depth(depth).into_iter();
        let is_ours = |path: &Path| path.canonicalize().is_ok_and(|path| without.contains(&path));
        for entry in walk.filter_entry(|entry| !(entry.file_type().is_dir() && is_ours(entry.path()))) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let key = self.key(entry.path());
                    if !(self.include.is_empty() || include.is_match(&key)) || exclude.is_match(&key) {
                        continue;
                    }
                    match entry.metadata() {
                        Ok(metadata) => {
                            listing.files.push(Found {
                                key,
                                path: entry.into_path(),
                                stamp: Stamp::of(&metadata),
                            });
                        }
                        Err(error) => listing.unreadable.push((key, reason(error.io_error()))),
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let key = error.path().map_or(String::new(), |path| self.key(path));
                    listing.unreadable.push((key, reason(error.io_error())));
                }
            }
        }
        listing.files.sort_by(|a, b| a.key.cmp(&b.key));
        listing.unreadable.sort();
        Ok(listing)
    }

    fn key(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.path).unwrap_or(path);
        let key = relative
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        if relative.to_str().is_some() {
            return key;
        }
        // Names that are not Unicode must not become the same key.
        let bytes = Id::of([relative.as_os_str().as_encoded_bytes()]).to_string();
        format!("{key}~{}", &bytes[..8])
    }
}

/// What the system said, without the path.
pub(crate) fn reason(error: Option<&std::io::Error>) -> String {
    error.map_or_else(|| "cannot be listed".into(), |error| error.kind().to_string())
}

impl Stamp {
    fn of(metadata: &std::fs::Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { bytes: metadata.len(), modified: modified.map_or(0, |since| since.as_nanos() as i64), inode }
    }
}

fn globs(key: &str, patterns: &[String]) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|_| {
            Error::config(
                format!("comb.connection.parameters.{key}"),
                format!("{pattern:?} is not a glob"),
                "write it as `**/*.md`",
            )
        })?;
        set.add(glob);
    }
    set.build().map_err(|_| Error::config(key, "the globs are too large", "give fewer"))
}

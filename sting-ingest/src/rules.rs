//! Detection rules from files.

use crate::Error;
use std::path::Path;
use sting_core::sigma::RuleSet;
use walkdir::WalkDir;

/// Loads Sigma rules from files, and from all `.yml` and `.yaml` files of folders, in the order of
/// their paths. Rules that cannot be used are in [`RuleSet::errors`], with their path and line.
///
/// # Errors
/// [`Error::Io`] if a file or folder cannot be read.
pub fn load_rules<P: AsRef<Path>>(paths: &[P]) -> Result<RuleSet, Error> {
    let mut files = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let at = error.path().unwrap_or(path).to_owned();
                Error::io("reading rules failed", &at)(error.into())
            })?;
            let is_named = entry.depth() == 0;
            if entry.file_type().is_file() && (is_named || is_yaml(entry.path())) {
                files.push(read(entry.path())?);
            }
        }
    }
    Ok(RuleSet::parse(files))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("yml") || extension.eq_ignore_ascii_case("yaml")
    })
}

fn read(path: &Path) -> Result<(String, String), Error> {
    let bytes = std::fs::read(path).map_err(Error::io("reading rules failed", path))?;
    // What is not UTF-8 becomes a rule error with its path, not the end of loading.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((path.to_string_lossy().into_owned(), text))
}

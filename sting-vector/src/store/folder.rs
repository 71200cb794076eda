//! Folders and names: what makes a file operation atomic and durable.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// The files and folders in a folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(Error::io(folder, "listing"))
}

/// Longest name of a collection, so that its encoded form is a file name everywhere.
const MAX_NAME_BYTES: usize = 80;

/// Writes a file beside `path`, syncs it, and renames it into place.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("new");
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(Error::io(&beside, "writing"));
    if let Err(error) = written {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    rename(&beside, path)
}

/// Puts a file that is whole and durable in the place of another, durably.
pub(crate) fn rename(beside: &Path, path: &Path) -> Result<(), Error> {
    fs::rename(beside, path).map_err(Error::io(path, "renaming into place"))?;
    sync(path.parent().unwrap_or(path))
}

/// Makes the names in a folder durable.
pub(crate) fn sync(folder: &Path) -> Result<(), Error> {
    // Windows neither needs this nor can do it.
    if cfg!(windows) {
        return Ok(());
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder, "syncing"))
}

/// Removes a file that may be gone already.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(path, "removing")(error)),
        _ => Ok(()),
    }
}

/// The folder name of a collection. Everything but lower-case letters, digits, `-` and `_` is
/// written as `%` and two digits, so that names differ on case-insensitive file systems too.
pub(crate) fn encode_name(name: &str) -> Result<String, Error> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(Error::config(
            "collection name",
            format!("has {} bytes", name.len()),
            format!("use 1 to {MAX_NAME_BYTES}"),
        ));
    }
    Ok(name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02x}"),
        })
        .collect())
}

/// The collection that a folder name stands for; `None` if it is not one that was encoded.
pub(crate) fn decode_name(folder: &str) -> Option<String> {
    let mut name = Vec::new();
    let mut rest = folder;
    while let Some(first) = rest.chars().next() {
        if first == '%' {
            name.push(u8::from_str_radix(rest.get(1..3)?, 16).ok()?);
            rest = &rest[3..];
        } else {
            name.push(u8::try_from(first).ok()?);
            rest = &rest[first.len_utf8()..];
        }
    }
    let name = String::from_utf8(name).ok()?;
    (encode_name(&name).ok()? == folder).then_some(name)
}

/// The files of one collection.
#[derive(Clone, Debug)]
pub(crate) struct CollectionFolder(pub(crate) PathBuf);

impl CollectionFolder {
    pub(crate) fn manifest(&self) -> PathBuf {
        self.0.join("MANIFEST")
    }

    pub(crate) fn mark(&self) -> PathBuf {
        self.0.join("MARK")
    }

    pub(crate) fn log(&self, number: u64) -> PathBuf {
        self.0.join(format!("log-{number:08}"))
    }

    pub(crate) fn segment(&self, number: u64) -> PathBuf {
        self.0.join(format!("segment-{number:08}"))
    }

    pub(crate) fn graph(&self, segment: u64) -> PathBuf {
        self.0.join(format!("links-{segment:08}"))
    }

    /// Removes files that no manifest names: a crash left them.
    pub(crate) fn remove_others(&self, keep: &[PathBuf]) -> Result<(), Error> {
        for path in entries(&self.0)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // Version 1 wrote graphs in files of another name.
            let is_ours = ["log-", "segment-", "links-", "graph-"].iter().any(|kind| name.starts_with(kind))
                || name == "MANIFEST.new";
            if is_ours && !keep.contains(&path) {
                remove_file(&path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_survive(name in ".{1,20}") {
            prop_assume!(name.len() <= MAX_NAME_BYTES);
            let folder = encode_name(&name).unwrap();
            prop_assert!(folder.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_%".contains(&b)));
            prop_assert_eq!(decode_name(&folder), Some(name));
        }

        #[test]
        fn foreign_folders_are_not_collections(folder in ".{0,20}") {
            if let Some(name) = decode_name(&folder) {
                prop_assert_eq!(encode_name(&name).unwrap(), folder);
            }
        }
    }
}

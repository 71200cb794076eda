//! Real data, where it is present.

use std::path::{Path, PathBuf};

/// A folder of the shared data, or `None` after saying that it is absent.
pub(crate) fn data(folder: &str) -> Option<PathBuf> {
    let found = match std::env::var_os("STING_SHARED") {
        Some(root) => Some(PathBuf::from(root)),
        None => Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .map(|up| up.join("../shared"))
            .find(|path| path.is_dir()),
    };
    let found = found.map(|root| root.join("data").join(folder)).filter(|path| path.is_dir());
    if found.is_none() {
        println!("skipped: no shared data");
    }
    found
}

/// All files under a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    walk.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

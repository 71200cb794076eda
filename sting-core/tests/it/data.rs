//! Data that tests read if it is there.

use std::path::{Path, PathBuf};

/// A file of the shared data, or `None` with a note.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("STING_SHARED").map(PathBuf::from).or_else(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().skip(1).map(|folder| folder.join("../shared")).find(|folder| folder.is_dir())
    });
    let file = root.map(|root| root.join("data").join(path)).filter(|file| file.exists());
    if file.is_none() {
        println!("skipped: no shared data");
    }
    file
}

/// A file of the model folder that `STING_MODEL` names, or `None` with a note.
pub(crate) fn model(name: &str) -> Option<Vec<u8>> {
    let file = std::env::var_os("STING_MODEL").map(|folder| PathBuf::from(folder).join(name));
    let bytes = file.and_then(|file| std::fs::read(file).ok());
    if bytes.is_none() {
        println!("skipped: no model");
    }
    bytes
}

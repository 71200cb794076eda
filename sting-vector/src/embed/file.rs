//! Reading a model's files, with errors that name them.

use std::io::ErrorKind;
use std::path::Path;

use sting_core::model::ModelError;

/// The bytes of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    std::fs::read(path).map_err(|error| {
        let mend = match error.kind() {
            ErrorKind::NotFound => "copy the file from the model's repository, or correct the path",
            ErrorKind::PermissionDenied => "make the file readable",
            _ => "check the path and the disk",
        };
        ModelError::new(path.display().to_string(), format!("cannot be read ({error})"), mend)
    })
}

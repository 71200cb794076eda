//! The lock that keeps a second writer away.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::Error;

/// The file that is locked. It is empty.
pub(crate) const NAME: &str = "LOCK";

/// The right to write a store, held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock of a folder.
    pub(crate) fn take(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(NAME);
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::io(&path, "opening for writing (or open the store read-only)"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: folder.to_path_buf() }),
            Err(TryLockError::Error(error)) => Err(Error::io(&path, "locking")(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: while another thread starts a process, that process has the
        // file open too, and with it the lock.
        let _ = self.0.unlock();
    }
}

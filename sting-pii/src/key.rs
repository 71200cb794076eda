//! The secret under which values are hashed, encrypted and turned into tokens.

use crate::Error;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

/// A secret under which values are hashed, encrypted and turned into tokens. Never printed, and overwritten in memory
/// when the last copy is dropped.
#[derive(Clone)]
pub struct Key(Arc<Secret>);

impl Key {
    /// Shortest key that is accepted, in bytes.
    pub const MIN_LEN: usize = 16;

    /// A key of at least [`Key::MIN_LEN`] bytes.
    ///
    /// # Errors
    /// Refuses shorter ones.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, Error> {
        let bytes = bytes.as_ref();
        if bytes.len() < Self::MIN_LEN {
            return Err(Error::config(
                "key",
                format!("{} bytes are too few", bytes.len()),
                "give at least 16 random bytes",
            ));
        }
        Ok(Self(Arc::new(Secret::new(bytes))))
    }

    /// HMAC-SHA-256 of the parts, each with its length.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = keyed(self.0.bytes());
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A key of its own for another use. Keys for different uses tell nothing of each other, nor of this one.
    ///
    /// ```
    /// let key = sting_pii::Key::new("sixteen bytes or more")?;
    /// assert_ne!(key.derive("vault"), key.derive("log"));
    /// # Ok::<(), sting_pii::Error>(())
    /// ```
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.mac(&[b"sting derived key", purpose.as_bytes()])
    }

    /// A value that changes with the key and does not tell it.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.mac(&[b"sting key fingerprint"])
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// HMAC-SHA-256 with the key worked in, to be cloned for each message.
pub(crate) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// Bytes that are overwritten when they are dropped. Copies that a compiler or an allocator made before are not.
pub(crate) struct Secret(Box<[u8]>);

impl Secret {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        // What might be read is not optimised away.
        black_box(&self.0);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn short_keys_are_refused_and_keys_are_not_printed() {
        assert!(Key::new("short").is_err());
        assert_eq!(format!("{:?}", Key::new([7; 16]).unwrap()), "Key(***)");
    }

    #[test]
    fn derived_keys_differ_by_key_and_purpose() {
        let (a, b) = (Key::new([1; 16]).unwrap(), Key::new([2; 16]).unwrap());
        assert_eq!(a.derive("x"), a.derive("x"));
        assert_ne!(a.derive("x"), a.derive("y"));
        assert_ne!(a.derive("x"), b.derive("x"));
    }
}

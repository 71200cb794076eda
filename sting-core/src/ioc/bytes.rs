use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Bytes of a table: its own, or a part of what somebody else holds, such as a mapped file.
#[derive(Clone)]
pub(super) enum Bytes {
    Own(Vec<u8>),
    Shared(Arc<dyn AsRef<[u8]> + Send + Sync>, Range<usize>),
}

impl Bytes {
    /// To be changed; a copy, if they are shared.
    pub(super) fn own(&mut self) -> &mut Vec<u8> {
        if let Self::Shared(..) = self {
            *self = Self::Own(self.to_vec());
        }
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(..) => unreachable!("they were copied"),
        }
    }

    /// Bytes of memory that nobody else holds.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Own(bytes) => bytes.capacity(),
            Self::Shared(..) => 0,
        }
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(whole, range) => &(**whole).as_ref()[range.clone()],
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

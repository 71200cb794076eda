//! Content ids: the same content has the same id on every machine and in every language.

use std::fmt;
use std::str::FromStr;

/// A 128-bit content id, written as 32 lower-case hexadecimal digits.
///
/// It is the first half of a BLAKE3 hash over length-prefixed fields, so that `["ab", "c"]` and
/// `["a", "bc"]` differ.
///
/// ```
/// use sting_core::Id;
/// assert_ne!(Id::of(["ab", "c"]), Id::of(["a", "bc"]));
/// assert_eq!(Id::of(["ab"]).to_string().parse::<Id>().unwrap(), Id::of(["ab"]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 16]);

impl Id {
    /// The id of a sequence of fields.
    pub fn of<T: AsRef<[u8]>>(fields: impl IntoIterator<Item = T>) -> Self {
        let mut hasher = IdHasher::default();
        for field in fields {
            hasher.field(field.as_ref());
        }
        hasher.finish()
    }

    /// The sixteen bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// An id from its sixteen bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// Builds an [`Id`] field by field, for callers whose fields have different types.
#[derive(Clone, Debug, Default)]
pub struct IdHasher(blake3::Hasher);

impl IdHasher {
    /// Adds one field.
    pub fn field(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds one number.
    pub fn number(&mut self, value: u64) -> &mut Self {
        self.field(&value.to_le_bytes())
    }

    /// The id of all fields so far.
    pub fn finish(&self) -> Id {
        let mut id = [0; 16];
        id.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        Id(id)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl FromStr for Id {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            crate::Error::config(
                "id",
                "is not 32 hexadecimal digits",
                "pass an id as this library printed it",
            )
        };
        if text.len() != 32 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut id = [0; 16];
        for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |c: u8| (c as char).to_digit(16).ok_or_else(wrong);
            *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Ok(Self(id))
    }
}

impl serde::Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

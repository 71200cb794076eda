//! Raw and scrubbed values are different types.
//!
//! Whatever lets data out of a process (a sink, an embedder of a pipeline, a cache, a quarantine
//! entry) takes [`Scrubbed`]. The only ways to make one are a scrubber, through
//! [`Scrubbed::by_scrubber`], and a [`Waiver`] that says who decided so and why, and that stays
//! with the value. Neither type prints what it holds.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A value as it came from its source. It must not leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw<T>(T);

/// A value that a scrubber has treated, or for which somebody signed a waiver.
#[derive(Clone, PartialEq, Eq)]
pub struct Scrubbed<T> {
    value: T,
    provenance: Provenance,
}

/// Why a value counts as scrubbed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// A scrubber treated it, under this profile.
    Scrubber {
        /// Name of the profile.
        profile: String,
        /// Hash of everything that decides its findings and actions.
        config: String,
    },
    /// Somebody decided that it may pass as it is.
    Waiver(Waiver),
}

/// A decision that values may pass without being scrubbed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Who decided.
    pub who: String,
    /// Why.
    pub reason: String,
}

impl<T> Raw<T> {
    /// Marks a value as raw.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the code that scrubs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, for the code that scrubs it.
    pub fn into_exposed(self) -> T {
        self.0
    }

    /// Lets the value pass as it is, on somebody's word.
    pub fn waive(self, waiver: Waiver) -> Scrubbed<T> {
        Scrubbed { value: self.0, provenance: Provenance::Waiver(waiver) }
    }
}

impl<T> Scrubbed<T> {
    /// For scrubbers alone: declares that `value` has been treated under the named profile.
    pub fn by_scrubber(value: T, profile: impl Into<String>, config: impl Into<String>) -> Self {
        Self { value, provenance: Provenance::Scrubber { profile: profile.into(), config: config.into() } }
    }

    /// The value.
    pub const fn get(&self) -> &T {
        &self.value
    }

    /// The value, without its provenance.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Why the value counts as scrubbed.
    pub const fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Derives a value from this one alone, such as a chunk of a scrubbed text.
    pub fn map<U>(self, derive: impl FnOnce(T) -> U) -> Scrubbed<U> {
        Scrubbed { value: derive(self.value), provenance: self.provenance }
    }
}

/// Treats texts, so that they may leave. `sting-pii` has one.
pub trait Scrub: Send + Sync + fmt::Debug {
    /// Takes private data out of a text.
    ///
    /// # Errors
    /// If it cannot be done. There is then no text that may leave.
    fn scrub_text(&self, text: &Raw<String>) -> Result<Scrubbed<String>, crate::Error>;
}

/// Lets every text pass, on somebody's word.
impl Scrub for Waiver {
    fn scrub_text(&self, text: &Raw<String>) -> Result<Scrubbed<String>, crate::Error> {
        Ok(text.clone().waive(self.clone()))
    }
}

impl<T: AsRef<str>> AsRef<str> for Scrubbed<T> {
    fn as_ref(&self) -> &str {
        self.value.as_ref()
    }
}

impl<T> fmt::Debug for Raw<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Raw(***)")
    }
}

impl<T> fmt::Debug for Scrubbed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubbed").field("provenance", &self.provenance).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Raw, Scrubbed, Waiver};

    #[test]
    fn debug_shows_no_value() {
        let raw = Raw::new("secret");
        let waived = raw.clone().waive(Waiver { who: "test".into(), reason: "fixture".into() });
        let scrubbed = Scrubbed::by_scrubber("secret", "default", "0");
        assert!(!format!("{raw:?} {waived:?} {scrubbed:?}").contains("secret"));
    }
}

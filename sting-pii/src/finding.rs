use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;
use sting_core::Span;

/// A piece of private data: what it is, where it is, how sure we are, and why.
///
/// It holds no text, so it may be logged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Kind of data: `email`, `us_ssn`, `github_token`, ...
    #[serde(serialize_with = "as_str")]
    pub kind: Arc<str>,
    /// Where it stands, in bytes.
    pub span: Span,
    /// Estimated probability that it is what `kind` says, in [0, 1].
    pub score: f32,
    /// What the scrubber does with it: `keep`, `mask`, `hash`, `remove`, `replace`.
    pub action: &'static str,
    /// What speaks for it.
    pub evidence: Evidence,
}

/// Why something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Id of the row of the catalog, or of the custom detector.
    #[serde(serialize_with = "as_str")]
    pub detector: Arc<str>,
    /// A checksum or another test of the value passed.
    pub validated: bool,
    /// A word that names the kind stands near by.
    pub context: bool,
    /// The key or column that holds the value names the kind.
    pub key: bool,
    /// Words near by speak against it.
    pub negative: bool,
}

fn as_str<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// How private a kind is taken to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Public in many settings: an e-mail address, a phone number.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Opens accounts or steals identities: a card number, a password.
    High,
}

//! Realistic data with known contents: the same count and seed give the same bytes everywhere.
//!
//! Documents and log lines come from templates (see [`Filler`]) into which private values, secrets
//! and look-alikes are planted; a [`Truth`] says where. Nothing generated is real: mail domains and
//! addresses are reserved ones, card numbers carry test prefixes, secrets are random.

mod dice;
mod documents;
mod events;
mod fill;
mod logs;
mod people;
mod value;

pub use dice::Dice;
pub use documents::{GeneratedDocument, documents};
pub use events::{EventTruth, PlantedAttack, events};
pub use fill::{FillError, Filled, Filler};
pub use logs::{LOG_FILE, logs};

use serde::{Deserialize, Serialize};
use sting_core::Span;

/// One value whose place is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    /// Name of the file.
    pub file: String,
    /// What it is, by the name that a finding of it has; or, with a `~` in front, what it only
    /// looks like: a look-alike must be left alone.
    pub kind: String,
    /// Bytes of the file that hold it; absent where the file holds it in a transfer encoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The value, as text. It is made up.
    pub value: String,
}

impl Planted {
    /// True for a value that only looks private.
    pub fn is_look_alike(&self) -> bool {
        self.kind.starts_with('~')
    }

    /// The same value, `bytes` further on.
    pub(crate) fn moved_by(mut self, bytes: usize) -> Self {
        self.span = self.span.map(|span| Span::new(span.start + bytes, span.end + bytes));
        self
    }
}

/// What was planted, in order of file and place.
pub type Truth = Vec<Planted>;

#[cfg(test)]
mod tests {
    use sting_core::Id;

    /// Benchmarks and accuracy figures name a seed; these hashes say that it still means the same.
    #[test]
    fn a_seed_means_the_same_bytes_everywhere() {
        let (lines, truth) = super::logs(1000, 7);
        let (documents, documents_truth) = super::documents(70, 7);
        let ids = [
            Id::of(&lines),
            Id::of([serde_json::to_vec(&truth).unwrap()]),
            Id::of(documents.iter().map(|document| &document.bytes)),
            Id::of([serde_json::to_vec(&documents_truth).unwrap()]),
        ];
        let expected = [
            "2b509e72028ffb8eedbe5707be369d4e",
            "47e8d0033bc61dd74774a755d6ef08a0",
            "9202a4a1c2f9f11757bb5f2b2722aea8",
            "61253077fd96c485712cb6678c4649e4",
        ];
        assert_eq!(ids.map(|id| id.to_string()), expected);
    }
}

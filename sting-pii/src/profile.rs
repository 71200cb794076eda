//! Named choices of kinds and actions.
//!
//! A profile maps the identifiers that a regulation names to kinds of the catalog. It is a mapping,
//! not a certification: no scanner of text finds every identifier that a law knows.

use crate::catalog::{Detector, builtin};
use crate::{Action, Error};
use std::collections::BTreeMap;

/// One profile: what it looks for, and what it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    name: &'static str,
    /// Rows that have one of these tags; all rows that are on by default if there are none.
    tags: &'static [&'static str],
    actions: &'static [(&'static str, Action)],
}

const PROFILES: &[Profile] = &[
    Profile { name: "default", tags: &[], actions: &[] },
    Profile {
        name: "gdpr",
        tags: &["contact", "personal", "government", "financial", "medical", "network", "secret"],
        actions: &[],
    },
    Profile {
        name: "hipaa",
        tags: &["contact", "personal", "government", "financial", "medical", "network", "date", "secret"],
        actions: &[],
    },
    // Requirement 3.4.1: at most the first six and the last four digits may be shown.
    Profile {
        name: "pci_dss",
        tags: &["card", "secret"],
        actions: &[
            ("credit_card", Action::Mask { keep_first: 6, keep_last: 4 }),
            ("card_cvv", Action::Remove),
        ],
    },
    Profile {
        name: "ccpa",
        tags: &["contact", "personal", "government", "financial", "medical", "network", "secret"],
        actions: &[],
    },
    Profile { name: "secrets", tags: &["secret"], actions: &[] },
];

/// Names of the profiles.
pub fn profiles() -> Vec<&'static str> {
    PROFILES.iter().map(|profile| profile.name).collect()
}

impl Profile {
    pub(crate) fn named(name: &str) -> Result<Self, Error> {
        PROFILES.iter().find(|profile| profile.name == name).copied().ok_or_else(|| {
            Error::config(
                "profile",
                format!("no profile is named {name:?}"),
                format!("use one of {}", profiles().join(", ")),
            )
        })
    }

    /// True if the profile looks for what `row` finds.
    pub(crate) fn includes(&self, row: &Detector) -> bool {
        if self.tags.is_empty() {
            return row.default;
        }
        // Kinds that are off by default are named by a tag of their own.
        row.tags.iter().any(|tag| self.tags.contains(&tag.as_str()))
    }

    pub(crate) fn actions(&self) -> BTreeMap<String, Action> {
        let known = |kind: &str| builtin().iter().any(|row| row.kind == kind);
        let actions = self.actions.iter().filter(|(kind, _)| known(kind));
        actions.map(|(kind, action)| ((*kind).to_owned(), action.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::PROFILES;
    use crate::catalog::builtin;

    #[test]
    fn profiles_name_what_exists() {
        for profile in PROFILES {
            for (kind, _) in profile.actions {
                assert!(builtin().iter().any(|row| row.kind == *kind), "{}: {kind}", profile.name);
            }
            for tag in profile.tags {
                assert!(
                    builtin().iter().any(|row| row.tags.iter().any(|t| t == tag)),
                    "{}: {tag}",
                    profile.name
                );
            }
        }
    }
}

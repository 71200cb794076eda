//! Named choices of kinds and actions, and what is known of them.
//!
//! A profile maps the identifiers that a regulation names to kinds of the catalog. It is a mapping,
//! not a certification: no scanner of text finds every identifier that a law knows.

mod mode;
mod own;
mod regulation;
mod risk;

pub use mode::Mode;
pub use own::OwnProfile;
pub use regulation::{Identifier, ProfileInfo, profile_info, profiles};
pub use risk::{ReportRisk, report_risk, retention_days, risk};

use crate::catalog::{Detector, builtin};
use crate::{Action, Error, Exception};
use std::collections::BTreeMap;

/// What a profile looks for and what it does: a built-in one, or a caller's with all names looked up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    /// Rows that have one of these tags. If there are neither tags nor kinds, all rows that are on by default.
    tags: Vec<String>,
    kinds: Vec<String>,
    actions: Vec<(String, Action)>,
    pub(crate) default_action: Option<Action>,
    pub(crate) min_score: Option<f32>,
    pub(crate) exceptions: Vec<Exception>,
}

impl Profile {
    pub(crate) fn named(name: &str) -> Result<Self, Error> {
        let info = profile_info(name).ok_or_else(|| {
            Error::config(
                "profile",
                format!("no profile is named {name:?}"),
                format!("use one of {}", profiles().join(", ")),
            )
        })?;
        let known = |kind: &str| builtin().iter().any(|row| row.kind == kind);
        Ok(Self {
            tags: info.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            actions: info
                .actions
                .iter()
                .filter(|(kind, _)| known(kind))
                .map(|(kind, action)| ((*kind).to_owned(), action.clone()))
                .collect(),
            ..Self::default()
        })
    }

    /// True if the profile looks for what `row` finds.
    pub(crate) fn includes(&self, row: &Detector) -> bool {
        if self.tags.is_empty() && self.kinds.is_empty() {
            return row.default;
        }
        // Kinds that are off by default are named by a tag of their own.
        row.tags.iter().any(|tag| self.tags.contains(tag)) || self.kinds.contains(&row.kind)
    }

    pub(crate) fn actions(&self) -> BTreeMap<String, Action> {
        self.actions.iter().cloned().collect()
    }
}

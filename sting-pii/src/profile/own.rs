use super::Profile;
use crate::catalog::{Detector, resolve_kind};
use crate::{Action, Error, Exception};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A profile of the caller's own, from JSON or another format that serde reads.
///
/// ```
/// use sting_pii::{OwnProfile, ScrubConfig, Scrubber};
/// let support: OwnProfile = serde_json::from_str(
///     r#"{"name": "support", "extends": "pci_dss", "kinds": ["email"], "actions": {"email": "remove"}}"#,
/// )?;
/// let scrubber = Scrubber::new(ScrubConfig::default().with_own_profile(support))?;
/// let out = scrubber.scrub("a@b.example paid with 4111 1111 1111 1111")?;
/// assert_eq!(out.text.get(), " paid with 4111 1*********1111");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnProfile {
    /// Its name, for manifests and messages.
    pub name: String,
    /// The built-in profile that it adds to.
    #[serde(default)]
    pub extends: Option<String>,
    /// Kinds to look for.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Groups of kinds to look for: `contact`, `personal`, `government`, `financial`, `medical`, `network`, `secret`, ...
    #[serde(default)]
    pub tags: Vec<String>,
    /// What to do, by kind; `*` is every other kind.
    #[serde(default)]
    pub actions: BTreeMap<String, Action>,
    /// The threshold, in (0, 1].
    #[serde(default)]
    pub min_score: Option<f32>,
    /// Findings that are let pass.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

impl OwnProfile {
    /// Looks all names up.
    pub(crate) fn resolve(&self, known: &[Detector]) -> Result<Profile, Error> {
        let mut profile = match &self.extends {
            Some(name) => Profile::named(name)?,
            None => Profile::default(),
        };
        let kind = |name: &String| {
            resolve_kind(known, name).map(str::to_owned).map_err(|_| {
                let problem = format!("it names the kind {name:?}, which there is not");
                Error::config(format!("profile {}", self.name), problem, "see sting_pii::kinds()")
            })
        };
        for tag in &self.tags {
            if !known.iter().any(|row| row.tags.contains(tag)) {
                let problem = format!("it names the tag {tag:?}, which no kind has");
                return Err(Error::config(format!("profile {}", self.name), problem, "name kinds instead"));
            }
        }
        profile.kinds.extend(self.kinds.iter().map(kind).collect::<Result<Vec<_>, _>>()?);
        profile.tags.extend(self.tags.iter().cloned());
        for (name, action) in &self.actions {
            if name == "*" {
                profile.default_action = Some(action.clone());
            } else {
                profile.actions.push((kind(name)?, action.clone()));
            }
        }
        profile.min_score = self.min_score;
        profile.exceptions.extend(self.exceptions.iter().cloned());
        Ok(profile)
    }
}

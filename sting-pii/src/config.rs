use crate::catalog::{Detector, builtin, resolve_kind};
use crate::profile::Profile;
use crate::{Action, Error, Key};
use std::collections::{BTreeMap, BTreeSet};

/// A row that a caller adds: the same schema as the catalog's.
pub type CustomDetector = Detector;

/// What a [`Scrubber`](crate::Scrubber) looks for, and what it does with what it finds.
///
/// ```
/// use sting_pii::{Action, Key, ScrubConfig, Scrubber};
/// let config = ScrubConfig::default()
///     .with_key(Key::new("sixteen bytes or more")?)
///     .with_action("email", Action::Hash)
///     .with_action("credit_card", Action::mask_keeping_last(4));
/// let scrubbed = Scrubber::new(config)?.scrub("card 4111 1111 1111 1111")?;
/// assert_eq!(scrubbed.text.get(), "card ***************1111");
/// # Ok::<(), sting_pii::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScrubConfig {
    pub(crate) profile: String,
    pub(crate) entities: Option<Vec<String>>,
    pub(crate) actions: Vec<(String, Action)>,
    pub(crate) min_score: f32,
    pub(crate) key: Option<Key>,
    pub(crate) custom: Vec<CustomDetector>,
    pub(crate) allow: Vec<String>,
    pub(crate) deny: Vec<(String, Vec<String>)>,
}

impl Default for ScrubConfig {
    fn default() -> Self {
        Self {
            profile: "default".into(),
            entities: None,
            actions: Vec::new(),
            min_score: 0.5,
            key: None,
            custom: Vec::new(),
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }
}

impl ScrubConfig {
    /// Starts from a profile: see [`profiles`](crate::profiles).
    pub fn with_profile(mut self, name: impl Into<String>) -> Self {
        self.profile = name.into();
        self
    }

    /// Looks for these kinds and no others. To ask for a kind says that the text is expected to
    /// hold it, so that weaker evidence suffices.
    pub fn with_entities<S: Into<String>>(mut self, kinds: impl IntoIterator<Item = S>) -> Self {
        self.entities = Some(kinds.into_iter().map(Into::into).collect());
        self
    }

    /// Does `action` with findings of `kind`, or with those of all other kinds if `kind` is `*`.
    pub fn with_action(mut self, kind: impl Into<String>, action: Action) -> Self {
        self.actions.push((kind.into(), action));
        self
    }

    /// Reports findings from this score on, in (0, 1]. The default is 0.5.
    pub fn with_min_score(mut self, min_score: f32) -> Self {
        self.min_score = min_score;
        self
    }

    /// The key of [`Action::Hash`].
    pub fn with_key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// Adds detectors. They are looked for whatever the profile is, and win over built-in ones
    /// between which nothing else decides.
    pub fn with_custom(mut self, rows: Vec<CustomDetector>) -> Self {
        self.custom.extend(rows);
        self
    }

    /// Values that are never private: what is found and equals one of them, in any case, is let be.
    pub fn with_allowed<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.allow.extend(values.into_iter().map(Into::into));
        self
    }

    /// Values that are always private: wherever one stands as a whole word, in any case, it is a
    /// finding of `kind`.
    pub fn with_denied<S: Into<String>>(
        mut self,
        kind: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        self.deny.push((kind.into(), values.into_iter().map(Into::into).collect()));
        self
    }
}

/// A config with every name looked up.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) rows: Vec<Detector>,
    pub(crate) asked: BTreeSet<String>,
    /// By kind; what is not in it has the default.
    pub(crate) actions: BTreeMap<String, Action>,
    pub(crate) default_action: Action,
}

impl ScrubConfig {
    pub(crate) fn resolve(&self) -> Result<Resolved, Error> {
        if !(self.min_score > 0.0 && self.min_score <= 1.0) {
            return Err(Error::config("min_score", "it is not in (0, 1]", "0.5 suits most texts"));
        }
        let profile = Profile::named(&self.profile)?;
        let mut own = self.custom.clone();
        own.extend(
            self.deny.iter().flat_map(|(kind, values)| values.iter().map(|value| denied(kind, value))),
        );
        let known: Vec<Detector> = own.iter().chain(builtin()).cloned().collect();

        let mut asked = BTreeSet::new();
        for name in self.entities.iter().flatten() {
            asked.insert(resolve_kind(&known, name)?.to_owned());
        }
        let mut rows = own;
        let chosen = |row: &&Detector| {
            if self.entities.is_some() { asked.contains(&row.kind) } else { profile.includes(row) }
        };
        rows.extend(builtin().iter().filter(chosen).cloned());

        let mut actions = profile.actions();
        let mut default_action = Action::default();
        for (name, action) in &self.actions {
            if name == "*" {
                default_action = action.clone();
            } else {
                actions.insert(resolve_kind(&known, name)?.to_owned(), action.clone());
            }
        }
        for (kind, action) in actions.iter().map(|(k, a)| (k.as_str(), a)).chain([("*", &default_action)]) {
            if matches!(action, Action::Hash) && self.key.is_none() {
                return Err(Error::KeyMissing { kind: kind.into(), action: action.name() });
            }
        }
        Ok(Resolved { rows, asked, actions, default_action })
    }
}

/// The row of a value that is always private.
fn denied(kind: &str, value: &str) -> Detector {
    Detector {
        kind: kind.into(),
        id: format!("{kind}.denied"),
        name: "a value on the deny list".into(),
        group: crate::catalog::Group::Scan,
        pattern: format!("(?i-u){}", regex_syntax::escape(value)),
        max_len: value.len(),
        boundary: crate::catalog::Boundary::Alnum,
        extent: crate::catalog::Extent::Match,
        lead: Vec::new(),
        keys: Vec::new(),
        validator: None,
        score: 0.999,
        weak: false,
        context: Vec::new(),
        avoid: Vec::new(),
        locale: String::new(),
        tags: Vec::new(),
        alias: Vec::new(),
        risk: crate::Risk::Medium,
        default: true,
        examples: Vec::new(),
        counter_examples: Vec::new(),
    }
}

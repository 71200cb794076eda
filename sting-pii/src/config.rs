use crate::catalog::{Boundary, Detector, Extent, Group, builtin, resolve_kind};
use crate::profile::{Mode, Profile};
use crate::vault::Vault;
use crate::{Action, Error, Exception, Key, OwnProfile, Preset};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use sting_core::model::EntityRecognizer;

/// A row that a caller adds: the same schema as the catalog's.
pub type CustomDetector = Detector;

/// What a [`Scrubber`](crate::Scrubber) looks for, and what it does with what it finds.
///
/// Rules compose in this order: the profile says what is looked for and what is done with it; entities, actions and the
/// threshold override it, whatever the order of the calls; exceptions then let single findings pass.
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
    pub(crate) own_profile: Option<OwnProfile>,
    pub(crate) mode: Mode,
    pub(crate) min_score: Option<f32>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) vault: Option<Arc<dyn Vault>>,
    pub(crate) key: Option<Key>,
    pub(crate) custom: Vec<CustomDetector>,
    pub(crate) allow: Vec<String>,
    pub(crate) deny: Vec<(String, Vec<String>)>,
    pub(crate) named: Vec<(String, Vec<String>)>,
    pub(crate) preset: Option<Preset>,
    pub(crate) names: bool,
    pub(crate) recognizer: Option<Arc<dyn EntityRecognizer>>,
}

impl Default for ScrubConfig {
    fn default() -> Self {
        Self {
            profile: "default".into(),
            entities: None,
            actions: Vec::new(),
            own_profile: None,
            mode: Mode::General,
            min_score: None,
            exceptions: Vec::new(),
            vault: None,
            key: None,
            custom: Vec::new(),
            allow: Vec::new(),
            deny: Vec::new(),
            named: Vec::new(),
            preset: None,
            names: true,
            recognizer: None,
        }
    }
}

impl ScrubConfig {
    /// Starts from a profile: see [`profiles`](crate::profiles).
    pub fn with_profile(mut self, name: impl Into<String>) -> Self {
        self.profile = name.into();
        self.own_profile = None;
        self
    }

    /// Starts from a profile of the caller's own.
    pub fn with_own_profile(mut self, profile: OwnProfile) -> Self {
        self.profile.clone_from(&profile.name);
        self.own_profile = Some(profile);
        self
    }

    /// Says what the texts are about, so that what is usual in them is found on weaker evidence.
    /// [`Mode::detect`] tells it from a sample.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Lets findings pass on which an exception applies.
    pub fn with_exceptions(mut self, exceptions: impl IntoIterator<Item = Exception>) -> Self {
        self.exceptions.extend(exceptions);
        self
    }

    /// Where [`Action::Token`] and [sessions](crate::Session) keep values. The default is a
    /// [`MemoryVault`](crate::MemoryVault) of the scrubber's own.
    pub fn with_vault(mut self, vault: Arc<dyn Vault>) -> Self {
        self.vault = Some(vault);
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

    /// Reports findings from this score on, in (0, 1]. The default is the profile's, which is
    /// 0.5 for all built-in ones.
    pub fn with_min_score(mut self, min_score: f32) -> Self {
        self.min_score = Some(min_score);
        self
    }

    /// The key of actions that [need one](Action::needs_key).
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

    /// Of what the profile looks for, only what matters in one sort of text.
    pub fn with_preset(mut self, preset: Preset) -> Self {
        self.preset = Some(preset);
        self
    }

    /// Keys and columns whose value is always private, whatever it is: a finding of `kind`. Names are
    /// compared word by word, in any case and spelling (`cardNo`, `card_no`), at the end of a key; with a
    /// `*` behind (`phone_*`) anywhere in it.
    ///
    /// ```
    /// use sting_pii::{ScrubConfig, Scrubber};
    /// let scrubber = Scrubber::new(ScrubConfig::default().with_key_names("internal", ["seat_*", "desk"]))?;
    /// let out = scrubber.scrub("seatNumber=17b, desk: north, deskmate: no")?;
    /// assert_eq!(out.text.get(), "seatNumber=[INTERNAL], desk: [INTERNAL], deskmate: no");
    /// # Ok::<(), sting_pii::Error>(())
    /// ```
    pub fn with_key_names<S: Into<String>>(
        mut self,
        kind: impl Into<String>,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.named.push((kind.into(), names.into_iter().map(Into::into).collect()));
        self
    }

    /// Whether names of persons and places, addresses, and organisations if they are asked for, are looked for in running
    /// text, by the built-in model. They are by default. In lines of logs they are looked for only
    /// under keys that name a person.
    pub fn with_names(mut self, names: bool) -> Self {
        self.names = names;
        self
    }

    /// Looks for names with a model of the caller's instead of the built-in one: its labels `PER`,
    /// `LOC` or `GPE`, `ORG` and `ADDRESS` (and longer forms of these) become `person`, `location`,
    /// `organization` and `address`; others are passed over.
    ///
    /// Such a model reads whole texts: a [`ScrubStream`](crate::ScrubStream) refuses to work with one.
    /// If it fails, so does the scrub, and nothing comes out.
    pub fn with_recognizer(mut self, recognizer: Arc<dyn EntityRecognizer>) -> Self {
        self.recognizer = Some(recognizer);
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
    pub(crate) min_score: f32,
    pub(crate) exceptions: Vec<Exception>,
}

impl ScrubConfig {
    pub(crate) fn resolve(&self) -> Result<Resolved, Error> {
        let mut own = self.custom.clone();
        own.extend(
            self.deny.iter().flat_map(|(kind, values)| values.iter().map(|value| denied(kind, value))),
        );
        for (kind, names) in &self.named {
            own.push(named(kind, names)?);
        }
        let known: Vec<Detector> = own.iter().chain(builtin()).cloned().collect();
        let profile = match &self.own_profile {
            Some(own) => own.resolve(&known)?,
            None => Profile::named(&self.profile)?,
        };
        let min_score = self.min_score.or(profile.min_score).unwrap_or(0.5);
        if !(min_score > 0.0 && min_score <= 1.0) {
            return Err(Error::config("min_score", "it is not in (0, 1]", "0.5 suits most texts"));
        }
        let exceptions: Vec<_> = profile.exceptions.iter().chain(&self.exceptions).cloned().collect();
        exceptions.iter().try_for_each(|exception| exception.check(&known))?;

        let mut asked: BTreeSet<String> =
            known.iter().filter(|row| self.mode.expects(row)).map(|row| row.kind.clone()).collect();
        let mut wanted = BTreeSet::new();
        for name in self.entities.iter().flatten() {
            let kind = resolve_kind(&known, name)?;
            if !self.names && known.iter().all(|row| row.kind != kind || row.group == Group::Name) {
                return Err(Error::config("names", "they are off, and one is asked for", "leave them on"));
            }
            wanted.insert(kind.to_owned());
        }
        asked.extend(wanted.iter().cloned());
        let mut rows = own;
        let chosen = |row: &&Detector| {
            let fits = self.preset.is_none_or(|preset| preset.includes(row));
            if self.entities.is_some() { wanted.contains(&row.kind) } else { fits && profile.includes(row) }
        };
        let found = |row: &&Detector| self.names || row.group != Group::Name;
        rows.extend(builtin().iter().filter(chosen).filter(found).cloned());

        let mut actions = profile.actions();
        let mut default_action = profile.default_action.clone().unwrap_or_default();
        for (name, action) in &self.actions {
            if name == "*" {
                default_action = action.clone();
            } else {
                actions.insert(resolve_kind(&known, name)?.to_owned(), action.clone());
            }
        }
        for (kind, action) in actions.iter().map(|(k, a)| (k.as_str(), a)).chain([("*", &default_action)]) {
            if action.needs_key() && self.key.is_none() {
                return Err(Error::KeyMissing { kind: kind.into(), action: action.name() });
            }
        }
        Ok(Resolved { rows, asked, actions, default_action, min_score, exceptions })
    }
}

/// The row of a value that is always private.
fn denied(kind: &str, value: &str) -> Detector {
    Detector {
        id: format!("{kind}.denied"),
        name: "a value on the deny list".into(),
        pattern: format!("(?i-u){}", regex_syntax::escape(value)),
        max_len: value.len(),
        score: 0.999,
        ..Detector::of_kind(kind)
    }
}

/// The row of keys whose value is always private.
fn named(kind: &str, names: &[String]) -> Result<Detector, Error> {
    let keys = names.iter().map(|name| key_of_glob(name)).collect::<Result<_, _>>()?;
    Ok(Detector {
        id: format!("{kind}.named"),
        name: "the value of a key on the list of names".into(),
        group: Group::Key,
        pattern: r#"[^\s"\x27`,;&<>()\\\x00-\x1f]{1,512}"#.into(),
        max_len: 512,
        boundary: Boundary::None,
        extent: Extent::Quoted,
        keys,
        score: 0.9,
        ..Detector::of_kind(kind)
    })
}

/// The name of a key as detectors have it, for one with `*` at either end: `phone_*` and `*phone*` are all
/// keys with that word in them, `*_phone` all that end in it. Words are whole.
fn key_of_glob(glob: &str) -> Result<String, Error> {
    let open = glob.ends_with('*');
    let words = glob.trim_matches('*').trim_matches(|c: char| !c.is_alphanumeric());
    if words.is_empty() || words.contains('*') {
        return Err(Error::config(
            "name of a key",
            format!("{glob:?} has a * that is not at its beginning or end, or nothing else"),
            "use whole words with a * before or behind them",
        ));
    }
    Ok(if open { format!("{words} *") } else { words.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::key_of_glob;

    #[test]
    fn globs() {
        let key = |glob| key_of_glob(glob).unwrap();
        assert_eq!(
            [key("phone_*"), key("*phone*"), key("*_phone"), key("cardNo")],
            ["phone *", "phone *", "phone", "cardNo"]
        );
        assert!(key_of_glob("*").is_err() && key_of_glob("a*b").is_err() && key_of_glob("").is_err());
    }
}

//! Options that several commands share.

use crate::Error;
use crate::terminal::say;
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sting_core::model::Embedder;
use sting_core::sigma::RuleSet;
use sting_pii::{Action, Audit, Key, Mode, PatternSet, Preset, ScrubConfig, Scrubber};
use sting_vector::embed::BertEmbedder;

/// What is looked for.
#[derive(Clone, Debug, Args)]
pub(super) struct Detection {
    /// Profile that decides what counts as private
    #[arg(long, value_name = "NAME", default_value = "default")]
    profile: String,
    /// Look for this kind and no other; may be given several times
    #[arg(long = "entity", value_name = "KIND")]
    entities: Vec<String>,
    /// What the texts are about: general, medical, legal, financial or educational
    #[arg(long, value_name = "MODE", default_value = "general", value_parser = mode)]
    mode: Mode,
    /// Of these, only what matters in one sort of text: logs, config, api, database or general
    #[arg(long, value_name = "NAME")]
    preset: Option<Preset>,
    /// File of patterns to look for too, in the exchange format of pattern catalogs
    #[arg(long, value_name = "FILE")]
    patterns: Option<PathBuf>,
    /// Do not look for names of persons, places and organisations, and addresses, in running text
    #[arg(long)]
    no_names: bool,
    /// Report findings from this score on, in (0, 1]
    #[arg(long, value_name = "SCORE")]
    min_score: Option<f32>,
}

/// What is done with what is found.
#[derive(Clone, Debug, Args)]
pub(super) struct Treatment {
    #[command(flatten)]
    detection: Detection,
    /// What to do with a kind: keep, mask, hash, remove, replace, fpe, generalize, date_shift, or JSON such as
    /// {"mask":{"keep_last":4}} or {"generalize":{"dates":"month"}}; `*` is every other kind
    #[arg(long = "action", value_name = "KIND=ACTION", value_parser = action)]
    actions: Vec<(String, Action)>,
    /// File with the key for hash, fpe and date_shift, at least 16 bytes
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Detection {
    pub(super) fn config(&self) -> Result<ScrubConfig, Error> {
        let mut config = ScrubConfig::default().with_profile(&self.profile).with_mode(self.mode);
        config = config.with_names(!self.no_names);
        if let Some(preset) = self.preset {
            config = config.with_preset(preset);
        }
        if let Some(path) = &self.patterns {
            let json = std::fs::read_to_string(path).map_err(Error::io("reading", path))?;
            config = config.with_patterns(PatternSet::read(&json)?)?;
        }
        if !self.entities.is_empty() {
            config = config.with_entities(&self.entities);
        }
        Ok(match self.min_score {
            Some(min_score) => config.with_min_score(min_score),
            None => config,
        })
    }
}

impl Treatment {
    pub(super) fn scrubber(&self) -> Result<Scrubber, Error> {
        let mut config = self.detection.config()?;
        if self.actions.iter().any(|(_, action)| matches!(action, Action::Token)) {
            return Err(Error::Usage {
                problem: "tokens are restored by a session, which ends with the command".into(),
                hint: "use hash, or fpe".into(),
            });
        }
        for (kind, action) in &self.actions {
            config = config.with_action(kind, action.clone());
        }
        if let Some(key) = self.key()? {
            config = config.with_key(key);
        }
        Ok(Scrubber::new(config)?)
    }

    /// An account, which tells values apart if there is a key.
    pub(super) fn audit(&self) -> Result<Audit, Error> {
        Ok(self.key()?.map(Audit::with_key).unwrap_or_default())
    }

    fn key(&self) -> Result<Option<Key>, Error> {
        let Some(path) = &self.key_file else { return Ok(None) };
        Ok(Some(Key::new(std::fs::read(path).map_err(Error::io("reading", path))?)?))
    }
}

fn mode(text: &str) -> Result<Mode, String> {
    text.parse().map_err(|error: sting_pii::Error| error.to_string())
}

fn action(text: &str) -> Result<(String, Action), String> {
    let (kind, action) = text.split_once('=').ok_or("write KIND=ACTION, such as email=hash")?;
    let action = if action.starts_with('{') {
        serde_json::from_str(action).map_err(|error| error.to_string())?
    } else {
        action.parse().map_err(|error: sting_pii::Error| error.to_string())?
    };
    Ok((kind.to_owned(), action))
}

/// The model in a folder, or the built-in one.
pub(crate) fn embedder(model: Option<&Path>) -> Result<Arc<dyn Embedder>, Error> {
    Ok(match model {
        Some(folder) => Arc::new(BertEmbedder::load(folder)?),
        None => Arc::new(sting_vector::builtin()),
    })
}

/// The rules of these files and folders. Those that cannot be used are listed on standard error.
pub(super) fn rules(paths: &[PathBuf]) -> Result<RuleSet, Error> {
    let rules = sting_ingest::load_rules(paths)?;
    for error in rules.errors() {
        say(format_args!("left out: {error}"));
    }
    Ok(rules)
}

/// An error if a rule could not be used.
pub(super) fn all_usable(rules: &RuleSet) -> Result<(), Error> {
    match rules.errors().len() {
        0 => Ok(()),
        bad => Err(Error::Incomplete {
            problem: format!("{bad} of {} rules could not be used", bad + rules.len()),
            hint: "each is named above with its line; the others were applied",
        }),
    }
}

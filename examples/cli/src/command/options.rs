//! Options that several commands share.

use crate::Error;
use crate::terminal::say;
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sting_core::model::Embedder;
use sting_core::sigma::RuleSet;
use sting_pii::{Action, Key, Mode, ScrubConfig, Scrubber};
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
    pub(super) fn config(&self) -> ScrubConfig {
        let mut config = ScrubConfig::default().with_profile(&self.profile).with_mode(self.mode);
        if !self.entities.is_empty() {
            config = config.with_entities(&self.entities);
        }
        match self.min_score {
            Some(min_score) => config.with_min_score(min_score),
            None => config,
        }
    }
}

impl Treatment {
    pub(super) fn scrubber(&self) -> Result<Scrubber, Error> {
        let mut config = self.detection.config();
        if self.actions.iter().any(|(_, action)| matches!(action, Action::Token)) {
            return Err(Error::Usage {
                problem: "tokens are restored by a session, which ends with the command".into(),
                hint: "use hash, or fpe".into(),
            });
        }
        for (kind, action) in &self.actions {
            config = config.with_action(kind, action.clone());
        }
        if let Some(path) = &self.key_file {
            config = config.with_key(Key::new(std::fs::read(path).map_err(Error::io("reading", path))?)?);
        }
        Ok(Scrubber::new(config)?)
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

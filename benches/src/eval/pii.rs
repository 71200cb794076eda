//! Private data, on the shared cases. Kinds that the catalog does not have count as missed. Each protocol is
//! described where it is run.

mod generated;
mod presidio;
mod secrets;
mod synth;
mod validators;

use std::fs;

use serde::de::DeserializeOwned;

use super::shared;
use crate::job::Failure;

pub(super) fn run() -> Result<(), Failure> {
    println!("# pii: accuracy\n");
    presidio::run()?;
    secrets::run()?;
    validators::run()?;
    synth::run()?;
    generated::run()
}

/// Our kind for an entity of Presidio: of the same name, or with that name as an alias.
fn kind_of(entity: &str) -> Option<&'static str> {
    let mut rows = sting_pii::builtin().iter();
    let names = |row: &&sting_pii::Detector| {
        row.kind.eq_ignore_ascii_case(entity)
            || row.alias.iter().any(|alias| alias.eq_ignore_ascii_case(entity))
    };
    rows.find(names).map(|row| row.kind.as_str())
}

fn lines<T: DeserializeOwned>(path: &str) -> Result<Vec<T>, Failure> {
    let text = fs::read_to_string(shared(path)?)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

//! Quality, scored on the shared data: what `make eval` runs.
//!
//! Each area prints one Markdown table. The protocols are those of the data's own authors, named beside
//! each score.

mod chunk;
mod embed;
mod events;
mod pii;

use std::path::PathBuf;

use crate::job::Failure;

/// What an evaluation may use besides the shared data.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Folder of the all-MiniLM-L6-v2 model; what needs it is left out without.
    pub model: Option<PathBuf>,
    /// What peers made of the same input, as `peers/eval.py` writes it: boundaries, or rows of `f32`.
    pub peers: Option<PathBuf>,
    /// Where to write the texts that peers are to embed, instead of scoring.
    pub texts: Option<PathBuf>,
}

/// Scores one area and prints its table.
///
/// # Errors
/// Fails if there is no such area, no shared data, or the data is not as expected.
pub fn run(area: &str, settings: &Settings) -> Result<(), Failure> {
    match area {
        "chunk" => chunk::run(settings),
        "embed" => embed::run(settings),
        "pii" => pii::run(),
        "events" => events::run(),
        _ => Err(format!("nothing to evaluate in the area {area}").into()),
    }
}

/// A file of the shared data: under `STING_SHARED`, else in the first `../shared` upward from here.
fn shared(path: &str) -> Result<PathBuf, Failure> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = match std::env::var_os("STING_SHARED") {
        Some(given) => PathBuf::from(given),
        None => {
            here.ancestors().map(|up| up.join("shared")).find(|up| up.is_dir()).ok_or("no shared data")?
        }
    };
    let file = folder.join("data").join(path);
    file.exists().then_some(file).ok_or_else(|| format!("no shared data: {path}").into())
}

/// Byte offset of every code point of a text, and its length: the data counts in code points.
fn code_points(text: &str) -> Vec<usize> {
    text.char_indices().map(|(offset, _)| offset).chain([text.len()]).collect()
}

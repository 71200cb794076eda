//! Reading `tokenizer.json`.

use crate::Error;
use serde::Deserialize;
use serde_json::Value;

/// What this module reads of a `tokenizer.json`. Truncation and padding are left where they are:
/// they are wishes of a training script, not properties of the tokens.
#[derive(Debug, Deserialize)]
pub(super) struct TokenizerFile {
    #[serde(default)]
    pub(super) added_tokens: Vec<AddedToken>,
    #[serde(default)]
    pub(super) normalizer: Value,
    #[serde(default)]
    pub(super) pre_tokenizer: Value,
    #[serde(default)]
    pub(super) post_processor: Value,
    #[serde(default)]
    pub(super) decoder: Value,
    pub(super) model: Value,
}

/// A token that is matched before the model sees the text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct AddedToken {
    pub(super) id: u32,
    pub(super) content: String,
    #[serde(default)]
    pub(super) single_word: bool,
    #[serde(default)]
    pub(super) lstrip: bool,
    #[serde(default)]
    pub(super) rstrip: bool,
    /// Matched in the normalised text, by its own normalised form.
    #[serde(default)]
    pub(super) normalized: bool,
    /// Left out when ids are decoded.
    #[serde(default)]
    pub(super) special: bool,
}

impl AddedToken {
    /// A special token that is found wherever it stands.
    pub(super) fn special(content: &str, id: u32) -> Self {
        let content = content.into();
        let special = true;
        Self { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }
    }
}

/// Why a file is not read by what is built in.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// Nobody could use it.
    Unusable { problem: String, mend: String },
    /// A part of it is of a kind that is not built in.
    NotBuiltIn { part: &'static str, kind: String },
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unusable { problem, mend } => Self::Tokenizer { problem, mend },
            Fault::NotBuiltIn { part, kind } => Self::Tokenizer {
                problem: format!("its {part} is of type {kind}, which is not built in"),
                mend: "build with feature `tokenizers` of sting-core, or convert the model's tokenizer to \
                       WordPiece or byte-level BPE"
                    .into(),
            },
        }
    }
}

/// The fault of a file that nobody could use.
pub(super) fn unusable(problem: impl Into<String>, mend: impl Into<String>) -> Fault {
    Fault::Unusable { problem: problem.into(), mend: mend.into() }
}

/// A part of the file that does not hold what its kind must hold.
pub(super) fn malformed(part: &str) -> Fault {
    unusable(format!("its {part} is malformed"), "download it again, or convert it with `tokenizers`")
}

/// A part of a kind that is not built in. Only a name that looks like one is repeated.
pub(super) fn not_built_in(part: &'static str, kind: &str) -> Fault {
    let named = kind.len() <= 40 && kind.chars().all(|c| c.is_ascii_alphanumeric() || " _-".contains(c));
    Fault::NotBuiltIn { part, kind: if named { kind.into() } else { "unknown".into() } }
}

/// The `type` of a component, `none` where it is null.
pub(super) fn kind(component: &Value) -> &str {
    match component {
        Value::Null => "none",
        component => component.get("type").and_then(Value::as_str).unwrap_or("unknown"),
    }
}

/// A flag of a component.
pub(super) fn flag(component: &Value, name: &str, default: bool) -> bool {
    component.get(name).and_then(Value::as_bool).unwrap_or(default)
}

/// A text of a component; an empty one counts as absent, as it does in old files.
pub(super) fn text<'v>(component: &'v Value, name: &str) -> Option<&'v str> {
    component.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The parts of a `Sequence`, or the component itself.
pub(super) fn sequence<'v>(
    component: &'v Value,
    list: &str,
    part: &'static str,
) -> Result<Vec<&'v Value>, Fault> {
    if kind(component) != "Sequence" {
        return Ok(if component.is_null() { Vec::new() } else { vec![component] });
    }
    let list = component.get(list).and_then(Value::as_array).ok_or_else(|| malformed(part))?;
    let mut flat = Vec::new();
    for part in list {
        match kind(part) {
            "Sequence" => return Err(not_built_in("components", "Sequence in a Sequence")),
            _ => flat.push(part),
        }
    }
    Ok(flat)
}

impl TokenizerFile {
    pub(super) fn parse(json: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(json).map_err(|error| {
            // The column tells enough; the message of serde may quote the file.
            let (line, column) = (error.line(), error.column());
            unusable(
                format!("tokenizer.json is malformed at line {line}, column {column}"),
                "download it again",
            )
        })
    }

    /// What the model is. Old files do not say so, but each kind has a field that no other has.
    pub(super) fn model_kind(&self) -> &str {
        match kind(&self.model) {
            "unknown" if self.model.get("merges").is_some() => "BPE",
            "unknown" if self.model.get("max_input_chars_per_word").is_some() => "WordPiece",
            kind => kind,
        }
    }

    /// The tokens of the model with their ids.
    pub(super) fn vocabulary(&self) -> Result<Vec<(&str, u32)>, Fault> {
        let malformed = || malformed("vocabulary");
        let object = self.model.get("vocab").and_then(Value::as_object).ok_or_else(malformed)?;
        let id = |id: &Value| id.as_u64().filter(|&id| id < u64::from(u32::MAX / 2)).map(|id| id as u32);
        object.iter().map(|(token, value)| Ok((token.as_str(), id(value).ok_or_else(malformed)?))).collect()
    }
}

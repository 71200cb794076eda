//! Reading `tokenizer.json` and `vocab.txt`.

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
    pub(super) model: Value,
}

/// A token that is matched before the model sees the text.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AddedToken {
    pub(super) id: u32,
    pub(super) content: String,
    #[serde(default)]
    pub(super) single_word: bool,
    #[serde(default)]
    pub(super) lstrip: bool,
    #[serde(default)]
    pub(super) rstrip: bool,
    #[serde(default)]
    pub(super) normalized: bool,
}

impl AddedToken {
    /// A token that is found wherever it stands.
    pub(super) fn special(content: &str, id: u32) -> Self {
        let content = content.into();
        Self { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false }
    }
}

/// Special tokens around a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) before: Vec<u32>,
    pub(super) after: Vec<u32>,
}

/// An error that names the fault of a tokenizer file.
pub(super) fn unusable(problem: impl Into<String>, mend: impl Into<String>) -> Error {
    Error::Tokenizer { problem: problem.into(), mend: mend.into() }
}

/// An error for a kind of tokenizer that is not built in.
pub(super) fn unsupported(part: &str, kind: &str) -> Error {
    unusable(
        format!("its {part} is of type {kind}, which is not built in"),
        "build with feature `tokenizers`, or convert the model's tokenizer to WordPiece or byte-level BPE",
    )
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

impl TokenizerFile {
    pub(super) fn parse(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(|error| {
            // The column tells enough; the message of serde may quote the file.
            unusable(
                format!("tokenizer.json is malformed at line {}, column {}", error.line(), error.column()),
                "download it again",
            )
        })
    }

    /// The special tokens that the post-processor puts around a text.
    pub(super) fn template(&self) -> Result<Template, Error> {
        let mut template = Template::default();
        read_template(&self.post_processor, &mut template)?;
        Ok(template)
    }
}

fn read_template(processor: &Value, template: &mut Template) -> Result<(), Error> {
    let malformed =
        || unusable("its post_processor is malformed", "download it again, or convert it with `tokenizers`");
    match kind(processor) {
        "none" | "ByteLevel" => Ok(()),
        "Sequence" => {
            let list = processor.get("processors").and_then(Value::as_array).ok_or_else(malformed)?;
            list.iter().try_for_each(|processor| read_template(processor, template))
        }
        "BertProcessing" | "RobertaProcessing" => {
            let id = |name: &str| {
                let id = processor.get(name).and_then(|pair| pair.get(1)).and_then(Value::as_u64);
                id.map(|id| id as u32).ok_or_else(malformed)
            };
            template.before.insert(0, id("cls")?);
            template.after.push(id("sep")?);
            Ok(())
        }
        "TemplateProcessing" => {
            let mut before = Vec::new();
            let mut after = Vec::new();
            let mut seen = false;
            for item in processor.get("single").and_then(Value::as_array).ok_or_else(malformed)? {
                if item.get("Sequence").is_some() {
                    seen = true;
                    continue;
                }
                let name = item.pointer("/SpecialToken/id").and_then(Value::as_str).ok_or_else(malformed)?;
                let ids = processor.get("special_tokens").and_then(|all| all.get(name)?.get("ids"));
                for id in ids.and_then(Value::as_array).ok_or_else(malformed)? {
                    let id = id.as_u64().ok_or_else(malformed)? as u32;
                    if seen { after.push(id) } else { before.push(id) }
                }
            }
            before.append(&mut template.before);
            template.before = before;
            template.after.append(&mut after);
            Ok(())
        }
        other => Err(unsupported("post_processor", other)),
    }
}

/// The tokens of a `model.vocab` object with their ids.
pub(super) fn vocabulary(model: &Value) -> Result<Vec<(&str, u32)>, Error> {
    let malformed = || unusable("its vocabulary is malformed", "download it again");
    let object = model.get("vocab").and_then(Value::as_object).ok_or_else(malformed)?;
    object
        .iter()
        .map(|(token, id)| {
            let id = id.as_u64().filter(|&id| id < u64::from(u32::MAX / 2)).ok_or_else(malformed)?;
            Ok((token.as_str(), id as u32))
        })
        .collect()
}

//! A sentence-transformers model folder: which files say what.
//!
//! | file | says | if absent |
//! |---|---|---|
//! | `config.json` | the shape of the encoder | error |
//! | `modules.json` | where encoder, pooling and so on are | the encoder is in the folder itself, pooling is the mean |
//! | `sentence_bert_config.json` | tokens that are read of a text, lower case | as many as there are positions |
//! | `1_Pooling/config.json` | how token vectors become one | error, if `modules.json` names it |
//! | `2_Dense` | a layer on the pooled vector | error, if `modules.json` names it |
//! | `config_sentence_transformers.json` | prompts | none |
//!
//! Source: <https://sbert.net/docs/package_reference/sentence_transformer/models.html>.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sting_core::model::ModelError;

use super::pooling::{Dense, Pooling, Step};
use crate::embed::file;

/// Everything that a folder says, beside the tokenizer and the weights.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    /// Where the encoder's files are.
    pub(super) encoder: PathBuf,
    pub(super) config: Config,
    pub(super) pooling: Pooling,
    /// What follows the pooling.
    pub(super) steps: Vec<Step>,
    /// With the special tokens.
    pub(super) max_tokens: usize,
    /// Texts are brought to lower case before they are tokenized.
    pub(super) lower_case: bool,
    pub(super) query_prompt: String,
    pub(super) passage_prompt: String,
}

/// Which tensor names and which small differences apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Bert,
    Roberta,
    DistilBert,
    MpNet,
}

/// The shape of an encoder.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Config {
    pub(super) family: Family,
    pub(super) model_type: String,
    pub(super) vocab: usize,
    pub(super) hidden: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) inner: usize,
    pub(super) activation: Activation,
    pub(super) epsilon: f32,
    /// Rows of the table of positions, and the row of the first token.
    pub(super) position_rows: usize,
    pub(super) first_position: usize,
    /// Rows of the table of token types; 0 if there is none.
    pub(super) type_rows: usize,
    /// Rows of the table of relative positions; 0 if there is none.
    pub(super) relative_rows: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    /// With the error function.
    Gelu,
    /// With the hyperbolic tangent.
    GeluTanh,
    Relu,
}

impl Folder {
    pub(super) fn read(root: &Path) -> Result<Self, ModelError> {
        if !root.is_dir() {
            let mend = "pass the folder that holds config.json and model.safetensors";
            return Err(fault(root, "is not a folder", mend));
        }
        let modules = Modules::read(root)?;
        let config = Config::read(&modules.encoder.join("config.json"))?;
        let steps = modules.steps(config.hidden)?;
        let positions = config.position_rows - config.first_position;
        let settings = Settings::read(&modules.encoder)?;
        let prompts: PromptFile =
            read_json(&root.join("config_sentence_transformers.json"))?.unwrap_or_default();
        let prompt = |names: &[&str]| {
            let default = prompts.default_prompt_name.as_deref();
            let mut names = names.iter().copied().chain(default);
            names.find_map(|name| prompts.prompts.get(name)?.as_str()).unwrap_or_default().to_owned()
        };
        Ok(Self {
            query_prompt: prompt(&["query"]),
            passage_prompt: prompt(&["passage", "document"]),
            encoder: modules.encoder,
            pooling: modules.pooling,
            steps,
            config,
            max_tokens: settings.max_tokens.unwrap_or(positions).min(positions),
            lower_case: settings.lower_case,
        })
    }
}

#[derive(Default, Deserialize)]
struct PromptFile {
    #[serde(default)]
    prompts: serde_json::Map<String, Value>,
    default_prompt_name: Option<String>,
}

/// What `modules.json` lists.
struct Modules {
    encoder: PathBuf,
    pooling: Pooling,
    /// The kinds and folders of the modules behind the pooling.
    rest: Vec<(String, PathBuf)>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Modules {
    fn read(root: &Path) -> Result<Self, ModelError> {
        let list = root.join("modules.json");
        let mut modules = Self { encoder: root.to_path_buf(), pooling: Pooling::Mean, rest: Vec::new() };
        for module in read_json::<Vec<Module>>(&list)?.unwrap_or_default() {
            if module.path.split(['/', '\\']).any(|part| part == "..") || module.path.starts_with('/') {
                return Err(fault(&list, "a path leads out of the folder", "use paths below the folder"));
            }
            let folder = root.join(&module.path);
            match module.kind.rsplit('.').next().unwrap_or_default() {
                "Transformer" => modules.encoder = folder,
                "Pooling" => modules.pooling = Pooling::read(&folder.join("config.json"))?,
                kind @ ("Dense" | "Normalize") => modules.rest.push((kind.to_owned(), folder)),
                other => {
                    let problem = format!("module {other} is not supported");
                    let mend = "use a model of Transformer, Pooling, Dense and Normalize";
                    return Err(fault(&list, problem, mend));
                }
            }
        }
        Ok(modules)
    }

    fn steps(&self, mut width: usize) -> Result<Vec<Step>, ModelError> {
        let mut steps = Vec::new();
        for (kind, folder) in &self.rest {
            let step =
                if kind == "Dense" { Step::Dense(Dense::read(folder, width)?) } else { Step::Normalize };
            width = step.outputs().unwrap_or(width);
            steps.push(step);
        }
        Ok(steps)
    }
}

impl Config {
    pub(super) fn read(path: &Path) -> Result<Self, ModelError> {
        let file: serde_json::Map<String, Value> = required(path)?;
        let model_type = file.get("model_type").and_then(Value::as_str).unwrap_or("bert").to_owned();
        let family = match model_type.as_str() {
            "bert" => Family::Bert,
            "roberta" | "xlm-roberta" | "camembert" => Family::Roberta,
            "distilbert" => Family::DistilBert,
            "mpnet" => Family::MpNet,
            other => {
                let problem = format!("architecture {other} is unknown");
                let mend = "use a model of the bert, roberta, distilbert or mpnet family";
                return Err(fault(path, problem, mend));
            }
        };
        let distil = family == Family::DistilBert;
        let pick = |name: &'static str, distil_name: &'static str| if distil { distil_name } else { name };
        let number = |name: &'static str| {
            // The limit keeps the product of any two sizes from overflowing.
            file.get(name)
                .and_then(Value::as_u64)
                .filter(|&n| n > 0 && n < 1 << 24)
                .map(|n| n as usize)
                .ok_or_else(|| {
                    let problem = format!("{name} is missing or not a size");
                    fault(path, problem, "copy the file again from the model's repository")
                })
        };
        let or =
            |name: &str, default: u64| file.get(name).and_then(Value::as_u64).unwrap_or(default) as usize;
        let offset_positions = matches!(family, Family::Roberta | Family::MpNet);
        let config = Self {
            family,
            vocab: number("vocab_size")?,
            hidden: number(pick("hidden_size", "dim"))?,
            layers: number(pick("num_hidden_layers", "n_layers"))?,
            heads: number(pick("num_attention_heads", "n_heads"))?,
            inner: number(pick("intermediate_size", "hidden_dim"))?,
            activation: Activation::read(&file, pick("hidden_act", "activation"), path)?,
            epsilon: file.get("layer_norm_eps").and_then(Value::as_f64).unwrap_or(1e-12) as f32,
            position_rows: number("max_position_embeddings")?,
            // These families keep the rows up to that of the padding token free.
            first_position: if offset_positions { or("pad_token_id", 1) + 1 } else { 0 },
            type_rows: match family {
                Family::Bert => or("type_vocab_size", 2),
                Family::Roberta => or("type_vocab_size", 1),
                Family::DistilBert | Family::MpNet => 0,
            },
            relative_rows: if family == Family::MpNet { or("relative_attention_num_buckets", 32) } else { 0 },
            model_type,
        };
        config.check(&file).map_err(|problem| {
            fault(path, problem, "use another model, or copy the file again from its repository")
        })?;
        Ok(config)
    }

    fn check(&self, file: &serde_json::Map<String, Value>) -> Result<(), String> {
        let Self { hidden, heads, layers, position_rows, first_position, .. } = *self;
        if hidden % heads != 0 {
            return Err(format!("hidden_size {hidden} is not a multiple of num_attention_heads {heads}"));
        }
        if layers > 1024 {
            return Err(format!("{layers} layers are more than any model has"));
        }
        // A text needs at least its two special tokens and one of its own.
        if position_rows < first_position + 3 {
            return Err(format!("max_position_embeddings {position_rows} leaves no room for a text"));
        }
        if self.type_rows > 1 << 24 || self.relative_rows > 1 << 24 || !self.epsilon.is_finite() {
            return Err("a size is out of range".to_owned());
        }
        match file.get("position_embedding_type").and_then(Value::as_str) {
            None | Some("absolute") => Ok(()),
            Some(other) => Err(format!("position_embedding_type {other} is not supported")),
        }
    }
}

impl Activation {
    fn read(file: &serde_json::Map<String, Value>, key: &str, path: &Path) -> Result<Self, ModelError> {
        match file.get(key).and_then(Value::as_str).unwrap_or("gelu") {
            "gelu" => Ok(Self::Gelu),
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" => Ok(Self::GeluTanh),
            "relu" => Ok(Self::Relu),
            other => {
                let problem = format!("{key} {other} is not supported");
                Err(fault(path, problem, "use a model with gelu, gelu_new or relu"))
            }
        }
    }
}

/// What `sentence_bert_config.json` says.
#[derive(Default)]
struct Settings {
    max_tokens: Option<usize>,
    lower_case: bool,
}

impl Settings {
    fn read(encoder: &Path) -> Result<Self, ModelError> {
        let path = encoder.join("sentence_bert_config.json");
        let Some(file) = read_json::<serde_json::Map<String, Value>>(&path)? else {
            return Ok(Self::default());
        };
        let max_tokens = match file.get("max_seq_length") {
            None | Some(Value::Null) => None,
            Some(value) => match value.as_u64() {
                Some(tokens @ 3..) => Some(tokens as usize),
                _ => {
                    return Err(fault(
                        &path,
                        "max_seq_length is not a number above 2",
                        "write the length, as 256",
                    ));
                }
            },
        };
        Ok(Self { max_tokens, lower_case: file.get("do_lower_case").and_then(Value::as_bool) == Some(true) })
    }
}

pub(super) fn required<T: DeserializeOwned>(path: &Path) -> Result<T, ModelError> {
    parse(path, &file::read(path)?)
}

/// `None` if there is no such file.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ModelError> {
    if path.exists() { required(path).map(Some) } else { Ok(None) }
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, ModelError> {
    serde_json::from_slice(bytes).map_err(|error| {
        fault(
            path,
            format!("is not what it should be ({error})"),
            "copy the file again from the model's repository",
        )
    })
}

pub(super) fn fault(path: &Path, problem: impl Into<String>, mend: &str) -> ModelError {
    ModelError::new(path.display().to_string(), problem, mend)
}

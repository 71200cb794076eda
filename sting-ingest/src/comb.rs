//! Combs: what to read, how to scrub it and where to put it, as configuration.

mod fields;
mod files;
mod rule;

pub use files::FileSource;
pub use rule::{FieldRule, Step, Target};

pub(crate) use files::{Found, Listing, Stamp, reason};

use crate::Error;
use fields::Fields;
use serde_json::{Number, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use sting_core::yaml::{self, Node};
use sting_core::{Id, Waiver};

/// Values for `${NAME}` in a comb.
pub type Variables = BTreeMap<String, String>;

/// A source and what becomes of it: the configuration of one pipeline.
///
/// Read from JSON or YAML; unknown keys are refused by name.
///
/// ```
/// use sting_ingest::Comb;
/// let comb = Comb::from_json(r#"{"name": "docs", "type": "file_system", "subtype": "local",
///     "connection": {"parameters": {"path": "in", "file_patterns": ["**/*.md"]}},
///     "scrubbing": {"profile_id": "default"}}"#)?;
/// assert_eq!(comb.name, "docs");
/// let error = Comb::from_json(r#"{"name": "docs", "typ": "file_system"}"#).unwrap_err();
/// assert_eq!(error.to_string(), "comb: unknown key `typ`; did you mean `type`?");
/// # Ok::<(), sting_ingest::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Comb {
    /// Its name, which is its identity: ids of documents are made from it.
    pub name: String,
    /// Where documents come from.
    pub source: FileSource,
    /// What is read of the source.
    pub mode: Mode,
    /// How documents are scrubbed.
    pub scrubbing: Scrubbing,
    /// How Parquet is written.
    pub output: Output,
}

/// What is read of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// What is new or has changed since the last run.
    #[default]
    Incremental,
    /// Everything, each time.
    Full,
}

/// How documents are scrubbed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scrubbing {
    /// Name of the profile; whichever the pipeline's scrubber has if it is not set.
    pub profile: Option<String>,
    /// What is done with whole fields, whatever they hold.
    pub rules: Vec<FieldRule>,
    /// If documents may pass as they are: who decided so, and why.
    pub waiver: Option<Waiver>,
}

/// How Parquet is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// How pages are compressed.
    pub compression: Compression,
    /// Folders by the time at which a document was last modified, in UTC.
    pub partitioning: Vec<Partition>,
}

/// How Parquet pages are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Zstandard, level 1: as fast as Snappy, and smaller.
    #[default]
    Zstd,
    /// Snappy.
    Snappy,
    /// Not at all.
    None,
}

/// A level of folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partition {
    /// `year=2026`
    Year,
    /// `month=01`
    Month,
    /// `day=31`
    Day,
}

impl Comb {
    /// Reads a comb from a file: YAML if its extension is `yml` or `yaml`, else JSON.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::Config`] if it is not a comb.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load_with(path, &Variables::new())
    }

    /// As [`Comb::load`], with values for `${NAME}`.
    ///
    /// # Errors
    /// As [`Comb::load`].
    pub fn load_with(path: impl AsRef<Path>, variables: &Variables) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(Error::io("reading the comb failed", path))?;
        let is =
            |wanted: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted));
        if is("yml") || is("yaml") {
            Self::from_yaml_with(&text, variables)
        } else {
            Self::from_json_with(&text, variables)
        }
    }

    /// Reads a comb from YAML.
    ///
    /// # Errors
    /// [`Error::Config`] names the key and the mend.
    pub fn from_yaml(text: &str) -> Result<Self, Error> {
        Self::from_yaml_with(text, &Variables::new())
    }

    /// As [`Comb::from_yaml`], with values for `${NAME}`.
    ///
    /// # Errors
    /// As [`Comb::from_yaml`].
    pub fn from_yaml_with(text: &str, variables: &Variables) -> Result<Self, Error> {
        let documents = yaml::parse(text).map_err(|error| {
            Error::config("comb", format!("{} at line {}", error.problem, error.line), error.mend)
        })?;
        if let Some(second) = documents.get(1) {
            let problem = format!("a second document begins at line {}", second.line);
            return Err(Error::config("comb", problem, "give each comb a file of its own"));
        }
        Self::from_value(documents.into_iter().next().map_or(Value::Null, as_json), variables)
    }

    /// Reads a comb from JSON.
    ///
    /// # Errors
    /// [`Error::Config`] names the key and the mend.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        Self::from_json_with(text, &Variables::new())
    }

    /// As [`Comb::from_json`], with values for `${NAME}`.
    ///
    /// # Errors
    /// As [`Comb::from_json`].
    pub fn from_json_with(text: &str, variables: &Variables) -> Result<Self, Error> {
        let value = serde_json::from_str(text).map_err(|error| {
            let place = format!("is not JSON at line {}, column {}", error.line(), error.column());
            Error::config("comb", place, "check quotes, commas and brackets there")
        })?;
        Self::from_value(value, variables)
    }

    /// A comb over all files of a folder, or over one file.
    ///
    /// Its name is that of the folder and a hash of where it is, so that two folders of the same
    /// name do not meet in one store; [`Comb::with_name`] gives it one that moves with the folder.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no such folder.
    pub fn folder(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let place = path.canonicalize().map_err(Error::io("finding the folder failed", path))?;
        let id = Id::of([place.as_os_str().as_encoded_bytes()]).to_string();
        let name = place.file_name().map_or("root".into(), |name| name.to_string_lossy());
        Ok(Self {
            name: format!("{name}-{}", &id[..8]),
            source: FileSource::new(path),
            mode: Mode::default(),
            scrubbing: Scrubbing::default(),
            output: Output::default(),
        })
    }

    /// Renames the comb. Documents of another name are other documents.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets what is read.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    fn from_value(value: Value, variables: &Variables) -> Result<Self, Error> {
        let mut top = Fields::new("comb", value, variables)?;
        let name = top.required_text("name")?;
        let kind = top.required_text("type")?;
        let subtype = top.text("subtype")?.unwrap_or_else(|| "local".into());
        if (kind.as_str(), subtype.as_str()) != ("file_system", "local") {
            let problem = format!("{kind}/{subtype} is not a source of this build");
            return Err(Error::config("comb.type", problem, "use `file_system` with subtype `local`"));
        }
        for ignored in ["id", "description"] {
            top.text(ignored)?;
        }
        let source = FileSource::from_fields(top.required_object("connection")?)?;
        let mode = top.object("extraction")?.map_or(Ok(Mode::default()), Mode::from_fields)?;
        let scrubbing = top.object("scrubbing")?.map_or(Ok(Scrubbing::default()), Scrubbing::from_fields)?;
        let output = top.object("output")?.map_or(Ok(Output::default()), Output::from_fields)?;
        top.finish()?;
        Ok(Self { name, source, mode, scrubbing, output })
    }

    /// The id of a document of this comb.
    pub(crate) fn document_id(&self, key: &str) -> Id {
        Id::of([self.name.as_bytes(), key.as_bytes()])
    }
}

impl Mode {
    fn from_fields(mut fields: Fields<'_>) -> Result<Self, Error> {
        let mode = match fields.text("mode")?.as_deref() {
            None | Some("incremental" | "file_monitor" | "pattern_match") => Self::Incremental,
            Some("full" | "full_dump" | "bucket_snapshot") => Self::Full,
            Some(other) => {
                return Err(fields.wrong(
                    "mode",
                    &format!("{other:?} is not a mode of files"),
                    "use `incremental` or `full`",
                ));
            }
        };
        fields.finish()?;
        Ok(mode)
    }
}

impl Scrubbing {
    fn from_fields(mut fields: Fields<'_>) -> Result<Self, Error> {
        let enabled = fields.flag("enabled")?.unwrap_or(true);
        let profile = fields.text("profile_id")?;
        let rules = fields
            .objects("custom_rules")?
            .into_iter()
            .map(FieldRule::from_fields)
            .collect::<Result<_, _>>()?;
        let waiver = fields.object("waiver")?.map(|mut waiver| {
            let signed =
                Waiver { who: waiver.required_text("who")?, reason: waiver.required_text("reason")? };
            waiver.finish()?;
            Ok::<_, Error>(signed)
        });
        let waiver = waiver.transpose()?;
        if enabled == waiver.is_some() {
            let (problem, mend) = if enabled {
                ("there is a waiver for scrubbing that is on", "remove the waiver, or set `enabled` to false")
            } else {
                ("scrubbing is off and nobody signed for it", "add `waiver` with `who` and `reason`")
            };
            return Err(fields.wrong("enabled", problem, mend));
        }
        fields.finish()?;
        Ok(Self { profile, rules, waiver })
    }
}

impl Output {
    fn from_fields(mut fields: Fields<'_>) -> Result<Self, Error> {
        if let Some(format) = fields.text("format")?
            && format != "parquet"
        {
            return Err(fields.wrong("format", &format!("{format:?} is not written"), "use `parquet`"));
        }
        let compression = match fields.text("compression")?.as_deref() {
            None | Some("zstd") => Compression::Zstd,
            Some("snappy") => Compression::Snappy,
            Some("none" | "uncompressed") => Compression::None,
            Some(other) => {
                return Err(fields.wrong(
                    "compression",
                    &format!("{other:?} is unknown"),
                    "use `zstd`, `snappy` or `none`",
                ));
            }
        };
        let mut partitioning = Vec::new();
        for level in fields.texts("partitioning")?.unwrap_or_default() {
            partitioning.push(match level.as_str() {
                "year" => Partition::Year,
                "month" => Partition::Month,
                "day" => Partition::Day,
                other => {
                    return Err(fields.wrong(
                        "partitioning",
                        &format!("{other:?} is unknown"),
                        "use `year`, `month`, `day`",
                    ));
                }
            });
        }
        fields.finish()?;
        Ok(Self { compression, partitioning })
    }
}

impl FileSource {
    fn from_fields(mut connection: Fields<'_>) -> Result<Self, Error> {
        if connection.text("vault_path")?.is_some() {
            return Err(connection.wrong("vault_path", "a local folder needs no secret", "remove it"));
        }
        let mut fields = connection.required_object("parameters")?;
        connection.finish()?;
        let mut source = Self::new(PathBuf::from(fields.required_text("path")?));
        source.recursive = fields.flag("recursive")?.unwrap_or(true);
        source.include = fields.texts("file_patterns")?.unwrap_or_default();
        source.exclude = fields.texts("exclude_patterns")?.unwrap_or_default();
        fields.finish()?;
        source.check()?;
        Ok(source)
    }
}

/// What the same value is in JSON.
fn as_json(node: Node) -> Value {
    match node.value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Bool(flag) => Value::Bool(flag),
        yaml::Value::Number(text) => number(&text).map_or(Value::String(text), Value::Number),
        yaml::Value::Text(text) => Value::String(text),
        yaml::Value::List(items) => items.into_iter().map(as_json).collect(),
        yaml::Value::Map(entries) => {
            entries.into_iter().map(|(key, node)| (key.name, as_json(node))).collect()
        }
    }
}

/// A number of YAML, which may be spelt in ways that JSON does not have: `+1`, `01`, `0x1F`, `.5`.
fn number(text: &str) -> Option<Number> {
    if let Some(hex) = text.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok().map(Number::from);
    }
    let whole = text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from));
    whole.ok().or_else(|| Number::from_f64(text.parse().ok()?))
}

#[cfg(test)]
mod tests;

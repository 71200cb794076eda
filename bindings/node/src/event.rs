//! Detection rules over security events; indicators and templates in their texts.

use crate::error::OrThrow;
use crate::task::{Job, promise};
use napi::bindgen_prelude::{AsyncTask, Buffer, Either, FromNapiValue, TypeName, Unknown};
use napi::{JsValue, Result, ValueType, sys};
use napi_derive::napi;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use sting_core::event::Event;
use sting_core::offset::{Offsets, Unit};
use sting_core::sigma::{self, RuleSet};
use sting_core::template::{self, TemplateConfig};
use sting_core::{Span, ioc};

/// A rule that cannot be used, and why.
#[napi(object)]
pub struct RuleFault {
    pub path: String,
    /// From 1; 0 if the fault has no single line.
    pub line: u32,
    pub message: String,
}

/// One value that matched one pattern of a rule.
#[napi(object)]
pub struct FieldMatch {
    pub field: String,
    pub value: String,
    pub pattern: String,
}

/// A rule that matched an event, and why.
#[napi(object)]
pub struct Match {
    pub rule_id: String,
    pub title: String,
    pub level: Option<String>,
    pub tags: Vec<String>,
    pub path: String,
    pub fields: Vec<FieldMatch>,
}

/// Sigma rules, evaluated together.
#[napi]
pub struct Rules(pub(crate) Arc<RuleSet>);

#[napi]
impl Rules {
    /// Loads rule files, and folders of them. A rule that cannot be used is in `errors`.
    #[napi(factory, ts_args_type = "paths: string | Array<string>")]
    pub fn load(paths: Either<String, Vec<String>>) -> Result<Self> {
        let paths: Vec<PathBuf> = match paths {
            Either::A(path) => vec![path.into()],
            Either::B(paths) => paths.into_iter().map(PathBuf::from).collect(),
        };
        sting_ingest::load_rules(&paths).map(|set| Self(Arc::new(set))).or_throw()
    }

    /// Rules from YAML, by the name that errors and matches give it.
    #[napi(factory)]
    pub fn parse(files: std::collections::HashMap<String, String>) -> Self {
        Self(Arc::new(RuleSet::parse(files.into_iter().collect::<BTreeMap<_, _>>())))
    }

    #[napi(getter)]
    pub fn errors(&self) -> Vec<RuleFault> {
        let fault = |error: &sting_core::RuleError| RuleFault {
            path: error.path.clone(),
            line: error.line as u32,
            message: error.message.clone(),
        };
        self.0.errors().iter().map(fault).collect()
    }

    #[napi(getter)]
    pub fn length(&self) -> u32 {
        self.0.len() as u32
    }

    /// Every rule that an event matches: an object, or JSON as a string or a buffer.
    #[napi(ts_args_type = "event: object | string | Buffer")]
    pub fn match_sync(&self, event: Json) -> Result<Vec<Match>> {
        matches(&self.0, &event.0)
    }

    /// Every rule that an event matches: an object, or JSON as a string or a buffer.
    #[napi(
        js_name = "match",
        ts_args_type = "event: object | string | Buffer, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Array<Match>>"
    )]
    pub fn matches(&self, event: Json) -> AsyncTask<Job<Vec<Match>>> {
        let rules = self.0.clone();
        promise(move || matches(&rules, &event.0))
    }
}

/// The JSON of an event: a string or a buffer as it is, anything else written as JSON.
pub struct Json(pub(crate) Vec<u8>);

impl TypeName for Json {
    fn type_name() -> &'static str {
        "object | string | Buffer"
    }

    fn value_type() -> ValueType {
        ValueType::Unknown
    }
}

impl FromNapiValue for Json {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: `env` and `value` are those that Node handed to this call, and are passed on unchanged.
        unsafe {
            let unknown = Unknown::from_napi_value(env, value)?;
            Ok(Self(match unknown.get_type()? {
                ValueType::String => String::from_napi_value(env, value)?.into_bytes(),
                _ if unknown.is_buffer()? => Buffer::from_napi_value(env, value)?.into(),
                _ => Value::from_napi_value(env, value)?.to_string().into_bytes(),
            }))
        }
    }
}

fn matches(rules: &RuleSet, json: &[u8]) -> Result<Vec<Match>> {
    let event = Event::from_json(json).or_throw()?;
    Ok(rules.matches(&event).into_iter().map(Match::from).collect())
}

impl From<sigma::Match> for Match {
    fn from(found: sigma::Match) -> Self {
        let field =
            |one: sigma::FieldMatch| FieldMatch { field: one.field, value: one.value, pattern: one.pattern };
        Self {
            rule_id: found.rule_id,
            title: found.title,
            level: found.level.map(|level| level.to_string()),
            tags: found.tags,
            path: found.path.to_string(),
            fields: found.fields.into_iter().map(field).collect(),
        }
    }
}

/// An indicator of compromise: what it is, refanged, and where it stands, in UTF-16 units.
#[napi(object)]
pub struct Ioc {
    /// `ipv4`, `ipv6`, `cidr`, `domain`, `url`, `email`, `md5`, `sha1`, `sha256`, `sha512`, `cve`, `mitre_technique`,
    /// `filename` or `wallet`.
    pub kind: String,
    pub value: String,
    pub start: u32,
    pub end: u32,
}

#[napi(object)]
pub struct IocOptions {
    /// Reports private addresses, vendors' domains and the like, too.
    pub keep_benign: Option<bool>,
}

/// The indicators in a text, defanged or not, in order.
#[napi]
pub fn extract_iocs(text: String, options: Option<IocOptions>) -> Vec<Ioc> {
    let offsets = Offsets::new(&text, Unit::Utf16);
    let keep = options.and_then(|options| options.keep_benign).unwrap_or(false);
    let js = |one: ioc::Ioc| {
        let span = offsets.span(one.span);
        Ioc { kind: one.kind.to_string(), value: one.value, start: span.start as u32, end: span.end as u32 }
    };
    ioc::Extractor::default().with_benign_kept(keep).extract(&text).into_iter().map(js).collect()
}

/// The template of a log line.
#[napi(object)]
pub struct Template {
    pub id: f64,
    /// Its words, with `<*>` for each parameter.
    pub template: String,
    /// Lines of it so far.
    pub count: f64,
    /// The parameters of the line that was pushed, one for each `<*>`.
    pub params: Vec<String>,
    /// What the line changed among the templates: `none`, `new`, `merged` or `split`.
    pub change: String,
    /// The templates that are no more since this line.
    pub replaces: Vec<f64>,
}

/// What a miner may hold, and when it changes its mind.
#[napi(object)]
pub struct TemplateOptions {
    pub max_templates: Option<u32>,
    pub max_words: Option<u32>,
    pub merge_after: Option<u32>,
    pub split_after: Option<u32>,
}

/// Mines templates from log lines, online and in bounded memory, with one setting for every log.
#[napi]
pub struct TemplateMiner(template::TemplateMiner);

#[napi]
impl TemplateMiner {
    #[napi(constructor)]
    pub fn new(options: Option<TemplateOptions>) -> Result<Self> {
        let mut config = TemplateConfig::default();
        if let Some(options) = options {
            let or = |given: Option<u32>, default: usize| given.map_or(default, |value| value as usize);
            config.max_templates = or(options.max_templates, config.max_templates);
            config.max_words = or(options.max_words, config.max_words);
            config.merge_after = or(options.merge_after, config.merge_after);
            config.split_after = options.split_after.map_or(config.split_after, u64::from);
        }
        template::TemplateMiner::new(config).map(Self).or_throw()
    }

    /// A miner that goes on where the one that wrote the bytes stopped.
    #[napi(factory)]
    pub fn from_bytes(state: Buffer) -> Result<Self> {
        template::TemplateMiner::from_bytes(&state).map(Self).or_throw()
    }

    #[napi]
    pub fn to_bytes(&self) -> Buffer {
        self.0.to_bytes().into()
    }

    #[napi]
    pub fn push(&mut self, line: String) -> Template {
        let mined = self.0.push(&line);
        let param = |span: &Span| span.get(&line).unwrap_or_default().to_owned();
        let params = mined.params.iter().map(param).collect();
        let held = self.0.get(mined.id).expect("the template of a line is held");
        Template {
            params,
            change: mined.change.as_str().into(),
            replaces: mined.change.replaced().iter().map(|&id| id as f64).collect(),
            ..held.into()
        }
    }

    /// Every template that is held, without parameters.
    #[napi]
    pub fn templates(&self) -> Vec<Template> {
        self.0.templates().into_iter().map(Template::from).collect()
    }
}

impl From<&template::Template> for Template {
    fn from(held: &template::Template) -> Self {
        Self {
            id: held.id as f64,
            template: held.text.clone(),
            count: held.count as f64,
            params: Vec::new(),
            change: "none".into(),
            replaces: Vec::new(),
        }
    }
}

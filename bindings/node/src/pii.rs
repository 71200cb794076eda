//! Private data.

use crate::error::{OrThrow, config};
use crate::session::{ScrubStream, Session, SessionOptions};
use crate::task::{Job, promise};
use napi::Result;
use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi_derive::napi;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use sting_core::offset::{Offsets, Unit};
use sting_pii::{Action, CustomDetector, Exception, Format, Key, Mode, PatternSet, Preset, ScrubConfig};

/// Something private in a text, with its place and what speaks for it. It holds no text and may be logged.
#[napi(object)]
pub struct Finding {
    pub kind: String,
    /// Where it begins, in UTF-16 units.
    pub start: u32,
    /// Where it ends, in UTF-16 units.
    pub end: u32,
    /// Estimated probability that it is what `kind` says.
    pub score: f64,
    /// What the scrubber does with it.
    pub action: String,
    /// The detector, and whether a checksum, context, a key or words against it were seen.
    #[napi(
        ts_type = "{ detector: string, validated: boolean, context: boolean, key: boolean, negative: boolean }"
    )]
    pub evidence: Value,
}

/// A scrubbed text with its account.
#[napi(object)]
pub struct Scrubbed {
    pub text: String,
    /// What was found, with places in the text that was given.
    pub findings: Vec<Finding>,
}

/// What is looked for and what is done with it.
#[napi(object, object_to_js = false)]
pub struct ScrubberOptions {
    /// Name of a profile (`default` if left out), or one of your own: `{ name, extends, kinds, actions, ... }`.
    #[napi(ts_type = "string | Record<string, unknown>")]
    pub profile: Option<Value>,
    /// Look for these kinds only.
    pub entities: Option<Vec<String>>,
    /// By kind, `*` for all others: `keep`, `mask`, `hash`, `remove`, `replace`, `token`, `fpe`, `generalize`,
    /// `date_shift`, or an object such as `{ mask: { keep_last: 4 } }`.
    #[napi(ts_type = "Record<string, string | Record<string, unknown>>")]
    pub actions: Option<HashMap<String, Value>>,
    /// What texts are about; see `detectMode`.
    pub mode: Option<String>,
    /// Findings that are let pass: `{ kinds, values, fields, below }`.
    #[napi(ts_type = "Array<Record<string, unknown>>")]
    pub exceptions: Option<Vec<Value>>,
    /// Report findings from this score on; 0.5 if left out.
    pub min_score: Option<f64>,
    /// The key of `hash`, `token`, `fpe` and `date_shift`, at least 16 bytes.
    pub key: Option<Buffer>,
    /// Whether to look for persons, places, organisations and addresses in running text; true if left out.
    pub names: Option<bool>,
    /// Detectors of your own, in the catalog's schema.
    #[napi(ts_type = "Array<Record<string, unknown>>")]
    pub custom: Option<Vec<Value>>,
    /// Patterns in the exchange format of pattern catalogs, as JSON.
    pub patterns: Option<String>,
    /// Only what matters in one sort of text.
    #[napi(ts_type = "'logs' | 'config' | 'api' | 'database' | 'general'")]
    pub preset: Option<String>,
    /// Values that are never private.
    pub allow: Option<Vec<String>>,
    /// By kind, values that are always private.
    pub deny: Option<HashMap<String, Vec<String>>>,
    /// By kind, names of keys and columns whose value is always private: `phone_*`.
    pub key_names: Option<HashMap<String, Vec<String>>>,
}

/// Finds private data and takes it out.
#[napi]
pub struct Scrubber(sting_pii::Scrubber);

#[napi]
impl Scrubber {
    #[napi(constructor)]
    pub fn new(options: Option<ScrubberOptions>) -> Result<Self> {
        let mut settings = ScrubConfig::default();
        if let Some(options) = options {
            settings = match options.profile {
                Some(Value::String(name)) => settings.with_profile(name),
                Some(own) => settings.with_own_profile(from_json(own, "profile")?),
                None => settings,
            };
            if let Some(mode) = options.mode {
                settings = settings.with_mode(mode.parse::<Mode>().or_throw()?);
            }
            for (i, exception) in options.exceptions.into_iter().flatten().enumerate() {
                let exception: Exception = from_json(exception, &format!("exceptions[{i}]"))?;
                settings = settings.with_exceptions([exception]);
            }
            if let Some(kinds) = options.entities {
                settings = settings.with_entities(kinds);
            }
            if let Some(min_score) = options.min_score {
                settings = settings.with_min_score(min_score as f32);
            }
            if let Some(key) = options.key {
                settings = settings.with_key(Key::new(key).or_throw()?);
            }
            if let Some(preset) = options.preset {
                settings = settings.with_preset(preset.parse::<Preset>().or_throw()?);
            }
            if let Some(json) = options.patterns {
                settings = settings.with_patterns(PatternSet::read(&json).or_throw()?).or_throw()?;
            }
            settings = settings.with_allowed(options.allow.unwrap_or_default());
            for (kind, values) in options.deny.into_iter().flatten() {
                settings = settings.with_denied(kind, values);
            }
            for (kind, names) in options.key_names.into_iter().flatten() {
                settings = settings.with_key_names(kind, names);
            }
            for (kind, action) in options.actions.into_iter().flatten() {
                let action: Action = from_json(action, &format!("actions.{kind}"))?;
                settings = settings.with_action(kind, action);
            }
            settings = settings.with_names(options.names.unwrap_or(true));
            let rows = options.custom.into_iter().flatten().enumerate();
            let rows = rows.map(|(i, row)| from_json::<CustomDetector>(row, &format!("custom[{i}]")));
            settings = settings.with_custom(rows.collect::<Result<_>>()?);
        }
        sting_pii::Scrubber::new(settings).map(Self).or_throw()
    }

    #[napi]
    pub fn find_sync(&self, text: String) -> Vec<Finding> {
        findings_of(&text, self.0.find(&text))
    }

    /// What is private in a text, in order.
    #[napi(
        ts_args_type = "text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Array<Finding>>"
    )]
    pub fn find(&self, text: String) -> AsyncTask<Job<Vec<Finding>>> {
        let scrubber = self.0.clone();
        promise(move || Ok(findings_of(&text, scrubber.find(&text))))
    }

    #[napi]
    pub fn scrub_sync(&self, text: String) -> Result<Scrubbed> {
        scrub(&self.0, &text)
    }

    /// The text without it. If that fails, the promise is rejected and no text comes out.
    #[napi(
        ts_args_type = "text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Scrubbed>"
    )]
    pub fn scrub(&self, text: String) -> AsyncTask<Job<Scrubbed>> {
        let scrubber = self.0.clone();
        promise(move || scrub(&scrubber, &text))
    }

    #[napi]
    pub fn scrub_json_sync(&self, text: String) -> Result<String> {
        self.0.scrub_json(&text).map(|scrubbed| scrubbed.text.into_inner()).or_throw()
    }

    /// JSON whose strings are scrubbed, with keys as context; everything else stays byte for byte.
    #[napi(
        ts_args_type = "text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<string>"
    )]
    pub fn scrub_json(&self, text: String) -> AsyncTask<Job<String>> {
        let scrubber = self.0.clone();
        promise(move || scrubber.scrub_json(&text).map(|scrubbed| scrubbed.text.into_inner()).or_throw())
    }
}

#[napi]
impl Scrubber {
    #[napi]
    pub fn scrub_as_sync(&self, format: String, text: String) -> Result<Scrubbed> {
        scrub_as(&self.0, &format, &text)
    }

    /// A structured text (`auto`, `json`, `csv`, `log`, ...), scrubbed value by value with the names of fields as
    /// context; everything else stays byte for byte.
    #[napi(
        ts_args_type = "format: string, text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Scrubbed>"
    )]
    pub fn scrub_as(&self, format: String, text: String) -> AsyncTask<Job<Scrubbed>> {
        let scrubber = self.0.clone();
        promise(move || scrub_as(&scrubber, &format, &text))
    }

    /// Tokens for what goes to a language model. Values are kept in `vault`, or in memory for an hour.
    #[napi]
    pub fn session(&self, key: Buffer, options: Option<SessionOptions>) -> Result<Session> {
        Session::new(&self.0, key, options.unwrap_or_default())
    }

    /// Scrubs a stream that comes in pieces, as text or in a format of lines (`log`, `csv`, ...);
    /// `createScrubStream` makes a `stream.Transform` of it.
    #[napi]
    pub fn stream(&self, format: Option<String>) -> Result<ScrubStream> {
        let format = format.map_or(Ok(Format::Text), |name| name.parse::<Format>()).or_throw()?;
        self.0.stream_as(format).map(ScrubStream::new).or_throw()
    }

    /// The same scrubber for the texts of one subject, whose dates `date_shift` moves together.
    #[napi]
    pub fn for_subject(&self, subject: String) -> Self {
        Self(self.0.for_subject(subject))
    }

    /// What the action `fpe` made of a value, in clear again.
    #[napi]
    pub fn decrypt(&self, value: String, kind: String) -> Result<String> {
        self.0.decrypt(&value, &kind).or_throw()
    }
}

/// What a text is about: `general`, `medical`, `legal`, `financial` or `educational`.
#[napi]
pub fn detect_mode(text: String) -> &'static str {
    Mode::detect(&text).name()
}

/// The kinds of private data that are known.
#[napi]
pub fn kinds() -> Vec<&'static str> {
    sting_pii::kinds()
}

fn scrub(scrubber: &sting_pii::Scrubber, text: &str) -> Result<Scrubbed> {
    let result = scrubber.scrub(text).or_throw()?;
    Ok(Scrubbed { text: result.text.into_inner(), findings: findings_of(text, result.findings) })
}

fn scrub_as(scrubber: &sting_pii::Scrubber, format: &str, text: &str) -> Result<Scrubbed> {
    let result = scrubber.scrub_as(format.parse::<Format>().or_throw()?, text).or_throw()?;
    Ok(Scrubbed { text: result.text.into_inner(), findings: findings_of(text, result.findings) })
}

fn findings_of(text: &str, findings: Vec<sting_pii::Finding>) -> Vec<Finding> {
    let offsets = Offsets::new(text, Unit::Utf16);
    let js = |finding: sting_pii::Finding| {
        let span = offsets.span(finding.span);
        Finding {
            kind: finding.kind.to_string(),
            start: span.start as u32,
            end: span.end as u32,
            score: f64::from(finding.score),
            action: finding.action.to_string(),
            evidence: serde_json::to_value(&finding.evidence).unwrap_or_default(),
        }
    };
    findings.into_iter().map(js).collect()
}

fn from_json<T: DeserializeOwned>(value: Value, what: &str) -> Result<T> {
    serde_json::from_value(value).map_err(|error| config(&format!("{what}: {error}")))
}

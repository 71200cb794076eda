//! Private data.

use crate::callback;
use crate::error::{OrThrow, config};
use crate::session::{ScrubStream, Session, SessionOptions};
use crate::task::{Job, promise};
use napi::bindgen_prelude::{AsyncTask, Buffer, FromNapiValue, Unknown};
use napi::{Env, Result, ValueType};
use napi_derive::napi;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use sting_core::offset::{Offsets, Unit};
use sting_pii::{Caller, CustomDetector, Exception, Format, Key, Mode, PatternSet, Preset, ScrubConfig};

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
pub struct ScrubberOptions<'env> {
    /// Name of a profile (`default` if left out), or one of your own: `{ name, extends, kinds, actions, ... }`.
    #[napi(ts_type = "string | Record<string, unknown>")]
    pub profile: Option<Value>,
    /// Look for these kinds only.
    pub entities: Option<Vec<String>>,
    /// By kind, `*` for all others: `keep`, `mask`, `hash`, `remove`, `replace`, `token`, `fpe`, `generalize`,
    /// `date_shift`, an object such as `{ mask: { keep_last: 4 } }`, or a function that is given a value and its kind and
    /// returns what is to stand there.
    #[napi(
        ts_type = "Record<string, string | Record<string, unknown> | ((value: string, kind: string) => string)>"
    )]
    pub actions: Option<HashMap<String, Unknown<'env>>>,
    /// What texts are about; see `detectMode`.
    pub mode: Option<String>,
    /// Findings that are let pass: `{ kinds, values, fields, below, max_risk, roles, networks, times }`; for the last three
    /// see `forCaller`.
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

/// Who a text is for, as exceptions ask it.
#[napi(object, object_to_js = false)]
pub struct CallerOptions {
    pub roles: Option<Vec<String>>,
    /// Address of the network, such as `10.1.2.3`.
    pub address: Option<String>,
    /// When, in seconds since the beginning of 1970: `Date.now() / 1000`.
    pub time: Option<f64>,
}

/// Finds private data and takes it out.
#[napi]
pub struct Scrubber(sting_pii::Scrubber);

#[napi]
impl Scrubber {
    #[napi(constructor)]
    pub fn new(env: &Env, options: Option<ScrubberOptions<'_>>) -> Result<Self> {
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
                let action = if action.get_type()? == ValueType::Function {
                    callback::action(env, &kind, &FromNapiValue::from_unknown(action)?)?
                } else {
                    from_json(Value::from_unknown(action)?, &format!("actions.{kind}"))?
                };
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
    pub fn find_sync(&self, text: String) -> Result<Vec<Finding>> {
        find(&self.0, &text)
    }

    /// What is private in a text, in order.
    #[napi(
        ts_args_type = "text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Array<Finding>>"
    )]
    pub fn find(&self, text: String) -> AsyncTask<Job<Vec<Finding>>> {
        let scrubber = self.0.clone();
        promise(move || find(&scrubber, &text))
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

    /// The same scrubber for texts that go to a caller: exceptions that name roles, networks or times hold for it if it
    /// fits. Without a caller they hold for nobody.
    #[napi]
    pub fn for_caller(&self, options: CallerOptions) -> Result<Self> {
        let mut caller = options.roles.into_iter().flatten().fold(Caller::default(), Caller::with_role);
        if let Some(address) = options.address {
            let fault = || config("address is no address of the network; give one such as 10.1.2.3");
            caller = caller.with_address(address.parse().map_err(|_| fault())?);
        }
        if let Some(time) = options.time {
            caller = caller.with_time(time.floor() as i64);
        }
        Ok(Self(self.0.for_caller(caller)))
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

fn find(scrubber: &sting_pii::Scrubber, text: &str) -> Result<Vec<Finding>> {
    Ok(findings_of(text, scrubber.find(text).or_throw()?))
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

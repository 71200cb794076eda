//! Sets of known indicators.

use crate::error::OrThrow;
use crate::event::Json;
use crate::task::{Job, promise};
use napi::Result;
use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi_derive::napi;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use sting_core::event::{Event, jsonl};
use sting_core::ioc::{self, Attributes, IocKind};

/// What is known of an indicator. Times are seconds since 1970.
#[napi(object)]
#[derive(Default)]
pub struct IocAttributes {
    /// Who says so.
    pub source: Option<String>,
    /// How sure they are, from 0 to 100; 50 if it is left out.
    pub confidence: Option<u32>,
    /// Seconds after the last sighting from which on it is held for stale.
    pub ttl: Option<u32>,
    pub first_seen: Option<u32>,
    pub last_seen: Option<u32>,
}

fn attributes_of(given: Option<IocAttributes>) -> Attributes {
    let (given, default) = (given.unwrap_or_default(), Attributes::default());
    Attributes {
        source: given.source.map_or(default.source, Into::into),
        confidence: given.confidence.map_or(default.confidence, |confidence| confidence.min(100) as u8),
        ttl: given.ttl,
        first_seen: given.first_seen,
        last_seen: given.last_seen,
    }
}

/// A known indicator in a field of an event.
#[napi(object)]
pub struct IocMatch {
    pub field: String,
    pub kind: String,
    /// The known indicator.
    pub value: String,
    /// What was found: an address in a known network, a host below a known domain.
    pub found: String,
    pub source: String,
    pub confidence: u32,
    pub first_seen: Option<u32>,
    pub last_seen: Option<u32>,
}

impl From<ioc::IocMatch> for IocMatch {
    fn from(one: ioc::IocMatch) -> Self {
        let Attributes { source, confidence, first_seen, last_seen, .. } = one.attributes;
        Self {
            field: one.field,
            kind: one.kind.to_string(),
            value: one.value,
            found: one.found.value,
            source: source.to_string(),
            confidence: confidence.into(),
            first_seen,
            last_seen,
        }
    }
}

/// A line of JSON Lines with the known indicators in it, or with what is wrong with it.
#[napi(object)]
pub struct IocLine {
    /// From 1.
    pub line: u32,
    pub matches: Vec<IocMatch>,
    /// Why the line is no event.
    pub error: Option<String>,
}

/// What a file added to a set of indicators.
#[napi(object)]
pub struct FeedReport {
    pub added: u32,
    pub updated: u32,
    pub skipped: u32,
    /// Where the first entries stand that were skipped, and why.
    pub faults: Vec<Vec<String>>,
}

/// A set of known indicators, about 24 bytes each.
#[napi]
pub struct Iocs(Arc<RwLock<ioc::Iocs>>);

#[napi]
impl Iocs {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Opens a set that was saved, where it lies: the file is mapped, and must not be written into while the set is used.
    #[napi(factory)]
    pub fn open(path: String) -> Result<Self> {
        sting_ingest::open_iocs(Path::new(&path)).map(|known| Self(Arc::new(RwLock::new(known)))).or_throw()
    }

    /// Adds an indicator, or moves on the last sighting of one that is there. True if it is new.
    #[napi]
    pub fn add(&self, kind: String, value: String, attributes: Option<IocAttributes>) -> Result<bool> {
        let kind = kind.parse::<IocKind>().or_throw()?;
        let attributes = attributes_of(attributes);
        self.0.write().unwrap_or_else(PoisonError::into_inner).add(kind, &value, &attributes).or_throw()
    }

    /// Adds the indicators of a STIX bundle, a MISP event, a CSV table or a list.
    #[napi(
        ts_args_type = "path: string, attributes?: IocAttributes, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<FeedReport>"
    )]
    pub fn load(&self, path: String, attributes: Option<IocAttributes>) -> AsyncTask<Job<FeedReport>> {
        let known = self.0.clone();
        promise(move || {
            let attributes = attributes_of(attributes);
            let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
            let report = sting_ingest::load_iocs(Path::new(&path), &mut known, &attributes).or_throw()?;
            Ok(FeedReport {
                added: report.added as u32,
                updated: report.updated as u32,
                skipped: report.skipped as u32,
                faults: report.faults.into_iter().map(|(place, problem)| vec![place, problem]).collect(),
            })
        })
    }

    /// Saves the set for `open`, whole or not at all.
    #[napi]
    pub fn save(&self, path: String) -> Result<()> {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        sting_ingest::save_iocs(&mut known, Path::new(&path)).or_throw()
    }

    /// The known indicators in an event: an object, or JSON as a string or a buffer. With `now`, in seconds since 1970, those
    /// that are stale are left out.
    #[napi(ts_args_type = "event: object | string | Buffer, now?: number")]
    pub fn match_sync(&self, event: Json, now: Option<u32>) -> Result<Vec<IocMatch>> {
        let event = Event::from_json(&event.0).or_throw()?;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(known.matches(&event, now).into_iter().map(IocMatch::from).collect())
    }

    /// The lines of JSON Lines that have known indicators or are no events, in order, on all threads.
    #[napi(
        ts_args_type = "lines: Buffer, now?: number, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Array<IocLine>>"
    )]
    pub fn match_jsonl(&self, lines: Buffer, now: Option<u32>) -> AsyncTask<Job<Vec<IocLine>>> {
        let (known, lines) = (self.0.clone(), Vec::from(lines));
        promise(move || {
            let known = known.read().unwrap_or_else(PoisonError::into_inner);
            let found = jsonl(&lines, 0, |event| {
                let found = known.matches(event, now);
                (!found.is_empty()).then_some(found)
            });
            let line = |(line, found): (usize, std::result::Result<Vec<_>, sting_core::Error>)| {
                let error = found.as_ref().err().map(ToString::to_string);
                let matches = found.unwrap_or_default().into_iter().map(IocMatch::from).collect();
                IocLine { line: line as u32, matches, error }
            };
            Ok(found.into_iter().map(line).collect())
        })
    }

    /// Forgets what is stale at `now`, in seconds since 1970, and returns how many that were.
    #[napi]
    pub fn expire(&self, now: u32) -> u32 {
        self.0.write().unwrap_or_else(PoisonError::into_inner).expire(now) as u32
    }

    #[napi(getter)]
    pub fn length(&self) -> u32 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len() as u32
    }
}

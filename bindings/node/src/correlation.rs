//! Correlation of events over time.

use crate::error::{OrThrow, fault};
use crate::event::{Json, Rules};
use napi::Result;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use serde_json::Value;
use std::time::Duration;
use sting_core::event::Event;
use sting_core::sigma::{self, CorrelatorConfig};

/// A field of a group with its value, which is left out where the events do not have it.
#[napi(object)]
pub struct GroupField {
    pub field: String,
    pub value: Option<String>,
}

/// A correlation whose condition holds for a group of events.
#[napi(object)]
pub struct Alert {
    pub rule_id: String,
    pub title: String,
    pub level: Option<String>,
    pub tags: Vec<String>,
    pub group: Vec<GroupField>,
    /// What was measured.
    pub value: f64,
    /// Time of the first event of the window, in RFC 3339.
    pub first: String,
    pub last: String,
    /// Events in the window.
    pub count: f64,
    /// Numbers of the latest 100 of them; the first event that was pushed is 1.
    pub events: Vec<f64>,
    pub rules: Vec<String>,
}

impl From<sigma::Alert> for Alert {
    fn from(alert: sigma::Alert) -> Self {
        Self {
            rule_id: alert.rule_id,
            title: alert.title,
            level: alert.level.map(|level| level.to_string()),
            tags: alert.tags,
            group: alert.group.into_iter().map(|(field, value)| GroupField { field, value }).collect(),
            value: alert.value,
            first: alert.first.to_string(),
            last: alert.last.to_string(),
            count: alert.count as f64,
            events: alert.events.into_iter().map(|event| event as f64).collect(),
            rules: alert.rules,
        }
    }
}

#[napi(object)]
pub struct CorrelatorOptions {
    /// Most groups of all correlations together.
    pub max_groups: Option<u32>,
    /// Seconds that an event may come late.
    pub lateness: Option<f64>,
}

/// Correlates events by the correlation rules of a set, in their own time and in bounded memory.
#[napi]
pub struct Correlator(sigma::Correlator);

#[napi]
impl Correlator {
    #[napi(constructor)]
    pub fn new(rules: &Rules, options: Option<CorrelatorOptions>) -> Result<Self> {
        let mut config = CorrelatorConfig::default();
        if let Some(options) = options {
            if let Some(groups) = options.max_groups {
                config = config.with_max_groups(groups as usize);
            }
            if let Some(seconds) = options.lateness {
                let lateness = Duration::try_from_secs_f64(seconds)
                    .map_err(|_| fault("config", "lateness is no time in seconds; use 0 or more"))?;
                config = config.with_lateness(lateness);
            }
        }
        rules.0.correlator(config).map(Self).or_throw()
    }

    /// The alerts to which an event leads: an object, or JSON as a string or a buffer.
    #[napi(ts_args_type = "event: object | string | Buffer")]
    pub fn push(&mut self, event: Json) -> Result<Vec<Alert>> {
        let event = Event::from_json(&event.0).or_throw()?;
        Ok(self.0.push(&event).into_iter().map(Alert::from).collect())
    }

    /// What it has done, holds and gave up, by name.
    #[napi(getter, ts_return_type = "Record<string, number>")]
    pub fn stats(&self) -> Value {
        serde_json::to_value(self.0.stats()).unwrap_or_default()
    }

    /// All that it holds, for `restore` of a correlator of the same rules.
    #[napi]
    pub fn snapshot(&self) -> Buffer {
        self.0.snapshot().into()
    }

    #[napi]
    pub fn restore(&mut self, state: Buffer) -> Result<()> {
        self.0.restore(&state).or_throw()
    }
}

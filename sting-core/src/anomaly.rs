//! What is unusual, while it streams by: of a value over time, of several values together, of the rate of events, and
//! of the values of a field.
//!
//! ```
//! use sting_core::anomaly::{AnomalyConfig, AnomalyDetector};
//! let mut detector = AnomalyDetector::new(AnomalyConfig::default())?;
//! let mut alarms = 0;
//! for minute in 0..3000 {
//!     let load = if minute % 60 < 5 { 8.0 } else { 2.0 } + f64::from(minute % 7) / 10.0; // a job runs every hour
//!     alarms += usize::from(detector.push(f64::from(minute) * 60.0, load)? > 0.5);
//! }
//! assert!(alarms < 10); // a few of 3,000 points are false alarms
//! assert!(detector.push(3000.0 * 60.0, 90.0)? > 0.5);
//! # Ok::<(), sting_core::Error>(())
//! ```
//!
//! Four forecasts are made of each value (`anomaly/series.rs`), and their errors are judged by the errors before
//! (`anomaly/tail.rs`): so unit, noise, season and drift need no settings. What surprises is summed up over some points and
//! compared with what is usual, and an anomaly that lasts is reported once (`anomaly/judge.rs`). A score of 0.5 is worth an
//! alarm. The first 30 points and the first of each kind of forecast say nothing.
//!
//! A detector takes 8 kB, and a point less than a microsecond.

mod judge;
mod many;
mod rare;
mod rate;
mod series;
mod tail;

pub use many::{JointScore, MultiAnomalyDetector};
pub use rare::{RareValues, RareValuesConfig};
pub use rate::{RateDetector, RateScore};

use crate::Error;
use crate::state::{Reader, Writer};
use judge::Judge;
use series::Series;

/// How long a detector remembers. The defaults are what all published figures were measured with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnomalyConfig {
    memory: u32,
    rest: u32,
    smoothing: u32,
}

impl Default for AnomalyConfig {
    /// A memory of 4,000 points, a rest of 400, smoothing over 25.
    fn default() -> Self {
        Self { memory: 4000, rest: 400, smoothing: 25 }
    }
}

impl AnomalyConfig {
    /// Points after which the past fades: how fast a detector gets used to a new normal.
    pub fn with_memory(mut self, points: u32) -> Self {
        self.memory = points;
        self
    }

    /// Points for which another anomaly must be greater than the last one to be reported as well.
    pub fn with_rest(mut self, points: u32) -> Self {
        self.rest = points;
        self
    }

    /// Points over which surprise is summed up. Fewer see a single odd value better, more see a change that lasts.
    pub fn with_smoothing(mut self, points: u32) -> Self {
        self.smoothing = points;
        self
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |what: &str, least: u32| {
            Error::config(what, format!("is less than {least} points"), format!("use {least} or more"))
        };
        match self {
            Self { memory: ..100, .. } => Err(wrong("memory", 100)),
            Self { rest: 0, .. } => Err(wrong("rest", 1)),
            Self { smoothing: 0, .. } => Err(wrong("smoothing", 1)),
            _ => Ok(()),
        }
    }

    fn write(&self, out: &mut Writer) {
        for number in [self.memory, self.rest, self.smoothing] {
            out.u32(number);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Error> {
        let config = Self { memory: from.u32()?, rest: from.u32()?, smoothing: from.u32()? };
        config.check().map_err(|_| from.fault("its settings cannot work"))?;
        Ok(config)
    }
}

/// Scores the values of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct AnomalyDetector {
    config: AnomalyConfig,
    series: Series,
    judge: Judge,
}

const KIND: [u8; 4] = *b"STan";
const WHAT: &str = "anomaly detector";
const VERSION: u16 = 1;

impl AnomalyDetector {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is too small to work.
    pub fn new(config: AnomalyConfig) -> Result<Self, Error> {
        config.check()?;
        let series = Series::new(f64::from(config.memory));
        Ok(Self { judge: Judge::new(&config), series, config })
    }

    /// How unusual a value is, from 0 to 1, after all that came before; then learns it. `seconds` are those since 1970 in the
    /// time by which people live there; they say where in the day and week the value belongs, and need not be in order.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a time or value that is no finite number; nothing is learnt then.
    pub fn push(&mut self, seconds: f64, value: f64) -> Result<f64, Error> {
        finite("time", seconds)?;
        finite("value", value)?;
        Ok(self.judge.push(self.series.push(seconds, value)))
    }

    /// [`AnomalyDetector::push`] for many points in order.
    ///
    /// # Errors
    /// As there, and [`Error::Config`] for lists of unlike length; nothing is learnt then.
    pub fn push_many(&mut self, seconds: &[f64], values: &[f64]) -> Result<Vec<f64>, Error> {
        if seconds.len() != values.len() {
            let problem = format!("{} times for {} values", seconds.len(), values.len());
            return Err(Error::config("points", problem, "give a time for every value"));
        }
        seconds.iter().try_for_each(|time| finite("time", *time))?;
        values.iter().try_for_each(|value| finite("value", *value))?;
        let points = seconds.iter().zip(values);
        Ok(points.map(|(time, value)| self.judge.push(self.series.push(*time, *value))).collect())
    }

    /// The settings.
    pub fn config(&self) -> &AnomalyConfig {
        &self.config
    }

    /// All that was learnt, as bytes with a version and a checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(KIND, VERSION);
        self.config.write(&mut out);
        self.series.write(&mut out);
        self.judge.write(&mut out);
        out.finish()
    }

    /// A detector that goes on where the one that wrote the bytes stopped.
    ///
    /// # Errors
    /// [`Error::State`] if the bytes are something else, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Reader::open(bytes, KIND, VERSION, WHAT)?;
        let config = AnomalyConfig::read(&mut from)?;
        let series = Series::read(f64::from(config.memory), &mut from)?;
        let judge = Judge::read(&config, &mut from)?;
        from.finish()?;
        Ok(Self { config, series, judge })
    }
}

fn finite(what: &'static str, number: f64) -> Result<(), Error> {
    if number.is_finite() { Ok(()) } else { Err(Error::NotFinite { what }) }
}

#[cfg(test)]
mod tests;

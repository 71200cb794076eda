//! Scores of what is unusual in a series.

use crate::error::OrThrow;
use napi::Result;
use napi::bindgen_prelude::{Buffer, Float64Array};
use napi_derive::napi;
use sting_core::anomaly::{self, AnomalyConfig};

/// How many points a detector remembers, rests and smooths over.
#[napi(object)]
pub struct AnomalyOptions {
    pub memory: Option<u32>,
    pub rest: Option<u32>,
    pub smoothing: Option<u32>,
}

/// Scores how unusual each value of a series is after all before it, from 0 to 1.
#[napi]
pub struct AnomalyDetector(anomaly::AnomalyDetector);

#[napi]
impl AnomalyDetector {
    #[napi(constructor)]
    pub fn new(options: Option<AnomalyOptions>) -> Result<Self> {
        let mut config = AnomalyConfig::default();
        if let Some(options) = options {
            config = options.memory.into_iter().fold(config, AnomalyConfig::with_memory);
            config = options.rest.into_iter().fold(config, AnomalyConfig::with_rest);
            config = options.smoothing.into_iter().fold(config, AnomalyConfig::with_smoothing);
        }
        anomaly::AnomalyDetector::new(config).map(Self).or_throw()
    }

    /// A detector that goes on where the one that wrote the bytes stopped.
    #[napi(factory)]
    pub fn from_bytes(state: Buffer) -> Result<Self> {
        anomaly::AnomalyDetector::from_bytes(&state).map(Self).or_throw()
    }

    #[napi]
    pub fn to_bytes(&self) -> Buffer {
        self.0.to_bytes().into()
    }

    /// The score of a value at a time in seconds since 1970; then learns it.
    #[napi]
    pub fn push(&mut self, timestamp: f64, value: f64) -> Result<f64> {
        self.0.push(timestamp, value).or_throw()
    }

    #[napi]
    pub fn push_many(&mut self, timestamps: Float64Array, values: Float64Array) -> Result<Float64Array> {
        self.0.push_many(&timestamps, &values).map(Float64Array::new).or_throw()
    }
}

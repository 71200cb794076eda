use std::hint::black_box;

use sting_core::anomaly::{AnomalyConfig, AnomalyDetector};

use crate::facts;
use crate::job::{Engine, Failure, Job};

/// Points a second of one detector over a series of `seconds,value` lines.
pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let (mut times, mut values) = (Vec::new(), Vec::new());
    for line in job.text()?.lines() {
        let (time, value) = line.split_once(',').ok_or("a line without a value")?;
        times.push(time.parse()?);
        values.push(value.parse()?);
    }
    let scores = AnomalyDetector::new(AnomalyConfig::default())?.push_many(&times, &values)?;
    let alarms = scores.iter().filter(|score| **score > 0.5).count();
    let facts = facts! { "points": values.len(), "alarms": alarms };
    let amount = values.len() as f64;
    let run = move || {
        let mut detector = AnomalyDetector::new(AnomalyConfig::default())?;
        black_box(detector.push_many(black_box(&times), black_box(&values))?);
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}

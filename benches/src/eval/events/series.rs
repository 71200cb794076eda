//! Anomaly scores, on the series of the Numenta Anomaly Benchmark.

use std::collections::BTreeMap;
use std::fs;

use sting_core::anomaly::{AnomalyConfig, AnomalyDetector};

use super::nab::{Judged, PROFILES, score};
use crate::eval::shared;
use crate::job::Failure;

pub(super) fn run() -> Result<(), Failure> {
    let root = shared("nab")?;
    let windows: BTreeMap<String, Vec<(String, String)>> =
        serde_json::from_slice(&fs::read(root.join("combined_windows.json"))?)?;
    let mut corpus = Vec::new();
    for (name, windows) in &windows {
        let text = fs::read_to_string(root.join("data").join(name))?;
        corpus.push(judge(&text, windows)?);
    }
    let points: usize = corpus.iter().map(|series| series.scores.len()).sum();
    let anomalies: usize = corpus.iter().map(|series| series.windows.len()).sum();
    println!(
        "## Anomaly\n\nNAB, {} series, {points} points, {anomalies} windows; one setting.\n",
        corpus.len()
    );
    println!("| profile | score | threshold | windows found | false alarms |\n|---|---:|---:|---:|---:|");
    for profile in &PROFILES {
        let score = score(&corpus, profile);
        println!(
            "| {} | {:.1} | {:.3} | {} | {} |",
            profile.name, score.normalised, score.threshold, score.found, score.false_positives
        );
    }
    println!();
    Ok(())
}

/// A file of the benchmark, `timestamp,value` a line, with a score for each.
fn judge(text: &str, windows: &[(String, String)]) -> Result<Judged, Failure> {
    let mut detector = AnomalyDetector::new(AnomalyConfig::default())?;
    let (mut times, mut scores) = (Vec::new(), Vec::new());
    for line in text.lines().skip(1) {
        let (time, value) = line.split_once(',').ok_or("a line without a value")?;
        let time = seconds(time)?;
        times.push(time);
        scores.push(detector.push(time, value.parse()?)?);
    }
    let mut places = Vec::new();
    for (start, end) in windows {
        let (start, end) = (seconds(start)?, seconds(end)?);
        let first = times.iter().position(|time| *time >= start);
        let last = times.iter().rposition(|time| *time <= end);
        places.push(first.zip(last).ok_or("a window outside of its series")?);
    }
    Ok(Judged { scores, windows: places })
}

/// `2014-04-10 07:15:00`, with or without parts of a second, as seconds since 1970.
fn seconds(time: &str) -> Result<f64, Failure> {
    let time: jiff::civil::DateTime = time.parse()?;
    Ok(time.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_second() as f64)
}

//! Generated logs and documents, in which it is known what is planted: found by kind, and false alarms.

use std::collections::BTreeMap;

use sting_cli::generate;
use sting_core::Span;
use sting_pii::{ScrubConfig, Scrubber};

use crate::job::Failure;

/// Counts by kind in generated data.
#[derive(Default)]
struct Tally {
    planted: usize,
    found: usize,
    by_another_name: usize,
    alarms: usize,
}

pub(super) fn run() -> Result<(), Failure> {
    const LINES: usize = 100_000;
    let (lines, truth) = generate::logs(LINES, 11);
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    let scrubber = Scrubber::new(ScrubConfig::default())?;
    let found = scrubber.find(&text);
    let planted: Vec<(&str, Span)> = truth
        .iter()
        .filter(|p| !p.is_look_alike())
        .filter_map(|p| Some((p.kind.as_str(), p.span?)))
        .collect();
    let mut tallies = BTreeMap::<&str, Tally>::new();
    for (kind, span) in &planted {
        let first = found.partition_point(|finding| finding.span.end <= span.start);
        let at: Vec<_> = found[first..].iter().take_while(|finding| finding.span.start < span.end).collect();
        let tally = tallies.entry(kind).or_default();
        tally.planted += 1;
        tally.found += usize::from(at.iter().any(|finding| *finding.kind == **kind));
        tally.by_another_name +=
            usize::from(!at.is_empty() && at.iter().all(|finding| *finding.kind != **kind));
    }
    for finding in &found {
        let first = planted.partition_point(|(_, span)| span.end <= finding.span.start);
        if !planted.get(first).is_some_and(|(_, span)| span.overlaps(finding.span)) {
            tallies.entry(&finding.kind).or_default().alarms += 1;
        }
    }
    let megabytes = text.len() as f64 / 1e6;
    println!("\n## Generated logs, {LINES} lines, {megabytes:.1} MB\n");
    println!("A false alarm is a finding where nothing is planted.\n");
    println!(
        "| kind | planted | found | found as another kind | false alarms a MB |\n|---|---:|---:|---:|---:|"
    );
    for (kind, tally) in tallies {
        let alarms = tally.alarms as f64 / megabytes;
        println!(
            "| {kind} | {} | {} | {} | {alarms:.2} |",
            tally.planted, tally.found, tally.by_another_name
        );
    }
    Ok(())
}

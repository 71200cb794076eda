//! Generated logs and documents, in which it is known what is planted: found by kind, false alarms, and
//! what was taken for what.
//!
//! A finding is a false alarm if nothing is planted where it stands. Addresses of hosts that stand in the
//! templates themselves are addresses, and no alarms; bodies of mails are encoded and left out, and so
//! are names, which have an evaluation of their own.

use std::collections::BTreeMap;

use sting_cli::generate::{self, Planted};
use sting_core::Span;
use sting_pii::{Finding, ScrubConfig, Scrubber};

use crate::job::Failure;

/// Counts of one kind.
#[derive(Default)]
struct Tally {
    planted: usize,
    found: usize,
    alarms: usize,
    /// Alarms on what was planted to look like it.
    look_alikes: BTreeMap<String, usize>,
    /// What it was taken for where it was planted; nothing is a kind too.
    taken_for: BTreeMap<String, usize>,
}

/// Tallies of a set of texts.
#[derive(Default)]
struct Table {
    bytes: usize,
    kinds: BTreeMap<String, Tally>,
}

pub(super) fn run() -> Result<(), Failure> {
    const LINES: usize = 100_000;
    const DOCUMENTS: usize = 2_600;
    let scrubber = Scrubber::new(ScrubConfig::default())?;

    let mut logs = Table::default();
    let (lines, truth) = generate::logs(LINES, 11);
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    logs.add(&text, &truth, &scrubber.find(&text)?);
    logs.print(&format!("Generated logs, {LINES} lines"));

    let mut prose = Table::default();
    let (documents, truth) = generate::documents(DOCUMENTS, 11);
    let mut by_file = BTreeMap::<&str, Vec<Planted>>::new();
    for planted in &truth {
        by_file.entry(&planted.file).or_default().push(planted.clone());
    }
    for document in documents.iter().filter(|document| !document.name.starts_with("eml/")) {
        let text = String::from_utf8(document.bytes.clone())?;
        let planted = by_file.get(document.name.as_str()).map_or(&[][..], Vec::as_slice);
        prose.add(&text, planted, &scrubber.find(&text)?);
    }
    prose.print(&format!("Generated documents, {DOCUMENTS}, without mails"));
    Ok(())
}

impl Table {
    fn add(&mut self, text: &str, truth: &[Planted], findings: &[Finding]) {
        self.bytes += text.len();
        let places: Vec<(&Planted, Span)> = truth.iter().filter_map(|p| Some((p, p.span?))).collect();
        for (planted, span) in places.iter().filter(|(planted, _)| !planted.is_look_alike()) {
            let first = findings.partition_point(|finding| finding.span.end <= span.start);
            let here: Vec<&str> = findings[first..]
                .iter()
                .take_while(|finding| finding.span.start < span.end)
                .map(|finding| &*finding.kind)
                .collect();
            let tally = self.kinds.entry(planted.kind.clone()).or_default();
            tally.planted += 1;
            if here.contains(&planted.kind.as_str()) {
                tally.found += 1;
            } else {
                *tally.taken_for.entry(here.first().unwrap_or(&"nothing").to_string()).or_default() += 1;
            }
        }
        for finding in findings.iter().filter(|f| !matches!(&*f.kind, "person" | "location" | "organization"))
        {
            let first = places.partition_point(|(_, span)| span.end <= finding.span.start);
            let mut here = places[first..].iter().take_while(|(_, span)| span.start < finding.span.end);
            let value = finding.span.get(text).unwrap_or_default();
            let host = &*finding.kind == "ip_address" && value.parse::<std::net::IpAddr>().is_ok();
            let planted = here.clone().any(|(planted, _)| !planted.is_look_alike());
            if planted || host {
                continue;
            }
            let tally = self.kinds.entry(finding.kind.to_string()).or_default();
            tally.alarms += 1;
            let of = here.next().map_or("the template", |(planted, _)| planted.kind.trim_start_matches('~'));
            *tally.look_alikes.entry(of.to_owned()).or_default() += 1;
        }
    }

    fn print(&self, title: &str) {
        let megabytes = self.bytes as f64 / 1e6;
        println!("\n## {title}, {megabytes:.1} MB\n");
        println!("| kind | planted | found | taken for | false alarms a MB | on |");
        println!("|---|---:|---:|---|---:|---|");
        let list = |counts: &BTreeMap<String, usize>| {
            counts.iter().map(|(of, count)| format!("{of} {count}")).collect::<Vec<_>>().join(", ")
        };
        for (kind, tally) in &self.kinds {
            let alarms = tally.alarms as f64 / megabytes;
            let (taken_for, on) = (list(&tally.taken_for), list(&tally.look_alikes));
            println!("| {kind} | {} | {} | {taken_for} | {alarms:.2} | {on} |", tally.planted, tally.found);
        }
    }
}

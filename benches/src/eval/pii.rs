//! Private data, on the shared cases. Kinds that the catalog does not have count as missed.
//!
//! - Presidio's detector cases: a case passes if our spans of the kinds asked for, at score .4 or more, are
//!   exactly the expected ones.
//! - gitleaks' examples: a positive passes if some secret is found in it, a negative if none is. Texts that
//!   are templates are left out.
//! - Generated logs and documents, in which it is known what is planted: found by kind, and false alarms.
//! - presidio-research's synthetic texts: by span (at least half of it is covered by the other side's spans)
//!   and by byte, kind by kind, and for all kinds together whatever they are called.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sting_cli::generate;
use sting_core::Span;
use sting_pii::{Finding, ScrubConfig, Scrubber};

use super::chunk::common;
use super::{code_points, shared};
use crate::job::Failure;

#[derive(Deserialize)]
struct Case {
    kind: String,
    entities: Vec<String>,
    text: Option<String>,
    #[serde(default)]
    spans: Vec<CaseSpan>,
    #[serde(default)]
    complete: bool,
    #[serde(default)]
    spans_known: bool,
    family: Option<String>,
}

#[derive(Deserialize)]
struct CaseSpan {
    entity: Option<String>,
    start: Option<usize>,
    end: Option<usize>,
    score_min: Option<f64>,
}

#[derive(Deserialize)]
struct Secret {
    label: String,
    text: Option<String>,
    template: Option<bool>,
}

#[derive(Deserialize)]
struct Synthetic {
    full_text: String,
    spans: Vec<SyntheticSpan>,
}

#[derive(Deserialize)]
struct SyntheticSpan {
    entity_type: String,
    start_position: usize,
    end_position: usize,
}

pub(super) fn run() -> Result<(), Failure> {
    println!("# pii: accuracy\n");
    presidio()?;
    secrets()?;
    synthetic()?;
    generated()
}

/// Our kind for an entity of Presidio: of the same name, or with that name as an alias.
fn kind_of(entity: &str) -> Option<&'static str> {
    let mut rows = sting_pii::builtin().iter();
    let names = |row: &&sting_pii::Detector| {
        row.kind.eq_ignore_ascii_case(entity)
            || row.alias.iter().any(|alias| alias.eq_ignore_ascii_case(entity))
    };
    rows.find(names).map(|row| row.kind.as_str())
}

fn presidio() -> Result<(), Failure> {
    let (mut passed, mut known, mut all) = (0, 0, 0);
    let mut missed = BTreeMap::<String, usize>::new();
    for case in lines::<Case>("pii/presidio_cases.jsonl")? {
        let (Some(text), "detect", Some("catalog"), true, true) =
            (&case.text, case.kind.as_str(), case.family.as_deref(), case.complete, case.spans_known)
        else {
            continue;
        };
        all += 1;
        let kinds: Vec<&str> = case.entities.iter().filter_map(|entity| kind_of(entity)).collect();
        if kinds.len() < case.entities.len() || kinds.is_empty() {
            *missed.entry(format!("{} (no such kind)", case.entities.join("+"))).or_default() += 1;
            continue;
        }
        known += 1;
        let at = code_points(text);
        let facts = case.spans.iter().filter(|span| span.score_min.unwrap_or(1.0) >= 0.4);
        let expected: BTreeSet<(usize, usize, Option<&str>)> = facts
            .filter_map(|span| {
                Some((at[span.start?], at[span.end?], span.entity.as_deref().and_then(kind_of)))
            })
            .collect();
        let scrubber = Scrubber::new(ScrubConfig::default().with_entities(kinds).with_min_score(0.4))?;
        let found = scrubber.find(text);
        let found = found.iter().map(|f| (f.span.start, f.span.end, Some(&*f.kind)));
        if found.collect::<BTreeSet<_>>() == expected {
            passed += 1;
        } else {
            *missed.entry(case.entities.join("+")).or_default() += 1;
        }
    }
    println!("## Presidio's detector cases\n");
    println!("{passed} of {all} pass ({known} are of kinds in the catalog). Not passed, by entity:\n");
    for (entity, count) in missed {
        println!("- {entity}: {count}");
    }
    Ok(())
}

fn secrets() -> Result<(), Failure> {
    let secret = |finding: &Finding| {
        let mut rows = sting_pii::builtin().iter().filter(|row| row.kind == *finding.kind);
        rows.any(|row| row.tags.iter().any(|tag| tag == "secret"))
    };
    let scrubber = Scrubber::new(ScrubConfig::default())?;
    let mut counts = BTreeMap::<String, [usize; 2]>::new();
    for case in lines::<Secret>("pii/secret_cases.jsonl")? {
        if case.template != Some(true)
            && let Some(text) = case.text
        {
            let [found, all] = counts.entry(case.label).or_default();
            *all += 1;
            *found += usize::from(scrubber.find(&text).iter().any(secret));
        }
    }
    println!("\n## Secrets, gitleaks' examples without the templates\n");
    for (label, [found, all]) in counts {
        println!("- {label}: a secret found in {found} of {all}");
    }
    Ok(())
}

fn synthetic() -> Result<(), Failure> {
    let texts: Vec<Synthetic> = serde_json::from_slice(&fs::read(shared("pii/synth_dataset_half.json")?)?)?;
    let scrubber = Scrubber::new(ScrubConfig::default())?;
    let entities: BTreeSet<&str> =
        texts.iter().flat_map(|t| &t.spans).map(|s| s.entity_type.as_str()).collect();
    let mut together = Score::default();
    let mut scores: BTreeMap<&str, Score> = entities.iter().map(|name| (*name, Score::default())).collect();
    for text in &texts {
        let at = code_points(&text.full_text);
        let truth = |entity: Option<&str>| -> Vec<Span> {
            let spans = text.spans.iter().filter(|span| entity.is_none_or(|name| span.entity_type == name));
            spans.map(|span| Span::new(at[span.start_position], at[span.end_position])).collect()
        };
        let findings = scrubber.find(&text.full_text);
        let all: Vec<Span> = findings.iter().map(|finding| finding.span).collect();
        together.add(&truth(None), &all);
        for (entity, score) in &mut scores {
            let kind = kind_of(entity);
            let found = findings.iter().filter(|finding| kind == Some(&*finding.kind));
            score.add(&truth(Some(entity)), &found.map(|finding| finding.span).collect::<Vec<_>>());
        }
    }
    println!("\n## presidio-research's synthetic texts ({})\n", texts.len());
    println!("| kind | spans | by span: precision | recall | by byte: precision | recall |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (name, score) in std::iter::once(("all", together)).chain(scores) {
        let cells = score.shares().map(|share| share.map_or("-".to_owned(), |share| format!("{share:.3}")));
        println!("| {name} | {} | {} |", score.truth, cells.join(" | "));
    }
    Ok(())
}

/// Counts by kind in generated data.
#[derive(Default)]
struct Tally {
    planted: usize,
    found: usize,
    by_another_name: usize,
    alarms: usize,
}

fn generated() -> Result<(), Failure> {
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

/// Counts from which precision and recall come.
#[derive(Default)]
struct Score {
    truth: usize,
    truth_found: usize,
    found: usize,
    found_true: usize,
    truth_bytes: usize,
    found_bytes: usize,
    common_bytes: usize,
}

impl Score {
    /// Adds one text. Spans of one side do not overlap.
    fn add(&mut self, truth: &[Span], found: &[Span]) {
        let mostly_in =
            |a: &Span, others: &[Span]| others.iter().map(|b| 2 * common(*a, *b)).sum::<usize>() >= a.len();
        let bytes = |spans: &[Span]| spans.iter().map(|span| span.len()).sum::<usize>();
        self.truth += truth.len();
        self.found += found.len();
        self.truth_found += truth.iter().filter(|span| mostly_in(span, found)).count();
        self.found_true += found.iter().filter(|span| mostly_in(span, truth)).count();
        self.truth_bytes += bytes(truth);
        self.found_bytes += bytes(found);
        self.common_bytes +=
            truth.iter().flat_map(|a| found.iter().map(move |b| common(*a, *b))).sum::<usize>();
    }

    /// Precision and recall by span, then by byte; `None` of nothing.
    fn shares(&self) -> [Option<f64>; 4] {
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        [
            share(self.found_true, self.found),
            share(self.truth_found, self.truth),
            share(self.common_bytes, self.found_bytes),
            share(self.common_bytes, self.truth_bytes),
        ]
    }
}

fn lines<T: DeserializeOwned>(path: &str) -> Result<Vec<T>, Failure> {
    let text = fs::read_to_string(shared(path)?)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::Score;
    use sting_core::Span;

    #[test]
    fn half_of_a_span_is_enough() {
        let mut score = Score::default();
        score.add(&[Span::new(0, 10), Span::new(20, 30)], &[Span::new(0, 5), Span::new(24, 44)]);
        assert_eq!(score.shares()[..2], [Some(0.5), Some(1.0)]);
        assert_eq!((score.common_bytes, score.found_bytes, score.truth_bytes), (11, 25, 20));
        assert_eq!(Score::default().shares(), [None; 4]);
    }
}

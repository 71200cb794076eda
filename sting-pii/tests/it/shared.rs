//! Cases that other tools publish, from the shared data. They are measured, not fitted: the floors
//! are what holds today.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use sting_core::offset::{Offsets, Unit};
use sting_pii::{ScrubConfig, Scrubber, validate};

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("STING_SHARED").map(PathBuf::from);
    let upward = || {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .map(|dir| dir.join("../shared"))
            .find(|dir| dir.is_dir())
    };
    let folder = named.or_else(upward).map(|dir| dir.join("data/pii")).filter(|dir| dir.is_dir());
    if folder.is_none() {
        println!("skipped: no shared data");
    }
    folder
}

fn lines(file: &str) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(shared()?.join(file)).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn text<'v>(case: &'v Value, field: &str) -> &'v str {
    case[field].as_str().unwrap_or_default()
}

/// A scrubber that expects one kind, or `None` if the catalog has no such kind.
fn expecting(kind: &str) -> Option<Scrubber> {
    Scrubber::new(ScrubConfig::default().with_entities([kind]).with_min_score(0.4)).ok()
}

#[test]
fn spans_of_presidio() {
    let Some(cases) = lines("presidio_cases.jsonl") else { return };
    let mut scrubbers: HashMap<String, Option<Scrubber>> = HashMap::new();
    let (mut right, mut all) = (0, 0);
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for case in
        cases.iter().filter(|case| text(case, "kind") == "detect" && text(case, "family") == "catalog")
    {
        let [entity] = case["entities"].as_array().unwrap().as_slice() else { continue };
        let entity = entity.as_str().unwrap();
        if !case["spans_known"].as_bool().unwrap() {
            continue;
        }
        let scrubber = scrubbers.entry(entity.to_owned()).or_insert_with(|| expecting(entity));
        let source = text(case, "text");
        let offsets = Offsets::new(source, Unit::CodePoints);
        let found: Vec<_> =
            scrubber.iter().flat_map(|s| s.find(source)).map(|f| offsets.span(f.span)).collect();
        let sure: Vec<_> = case["spans"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|span| {
                span["score_max"].as_f64().unwrap_or(1.0) >= 0.4
                    && span["score_min"].as_f64().unwrap_or(0.0) >= 0.4
            })
            .map(|span| (span["start"].as_u64().unwrap() as usize, span["end"].as_u64().unwrap() as usize))
            .collect();
        let none = case["spans"].as_array().unwrap().is_empty();
        if sure.is_empty() && !none {
            continue;
        }
        all += 1;
        let fits = if none {
            found.is_empty() && scrubber.is_some()
        } else {
            sure.iter().all(|(start, end)| found.iter().any(|span| span.start == *start && span.end == *end))
        };
        if fits {
            right += 1;
        } else {
            assert!(REFUSED.contains(&format!("`{source}`")), "neither found nor refused: {source}");
            let got: Vec<_> = found.iter().map(|span| (span.start, span.end)).collect();
            refused
                .entry(entity.to_owned())
                .or_default()
                .push(format!("{source:?} expected {sure:?} got {got:?}"));
        }
    }
    for (entity, cases) in &refused {
        println!("{entity}: {}", cases.len());
        if std::env::var_os("STING_VERBOSE").is_some() {
            for case in cases {
                println!("    {case}");
            }
        }
    }
    println!("presidio spans: {right} of {all} ({:.1} %)", 100.0 * f64::from(right) / f64::from(all));
    assert!(f64::from(right) / f64::from(all) > PRESIDIO_FLOOR);
}

/// What is refused, and why.
const REFUSED: &str = include_str!("../../docs/refused.md");

const PRESIDIO_FLOOR: f64 = 0.98;

#[test]
fn secrets_of_gitleaks() {
    let Some(cases) = lines("secret_cases.jsonl") else { return };
    let scrubber = Scrubber::new(ScrubConfig::default().with_profile("secrets")).unwrap();
    let mut count = BTreeMap::from([("positive", (0, 0)), ("negative", (0, 0))]);
    for case in cases.iter().filter(|case| case["template"] == Value::Bool(false)) {
        let source = text(case, "text");
        let found = !scrubber.find(source).is_empty();
        let label = text(case, "label");
        let Some((hits, all)) = count.get_mut(label) else { continue };
        *all += 1;
        *hits += i32::from(found);
        if std::env::var_os("STING_VERBOSE").is_some() && found != (label == "positive") {
            println!(
                "    {label} {}: {:?}",
                text(case, "rule_id"),
                source.chars().take(200).collect::<String>()
            );
        }
    }
    let share = |label| f64::from(count[label].0) / f64::from(count[label].1);
    println!("secrets found: {:.3} of positives, {:.3} of negatives", share("positive"), share("negative"));
    assert!(share("positive") > SECRET_FLOOR && share("negative") < SECRET_CEILING);
}

const SECRET_FLOOR: f64 = 0.95;
const SECRET_CEILING: f64 = 0.12;

/// The tests of the shared cases, and ours of the same thing.
fn validators() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("validators.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).collect()
}

#[test]
fn validators_of_dd_sds() {
    let Some(cases) = lines("validator_cases.jsonl") else { return };
    let validators = validators();
    let (mut right, mut all) = (0, 0);
    for case in &cases {
        let (name, source) = (text(case, "validator"), text(case, "text"));
        let file = text(case, "src").rsplit('/').next().unwrap_or_default();
        let Some((_, ours)) = validators
            .iter()
            .find(|(theirs, _)| *theirs == name || name == "validator" && file.starts_with(theirs))
        else {
            println!("    no test for {name} {file}");
            all += 1;
            continue;
        };
        all += 1;
        let fits = validate(ours, source) == case["expected"].as_bool();
        right += i32::from(fits);
        if !fits {
            println!("    {name} {ours}: {source:?} expected {}", case["expected"]);
        }
    }
    println!("validators: {right} of {all}");
    assert!(f64::from(right) / f64::from(all) > 0.94);
}

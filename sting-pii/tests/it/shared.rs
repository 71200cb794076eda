//! Cases that other tools publish, from the shared data. They are measured, not fitted: the floors
//! are what holds today.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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

/// A scrubber that expects these kinds, or `None` if the catalog lacks one.
fn expecting(kinds: &[&str]) -> Option<Scrubber> {
    Scrubber::new(ScrubConfig::default().with_entities(kinds.to_vec()).with_min_score(0.4)).ok()
}

/// The protocol of `make eval AREA=pii`: a case passes if every span that they score at .4 or more is found to the
/// character, and nothing is found that is none of their spans. What they score lower may be found.
#[test]
fn spans_of_presidio() {
    let Some(cases) = lines("presidio_cases.jsonl") else { return };
    let mut scrubbers: HashMap<Vec<&str>, Option<Scrubber>> = HashMap::new();
    let (mut right, mut all) = (0, 0);
    let is = |case: &&Value, field: &str| case[field].as_bool() == Some(true);
    for case in cases.iter().filter(|case| {
        text(case, "kind") == "detect"
            && text(case, "family") == "catalog"
            && is(case, "complete")
            && is(case, "spans_known")
    }) {
        let entities: Vec<&str> =
            case["entities"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let scrubber = scrubbers.entry(entities.clone()).or_insert_with(|| expecting(&entities));
        let source = text(case, "text");
        let offsets = Offsets::new(source, Unit::CodePoints);
        let found: BTreeSet<_> = scrubber
            .iter()
            .flat_map(|s| s.find(source).unwrap())
            .map(|f| offsets.span(f.span))
            .map(|span| (span.start as u64, span.end as u64))
            .collect();
        let theirs = |least: f64| -> BTreeSet<_> {
            let spans = case["spans"].as_array().unwrap().iter();
            spans
                .filter(|span| span["score_min"].as_f64().unwrap_or(1.0) >= least)
                .map(|span| (span["start"].as_u64().unwrap(), span["end"].as_u64().unwrap()))
                .collect()
        };
        all += 1;
        if scrubber.is_some() && theirs(0.4).is_subset(&found) && found.is_subset(&theirs(0.0)) {
            right += 1;
        } else {
            assert!(
                REFUSED.contains(&format!("`{source}`")),
                "neither found nor refused: {source} {found:?}"
            );
        }
    }
    println!("presidio spans: {right} of {all} ({:.1} %)", 100.0 * f64::from(right) / f64::from(all));
    assert!(f64::from(right) / f64::from(all) >= PRESIDIO_FLOOR);
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
        let found = !scrubber.find(source).unwrap().is_empty();
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
const SECRET_CEILING: f64 = 0.115;

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
            assert!(REFUSED.contains(&format!("`{name}`")), "neither passed nor refused: {name} {source}");
            all += 1;
            continue;
        };
        all += 1;
        let fits = validate(ours, source) == case["expected"].as_bool();
        right += i32::from(fits);
        if !fits {
            println!("    {name} {ours}: {source:?} expected {}", case["expected"]);
            assert!(REFUSED.contains(&format!("`{source}`")), "neither passed nor refused: {name} {source}");
        }
    }
    println!("validators: {right} of {all}");
    assert!(f64::from(right) / f64::from(all) > 0.94);
}

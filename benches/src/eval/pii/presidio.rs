//! Presidio's detector cases: a case passes if every span that they score at .4 or more is found to the character,
//! under the kind asked for, and nothing is found that is none of their spans. What they score lower may be found:
//! that we are surer of the same span is no fault.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sting_pii::{ScrubConfig, Scrubber};

use super::{kind_of, lines};
use crate::eval::code_points;
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

pub(super) fn run() -> Result<(), Failure> {
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
        let theirs = |least: f64| -> BTreeSet<(usize, usize, Option<&str>)> {
            let spans = case.spans.iter().filter(|span| span.score_min.unwrap_or(1.0) >= least);
            spans
                .filter_map(|span| {
                    Some((at[span.start?], at[span.end?], span.entity.as_deref().and_then(kind_of)))
                })
                .collect()
        };
        let scrubber = Scrubber::new(ScrubConfig::default().with_entities(kinds).with_min_score(0.4))?;
        let found = scrubber.find(text)?;
        let found = found.iter().map(|f| (f.span.start, f.span.end, Some(&*f.kind)));
        let found: BTreeSet<_> = found.collect();
        if theirs(0.4).is_subset(&found) && found.is_subset(&theirs(0.0)) {
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

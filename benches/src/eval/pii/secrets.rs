//! gitleaks' examples: a positive passes if some secret is found in it, a negative if none is. Texts that
//! are templates are left out.

use std::collections::BTreeMap;

use serde::Deserialize;
use sting_pii::{Finding, ScrubConfig, Scrubber};

use super::lines;
use crate::job::Failure;

#[derive(Deserialize)]
struct Secret {
    label: String,
    rule_id: String,
    text: Option<String>,
    template: Option<bool>,
}

pub(super) fn run() -> Result<(), Failure> {
    let secret = |finding: &Finding| {
        let mut rows = sting_pii::builtin().iter().filter(|row| row.kind == *finding.kind);
        rows.any(|row| row.tags.iter().any(|tag| tag == "secret"))
    };
    let scrubber = Scrubber::new(ScrubConfig::default())?;
    let mut counts = BTreeMap::<String, [usize; 2]>::new();
    let mut missed = BTreeMap::<(bool, String), usize>::new();
    for case in lines::<Secret>("pii/secret_cases.jsonl")? {
        if case.template != Some(true)
            && let Some(text) = case.text
        {
            let positive = case.label == "positive";
            let hit = scrubber.find(&text)?.iter().any(secret);
            let [found, all] = counts.entry(case.label).or_default();
            *all += 1;
            *found += usize::from(hit);
            if hit != positive {
                *missed.entry((positive, case.rule_id)).or_default() += 1;
            }
        }
    }
    println!("\n## Secrets, gitleaks' examples without the templates\n");
    for (label, [found, all]) in counts {
        let share = found as f64 / all.max(1) as f64;
        println!("- {label}: a secret found in {found} of {all} ({share:.3})");
    }
    for (positive, title) in
        [(true, "Positives missed, by rule"), (false, "Negatives with a finding, by rule")]
    {
        let rules = missed.iter().filter(|((of, _), _)| *of == positive);
        let rules: Vec<_> = rules.map(|((_, rule), count)| format!("{rule} {count}")).collect();
        println!("\n{title}: {}.", rules.join(", "));
    }
    Ok(())
}

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

use std::collections::BTreeMap;
use std::hint::black_box;

use sting_pii::{ScrubConfig, Scrubber};

use crate::facts;
use crate::job::{Engine, Failure, Job};

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let kinds = job.words("kinds");
    let mut config = ScrubConfig::default();
    if !kinds.is_empty() {
        config = config.with_entities(kinds);
    }
    let scrubber = Scrubber::new(config)?;
    let text = job.text()?;
    let mut found = BTreeMap::<String, usize>::new();
    for line in text.lines() {
        for finding in scrubber.find(line) {
            *found.entry(finding.kind.to_string()).or_default() += 1;
        }
    }
    let scrub = job.word("do")? == "scrub";
    let amount = text.len() as f64;
    let run = move || {
        for line in text.lines() {
            if scrub {
                black_box(scrubber.scrub(black_box(line))?);
            } else {
                black_box(scrubber.find(black_box(line)));
            }
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts: facts! {"found": found}, version: super::VERSION })
}

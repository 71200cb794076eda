use std::collections::BTreeMap;
use std::hint::black_box;

use sting_pii::{Key, ScrubConfig, Scrubber};

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
    let amount = text.len() as f64;
    let session = scrubber.session(&Key::new("the key of the benches")?);
    let run: Box<dyn FnMut() -> Result<(), Failure>> = match job.word("do")? {
        "scrub" => Box::new(move || {
            text.lines()
                .try_for_each(|line| scrubber.scrub(black_box(line)).map(|out| drop(black_box(out))))?;
            Ok(())
        }),
        "session" => Box::new(move || {
            for line in text.lines() {
                let sent = session.protect(black_box(line))?;
                black_box(session.restore(black_box(sent.text.get()))?);
            }
            Ok(())
        }),
        _ => Box::new(move || {
            text.lines().for_each(|line| drop(black_box(scrubber.find(black_box(line)))));
            Ok(())
        }),
    };
    Ok(Engine { amount, run, facts: facts! {"found": found}, version: super::VERSION })
}

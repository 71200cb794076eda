use std::hint::black_box;
use std::time::Instant;

use sting_core::event::Event;
use sting_core::sigma::RuleSet;

use crate::facts;
use crate::job::{Engine, Failure, Job};

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    match job.params["task"].as_str() {
        Some("anomaly") => super::anomaly::open(job),
        Some("classify") => super::classify::open(job),
        Some("correlation") => super::correlation::open(job),
        Some("indicators") => super::ioc::open_extract(job),
        Some("match") => super::ioc::open_match(job),
        Some("templates") => super::ioc::open_templates(job),
        _ => open_rules(job),
    }
}

fn open_rules(job: &Job) -> Result<Engine, Failure> {
    let files = read_rules(job)?;
    let started = Instant::now();
    let rules = RuleSet::parse(files);
    let loading = started.elapsed();
    let text = job.text()?;
    let (mut events, mut matches) = (0u32, 0);
    for line in text.lines() {
        matches += rules.matches(&Event::from_json(line.as_bytes())?).len();
        events += 1;
    }
    let facts = facts! {
        "rules": rules.len(), "refused": rules.errors().len(), "events": events, "matches": matches,
        "load ms": loading.as_millis() as u64,
    };
    if job.params["jsonl"] == true {
        let run = move || {
            black_box(rules.match_jsonl(black_box(text.as_bytes())));
            Ok(())
        };
        return Ok(Engine { amount: f64::from(events), run: Box::new(run), facts, version: super::VERSION });
    }
    let run = move || {
        for line in text.lines() {
            let event = Event::from_json(black_box(line.as_bytes()))?;
            black_box(rules.matches(&event));
        }
        Ok(())
    };
    Ok(Engine { amount: f64::from(events), run: Box::new(run), facts, version: super::VERSION })
}

/// Path and text of every rule, in the order of their paths.
pub(crate) fn read_rules(job: &Job) -> Result<Vec<(String, String)>, Failure> {
    let mut paths: Vec<_> =
        std::fs::read_dir(&job.rules)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Failure>>()?;
    paths.sort();
    paths.into_iter().map(|path| Ok((path.display().to_string(), std::fs::read_to_string(path)?))).collect()
}

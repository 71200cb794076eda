use std::hint::black_box;

use sting_core::event::Event;
use sting_core::sigma::{CorrelatorConfig, Repeat, RuleSet};

use crate::facts;
use crate::job::{Engine, Failure, Job};

/// Failed logins a second of one correlator, parsed before. Every window in which the condition holds is told.
pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let set = RuleSet::parse([("case.yml".to_owned(), rules(job)?)]);
    if let Some(error) = set.errors().first() {
        return Err(error.to_string().into());
    }
    let fresh = set.correlator(CorrelatorConfig::default().with_repeat(Repeat::Every))?;
    let text = job.text()?;
    let events: Vec<Event> =
        text.lines().map(|line| Event::from_json(line.as_bytes())).collect::<Result<_, _>>()?;
    let mut correlator = fresh.clone();
    let alerts: usize = events.iter().map(|event| correlator.push(event).len()).sum();
    let stats = correlator.stats();
    let facts = facts! {
        "events": events.len(), "alerts": alerts, "groups": stats.groups, "held": stats.entries,
        "bytes": stats.bytes, "late": stats.late, "steps": stats.steps,
    };
    let amount = events.len() as f64;
    let run = move || {
        let mut correlator = fresh.clone();
        for event in &events {
            black_box(correlator.push(black_box(event)));
        }
        black_box(correlator.flush());
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}

/// A rule for failed logins and the correlation of the case, by user.
pub(crate) fn rules(job: &Job) -> Result<String, Failure> {
    let param = |name: &str| job.params[name].as_str().ok_or(format!("the case has no `{name}`"));
    Ok(format!(
        "title: failed\nname: failed\nid: 6f2f5a0e-9d0c-4c39-8f6b-2f7f6f1d3c01\nlogsource: {{category: authentication}}\n\
         detection: {{s: {{outcome: failure}}, condition: s}}\n---\n\
         title: many\nid: 6f2f5a0e-9d0c-4c39-8f6b-2f7f6f1d3c02\ncorrelation: {{type: {}, rules: [failed], group-by: [user], \
         timespan: 5m, condition: {}}}\n",
        param("type")?,
        param("condition")?
    ))
}

//! Indicators found in texts and in events, and templates of log lines.

use std::hint::black_box;

use sting_core::event::Event;
use sting_core::ioc::{Attributes, IocKind, Iocs, extract};
use sting_core::template::{TemplateConfig, TemplateMiner};

use crate::facts;
use crate::job::{Engine, Failure, Job};

/// A text a line, as a report or a log comes.
pub(crate) fn open_extract(job: &Job) -> Result<Engine, Failure> {
    let text = job.text()?;
    let found: usize = text.lines().map(|line| extract(line).len()).sum();
    let amount = text.len() as f64;
    let run = move || {
        for line in text.lines() {
            black_box(extract(black_box(line)));
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts: facts! { "found": found }, version: super::VERSION })
}

/// Events that were parsed before, held against as many indicators as the case says.
pub(crate) fn open_match(job: &Job) -> Result<Engine, Failure> {
    let known = indicators(job.number("known")? as u64)?;
    let text = job.text()?;
    let events = text.lines().map(|line| Event::from_json(line.as_bytes())).collect::<Result<Vec<_>, _>>()?;
    let matches: usize = events.iter().map(|event| known.matches(event, None).len()).sum();
    let facts = facts! {
        "known": known.len(), "MB of indicators": known.memory() / 1_000_000, "events": events.len(), "matches": matches,
    };
    let amount = events.len() as f64;
    let run = move || {
        for event in &events {
            black_box(known.matches(black_box(event), None));
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}

/// So many addresses, domains and digests, a few of them the same.
fn indicators(count: u64) -> Result<Iocs, Failure> {
    let spread = |n: u64| {
        let n = (n ^ 0x1234).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        n ^ n >> 29
    };
    let mut known = Iocs::default();
    let attributes =
        Attributes { source: "feed".into(), last_seen: Some(1_700_000_000), ..Attributes::default() };
    for n in 0..count {
        let [a, b, c, d] = [n, spread(n), n ^ 1, n ^ 2].map(spread);
        let (kind, value) = match n % 4 {
            0 => (IocKind::Ipv4, std::net::Ipv4Addr::from_bits((a >> 20) as u32 | 0x0b00_0000).to_string()),
            1 => (IocKind::Domain, format!("h{:x}.evil{}.net", a >> 24, n % 1000)),
            2 => (IocKind::Sha256, format!("{a:016x}{b:016x}{c:016x}{d:016x}")),
            _ => (IocKind::Md5, format!("{a:016x}{b:016x}")),
        };
        known.add(kind, &value, &attributes)?;
    }
    known.seal();
    Ok(known)
}

/// Every pass begins with a miner that knows nothing.
pub(crate) fn open_templates(job: &Job) -> Result<Engine, Failure> {
    let text = job.text()?;
    let mine = move || -> Result<TemplateMiner, Failure> {
        let mut miner = TemplateMiner::new(TemplateConfig::default())?;
        for line in text.lines() {
            black_box(miner.push(black_box(line)));
        }
        Ok(miner)
    };
    let miner = mine()?;
    let templates = miner.templates();
    let lines: u64 = templates.iter().map(|template| template.count).sum();
    let facts = facts! { "lines": lines, "templates": templates.len() };
    let run = move || mine().map(|miner| _ = black_box(miner));
    Ok(Engine { amount: lines as f64, run: Box::new(run), facts, version: super::VERSION })
}

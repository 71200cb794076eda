use std::collections::BTreeMap;
use std::hint::black_box;

use sting_pii::{Key, ScrubConfig, Scrubber};

use crate::job::{Engine, Failure, Job, processor_seconds};
use crate::{adversary, facts};

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let kinds: Vec<String> = job.words("kinds").into_iter().map(Into::into).collect();
    let config = move || {
        let config = ScrubConfig::default();
        if kinds.is_empty() { config } else { config.with_entities(kinds.clone()) }
    };
    match job.word("do")? {
        "build" => return Ok(build(config)),
        "resist" => return resist(&Scrubber::new(config())?, &job.text()?),
        _ => {}
    }
    let scrubber = Scrubber::new(config())?;
    let text = job.text()?;
    let mut found = BTreeMap::<String, usize>::new();
    for line in text.lines() {
        for finding in scrubber.find(line)? {
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
        _ if job.params["whole"] == true => Box::new(move || {
            black_box(scrubber.find(black_box(&text))?);
            Ok(())
        }),
        _ => Box::new(move || {
            text.lines()
                .try_for_each(|line| scrubber.find(black_box(line)).map(|found| drop(black_box(found))))?;
            Ok(())
        }),
    };
    Ok(Engine { amount, run, facts: facts! {"found": found}, version: super::VERSION })
}

/// A scrubber is built, and scans its first line.
fn build(config: impl Fn() -> ScrubConfig + 'static) -> Engine {
    let run = move || {
        black_box(Scrubber::new(config())?.find("mail jane@example.org")?);
        Ok(())
    };
    Engine {
        amount: 1.0,
        run: Box::new(run),
        facts: facts! {"detectors": sting_pii::builtin().len()},
        version: super::VERSION,
    }
}

/// Scans the adversarial texts. The facts tell how fast each is, as a share of the speed on `usual`.
fn resist(scrubber: &Scrubber, usual: &str) -> Result<Engine, Failure> {
    let rate = |text: &str| -> Result<f64, Failure> {
        scrubber.find(text)?;
        let began = processor_seconds();
        scrubber.find(text)?;
        Ok(text.len() as f64 / (processor_seconds() - began).max(1e-9))
    };
    let (texts, usual) = (adversary::texts(), rate(usual)?);
    let shares = texts.iter().map(|(name, text)| Ok((rate(text)? / usual, *name)));
    let mut shares = shares.collect::<Result<Vec<_>, Failure>>()?;
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    let slowest: BTreeMap<_, _> =
        shares.iter().take(5).map(|(share, name)| (*name, (100.0 * share).round())).collect();
    let amount = texts.iter().map(|(_, text)| text.len() as f64).sum();
    let scrubber = scrubber.clone();
    let run = move || {
        for (_, text) in &texts {
            black_box(scrubber.find(black_box(text))?);
        }
        Ok(())
    };
    let facts = facts! {"per cent of usual speed, slowest five": slowest};
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}

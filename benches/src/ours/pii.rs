use std::collections::BTreeMap;
use std::hint::black_box;

use sting_pii::{Key, ScrubConfig, Scrubber};

use crate::job::{Engine, Failure, Job, processor_seconds};
use crate::{adversary, facts};

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let kinds: Vec<String> = job.words("kinds").into_iter().map(Into::into).collect();
    let names = job.params["names"] != false;
    let config = move || {
        let config = ScrubConfig::default();
        let config = if names { config } else { config.with_names(false) };
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
    let (catalog, stream) = memory(&config).unwrap_or_default();
    let run = move || {
        black_box(Scrubber::new(config())?.find("mail jane@example.org")?);
        Ok(())
    };
    let facts = facts! {
        "detectors": sting_pii::builtin().len(), "KiB of one": catalog, "KiB of a stream": stream,
    };
    Engine { amount: 1.0, run: Box::new(run), facts, version: super::VERSION }
}

/// By how much a scrubber that has scanned makes this process larger, and each of its streams, in KiB.
fn memory(config: &impl Fn() -> ScrubConfig) -> Option<(usize, usize)> {
    const STREAMS: usize = 200;
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse::<usize>().ok()
    };
    let text = "2026-01-02 10:11:12 INFO mail jane@example.org from 203.0.113.7 card 4111 1111 1111 1111\n"
        .repeat(2_000);
    let before = resident()?;
    let scrubber = Scrubber::new(config()).ok()?;
    scrubber.find(&text).ok()?;
    let built = resident()?;
    let mut streams: Vec<_> = (0..STREAMS).map(|_| scrubber.stream()).collect();
    for stream in &mut streams {
        stream.push(text.as_bytes()).ok()?;
    }
    let streaming = resident()?;
    Some((built.saturating_sub(before), streaming.saturating_sub(built) / streams.len()))
}

/// Scans the adversarial texts. The facts tell how fast each is, as a share of the speed on `usual`.
fn resist(scrubber: &Scrubber, usual: &str) -> Result<Engine, Failure> {
    let rate = |text: &str| -> Result<f64, Failure> {
        scrubber.find(text)?;
        let (began, mut passes) = (processor_seconds(), 0.0);
        // Long enough for a clock that ticks in hundredths of a second.
        while processor_seconds() - began < 0.2 {
            scrubber.find(text)?;
            passes += 1.0;
        }
        Ok(passes * text.len() as f64 / (processor_seconds() - began))
    };
    let (texts, usual) = (adversary::texts(), rate(usual)?);
    let shares = texts.iter().map(|(name, text)| Ok((rate(text)? / usual, name)));
    let mut shares = shares.collect::<Result<Vec<_>, Failure>>()?;
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    let slowest: BTreeMap<_, _> =
        shares.iter().take(5).map(|(share, name)| ((*name).clone(), (100.0 * share).round())).collect();
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

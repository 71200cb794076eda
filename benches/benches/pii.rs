//! Finding and scrubbing in generated logs, a line a call; and finding in texts made to slow it down.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use sting_bench::adversary;
use sting_cli::generate;
use sting_pii::{Key, ScrubConfig, Scrubber, Session};

fn found(scrubber: &Scrubber, text: &str) -> usize {
    scrubber.find(black_box(text)).expect("the built-in model never fails").len()
}

fn pii(c: &mut Criterion) {
    let lines = generate::logs(2_000, 1).0;
    let scrubber = Scrubber::new(ScrubConfig::default()).expect("a valid configuration");
    let mut group = c.benchmark_group("pii");
    group.throughput(Throughput::Bytes(lines.iter().map(|line| line.len() as u64 + 1).sum()));
    group.bench_function("find", |b| {
        b.iter(|| lines.iter().map(|line| found(&scrubber, line)).sum::<usize>());
    });
    let session = scrubber.session(&Key::new("the key of the benches").expect("long enough"));
    group.bench_function("session protect and restore", |b| {
        b.iter(|| lines.iter().map(|line| round_trip(&session, black_box(line))).sum::<usize>());
    });
    let sent: Vec<_> =
        lines.iter().map(|line| session.protect(line).expect("a sound vault").text.into_inner()).collect();
    group.bench_function("session restore", |b| {
        b.iter(|| {
            sent.iter()
                .map(|line| session.restore(black_box(line)).expect("a sound vault").len())
                .sum::<usize>()
        });
    });
    group.bench_function("scrub", |b| {
        b.iter(|| lines.iter().for_each(|line| drop(scrubber.scrub(black_box(line)))));
    });
    for (name, text) in adversary::texts() {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("adversary: {name}"), |b| {
            b.iter(|| found(&scrubber, &text));
        });
    }
}

fn round_trip(session: &Session, text: &str) -> usize {
    let sent = session.protect(text).expect("a sound vault");
    session.restore(sent.text.get()).expect("a sound vault").len()
}

criterion_group!(benches, pii);
criterion_main!(benches);

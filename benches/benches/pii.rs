//! Finding and scrubbing in generated logs, a line a call.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use sting_cli::generate;
use sting_pii::{ScrubConfig, Scrubber};

fn pii(c: &mut Criterion) {
    let lines = generate::logs(2_000, 1).0;
    let scrubber = Scrubber::new(ScrubConfig::default()).expect("a valid configuration");
    let mut group = c.benchmark_group("pii");
    group.throughput(Throughput::Bytes(lines.iter().map(|line| line.len() as u64 + 1).sum()));
    group.bench_function("find", |b| {
        b.iter(|| lines.iter().map(|line| scrubber.find(black_box(line)).len()).sum::<usize>());
    });
    group.bench_function("scrub", |b| {
        b.iter(|| lines.iter().for_each(|line| drop(scrubber.scrub(black_box(line)))));
    });
}

criterion_group!(benches, pii);
criterion_main!(benches);

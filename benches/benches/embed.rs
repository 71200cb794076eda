//! The built-in embedder on generated log lines. Models from a folder are measured by `peers/run.py`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use sting_cli::generate;
use sting_core::model::Embedder;

fn embed(c: &mut Criterion) {
    let lines = generate::logs(1_000, 1).0;
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let embedder = sting_vector::builtin();
    let mut group = c.benchmark_group("embed");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("built-in", |b| b.iter(|| embedder.embed(black_box(&lines))));
}

criterion_group!(benches, embed);
criterion_main!(benches);

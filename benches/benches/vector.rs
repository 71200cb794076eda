//! Search by vector and by keyword in a collection in memory.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
use sting_cli::generate;
use sting_vector::{CollectionConfig, Mode, Query, Row, Store};

fn vector(c: &mut Criterion) {
    let store = Store::in_memory();
    let config = CollectionConfig::default().with_embedder(Arc::new(sting_vector::builtin()));
    let collection = store.collection("logs", config).expect("a new collection");
    let lines = generate::logs(5_000, 1).0;
    let rows = lines.iter().enumerate().map(|(n, line)| Row::new(n.to_string()).with_text(line));
    collection.upsert(rows.collect()).expect("an upsert");

    let mut group = c.benchmark_group("search in 5,000 rows");
    for (name, mode) in [("vector", Mode::Vector), ("keyword", Mode::Keyword), ("hybrid", Mode::Hybrid)] {
        let query = Query::text(&lines[17]).with_k(10).with_mode(mode);
        group.bench_function(name, |b| b.iter(|| collection.search(black_box(&query))));
    }
}

criterion_group!(benches, vector);
criterion_main!(benches);

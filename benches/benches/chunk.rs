//! Chunking of generated documents, by kind.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use sting_bench::corpus;
use sting_core::chunk::{ChunkConfig, ChunkKind, Chunker};

fn chunk(c: &mut Criterion) {
    let mut group = c.benchmark_group("chunk");
    for (name, kind, ending) in [("text", ChunkKind::Text, ".txt"), ("markdown", ChunkKind::Markdown, ".md")]
    {
        let text = corpus::texts(200, 1, ending).expect("texts").join("\n\n");
        let chunker = Chunker::new(ChunkConfig::default().with_kind(kind)).expect("a valid configuration");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| chunker.chunk(black_box(&text))));
    }
}

criterion_group!(benches, chunk);
criterion_main!(benches);

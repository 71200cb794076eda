//! WordPiece with a vocabulary of the text's own words and all their letters.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::collections::BTreeSet;
use std::hint::black_box;
use sting_bench::corpus;
use sting_core::token::Tokenizer;

fn token(c: &mut Criterion) {
    let text = corpus::texts(200, 1, ".txt").expect("texts").join("\n\n").to_lowercase();
    let letters = || text.chars().filter(|c| !c.is_whitespace()).collect::<BTreeSet<_>>().into_iter();
    let mut vocab: Vec<String> = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned).into();
    vocab.extend(letters().map(String::from).chain(letters().map(|letter| format!("##{letter}"))));
    // Every other word is known whole; the rest falls into letters.
    let words: BTreeSet<&str> =
        text.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 1).collect();
    vocab.extend(words.into_iter().step_by(2).map(str::to_owned));
    let tokenizer = Tokenizer::from_vocab(&vocab.join("\n")).expect("a vocabulary");
    let mut ids = Vec::new();

    let mut group = c.benchmark_group("token");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("encode", |b| {
        b.iter(|| {
            ids.clear();
            tokenizer.encode_into(black_box(&text), &mut ids, true);
        });
    });
    group.bench_function("count", |b| b.iter(|| tokenizer.count(black_box(&text))));
}

criterion_group!(benches, token);
criterion_main!(benches);

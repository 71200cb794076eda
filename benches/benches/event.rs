//! Parsing generated events, and evaluating a few rules on them.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use sting_cli::generate;
use sting_core::event::Event;
use sting_core::sigma::RuleSet;

const RULES: [(&str, &str); 3] = [
    (
        "failed.yml",
        "title: Failed\nlogsource: {category: auth}\ndetection: {s: {event_type|contains: fail}, condition: s}",
    ),
    (
        "hosts.yml",
        "title: Hosts\nlogsource: {category: any}\ndetection: {s: {source_ip|cidr: 10.0.0.0/8}, condition: s}",
    ),
    (
        "words.yml",
        "title: Words\nlogsource: {category: any}\ndetection: {s: [mimikatz, 'powershell -enc'], condition: s}",
    ),
];

fn event(c: &mut Criterion) {
    let lines: Vec<String> = generate::events(2_000, 1).0.iter().map(ToString::to_string).collect();
    let rules = RuleSet::parse(RULES.map(|(path, yaml)| (path.to_owned(), yaml.to_owned())));
    assert!(rules.errors().is_empty(), "{:?}", rules.errors());
    let parse = |line: &String| Event::from_json(black_box(line).as_bytes()).expect("an event");

    let mut group = c.benchmark_group("event");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("parse", |b| {
        b.iter(|| lines.iter().map(|line| parse(line).len()).sum::<usize>());
    });
    group.bench_function("parse and match three rules", |b| {
        b.iter(|| lines.iter().map(|line| rules.matches(&parse(line)).len()).sum::<usize>());
    });
}

criterion_group!(benches, event);
criterion_main!(benches);

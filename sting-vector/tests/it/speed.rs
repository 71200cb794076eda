//! Figures, not checks: `cargo test --release -p sting-vector --test it speed -- --ignored --nocapture`.
//!
//! `STING_ROWS` says how many rows (30,000 if not set), `STING_STORE` where the store is left.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;
use sting_vector::{Collection, Filter, Mode, Query, Row, Store};

use crate::{collection, metadata};

const DIM: usize = 384;

fn random(state: &mut u64) -> f32 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 40) as f32 / 8_388_608.0 - 1.0
}

/// Points around centres, as embeddings of real text lie.
fn clustered(centres: &[Vec<f32>], state: &mut u64) -> Vec<f32> {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    let centre = &centres[(*state >> 33) as usize % centres.len()];
    centre.iter().map(|x| x + 0.6 * random(state)).collect()
}

fn each(what: &str, queries: usize, run: impl Fn(usize)) {
    let start = Instant::now();
    (0..queries).for_each(run);
    let each = start.elapsed() / queries as u32;
    println!("{what}: {each:?}, {:.0} a second", 1.0 / each.as_secs_f64());
}

#[test]
#[ignore = "takes minutes"]
fn speed() {
    let rows_wanted: usize = std::env::var("STING_ROWS").map_or(30_000, |rows| rows.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("STING_STORE").map_or(temporary.path().join("store"), PathBuf::from);
    let store = Store::open(&folder).unwrap();
    let rows = collection(&store, "rows");
    let mut state = 42;
    let centres: Vec<Vec<f32>> = (0..300).map(|_| (0..DIM).map(|_| random(&mut state)).collect()).collect();
    let vocabulary: Vec<String> = (0..20_000).map(|n| format!("w{n}")).collect();
    let (mut written, mut slowest) = (Duration::ZERO, Duration::ZERO);
    for batch in 0..rows_wanted.div_ceil(1000) {
        let batch: Vec<Row> = (0..1000)
            .map(|place| {
                let n = batch * 1000 + place;
                let mut word = || {
                    let skewed = random(&mut state).abs().powi(4);
                    vocabulary[(skewed * 19_999.0) as usize].as_str()
                };
                let text: Vec<&str> = (0..50).map(|_| word()).collect();
                Row::new(format!("{n:07}"))
                    .with_text(text.join(" "))
                    .with_vector(clustered(&centres, &mut state))
                    .with_metadata(metadata(json!({"hundredth": n % 100, "n": n})))
            })
            .collect();
        let start = Instant::now();
        rows.upsert(batch).unwrap();
        slowest = slowest.max(start.elapsed());
        written += start.elapsed();
    }
    println!("{:.0} rows a second, slowest batch {slowest:?}", rows_wanted as f64 / written.as_secs_f64());
    let queries: Vec<Vec<f32>> = (0..200).map(|_| clustered(&centres, &mut state)).collect();
    println!("-- as written");
    searches(&rows, &queries, &vocabulary);
    let start = Instant::now();
    store.compact().unwrap();
    println!("-- compacted and indexed in {:?}", start.elapsed());
    searches(&rows, &queries, &vocabulary);
    for min_recall in [0.8, 0.9, 0.95, 0.99] {
        let search = |n: usize, min_recall| {
            let query = Query::vector(queries[n].clone()).with_min_recall(min_recall);
            let hits = rows.search(&query).unwrap();
            hits.into_iter().map(|hit| hit.id).collect::<Vec<_>>()
        };
        let hits = |n| search(n, 1.0).iter().filter(|id| search(n, min_recall).contains(id)).count();
        println!("recall {min_recall} asked, {} found", (0..200).map(hits).sum::<usize>() as f32 / 2000.0);
        each("  ", 200, |n| drop(search(n, min_recall)));
    }
    println!("{} bytes a row on disk", store.disk_bytes().unwrap() as usize / rows.count(None).unwrap());
    store.close().unwrap();
    drop((rows, store));
    // In a process of its own, whose memory holds nothing else.
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["speed::opened", "--exact", "--ignored", "--nocapture"])
        .env("STING_STORE", &folder)
        .status();
    assert!(status.unwrap().success());
}

/// Resident memory in kilobytes: all of it, and what files are mapped to.
fn resident() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| -> usize {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).map_or(0, |number| number.parse().unwrap())
    };
    (field("VmRSS:"), field("RssFile:"))
}

/// Opens the store that is there, searches it, and says what that takes.
#[test]
#[ignore = "started by the test above"]
fn opened() {
    let Some(folder) = std::env::var_os("STING_STORE") else { return };
    let before = resident();
    let start = Instant::now();
    let store = Store::open(folder).unwrap();
    let rows = collection(&store, "rows");
    let count = rows.count(None).unwrap();
    println!("open: {:?} for {count} rows", start.elapsed());
    let mut state = 77;
    let query = |state: &mut u64| -> Vec<f32> { (0..DIM).map(|_| random(state)).collect() };
    let start = Instant::now();
    rows.search(&Query::vector(query(&mut state))).unwrap();
    println!("first search: {:?}", start.elapsed());
    for _ in 0..300 {
        rows.search(&Query::vector(query(&mut state))).unwrap();
    }
    let after = resident();
    let bytes = |now: usize, before: usize| (now - before) * 1024 / count;
    println!(
        "{} bytes a row resident, {} of them mapped",
        bytes(after.0, before.0),
        bytes(after.1, before.1)
    );
}

fn searches(rows: &Collection, queries: &[Vec<f32>], vocabulary: &[String]) {
    rows.search(&Query::vector(queries[0].clone())).unwrap();
    each("vector", 200, |n| drop(rows.search(&Query::vector(queries[n].clone())).unwrap()));
    for (below, share) in [(1, "1 %"), (10, "10 %"), (50, "50 %")] {
        let filter = Filter::parse(&json!({"hundredth": {"$lt": below}})).unwrap();
        let query = |n: usize| Query::vector(queries[n].clone()).with_filter(filter.clone());
        rows.search(&query(0)).unwrap();
        each(&format!("vector, filter of {share}"), 200, |n| drop(rows.search(&query(n)).unwrap()));
    }
    for words in [1, 3, 5] {
        each(&format!("{words} words"), 200, |n| {
            let text: Vec<&str> =
                (0..words).map(|w| vocabulary[(n * 37 + w * 211) % 3000].as_str()).collect();
            drop(rows.search(&Query::text(text.join(" ")).with_mode(Mode::Keyword)).unwrap());
        });
    }
    each("hybrid", 100, |n| {
        drop(rows.search(&Query::text("w5 w70 w900").with_vector(queries[n].clone())).unwrap());
    });
}

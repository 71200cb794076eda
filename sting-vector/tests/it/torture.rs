//! Processes that die or meet a failing disk at every named point of the store's work.
//!
//! `make torture` runs this and the tests of kills and of damage for as long as it takes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use sting_vector::{Collection, Durability, Query, Row, Store, StoreOptions};

use crate::{collection, open_to_read};

/// Where a process may die. The names are those of `store/fail.rs`'s callers.
const POINTS: [&str; 10] = [
    "log.append",
    "log.torn",
    "log.appended",
    "log.sync",
    "rotate.log",
    "manifest.before",
    "manifest.after",
    "segment.written",
    "install.shown",
    "snapshot.written",
];

const FOLDER: &str = "STING_TEST_TORTURE";
const BATCH: usize = 3;
const BATCHES: usize = 40;

fn options() -> StoreOptions {
    // So that rows move to segments, and segments to larger ones, every few batches.
    StoreOptions::default().with_log_bytes(1500).with_durability(Durability::Group)
}

fn batch(number: usize) -> Vec<Row> {
    let row = |id: String| {
        Row::new(id).with_text(format!("words of batch {number}")).with_vector([1.0, number as f32])
    };
    // One row that every batch replaces, so that something in every segment dies.
    (0..BATCH).map(|part| row(format!("{number:06}-{part}"))).chain([row("newest".into())]).collect()
}

/// Writes batches and says which are acknowledged, until it dies, is refused, or all are written.
#[test]
#[ignore = "started by the tests below, to die"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let store = Store::open_with(folder.join("store"), options()).unwrap();
    let rows = collection(&store, "rows");
    let first = rows.count(None).unwrap() / BATCH;
    let ok = || -> Result<(), sting_vector::Error> {
        for number in first..first + BATCHES {
            rows.upsert(batch(number))?;
            // Not through the pipe: what a dying process wrote to it may be lost.
            fs::write(folder.join("acknowledged"), number.to_string()).unwrap();
            if number % 13 == 12 {
                rows.compact()?;
            }
            if number % 17 == 16 {
                // Out of the way at once: half of a copy that is being removed is no copy.
                let (copy, old) = (folder.join("copy"), folder.join("old"));
                let _ = fs::remove_dir_all(&old);
                let _ = fs::rename(&copy, &old);
                store.snapshot(&copy)?;
            }
        }
        store.close()
    };
    if let Err(error) = ok() {
        println!("{error}");
    }
}

/// Runs the child until it ends, one way or another. Returns whether it came to its own end.
fn run(folder: &Path, fail: &str) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["torture::child", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env("STING_FAIL", fail)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    status.success()
}

fn check(rows: &Collection, what: &str) -> usize {
    let found = rows.scroll(None, usize::MAX, None).unwrap();
    let batches = found.len() / BATCH;
    assert_eq!(found.len(), batches * BATCH + usize::from(batches > 0), "{what}: half a batch");
    for (place, row) in found.iter().take(batches * BATCH).enumerate() {
        assert_eq!(row.id, format!("{:06}-{}", place / BATCH, place % BATCH), "{what}");
        assert_eq!(row, &batch(place / BATCH)[place % BATCH], "{what}");
    }
    if batches > 0 {
        assert_eq!(found.last(), batch(batches - 1).last(), "{what}: an older version of a row");
        let newest = format!("{}", batches - 1);
        let hits = rows.search(&Query::text(newest).with_k(2 * BATCH)).unwrap();
        assert_eq!(hits.len(), BATCH + 1, "{what}: a search");
    }
    batches
}

fn check_all(folder: &Path, what: &str) {
    let acknowledged = fs::read_to_string(folder.join("acknowledged")).ok();
    let acknowledged = acknowledged.and_then(|number| number.parse::<usize>().ok());
    for is_writer in [false, true] {
        let path = folder.join("store");
        let store = if is_writer { Store::open_with(&path, options()) } else { open_to_read(&path) };
        let store = match store {
            Ok(store) => store,
            Err(_) if acknowledged.is_none() => continue,
            Err(error) => panic!("{what}: {error}"),
        };
        if !store.collections().unwrap().contains(&"rows".to_owned()) {
            assert_eq!(acknowledged, None, "{what}");
            continue;
        }
        let batches = check(&collection(&store, "rows"), what);
        assert!(
            acknowledged.is_none_or(|number| number < batches),
            "{what}: {acknowledged:?} acknowledged, {batches} found"
        );
        let report = store.verify().unwrap();
        assert!(report.ok, "{what}: {report:?}");
    }
    // A copy is a store when it is whole.
    if let Ok(copy) = open_to_read(&folder.join("copy")) {
        check(&collection(&copy, "rows"), what);
        assert!(copy.verify().unwrap().ok, "{what}");
    }
}

/// Dies or fails at each point, early and late, and goes on each time with what is left.
#[test]
fn death_at_every_point_loses_nothing() {
    let rounds = std::env::var("STING_TORTURE").map_or(1, |rounds| rounds.parse().unwrap());
    let mut deaths = 0;
    for point in POINTS {
        let folder = tempfile::tempdir().unwrap();
        let mut died = 0;
        for round in 0..rounds {
            for passes in [0, 1 + round, 5 + 7 * round] {
                for kind in ["", "error"] {
                    let fail = format!("{point}:{kind}:{passes}");
                    died += usize::from(!run(folder.path(), &fail));
                    check_all(folder.path(), &fail);
                }
            }
        }
        assert!(died > 0, "{point}: no process died there");
        deaths += died;
    }
    println!("{deaths} deaths");
}

//! A process killed at any moment loses nothing that it acknowledged, and leaves no half batch.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sting_vector::Store;

use crate::{collection, row};

const FOLDER: &str = "STING_TEST_CRASH_FOLDER";
const BATCH: usize = 3;

/// What the killed process does: writes batches for ever and says which are acknowledged.
#[test]
#[ignore = "started by the test below, to be killed"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = Store::open(folder).unwrap();
    let rows = collection(&store, "rows");
    let mut output = std::io::stdout();
    let first = rows.count(None).unwrap() / BATCH;
    for batch in first.. {
        let text = "words ".repeat(1 + batch % 50);
        let ids: Vec<String> = (0..BATCH).map(|part| format!("{batch:06}-{part}")).collect();
        rows.upsert(ids.iter().map(|id| row(id, &text, [1.0, batch as f32])).collect()).unwrap();
        writeln!(output, "acknowledged {batch}").unwrap();
        output.flush().unwrap();
        // Kills fall into the writing of segments and manifests too.
        if batch % 4 == 0 {
            rows.compact().unwrap();
        }
    }
}

fn run_and_kill(folder: &Path, after: Duration) -> Option<usize> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let mut last = None;
        for line in lines.map_while(Result::ok) {
            // The harness prints on the same line.
            if let Some((_, batch)) = line.split_once("acknowledged ") {
                last = batch.parse().ok();
            }
        }
        last
    });
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn kill_loses_nothing() {
    let kills = std::env::var("STING_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12);
    let folder = tempfile::tempdir().unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut last, start) = (None, Instant::now());
    for kill in 0..kills {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        last = run_and_kill(folder.path(), Duration::from_micros(2_000 + random % 120_000)).or(last);
        let store = Store::open(folder.path()).unwrap();
        if store.collections().unwrap().is_empty() {
            assert_eq!(last, None, "kill {kill}");
            continue;
        }
        let rows = collection(&store, "rows").scroll(None, usize::MAX, None).unwrap();
        assert_eq!(rows.len() % BATCH, 0, "kill {kill}: half a batch");
        let batches = rows.len() / BATCH;
        assert!(
            last.is_none_or(|last| last < batches),
            "kill {kill}: {last:?} acknowledged, {batches} found"
        );
        for (place, row) in rows.iter().enumerate() {
            assert_eq!(row.id, format!("{:06}-{}", place / BATCH, place % BATCH), "kill {kill}");
        }
        assert!(store.verify().unwrap().ok);
    }
    println!("{kills} kills, {last:?} batches, {:?}", start.elapsed());
    assert!(last.is_some(), "no batch was ever acknowledged");
}

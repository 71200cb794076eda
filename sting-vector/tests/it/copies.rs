//! Snapshots, erasure, and readers beside a writer.

use std::fs;
use std::path::Path;

use serde_json::json;
use sting_vector::{Error, Filter, Store};

use crate::{collection, everything, open_to_read, row};

#[test]
fn a_snapshot_is_a_store_of_that_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (original, copy) = (folder.path().join("original"), folder.path().join("copy"));
    for store in [Store::open(original).unwrap(), Store::in_memory()] {
        let rows = collection(&store, "rows");
        rows.upsert(vec![row("a", "x", [1.0, 0.0]), row("b", "y", [0.0, 1.0])]).unwrap();
        store.compact().unwrap();
        rows.delete(&["a"]).unwrap();
        rows.upsert(vec![row("c", "z", [1.0, 1.0])]).unwrap();
        collection(&store, "empty");
        let then = everything(&store).unwrap();
        store.snapshot(&copy).unwrap();
        rows.upsert(vec![row("d", "later", [1.0, 1.0])]).unwrap();
        assert!(matches!(store.snapshot(&copy), Err(Error::NotAStore { .. })));

        let copied = Store::open(&copy).unwrap();
        assert_eq!(everything(&copied).unwrap(), then);
        assert!(copied.verify().unwrap().ok);
        collection(&copied, "rows").upsert(vec![row("e", "goes on", [1.0, 1.0])]).unwrap();
        drop(copied);
        fs::remove_dir_all(&copy).unwrap();
    }
}

fn files_with(folder: &Path, part: &[u8]) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let count = |path: std::path::PathBuf| {
        if path.is_dir() {
            return files_with(&path, part);
        }
        usize::from(fs::read(path).unwrap().windows(part.len()).any(|window| window == part))
    };
    entries.map(count).sum()
}

#[test]
fn erased_rows_are_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let rows = collection(&store, "rows");
    rows.upsert(vec![row("id-secret", "firstversion", [1.5, 0.25]), row("kept", "words", [0.0, 1.0])])
        .unwrap();
    store.compact().unwrap();
    // An older version of the row lies dead in a segment, a newer one in the log.
    rows.upsert(vec![row("id-secret", "secondversion", [1.5, 0.25])]).unwrap();
    rows.upsert(vec![row("id-gone", "deletedbefore", [1.0, 0.0]), row("id-other", "third", [1.0, 0.0])])
        .unwrap();
    rows.delete(&["id-gone"]).unwrap();
    assert!(
        files_with(folder.path(), b"firstversion") > 0 && files_with(folder.path(), b"deletedbefore") > 0
    );

    let erasure = rows.erase(&["id-secret", "id-gone", "never there"]).unwrap();
    assert_eq!((erasure.rows, erasure.remains.len()), (1, 0));
    assert!(erasure.checked.len() >= 4);
    let other = Filter::parse(&json!({"of": "id-other"})).unwrap();
    assert_eq!(rows.erase_where(&other).unwrap().rows, 1);
    let vector: Vec<u8> = [1.5f32, 0.25].iter().flat_map(|number| number.to_le_bytes()).collect();
    for trace in [&b"id-"[..], b"firstversion", b"secondversion", b"deletedbefore", b"third", &vector] {
        assert_eq!(files_with(folder.path(), trace), 0);
    }
    assert_eq!(rows.scroll(None, 10, None).unwrap(), [row("kept", "words", [0.0, 1.0])]);
    assert!(store.verify().unwrap().ok);
}

#[test]
fn a_reader_follows_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let rows = collection(&store, "rows");
    rows.upsert(vec![row("a", "x", [1.0, 0.0])]).unwrap();
    let reader = open_to_read(folder.path()).unwrap();
    let read = collection(&reader, "rows");
    for (step, id) in ["b", "c", "d", "e"].into_iter().enumerate() {
        rows.upsert(vec![row(id, "x", [1.0, 0.0])]).unwrap();
        if step % 2 == 1 {
            store.compact().unwrap();
        }
        assert_eq!(read.count(None).unwrap(), 1 + step);
        read.refresh().unwrap();
        assert_eq!(read.count(None).unwrap(), 2 + step);
        assert_eq!(read.scroll(None, 10, None).unwrap(), rows.scroll(None, 10, None).unwrap());
    }
}

/// A reader that refreshes while the writer writes and merges sees whole batches, in order.
#[test]
fn a_reader_refreshes_during_merges() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let rows = collection(&store, "rows");
    let reader = open_to_read(folder.path()).unwrap();
    let read = collection(&reader, "rows");
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut before = 0;
            while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
                read.refresh().unwrap();
                let count = read.count(None).unwrap();
                assert!(count.is_multiple_of(2) && count >= before, "{before} then {count}");
                before = count;
            }
        });
        for batch in 0..60 {
            let ids = [format!("{batch}-a"), format!("{batch}-b")];
            rows.upsert(ids.iter().map(|id| row(id, "x", [1.0, 0.0])).collect()).unwrap();
            if batch % 3 == 0 {
                store.compact().unwrap();
            }
        }
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

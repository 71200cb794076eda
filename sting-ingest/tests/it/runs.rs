//! Runs: what they write, what they leave alone, and what a kill leaves behind.

use crate::bench::Bench;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use sting_ingest::comb::{Compression, Mode, Output, Partition};
use sting_ingest::{Error, RunOptions};

/// A document of many paragraphs, none like the other.
fn prose(name: &str, paragraphs: usize) -> String {
    let words =
        ["lorem", "ipsum", "harbour", "quiet", "ledger", "violet", "morning", "kettle", "granite", "orchard"];
    let sentence = |i: usize, j: usize| {
        let word = |k: usize| words[(i * 7 + j * 3 + k * k + name.len()) % words.len()];
        format!("{} {} {} number {i} of {name} {} {}.", word(1), word(2), word(3), word(4), word(5 + j))
    };
    (0..paragraphs).map(|i| (0..6).map(|j| sentence(i, j)).collect::<Vec<_>>().join(" ") + "\n\n").collect()
}

fn three() -> Bench {
    Bench::new(&[
        ("a.md", format!("# Title\n\n{}", prose("a", 12)).as_bytes()),
        ("sub/b.txt", prose("b", 30).as_bytes()),
        ("c.csv", b"name,email\nJane,jane.roe@example.org\nJohn,john.doe@example.org\n"),
    ])
}

#[test]
fn a_second_run_finds_nothing_changed() {
    let bench = three();
    let first = bench.run().unwrap();
    assert_eq!((first.documents.listed, first.documents.new, first.documents.failed), (3, 3, 0));
    assert_eq!(first.chunks.embedded, first.chunks.total);
    assert_eq!(first.findings["email"]["replace"], 2);
    let rows = bench.check();
    assert_eq!(rows.len(), first.chunks.total);

    let second = bench.run().unwrap();
    assert_eq!((second.documents.unchanged, second.documents.new, second.documents.changed), (3, 0, 0));
    assert_eq!((second.stages[1].items, second.chunks.total), (0, 0), "nothing is read");
    assert_eq!(second.files, first.files);
    assert_eq!(second.previous.as_deref().map(str::len), Some(64));
    assert_eq!(bench.check(), rows);
}

#[test]
fn an_edit_embeds_only_what_it_changed() {
    let bench = three();
    bench.run().unwrap();
    let before = bench.check();
    let text = prose("b", 30);
    let at = text.find("number 14").unwrap();
    bench.put("sub/b.txt", format!("{}changed {}", &text[..at], &text[at..]).as_bytes());
    let run = bench.run().unwrap();
    assert_eq!((run.documents.changed, run.documents.unchanged), (1, 2));
    assert!(run.chunks.embedded >= 1 && run.chunks.embedded <= 4, "{:?}", run.chunks);
    assert_eq!(run.chunks.embedded + run.chunks.reused, run.chunks.total);
    let after = bench.check();
    let new = after.keys().filter(|id| !before.contains_key(*id)).count();
    assert_eq!(new, run.chunks.embedded);
    assert!(after.values().any(|text| text.contains("changed number 14")));
}

#[test]
fn places_follow_an_edit_above() {
    let bench = three();
    bench.run().unwrap();
    bench.put("sub/b.txt", format!("A new beginning.\n\n{}", prose("b", 30)).as_bytes());
    bench.run().unwrap();
    let source = std::fs::read_to_string(bench.path("in/sub/b.txt")).unwrap();
    for row in bench.rows().iter().filter(|row| row.metadata["document"] == "sub/b.txt") {
        let place = |key: &str| row.metadata[key].as_u64().unwrap() as usize;
        assert_eq!(row.text.as_deref(), Some(&source[place("source_start")..place("source_end")]));
    }
}

#[test]
fn what_is_deleted_is_taken_out() {
    let bench = three();
    bench.run().unwrap();
    std::fs::remove_file(bench.path("in/sub/b.txt")).unwrap();
    let run = bench.run().unwrap();
    assert_eq!((run.documents.deleted, run.documents.unchanged), (1, 2));
    assert!(run.chunks.removed > 3);
    assert!(bench.check().values().all(|text| !text.contains("of b ")));
    assert_eq!(bench.run().unwrap().documents.deleted, 0);
}

#[test]
fn a_document_that_cannot_be_read_is_listed() {
    let bench = three();
    bench.put("photo.png", b"\x89PNG\r\n\x1a\n123");
    bench.put("broken.eml", b"no header at all\n\nbody");
    bench.put("empty.txt", b"");
    bench.put("latin.txt", b"caf\xE9 \xE0 la carte, d\xE9j\xE0 vu");
    let run = bench.run().unwrap();
    assert_eq!((run.documents.new, run.documents.skipped, run.documents.failed), (5, 1, 1));
    let listed: Vec<_> =
        run.quarantined.iter().map(|entry| (entry.name.as_str(), entry.code.as_str())).collect();
    assert_eq!(listed, [("broken.eml", "damaged"), ("photo.png", "unsupported")]);
    assert!(bench.check().values().any(|text| text.contains("café à la carte")));
    // They are not read again, and are still said.
    let second = bench.run().unwrap();
    assert_eq!((second.documents.unchanged, second.stages[1].items), (5, 0));
    assert_eq!(second.quarantined, run.quarantined);
    // A document that becomes unreadable is taken out.
    bench.put("a.md", b"\x7FELF");
    bench.run().unwrap();
    assert!(bench.check().values().all(|text| !text.contains("of a ")));
}

#[cfg(unix)]
#[test]
fn a_closed_folder_deletes_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let bench = three();
    bench.run().unwrap();
    let rows = bench.check();
    let closed = bench.path("in/sub");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o0)).unwrap();
    let readable = std::fs::read_dir(&closed).is_ok();
    let run = bench.run();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    if readable {
        println!("skipped: this user may read everything");
        return;
    }
    let run = run.unwrap();
    assert_eq!((run.documents.deleted, run.documents.failed), (0, 1));
    assert_eq!(
        (run.quarantined[0].name.as_str(), run.quarantined[0].reason.as_str()),
        ("sub", "permission denied")
    );
    assert_eq!(bench.check(), rows);
}

#[test]
fn a_cancelled_run_keeps_what_it_finished() {
    let bench = Bench::new(&[]);
    for i in 0..600 {
        bench.put(&format!("{i:03}.txt"), format!("document number {i} says nothing much").as_bytes());
    }
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancel);
    let on_progress = move |progress: &sting_ingest::Progress| {
        flag.store(progress.written > 0, Ordering::Relaxed);
    };
    let options =
        RunOptions { cancel: Some(cancel), on_progress: Some(&on_progress), ..RunOptions::default() };
    let error = bench.run_with(&bench.comb(), options).unwrap_err();
    assert!(matches!(error, Error::Cancelled));
    let some = bench.check().len();
    assert!(some > 0 && some < 600, "{some}");
    assert_eq!(bench.newest().status, "cancelled");
    let rest = bench.run().unwrap();
    assert_eq!((rest.documents.unchanged, rest.documents.new), (some, 600 - some));
    assert_eq!(bench.check().len(), 600);
}

#[test]
fn progress_is_told() {
    let bench = three();
    let (calls, last) = (Cell::new(0), Cell::new(""));
    let on_progress = |progress: &sting_ingest::Progress| {
        calls.set(calls.get() + 1);
        last.set(progress.stage);
    };
    bench
        .run_with(&bench.comb(), RunOptions { on_progress: Some(&on_progress), ..RunOptions::default() })
        .unwrap();
    assert!(calls.get() >= 5);
    assert_eq!(last.get(), "done");
}

#[test]
fn another_profile_or_a_lost_store_is_another_run() {
    let bench = three();
    bench.run().unwrap();
    std::fs::remove_dir_all(bench.path("store")).unwrap();
    let run = bench.run().unwrap();
    assert_eq!(run.documents.changed, 3, "rows that are gone are written again");
    bench.check();
    let full = bench.run_with(&bench.comb().with_mode(Mode::Full), RunOptions::default()).unwrap();
    assert_eq!((full.documents.changed, full.chunks.embedded), (3, 0));
    bench.check();
}

#[test]
fn partitions_are_folders_of_time() {
    let bench = three();
    let mut comb = bench.comb();
    comb.output =
        Output { compression: Compression::Snappy, partitioning: vec![Partition::Year, Partition::Month] };
    let run = bench.run_with(&comb, RunOptions::default()).unwrap();
    assert!(
        run.files.iter().all(|file| file.path.starts_with("data/year=20") && file.path.contains("/month="))
    );
    bench.check();
}

#[test]
fn a_manifest_that_was_touched_is_found_out() {
    let bench = three();
    bench.run().unwrap();
    let run = bench.run().unwrap();
    let file = bench.path("out").join(&run.files[0].path);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let report = sting_ingest::verify_manifest(bench.path("out")).unwrap();
    assert!(!report.ok && report.problems[0].starts_with(&run.files[0].path), "{report:?}");
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    assert!(sting_ingest::verify_manifest(bench.path("out")).unwrap().ok);
    let first = bench.path("out/manifests/00000001.json");
    let text = std::fs::read_to_string(&first).unwrap();
    std::fs::write(&first, text.replacen("\"new\": 3", "\"new\": 2", 1)).unwrap();
    assert!(!sting_ingest::verify_manifest(bench.path("out")).unwrap().ok);
}

/// Whatever of the last steps a kill left undone, the next run ends where an uninterrupted one does.
#[test]
fn a_kill_before_the_commit_is_made_good() {
    let bench = three();
    bench.run().unwrap();
    let ledger = std::fs::read(bench.path("out/ledger.redb")).unwrap();
    bench.put("sub/b.txt", prose("b", 8).as_bytes());
    std::fs::remove_file(bench.path("in/a.md")).unwrap();
    bench.run().unwrap();
    let expected = bench.check();
    // The ledger of before, beside the output of after: killed between manifest and ledger.
    std::fs::write(bench.path("out/ledger.redb"), ledger).unwrap();
    bench.run().unwrap();
    assert_eq!(bench.check(), expected);
}

#[test]
fn one_long_line_is_cut() {
    let line = "a word after another ".repeat(100_000);
    let bench = Bench::new(&[("line.txt", line.as_bytes())]);
    let run = bench.run().unwrap();
    assert!(run.chunks.total > 1000);
    assert!(bench.check().values().all(|text| text.chars().count() <= 1000));
}

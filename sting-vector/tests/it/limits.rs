//! A full disk, a folder that cannot be written, two writers.

use std::path::Path;
use std::process::Command;

use sting_vector::{Error, Store};

use crate::{collection, everything, open_to_read, row};

#[test]
fn two_writers() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let rows = collection(&store, "rows");
    assert!(matches!(Store::open(folder.path()), Err(Error::Locked { .. })));
    rows.upsert(vec![row("a", "x", [1.0, 0.0])]).unwrap();

    let reader = open_to_read(folder.path()).unwrap();
    let read = collection(&reader, "rows");
    assert_eq!(read.count(None).unwrap(), 1);
    assert!(matches!(read.upsert(vec![row("b", "x", [1.0, 0.0])]), Err(Error::ReadOnly { .. })));
    assert!(matches!(reader.drop_collection("rows"), Err(Error::ReadOnly { .. })));

    // A handle keeps the store, which keeps others away.
    drop(store);
    assert!(matches!(Store::open(folder.path()), Err(Error::Locked { .. })));
    drop(rows);
    let store = Store::open(folder.path()).unwrap();
    let rows = collection(&store, "rows");
    store.close().unwrap();
    let second = Store::open(folder.path()).unwrap();
    assert!(matches!(rows.upsert(vec![row("c", "x", [1.0, 0.0])]), Err(Error::ReadOnly { .. })));
    assert_eq!(rows.count(None).unwrap(), 1);
    collection(&second, "rows").upsert(vec![row("d", "x", [1.0, 0.0])]).unwrap();
}

const FULL: &str = "STING_TEST_FULL_FOLDER";

/// What the process with a limit does: writes until it cannot, then checks that nothing was lost.
#[test]
#[ignore = "started by the test below, under a limit"]
fn child_on_a_full_disk() {
    let Some(folder) = std::env::var_os(FULL) else { return };
    let store = Store::open(folder).unwrap();
    let rows = collection(&store, "rows");
    let mut written = 0;
    let error = loop {
        match rows.upsert(vec![row(&format!("{written:06}"), &"words ".repeat(100), [1.0, 0.0])]) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 100_000, "there is no limit");
    };
    assert!(matches!(&error, Error::Io { path, .. } if path.to_str().unwrap().contains("log-")), "{error}");
    assert_eq!(rows.count(None).unwrap(), written);
    // The refused batch left nothing behind, so that a smaller one may fit.
    let _ = rows.upsert(vec![row("zzz", "", [1.0, 0.0])]);
    assert!(store.verify().unwrap().ok);
    assert!(written > 10);
}

#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let full = |folder: &Path| {
        // A limit on the size of files fails writes as a full disk does: after some of the bytes.
        let script = "trap '' XFSZ; ulimit -f 120; exec \"$0\" \"$@\"";
        Command::new("sh")
            .args(["-c", script])
            .arg(std::env::current_exe().unwrap())
            .args(["limits::child_on_a_full_disk", "--exact", "--ignored"])
            .env(FULL, folder)
            .output()
            .unwrap()
    };
    let output = full(folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let store = Store::open(folder.path()).unwrap();
    let rows = &everything(&store).unwrap()[0].1;
    assert!(rows.len() > 10);
    assert!(store.verify().unwrap().ok);
    collection(&store, "rows").upsert(vec![row("more", "room", [1.0, 0.0])]).unwrap();
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_read() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    collection(&store, "rows").upsert(vec![row("a", "x", [1.0, 0.0])]).unwrap();
    drop(store);
    let lock = folder.path().join("LOCK");
    fs::set_permissions(&lock, Permissions::from_mode(0o444)).unwrap();
    if fs::File::options().write(true).open(&lock).is_ok() {
        println!("skipped in part: this user may write everything");
    } else {
        let error = Store::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("read-only"), "{error}");
    }
    assert_eq!(everything(&open_to_read(folder.path()).unwrap()).unwrap()[0].1.len(), 1);
}

//! Stores that earlier versions wrote are read, and keep being read.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use sting_vector::{Query, Row, Store};

use crate::{collection, metadata, open_to_read, row};

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/store-v{version}"))
}

fn expected() -> Vec<Row> {
    let number = metadata(json!({"n": [u64::MAX, i64::MIN, 0.1, null, true, {"a": "b"}]}));
    vec![
        row("a", "sealed in a segment", [1.0, -2.5]),
        Row::new("c").with_text("naïve 数据 in the log").with_metadata(number),
        row("d", "updated later", [3.0, 4.0]).with_metadata(metadata(json!({"of": "d", "more": 1}))),
    ]
}

/// Writes the fixture; run once for every version of the format.
#[test]
#[ignore = "writes files that are kept"]
fn write_the_fixture() {
    let store = Store::open(fixture(2)).unwrap();
    let rows = collection(&store, "Rows");
    let [a, c, mut d] = <[Row; 3]>::try_from(expected()).unwrap();
    d.metadata.remove("more");
    rows.upsert(vec![a, row("b", "deleted later", [0.0, 1.0]), d]).unwrap();
    store.compact().unwrap();
    rows.delete(&["b"]).unwrap();
    rows.upsert(vec![c]).unwrap();
    rows.update(&[("d", metadata(json!({"more": 1})))]).unwrap();
    store.close().unwrap();
}

#[test]
fn version_1_is_read() {
    check(&fixture(1));
}

#[test]
fn version_2_is_read() {
    check(&fixture(2));
}

fn check(fixture: &Path) {
    let store = open_to_read(fixture).unwrap();
    assert!(store.verify().unwrap().ok);
    let rows = collection(&store, "Rows");
    assert_eq!(rows.scroll(None, 10, None).unwrap(), expected());
    assert_eq!(rows.search(&Query::text("sealed")).unwrap()[0].id, "a");

    // Today's writer goes on with it.
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("%52ows")).unwrap();
    for name in ["", "%52ows"] {
        for entry in fs::read_dir(fixture.join(name)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, copy.path().join(name).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    let store = Store::open(copy.path()).unwrap();
    let rows = collection(&store, "Rows");
    rows.upsert(vec![row("e", "new", [1.0, 1.0])]).unwrap();
    store.compact().unwrap();
    assert_eq!(rows.count(None).unwrap(), 4);
    assert!(store.verify().unwrap().ok);
}

//! Every flipped byte and every cut file is noticed, or does no harm.

use std::fs;
use std::path::{Path, PathBuf};

use sting_vector::{CollectionConfig, Error, Query, Row, Store};

use crate::{collection, everything, open_to_read, row};

/// A small store with everything in it: two collections, deletes, updates, files of all kinds.
fn small_store(folder: &Path) {
    let store = Store::open(folder).unwrap();
    let first = collection(&store, "first");
    first.upsert(vec![row("a", "some words", [1.0, 2.0]), row("b", "more words", [0.5, -2.0])]).unwrap();
    store.compact().unwrap();
    first.upsert(vec![row("c", "words again", [1.5, 2.5])]).unwrap();
    first.delete(&["a"]).unwrap();
    let second = collection(&store, "Second");
    second.upsert(vec![row("x", "naïve 数据", [3.0, 4.0])]).unwrap();
    second.upsert(vec![row("y", "", [3.0, 5.0])]).unwrap();
    store.close().unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Opens a damaged store every way there is, and checks that damage is told or harmless.
fn check(folder: &Path, file: &Path, intact: &[(String, Vec<sting_vector::Row>)], what: &str) {
    let told = |error: &Error| {
        let text = error.to_string();
        // A lost STORE file makes the folder no store; that names the folder.
        assert!(
            text.contains(file.to_str().unwrap()) || matches!(error, Error::NotAStore { .. }),
            "{what}: {text}"
        );
    };
    let store = match open_to_read(folder) {
        Ok(store) => store,
        Err(error) => return told(&error),
    };
    match everything(&store) {
        Ok(found) => assert_eq!(found, intact, "{what}: a silently different answer"),
        Err(error) => told(&error),
    }
    let report = store.verify().unwrap();
    assert!(
        !report.ok && report.problems.iter().any(|problem| problem.contains(file.to_str().unwrap())),
        "{what}"
    );
}

#[test]
fn every_flipped_byte_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    small_store(folder.path());
    let intact = everything(&open_to_read(folder.path()).unwrap()).unwrap();
    let mut sites = 0;
    for file in files(folder.path()) {
        let bytes = fs::read(&file).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            fs::write(&file, &damaged).unwrap();
            check(folder.path(), &file, &intact, &format!("{} byte {at}", file.display()));
            sites += 1;
        }
        fs::write(&file, &bytes).unwrap();
    }
    println!("{sites} sites");
    assert!(sites > 500);
}

#[test]
fn every_cut_and_every_growth_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    small_store(folder.path());
    let intact = everything(&open_to_read(folder.path()).unwrap()).unwrap();
    for file in files(folder.path()) {
        let bytes = fs::read(&file).unwrap();
        for length in 0..bytes.len() {
            fs::write(&file, &bytes[..length]).unwrap();
            check(folder.path(), &file, &intact, &format!("{} cut to {length}", file.display()));
        }
        fs::write(&file, &bytes).unwrap();
        if !bytes.is_empty() {
            fs::remove_file(&file).unwrap();
            check(folder.path(), &file, &intact, &format!("{} removed", file.display()));
            fs::write(&file, &bytes).unwrap();
        }
    }
}

/// The tail of a log that a crash left is cut off, told, and nothing before it is touched.
#[test]
fn a_torn_tail_is_recovered_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    small_store(folder.path());
    let intact = everything(&open_to_read(folder.path()).unwrap()).unwrap();
    let logs: Vec<PathBuf> =
        files(folder.path()).into_iter().filter(|file| file.to_str().unwrap().contains("log-")).collect();
    for log in logs {
        let bytes = fs::read(&log).unwrap();
        for torn in [vec![7], vec![0; 19], vec![0; 4096], bytes[24..60].to_vec()] {
            fs::write(&log, [&bytes[..], &torn].concat()).unwrap();
            assert_eq!(everything(&open_to_read(folder.path()).unwrap()).unwrap(), intact);
            let store = Store::open(folder.path()).unwrap();
            assert_eq!(everything(&store).unwrap(), intact);
            let report = store.verify().unwrap();
            assert!(
                report.ok && report.recovered[0].contains(&format!("{} bytes", torn.len())),
                "{report:?}"
            );
            store.close().unwrap();
            assert_eq!(fs::read(&log).unwrap(), bytes);
        }
    }
}

#[test]
fn what_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    assert!(matches!(Store::open(folder.path()), Err(Error::NotAStore { .. })));
    assert!(matches!(open_to_read(&folder.path().join("nothing")), Err(Error::NotAStore { .. })));
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn a_newer_format_is_named() {
    let folder = tempfile::tempdir().unwrap();
    small_store(folder.path());
    let file = folder.path().join("STORE");
    let mut header = fs::read(&file).unwrap();
    header[8] += 1;
    let checksum = crc32(&header[..20]).to_le_bytes();
    header[20..].copy_from_slice(&checksum);
    fs::write(&file, header).unwrap();
    assert!(matches!(Store::open(folder.path()), Err(Error::Version { found: 3, supported: 2, .. })));
}

/// CRC-32 as in the specification of PNG, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

/// The answers of a store: its rows and what searches of every kind find.
type Answers = (Vec<sting_vector::Row>, Vec<Vec<String>>);

fn answers(folder: &Path) -> Result<Answers, Error> {
    let store = open_to_read(folder)?;
    let rows = store.collection("rows", CollectionConfig::default())?;
    let queries = [
        Query::vector([1.0, 0.5, -0.25, 0.125]),
        Query::vector([1.0, 0.5, -0.25, 0.125]).with_min_recall(1.0),
        Query::text("word7 word3"),
        Query::text("word11 word2").with_vector([0.5, 0.5, 0.25, -1.0]),
    ];
    let ids = |query: &Query| Ok(rows.search(query)?.into_iter().map(|hit| hit.id).collect());
    let found = queries.iter().map(ids).collect::<Result<_, Error>>()?;
    Ok((rows.scroll(None, usize::MAX, None)?, found))
}

/// A store whose segment has codes, and with `graph` a graph besides.
fn large_store(folder: &Path, rows: usize) {
    let store = Store::open(folder).unwrap();
    let config = CollectionConfig::default().with_dim(4);
    let collection = store.collection("rows", config).unwrap();
    let mut state = 7u64;
    let mut random = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    let batch = (0..rows).map(|row| {
        let text = format!("word{} word{} word{}", row % 13, row % 7, row % 31);
        Row::new(format!("{row:06}")).with_text(text).with_vector([(); 4].map(|()| random()))
    });
    collection.upsert(batch.collect()).unwrap();
    store.compact().unwrap();
    store.close().unwrap();
}

/// Damage in files that are too large to be read when the store is opened is met by whoever reads
/// there: an error that names the file, or the same answers. What is derived is made anew.
#[test]
fn flips_and_cuts_of_large_files() {
    let is_long = std::env::var_os("STING_TORTURE").is_some();
    let folder = tempfile::tempdir().unwrap();
    large_store(folder.path(), if is_long { 12_500 } else { 700 });
    let intact = answers(folder.path()).unwrap();
    let (mut sites, mut recovered) = (0, 0);
    for file in files(folder.path()) {
        let bytes = fs::read(&file).unwrap();
        let wanted = if is_long { 4000 } else { 120 };
        let mut damage = |what: String, damaged: &[u8]| {
            // Another file, not the same: that one may still be mapped.
            fs::remove_file(&file).unwrap();
            fs::write(&file, damaged).unwrap();
            match answers(folder.path()) {
                Ok(found) => {
                    assert!(found == intact, "{what}: a silently different answer");
                    recovered += 1;
                }
                Err(error) => {
                    let error = error.to_string();
                    let is_named = error.contains(file.to_str().unwrap());
                    assert!(is_named || error.contains("not a store"), "{what}: {error}");
                }
            }
            if let Ok(store) = open_to_read(folder.path()) {
                let report = store.verify().unwrap();
                let is_told = report.problems.iter().any(|problem| problem.contains(file.to_str().unwrap()));
                assert!(is_told, "{what}: {report:?}");
            }
        };
        for step in 0..wanted.min(bytes.len()) {
            let at = (bytes.len() - 1) * step / wanted.min(bytes.len());
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (step % 8);
            damage(format!("{} byte {at}", file.display()), &damaged);
            sites += 1;
            if step % 10 == 0 && at > 0 {
                damage(format!("{} cut to {at}", file.display()), &bytes[..at]);
            }
        }
        fs::remove_file(&file).unwrap();
        fs::write(&file, &bytes).unwrap();
    }
    println!("{sites} sites, {recovered} recovered");
    assert!(recovered > 0);
    assert_eq!(answers(folder.path()).unwrap(), intact);
}

/// The writer mends what is derived, without being asked.
#[test]
fn a_writer_mends_what_is_derived() {
    let folder = tempfile::tempdir().unwrap();
    large_store(folder.path(), 700);
    let intact = answers(folder.path()).unwrap();
    let is_segment = |file: &PathBuf| file.to_str().unwrap().contains("segment-");
    let segment = files(folder.path()).into_iter().find(is_segment).unwrap();
    // The codes are among the last bytes in front of the footer.
    let mut bytes = fs::read(&segment).unwrap();
    let at = bytes.len() - 9000;
    bytes[at] ^= 1;
    fs::remove_file(&segment).unwrap();
    fs::write(&segment, &bytes).unwrap();
    assert_eq!(answers(folder.path()).unwrap(), intact);

    let store = Store::open(folder.path()).unwrap();
    assert!(!store.verify().unwrap().ok);
    let rows = collection(&store, "rows");
    for wait in 0.. {
        rows.search(&Query::vector([1.0, 0.5, -0.25, 0.125])).unwrap();
        rows.upsert(vec![Row::new(format!("later {wait}"))]).unwrap();
        if store.verify().unwrap().ok {
            break;
        }
        assert!(wait < 500, "it was not mended");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(!segment.exists());
}

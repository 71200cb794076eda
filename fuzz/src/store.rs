use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use sting_vector::{CollectionConfig, Error, Row, Store, StoreOptions};

/// A store and what is in it.
struct Intact {
    folder: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
    rows: Vec<Row>,
}

/// Damage to one file of a store gives an error, or everything is still there: never less, never a crash.
///
/// The input says which file, what is done to it, and where.
pub fn store_log(data: &[u8]) {
    static INTACT: LazyLock<Intact> = LazyLock::new(Intact::make);
    let [file, action, low, high, rest @ ..] = data else { return };
    let (path, bytes) = &INTACT.files[usize::from(*file) % INTACT.files.len()];
    let at = usize::from(u16::from_le_bytes([*low, *high])) % (bytes.len() + 1);
    let mut damaged = bytes.clone();
    match action % 4 {
        0 => damaged[at..].iter_mut().zip(rest).for_each(|(byte, flips)| *byte ^= flips),
        1 => damaged.truncate(at),
        2 => damaged.extend_from_slice(rest),
        _ => damaged.splice(at.., rest.iter().copied()).for_each(drop),
    }
    fs::write(path, &damaged).expect("writing the damaged file");
    let found = rows(&INTACT.folder);
    fs::write(path, bytes).expect("writing the file as it was");
    if let Ok(found) = found {
        assert_eq!(found, INTACT.rows, "rows differ after {:?} was damaged", path.file_name());
    }
}

fn rows(folder: &Path) -> Result<Vec<Row>, Error> {
    // For reading only: opening for writing would mend the files.
    let store = Store::open_with(folder, StoreOptions::default().read_only())?;
    let _ = store.verify()?;
    let collection = store.collection("bees", CollectionConfig::default())?;
    collection.scroll(None, 1000, None)
}

impl Intact {
    fn make() -> Self {
        let folder = std::env::temp_dir().join(format!("sting-fuzz-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let store = Store::open(&folder).expect("a new store");
        let collection =
            store.collection("bees", CollectionConfig::default().with_dim(2)).expect("a new collection");
        for batch in 0..3 {
            let row = |n: i32| {
                let text = format!("bee {n} of batch {batch}");
                Row::new(format!("{batch}-{n}")).with_text(text).with_vector([1.0, n as f32])
            };
            collection.upsert((0..4).map(row).collect()).expect("an upsert");
            if batch == 1 {
                store.compact().expect("a segment, so that there is more than the log");
            }
        }
        collection.delete(&["0-1"]).expect("a deletion");
        store.close().expect("closing");
        let mut files = Vec::new();
        collect(&folder, &mut files);
        files.sort();
        let rows = rows(&folder).expect("an intact store");
        assert_eq!(rows.len(), 11);
        Self { folder, files, rows }
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), fs::read(&path).expect("a file")));
        }
    }
}

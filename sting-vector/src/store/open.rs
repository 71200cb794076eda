//! Collections on disk: made, opened, checked, removed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::folder::{self, CollectionFolder};
use super::lock::Lock;
use super::log::{Contents, Log};
use super::manifest::{Manifest, Settings};
use super::mark::{self, Mark};
use super::merge::Merge;
use super::{Report, StoreOptions, fail, graph_file, segment_file};
use crate::Error;
use crate::collection::snapshot::{Snapshot, View};
use crate::collection::writer::Disk;
use crate::collection::{Batch, Core, Row, Writer, maintenance};

/// A collection that is being made, or being removed.
const UNFINISHED: &str = ".unfinished-";

/// Makes an empty collection: beside its place, then renamed, so that it is there whole or not.
pub(super) fn create(root: &Path, folder: &CollectionFolder, settings: Settings) -> Result<(), Error> {
    let name = folder.0.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let beside = CollectionFolder(root.join(format!("{UNFINISHED}{name}")));
    let created = create_in(&beside, settings)
        .and_then(|()| fs::rename(&beside.0, &folder.0).map_err(Error::io(&folder.0, "renaming into place")));
    if created.is_err() {
        let _ = fs::remove_dir_all(&beside.0);
    }
    created.and_then(|()| folder::sync(root))
}

/// Writes a state as a collection of a store that is being made. The copy shares no block with the
/// original.
pub(super) fn export(folder: &CollectionFolder, settings: Settings, state: &Snapshot) -> Result<(), Error> {
    create_in(folder, settings.clone())?;
    let mut manifest = Manifest::read(&folder.manifest())?;
    manifest.settings = Settings { dim: state.dim, ..settings };
    let merge = Merge::new(state.views.iter().map(View::source).collect())?;
    if merge.rows() > 0 {
        manifest.newest += 1;
        let (path, number) = (folder.segment(manifest.newest), manifest.newest);
        let entry = segment_file::write(&path, number, &merge, manifest.settings.metric, &|| false)?;
        manifest.segments.push(entry);
    }
    fail::point("snapshot.written")?;
    folder::sync(&folder.0)?;
    manifest.write(&folder.manifest())
}

fn create_in(folder: &CollectionFolder, settings: Settings) -> Result<(), Error> {
    let _ = fs::remove_dir_all(&folder.0);
    fs::create_dir(&folder.0).map_err(Error::io(&folder.0, "making the folder"))?;
    let log = Log::create(folder.log(1), 1, 1)?;
    Mark::create(folder.mark(), 1, log.end())?;
    let (segments, closed) = (Vec::new(), Vec::new());
    let manifest = Manifest { settings, segments, closed, log: 1, first_sequence: 1, newest: 1 };
    manifest.write(&folder.manifest())
}

/// Opens a collection, for writing if the lock of the store is given. Also tells what was mended.
pub(super) fn open(
    folder: CollectionFolder,
    name: &str,
    options: &StoreOptions,
    lock: Option<Arc<Lock>>,
) -> Result<(Core, Option<String>), Error> {
    let Collected { manifest, contents, snapshot, has_updates } = read(&folder, name, &[])?;
    let settings = manifest.settings.clone();
    let Some(lock) = lock else {
        return Ok((Core::reading(settings, snapshot, folder), None));
    };
    let log_path = folder.log(manifest.log);
    let recovered = (contents.torn > 0).then(|| {
        format!(
            "{}: {} bytes of a write that was never acknowledged were cut off",
            log_path.display(),
            contents.torn
        )
    });
    let log = Log::resume(log_path, &contents)?;
    let mut mark = Mark::open(folder.mark())?;
    // From now on readers rely on the whole log.
    mark.set(manifest.log, log.end())?;
    let disk = Disk::new(folder.clone(), manifest, log, mark, options, Some(lock));
    disk.folder.remove_others(&disk.files())?;
    let writer = Writer::new(folder.0.clone(), Some(disk));
    let core = Core::new(settings, snapshot, writer).writing(folder);
    if has_updates {
        // Version 1 logged changes of metadata alone, which need the rows as they were: they must be
        // in a segment before anything else moves.
        maintenance::seal_now(&core)?;
    }
    Ok((core, recovered))
}

/// Reads what a writer in another process wrote since `before` was read.
pub(crate) fn refresh(folder: &CollectionFolder, name: &str, before: &Snapshot) -> Result<Snapshot, Error> {
    read(folder, name, &before.views).map(|collected| collected.snapshot)
}

/// Times that a reader starts again because a writer replaced the files meanwhile.
const ATTEMPTS: usize = 20;

/// What the files of a collection say.
struct Collected {
    manifest: Manifest,
    /// Of the log that takes records.
    contents: Contents,
    snapshot: Snapshot,
    /// Whether a log has changes of metadata alone.
    has_updates: bool,
}

/// Opens the segments of a collection and reads its logs. Segments among `known` are not opened again.
fn read(folder: &CollectionFolder, name: &str, known: &[View]) -> Result<Collected, Error> {
    let path = folder.manifest();
    let mut manifest = Manifest::read(&path)?;
    for _ in 1..ATTEMPTS {
        let result = read_files(folder, name, manifest.clone(), known);
        if result.is_err() {
            let newest = Manifest::read(&path)?;
            if newest != manifest {
                manifest = newest;
                continue;
            }
        }
        return result;
    }
    read_files(folder, name, manifest, known)
}

fn read_files(
    folder: &CollectionFolder,
    name: &str,
    manifest: Manifest,
    known: &[View],
) -> Result<Collected, Error> {
    let path = folder.manifest();
    if manifest.settings.name != name {
        return Err(Error::damaged(&path, 0, "it is of another collection"));
    }
    let mut views = Vec::with_capacity(manifest.segments.len());
    for entry in &manifest.segments {
        let is_same = |view: &&View| {
            view.file
                .as_ref()
                .is_some_and(|file| (file.number, file.checksum) == (entry.number, entry.checksum))
        };
        let segment = if let Some(view) = known.iter().find(is_same) {
            Arc::clone(&view.segment)
        } else {
            let path = folder.segment(entry.number);
            Arc::new(segment_file::open(&path, entry, manifest.settings.metric)?)
        };
        // A graph that is missing or damaged is built again by the writer.
        if segment.wants_graph()
            && let Ok(Some(graph)) = graph_file::open(&folder.graph(entry.number), entry, segment.rows())
        {
            segment.set_graph(Some(Arc::new(graph)));
        }
        if entry.live.as_ref().and_then(RoaringBitmap::max).is_some_and(|row| row >= segment.rows()) {
            return Err(Error::damaged(&path, 0, "it names rows that a segment does not have"));
        }
        views.push(View::in_file(segment, entry.clone())?);
    }
    let snapshot = Snapshot::new(views, manifest.settings.dim);
    let (contents, batches) = read_logs(folder, &manifest)?;
    let has_updates = batches.iter().any(|batch| !batch.updates.is_empty());
    let snapshot = if has_updates {
        let mut next = snapshot;
        for batch in &batches {
            next = next.apply(batch)?;
        }
        next
    } else {
        snapshot.apply(&together(batches))?
    };
    Ok(Collected { manifest, contents, snapshot, has_updates })
}

/// The batches of all logs in order, and the log that takes records.
fn read_logs(folder: &CollectionFolder, manifest: &Manifest) -> Result<(Contents, Vec<Batch>), Error> {
    let acknowledged = mark::acknowledged(&folder.mark(), manifest.log)?;
    let mut batches = Vec::new();
    let mut decode = |path: &Path, contents: &Contents| {
        for (at, payload) in contents.payloads() {
            let malformed = |_| Error::damaged(path, at, "a record does not decode");
            batches.push(Batch::decode(payload).map_err(malformed)?);
        }
        Ok::<_, Error>(())
    };
    for &log in &manifest.closed {
        let path = folder.log(log.number);
        decode(&path, &Contents::read_closed(&path, log)?)?;
    }
    let path = folder.log(manifest.log);
    let contents = Contents::read(&path, manifest.log, manifest.first_sequence, acknowledged)?;
    decode(&path, &contents)?;
    Ok((contents, batches))
}

/// One batch that does what many do in turn: of each id, the last that was said.
fn together(batches: Vec<Batch>) -> Batch {
    let mut last: FxHashMap<String, Option<Row>> = FxHashMap::default();
    for batch in batches {
        last.extend(batch.upserts.into_iter().map(|row| (row.id.clone(), Some(row))));
        last.extend(batch.deletes.into_iter().map(|id| (id, None)));
    }
    let mut whole = Batch::default();
    for (id, row) in last {
        match row {
            Some(row) => whole.upserts.push(row),
            None => whole.deletes.push(id),
        }
    }
    whole
}

/// Reads every byte of a collection and reports what is wrong.
pub(super) fn verify(folder: &CollectionFolder, name: &str, report: &mut Report) {
    let mut tell = |result: Result<(), Error>| {
        let problem = result.err().map(|error| error.to_string());
        report.problems.extend(problem.filter(|problem| !report.problems.contains(problem)));
    };
    tell(mark::check(&folder.mark()));
    match Manifest::read(&folder.manifest()) {
        Ok(manifest) => {
            for entry in &manifest.segments {
                tell(segment_file::verify(&folder.segment(entry.number), entry));
                tell(graph_file::verify(&folder.graph(entry.number), entry));
            }
            tell(read(folder, name, &[]).map(drop));
        }
        Err(error) => tell(Err(error)),
    }
    report.bytes += disk_bytes(&folder.0).unwrap_or_default();
}

/// Names of the collections of a store, in order.
pub(super) fn names(root: &Path) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = folder::entries(root)?
        .iter()
        .filter(|path| path.is_dir())
        .filter_map(|path| folder::decode_name(path.file_name()?.to_str()?))
        .collect();
    names.sort_unstable();
    Ok(names)
}

/// Removes a collection: out of its place first, so that it is there whole or not.
pub(super) fn remove(root: &Path, folder_name: &str) -> Result<bool, Error> {
    let (from, to) = (root.join(folder_name), root.join(format!("{UNFINISHED}{folder_name}")));
    if !from.exists() {
        return Ok(false);
    }
    fs::rename(&from, &to).map_err(Error::io(&from, "renaming out of place"))?;
    folder::sync(root)?;
    fs::remove_dir_all(&to).map_err(Error::io(&to, "removing"))?;
    Ok(true)
}

/// Removes what crashes left behind while collections were made or removed.
pub(super) fn remove_leftovers(root: &Path) -> Result<(), Error> {
    for path in folder::entries(root)? {
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(UNFINISHED)) {
            fs::remove_dir_all(&path).map_err(Error::io(&path, "removing"))?;
        }
    }
    Ok(())
}

/// Bytes of all files below a folder of a store.
pub(super) fn disk_bytes(folder: &Path) -> Result<u64, Error> {
    let mut bytes = 0;
    for path in folder::entries(folder)? {
        let metadata = fs::metadata(&path).map_err(Error::io(&path, "reading the size"))?;
        bytes += if metadata.is_dir() { disk_bytes(&path)? } else { metadata.len() };
    }
    Ok(bytes)
}

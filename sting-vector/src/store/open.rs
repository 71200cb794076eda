//! Collections on disk: made, opened, checked, removed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::folder::{self, CollectionFolder};
use super::lock::Lock;
use super::log::{Contents, Log};
use super::manifest::{Manifest, Settings};
use super::mark::{self, Mark};
use super::{Durability, Report, graph_file, segment_file};
use crate::Error;
use crate::collection::snapshot::{Snapshot, View};
use crate::collection::writer::Disk;
use crate::collection::{Batch, Core, Writer};

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

/// Writes a state as a collection of a store that is being made.
pub(super) fn export(folder: &CollectionFolder, settings: Settings, state: &Snapshot) -> Result<(), Error> {
    create_in(folder, settings)?;
    let manifest = Manifest::read(&folder.manifest())?;
    let log = Log::create(folder.log(manifest.log), manifest.log, manifest.first_sequence)?;
    let mark = Mark::open(folder.mark())?;
    let disk = Disk::new(folder.clone(), manifest, log, mark, Durability::Each);
    // Segments are written from memory, where their checksums were verified, so that the copy shares
    // no block with the original.
    let mut state = state.without_dead();
    for view in &mut state.views {
        view.file = None;
    }
    Writer::new(folder.0.clone(), Some(disk)).seal(state).map(drop)
}

fn create_in(folder: &CollectionFolder, settings: Settings) -> Result<(), Error> {
    let _ = fs::remove_dir_all(&folder.0);
    fs::create_dir(&folder.0).map_err(Error::io(&folder.0, "making the folder"))?;
    let log = Log::create(folder.log(1), 1, 1)?;
    Mark::create(folder.mark(), 1, log.end())?;
    Manifest { settings, segments: Vec::new(), log: 1, first_sequence: 1 }.write(&folder.manifest())
}

/// Opens a collection, for writing if the lock of the store is given. Also tells what was mended.
pub(super) fn open(
    folder: CollectionFolder,
    name: &str,
    writes: Option<(Arc<Lock>, Durability)>,
) -> Result<(Core, Option<String>), Error> {
    let (manifest, contents, snapshot) = read(&folder, name, &[])?;
    let settings = manifest.settings.clone();
    let path = folder.0.clone();
    let Some((lock, durability)) = writes else {
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
    let disk = Disk::new(folder, manifest, log, mark, durability).locked(lock);
    disk.folder.remove_others(&disk.files())?;
    let core =
        Core::new(settings, snapshot, Writer::new(path.clone(), Some(disk))).writing(CollectionFolder(path));
    core.index_in_background();
    Ok((core, recovered))
}

/// Reads what a writer in another process wrote since `before` was read.
pub(crate) fn refresh(folder: &CollectionFolder, name: &str, before: &Snapshot) -> Result<Snapshot, Error> {
    read(folder, name, &before.views).map(|(_, _, snapshot)| snapshot)
}

/// Times that a reader starts again because a writer replaced the files meanwhile.
const ATTEMPTS: usize = 20;

/// Reads all that a collection holds, and checks it. Segments among `known` are not read again.
fn read(
    folder: &CollectionFolder,
    name: &str,
    known: &[View],
) -> Result<(Manifest, Contents, Snapshot), Error> {
    let path = folder.manifest();
    let mut manifest = Manifest::read(&path)?;
    for _ in 1..ATTEMPTS {
        let result = read_files(folder, name, &manifest, known);
        if result.is_err() {
            let newest = Manifest::read(&path)?;
            if newest != manifest {
                manifest = newest;
                continue;
            }
        }
        return result.map(|(contents, snapshot)| (manifest, contents, snapshot));
    }
    read_files(folder, name, &manifest, known).map(|(contents, snapshot)| (manifest, contents, snapshot))
}

fn read_files(
    folder: &CollectionFolder,
    name: &str,
    manifest: &Manifest,
    known: &[View],
) -> Result<(Contents, Snapshot), Error> {
    let path = folder.manifest();
    if manifest.settings.name != name {
        return Err(Error::damaged(&path, 0, "it is of another collection"));
    }
    let mut views = Vec::with_capacity(manifest.segments.len());
    for entry in &manifest.segments {
        let path = folder.segment(entry.number);
        let is_same = |view: &&View| {
            view.file
                .as_ref()
                .is_some_and(|file| (file.number, file.checksum) == (entry.number, entry.checksum))
        };
        let segment = if let Some(view) = known.iter().find(is_same) {
            Arc::clone(&view.segment)
        } else {
            Arc::new(segment_file::read(&path, entry)?)
        };
        // A graph that is missing or damaged is built again by the writer.
        if segment.wants_graph()
            && let Ok(Some(graph)) = graph_file::read(&folder.graph(entry.number), entry, segment.rows())
        {
            let _ = segment.graph.set(graph);
        }
        let live = entry.live.clone().map(Arc::new);
        if live.as_ref().and_then(|live| live.max()).is_some_and(|row| row >= segment.rows()) {
            return Err(Error::damaged(&path, 0, "the manifest names rows that it does not have"));
        }
        views.push(View { segment, live, file: Some(entry.clone()) });
    }
    let acknowledged = mark::acknowledged(&folder.mark(), manifest.log)?;
    let log_path = folder.log(manifest.log);
    let contents = Contents::read(&log_path, manifest.log, manifest.first_sequence, acknowledged)?;
    let mut snapshot = Snapshot::new(views, manifest.settings.dim);
    for (at, payload) in contents.payloads() {
        let batch =
            Batch::decode(payload).map_err(|_| Error::damaged(&log_path, at, "a record does not decode"))?;
        snapshot = snapshot.apply(batch);
    }
    Ok((contents, snapshot))
}

/// Reads a collection and reports what is wrong.
pub(super) fn verify(folder: &CollectionFolder, name: &str, report: &mut Report) {
    if let Err(error) = mark::check(&folder.mark()) {
        report.problems.push(error.to_string());
    }
    match read(folder, name, &[]) {
        Ok((manifest, _, snapshot)) => {
            for (entry, view) in manifest.segments.iter().zip(&snapshot.views) {
                if let Err(error) = graph_file::read(&folder.graph(entry.number), entry, view.segment.rows())
                {
                    report.problems.push(error.to_string());
                }
            }
            report.bytes += disk_bytes(&folder.0).unwrap_or_default();
        }
        Err(error) => report.problems.push(error.to_string()),
    }
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

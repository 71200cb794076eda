//! Moving rows from the log to segments, and many segments to one, while others read and write.
//!
//! A job looks at the collection, works without the writer, and then changes it in one step: what
//! died meanwhile in its sources dies in the outcome. Records of the log replay alike whether or not
//! a segment has their rows already, so that a crash at any moment leaves the same rows.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use roaring::RoaringBitmap;

use super::Core;
use super::snapshot::{Snapshot, View, all_rows};
use super::writer::Writer;
use crate::index::graph::Graph;
use crate::keyword::GONE;
use crate::store::manifest::{SegmentEntry, Settings};
use crate::store::merge::Merge;
use crate::store::segment::Segment;
use crate::store::{fail, folder, graph_file, segment_file};
use crate::{Error, Metric};

/// One job at a time, and what background work could not do.
#[derive(Debug, Default)]
pub(crate) struct Maintenance {
    turn: Mutex<()>,
    /// Whether the worker was told to look.
    pub(crate) is_due: AtomicBool,
    problem: Mutex<Option<Problem>>,
}

#[derive(Debug)]
struct Problem {
    what: String,
    since: Instant,
}

/// How long work rests that failed.
const REST: Duration = Duration::from_secs(10);

impl Maintenance {
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why background work is behind, if it is.
    pub(crate) fn problem(&self) -> Option<String> {
        self.lock_problem().as_ref().map(|problem| problem.what.clone())
    }

    fn lock_problem(&self) -> MutexGuard<'_, Option<Problem>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether work failed a moment ago, so that it would most likely fail again.
    pub(super) fn rests(&self) -> bool {
        self.lock_problem().as_ref().is_some_and(|problem| problem.since.elapsed() < REST)
    }

    fn note(&self, error: Option<&Error>) {
        let problem = error.map(|error| Problem { what: error.to_string(), since: Instant::now() });
        *self.lock_problem() = problem;
    }
}

/// Views that become one segment.
struct Job {
    /// As they were when the job began.
    views: Vec<View>,
    number: u64,
    /// Logs whose rows are all in the views.
    logs: Vec<u64>,
}

/// The segment, which is none if nothing is alive, and where the rows of each view went.
struct Outcome {
    segment: Option<(Arc<Segment>, SegmentEntry)>,
    targets: Vec<Vec<u32>>,
}

/// Does all that there is to do, unless it is told to stop.
pub(crate) fn run(core: &Core, is_stopping: &dyn Fn() -> bool) {
    while !is_stopping() {
        let done = step(core, is_stopping);
        if !matches!(done, Err(Error::Cancelled)) {
            core.maintenance.note(done.as_ref().err());
        }
        if !matches!(done, Ok(true)) {
            return;
        }
    }
}

/// Moves rows out of a log that is far too long; waits for whoever does it already.
pub(super) fn relieve(core: &Core) {
    let done = seal_if_due(core, &|| false);
    core.maintenance.note(done.as_ref().err());
}

/// Does one job. Returns whether there was one.
fn step(core: &Core, is_stopping: &dyn Fn() -> bool) -> Result<bool, Error> {
    if seal_if_due(core, is_stopping)? {
        return Ok(true);
    }
    if core.has_files() && !core.snapshot().mergeable().is_empty() {
        let _turn = core.maintenance.turn();
        let job = begin(core, &mut core.writer(), Snapshot::mergeable)?;
        return finish(core, job, is_stopping);
    }
    let wanting = core.snapshot().views.iter().find(|view| view.segment.wants_graph_work()).cloned();
    match wanting {
        Some(view) => look_after_graph(core, &view, is_stopping).map(|()| true),
        None => Ok(false),
    }
}

fn seal_if_due(core: &Core, is_stopping: &dyn Fn() -> bool) -> Result<bool, Error> {
    if !core.writer().wants_seal() {
        return Ok(false);
    }
    let _turn = core.maintenance.turn();
    // Someone else may have done it while this one waited for its turn.
    if !core.writer().wants_seal() {
        return Ok(true);
    }
    let sealed = seal(core, is_stopping);
    if sealed.is_err() {
        core.writer().postpone_seal();
    }
    sealed
}

fn seal(core: &Core, is_stopping: &dyn Fn() -> bool) -> Result<bool, Error> {
    let job = begin(core, &mut core.writer(), Snapshot::in_memory)?;
    finish(core, job, is_stopping)
}

/// Moves the rows in the log to a segment, now.
pub(crate) fn seal_now(core: &Core) -> Result<(), Error> {
    let _turn = core.maintenance.turn();
    seal(core, &|| false).map(drop)
}

/// Makes one segment of all, and builds what graphs are missing.
pub(crate) fn compact(core: &Core) -> Result<(), Error> {
    if core.has_files() {
        let _turn = core.maintenance.turn();
        let all = |snapshot: &Snapshot| match &snapshot.views[..] {
            [view] if view.file.is_some() && view.live.is_none() && !view.is_worn() => Vec::new(),
            views => views.to_vec(),
        };
        let job = begin(core, &mut core.writer(), all)?;
        finish(core, job, &|| false)?;
    } else {
        let mut writer = core.writer();
        writer.disk()?;
        let snapshot = core.snapshot();
        let merge = Merge::new(snapshot.views.iter().map(View::source).collect())?;
        let views = if merge.rows() > 0 { vec![View::new(merge.segment()?)?] } else { Vec::new() };
        core.show(Snapshot::new(views, snapshot.dim));
    }
    while let Some(view) = core.snapshot().views.iter().find(|view| view.segment.wants_graph()) {
        look_after_graph(core, view, &|| false)?;
    }
    Ok(())
}

/// Writes anew what holds rows that are dead, while writers wait. The caller has the turn.
pub(super) fn clean(core: &Core, writer: &mut Writer) -> Result<(), Error> {
    if let Some(job) = begin(core, writer, Snapshot::unclean)? {
        let outcome = build(core, &job, &|| false)?;
        install(core, writer, &job, outcome)?;
    }
    Ok(())
}

/// Chooses views, and sees to it that their rows are in no log that takes more.
fn begin(
    core: &Core,
    writer: &mut Writer,
    choose: impl Fn(&Snapshot) -> Vec<View>,
) -> Result<Option<Job>, Error> {
    if writer.disk()?.is_none() {
        return Ok(None);
    }
    let snapshot = core.snapshot();
    let views = choose(&snapshot);
    let in_memory = snapshot.in_memory();
    // A log that told of rows that are gone by now has nothing to keep.
    let is_spent = in_memory.is_empty() && !writer.is_log_empty();
    if views.is_empty() && !is_spent {
        return Ok(None);
    }
    let mut logs = Vec::new();
    if is_spent || views.iter().any(|view| view.file.is_none()) {
        logs = writer.begin_log()?;
        let mut frozen = Snapshot::clone(&snapshot);
        for view in frozen.views.iter_mut().filter(|view| view.file.is_none()) {
            view.is_frozen = true;
        }
        core.show(frozen);
    }
    Ok(Some(Job { views, number: writer.next_number(), logs }))
}

fn finish(core: &Core, job: Option<Job>, is_stopping: &dyn Fn() -> bool) -> Result<bool, Error> {
    let Some(job) = job else { return Ok(false) };
    let outcome = build(core, &job, is_stopping)?;
    // If this fails, the manifest on the disk may be the one that names the new file: it must stay.
    install(core, &mut core.writer(), &job, outcome).map(|()| true)
}

fn build(core: &Core, job: &Job, is_stopping: &dyn Fn() -> bool) -> Result<Outcome, Error> {
    let merge = Merge::new(job.views.iter().map(View::source).collect())?;
    let Some(folder) = core.folder.as_ref().filter(|_| merge.rows() > 0) else {
        return Ok(Outcome { segment: None, targets: merge.targets });
    };
    let (path, metric) = (folder.segment(job.number), core.settings.metric);
    let written = segment_file::write(&path, job.number, &merge, metric, is_stopping)
        .and_then(|entry| folder::sync(&folder.0).map(|()| entry))
        .and_then(|entry| fail::point("segment.written").map(|()| entry))
        .and_then(|entry| Ok((Arc::new(segment_file::open(&path, &entry, metric)?), entry)))
        .inspect_err(|_| drop(folder::remove_file(&path)))?;
    Ok(Outcome { segment: Some(written), targets: merge.targets })
}

fn install(core: &Core, writer: &mut Writer, job: &Job, outcome: Outcome) -> Result<(), Error> {
    // The manifest will tell of rows that died by records of the log: these must not be lost.
    writer.sync()?;
    let current = core.snapshot();
    let is_source = |view: &View| job.views.iter().any(|source| Arc::ptr_eq(&source.segment, &view.segment));
    let place = current.views.iter().position(is_source).unwrap_or(current.views.len());
    let place = current.views[..place].iter().filter(|view| view.file.is_some()).count();
    let mut views: Vec<View> = current.views.iter().filter(|view| !is_source(view)).cloned().collect();
    if let Some((segment, entry)) = outcome.segment {
        let mut view = View::in_file(segment, entry)?;
        view.without(&died(&job.views, &current, &outcome.targets))?;
        views.insert(place.min(views.len()), view);
    }
    let next = Snapshot::new(views, current.dim);
    let Some(disk) = writer.disk()? else { return Ok(()) };
    let mut manifest = disk.manifest.clone();
    manifest.settings = Settings { dim: next.dim, ..manifest.settings };
    manifest.closed.retain(|log| !job.logs.contains(&log.number));
    manifest.segments = next.views.iter().filter_map(entry).collect();
    writer.replace_manifest(manifest, None)?;
    core.show(next);
    fail::point("install.shown")?;
    // Files that are left over are removed when the store is opened the next time.
    if let Some(disk) = writer.disk()? {
        let _ = disk.folder.remove_others(&disk.files());
    }
    Ok(())
}

/// What the manifest says of a view.
fn entry(view: &View) -> Option<SegmentEntry> {
    let live = view.live.as_ref().map(|live| RoaringBitmap::clone(live));
    Some(SegmentEntry { live, statistics: Some(view.statistics), ..view.file.clone()? })
}

/// The rows of the outcome that died since the job began.
fn died(before: &[View], now: &Snapshot, targets: &[Vec<u32>]) -> RoaringBitmap {
    let mut died = RoaringBitmap::new();
    for (view, targets) in before.iter().zip(targets) {
        let now = now.views.iter().find(|now| Arc::ptr_eq(&now.segment, &view.segment));
        let all = all_rows(view.segment.rows());
        let still = now.map_or_else(RoaringBitmap::new, |now| match &now.live {
            Some(live) => RoaringBitmap::clone(live),
            None => all.clone(),
        });
        let dead = (all - still).into_iter().filter_map(|row| targets.get(row as usize).copied());
        died.extend(dead.filter(|&row| row != GONE));
    }
    died
}

/// Builds the graph of a segment and keeps it beside its file, if it has none that is intact.
fn look_after_graph(core: &Core, view: &View, is_stopping: &dyn Fn() -> bool) -> Result<(), Error> {
    if view.segment.graph().is_some_and(|graph| graph.check(view.segment.rows() as usize).is_ok()) {
        return Ok(());
    }
    view.segment.set_graph(None);
    let metric: Metric = core.settings.metric;
    let rows = view.segment.with_vectors()?;
    let graph = Graph::build(view.segment.codes(metric)?, &rows, is_stopping);
    if is_stopping() {
        return Err(Error::Cancelled);
    }
    // If there can be no graph for these vectors, an empty one says so.
    let graph = graph.unwrap_or_default();
    if let (Some(folder), Some(file)) = (&core.folder, &view.file) {
        let _turn = core.maintenance.turn();
        // If this fails, or the segment is gone by now, the graph is built again when it is missed.
        let path = folder.graph(file.number);
        let mapped = graph_file::write(&path, file, &graph)
            .and_then(|()| fail::point("graph.written"))
            .and_then(|()| graph_file::open(&path, file, view.segment.rows()));
        view.segment.set_graph(Some(Arc::new(mapped.ok().flatten().unwrap_or(graph))));
    } else {
        view.segment.set_graph(Some(Arc::new(graph)));
    }
    Ok(())
}

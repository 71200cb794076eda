//! A collection: rows with text, vector and metadata, written in atomic batches and searched.

mod config;
mod group;
mod inner;
pub(crate) mod maintenance;
mod query;
mod row;
mod search;
pub(crate) mod snapshot;
pub(crate) mod writer;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, MutexGuard};

use serde_json::Value;
use sting_core::model::Embedder;

pub use config::CollectionConfig;
pub(crate) use inner::Core;
pub use query::{Fusion, Hit, Mode, Query};
pub(crate) use row::Batch;
pub use row::{MAX_DIM, MAX_ID_BYTES, Metadata, Row};
use row::{check_id, check_metadata, check_vector};
use snapshot::Snapshot;
pub use writer::Erasure;
pub(crate) use writer::Writer;

use crate::filter::Scalar;
use crate::store::worker::Worker;
use crate::{Error, Filter, Metric};

/// Texts that are embedded at a time: a model's batch, not a batch of rows.
const EMBED_AT_ONCE: usize = 256;

/// A handle to a collection of a [`Store`](crate::Store). Cheap to clone; all threads may read and
/// write through it. Readers never wait for writers: a search sees the state after some batch, whole.
#[derive(Clone)]
pub struct Collection {
    /// Goes first, so that its thread has let go of the collection when that goes.
    worker: Arc<Worker>,
    core: Arc<Core>,
    embedder: Option<Arc<dyn Embedder>>,
}

impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection").field("settings", &self.core.settings).finish_non_exhaustive()
    }
}

impl Collection {
    pub(crate) fn open(
        core: Arc<Core>,
        worker: Arc<Worker>,
        config: CollectionConfig,
    ) -> Result<Self, Error> {
        config.check(&core.settings, core.snapshot().dim)?;
        let collection = Self { worker, core, embedder: config.embedder };
        collection.tell_worker();
        Ok(collection)
    }

    fn tell_worker(&self) {
        if self.core.wants_maintenance() {
            self.worker.tell(&self.core);
        }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.core.settings.name
    }

    /// The metric.
    pub fn metric(&self) -> Metric {
        self.core.settings.metric
    }

    /// Numbers in a vector; `None` until it is set or the first vector is written.
    pub fn dim(&self) -> Option<usize> {
        self.core.snapshot().dim
    }

    /// Id of the model whose vectors the collection holds, if it was made with one.
    pub fn embedder_id(&self) -> Option<&str> {
        self.core.settings.embedder.as_deref()
    }

    /// Writes rows, replacing those of the same ids: all of them or, on any error, none. When this
    /// returns, they are found by searches, and as durable as the store's
    /// [`Durability`](crate::Durability) says.
    ///
    /// A row with a text and without a vector is embedded, if the collection has an embedder.
    ///
    /// # Errors
    /// [`Error::Input`] names the first row that cannot be stored: an id that is empty, too long or
    /// twice in the batch, a vector of the wrong dimension, not finite, or zero under cosine.
    pub fn upsert(&self, mut rows: Vec<Row>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        check_distinct("rows", rows.iter().map(|row| row.id.as_str()))?;
        for (index, row) in rows.iter().enumerate() {
            let place = format!("rows[{index}]");
            check_id(&row.id, &place)?;
            check_metadata(&row.metadata, &place)?;
        }
        self.embed_rows(&mut rows)?;
        let writer = self.core.writer();
        let snapshot = self.core.snapshot();
        let mut dim = snapshot.dim;
        for (index, row) in rows.iter().enumerate() {
            if let Some(vector) = &row.vector {
                check_vector(vector, dim, self.metric(), &format!("rows[{index}].vector"))?;
                dim = Some(vector.len());
            }
        }
        self.commit(writer, &snapshot, &Batch { upserts: rows, ..Batch::default() })
    }

    /// Merges metadata into rows: keys given replace those of the row, others stay. Returns how
    /// many of the ids exist; the others are left out.
    pub fn update(&self, changes: &[(&str, Metadata)]) -> Result<usize, Error> {
        check_distinct("changes", changes.iter().map(|(id, _)| *id))?;
        let writer = self.core.writer();
        let snapshot = self.core.snapshot();
        // The whole row is logged, so that a record says the same whatever lies in segments by then.
        let mut upserts = Vec::new();
        for (index, (id, change)) in changes.iter().enumerate() {
            check_metadata(change, &format!("changes[{index}]"))?;
            if let Some(mut row) = snapshot.get(id)? {
                row.metadata.extend(change.clone());
                upserts.push(row);
            }
        }
        let updated = upserts.len();
        self.commit(writer, &snapshot, &Batch { upserts, ..Batch::default() })?;
        Ok(updated)
    }

    /// Deletes rows in one batch. Returns how many there were.
    pub fn delete<S: AsRef<str>>(&self, ids: &[S]) -> Result<usize, Error> {
        let writer = self.core.writer();
        let snapshot = self.core.snapshot();
        let deletes = existing(&snapshot, ids.iter().map(AsRef::as_ref))?;
        self.commit_deletes(writer, &snapshot, deletes)
    }

    /// Deletes all rows that satisfy a filter, in one batch. Returns how many there were.
    pub fn delete_where(&self, filter: &Filter) -> Result<usize, Error> {
        let writer = self.core.writer();
        let snapshot = self.core.snapshot();
        let deletes = snapshot.ids(filter)?;
        self.commit_deletes(writer, &snapshot, deletes)
    }

    fn commit_deletes(
        &self,
        writer: MutexGuard<'_, Writer>,
        snapshot: &Snapshot,
        deletes: Vec<String>,
    ) -> Result<usize, Error> {
        let deleted = deletes.len();
        self.commit(writer, snapshot, &Batch { deletes, ..Batch::default() })?;
        Ok(deleted)
    }

    /// Writes a batch and lets readers see it.
    fn commit(
        &self,
        mut writer: MutexGuard<'_, Writer>,
        snapshot: &Snapshot,
        batch: &Batch,
    ) -> Result<(), Error> {
        self.apply(&mut writer, snapshot, batch)?;
        let (is_group, is_overfull, sequence) =
            (writer.syncs_in_groups(), writer.is_overfull(), writer.sequence());
        drop(writer);
        if is_group {
            self.core.group.wait(&self.core, sequence)?;
        }
        self.tell_worker();
        if is_overfull {
            maintenance::relieve(&self.core);
        }
        Ok(())
    }

    fn apply(&self, writer: &mut Writer, snapshot: &Snapshot, batch: &Batch) -> Result<(), Error> {
        if *batch == Batch::default() {
            return writer.check_open();
        }
        let next = snapshot.apply(batch)?;
        writer.log(batch)?;
        self.core.show(next);
        Ok(())
    }

    /// Merges all segments into one, frees the space of deleted and replaced rows, and builds the
    /// index. Nobody has to call it: writes do this in small steps, and a thread beside them.
    pub fn compact(&self) -> Result<(), Error> {
        maintenance::compact(&self.core)
    }

    /// Deletes rows and removes every trace of them from every file: text, vector, words, metadata
    /// and what the log said of them, of versions replaced and deleted earlier too. Reads all files
    /// afterwards to prove it. Costs as much as writing the segments that held them anew.
    ///
    /// What a file system, a disk or a backup keeps of removed files is beyond it.
    pub fn erase<S: AsRef<str>>(&self, ids: &[S]) -> Result<Erasure, Error> {
        self.erase_chosen(|_| {
            let mut ids: Vec<String> = ids.iter().map(|id| id.as_ref().to_owned()).collect();
            ids.sort_unstable();
            ids.dedup();
            Ok(ids)
        })
    }

    /// Erases all rows that satisfy a filter, as [`Collection::erase`] does.
    pub fn erase_where(&self, filter: &Filter) -> Result<Erasure, Error> {
        self.erase_chosen(|snapshot| snapshot.ids(filter))
    }

    fn erase_chosen(
        &self,
        choose: impl FnOnce(&Snapshot) -> Result<Vec<String>, Error>,
    ) -> Result<Erasure, Error> {
        let _turn = self.core.maintenance.turn();
        let mut writer = self.core.writer();
        let snapshot = self.core.snapshot();
        let ids = choose(&snapshot)?;
        let deletes = existing(&snapshot, ids.iter().map(String::as_str))?;
        let rows = deletes.len();
        self.apply(&mut writer, &snapshot, &Batch { deletes, ..Batch::default() })?;
        maintenance::clean(&self.core, &mut writer)?;
        let proof = writer.prove_erased(rows, &ids);
        drop(writer);
        self.tell_worker();
        proof
    }

    /// Sees what the writer acknowledged since the store was opened for reading only. Does nothing
    /// in a store that is open for writing, which always sees it.
    pub fn refresh(&self) -> Result<(), Error> {
        if let Some(folder) = self.core.folder.as_ref().filter(|_| self.core.is_reader) {
            self.core.show(crate::store::open::refresh(folder, self.name(), &self.core.snapshot())?);
        }
        Ok(())
    }

    /// The rows with these ids, in that order; ids that do not exist are left out.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a file that holds one of them is not as it was written.
    pub fn get<S: AsRef<str>>(&self, ids: &[S]) -> Result<Vec<Row>, Error> {
        let snapshot = self.core.snapshot();
        ids.iter().filter_map(|id| snapshot.get(id.as_ref()).transpose()).collect()
    }

    /// How many rows there are, or how many satisfy a filter.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the filter meets a file that is not as it was written.
    pub fn count(&self, filter: Option<&Filter>) -> Result<usize, Error> {
        let snapshot = self.core.snapshot();
        let mut count = 0;
        for view in &snapshot.views {
            count += match filter {
                None => view.live_rows(),
                Some(_) => view.eligible(filter)?.map_or(0, |rows| rows.len()),
            };
        }
        Ok(count as usize)
    }

    /// The values of a field and how many rows have each, the most frequent first, values of equal
    /// frequency in order; at most `limit` of them. A row with a list has each of its elements, once.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the metadata of a file is not as it was written.
    pub fn facets(
        &self,
        field: &str,
        filter: Option<&Filter>,
        limit: usize,
    ) -> Result<Vec<(Value, u64)>, Error> {
        let snapshot = self.core.snapshot();
        let mut counts: BTreeMap<Scalar, u64> = BTreeMap::new();
        for view in &snapshot.views {
            let eligible = view.eligible(filter)?;
            let add = |value: &Scalar, count: u64| {
                if count > 0 {
                    *counts.entry(value.clone()).or_default() += count;
                }
            };
            view.segment.column(field)?.count(eligible.as_ref(), add);
        }
        let mut counts: Vec<(Scalar, u64)> = counts.into_iter().collect();
        // The sort is stable, and values were in order.
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts.truncate(limit);
        Ok(counts.into_iter().map(|(value, count)| (value.to_value(), count)).collect())
    }

    /// Up to `limit` rows in order of their ids, of those that satisfy a filter, after an id.
    /// Calling it with the last id of the page before walks the whole collection.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a file that holds one of them is not as it was written.
    pub fn scroll(
        &self,
        filter: Option<&Filter>,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Vec<Row>, Error> {
        let snapshot = self.core.snapshot();
        let mut page: Vec<(&[u8], usize, u32)> = Vec::new();
        for (index, view) in snapshot.views.iter().enumerate() {
            let ids = &view.segment.ids;
            let start = match after {
                Some(after) => ids.partition_point(|id| id <= after.as_bytes())? as u32,
                None => 0,
            };
            let eligible = view.eligible(filter)?;
            let rows: Box<dyn Iterator<Item = u32>> = match &eligible {
                Some(eligible) => Box::new(eligible.range(start..)),
                None => Box::new(start..view.segment.rows()),
            };
            for row in rows.take(limit) {
                page.push((ids.get(row as usize)?, index, row));
            }
        }
        page.sort_unstable();
        page.truncate(limit);
        page.iter().map(|&(_, view, row)| snapshot.views[view].segment.row(row)).collect()
    }

    /// Embeds the texts of rows that have no vector.
    fn embed_rows(&self, rows: &mut [Row]) -> Result<(), Error> {
        let mut bare: Vec<&mut Row> =
            rows.iter_mut().filter(|row| row.vector.is_none() && row.text.is_some()).collect();
        if bare.is_empty() {
            return Ok(());
        }
        let Some(embedder) = self.embedder.as_deref() else {
            return match &self.core.settings.embedder {
                None => Ok(()),
                Some(id) => Err(Error::input(
                    "rows",
                    format!(
                        "have texts without vectors, and the collection was opened without its embedder {id}"
                    ),
                    "open the collection with that embedder",
                )),
            };
        };
        for rows in bare.chunks_mut(EMBED_AT_ONCE) {
            let texts: Vec<&str> = rows.iter().map(|row| row.text.as_deref().unwrap_or_default()).collect();
            let embedded = embedder.embed(&texts)?;
            let vectors: Vec<_> = rows_of(&embedded, embedder, texts.len())?
                .map(|vector| vector.map(<[f32]>::to_vec))
                .collect();
            for (row, vector) in rows.iter_mut().zip(vectors) {
                row.vector = vector;
            }
        }
        Ok(())
    }
}

/// The rows of an embedder's answer; `None` for those that are all zeros.
fn rows_of<'v>(
    embedded: &'v [f32],
    embedder: &dyn Embedder,
    texts: usize,
) -> Result<impl Iterator<Item = Option<&'v [f32]>>, Error> {
    let dim = embedder.dim();
    if dim == 0 || embedded.len() != dim * texts {
        return Err(sting_core::model::ModelError::new(
            embedder.id(),
            format!("gave {} numbers for {texts} texts of {dim}", embedded.len()),
            "use an embedder that gives one vector a text",
        )
        .into());
    }
    Ok(embedded.chunks_exact(dim).map(|vector| vector.iter().any(|&number| number != 0.0).then_some(vector)))
}

/// The ids that exist, each once, in order.
fn existing<'i>(snapshot: &Snapshot, ids: impl Iterator<Item = &'i str>) -> Result<Vec<String>, Error> {
    let mut existing = Vec::new();
    for id in ids {
        if snapshot.locate(id)?.is_some() {
            existing.push(id.to_owned());
        }
    }
    existing.sort_unstable();
    existing.dedup();
    Ok(existing)
}

fn check_distinct<'i>(what: &str, ids: impl Iterator<Item = &'i str>) -> Result<(), Error> {
    let mut seen = rustc_hash::FxHashMap::default();
    for (index, id) in ids.enumerate() {
        if let Some(first) = seen.insert(id, index) {
            return Err(Error::input(
                format!("{what}[{index}].id"),
                format!("is that of {what}[{first}] too"),
                "give each id once in a batch",
            ));
        }
    }
    Ok(())
}

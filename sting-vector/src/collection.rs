//! A collection: rows with text, vector and metadata, written in atomic batches and searched.

mod config;
mod indexer;
mod query;
mod row;
pub(crate) mod snapshot;
pub(crate) mod writer;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use rayon::prelude::*;
use sting_core::model::Embedder;

pub use config::CollectionConfig;
use indexer::Indexer;
pub use query::{Hit, Mode, Query};
pub(crate) use row::Batch;
pub use row::{MAX_DIM, MAX_ID_BYTES, Metadata, Row};
use row::{check_id, check_metadata, check_vector};
use snapshot::Snapshot;
pub use writer::Erasure;
pub(crate) use writer::Writer;

use crate::index::{self, Legs};
use crate::store::folder::CollectionFolder;
use crate::store::manifest::Settings;
use crate::{Error, Filter, Metric};

/// Texts that are embedded at a time: a model's batch, not a batch of rows.
const EMBED_AT_ONCE: usize = 256;

/// What the handles of one collection share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) settings: Settings,
    /// The files, if there are any.
    folder: Option<CollectionFolder>,
    /// Whether another process may write them, and this one may not.
    is_reader: bool,
    snapshot: Arc<ArcSwap<Snapshot>>,
    writer: Mutex<Writer>,
    indexer: Indexer,
}

impl Core {
    pub(crate) fn new(settings: Settings, snapshot: Snapshot, writer: Writer) -> Self {
        Self {
            settings,
            folder: None,
            is_reader: false,
            snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
            writer: Mutex::new(writer),
            indexer: Indexer::default(),
        }
    }

    /// Sees to it that all segments that should have a graph get one.
    pub(crate) fn index_in_background(&self) {
        if !self.is_reader {
            self.indexer.start(&self.snapshot, self.settings.metric, self.folder.as_ref());
        }
    }

    /// A collection that another process may write.
    pub(crate) fn reading(settings: Settings, snapshot: Snapshot, folder: CollectionFolder) -> Self {
        let reason = "it was opened for reading only; open it for writing";
        let writer = Writer::refusing(folder.0.clone(), reason);
        Self { folder: Some(folder), is_reader: true, ..Self::new(settings, snapshot, writer) }
    }

    /// The same with the folder that its writer writes.
    pub(crate) fn writing(self, folder: CollectionFolder) -> Self {
        Self { folder: Some(folder), ..self }
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The right to write. A panic of another writer leaves the collection as its last batch did,
    /// because the snapshot is replaced in one step.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what was written durable, and refuses all writes from now on.
    pub(crate) fn close(&self) -> Result<(), Error> {
        self.writer().close()
    }
}

/// A handle to a collection of a [`Store`](crate::Store). Cheap to clone; all threads may read and
/// write through it. Readers never wait for writers: a search sees the state after some batch, whole.
#[derive(Clone)]
pub struct Collection {
    core: Arc<Core>,
    embedder: Option<Arc<dyn Embedder>>,
}

impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection").field("settings", &self.core.settings).finish_non_exhaustive()
    }
}

impl Collection {
    pub(crate) fn open(core: Arc<Core>, config: CollectionConfig) -> Result<Self, Error> {
        config.check(&core.settings, core.snapshot().dim)?;
        Ok(Self { core, embedder: config.embedder })
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
        let mut writer = self.core.writer();
        let snapshot = self.core.snapshot();
        let mut dim = snapshot.dim;
        for (index, row) in rows.iter().enumerate() {
            if let Some(vector) = &row.vector {
                check_vector(vector, dim, self.metric(), &format!("rows[{index}].vector"))?;
                dim = Some(vector.len());
            }
        }
        self.commit(&mut writer, &snapshot, Batch { upserts: rows, ..Batch::default() })
    }

    /// Merges metadata into rows: keys given replace those of the row, others stay. Returns how
    /// many of the ids exist; the others are left out.
    pub fn update(&self, changes: &[(&str, Metadata)]) -> Result<usize, Error> {
        check_distinct("changes", changes.iter().map(|(id, _)| *id))?;
        let mut writer = self.core.writer();
        let snapshot = self.core.snapshot();
        let mut updates = Vec::new();
        for (index, (id, change)) in changes.iter().enumerate() {
            check_metadata(change, &format!("changes[{index}]"))?;
            if let Some(mut metadata) = snapshot.metadata(id) {
                metadata.extend(change.clone());
                updates.push(((*id).to_owned(), metadata));
            }
        }
        let updated = updates.len();
        self.commit(&mut writer, &snapshot, Batch { updates, ..Batch::default() })?;
        Ok(updated)
    }

    /// Deletes rows in one batch. Returns how many there were.
    pub fn delete<S: AsRef<str>>(&self, ids: &[S]) -> Result<usize, Error> {
        let mut writer = self.core.writer();
        let snapshot = self.core.snapshot();
        let mut deletes: Vec<String> = ids
            .iter()
            .map(AsRef::as_ref)
            .filter(|id| snapshot.locate(id).is_some())
            .map(str::to_owned)
            .collect();
        deletes.sort_unstable();
        deletes.dedup();
        self.commit_deletes(&mut writer, &snapshot, deletes)
    }

    /// Deletes all rows that satisfy a filter, in one batch. Returns how many there were.
    pub fn delete_where(&self, filter: &Filter) -> Result<usize, Error> {
        let mut writer = self.core.writer();
        let snapshot = self.core.snapshot();
        self.commit_deletes(&mut writer, &snapshot, snapshot.ids(filter))
    }

    fn commit_deletes(
        &self,
        writer: &mut Writer,
        snapshot: &Snapshot,
        deletes: Vec<String>,
    ) -> Result<usize, Error> {
        let deleted = deletes.len();
        self.commit(writer, snapshot, Batch { deletes, ..Batch::default() })?;
        Ok(deleted)
    }

    fn commit(&self, writer: &mut Writer, snapshot: &Snapshot, batch: Batch) -> Result<(), Error> {
        if batch == Batch::default() {
            return writer.check_open();
        }
        writer.log(&batch)?;
        let next = snapshot.apply(batch);
        if !writer.wants_seal() {
            self.core.snapshot.store(Arc::new(next));
            return Ok(());
        }
        // The batch is acknowledged whether or not it moves to a segment now.
        let sealed = writer.seal(next.tidied()).inspect_err(|_| writer.postpone_seal());
        self.core.snapshot.store(Arc::new(sealed.unwrap_or(next)));
        self.core.index_in_background();
        Ok(())
    }

    /// Merges all segments into one, frees the space of deleted and replaced rows, and builds the
    /// index. Nobody has to call it: writes do this in small steps, and a thread beside them.
    pub fn compact(&self) -> Result<(), Error> {
        let mut writer = self.core.writer();
        let compacted = Arc::new(writer.seal(self.core.snapshot().compacted())?);
        self.core.snapshot.store(Arc::clone(&compacted));
        drop(writer);
        indexer::build_all(&compacted, self.metric(), self.core.folder.as_ref());
        Ok(())
    }

    /// Deletes rows and removes every trace of them from every file: text, vector, words, metadata
    /// and what the log said of them, of versions replaced and deleted earlier too. Reads all files
    /// afterwards to prove it. Costs as much as writing the segments that held them anew.
    ///
    /// What a file system, a disk or a backup keeps of removed files is beyond it.
    pub fn erase<S: AsRef<str>>(&self, ids: &[S]) -> Result<Erasure, Error> {
        let mut writer = self.core.writer();
        let snapshot = self.core.snapshot();
        let mut ids: Vec<String> = ids.iter().map(|id| id.as_ref().to_owned()).collect();
        ids.sort_unstable();
        ids.dedup();
        self.erase_ids(&mut writer, &snapshot, &ids)
    }

    /// Erases all rows that satisfy a filter, as [`Collection::erase`] does.
    pub fn erase_where(&self, filter: &Filter) -> Result<Erasure, Error> {
        let mut writer = self.core.writer();
        let snapshot = self.core.snapshot();
        let ids = snapshot.ids(filter);
        self.erase_ids(&mut writer, &snapshot, &ids)
    }

    fn erase_ids(&self, writer: &mut Writer, snapshot: &Snapshot, ids: &[String]) -> Result<Erasure, Error> {
        let live: Vec<String> = ids.iter().filter(|id| snapshot.locate(id).is_some()).cloned().collect();
        let rows = self.commit_deletes(writer, snapshot, live)?;
        let clean = writer.seal(self.core.snapshot().without_dead())?;
        self.core.snapshot.store(Arc::new(clean));
        self.core.index_in_background();
        writer.prove_erased(rows, ids)
    }

    /// Sees what the writer acknowledged since the store was opened for reading only. Does nothing
    /// in a store that is open for writing, which always sees it.
    pub fn refresh(&self) -> Result<(), Error> {
        if let Some(folder) = self.core.folder.as_ref().filter(|_| self.core.is_reader) {
            let fresh = crate::store::open::refresh(folder, self.name(), &self.core.snapshot())?;
            self.core.snapshot.store(Arc::new(fresh));
        }
        Ok(())
    }

    /// The rows with these ids, in that order; ids that do not exist are left out.
    pub fn get<S: AsRef<str>>(&self, ids: &[S]) -> Vec<Row> {
        let snapshot = self.core.snapshot();
        ids.iter().filter_map(|id| snapshot.get(id.as_ref())).collect()
    }

    /// How many rows there are, or how many satisfy a filter.
    pub fn count(&self, filter: Option<&Filter>) -> usize {
        let snapshot = self.core.snapshot();
        let count = |view: &snapshot::View| match filter {
            None => view.live_rows(),
            Some(_) => view.eligible(filter).map_or(0, |rows| rows.len()),
        };
        snapshot.views.iter().map(count).sum::<u64>() as usize
    }

    /// Up to `limit` rows in order of their ids, of those that satisfy a filter, after an id.
    /// Calling it with the last id of the page before walks the whole collection.
    pub fn scroll(&self, filter: Option<&Filter>, limit: usize, after: Option<&str>) -> Vec<Row> {
        let snapshot = self.core.snapshot();
        let mut page: Vec<(&[u8], usize, u32)> = Vec::new();
        for (index, view) in snapshot.views.iter().enumerate() {
            let ids = &view.segment.ids;
            let start = after.map_or(0, |after| ids.partition_point(|id| id <= after.as_bytes())) as u32;
            let eligible = view.eligible(filter);
            let rows: Box<dyn Iterator<Item = u32>> = match &eligible {
                Some(eligible) => Box::new(eligible.range(start..)),
                None => Box::new(start..view.segment.rows()),
            };
            page.extend(rows.take(limit).map(|row| (ids.get(row as usize), index, row)));
        }
        page.sort_unstable();
        page.truncate(limit);
        page.iter().map(|&(_, view, row)| snapshot.views[view].segment.row(row)).collect()
    }

    /// The best hits for a query, best first; hits of equal score in order of their ids.
    ///
    /// Never fewer than the smaller of `k` and the number of rows that match.
    ///
    /// # Errors
    /// [`Error::Input`] if the query asks for a leg that it or the collection has nothing for, if
    /// `k` is 0, or if its vector cannot be compared.
    pub fn search(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        let mut hits = self.search_many(std::slice::from_ref(query))?;
        Ok(hits.pop().unwrap_or_default())
    }

    /// The hits of many queries, on all threads. All see the same state of the collection.
    ///
    /// # Errors
    /// As [`Collection::search`]; the first query that cannot be run fails all.
    pub fn search_many(&self, queries: &[Query]) -> Result<Vec<Vec<Hit>>, Error> {
        let snapshot = self.core.snapshot();
        let embedded = self.embed_queries(queries, &snapshot)?;
        let plans = queries
            .iter()
            .zip(&embedded)
            .enumerate()
            .map(|(index, (query, embedded))| {
                let place = if queries.len() == 1 { "query".into() } else { format!("queries[{index}]") };
                self.plan(query, embedded.as_deref(), &snapshot, &place)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let run = |(query, legs): (&Query, &Legs<'_>)| {
            index::search(&snapshot, self.metric(), legs, query.k, query.filter.as_ref())
                .into_iter()
                .map(|found| {
                    let segment = &snapshot.views[found.view].segment;
                    Hit {
                        id: segment.id(found.row),
                        score: found.score,
                        text: segment.text(found.row),
                        metadata: segment.metadata(found.row),
                        vector_score: found.vector_score,
                        keyword_score: found.keyword_score,
                    }
                })
                .collect()
        };
        Ok(match queries.len() {
            1 => queries.iter().zip(&plans).map(run).collect(),
            _ => queries.par_iter().zip(&plans).map(run).collect(),
        })
    }

    /// Which legs a query runs.
    fn plan<'q>(
        &self,
        query: &'q Query,
        embedded: Option<&'q [f32]>,
        snapshot: &Snapshot,
        place: &str,
    ) -> Result<Legs<'q>, Error> {
        let wrong = |what: &str, problem: &str, mend: &str| {
            Err(Error::input(format!("{place}.{what}"), problem, mend))
        };
        if query.k == 0 {
            return wrong("k", "is 0", "ask for at least one hit");
        }
        if query.vector_weight.is_some_and(|weight| !weight.is_finite() || weight < 0.0) {
            return wrong(
                "vector_weight",
                "is not a number from 0",
                "use 0 to silence the vectors, 1 for equal weight",
            );
        }
        if !(0.0..=1.0).contains(&query.min_recall) {
            return wrong("min_recall", "is not in 0 to 1", "use 0.95, or 1 for an exact search");
        }
        if query.text.is_none() && query.vector.is_none() {
            return wrong("text", "is missing, and so is the vector", "give one of them");
        }
        if let Some(vector) = &query.vector {
            check_vector(vector, snapshot.dim, self.metric(), &format!("{place}.vector"))?;
        }
        let vector = query.vector.as_deref().or(embedded);
        let can_embed = query.vector.is_some() || self.embedder.is_some();
        if matches!(query.mode, Mode::Vector | Mode::Hybrid) && !can_embed {
            return wrong(
                "vector",
                "is missing, and the collection was opened without an embedder",
                "give one of them",
            );
        }
        if matches!(query.mode, Mode::Keyword | Mode::Hybrid) && query.text.is_none() {
            return wrong("text", "is missing", "give the words to find");
        }
        let text = query.text.as_deref();
        let weight = query.vector_weight.or(self.embedder.as_ref().map(|embedder| embedder.hybrid_weight()));
        let vector_weight = weight.unwrap_or(1.0);
        let min_recall = query.min_recall;
        Ok(match query.mode {
            Mode::Vector => Legs { vector, text: None, vector_weight, min_recall },
            Mode::Keyword => Legs { vector: None, text, vector_weight, min_recall },
            Mode::Auto | Mode::Hybrid => Legs { vector, text, vector_weight, min_recall },
        })
    }

    /// Embeds the texts of queries that need it, in one call. A text in which there is nothing to
    /// embed has no vector leg.
    fn embed_queries(&self, queries: &[Query], snapshot: &Snapshot) -> Result<Vec<Option<Vec<f32>>>, Error> {
        let mut vectors = vec![None; queries.len()];
        let Some(embedder) = self.embedder.as_deref().filter(|_| snapshot.dim.is_some()) else {
            return Ok(vectors);
        };
        let (places, texts): (Vec<usize>, Vec<&str>) = queries
            .iter()
            .enumerate()
            .filter(|(_, query)| query.vector.is_none() && query.mode != Mode::Keyword)
            .filter_map(|(place, query)| Some((place, query.text.as_deref()?)))
            .unzip();
        for (places, texts) in places.chunks(EMBED_AT_ONCE).zip(texts.chunks(EMBED_AT_ONCE)) {
            let embedded = embedder.embed_queries(texts)?;
            for (&place, vector) in places.iter().zip(rows_of(&embedded, embedder, texts.len())?) {
                vectors[place] = vector.map(<[f32]>::to_vec);
            }
        }
        Ok(vectors)
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

//! Into a collection of the store.

use super::{ChunkRow, RunColumns, kind_name};
use crate::Error;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use sting_core::model::Embedder;
use sting_core::{Id, Scrubbed};
use sting_vector::{Collection, CollectionConfig, Filter, Metadata, Row, Store};

/// Documents whose rows are looked for at a time.
const AT_ONCE: usize = 512;
/// Rows that are written, or read back, at a time.
const ROWS_AT_ONCE: usize = 4096;

/// The collection that a run writes to.
#[derive(Debug)]
pub(crate) struct CollectionSink {
    collection: Collection,
}

impl CollectionSink {
    pub(crate) fn open(
        store: &Store,
        name: &str,
        embedder: Option<&Arc<dyn Embedder>>,
    ) -> Result<Self, Error> {
        let mut config = CollectionConfig::default();
        if let Some(embedder) = embedder {
            config = config.with_embedder(Arc::clone(embedder));
        }
        Ok(Self { collection: store.collection(name, config)? })
    }

    /// True if a chunk is there.
    pub(crate) fn has(&self, id: Id) -> Result<bool, Error> {
        Ok(!self.collection.get(&[id.to_string()])?.is_empty())
    }

    /// Vectors of chunks that are there, by id.
    pub(crate) fn vectors(&self, ids: &[Id]) -> Result<HashMap<Id, Vec<f32>>, Error> {
        let names: Vec<String> = ids.iter().map(Id::to_string).collect();
        let rows = self.collection.get(&names)?;
        Ok(rows.into_iter().filter_map(|row| Some((row.id.parse().ok()?, row.vector?))).collect())
    }

    /// Writes chunks. Those that are there are replaced.
    pub(crate) fn write(&self, rows: &[Scrubbed<Vec<ChunkRow>>], run: &RunColumns) -> Result<(), Error> {
        let mut rows = rows.iter().flat_map(Scrubbed::get).map(|chunk| to_row(chunk, run)).peekable();
        while rows.peek().is_some() {
            self.collection.upsert(rows.by_ref().take(ROWS_AT_ONCE).collect())?;
        }
        Ok(())
    }

    /// Takes out the rows of documents, but for those that are to stay. Returns how many it took.
    pub(crate) fn remove(&self, documents: &[Id], but: &HashSet<Id>) -> Result<usize, Error> {
        let mut gone = Vec::new();
        for some in documents.chunks(AT_ONCE) {
            let ids: Vec<String> = some.iter().map(Id::to_string).collect();
            let filter = Filter::parse(&json!({"document_id": {"$in": ids}}))?;
            let mut after: Option<String> = None;
            loop {
                let rows = self.collection.scroll(Some(&filter), ROWS_AT_ONCE, after.as_deref())?;
                let Some(last) = rows.last() else { break };
                after = Some(last.id.clone());
                let stays = |id: &String| id.parse().is_ok_and(|id| but.contains(&id));
                gone.extend(rows.into_iter().map(|row| row.id).filter(|id| !stays(id)));
            }
        }
        if gone.is_empty() { Ok(0) } else { Ok(self.collection.delete(&gone)?) }
    }
}

fn to_row(chunk: &ChunkRow, run: &RunColumns) -> Row {
    let mut metadata = Metadata::new();
    let mut put = |key: &str, value: Value| metadata.insert(key.to_owned(), value);
    put("document", chunk.document.clone().into());
    put("document_id", chunk.document_id.to_string().into());
    put("part", chunk.part.clone().into());
    put("part_kind", kind_name(chunk.part_kind).into());
    put("jar", run.jar.clone().into());
    put("heading", chunk.heading.clone().into());
    put("chunk_index", chunk.chunk_index.into());
    put("source_start", chunk.source_start.into());
    put("source_end", chunk.source_end.into());
    put("media_type", chunk.media_type.clone().into());
    put("modified", chunk.modified.into());
    put("comb", run.comb.clone().into());
    put("run", run.run_id.clone().into());
    if chunk.prefix_bytes > 0 {
        put("prefix_bytes", chunk.prefix_bytes.into());
    }
    Row { id: chunk.id.to_string(), text: Some(chunk.text.clone()), vector: chunk.vector.clone(), metadata }
}

//! Segments: immutable sets of rows in columns, sorted by id, with their keyword index.
//!
//! A segment lies in memory, or in a file that is mapped. What reads of a file may meet damage, and
//! says so. Codes, graph and postings are derived: where they are damaged they are made again from
//! the vectors and texts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwapOption;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::buffer::{Buffer, Strings, StringsBuilder};
use super::codec::{Decoder, Encoder};
use crate::collection::{Metadata, Row};
use crate::distance::inverse_norm;
use crate::filter::{Column, Filter};
use crate::index::graph::{GRAPH_FROM, Graph};
use crate::index::{CodeTable, Codes};
use crate::keyword::{Postings, PostingsBuilder};
use crate::{Error, Metric};

/// Columns of metadata that a segment keeps ready for filters.
const MAX_COLUMNS: usize = 256;

pub(crate) const HAS_TEXT: u8 = 1;
pub(crate) const HAS_VECTOR: u8 = 2;

/// An immutable set of rows.
#[derive(Debug, Default)]
pub(crate) struct Segment {
    /// In order, each once.
    pub(crate) ids: Strings,
    pub(crate) texts: Strings,
    pub(crate) metadata: Strings,
    /// What each row has: [`HAS_TEXT`], [`HAS_VECTOR`].
    pub(crate) flags: Buffer<u8>,
    pub(crate) dim: usize,
    /// `dim` numbers a row, zeros for rows without a vector; empty if no row has one.
    pub(crate) vectors: Buffer<f32>,
    /// One over the norm of each vector.
    pub(crate) scales: Buffer<f32>,
    pub(crate) postings: Postings,
    /// The codes that lie in the file, for the metric of the collection.
    pub(crate) stored_codes: Option<CodeTable>,
    pub(crate) derived: Derived,
    /// Fields that filters asked for so far.
    pub(crate) columns: Columns,
}

/// What is made from the rows.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    /// The vectors in codes, read or made when a search first wants them.
    codes: OnceLock<CodeTable>,
    /// In place of postings that are damaged.
    postings: OnceLock<Postings>,
    /// The graph over the codes, once it is built or read.
    graph: ArcSwapOption<Graph>,
    /// Whether something in the file was found damaged and made again.
    is_mended: AtomicBool,
}

#[derive(Debug, Default)]
pub(crate) struct Columns(Mutex<FxHashMap<String, Arc<Column>>>);

impl Segment {
    /// A segment of rows that are sorted by id.
    pub(crate) fn new(rows: &[&Row]) -> Self {
        let dim = rows.iter().find_map(|row| row.vector.as_ref().map(Vec::len)).unwrap_or(0);
        let mut columns = [(); 3].map(|()| StringsBuilder::default());
        let (mut flags, mut vectors, mut scales) = (Vec::new(), Vec::new(), Vec::new());
        let mut postings = PostingsBuilder::default();
        for row in rows {
            let [ids, texts, metadata] = &mut columns;
            ids.push(row.id.as_bytes());
            texts.push(row.text.as_deref().unwrap_or_default().as_bytes());
            let mut encoder = Encoder::default();
            encoder.metadata(&row.metadata);
            metadata.push(&encoder.0);
            postings.push(row.text.as_deref());
            let mut flag = if row.text.is_some() { HAS_TEXT } else { 0 };
            if let Some(vector) = &row.vector {
                flag |= HAS_VECTOR;
                vectors.extend_from_slice(vector);
                scales.push(inverse_norm(vector));
            } else if dim > 0 {
                vectors.resize(vectors.len() + dim, 0.0);
                scales.push(0.0);
            }
            flags.push(flag);
        }
        let [ids, texts, metadata] = columns.map(StringsBuilder::finish);
        Self {
            ids,
            texts,
            metadata,
            flags: flags.into(),
            dim,
            vectors: vectors.into(),
            scales: scales.into(),
            postings: postings.finish(),
            ..Self::default()
        }
    }

    pub(crate) fn rows(&self) -> u32 {
        self.flags.len() as u32
    }

    pub(crate) fn find(&self, id: &str) -> Result<Option<u32>, Error> {
        Ok(self.ids.find(id.as_bytes())?.map(|row| row as u32))
    }

    pub(crate) fn has_text(&self, row: u32) -> Result<bool, Error> {
        Ok(self.flags.get(row as usize)? & HAS_TEXT != 0)
    }

    pub(crate) fn vector(&self, row: u32) -> Result<Option<&[f32]>, Error> {
        if self.flags.get(row as usize)? & HAS_VECTOR == 0 {
            return Ok(None);
        }
        let at = row as usize * self.dim;
        self.vectors.slice(at..at + self.dim).map(Some)
    }

    /// The rows that have a vector.
    pub(crate) fn with_vectors(&self) -> Result<Vec<u32>, Error> {
        let flags = self.flags.all()?;
        Ok((0..).zip(flags).filter(|(_, flags)| *flags & HAS_VECTOR != 0).map(|(row, _)| row).collect())
    }

    /// The vectors in codes.
    pub(crate) fn codes(&self, metric: Metric) -> Result<Codes<'_>, Error> {
        if self.derived.codes.get().is_none() {
            let stored = self.stored_codes.as_ref().filter(|stored| {
                let is_intact = stored.codes().is_ok();
                self.derived.is_mended.fetch_or(!is_intact, Ordering::Relaxed);
                is_intact
            });
            let table = match stored {
                Some(stored) => stored.clone(),
                None => CodeTable::new(metric, self.dim, &self.vectors)?,
            };
            let _ = self.derived.codes.set(table);
        }
        self.derived.codes.get().map_or_else(|| Ok(Codes::default()), CodeTable::codes)
    }

    /// Runs something with the postings; with new ones, if those in the file are damaged.
    pub(crate) fn with_postings<'s, R>(
        &'s self,
        run: impl Fn(&'s Postings) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if let Some(postings) = self.derived.postings.get() {
            return run(postings);
        }
        match run(&self.postings) {
            Err(Error::Damaged { .. }) => {
                let mut builder = PostingsBuilder::default();
                for row in 0..self.rows() {
                    builder.push(self.text(row)?.as_deref());
                }
                self.derived.is_mended.store(true, Ordering::Relaxed);
                run(self.derived.postings.get_or_init(|| builder.finish()))
            }
            result => result,
        }
    }

    /// Whether a derived part of the file was found damaged, so that the file should be written anew.
    pub(crate) fn is_mended(&self) -> bool {
        self.derived.is_mended.load(Ordering::Relaxed)
    }

    /// Whether the segment should have a graph and has none yet.
    pub(crate) fn wants_graph(&self) -> bool {
        self.dim > 0 && self.rows() >= GRAPH_FROM && self.derived.graph.load().is_none()
    }

    /// Whether there is work to do on the graph: to build it, or to see whether its file is intact.
    pub(crate) fn wants_graph_work(&self) -> bool {
        self.wants_graph() || self.graph().is_some_and(|graph| graph.is_unchecked())
    }

    pub(crate) fn graph(&self) -> Option<Arc<Graph>> {
        self.derived.graph.load_full()
    }

    pub(crate) fn set_graph(&self, graph: Option<Arc<Graph>>) {
        self.derived.graph.store(graph);
    }

    /// The metadata of a row. Checksums guard the bytes and only this library writes them, so that
    /// they decode; if they ever did not, the row would count as one without metadata.
    pub(crate) fn metadata(&self, row: u32) -> Result<Metadata, Error> {
        Ok(Decoder(self.metadata.get(row as usize)?).metadata().unwrap_or_default())
    }

    pub(crate) fn text(&self, row: u32) -> Result<Option<String>, Error> {
        Ok(if self.has_text(row)? { Some(text(self.texts.get(row as usize)?)) } else { None })
    }

    pub(crate) fn id(&self, row: u32) -> Result<String, Error> {
        Ok(text(self.ids.get(row as usize)?))
    }

    pub(crate) fn row(&self, row: u32) -> Result<Row, Error> {
        Ok(Row {
            id: self.id(row)?,
            text: self.text(row)?,
            vector: self.vector(row)?.map(<[f32]>::to_vec),
            metadata: self.metadata(row)?,
        })
    }

    /// The rows, dead ones too, whose metadata satisfies a filter.
    pub(crate) fn select(&self, filter: &Filter) -> Result<RoaringBitmap, Error> {
        filter.select(self.rows(), &|path: &str| self.column(path))
    }

    /// A field, collected when it is first asked for.
    pub(crate) fn column(&self, path: &str) -> Result<Arc<Column>, Error> {
        if let Some(column) = self.columns.0.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(Arc::clone(column));
        }
        let rows = (0..self.rows()).map(|row| Ok::<_, Error>((row, self.metadata(row)?)));
        let column = Arc::new(Column::new(path, rows)?);
        let mut columns = self.columns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if columns.len() < MAX_COLUMNS {
            columns.insert(path.to_owned(), Arc::clone(&column));
        }
        Ok(column)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

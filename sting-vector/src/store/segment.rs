//! Segments: immutable sets of rows in columns, sorted by id, with their keyword index.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::buffer::{Buffer, Strings, is_partition};
use super::codec::{Decoder, Encoder};
use crate::Metric;
use crate::collection::{Metadata, Row};
use crate::distance::inverse_norm;
use crate::filter::{Column, Filter};
use crate::index::Codes;
use crate::index::graph::{GRAPH_FROM, Graph};
use crate::keyword::{GONE, Postings, PostingsBuilder};

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
    /// The vectors in codes, made when a search first wants them.
    pub(crate) codes: OnceLock<Codes>,
    /// The graph over the codes, once it is built or read.
    pub(crate) graph: OnceLock<Graph>,
    /// Fields that filters asked for so far.
    pub(crate) columns: Columns,
}

#[derive(Debug, Default)]
pub(crate) struct Columns(Mutex<FxHashMap<String, Arc<Column>>>);

impl Segment {
    /// A segment of rows that are sorted by id.
    pub(crate) fn new(rows: &[&Row]) -> Self {
        let dim = rows.iter().find_map(|row| row.vector.as_ref().map(Vec::len)).unwrap_or(0);
        let mut segment = Self { dim, ..Self::default() };
        let (mut flags, mut vectors, mut scales) = (Vec::new(), Vec::new(), Vec::new());
        let mut postings = PostingsBuilder::default();
        for row in rows {
            segment.ids.push(row.id.as_bytes());
            segment.texts.push(row.text.as_deref().unwrap_or_default().as_bytes());
            let mut encoder = Encoder::default();
            encoder.metadata(&row.metadata);
            segment.metadata.push(&encoder.0);
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
        segment.flags = flags.into();
        segment.vectors = vectors.into();
        segment.scales = scales.into();
        segment.postings = postings.finish();
        segment
    }

    /// A segment of the live rows of others. No id may be alive in two of them.
    pub(crate) fn merge(sources: &[(&Self, Option<&RoaringBitmap>)]) -> Self {
        let mut order: Vec<(&[u8], usize, u32)> = Vec::new();
        for (index, (source, live)) in sources.iter().enumerate() {
            let mut push = |row: u32| order.push((source.ids.get(row as usize), index, row));
            match live {
                Some(live) => live.iter().for_each(&mut push),
                None => (0..source.rows()).for_each(&mut push),
            }
        }
        // A stable sort finds the sorted runs and merges them.
        order.sort_by(|a, b| a.0.cmp(b.0));
        let mut targets: Vec<Vec<u32>> =
            sources.iter().map(|(source, _)| vec![GONE; source.rows() as usize]).collect();
        let dim = sources.iter().map(|(source, _)| source.dim).max().unwrap_or(0);
        let mut merged = Self { dim, ..Self::default() };
        let mut flags = Vec::with_capacity(order.len());
        let mut vectors = Vec::with_capacity(order.len() * dim);
        let mut scales = Vec::with_capacity(if dim > 0 { order.len() } else { 0 });
        for (target, &(id, index, row)) in order.iter().enumerate() {
            let (source, at) = (sources[index].0, row as usize);
            targets[index][at] = target as u32;
            merged.ids.push(id);
            merged.texts.push(source.texts.get(at));
            merged.metadata.push(source.metadata.get(at));
            flags.push(source.flags[at]);
            if let Some(vector) = source.vector(row) {
                vectors.extend_from_slice(vector);
                scales.push(source.scales[at]);
            } else if dim > 0 {
                vectors.resize(vectors.len() + dim, 0.0);
                scales.push(0.0);
            }
        }
        let postings: Vec<(&Postings, &[u32])> = sources
            .iter()
            .zip(&targets)
            .map(|((source, _), targets)| (&source.postings, &targets[..]))
            .collect();
        merged.postings = Postings::merge(&postings, order.len());
        merged.flags = flags.into();
        merged.vectors = vectors.into();
        merged.scales = scales.into();
        merged
    }

    /// Whether no index of one column leads out of another, so that nothing here can panic.
    pub(crate) fn is_consistent(&self) -> bool {
        let rows = self.flags.len();
        let (postings, dim) = (&self.postings, self.dim);
        let has = |len: usize| len == if dim > 0 { rows } else { 0 };
        [&self.ids, &self.texts, &self.metadata].iter().all(|strings| strings.len() == rows)
            && [&self.ids, &self.texts, &self.metadata, &postings.terms].iter().all(|s| s.is_consistent())
            && has(self.scales.len())
            && self.vectors.len() == self.scales.len() * dim
            && (dim > 0 || self.flags.iter().all(|flags| flags & HAS_VECTOR == 0))
            && postings.lengths.len() == rows
            && postings.starts.len() == postings.terms.len() + 1
            && is_partition(&postings.starts, postings.rows.len())
            && postings.occurrences.len() == postings.rows.len()
            && postings.rows.iter().all(|&row| (row as usize) < rows)
    }

    pub(crate) fn rows(&self) -> u32 {
        self.flags.len() as u32
    }

    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        self.ids.binary_search(id.as_bytes()).ok().map(|row| row as u32)
    }

    pub(crate) fn has_text(&self, row: u32) -> bool {
        self.flags[row as usize] & HAS_TEXT != 0
    }

    pub(crate) fn vector(&self, row: u32) -> Option<&[f32]> {
        let at = row as usize * self.dim;
        self.has_vector(row).then(|| &self.vectors[at..at + self.dim])
    }

    #[inline]
    pub(crate) fn has_vector(&self, row: u32) -> bool {
        self.flags[row as usize] & HAS_VECTOR != 0
    }

    /// The vectors in codes.
    pub(crate) fn codes(&self, metric: Metric) -> &Codes {
        self.codes.get_or_init(|| Codes::new(metric, self.dim, &self.vectors))
    }

    /// Whether the segment should have a graph and has none yet.
    pub(crate) fn wants_graph(&self) -> bool {
        self.dim > 0 && self.rows() >= GRAPH_FROM && self.graph.get().is_none()
    }

    /// Builds the graph. If there can be none for these vectors, an empty one says so.
    pub(crate) fn build_graph(&self, metric: Metric) -> &Graph {
        self.graph.get_or_init(|| {
            let rows: Vec<u32> = (0..self.rows()).filter(|&row| self.has_vector(row)).collect();
            Graph::build(self.codes(metric), &rows).unwrap_or_default()
        })
    }

    /// The metadata of a row. Checksums guard the bytes and only this library writes them, so that
    /// they decode; if they ever did not, the row would count as one without metadata.
    pub(crate) fn metadata(&self, row: u32) -> Metadata {
        Decoder(self.metadata.get(row as usize)).metadata().unwrap_or_default()
    }

    pub(crate) fn text(&self, row: u32) -> Option<String> {
        self.has_text(row).then(|| text(self.texts.get(row as usize)))
    }

    pub(crate) fn id(&self, row: u32) -> String {
        text(self.ids.get(row as usize))
    }

    pub(crate) fn row(&self, row: u32) -> Row {
        Row {
            id: self.id(row),
            text: self.text(row),
            vector: self.vector(row).map(<[f32]>::to_vec),
            metadata: self.metadata(row),
        }
    }

    /// The rows, dead ones too, whose metadata satisfies a filter.
    pub(crate) fn select(&self, filter: &Filter) -> RoaringBitmap {
        filter.select(self.rows(), &|path: &str| self.column(path))
    }

    /// A field, collected when it is first asked for.
    fn column(&self, path: &str) -> Arc<Column> {
        if let Some(column) = self.columns.0.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Arc::clone(column);
        }
        let column = Arc::new(Column::new(path, (0..self.rows()).map(|row| (row, self.metadata(row)))));
        let mut columns = self.columns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if columns.len() < MAX_COLUMNS {
            columns.insert(path.to_owned(), Arc::clone(&column));
        }
        column
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! How a search came to its hits.

use std::time::Duration;

/// What [`Collection::explain`](crate::Collection::explain) tells beside the hits.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// Rows that are alive and satisfy the filter.
    pub eligible: u64,
    /// What was done in each segment for the vector leg; empty if there was none.
    pub segments: Vec<SegmentPlan>,
    /// Share of the true nearest rows that the vector leg is expected to find: measured when the
    /// graphs were built, 1 where all was scanned.
    pub expected_recall: f32,
    /// Words of the query, each with the number of rows that hold it.
    pub words: Vec<(String, u64)>,
    /// Time that the filter took.
    pub filter_time: Duration,
    /// Time that the vector leg took.
    pub vector_time: Duration,
    /// Time that the keyword leg took, fusion included.
    pub keyword_time: Duration,
}

/// The vector leg in one segment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SegmentPlan {
    /// Rows, dead ones too.
    pub rows: u64,
    /// Rows that are alive and satisfy the filter.
    pub eligible: u64,
    /// How they were searched.
    pub method: Method,
    /// Rows that were looked at.
    pub visited: u64,
    /// Share of the true nearest rows that this is expected to find.
    pub expected_recall: f32,
}

/// How a segment is searched for near vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Every eligible row is scored.
    Exact,
    /// Eight-bit codes rule rows out, the others are scored: the same result.
    Codes,
    /// A walk of the graph, as wide as the recall asked for needs.
    Graph,
    /// A walk that met too few eligible rows within its budget, and then a scan.
    GraphThenScan,
}

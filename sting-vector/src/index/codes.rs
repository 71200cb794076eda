//! Vectors in eight bits a number, with a bound on the error: a scan of the codes rules out almost
//! all rows, and what is left is scored exactly. The result is that of scoring every row.

use std::sync::Arc;

use crate::distance::inverse_norm;
use crate::kernel::codes::{Dot, dot};
use crate::store::buffer::Buffer;
use crate::store::sections::Sections;
use crate::{Error, Metric};

/// Sums that run side by side.
const LANES: usize = 16;
/// Codes are `round(number / step)`, in [-127, 127], stored with this added.
const OFFSET: u8 = 128;
/// Rounding of the exact kernels and of the sums here, as a share of the product of the norms.
const ROUNDING: f32 = 2e-5;

/// The codes of the rows of a segment, for one metric.
#[derive(Clone, Debug)]
pub(crate) struct CodeTable {
    dim: usize,
    metric: Metric,
    bytes: Buffer<u8>,
    /// Three numbers a row: those of [`RowCode`].
    rows: Buffer<f32>,
}

impl CodeTable {
    /// Codes of row-major vectors, all zeros for rows without one.
    pub(crate) fn new(metric: Metric, dim: usize, vectors: &Buffer<f32>) -> Result<Self, Error> {
        let (mut bytes, mut rows) = (Vec::with_capacity(vectors.len()), Vec::new());
        for at in (0..vectors.len()).step_by(dim.max(1)) {
            rows.extend(encode(metric, vectors.slice(at..at + dim)?, &mut bytes));
        }
        Ok(Self { dim, metric, bytes: bytes.into(), rows: rows.into() })
    }

    /// The codes that two sections of a file hold; `None` if they are not there.
    pub(crate) fn mapped(
        sections: &Arc<Sections>,
        index: usize,
        metric: Metric,
        dim: usize,
    ) -> Result<Option<Self>, Error> {
        let (bytes, rows) = (Buffer::mapped(sections, index)?, Buffer::mapped(sections, index + 1)?);
        let is_there = bytes.len() > 0 && Some(bytes.len()) == (rows.len() / 3).checked_mul(dim);
        Ok(is_there.then_some(Self { dim, metric, bytes, rows }))
    }

    /// The codes, checked.
    pub(crate) fn codes(&self) -> Result<Codes<'_>, Error> {
        let (bytes, rows) = (self.bytes.all()?, self.rows.all()?.as_chunks().0);
        Ok(Codes { dim: self.dim, metric: self.metric, bytes, rows })
    }
}

/// Adds the codes of a vector, and gives what belongs to them.
pub(crate) fn encode(metric: Metric, vector: &[f32], codes: &mut Vec<u8>) -> [f32; 3] {
    let row = quantise(metric, vector, |code| codes.push(code.cast_unsigned() ^ OFFSET));
    [row.step, row.error, row.norm]
}

/// Codes at hand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Codes<'c> {
    dim: usize,
    metric: Metric,
    bytes: &'c [u8],
    rows: &'c [[f32; 3]],
}

/// What turns the product of codes into an estimate of the score, and bounds its error.
#[derive(Clone, Copy, Debug, Default)]
struct RowCode {
    /// Step of the code. Under cosine, of the vector scaled to unit length.
    step: f32,
    /// Norm of what the code leaves out.
    error: f32,
    /// Norm of the vector.
    norm: f32,
}

/// A query in codes.
#[derive(Debug)]
pub(crate) struct CodedQuery {
    codes: Vec<i8>,
    /// What the offset of the rows adds to every product.
    offset: i32,
    row: RowCode,
    dot: Dot,
}

/// A score that lies within `error` of `score`. Under l2 it is the negative square of the distance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub(crate) score: f32,
    pub(crate) error: f32,
}

impl<'c> Codes<'c> {
    #[inline]
    fn row(&self, row: u32) -> RowCode {
        let [step, error, norm] = self.rows[row as usize];
        RowCode { step, error, norm }
    }

    pub(crate) fn query(&self, query: &[f32]) -> CodedQuery {
        let mut codes = Vec::with_capacity(self.dim);
        let row = quantise(self.metric, query, |code| codes.push(code));
        CodedQuery { offset: offset(&codes), codes, row, dot: dot() }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// Whether near rows of near rows are near, which a graph relies on: not so for inner products of
    /// vectors of different lengths.
    pub(crate) fn is_navigable(&self) -> bool {
        let norms = || self.rows.iter().map(|row| row[2]).filter(|&norm| norm > 0.0);
        self.metric != Metric::Dot || norms().fold(0.0, f32::max) <= 1.01 * norms().fold(f32::MAX, f32::min)
    }

    /// Makes a row the query.
    pub(crate) fn make_query(&self, row: u32, query: &mut CodedQuery) {
        query.codes.clear();
        query.codes.extend(self.code(row).iter().map(|code| (code ^ OFFSET).cast_signed()));
        query.offset = offset(&query.codes);
        query.row = self.row(row);
    }

    /// An estimate of how far a row is: smaller is nearer. A metric of its own, for graphs.
    #[inline]
    pub(crate) fn distance(&self, query: &CodedQuery, row: u32) -> f32 {
        let (q, r) = (query.row, self.row(row));
        let product = (query.dot)(self.code(row), &query.codes) - query.offset;
        let inner = q.step * r.step * product as f32;
        match self.metric {
            Metric::Cosine => 1.0 - inner,
            Metric::Dot | Metric::L2 => q.norm * q.norm + r.norm * r.norm - 2.0 * inner,
        }
    }

    /// The codes of a row.
    #[inline]
    pub(crate) fn code(&self, row: u32) -> &'c [u8] {
        &self.bytes[row as usize * self.dim..(row as usize + 1) * self.dim]
    }

    /// The estimate of a row's score.
    #[inline]
    pub(crate) fn estimate(&self, query: &CodedQuery, row: u32) -> Estimate {
        let (q, r) = (query.row, self.row(row));
        let product = (query.dot)(self.code(row), &query.codes) - query.offset;
        let inner = q.step * r.step * product as f32;
        // Cauchy and Schwarz: |q x - q' x'| <= |q| |x - x'| + |q - q'| |x'|.
        let error = q.norm * r.error + q.error * (r.norm + r.error) + ROUNDING * q.norm * r.norm;
        match self.metric {
            Metric::Cosine | Metric::Dot => Estimate { score: inner, error },
            Metric::L2 => {
                let rounding = ROUNDING * (q.norm * q.norm + r.norm * r.norm);
                let score = 2.0 * inner - q.norm * q.norm - r.norm * r.norm;
                Estimate { score, error: 2.0 * error + rounding }
            }
        }
    }
}

fn offset(codes: &[i8]) -> i32 {
    codes.iter().map(|&code| i32::from(code) * i32::from(OFFSET)).sum()
}

fn quantise(metric: Metric, vector: &[f32], mut push: impl FnMut(i8)) -> RowCode {
    let largest = vector.iter().fold(0f32, |largest, number| largest.max(number.abs()));
    if largest == 0.0 {
        (0..vector.len()).for_each(|_| push(0));
        return RowCode::default();
    }
    let (step, per_step) = (largest / 127.0, 127.0 / largest);
    let (mut error, mut norm) = ([0f32; LANES], [0f32; LANES]);
    for some in vector.chunks(LANES) {
        for (lane, &number) in some.iter().enumerate() {
            // Adding and taking away 1.5 * 2^23 rounds to the nearest integer, without a call.
            let code = (number * per_step + 12_582_912.0) - 12_582_912.0;
            push(code as i8);
            let rest = number - code * step;
            error[lane] += rest * rest;
            norm[lane] += number * number;
        }
    }
    let root = |lanes: [f32; LANES]| lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>().sqrt() as f32;
    let scale = if metric == Metric::Cosine { inverse_norm(vector) } else { 1.0 };
    // The sums are rounded; a bound must not be rounded down.
    RowCode { step: step * scale, error: root(error) * scale * 1.0001, norm: root(norm) * scale }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::Scorer;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_error_is_within_its_bound(
            metric in prop::sample::select(vec![Metric::Cosine, Metric::Dot, Metric::L2]),
            scale in prop::sample::select(vec![1e-3f32, 1.0, 1e4]),
            rows in prop::collection::vec(prop::collection::vec(-1f32..1.0, 17), 1..8),
            query in prop::collection::vec(-1f32..1.0, 17),
        ) {
            let vectors: Vec<f32> = rows.concat().iter().map(|number| number * scale).collect();
            prop_assume!(query.iter().any(|&x| x != 0.0));
            let table = CodeTable::new(metric, 17, &vectors.clone().into()).unwrap();
            let codes = table.codes().unwrap();
            let coded = codes.query(&query);
            let scorer = Scorer::new(metric, &query);
            for (row, vector) in vectors.chunks(17).enumerate() {
                let mut exact = scorer.score(vector, inverse_norm(vector));
                if metric == Metric::L2 {
                    exact = -exact * exact;
                }
                let estimate = codes.estimate(&coded, row as u32);
                prop_assert!((estimate.score - exact).abs() <= estimate.error, "{exact} {estimate:?}");
            }
        }
    }
}

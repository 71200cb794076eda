//! What a column holds.

use crate::{Error, Finding, Scrubber};
use arrow::array::{Array, ArrayRef, RecordBatch, UInt64Array};
use arrow::compute::take;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Which kinds of private data a column holds, and in how many of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ColumnVerdict {
    /// Its name, with those of the structs and lists that it is in: `person.phones.item`.
    pub path: String,
    /// How many values it has, or its dictionary.
    pub values: usize,
    /// How many of them were looked at.
    pub sampled: usize,
    /// Values in which each kind was found.
    pub kinds: BTreeMap<String, usize>,
}

impl ColumnVerdict {
    pub(super) fn new(path: &str, values: usize) -> Self {
        Self { path: path.to_owned(), values, sampled: values, kinds: BTreeMap::new() }
    }

    /// Counts one value.
    pub(super) fn add(&mut self, findings: &[Finding]) {
        let kinds: BTreeSet<_> = findings.iter().map(|finding| &*finding.kind).collect();
        for kind in kinds {
            *self.kinds.entry(kind.to_owned()).or_default() += 1;
        }
    }

    /// Kinds that are in at least this share of the values that were looked at.
    pub fn holds(&self, share: f64) -> Vec<&str> {
        let enough = share * self.sampled as f64;
        self.kinds
            .iter()
            .filter(|(_, count)| **count as f64 >= enough)
            .map(|(kind, _)| kind.as_str())
            .collect()
    }
}

impl Scrubber {
    /// What each column of a batch holds, by looking at about `sample` rows, evenly spread. The rows are
    /// not changed.
    ///
    /// # Errors
    /// As [`Scrubber::scrub_batch`].
    pub fn survey_batch(&self, batch: &RecordBatch, sample: usize) -> Result<Vec<ColumnVerdict>, Error> {
        let rows = batch.num_rows();
        let sampled = rows.min(sample.max(1));
        // Every second place is one row further on, so that a period of the table is not met row by row.
        let step = rows / sampled.max(1);
        let place = |i: usize| i * rows / sampled.max(1) + usize::from(i % 2 == 1 && step > 1);
        let places = UInt64Array::from_iter_values((0..sampled).map(|i| place(i) as u64));
        let fault = |_| Error::config("batch", "its rows cannot be taken", "cast its columns");
        let columns: Vec<ArrayRef> = batch
            .columns()
            .iter()
            .map(|column| take(column, &places, None).map_err(fault))
            .collect::<Result<_, _>>()?;
        let part = RecordBatch::try_new(batch.schema(), columns).map_err(fault)?;
        let mut verdicts = self.scrub_batch(&part, None)?.columns;
        for verdict in &mut verdicts {
            // Lists have more values than rows: all of those in the sampled rows were looked at.
            verdict.sampled = verdict.values;
            let top = verdict.path.split('.').next().unwrap_or_default();
            if verdict.path == top {
                verdict.values = batch.column_by_name(top).map_or(rows, Array::len);
            }
        }
        Ok(verdicts)
    }
}

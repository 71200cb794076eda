//! One metadata field over the rows of a segment, sorted by value, so that a filter knows its
//! true cardinality before the search starts.

use roaring::RoaringBitmap;
use serde_json::Value;

use super::scalar::{self, Scalar};
use super::{Operand, Relation, Test, visit};
use crate::collection::Metadata;

/// The values of one field.
#[derive(Debug, Default)]
pub(crate) struct Column {
    present: RoaringBitmap,
    /// Values that stand alone.
    single: Sorted,
    /// Elements of lists.
    elements: Sorted,
    /// Lists and objects, which are equal only as wholes, in order of rows.
    compounds: Vec<(u32, Value)>,
}

/// Distinct values in order, each with its rows.
#[derive(Debug, Default)]
struct Sorted {
    values: Vec<Scalar>,
    /// Where the rows of a value start; one more than there are values.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Column {
    /// Collects a field from rows in order.
    pub(crate) fn new<E>(
        path: &str,
        rows: impl Iterator<Item = Result<(u32, Metadata), E>>,
    ) -> Result<Self, E> {
        let mut column = Self::default();
        let (mut single, mut elements) = (Vec::new(), Vec::new());
        for row in rows {
            let (row, metadata) = row?;
            visit(&metadata, path, &mut |value| {
                column.present.insert(row);
                match value {
                    Value::Array(items) => {
                        elements.extend(items.iter().filter_map(Scalar::of).map(|item| (item, row)));
                        column.compounds.push((row, value.clone()));
                    }
                    Value::Object(_) => column.compounds.push((row, value.clone())),
                    value => single.extend(Scalar::of(value).map(|value| (value, row))),
                }
            });
        }
        column.single = Sorted::new(single);
        column.elements = Sorted::new(elements);
        Ok(column)
    }

    pub(super) fn select(&self, test: &Test) -> RoaringBitmap {
        match test {
            Test::Exists => self.present.clone(),
            Test::OneOf(operands) => operands.iter().fold(RoaringBitmap::new(), |any, operand| {
                any | match operand {
                    Operand::Scalar(operand) => self.single.equal(operand) | self.elements.equal(operand),
                    Operand::Compound(operand) => self
                        .compounds
                        .iter()
                        .filter(|(_, value)| scalar::is_or_has(value, operand))
                        .map(|(row, _)| *row)
                        .collect(),
                }
            }),
            Test::Compare(relation, operand) => {
                self.single.compare(*relation, operand) | self.elements.compare(*relation, operand)
            }
            Test::Contains(operand) => {
                let mut rows = self.elements.equal(operand);
                if let Scalar::Text(part) = operand {
                    rows |= self.single.with_part(part);
                }
                rows
            }
        }
    }
}

impl Column {
    /// Calls `each` with every value and how many of some rows have it, alone or in a list.
    pub(crate) fn count(&self, eligible: Option<&RoaringBitmap>, mut each: impl FnMut(&Scalar, u64)) {
        let is_eligible = |row: u32| eligible.is_none_or(|eligible| eligible.contains(row));
        for (place, value) in self.elements.values.iter().enumerate() {
            let rows = self.elements.rows_at(place).iter();
            each(value, rows.filter(|row| is_eligible(**row)).count() as u64);
        }
        for (place, value) in self.single.values.iter().enumerate() {
            // Through a list of objects, a row may have a value both ways.
            let found = self.elements.values.binary_search(value);
            let counted = found.map_or(&[][..], |place| self.elements.rows_at(place));
            let is_new = |row: u32| is_eligible(row) && counted.binary_search(&row).is_err();
            each(value, self.single.rows_at(place).iter().filter(|row| is_new(**row)).count() as u64);
        }
    }
}

impl Sorted {
    /// The rows of a value, in order.
    fn rows_at(&self, place: usize) -> &[u32] {
        &self.rows[self.starts[place] as usize..self.starts[place + 1] as usize]
    }

    fn new(mut pairs: Vec<(Scalar, u32)>) -> Self {
        pairs.sort_unstable();
        let mut sorted = Self::default();
        for (value, row) in pairs {
            if sorted.values.last() != Some(&value) {
                sorted.starts.push(sorted.rows.len() as u32);
                sorted.values.push(value);
            } else if sorted.rows.last() == Some(&row) {
                // A list may hold a value twice.
                continue;
            }
            sorted.rows.push(row);
        }
        sorted.starts.push(sorted.rows.len() as u32);
        sorted
    }

    fn rows_of(&self, values: std::ops::Range<usize>) -> RoaringBitmap {
        if values.is_empty() {
            return RoaringBitmap::new();
        }
        let rows = &self.rows[self.starts[values.start] as usize..self.starts[values.end] as usize];
        if values.len() == 1
            && let Ok(rows) = RoaringBitmap::from_sorted_iter(rows.iter().copied())
        {
            return rows;
        }
        // The rows of many values are not in order: set bits, not list elements.
        let mut bits = vec![0u8; rows.iter().max().map_or(0, |&last| last as usize / 8 + 1)];
        for &row in rows {
            bits[row as usize / 8] |= 1 << (row % 8);
        }
        RoaringBitmap::from_lsb0_bytes(0, &bits)
    }

    fn equal(&self, operand: &Scalar) -> RoaringBitmap {
        match self.values.binary_search(operand) {
            Ok(found) => self.rows_of(found..found + 1),
            Err(_) => RoaringBitmap::new(),
        }
    }

    fn compare(&self, relation: Relation, operand: &Scalar) -> RoaringBitmap {
        // Values are grouped by type: the range holds from the operand to the end of its type.
        let type_start =
            self.values.partition_point(|value| value < operand && value.cmp_same_type(operand).is_none());
        let type_end =
            self.values.partition_point(|value| value <= operand || value.cmp_same_type(operand).is_some());
        let below = self.values.partition_point(|value| value < operand);
        let through = self.values.partition_point(|value| value <= operand);
        self.rows_of(match relation {
            Relation::Less => type_start..below,
            Relation::LessOrEqual => type_start..through,
            Relation::Greater => through..type_end,
            Relation::GreaterOrEqual => below..type_end,
        })
    }

    fn with_part(&self, part: &str) -> RoaringBitmap {
        let mut rows = RoaringBitmap::new();
        for (index, value) in self.values.iter().enumerate() {
            if matches!(value, Scalar::Text(text) if text.contains(part)) {
                rows |= self.rows_of(index..index + 1);
            }
        }
        rows
    }
}

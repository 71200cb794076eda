//! Columns of Arrow, with their names as evidence.

mod verdict;

pub use verdict::ColumnVerdict;

use crate::structured::field_name;
use crate::{Action, Error, Finding, Scrubber};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, GenericListArray, LargeStringArray, MapArray,
    OffsetSizeTrait, RecordBatch, StringArray, StringViewArray, StructArray,
};
use arrow::compute::nullif;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use std::borrow::Cow;
use std::sync::Arc;
use sting_core::Scrubbed;

/// Deepest nesting of columns that is read.
const MAX_DEPTH: usize = 64;

/// A batch that was scrubbed, with its account.
#[derive(Clone, Debug)]
pub struct ScrubbedBatch {
    /// The batch. Its columns have the types that they had; one in which a number was taken out may
    /// hold nulls.
    pub batch: Scrubbed<RecordBatch>,
    /// What was found in each column of text or whole numbers, down to those inside structs and lists.
    pub columns: Vec<ColumnVerdict>,
}

impl Scrubber {
    /// Scrubs the columns of a batch: text of every layout, dictionaries (each value once), and what of
    /// these is in structs, lists and maps. The name of a column is evidence, and may alone decide. A
    /// whole number that is private becomes null; other types hold no text and stay as they are.
    ///
    /// Only the columns at the top that are named, if any are.
    ///
    /// # Errors
    /// [`Error::Config`] for a column that does not exist, and for one whose type may hold text that is not
    /// read (binary, unions, runs): nothing comes out then. And as [`Scrubber::scrub`].
    pub fn scrub_batch(&self, batch: &RecordBatch, columns: Option<&[&str]>) -> Result<ScrubbedBatch, Error> {
        let schema = batch.schema();
        for name in columns.unwrap_or_default() {
            if schema.index_of(name).is_err() {
                return Err(Error::config(
                    "columns",
                    format!("no column is named {name:?}"),
                    "name columns of the batch",
                ));
            }
        }
        let mut walk = Walk { scrubber: self, verdicts: Vec::new() };
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for (field, array) in schema.fields().iter().zip(batch.columns()) {
            let wanted = columns.is_none_or(|names| names.contains(&field.name().as_str()));
            let place = Place { path: field.name().clone(), name: field.name().clone(), depth: 0 };
            let array = if wanted { walk.array(array, &place)? } else { array.clone() };
            fields.push(field_of(field, &array));
            arrays.push(array);
        }
        let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
        let rebuilt = RecordBatch::try_new_with_options(
            Arc::new(schema),
            arrays,
            &arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows())),
        )
        .map_err(|_| unfit(""))?;
        Ok(ScrubbedBatch { batch: self.vouch(rebuilt), columns: walk.verdicts })
    }
}

/// Where an array stands.
struct Place {
    /// From the top: `person.phones.item`.
    path: String,
    /// What names its values.
    name: String,
    depth: usize,
}

impl Place {
    fn child(&self, field: &Field) -> Result<Self, Error> {
        if self.depth == MAX_DEPTH {
            return Err(Error::config(&self.path, "its columns are nested too deeply", "flatten it"));
        }
        let name = field_name(Some(&self.name), field.name());
        Ok(Self { path: format!("{}.{}", self.path, field.name()), name, depth: self.depth + 1 })
    }

    /// Elements of lists are what the list is called.
    fn element(&self, field: &Field) -> Result<Self, Error> {
        Ok(Self { name: self.name.clone(), ..self.child(field)? })
    }
}

struct Walk<'s> {
    scrubber: &'s Scrubber,
    verdicts: Vec<ColumnVerdict>,
}

impl Walk<'_> {
    fn array(&mut self, array: &ArrayRef, place: &Place) -> Result<ArrayRef, Error> {
        let same = || array.clone();
        Ok(match array.data_type() {
            DataType::Utf8 => {
                let texts = self.texts(array.as_string::<i32>().iter(), place)?;
                texts.map_or_else(same, |texts| Arc::new(StringArray::from_iter(texts)))
            }
            DataType::LargeUtf8 => {
                let texts = self.texts(array.as_string::<i64>().iter(), place)?;
                texts.map_or_else(same, |texts| Arc::new(LargeStringArray::from_iter(texts)))
            }
            DataType::Utf8View => {
                let texts = self.texts(array.as_string_view().iter(), place)?;
                texts.map_or_else(same, |texts| Arc::new(StringViewArray::from_iter(texts)))
            }
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary();
                let values = self.array(dictionary.values(), place)?;
                if values.null_count() > dictionary.values().null_count() {
                    return Err(unfit(&place.path));
                }
                dictionary.with_values(values)
            }
            DataType::Struct(fields) => {
                let array = array.as_struct();
                let columns = self.children(fields, array.columns(), place)?;
                let fields: Fields =
                    fields.iter().zip(&columns).map(|(field, column)| field_of(field, column)).collect();
                let nulls = array.nulls().cloned();
                let built = StructArray::try_new_with_length(fields, columns, nulls, array.len());
                Arc::new(built.map_err(|_| unfit(&place.path))?)
            }
            DataType::List(field) => self.list(array.as_list::<i32>(), field, place)?,
            DataType::LargeList(field) => self.list(array.as_list::<i64>(), field, place)?,
            DataType::FixedSizeList(field, size) => {
                let list = array.as_fixed_size_list();
                let values = self.array(list.values(), &place.element(field)?)?;
                let (field, nulls) = (field_of(field, &values), list.nulls().cloned());
                let built = FixedSizeListArray::try_new(field, *size, values, nulls);
                Arc::new(built.map_err(|_| unfit(&place.path))?)
            }
            DataType::Map(field, ordered) => {
                let map = array.as_map();
                let DataType::Struct(fields) = field.data_type() else { return Err(unfit(&place.path)) };
                let columns = self.children(fields, map.entries().columns(), place)?;
                let fields: Fields =
                    fields.iter().zip(&columns).map(|(field, column)| field_of(field, column)).collect();
                let entries = StructArray::try_new(fields, columns, None).map_err(|_| unfit(&place.path))?;
                let entry: ArrayRef = Arc::new(entries.clone());
                let (field, offsets) = (field_of(field, &entry), map.offsets().clone());
                let built = MapArray::try_new(field, offsets, entries, map.nulls().cloned(), *ordered);
                Arc::new(built.map_err(|_| unfit(&place.path))?)
            }
            data_type
                if data_type.is_integer()
                    || matches!(data_type, DataType::Decimal128(..) | DataType::Decimal256(..)) =>
            {
                self.numbers(array, place)?
            }
            data_type if holds_no_text(data_type) => same(),
            data_type => {
                return Err(Error::config(
                    format!("column {}", place.path),
                    format!("text in its type {data_type} is not read"),
                    "cast it to text, or name the columns to scrub",
                ));
            }
        })
    }

    fn children(
        &mut self,
        fields: &Fields,
        columns: &[ArrayRef],
        place: &Place,
    ) -> Result<Vec<ArrayRef>, Error> {
        fields.iter().zip(columns).map(|(field, column)| self.array(column, &place.child(field)?)).collect()
    }

    fn list<O: OffsetSizeTrait>(
        &mut self,
        list: &GenericListArray<O>,
        field: &FieldRef,
        place: &Place,
    ) -> Result<ArrayRef, Error> {
        let values = self.array(list.values(), &place.element(field)?)?;
        let field = field_of(field, &values);
        let built = GenericListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned());
        Ok(Arc::new(built.map_err(|_| unfit(&place.path))?))
    }

    /// The texts anew; `None` if none of them changes.
    fn texts<'a>(
        &mut self,
        texts: impl ExactSizeIterator<Item = Option<&'a str>>,
        place: &Place,
    ) -> Result<Option<Vec<Option<Cow<'a, str>>>>, Error> {
        let mut verdict = ColumnVerdict::new(&place.path, texts.len());
        let mut changed = false;
        let mut out = Vec::with_capacity(texts.len());
        for text in texts {
            out.push(match text {
                None => None,
                Some(text) => {
                    let result = self.scrubber.scrub_part(text, Some(&place.name))?;
                    verdict.add(&result.findings);
                    let scrubbed = result.text.into_inner();
                    changed |= scrubbed != text;
                    Some(if scrubbed == text { Cow::Borrowed(text) } else { Cow::Owned(scrubbed) })
                }
            });
        }
        self.verdicts.push(verdict);
        Ok(changed.then_some(out))
    }

    /// Whole numbers, with null for those that are private.
    fn numbers(&mut self, array: &ArrayRef, place: &Place) -> Result<ArrayRef, Error> {
        let options = FormatOptions::default();
        let formatter = ArrayFormatter::try_new(array, &options).map_err(|_| unfit(&place.path))?;
        let mut verdict = ColumnVerdict::new(&place.path, array.len());
        let private: BooleanArray = (0..array.len())
            .map(|row| {
                if array.is_null(row) {
                    return Ok(Some(false));
                }
                let findings = find_number(self.scrubber, &formatter.value(row).to_string(), &place.name)?;
                verdict.add(&findings);
                Ok(Some(findings.iter().any(|finding| finding.action != Action::Keep.name())))
            })
            .collect::<Result<_, Error>>()?;
        self.verdicts.push(verdict);
        if private.true_count() == 0 {
            return Ok(array.clone());
        }
        nullif(array, &private).map_err(|_| unfit(&place.path))
    }
}

/// What is private in a number, written out. Numbers of less than four digits are nobody's.
fn find_number(scrubber: &Scrubber, text: &str, name: &str) -> Result<Vec<Finding>, Error> {
    if text.len() < 4 { Ok(Vec::new()) } else { scrubber.find_field(text.as_bytes(), Some(name)) }
}

/// The field of a column that was rebuilt.
fn field_of(field: &FieldRef, array: &ArrayRef) -> FieldRef {
    let nullable = field.is_nullable() || array.null_count() > 0;
    if field.data_type() == array.data_type() && field.is_nullable() == nullable {
        return field.clone();
    }
    Arc::new(field.as_ref().clone().with_data_type(array.data_type().clone()).with_nullable(nullable))
}

fn holds_no_text(data_type: &DataType) -> bool {
    data_type.is_floating()
        || data_type.is_temporal()
        || matches!(data_type, DataType::Null | DataType::Boolean)
}

fn unfit(path: &str) -> Error {
    Error::config(
        format!("column {path}"),
        "it cannot be rebuilt without its private values",
        "cast it to text",
    )
}

#[cfg(test)]
mod tests {
    use crate::{ScrubConfig, Scrubber};
    use arrow::array::{
        Array, ArrayRef, AsArray, BinaryArray, DictionaryArray, Int64Array, LargeStringArray, ListArray,
        RecordBatch, StringArray, StringViewArray, StructArray,
    };
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::{DataType, Field, Int32Type};
    use std::sync::Arc;

    fn scrubber() -> Scrubber {
        Scrubber::new(ScrubConfig::default()).unwrap()
    }

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter(columns).unwrap()
    }

    const TEXTS: [Option<&str>; 4] = [Some("mail a@b.example"), None, Some(""), Some("plain é漢")];

    #[test]
    fn every_layout_of_text() {
        let columns: [ArrayRef; 4] = [
            Arc::new(StringArray::from(TEXTS.to_vec())),
            Arc::new(LargeStringArray::from(TEXTS.to_vec())),
            Arc::new(StringViewArray::from(TEXTS.to_vec())),
            Arc::new(TEXTS.into_iter().collect::<DictionaryArray<Int32Type>>()),
        ];
        for column in columns {
            for column in [column.clone(), column.slice(0, 3)] {
                let before = batch(vec![("note", column.clone())]);
                let result = scrubber().scrub_batch(&before, None).unwrap();
                let after = result.batch.get().column(0);
                assert_eq!(after.data_type(), column.data_type());
                assert_eq!((after.len(), after.logical_null_count()), (column.len(), 1));
                let shown = arrow::util::display::array_value_to_string(after, 0).unwrap();
                assert_eq!(shown, "mail [EMAIL]");
                let again = scrubber().scrub_batch(result.batch.get(), None).unwrap();
                assert_eq!(again.batch.get(), result.batch.get());
                assert_eq!(result.columns[0].kinds.values().sum::<usize>(), 1);
            }
        }
    }

    #[test]
    fn names_are_evidence_and_numbers_become_null() {
        let before = batch(vec![
            ("ssn", Arc::new(Int64Array::from(vec![536_228_726, 12])) as ArrayRef),
            ("count", Arc::new(Int64Array::from(vec![536_228_726, 12]))),
            ("password", Arc::new(StringArray::from(vec!["correct horse", "x"]))),
        ]);
        let result = scrubber().scrub_batch(&before, None).unwrap();
        let after = result.batch.get();
        assert_eq!(after.column(0).null_count(), 1);
        assert!(after.schema().field(0).is_nullable());
        assert_eq!(after.column(1), before.column(1));
        assert_eq!(after.column(2).as_string::<i32>().value(0), "[PASSWORD]");
        let some = scrubber().scrub_batch(&before, Some(&["password"])).unwrap();
        assert_eq!(some.batch.get().column(0), before.column(0));
        assert!(scrubber().scrub_batch(&before, Some(&["nope"])).is_err());
    }

    #[test]
    fn structs_and_lists() {
        let number = Arc::new(StringArray::from(vec!["4111111111111111", "7"])) as ArrayRef;
        let card = StructArray::from(vec![(Arc::new(Field::new("number", DataType::Utf8, true)), number)]);
        let values = Arc::new(StringArray::from(vec!["a@b.example", "x", "c@d.example"])) as ArrayRef;
        let field = Arc::new(Field::new("item", DataType::Utf8, true));
        let list = ListArray::try_new(field, OffsetBuffer::from_lengths([1, 2]), values, None).unwrap();
        let before = batch(vec![("card", Arc::new(card) as ArrayRef), ("mails", Arc::new(list))]);
        let result = scrubber().scrub_batch(&before, None).unwrap();
        let after = result.batch.get();
        assert_eq!(after.column(0).as_struct().column(0).as_string::<i32>().value(0), "[CREDIT_CARD]");
        assert_eq!(after.column(1).as_list::<i32>().values().as_string::<i32>().value(2), "[EMAIL]");
        assert_eq!(result.columns[0].path, "card.number");
    }

    #[test]
    fn what_is_not_read_does_not_come_out() {
        let before =
            batch(vec![("blob", Arc::new(BinaryArray::from(vec![&b"a@b.example"[..]])) as ArrayRef)]);
        let error = scrubber().scrub_batch(&before, None).unwrap_err();
        assert!(error.to_string().contains("blob") && !error.to_string().contains("a@b"));
    }

    #[test]
    fn verdicts_by_sampling() {
        let mails: Vec<_> =
            (0..1000).map(|i| if i % 2 == 0 { format!("u{i}@b.example") } else { "none".into() }).collect();
        let plain: Vec<_> = (0..1000).map(|i| format!("row {i}")).collect();
        let before = batch(vec![
            ("contact", Arc::new(StringArray::from(mails)) as ArrayRef),
            ("label", Arc::new(StringArray::from(plain))),
        ]);
        let verdicts = scrubber().survey_batch(&before, 100).unwrap();
        assert_eq!((verdicts[0].sampled, verdicts[0].values), (100, 1000));
        assert!(verdicts[0].holds(0.2).contains(&"email"), "{:?}", verdicts[0]);
        assert!(verdicts[1].holds(0.01).is_empty());
    }
}

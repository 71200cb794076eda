//! The columns of a chunk.

use crate::sink::{ChunkRow, RunColumns, kind_name};
use arrow::array::{
    ArrayRef, FixedSizeListBuilder, Float32Builder, Int64Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder, TimestampMillisecondArray, UInt32Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::errors::ParquetError;
use std::sync::Arc;

pub(super) fn schema(dim: Option<usize>) -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let number = |name: &str, kind| Field::new(name, kind, false);
    let item = |kind| Arc::new(Field::new("item", kind, false));
    let mut fields = vec![
        text("chunk_id"),
        text("document_id"),
        text("document"),
        text("media_type"),
        text("part"),
        text("part_kind"),
        Field::new("heading", DataType::List(item(DataType::Utf8)), false),
        number("chunk_index", DataType::UInt32),
        text("text"),
        number("prefix_bytes", DataType::UInt32),
        number("source_start", DataType::Int64),
        number("source_end", DataType::Int64),
        number("modified", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))),
    ];
    fields
        .extend(["jar", "comb", "run", "extractor", "profile", "scrubber", "chunker", "embedder"].map(text));
    if let Some(dim) = dim {
        fields.push(Field::new("vector", DataType::FixedSizeList(item(DataType::Float32), width(dim)), true));
    }
    Arc::new(Schema::new(fields))
}

/// Dimensions are far below the limits of Arrow's lists.
fn width(dim: usize) -> i32 {
    i32::try_from(dim).unwrap_or(i32::MAX)
}

pub(super) fn batch(
    schema: &SchemaRef,
    dim: Option<usize>,
    run: &RunColumns,
    rows: &[&ChunkRow],
) -> Result<RecordBatch, ParquetError> {
    let text = |value: fn(&ChunkRow) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| value(row))))
    };
    let id = |value: fn(&ChunkRow) -> sting_core::Id| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| value(row).to_string())))
    };
    let same = |value: &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, rows.len())))
    };
    let small = |value: fn(&ChunkRow) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| value(row))))
    };
    let offset = |value: fn(&ChunkRow) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| value(row).cast_signed())))
    };
    let mut headings =
        ListBuilder::new(StringBuilder::new()).with_field(Field::new("item", DataType::Utf8, false));
    for row in rows {
        row.heading.iter().for_each(|heading| headings.values().append_value(heading));
        headings.append(true);
    }
    let modified =
        TimestampMillisecondArray::from_iter_values(rows.iter().map(|row| row.modified)).with_timezone("UTC");
    let mut columns: Vec<ArrayRef> = vec![
        id(|row| row.id),
        id(|row| row.document_id),
        text(|row| &row.document),
        text(|row| &row.media_type),
        text(|row| &row.part),
        text(|row| kind_name(row.part_kind)),
        Arc::new(headings.finish()),
        small(|row| row.chunk_index),
        text(|row| &row.text),
        small(|row| row.prefix_bytes),
        offset(|row| row.source_start),
        offset(|row| row.source_end),
        Arc::new(modified),
        same(&run.jar),
        same(&run.comb),
        same(&run.run_id),
        same(&run.extractor),
        same(&run.profile),
        same(&run.scrubber),
        same(&run.chunker),
        same(&run.embedder),
    ];
    if let Some(dim) = dim {
        let item = Field::new("item", DataType::Float32, false);
        let mut vectors = FixedSizeListBuilder::new(Float32Builder::new(), width(dim)).with_field(item);
        let nothing = vec![0.0; dim];
        for row in rows {
            let vector = row.vector.as_deref().filter(|vector| vector.len() == dim);
            vectors.values().append_slice(vector.unwrap_or(&nothing));
            vectors.append(vector.is_some());
        }
        columns.push(Arc::new(vectors.finish()));
    }
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

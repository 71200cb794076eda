//! Rows: what is stored, and what a batch of changes does to them.

use serde_json::{Map, Value};

use crate::distance::inverse_norm;
use crate::store::codec::{self, Decoder, Encoder, Malformed};
use crate::{Error, Metric};

/// Metadata of a row: a JSON object, kept exactly, keys in order.
pub type Metadata = Map<String, Value>;

/// Longest id.
pub const MAX_ID_BYTES: usize = 1024;
/// Most numbers in a vector.
pub const MAX_DIM: usize = 65_536;

/// Norms of vectors are within these, so that no score overflows.
const NORMS: std::ops::RangeInclusive<f32> = 1e-15..=1e15;

/// One row of a collection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Unique in its collection; a row of the same id is replaced.
    pub id: String,
    /// What keyword search finds, and what the collection's embedder embeds.
    pub text: Option<String>,
    /// What vector search compares. Left out, it is embedded from the text.
    pub vector: Option<Vec<f32>>,
    /// What filters see.
    pub metadata: Metadata,
}

impl Row {
    /// A row with an id and nothing else.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Sets the text.
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Sets the vector.
    pub fn with_vector(mut self, vector: impl Into<Vec<f32>>) -> Self {
        self.vector = Some(vector.into());
        self
    }

    /// Sets the metadata.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }
}

pub(crate) fn check_id(id: &str, place: &str) -> Result<(), Error> {
    match id.len() {
        0 => Err(Error::input(format!("{place}.id"), "is empty", "give every row an id")),
        1..=MAX_ID_BYTES => Ok(()),
        len => Err(Error::input(
            format!("{place}.id"),
            format!("has {len} bytes"),
            format!("use at most {MAX_ID_BYTES}; hash what is longer"),
        )),
    }
}

pub(crate) fn check_metadata(metadata: &Metadata, place: &str) -> Result<(), Error> {
    if codec::is_shallow(metadata) {
        return Ok(());
    }
    Err(Error::input(
        format!("{place}.metadata"),
        format!("is nested deeper than {}", codec::MAX_DEPTH),
        "flatten it",
    ))
}

/// Checks a vector against the dimension of its collection, if that is known.
pub(crate) fn check_vector(
    vector: &[f32],
    dim: Option<usize>,
    metric: Metric,
    what: &str,
) -> Result<(), Error> {
    let wrong = |problem: String, mend: &str| Err(Error::input(what, problem, mend));
    if let Some(dim) = dim.filter(|&dim| dim != vector.len()) {
        return wrong(
            format!("has {} numbers, the collection has {dim}", vector.len()),
            "embed with the model that the collection was made with",
        );
    }
    if vector.is_empty() || vector.len() > MAX_DIM {
        return wrong(format!("has {} numbers", vector.len()), "use 1 to 65536");
    }
    if let Some(at) = vector.iter().position(|number| !number.is_finite()) {
        return wrong(format!("is not finite at {at}"), "leave rows without a usable vector out");
    }
    let norm = 1.0 / inverse_norm(vector);
    if metric == Metric::Cosine && norm.is_infinite() {
        return wrong(
            "is all zeros, which has no cosine".into(),
            "leave the vector out, or use metric dot or l2",
        );
    }
    if norm > *NORMS.end() && norm.is_finite() || metric == Metric::Cosine && norm < *NORMS.start() {
        return wrong("has a length beyond 1e-15 to 1e15".into(), "scale the vectors");
    }
    Ok(())
}

/// One atomic change of a collection. No id is in it twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Batch {
    pub(crate) upserts: Vec<Row>,
    /// Rows whose metadata is replaced; ids that do not exist are left out.
    pub(crate) updates: Vec<(String, Metadata)>,
    pub(crate) deletes: Vec<String>,
}

const HAS_TEXT: u8 = 1;
const HAS_VECTOR: u8 = 2;

impl Batch {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::default();
        out.u32(self.upserts.len() as u32);
        for row in &self.upserts {
            out.bytes(row.id.as_bytes());
            let flag = |is_there: bool, flag: u8| if is_there { flag } else { 0 };
            out.byte(flag(row.text.is_some(), HAS_TEXT) | flag(row.vector.is_some(), HAS_VECTOR));
            if let Some(text) = &row.text {
                out.bytes(text.as_bytes());
            }
            if let Some(vector) = &row.vector {
                out.floats(vector);
            }
            out.metadata(&row.metadata);
        }
        out.u32(self.updates.len() as u32);
        for (id, metadata) in &self.updates {
            out.bytes(id.as_bytes());
            out.metadata(metadata);
        }
        out.u32(self.deletes.len() as u32);
        for id in &self.deletes {
            out.bytes(id.as_bytes());
        }
        out.0
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        let mut input = Decoder(payload);
        let mut batch = Self::default();
        for _ in 0..input.u32()? {
            let id = input.text()?.to_owned();
            let flags = input.byte()?;
            batch.upserts.push(Row {
                id,
                text: if flags & HAS_TEXT != 0 { Some(input.text()?.to_owned()) } else { None },
                vector: if flags & HAS_VECTOR != 0 { Some(input.floats()?) } else { None },
                metadata: input.metadata()?,
            });
        }
        for _ in 0..input.u32()? {
            batch.updates.push((input.text()?.to_owned(), input.metadata()?));
        }
        for _ in 0..input.u32()? {
            batch.deletes.push(input.text()?.to_owned());
        }
        if input.is_empty() { Ok(batch) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_batch_survives(
            rows in prop::collection::vec(
                (".{1,8}", prop::option::of(".*"), prop::option::of(prop::collection::vec(-1f32..1.0, 0..5))),
                0..4,
            ),
            deletes in prop::collection::vec(".{1,8}", 0..4),
        ) {
            let upserts = rows.into_iter().map(|(id, text, vector)| Row { id, text, vector, ..Row::default() });
            let updates = deletes.iter().map(|id| (id.clone(), Metadata::new())).collect();
            let batch = Batch { upserts: upserts.collect(), updates, deletes };
            prop_assert_eq!(Batch::decode(&batch.encode()), Ok(batch));
        }

        #[test]
        fn any_bytes_decode_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Batch::decode(&bytes);
        }
    }
}

//! The byte encoding of log records, manifests and rows: little-endian, lengths before contents.
//!
//! Decoding never panics and never allocates more than the input could fill.

use serde_json::{Map, Number, Value};

use crate::collection::Metadata;

/// Nesting of metadata that is stored; deeper values are refused before they are written.
pub(crate) const MAX_DEPTH: usize = 64;

/// The bytes ended early, or hold what the encoder never writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

type Decoded<T> = Result<T, Malformed>;

/// Appends values to a buffer.
#[derive(Debug, Default)]
pub(crate) struct Encoder(pub(crate) Vec<u8>);

impl Encoder {
    pub(crate) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.u32(bytes.len() as u32);
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn floats(&mut self, floats: &[f32]) {
        self.u32(floats.len() as u32);
        self.0.extend(floats.iter().flat_map(|float| float.to_le_bytes()));
    }

    pub(crate) fn metadata(&mut self, metadata: &Metadata) {
        self.u32(metadata.len() as u32);
        for (key, value) in metadata {
            self.bytes(key.as_bytes());
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.byte(0),
            Value::Bool(false) => self.byte(1),
            Value::Bool(true) => self.byte(2),
            Value::Number(number) => {
                if let Some(number) = number.as_u64() {
                    self.byte(3);
                    self.u64(number);
                } else if let Some(number) = number.as_i64() {
                    self.byte(4);
                    self.u64(number.cast_unsigned());
                } else {
                    self.byte(5);
                    self.u64(number.as_f64().unwrap_or_default().to_bits());
                }
            }
            Value::String(text) => {
                self.byte(6);
                self.bytes(text.as_bytes());
            }
            Value::Array(items) => {
                self.byte(7);
                self.u32(items.len() as u32);
                for item in items {
                    self.value(item);
                }
            }
            Value::Object(members) => {
                self.byte(8);
                self.metadata(members);
            }
        }
    }
}

/// Reads values back in the order in which they were written.
#[derive(Debug, Clone)]
pub(crate) struct Decoder<'b>(pub(crate) &'b [u8]);

impl<'b> Decoder<'b> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, len: usize) -> Decoded<&'b [u8]> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(Malformed)?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = tail;
        Ok(*head)
    }

    pub(crate) fn byte(&mut self) -> Decoded<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Decoded<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Decoded<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn bytes(&mut self) -> Decoded<&'b [u8]> {
        let len = self.u32()? as usize;
        self.take(len)
    }

    pub(crate) fn text(&mut self) -> Decoded<&'b str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    pub(crate) fn floats(&mut self) -> Decoded<Vec<f32>> {
        let len = self.u32()? as usize;
        let bytes = self.take(len.checked_mul(4).ok_or(Malformed)?)?;
        Ok(bytes.as_chunks().0.iter().map(|float| f32::from_le_bytes(*float)).collect())
    }

    pub(crate) fn metadata(&mut self) -> Decoded<Metadata> {
        self.members(MAX_DEPTH)
    }

    fn members(&mut self, depth: usize) -> Decoded<Metadata> {
        let len = self.u32()?;
        let mut members = Map::new();
        for _ in 0..len {
            let key = self.text()?.to_owned();
            members.insert(key, self.value(depth)?);
        }
        Ok(members)
    }

    fn value(&mut self, depth: usize) -> Decoded<Value> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        Ok(match self.byte()? {
            0 => Value::Null,
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            3 => Value::Number(self.u64()?.into()),
            4 => Value::Number(self.u64()?.cast_signed().into()),
            5 => Value::Number(Number::from_f64(f64::from_bits(self.u64()?)).ok_or(Malformed)?),
            6 => Value::String(self.text()?.to_owned()),
            7 => {
                let len = self.u32()?;
                let mut items = Vec::new();
                for _ in 0..len {
                    items.push(self.value(depth)?);
                }
                Value::Array(items)
            }
            8 => Value::Object(self.members(depth)?),
            _ => return Err(Malformed),
        })
    }
}

/// Whether a metadata object nests no deeper than [`MAX_DEPTH`].
pub(crate) fn is_shallow(metadata: &Metadata) -> bool {
    fn within(value: &Value, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match value {
            Value::Array(items) => items.iter().all(|item| within(item, depth)),
            Value::Object(members) => members.values().all(|member| within(member, depth)),
            _ => true,
        }
    }
    metadata.values().all(|value| within(value, MAX_DEPTH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((".*", inner), 0..4).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn metadata_survives_exactly(members in prop::collection::vec((".*", value()), 0..4)) {
            let metadata: Metadata = members.into_iter().collect();
            let mut encoder = Encoder::default();
            encoder.metadata(&metadata);
            let mut decoder = Decoder(&encoder.0);
            prop_assert_eq!(decoder.metadata(), Ok(metadata));
            prop_assert!(decoder.is_empty());
        }

        #[test]
        fn any_bytes_decode_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Decoder(&bytes).metadata();
            let _ = Decoder(&bytes).floats();
        }
    }

    #[test]
    fn depth_is_bounded_both_ways() {
        let nested = |depth: usize| {
            let mut value = json!(1);
            for _ in 1..depth {
                value = json!([value]);
            }
            Map::from_iter([("a".to_owned(), value)])
        };
        assert!(is_shallow(&nested(MAX_DEPTH)));
        assert!(!is_shallow(&nested(MAX_DEPTH + 1)));
        for (depth, fits) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
            let mut encoder = Encoder::default();
            encoder.metadata(&nested(depth));
            assert_eq!(Decoder(&encoder.0).metadata().is_ok(), fits);
        }
    }
}

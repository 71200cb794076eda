//! The store and its search, from outside.

#![allow(clippy::unwrap_used)] // a test that cannot go on should say where

mod copies;
mod crash;
mod damage;
mod format;
mod input;
mod limits;
mod model;
mod processes;
mod quality;
mod search;
mod speed;
mod torture;
#[cfg(feature = "candle")]
mod transformers;

use std::path::Path;

use serde_json::{Value, json};
use sting_vector::{Collection, CollectionConfig, Metadata, Row, Store, StoreOptions};

/// Metadata from a JSON object.
fn metadata(value: Value) -> Metadata {
    match value {
        Value::Object(members) => members,
        _ => Metadata::new(),
    }
}

/// A row with a text, a vector of two numbers and metadata.
fn row(id: &str, text: &str, vector: [f32; 2]) -> Row {
    Row::new(id).with_text(text).with_vector(vector).with_metadata(metadata(json!({"of": id})))
}

fn collection(store: &Store, name: &str) -> Collection {
    store.collection(name, CollectionConfig::default()).unwrap()
}

fn open_to_read(path: &Path) -> Result<Store, sting_vector::Error> {
    Store::open_with(path, StoreOptions::default().read_only())
}

/// All rows of all collections, or the first error.
fn everything(store: &Store) -> Result<Vec<(String, Vec<Row>)>, sting_vector::Error> {
    store
        .collections()?
        .into_iter()
        .map(|name| {
            let rows =
                store.collection(&name, CollectionConfig::default())?.scroll(None, usize::MAX, None)?;
            Ok((name, rows))
        })
        .collect()
}

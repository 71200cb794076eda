//! Keep texts in a store, and find them by words and by meaning, within a filter.

use serde_json::{Value, json};
use std::sync::Arc;
use sting_vector::{CollectionConfig, Error, Filter, Query, Row, Store};

fn main() -> Result<(), Error> {
    let store = Store::in_memory(); // or Store::open("folder")
    let config = CollectionConfig::default().with_embedder(Arc::new(sting_vector::builtin()));
    let notes = store.collection("notes", config)?;

    let row = |id: &str, year: u32, text: &str| {
        let Value::Object(metadata) = json!({ "year": year }) else { unreachable!("an object") };
        Row::new(id).with_text(text).with_metadata(metadata)
    };
    notes.upsert(vec![
        row("snow", 2026, "The station reported snow in July; a spider sat on the sensor."),
        row("mast", 2026, "The mast was replaced after the storm."),
        row("frost", 2019, "Snow and frost on the sensor, in January, as one would expect."),
    ])?;

    let query = Query::text("snow on the sensor")
        .with_k(2)
        .with_filter(Filter::parse(&json!({"year": {"$gte": 2025}}))?);
    for hit in notes.search(&query)? {
        println!("{}: {}", hit.id, hit.text.unwrap_or_default());
    }
    Ok(())
}

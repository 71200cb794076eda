//! Bad input is refused whole, by name.

use std::sync::Arc;

use serde_json::json;
use sting_core::model::{Embedder, ModelError};
use sting_vector::{CollectionConfig, Error, Filter, Metric, Mode, Query, Row, Store};

use crate::{collection, metadata, row};

fn named<T: std::fmt::Debug>(result: Result<T, Error>, field: &str) {
    match result {
        Err(Error::Input { what, .. } | Error::Config { what, .. }) => assert_eq!(what, field),
        other => panic!("{field}: {other:?}"),
    }
}

#[test]
fn a_batch_is_refused_whole() {
    let store = Store::in_memory();
    let rows = collection(&store, "rows");
    rows.upsert(vec![row("a", "x", [1.0, 0.0])]).unwrap();
    let good = || row("good", "x", [1.0, 1.0]);
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    for (bad, field) in [
        (Row::new(""), "rows[1].id"),
        (Row::new("x".repeat(1 << 20)), "rows[1].id"),
        (Row::new("good"), "rows[1].id"),
        (Row::new("b").with_vector([1.0, 2.0, 3.0]), "rows[1].vector"),
        (Row::new("b").with_vector([1.0, f32::NAN]), "rows[1].vector"),
        (Row::new("b").with_vector([1.0, f32::INFINITY]), "rows[1].vector"),
        (Row::new("b").with_vector([0.0, 0.0]), "rows[1].vector"),
        (Row::new("b").with_vector([f32::MAX, f32::MAX]), "rows[1].vector"),
        (Row::new("b").with_vector([]), "rows[1].vector"),
        (Row::new("b").with_metadata(metadata(json!({"deep": deep}))), "rows[1].metadata"),
    ] {
        named(rows.upsert(vec![good(), bad]), field);
        assert_eq!(rows.count(None).unwrap(), 1);
    }
    let dot = store.collection("dot", CollectionConfig::default().with_metric(Metric::Dot)).unwrap();
    dot.upsert(vec![Row::new("zero").with_vector([0.0, 0.0])]).unwrap();
}

#[test]
fn a_query_is_refused_by_name() {
    let store = Store::in_memory();
    let rows = collection(&store, "rows");
    rows.upsert(vec![row("a", "x", [1.0, 0.0])]).unwrap();
    for (query, field) in [
        (Query::text("x").with_k(0), "query.k"),
        (Query::vector([1.0]), "query.vector"),
        (Query::vector([f32::NAN, 0.0]), "query.vector"),
        (Query::vector([0.0, 0.0]), "query.vector"),
        (Query::text("x").with_mode(Mode::Vector), "query.vector"),
        (Query::text("x").with_mode(Mode::Hybrid), "query.vector"),
        (Query::vector([1.0, 0.0]).with_mode(Mode::Keyword), "query.text"),
        (Query::text("x").with_vector_weight(f32::NAN), "query.vector_weight"),
    ] {
        named(rows.search(&query), field);
    }
    named(rows.search_many(&[Query::text("x"), Query::text("x").with_k(0)]), "queries[1].k");
    assert_eq!(rows.search(&Query::vector([1.0, 0.0]).with_k(usize::MAX)).unwrap().len(), 1);
    assert!(matches!(Filter::parse(&json!({"a": {"$gt": {}}})), Err(Error::Filter { .. })));
}

/// Embeds a text as its length and its number of spaces; an empty one as zeros.
#[derive(Debug)]
struct Lengths(&'static str);

impl Embedder for Lengths {
    fn dim(&self) -> usize {
        2
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn id(&self) -> &str {
        self.0
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let spaces = |text: &str| text.matches(' ').count() as f32;
        Ok(texts.iter().flat_map(|text| [text.len() as f32, spaces(text)]).collect())
    }
}

#[test]
fn a_collection_remembers_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = |id| CollectionConfig::default().with_embedder(Arc::new(Lengths(id)));
    let store = Store::open(folder.path()).unwrap();
    let texts = store.collection("texts", embedded("lengths-1")).unwrap();
    texts.upsert(vec![Row::new("a").with_text("one two"), Row::new("b").with_text("")]).unwrap();
    let l2 = CollectionConfig::default().with_metric(Metric::L2).with_dim(3);
    store.collection("points", l2).unwrap();
    collection(&store, "words").upsert(vec![Row::new("a").with_text("x")]).unwrap();
    drop((texts, store));

    let store = Store::open(folder.path()).unwrap();
    named(store.collection("texts", embedded("lengths-2")), "embedder");
    named(store.collection("texts", CollectionConfig::default().with_dim(3)), "dim");
    named(store.collection("points", CollectionConfig::default().with_metric(Metric::Dot)), "metric");
    named(store.collection("points", embedded("lengths-1")), "dim");
    named(store.collection("words", embedded("lengths-1")), "embedder");
    named(store.collection("", CollectionConfig::default()), "collection name");
    named(store.collection(&"x".repeat(100), CollectionConfig::default()), "collection name");
    assert_eq!(collection(&store, "points").metric(), Metric::L2);

    // Without its embedder it is read and searched by words, but takes no texts to embed.
    let bare = collection(&store, "texts");
    assert_eq!(bare.search(&Query::text("two")).unwrap()[0].id, "a");
    named(bare.upsert(vec![Row::new("c").with_text("three")]), "rows");

    // A text with nothing to embed is kept for its words and its metadata.
    let texts = store.collection("texts", embedded("lengths-1")).unwrap();
    assert_eq!(texts.get(&["a", "b"]).unwrap()[0].vector.as_deref(), Some(&[7.0, 1.0][..]));
    assert_eq!(texts.get(&["b"]).unwrap()[0].vector, None);
    let hit = &texts.search(&Query::text("two")).unwrap()[0];
    assert!(hit.vector_score.is_some() && hit.keyword_score.is_some());
}

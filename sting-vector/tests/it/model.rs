//! Random operations against a model that is too simple to be wrong, with restarts.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use sting_vector::{Collection, CollectionConfig, Filter, Metadata, Metric, Mode, Query, Row, Store};

use crate::{collection, metadata};

const DIM: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Upsert(Vec<Row>),
    Update(Vec<(String, Metadata)>),
    Delete(Vec<String>),
    DeleteWhere(Value),
    Reopen,
    Compact,
    Search(Search),
}

#[derive(Clone, Debug)]
struct Search {
    text: String,
    vector: Option<Vec<f32>>,
    mode: Mode,
    k: usize,
    filter: Option<Value>,
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-e][0-3]", 1 => Just("é数".to_owned())]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["ant", "Bee", "cat", "dog", "elk", "數據"]), 0..6)
        .prop_map(|words| words.join(" "))
}

fn vector() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(prop::sample::select(vec![-2.0f32, -1.0, 0.0, 0.5, 1.0, 3.0]), DIM)
        .prop_filter("zero", |vector| vector.iter().any(|&x| x != 0.0))
}

fn some_metadata() -> impl Strategy<Value = Metadata> {
    (prop::option::of(0..4), prop::option::of("[xy]"), any::<bool>()).prop_map(|(n, s, list)| {
        let mut members = Metadata::new();
        members.extend(n.map(|n| ("n".to_owned(), json!(n))));
        members.extend(s.map(|s| ("s".to_owned(), if list { json!([s, n]) } else { json!(s) })));
        members
    })
}

fn some_row() -> impl Strategy<Value = Row> {
    (id(), prop::option::of(text()), prop::option::weighted(0.8, vector()), some_metadata())
        .prop_map(|(id, text, vector, metadata)| Row { id, text, vector, metadata })
}

fn filter() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0..4).prop_map(|n| json!({"n": n})),
        (0..4).prop_map(|n| json!({"n": {"$gte": n}})),
        (0..4).prop_map(|n| json!({"$not": {"n": {"$lt": n}}})),
        "[xyz]".prop_map(|s| json!({"$or": [{"s": {"$contains": s}}, {"n": {"$exists": false}}]})),
        Just(json!({"n": {"$in": []}})),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop::sample::select(vec![Mode::Auto, Mode::Vector, Mode::Keyword, Mode::Hybrid]);
    let search = (text(), prop::option::of(vector()), mode, 1..8usize, prop::option::of(filter()))
        .prop_map(|(text, vector, mode, k, filter)| Step::Search(Search { text, vector, mode, k, filter }));
    prop_oneof![
        6 => prop::collection::vec(some_row(), 0..6).prop_map(Step::Upsert),
        2 => prop::collection::vec((id(), some_metadata()), 0..3).prop_map(Step::Update),
        2 => prop::collection::vec(id(), 0..3).prop_map(Step::Delete),
        1 => filter().prop_map(Step::DeleteWhere),
        1 => Just(Step::Reopen),
        1 => Just(Step::Compact),
        6 => search,
    ]
}

type Model = BTreeMap<String, Row>;

fn matches(row: &Row, filter: Option<&Value>) -> bool {
    filter.is_none_or(|filter| Filter::parse(filter).unwrap().matches(&row.metadata))
}

fn words(text: &str) -> Vec<String> {
    // Han characters are words of their own.
    let spaced: String =
        text.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!(" {c} ") }).collect();
    spaced.split_whitespace().map(str::to_lowercase).collect()
}

/// BM25 by the book, in double precision.
fn bm25(model: &Model, row: &Row, query: &str) -> f64 {
    let texts: Vec<Vec<String>> = model.values().filter_map(|row| row.text.as_deref()).map(words).collect();
    let Some(text) = row.text.as_deref().map(words) else { return 0.0 };
    let average = (texts.iter().map(Vec::len).sum::<usize>() as f64 / texts.len() as f64).max(1.0);
    words(query)
        .iter()
        .map(|word| {
            let holders = texts.iter().filter(|text| text.contains(word)).count() as f64;
            let occurrences = text.iter().filter(|other| *other == word).count() as f64;
            let weight = (1.0 + (texts.len() as f64 - holders + 0.5) / (holders + 0.5)).ln();
            weight * occurrences * 2.2 / (occurrences + 1.2 * (0.25 + 0.75 * text.len() as f64 / average))
        })
        .sum()
}

fn similarity(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    match metric {
        Metric::Dot => dot(a, b),
        Metric::L2 => {
            let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
            -dot(&difference, &difference).sqrt()
        }
        _ => dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
    }
}

/// A row, its score in the vector leg and its score in the keyword leg.
type Scored<'m> = (&'m Row, Option<f64>, Option<f64>);

/// All matching rows with their scores, best first.
fn ranking(model: &Model, metric: Metric, search: &Search) -> Vec<(String, f64)> {
    let vector = search.vector.as_deref().filter(|_| search.mode != Mode::Keyword);
    let has_text = search.mode != Mode::Vector;
    let scored: Vec<Scored> = model
        .values()
        .filter(|row| matches(row, search.filter.as_ref()))
        .map(|row| {
            let near = vector.zip(row.vector.as_deref()).map(|(a, b)| similarity(metric, a, b));
            let found = has_text.then(|| bm25(model, row, &search.text)).filter(|&score| score > 0.0);
            (row, near, found)
        })
        .filter(|(_, near, found)| near.is_some() || found.is_some())
        .collect();
    let best = |part: fn(&Scored) -> Option<f64>| scored.iter().filter_map(part).fold(f64::MIN, f64::max);
    let (best_near, best_found) = (best(|row| row.1), best(|row| row.2));
    let mut ranking: Vec<(String, f64)> = scored
        .iter()
        .map(|&(row, near, found)| {
            let score = if vector.is_some() && has_text {
                let near = near.map_or(0.0, |near| match metric {
                    Metric::L2 => 1.0 / (1.0 - near),
                    Metric::Dot if best_near <= 0.0 => 0.0,
                    Metric::Dot => near / best_near,
                    _ => near,
                });
                f64::midpoint(found.map_or(0.0, |found| found / best_found), near)
            } else {
                near.or(found).unwrap()
            };
            (row.id.clone(), score)
        })
        .collect();
    ranking.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranking
}

fn check_search(
    rows: &Collection,
    model: &Model,
    metric: Metric,
    search: &Search,
) -> Result<(), TestCaseError> {
    let mut query = Query::text(search.text.clone()).with_mode(search.mode).with_k(search.k);
    query.vector.clone_from(&search.vector);
    query.filter = search.filter.as_ref().map(|filter| Filter::parse(filter).unwrap());
    if search.vector.is_none() && matches!(search.mode, Mode::Vector | Mode::Hybrid) {
        prop_assert!(rows.search(&query).is_err());
        return Ok(());
    }
    let hits = rows.search(&query).unwrap();
    let ranking = ranking(model, metric, search);
    // Never fewer than min(k, matches).
    prop_assert_eq!(hits.len(), search.k.min(ranking.len()));
    let scores: BTreeMap<&str, f64> = ranking.iter().map(|(id, score)| (id.as_str(), *score)).collect();
    for (hit, (_, expected)) in hits.iter().zip(&ranking) {
        // Within rounding, each place has the score it should have, and the row has that score.
        prop_assert!((f64::from(hit.score) - expected).abs() < 1e-4, "{hit:?}, expected {expected}");
        prop_assert!((scores[hit.id.as_str()] - expected).abs() < 1e-4);
        prop_assert_eq!(&model[&hit.id].metadata, &hit.metadata);
        prop_assert_eq!(&model[&hit.id].text, &hit.text);
    }
    Ok(())
}

fn check_contents(rows: &Collection, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(rows.count(None).unwrap(), model.len());
    let mut found = Vec::new();
    loop {
        let page = rows.scroll(None, 3, found.last().map(|row: &Row| row.id.as_str())).unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    let expected: Vec<Row> = model.values().cloned().collect();
    prop_assert_eq!(found, expected);
    let filter = json!({"n": {"$gte": 2}});
    let parsed = Filter::parse(&filter).unwrap();
    let matching: Vec<Row> = model.values().filter(|row| matches(row, Some(&filter))).cloned().collect();
    prop_assert_eq!(rows.count(Some(&parsed)).unwrap(), matching.len());
    prop_assert_eq!(rows.scroll(Some(&parsed), usize::MAX, None).unwrap(), matching);
    for filter in [None, Some(&filter)] {
        let mut expected: BTreeMap<String, (Value, u64)> = BTreeMap::new();
        for row in model.values().filter(|row| matches(row, filter)) {
            let mut values = match row.metadata.get("s") {
                Some(Value::Array(items)) => items.clone(),
                value => value.into_iter().cloned().collect(),
            };
            values.dedup();
            for value in values {
                expected.entry(value.to_string()).or_insert((value, 0)).1 += 1;
            }
        }
        let found = rows.facets("s", filter.map(|_| &parsed), usize::MAX).unwrap();
        prop_assert!(found.is_sorted_by(|a, b| a.1 >= b.1));
        prop_assert_eq!(found.len(), expected.len());
        for (value, count) in found {
            prop_assert_eq!(expected.get(&value.to_string()), Some(&(value.clone(), count)));
        }
    }
    Ok(())
}

fn open(folder: Option<&Path>, metric: Metric) -> (Store, Collection) {
    let store = folder.map_or_else(Store::in_memory, |folder| Store::open(folder).unwrap());
    let config = CollectionConfig::default().with_metric(metric).with_dim(DIM);
    let rows = store.collection("rows", config).unwrap();
    (store, rows)
}

fn run(folder: Option<&Path>, metric: Metric, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let (mut store, mut rows) = open(folder, metric);
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Upsert(mut batch) => {
                batch.sort_by(|a, b| a.id.cmp(&b.id));
                batch.dedup_by(|a, b| a.id == b.id);
                rows.upsert(batch.clone()).unwrap();
                model.extend(batch.into_iter().map(|row| (row.id.clone(), row)));
            }
            Step::Update(mut changes) => {
                changes.sort_by(|a, b| a.0.cmp(&b.0));
                changes.dedup_by(|a, b| a.0 == b.0);
                let borrowed: Vec<_> =
                    changes.iter().map(|(id, change)| (id.as_str(), change.clone())).collect();
                let updated = rows.update(&borrowed).unwrap();
                let mut expected = 0;
                for (id, change) in changes {
                    if let Some(row) = model.get_mut(&id) {
                        row.metadata.extend(change);
                        expected += 1;
                    }
                }
                prop_assert_eq!(updated, expected);
            }
            Step::Delete(ids) => {
                let deleted = rows.delete(&ids).unwrap();
                prop_assert_eq!(deleted, ids.iter().filter(|id| model.remove(*id).is_some()).count());
            }
            Step::DeleteWhere(filter) => {
                let before = model.len();
                model.retain(|_, row| !matches(row, Some(&filter)));
                let deleted = rows.delete_where(&Filter::parse(&filter).unwrap()).unwrap();
                prop_assert_eq!(deleted, before - model.len());
            }
            Step::Reopen if folder.is_some() => {
                drop((rows, store));
                (store, rows) = open(folder, metric);
            }
            Step::Reopen => {}
            Step::Compact => store.compact().unwrap(),
            Step::Search(search) => check_search(&rows, &model, metric, &search)?,
        }
        check_contents(&rows, &model)?;
    }
    prop_assert!(store.verify().unwrap().ok);
    Ok(())
}

fn metric() -> impl Strategy<Value = Metric> {
    prop::sample::select(vec![Metric::Cosine, Metric::Dot, Metric::L2])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn in_memory(metric in metric(), steps in prop::collection::vec(step(), 1..40)) {
        run(None, metric, steps)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn on_disk(metric in metric(), steps in prop::collection::vec(step(), 1..25)) {
        let folder = tempfile::tempdir().unwrap();
        run(Some(folder.path()), metric, steps)?;
    }
}

/// Readers see whole batches only, while a writer writes.
#[test]
fn readers_see_whole_batches() {
    const BATCH: usize = 16;
    let store = Store::in_memory();
    let rows = collection(&store, "rows");
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
                    let seen = rows.scroll(None, usize::MAX, None).unwrap();
                    let rounds: std::collections::BTreeSet<String> =
                        seen.iter().map(|row| row.metadata["round"].to_string()).collect();
                    assert!(seen.is_empty() || seen.len() == BATCH);
                    assert!(rounds.len() <= 1, "{rounds:?}");
                }
            });
        }
        for round in 0..300 {
            let batch = (0..BATCH).map(|n| {
                Row::new(n.to_string()).with_text("x").with_metadata(metadata(json!({"round": round})))
            });
            rows.upsert(batch.collect()).unwrap();
        }
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

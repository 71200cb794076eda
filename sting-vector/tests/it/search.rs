//! Search over enough rows for threads and merges to matter.

use serde_json::json;
use sting_vector::{Filter, Fusion, Method, Mode, Query, Row, Store};

use crate::{collection, metadata};

fn random(state: &mut u64) -> f32 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 40) as f32 / 8_388_608.0 - 1.0
}

/// The parallel scan of many segments finds what a loop over all rows finds.
#[test]
fn exact_search_is_exact() {
    const ROWS: usize = 12_000;
    const DIM: usize = 400;
    let store = Store::in_memory();
    let rows = collection(&store, "rows");
    let mut state = 7;
    let vectors: Vec<Vec<f32>> = (0..ROWS).map(|_| (0..DIM).map(|_| random(&mut state)).collect()).collect();
    for (batch, vectors) in vectors.chunks(500).enumerate() {
        let batch = vectors.iter().enumerate().map(|(place, vector)| {
            let n = batch * 500 + place;
            Row::new(format!("{n:05}")).with_vector(vector.clone()).with_metadata(metadata(json!({"n": n})))
        });
        rows.upsert(batch.collect()).unwrap();
    }
    let query: Vec<f32> = (0..DIM).map(|_| random(&mut state)).collect();
    let cosine = |vector: &[f32]| {
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
        dot(&query, vector) / (dot(&query, &query) * dot(vector, vector)).sqrt()
    };
    for below in [ROWS, 5000, 50, 3] {
        let mut expected: Vec<usize> = (0..below).collect();
        expected.sort_by(|&a, &b| cosine(&vectors[b]).total_cmp(&cosine(&vectors[a])));
        let mut search = Query::vector(query.clone()).with_k(20);
        if below < ROWS {
            search = search.with_filter(Filter::parse(&json!({"n": {"$lt": below}})).unwrap());
        }
        let found: Vec<String> = rows.search(&search).unwrap().into_iter().map(|hit| hit.id).collect();
        let expected: Vec<String> = expected.into_iter().take(20).map(|n| format!("{n:05}")).collect();
        assert_eq!(found, expected);
    }
}

/// A store large enough for a graph: texts of few words, vectors around centres.
fn large(rows: &sting_vector::Collection) -> Vec<Vec<f32>> {
    const ROWS: usize = 12_500;
    const DIM: usize = 16;
    let mut state = 11;
    let centres: Vec<Vec<f32>> = (0..50).map(|_| (0..DIM).map(|_| random(&mut state)).collect()).collect();
    let mut point = |n: usize| -> Vec<f32> {
        centres[n * 31 % 50].iter().map(|x| x + 0.4 * random(&mut state)).collect()
    };
    for batch in 0..ROWS / 2500 {
        let batch = (batch * 2500..(batch + 1) * 2500).map(|n| {
            Row::new(format!("{n:05}"))
                .with_text(format!("w{} w{} w{}", n % 7, n % 101, n % 997))
                .with_vector(point(n))
                .with_metadata(metadata(json!({"n": n, "third": n % 3})))
        });
        rows.upsert(batch.collect()).unwrap();
    }
    (0..40).map(point).collect()
}

fn ids(rows: &sting_vector::Collection, query: &Query) -> Vec<String> {
    rows.search(query).unwrap().into_iter().map(|hit| hit.id).collect()
}

#[test]
fn the_index_keeps_its_promises() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let rows = collection(&store, "rows");
    let queries = large(&rows);
    store.compact().unwrap();
    let graph = std::fs::read_dir(folder.path().join("rows"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_str().unwrap().contains("links-"))
        .unwrap();

    let mut found = 0;
    for query in &queries {
        let exact = ids(&rows, &Query::vector(query.clone()).with_min_recall(1.0));
        let near = ids(&rows, &Query::vector(query.clone()).with_min_recall(0.95));
        found += exact.iter().filter(|id| near.contains(id)).count();
        // Under filters: all that match, or k of them.
        for (condition, matches) in [
            (json!({"third": 1}), 4167),
            (json!({"n": {"$gte": 12_490}}), 10),
            (json!({"n": 77}), 1),
            (json!({"n": -1}), 0),
        ] {
            let filter = Filter::parse(&condition).unwrap();
            let hits =
                rows.search(&Query::vector(query.clone()).with_k(25).with_filter(filter.clone())).unwrap();
            assert_eq!(hits.len(), matches.min(25), "{condition}");
            assert!(hits.iter().all(|hit| filter.matches(&hit.metadata)));
        }
    }
    assert!(found >= 360, "{found} of 400 found, 380 promised");

    // Rows that are deleted are not found, however near.
    let nearest = ids(&rows, &Query::vector(queries[0].clone()).with_k(3));
    rows.delete(&nearest).unwrap();
    assert!(ids(&rows, &Query::vector(queries[0].clone()).with_k(20)).iter().all(|id| !nearest.contains(id)));
    let before = ids(&rows, &Query::vector(queries[1].clone()));
    drop((rows, store));

    // A damaged graph is told and built again; answers stay the same.
    let intact = std::fs::read(&graph).unwrap();
    let mut damaged = intact.clone();
    damaged[5000] ^= 1;
    std::fs::write(&graph, &damaged).unwrap();
    let reader = Store::open_with(folder.path(), sting_vector::StoreOptions::default().read_only()).unwrap();
    let report = reader.verify().unwrap();
    assert!(report.problems.len() == 1 && report.problems[0].contains("links-"), "{report:?}");
    let exact = Query::vector(queries[1].clone()).with_min_recall(1.0);
    assert_eq!(ids(&collection(&reader, "rows"), &exact).len(), 10);
    let store = Store::open(folder.path()).unwrap();
    let rows = collection(&store, "rows");
    for _ in 0..600 {
        if std::fs::read(&graph).unwrap() == intact {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(store.verify().unwrap().ok);
    assert_eq!(ids(&rows, &Query::vector(queries[1].clone())), before);
}

/// Bounds that save work change nothing: the first hits of a few are the first of all.
#[test]
fn hybrid_search_leaves_nothing_out() {
    let store = Store::in_memory();
    let rows = collection(&store, "rows");
    let queries = large(&rows);
    for (n, vector) in queries.iter().enumerate().take(8) {
        let query =
            Query::text(format!("w{} w{}", n % 7, n * 13)).with_vector(vector.clone()).with_min_recall(1.0);
        let all = ids(&rows, &query.clone().with_k(usize::MAX));
        assert_eq!(all.len(), rows.count(None).unwrap());
        assert_eq!(ids(&rows, &query.with_k(20)), all[..20]);
    }
}

/// Reciprocal rank fusion is what the two legs alone say, added up.
#[test]
fn ranks_are_fused() {
    let store = Store::in_memory();
    let rows = collection(&store, "rows");
    let queries = large(&rows);
    for (n, vector) in queries.iter().enumerate().take(6) {
        let query = Query::text(format!("w{} w{}", n % 7, n * 13)).with_vector(vector.clone());
        let query = query.with_min_recall(1.0).with_fusion(Fusion::ReciprocalRank).with_vector_weight(0.7);
        let mut expected: std::collections::BTreeMap<String, f32> = std::collections::BTreeMap::new();
        for (mode, weight) in [(Mode::Vector, 0.7), (Mode::Keyword, 1.0)] {
            let leg = ids(&rows, &query.clone().with_mode(mode).with_k(100));
            for (rank, id) in leg.into_iter().enumerate() {
                *expected.entry(id).or_default() += weight / (61.0 + rank as f32);
            }
        }
        let mut expected: Vec<(String, f32)> = expected.into_iter().collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let hits = rows.search(&query.with_k(50)).unwrap();
        assert_eq!(hits.len(), 50);
        for (hit, (_, score)) in hits.iter().zip(&expected) {
            assert!((hit.score - score).abs() < 1e-6);
        }
    }
}

/// The plan follows the filter's true cardinality, and says so.
#[test]
fn plans_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let rows = collection(&store, "rows");
    let queries = large(&rows);
    store.compact().unwrap();
    let query = |filter: serde_json::Value| {
        Query::vector(queries[0].clone()).with_filter(Filter::parse(&filter).unwrap()).with_min_recall(0.9)
    };
    let (_, one) = rows.explain(&query(json!({"n": 77}))).unwrap();
    assert_eq!((one.eligible, one.segments[0].method, one.segments[0].visited), (1, Method::Exact, 1));
    let (_, third) = rows.explain(&query(json!({"third": 1}))).unwrap();
    assert_eq!(third.eligible, 4167);
    let exact = Query::vector(queries[0].clone()).with_min_recall(1.0);
    let (_, all) = rows.explain(&exact).unwrap();
    assert_eq!((all.segments[0].method, all.expected_recall), (Method::Codes, 1.0));
    let (hits, wide) = rows.explain(&Query::vector(queries[0].clone()).with_min_recall(0.8)).unwrap();
    assert_eq!(hits.len(), 10);
    assert!(wide.segments.len() == 1 && (0.8..=1.0).contains(&wide.expected_recall), "{wide:?}");
    assert!(wide.segments[0].method != Method::Graph || wide.segments[0].visited < wide.segments[0].rows);
    let (_, words) = rows.explain(&Query::text("w1 absent").with_mode(Mode::Keyword)).unwrap();
    assert!(words.segments.is_empty() && words.words[0].1 > 0 && words.words[1].1 == 0);
}

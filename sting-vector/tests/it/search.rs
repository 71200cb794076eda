//! Search over enough rows for threads and merges to matter.

use serde_json::json;
use sting_vector::{Filter, Query, Row, Store};

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

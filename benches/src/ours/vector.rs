use std::hint::black_box;

use sting_vector::{CollectionConfig, Query, Row, Store};

use crate::corpus::Vectors;
use crate::facts;
use crate::job::{Engine, Failure, Job};

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let vectors = Vectors::read(&job.input)?;
    let k = job.number("k")?;
    let store = Store::in_memory();
    let collection = store.collection("bench", CollectionConfig::default().with_dim(vectors.dim))?;
    for (batch, rows) in vectors.base.chunks(1000 * vectors.dim).enumerate() {
        let rows = rows
            .chunks(vectors.dim)
            .enumerate()
            .map(|(row, vector)| Row::new((batch * 1000 + row).to_string()).with_vector(vector.to_vec()));
        collection.upsert(rows.collect())?;
    }
    let queries: Vec<Query> =
        vectors.queries.chunks(vectors.dim).map(|query| Query::vector(query.to_vec()).with_k(k)).collect();
    let mut found = Vec::new();
    for query in &queries {
        let ids: Result<Vec<u32>, _> = collection.search(query)?.iter().map(|hit| hit.id.parse()).collect();
        found.push(ids?);
    }
    let facts = facts! {"recall": vectors.recall(&found, k), "index": "exact scan"};
    let amount = queries.len() as f64;
    let run = move || {
        for query in &queries {
            black_box(collection.search(black_box(query))?);
        }
        let _ = &store;
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}

//! Retrieval: which embedder and which mode finds the passages that answer the questions of the chunking data.
//!
//! The chunks are ours at 400 characters; a chunk is relevant if it holds at least half of a passage.

use std::path::Path;
use std::sync::Arc;

use sting_core::Span;
use sting_core::chunk::{ChunkConfig, Chunker};
use sting_core::model::Embedder;
use sting_vector::{BertEmbedder, CollectionConfig, HashEmbedder, Mode, Precision, Query, Row, Store};

use super::Settings;
use super::chunk::{Data, common, mean};
use crate::job::Failure;

const DEPTH: usize = 10;

/// Chunks on which precisions are compared, at most.
const PARITY_TEXTS: usize = 2000;

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    let data = Data::read()?;
    let mut models: Vec<(&str, Arc<dyn Embedder>)> = vec![
        ("hashed n-grams, 1024", Arc::new(HashEmbedder::with_dim(1024)?)),
        ("built-in", Arc::new(sting_vector::builtin())),
    ];
    if let Some(folder) = &settings.model {
        for (name, precision) in [
            ("MiniLM f32", Precision::F32),
            ("MiniLM bf16", Precision::Bf16),
            ("MiniLM int8", Precision::Int8),
        ] {
            models.push((name, Arc::new(BertEmbedder::load_with(folder, precision)?)));
        }
    }
    println!("# embed: retrieval of passages\n");
    println!("{} questions; see benches/README.md.\n", data.questions.len());
    println!("| retriever | recall@5 | nDCG@10 |\n|---|---:|---:|");
    let print = |name: &str, [recall, ndcg]: [f64; 2]| println!("| {name} | {recall:.3} | {ndcg:.3} |");
    print("BM25", score(&data, None, Mode::Keyword)?);
    for (name, model) in models {
        print(name, score(&data, Some(model.clone()), Mode::Vector)?);
        print(&format!("{name} and BM25"), score(&data, Some(model), Mode::Hybrid)?);
    }
    settings.model.as_deref().map_or(Ok(()), |folder| parity(&data, folder))
}

/// How near each precision comes to candle's own forward pass, on chunks of the same data.
fn parity(data: &Data, folder: &Path) -> Result<(), Failure> {
    let chunker = Chunker::new(ChunkConfig::default().with_max_size(400))?;
    let mut texts = Vec::new();
    for text in &data.texts {
        texts.extend(chunker.chunk(text).iter().map(|chunk| chunk.text(text)));
    }
    let step = texts.len().div_ceil(PARITY_TEXTS);
    let texts: Vec<&str> = texts.into_iter().step_by(step).collect();
    let reference = BertEmbedder::load_reference(folder)?;
    let expected = reference.embed(&texts)?;
    println!("\n{} chunks, cosine to candle's forward pass:\n", texts.len());
    println!("| precision | least | mean |\n|---|---:|---:|");
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let rows = BertEmbedder::load_with(folder, precision)?.embed(&texts)?;
        let pairs = rows.chunks(reference.dim()).zip(expected.chunks(reference.dim()));
        let cosines: Vec<f64> =
            pairs.map(|(a, b)| a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()).collect();
        let least = cosines.iter().copied().fold(1.0, f64::min);
        println!("| {precision:?} | {least:.6} | {:.6} |", mean(&cosines));
    }
    Ok(())
}

fn score(data: &Data, embedder: Option<Arc<dyn Embedder>>, mode: Mode) -> Result<[f64; 2], Failure> {
    let chunker = Chunker::new(ChunkConfig::default().with_max_size(400))?;
    let mut config = CollectionConfig::default();
    if let Some(embedder) = embedder {
        config = config.with_embedder(embedder);
    }
    let store = Store::in_memory();
    let collection = store.collection("chunks", config)?;
    let mut places: Vec<(usize, Span)> = Vec::new();
    for (corpus, text) in data.texts.iter().enumerate() {
        let mut rows = Vec::new();
        for chunk in chunker.chunk(text) {
            rows.push(Row::new(places.len().to_string()).with_text(chunk.text(text)));
            places.push((corpus, chunk.span));
        }
        collection.upsert(rows)?;
    }
    let (mut recalls, mut gains) = (Vec::new(), Vec::new());
    for question in &data.questions {
        let relevant = |(corpus, chunk): &(usize, Span)| {
            let mut passages = question.passages.iter();
            *corpus == question.corpus
                && passages.any(|passage| 2 * common(*passage, *chunk) >= passage.len())
        };
        let all = places.iter().filter(|place| relevant(place)).count();
        if all == 0 {
            continue; // no chunk holds half of any passage: there is nothing to find
        }
        let mut found = Vec::new();
        for hit in collection.search(&Query::text(&question.text).with_k(DEPTH).with_mode(mode))? {
            found.push(relevant(&places[hit.id.parse::<usize>()?]));
        }
        recalls.push(found.iter().take(5).filter(|hit| **hit).count() as f64 / all.min(5) as f64);
        let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let gain: f64 =
            found.iter().enumerate().filter(|(_, hit)| **hit).map(|(rank, _)| discount(rank)).sum();
        gains.push(gain / (0..all.min(DEPTH)).map(discount).sum::<f64>());
    }
    Ok([mean(&recalls), mean(&gains)])
}

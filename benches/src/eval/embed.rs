//! Retrieval: which embedder and which mode finds the passages that answer the questions of the chunking data.
//!
//! The chunks are ours at 400 characters; a chunk is relevant if it holds at least half of a passage.

use std::sync::Arc;

use sting_core::Span;
use sting_core::chunk::{ChunkConfig, Chunker};
use sting_core::model::Embedder;
use sting_vector::{CollectionConfig, Mode, Query, Row, Store};

use super::Settings;
use super::chunk::{Data, common, mean};
use crate::job::Failure;

const DEPTH: usize = 10;

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    let data = Data::read()?;
    let mut models: Vec<(&str, Arc<dyn Embedder>)> = vec![("built-in", Arc::new(sting_vector::builtin()))];
    if let Some(folder) = &settings.model {
        models.push(("MiniLM", Arc::new(sting_vector::BertEmbedder::load(folder)?)));
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

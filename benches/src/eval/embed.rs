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
use super::chunk::{CORPORA, Data, common, mean};
use crate::job::Failure;

const DEPTH: usize = 10;

/// Texts on which precisions are compared, of these lengths in characters.
const PARITY_TEXTS: usize = 2000;
const PARITY_SIZES: [usize; 5] = [60, 150, 300, 600, 1200];

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    let data = Data::read()?;
    if let Some(file) = &settings.texts {
        let texts: Vec<String> = parity_texts(&data)?;
        return Ok(std::fs::write(file, serde_json::to_vec(&texts)?)?);
    }
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
    println!(
        "| retriever | recall@5 | nDCG@10 | {} |",
        CORPORA.map(|name| format!("nDCG@10, {name}")).join(" | ")
    );
    println!("|---|---:|---:|{}", "---:|".repeat(CORPORA.len()));
    let print = |name: &str, scores: &[Scores]| {
        let all = |of: fn(&Scores) -> &[f64]| mean(&scores.iter().flat_map(of).copied().collect::<Vec<_>>());
        let (recall, ndcg) = (all(|set| &set.recalls), all(|set| &set.gains));
        let sets: Vec<String> = scores.iter().map(|set| format!("{:.3}", mean(&set.gains))).collect();
        println!("| {name} | {recall:.3} | {ndcg:.3} | {} |", sets.join(" | "));
    };
    print("BM25", &score(&data, None, Mode::Keyword)?);
    for (name, model) in models {
        print(name, &score(&data, Some(model.clone()), Mode::Vector)?);
        print(&format!("{name} and BM25"), &score(&data, Some(model), Mode::Hybrid)?);
    }
    settings.model.as_deref().map_or(Ok(()), |folder| parity(&data, folder, settings.peers.as_deref()))
}

/// Chunks of several sizes of the same data, so that there are short texts among them and long ones.
fn parity_texts(data: &Data) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    for size in PARITY_SIZES {
        let chunker = Chunker::new(ChunkConfig::default().with_max_size(size))?;
        for text in &data.texts {
            texts.extend(chunker.chunk(text).iter().map(|chunk| chunk.text(text).to_owned()));
        }
    }
    let step = texts.len() as f64 / PARITY_TEXTS as f64;
    Ok((0..PARITY_TEXTS.min(texts.len()))
        .map(|at| texts[(at as f64 * step.max(1.0)) as usize].clone())
        .collect())
}

/// How near each precision comes to candle's own forward pass, and to what torch computed if its rows are given.
fn parity(data: &Data, folder: &Path, torch: Option<&Path>) -> Result<(), Failure> {
    let texts = parity_texts(data)?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let reference = BertEmbedder::load_reference(folder)?;
    let dim = reference.dim();
    let mut references = vec![("candle f32", reference.embed(&texts)?)];
    if let Some(file) = torch {
        let bytes = std::fs::read(file)?;
        references.push(("torch f32", bytes.as_chunks().0.iter().map(|&x| f32::from_le_bytes(x)).collect()));
    }
    println!(
        "\n{} texts of up to {} characters, cosine of rows:\n",
        texts.len(),
        PARITY_SIZES[PARITY_SIZES.len() - 1]
    );
    println!("| MiniLM | beside | least | mean |\n|---|---|---:|---:|");
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let rows = BertEmbedder::load_with(folder, precision)?.embed(&texts)?;
        for (name, expected) in &references {
            let pairs = rows.chunks(dim).zip(expected.chunks(dim));
            let cosine =
                |(a, b): (&[f32], &[f32])| a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
            let cosines: Vec<f64> = pairs.map(cosine).collect();
            if cosines.len() != texts.len() {
                return Err(format!("{name} gave {} rows for {} texts", cosines.len(), texts.len()).into());
            }
            let least = cosines.iter().copied().fold(1.0, f64::min);
            println!("| {precision:?} | {name} | {least:.6} | {:.6} |", mean(&cosines));
        }
    }
    Ok(())
}

/// Of one corpus, a number a question.
#[derive(Default)]
struct Scores {
    recalls: Vec<f64>,
    gains: Vec<f64>,
}

fn score(data: &Data, embedder: Option<Arc<dyn Embedder>>, mode: Mode) -> Result<Vec<Scores>, Failure> {
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
    let mut scores: Vec<Scores> = data.texts.iter().map(|_| Scores::default()).collect();
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
        let set = &mut scores[question.corpus];
        set.recalls.push(found.iter().take(5).filter(|hit| **hit).count() as f64 / all.min(5) as f64);
        let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let gain: f64 =
            found.iter().enumerate().filter(|(_, hit)| **hit).map(|(rank, _)| discount(rank)).sum();
        set.gains.push(gain / (0..all.min(DEPTH)).map(discount).sum::<f64>());
    }
    Ok(scores)
}

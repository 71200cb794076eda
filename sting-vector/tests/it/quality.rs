//! Do the embedders find what answers a question? On the shared questions, whose answers are known spans.
//!
//! `cargo test -p sting-vector --features candle --test it quality -- --nocapture` prints the table; with
//! `STING_MODEL`, MiniLM is in it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use sting_core::model::Embedder;
use sting_vector::{BuiltinEmbedder, CollectionConfig, HashEmbedder, Mode, Query, Row, Store};

/// Passages of a few sentences, and for each question the passages that hold a part of its answer.
struct Corpus {
    name: &'static str,
    passages: Vec<String>,
    questions: Vec<(String, HashSet<usize>)>,
}

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("STING_SHARED").map(PathBuf::from);
    let beside = || {
        let parents = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        parents.map(|folder| folder.join("../shared")).find(|folder| folder.is_dir())
    };
    named.or_else(beside).filter(|folder| folder.join("data/chunking").is_dir())
}

fn load(folder: &Path, name: &'static str) -> Corpus {
    let text = std::fs::read_to_string(folder.join(format!("data/chunking/{name}.md"))).unwrap();
    let characters: Vec<char> = text.chars().collect();
    // From sentence end to sentence end, of at least 300 characters.
    let mut ends = Vec::new();
    for (at, pair) in characters.windows(2).enumerate() {
        let start = ends.last().copied().unwrap_or(0);
        if at - start >= 300 && (pair[0] == '\n' || pair[0] == '.' && pair[1].is_whitespace()) {
            ends.push(at + 1);
        }
    }
    ends.push(characters.len());
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let spans: Vec<(usize, usize)> = starts.zip(ends.iter().copied()).collect();
    let passages = spans.iter().map(|&(start, end)| characters[start..end].iter().collect()).collect();
    let csv = std::fs::read_to_string(folder.join("data/chunking/questions.csv")).unwrap();
    let questions = rows(&csv).into_iter().filter(|row| row[2] == name).map(|row| {
        let references: Vec<Value> = serde_json::from_str(&row[1]).unwrap();
        let bound = |reference: &Value, name: &str| reference[name].as_u64().unwrap() as usize;
        let relevant = spans.iter().enumerate().filter(|(_, (start, end))| {
            references.iter().any(|r| bound(r, "start_index") < *end && *start < bound(r, "end_index"))
        });
        (row[0].clone(), relevant.map(|(at, _)| at).collect())
    });
    Corpus { name, passages, questions: questions.collect() }
}

/// The rows of a CSV file, without its header.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    for c in csv.chars() {
        let row = rows.last_mut().unwrap();
        let field = row.last_mut().unwrap();
        match c {
            // A doubled quote leaves the state as it was, and stands for one.
            '"' if !quoted && !field.is_empty() => {
                field.push('"');
                quoted = true;
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            _ => field.push(c),
        }
    }
    rows.into_iter().skip(1).filter(|row| row.len() == 3).collect()
}

/// Mean nDCG@10 and recall@5 over a corpus's questions.
fn measure(
    corpus: &Corpus,
    embedder: Option<Arc<dyn Embedder>>,
    query: impl Fn(&str) -> Query,
) -> (f64, f64) {
    let store = Store::in_memory();
    let mut config = CollectionConfig::default();
    if let Some(embedder) = embedder {
        config = config.with_embedder(embedder);
    }
    let collection = store.collection("passages", config).unwrap();
    let rows = corpus
        .passages
        .iter()
        .enumerate()
        .map(|(at, text)| Row::new(at.to_string()).with_text(text.as_str()));
    collection.upsert(rows.collect()).unwrap();
    let (mut gain, mut recall) = (0.0, 0.0);
    for (question, relevant) in &corpus.questions {
        let hits = collection.search(&query(question).with_k(10)).unwrap();
        let found: Vec<bool> = hits.iter().map(|hit| relevant.contains(&hit.id.parse().unwrap())).collect();
        let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let ideal: f64 = (0..relevant.len().min(10)).map(discount).sum();
        gain += (0..found.len()).filter(|&rank| found[rank]).map(discount).sum::<f64>() / ideal;
        recall += found.iter().take(5).filter(|&&found| found).count() as f64 / relevant.len() as f64;
    }
    let questions = corpus.questions.len() as f64;
    (gain / questions, recall / questions)
}

#[test]
fn quality() {
    let Some(folder) = shared() else {
        println!("skipped: no shared data");
        return;
    };
    let corpora = ["state_of_the_union", "wikitexts"].map(|name| load(&folder, name));
    let vector = |question: &str| Query::text(question).with_mode(Mode::Vector);
    let builtin: Arc<dyn Embedder> = Arc::new(BuiltinEmbedder::new());
    for corpus in &corpora {
        assert!(
            corpus.questions.len() > 50 && corpus.questions.iter().all(|(_, relevant)| !relevant.is_empty())
        );
        println!("{}: {} questions, {} passages", corpus.name, corpus.questions.len(), corpus.passages.len());
        let show = |what: &str, (gain, recall): (f64, f64)| {
            println!("  {what:28} nDCG@10 {gain:.3}  recall@5 {recall:.3}");
            gain
        };
        let keyword = show("BM25", measure(corpus, None, |question| Query::text(question)));
        for dim in [512, 1024] {
            let hash = Arc::new(HashEmbedder::with_dim(dim).unwrap());
            show(&format!("hashed n-grams, {dim}"), measure(corpus, Some(hash), vector));
        }
        show("built-in", measure(corpus, Some(builtin.clone()), vector));
        for weight in [0.25, 0.5, 1.0, 2.0] {
            let hybrid = |question: &str| Query::text(question).with_vector_weight(weight);
            show(&format!("BM25 + {weight} built-in"), measure(corpus, Some(builtin.clone()), hybrid));
        }
        let hybrid = measure(corpus, Some(builtin.clone()), |question| Query::text(question)).0;
        assert!(hybrid > keyword - 0.005, "the built-in model must not hurt: {hybrid} after {keyword}");
        #[cfg(feature = "candle")]
        if let Some(model) = std::env::var_os("STING_MODEL") {
            let minilm: Arc<dyn Embedder> = Arc::new(sting_vector::BertEmbedder::load(model).unwrap());
            show("MiniLM", measure(corpus, Some(minilm.clone()), vector));
            for weight in [1.0, 1.5, 2.0] {
                let hybrid = |question: &str| Query::text(question).with_vector_weight(weight);
                show(&format!("BM25 + {weight} MiniLM"), measure(corpus, Some(minilm.clone()), hybrid));
            }
        }
    }
}

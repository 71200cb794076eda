//! Chunk boundaries, by the protocol of Chroma's "Evaluating Chunking Strategies for Retrieval" (2024):
//! for each question the corpus holds passages that answer it; a chunker is good if few, small chunks cover them.
//!
//! - recall, precision, IoU at 5: bytes of the passages among the bytes of the five chunks that a retriever
//!   puts first.
//! - oracle precision (the paper's precision omega): the retriever is perfect, it takes every chunk that
//!   touches a passage and no other.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use serde::Deserialize;
use sting_core::Span;
use sting_core::chunk::{ChunkConfig, ChunkKind, Chunker};
use sting_core::model::Embedder;
use sting_vector::{CollectionConfig, Mode, Query, Row, Store};

use super::{Settings, code_points, shared};
use crate::job::Failure;

pub(super) const CORPORA: [&str; 2] = ["state_of_the_union", "wikitexts"];
const K: usize = 5;

/// The two corpora and the questions about them.
pub(super) struct Data {
    pub(super) texts: Vec<String>,
    pub(super) questions: Vec<Question>,
}

pub(super) struct Question {
    pub(super) text: String,
    /// Index into [`Data::texts`].
    pub(super) corpus: usize,
    pub(super) passages: Vec<Span>,
}

/// One way of cutting the corpora: per corpus, its chunks.
struct Cut {
    name: String,
    size: usize,
    unit: String,
    chunks: Vec<Vec<Span>>,
}

#[derive(Deserialize)]
struct PeerCut {
    name: String,
    size: usize,
    unit: String,
    /// Per corpus, spans in code points.
    spans: BTreeMap<String, Vec<(usize, usize)>>,
}

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    let data = Data::read()?;
    let embedder: Option<Arc<dyn Embedder>> = match &settings.model {
        Some(folder) => Some(Arc::new(sting_vector::BertEmbedder::load(folder)?)),
        None => None,
    };
    println!("# chunk: quality of boundaries\n");
    println!(
        "{} questions; recall, precision and IoU at {K}, and oracle precision; see benches/README.md.\n",
        data.questions.len()
    );
    println!(
        "| size | chunker | chunks | oracle precision | BM25: recall | precision | IoU | MiniLM: recall | precision | IoU |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for cut in cuts(&data, settings)? {
        let bm25 = retrieved(&data, &cut, None)?;
        let dense = embedder.clone().map(|embedder| retrieved(&data, &cut, Some(embedder))).transpose()?;
        let cells = |scores: Option<[f64; 3]>| match scores {
            Some([recall, precision, iou]) => format!("{recall:.3} | {precision:.3} | {iou:.3}"),
            None => "- | - | -".to_owned(),
        };
        println!(
            "| {} {} | {} | {} | {:.3} | {} | {} |",
            cut.size,
            cut.unit,
            cut.name,
            cut.chunks.iter().map(Vec::len).sum::<usize>(),
            oracle_precision(&data, &cut),
            cells(Some(bm25)),
            cells(dense)
        );
    }
    Ok(())
}

/// Ours and the peers', those of one size together.
fn cuts(data: &Data, settings: &Settings) -> Result<Vec<Cut>, Failure> {
    let mut cuts = Vec::new();
    for (size, unit) in [(200, "chars"), (400, "chars"), (1000, "chars"), (256, "tokens")] {
        let tokenizer = match (unit, &settings.model) {
            ("tokens", None) => continue,
            ("tokens", Some(folder)) => Some(Arc::new(sting_vector::load_tokenizer(folder)?)),
            _ => None,
        };
        for kind in [ChunkKind::Text, ChunkKind::Markdown] {
            let name = format!("sting {kind}");
            let config = ChunkConfig::default().with_kind(kind).with_unit(unit.parse()?).with_max_size(size);
            let chunker = match tokenizer.clone() {
                Some(tokenizer) => Chunker::with_tokenizer(config, tokenizer)?,
                None => Chunker::new(config)?,
            };
            let spans = |text: &String| chunker.chunk(text).iter().map(|chunk| chunk.span).collect();
            cuts.push(Cut {
                name,
                size,
                unit: unit.to_owned(),
                chunks: data.texts.iter().map(spans).collect(),
            });
        }
        #[cfg(feature = "peers")]
        if unit == "chars" {
            let spans = |text: &String| crate::peer::chunk::by_characters(text, size, false);
            let chunks = data.texts.iter().map(spans).collect();
            cuts.push(Cut { name: "text-splitter".to_owned(), size, unit: unit.to_owned(), chunks });
        }
    }
    if let Some(file) = &settings.peers {
        let offsets: Vec<Vec<usize>> = data.texts.iter().map(|text| code_points(text)).collect();
        for peer in serde_json::from_slice::<Vec<PeerCut>>(&fs::read(file)?)? {
            let chunks = CORPORA.iter().zip(&offsets).map(|(corpus, at)| {
                let spans = peer.spans.get(*corpus).ok_or("the peers' file lacks a corpus")?;
                Ok(spans.iter().map(|(start, end)| Span::new(at[*start], at[*end])).collect())
            });
            let chunks = chunks.collect::<Result<_, Failure>>()?;
            cuts.push(Cut { name: peer.name, size: peer.size, unit: peer.unit, chunks });
        }
    }
    cuts.sort_by(|a, b| (&a.unit, a.size).cmp(&(&b.unit, b.size)));
    Ok(cuts)
}

/// Mean over the questions of the precision of all chunks that touch a passage.
fn oracle_precision(data: &Data, cut: &Cut) -> f64 {
    let precisions = data.questions.iter().map(|question| {
        let touching = cut.chunks[question.corpus].iter().copied();
        let touching: Vec<Span> = touching
            .filter(|chunk| question.passages.iter().any(|passage| passage.overlaps(*chunk)))
            .collect();
        scores(&question.passages, &touching, 0)[1]
    });
    mean(&precisions.collect::<Vec<_>>())
}

/// Mean recall, precision and IoU of the first `K` chunks, by keywords or by an embedder.
fn retrieved(data: &Data, cut: &Cut, embedder: Option<Arc<dyn Embedder>>) -> Result<[f64; 3], Failure> {
    let mode = if embedder.is_some() { Mode::Vector } else { Mode::Keyword };
    let store = Store::in_memory();
    let mut config = CollectionConfig::default();
    if let Some(embedder) = embedder {
        config = config.with_embedder(embedder);
    }
    let collection = store.collection("chunks", config)?;
    let mut places = Vec::new();
    for (corpus, chunks) in cut.chunks.iter().enumerate() {
        let mut rows = Vec::new();
        for chunk in chunks {
            rows.push(Row::new(places.len().to_string()).with_text(&data.texts[corpus][chunk.range()]));
            places.push((corpus, *chunk));
        }
        collection.upsert(rows)?;
    }
    let mut all = [const { Vec::new() }; 3];
    for question in &data.questions {
        let (mut found, mut elsewhere) = (Vec::new(), 0);
        for hit in collection.search(&Query::text(&question.text).with_k(K).with_mode(mode))? {
            let (corpus, chunk) = places[hit.id.parse::<usize>()?];
            if corpus == question.corpus {
                found.push(chunk);
            } else {
                elsewhere += chunk.len();
            }
        }
        let scores = scores(&question.passages, &found, elsewhere);
        all.iter_mut().zip(scores).for_each(|(all, score)| all.push(score));
    }
    Ok(all.map(|scores| mean(&scores)))
}

/// Recall, precision and IoU, in bytes. What is found twice counts twice against precision and IoU; `elsewhere`
/// are bytes found in another corpus.
pub(super) fn scores(passages: &[Span], found: &[Span], elsewhere: usize) -> [f64; 3] {
    let wanted = union(passages);
    let hit: usize = union(found).iter().flat_map(|a| wanted.iter().map(move |b| common(*a, *b))).sum();
    let wanted: usize = wanted.iter().map(|span| span.len()).sum();
    let taken = found.iter().map(|span| span.len()).sum::<usize>() + elsewhere;
    let share = |whole: usize| if whole == 0 { 0.0 } else { hit as f64 / whole as f64 };
    [share(wanted), share(taken), share(taken + wanted - hit)]
}

/// Bytes that two spans share.
pub(super) fn common(a: Span, b: Span) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

fn union(spans: &[Span]) -> Vec<Span> {
    let mut sorted = spans.to_vec();
    sorted.sort();
    let mut union: Vec<Span> = Vec::new();
    for span in sorted {
        match union.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => union.push(span),
        }
    }
    union
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

impl Data {
    pub(super) fn read() -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Passage {
            start_index: usize,
            end_index: usize,
        }
        let texts: Vec<String> = CORPORA
            .iter()
            .map(|name| Ok(fs::read_to_string(shared(&format!("chunking/{name}.md"))?)?))
            .collect::<Result<_, Failure>>()?;
        let offsets: Vec<Vec<usize>> = texts.iter().map(|text| code_points(text)).collect();
        let mut questions = Vec::new();
        for record in csv::Reader::from_path(shared("chunking/questions.csv")?)?.records() {
            let record = record?;
            let [text, passages, corpus] = [0, 1, 2].map(|column| record.get(column).unwrap_or(""));
            let corpus =
                CORPORA.iter().position(|name| *name == corpus).ok_or("a question about no corpus")?;
            let passages: Vec<Passage> = serde_json::from_str(passages)?;
            let span = |p: &Passage| Span::new(offsets[corpus][p.start_index], offsets[corpus][p.end_index]);
            let passages = passages.iter().map(span).collect();
            questions.push(Question { text: text.to_owned(), corpus, passages });
        }
        Ok(Self { texts, questions })
    }
}

#[cfg(test)]
mod tests {
    use super::scores;
    use sting_core::Span;

    #[test]
    fn scores_count_bytes() {
        let passages = [Span::new(10, 20), Span::new(15, 30)];
        let found = [Span::new(0, 20), Span::new(10, 20), Span::new(40, 50)];
        // 20 bytes are wanted, 10 of them are covered, 40 were taken.
        assert_eq!(scores(&passages, &found, 0), [0.5, 0.25, 0.2]);
        assert_eq!(scores(&passages, &found, 10), [0.5, 0.2, 10.0 / 60.0]);
        assert_eq!(scores(&passages, &[], 0), [0.0, 0.0, 0.0]);
    }
}

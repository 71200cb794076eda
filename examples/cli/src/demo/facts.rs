//! What a demo run found out. Both reports are written from this and from nothing else.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// All that a report says. Texts in it are scrubbed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Facts {
    /// What was read, in words.
    pub source: String,
    /// Where the results lie.
    pub out: PathBuf,
    /// Wall time of the whole run.
    pub seconds: f64,
    /// The documents.
    pub documents: Documents,
    /// Findings in this run: by kind, then by what was done to them.
    pub findings: BTreeMap<String, BTreeMap<String, u64>>,
    /// The index as it is now.
    pub index: Index,
    /// Time and amount of each stage of this run.
    pub stages: Vec<Stage>,
    /// The searches.
    pub searches: Vec<Search>,
    /// The rules over the events.
    pub detection: Detection,
    /// What was not read, by name.
    pub not_read: Vec<NotRead>,
    /// How the run did against what is known to be in the bundled documents.
    pub truth: Option<TruthCheck>,
}

/// How many documents, and what became of them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Documents {
    /// By media type.
    pub types: Vec<DocumentType>,
    /// Seen for the first time.
    pub new: u64,
    /// Seen before, with other content.
    pub changed: u64,
    /// Seen before, not read again.
    pub unchanged: u64,
    /// Gone since the last run; their chunks were removed.
    pub deleted: u64,
    /// Could not be read; listed under `not_read`.
    pub failed: u64,
}

/// The documents of one media type.
#[derive(Clone, Debug, Serialize)]
pub struct DocumentType {
    /// Such as `text/markdown`.
    pub media_type: String,
    /// How many.
    pub count: u64,
    /// Their size as files.
    pub bytes: u64,
}

/// The index on disk.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Index {
    /// Collection of the documents.
    pub jar: String,
    /// Chunks of documents.
    pub chunks: u64,
    /// Chunks of events.
    pub event_chunks: u64,
    /// Size on disk.
    pub bytes: u64,
    /// What made the vectors.
    pub embedder: String,
    /// Length of a vector.
    pub dim: usize,
    /// How many chunks have which size: upper bound in characters, count.
    pub sizes: Vec<(usize, u64)>,
}

/// One stage of the pipeline.
#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// What it handled, in the plural: `documents`, `chunks`, `events`.
    pub unit: String,
    /// How many of them.
    pub items: u64,
    /// Bytes that went in.
    pub bytes: u64,
    /// Busy time, summed over threads.
    pub seconds: f64,
}

/// One search and what it found.
#[derive(Clone, Debug, Serialize)]
pub struct Search {
    /// The query.
    pub query: String,
    /// Time it took.
    pub seconds: f64,
    /// Best first.
    pub hits: Vec<Hit>,
}

/// One hit, with its place in the source.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// Fused score.
    pub score: f32,
    /// Similarity of the vectors, if they took part.
    pub vector_score: Option<f32>,
    /// Keyword score, if it took part.
    pub keyword_score: Option<f32>,
    /// Name of the document.
    pub document: String,
    /// Part of the document, such as an attachment; empty for its body.
    pub part: String,
    /// First byte in the source.
    pub start: u64,
    /// Byte after the last one.
    pub end: u64,
    /// Headings above it, outermost first.
    pub heading: String,
    /// Its scrubbed text.
    pub text: String,
}

/// What the rules said.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Detection {
    /// Rules loaded.
    pub rules: usize,
    /// Rules that could not be used, with the reason.
    pub rule_errors: Vec<String>,
    /// Events read.
    pub events: u64,
    /// Events with at least one match.
    pub events_matched: u64,
    /// Events of planted attacks that a rule must find.
    pub attacks: u64,
    /// Of those, how many a rule found.
    pub attacks_found: u64,
    /// Harmless events that a rule matched.
    pub false_alarms: u64,
    /// One entry a rule that fired, gravest first.
    pub alerts: Vec<Alert>,
    /// Matches over time: a bucket each, from level to count.
    pub timeline: Vec<BTreeMap<String, u64>>,
}

/// A rule that fired.
#[derive(Clone, Debug, Serialize)]
pub struct Alert {
    /// Title of the rule.
    pub rule: String,
    /// Its level.
    pub level: String,
    /// How often it fired.
    pub count: u64,
    /// Line of the first event, from 1.
    pub first_event: u64,
    /// What matched there.
    pub fields: Vec<Matched>,
    /// Why that matters, in the rule's words.
    pub reason: String,
}

/// A field of an event that matched.
#[derive(Clone, Debug, Serialize)]
pub struct Matched {
    /// The field.
    pub field: String,
    /// Its value, scrubbed.
    pub value: String,
    /// What it matched; `*` and `?` are wildcards.
    pub pattern: String,
}

/// Something that was not read.
#[derive(Clone, Debug, Serialize)]
pub struct NotRead {
    /// Which document, and which part of it.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Planted values against what is in the index.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TruthCheck {
    /// By kind.
    pub kinds: BTreeMap<String, KindCheck>,
    /// Values that only look private.
    pub look_alikes: u64,
    /// Of those, how many are in the index as they were.
    pub look_alikes_kept: u64,
}

/// Planted values of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KindCheck {
    /// How many were planted.
    pub planted: u64,
    /// Of those, how many can still be read in the index.
    pub left: u64,
}

impl Hit {
    /// A hit of a collection that the ingest pipeline filled.
    pub fn from_row(hit: &sting_vector::Hit) -> Self {
        let text = |key: &str| match hit.metadata.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" > ")
            }
            _ => String::new(),
        };
        let number = |key: &str| hit.metadata.get(key).and_then(Value::as_u64).unwrap_or(0);
        let part = text("part");
        Self {
            score: hit.score,
            vector_score: hit.vector_score,
            keyword_score: hit.keyword_score,
            document: text("document"),
            part: if part == "body" { String::new() } else { part },
            start: number("source_start"),
            end: number("source_end"),
            heading: text("heading"),
            text: hit.text.clone().unwrap_or_default(),
        }
    }
}

impl Facts {
    /// True if a former run had done all the work.
    pub fn nothing_changed(&self) -> bool {
        let documents = &self.documents;
        documents.unchanged > 0
            && documents.new + documents.changed + documents.deleted + documents.failed == 0
    }

    /// How many documents there are now.
    pub fn document_count(&self) -> u64 {
        self.documents.new + self.documents.changed + self.documents.unchanged
    }

    /// All findings of this run.
    pub fn finding_count(&self) -> u64 {
        self.findings.values().flat_map(BTreeMap::values).sum()
    }
}

impl TruthCheck {
    /// All planted values.
    pub fn planted(&self) -> u64 {
        self.kinds.values().map(|kind| kind.planted).sum()
    }

    /// All that can still be read.
    pub fn left(&self) -> u64 {
        self.kinds.values().map(|kind| kind.left).sum()
    }
}

/// How grave a level is; higher is graver.
pub fn gravity(level: &str) -> usize {
    LEVELS.iter().rev().position(|known| *known == level).map_or(0, |position| position + 1)
}

/// The levels of the rule language, gravest first.
pub const LEVELS: [&str; 5] = ["critical", "high", "medium", "low", "informational"];

//! presidio-research's synthetic texts: by span (at least half of it is covered by the other side's spans)
//! and by byte, kind by kind, and for all kinds together whatever they are called.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde::Deserialize;
use sting_core::Span;
use sting_pii::{ScrubConfig, Scrubber};

use super::kind_of;
use crate::eval::chunk::common;
use crate::eval::{code_points, shared};
use crate::job::Failure;

#[derive(Deserialize)]
struct Synthetic {
    full_text: String,
    spans: Vec<SyntheticSpan>,
}

#[derive(Deserialize)]
struct SyntheticSpan {
    entity_type: String,
    start_position: usize,
    end_position: usize,
}

pub(super) fn run() -> Result<(), Failure> {
    let texts: Vec<Synthetic> = serde_json::from_slice(&fs::read(shared("pii/synth_dataset_half.json")?)?)?;
    let scrubber = Scrubber::new(ScrubConfig::default())?;
    let entities: BTreeSet<&str> =
        texts.iter().flat_map(|t| &t.spans).map(|s| s.entity_type.as_str()).collect();
    let mut together = Score::default();
    let mut scores: BTreeMap<&str, Score> = entities.iter().map(|name| (*name, Score::default())).collect();
    for text in &texts {
        let at = code_points(&text.full_text);
        let truth = |entity: Option<&str>| -> Vec<Span> {
            let spans = text.spans.iter().filter(|span| entity.is_none_or(|name| span.entity_type == name));
            spans.map(|span| Span::new(at[span.start_position], at[span.end_position])).collect()
        };
        let findings = scrubber.find(&text.full_text);
        let all: Vec<Span> = findings.iter().map(|finding| finding.span).collect();
        together.add(&truth(None), &all);
        for (entity, score) in &mut scores {
            let kind = kind_of(entity);
            let found = findings.iter().filter(|finding| kind == Some(&*finding.kind));
            score.add(&truth(Some(entity)), &found.map(|finding| finding.span).collect::<Vec<_>>());
        }
    }
    println!("\n## presidio-research's synthetic texts ({})\n", texts.len());
    println!("| kind | spans | by span: precision | recall | by byte: precision | recall |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (name, score) in std::iter::once(("all", together)).chain(scores) {
        let cells = score.shares().map(|share| share.map_or("-".to_owned(), |share| format!("{share:.3}")));
        println!("| {name} | {} | {} |", score.truth, cells.join(" | "));
    }
    Ok(())
}

/// Counts from which precision and recall come.
#[derive(Default)]
struct Score {
    truth: usize,
    truth_found: usize,
    found: usize,
    found_true: usize,
    truth_bytes: usize,
    found_bytes: usize,
    common_bytes: usize,
}

impl Score {
    /// Adds one text. Spans of one side do not overlap.
    fn add(&mut self, truth: &[Span], found: &[Span]) {
        let mostly_in =
            |a: &Span, others: &[Span]| others.iter().map(|b| 2 * common(*a, *b)).sum::<usize>() >= a.len();
        let bytes = |spans: &[Span]| spans.iter().map(|span| span.len()).sum::<usize>();
        self.truth += truth.len();
        self.found += found.len();
        self.truth_found += truth.iter().filter(|span| mostly_in(span, found)).count();
        self.found_true += found.iter().filter(|span| mostly_in(span, truth)).count();
        self.truth_bytes += bytes(truth);
        self.found_bytes += bytes(found);
        self.common_bytes +=
            truth.iter().flat_map(|a| found.iter().map(move |b| common(*a, *b))).sum::<usize>();
    }

    /// Precision and recall by span, then by byte; `None` of nothing.
    fn shares(&self) -> [Option<f64>; 4] {
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        [
            share(self.found_true, self.found),
            share(self.truth_found, self.truth),
            share(self.common_bytes, self.found_bytes),
            share(self.common_bytes, self.truth_bytes),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::Score;
    use sting_core::Span;

    #[test]
    fn half_of_a_span_is_enough() {
        let mut score = Score::default();
        score.add(&[Span::new(0, 10), Span::new(20, 30)], &[Span::new(0, 5), Span::new(24, 44)]);
        assert_eq!(score.shares()[..2], [Some(0.5), Some(1.0)]);
        assert_eq!((score.common_bytes, score.found_bytes, score.truth_bytes), (11, 25, 20));
        assert_eq!(Score::default().shares(), [None; 4]);
    }
}

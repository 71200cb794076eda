//! presidio-research's synthetic texts, by token and by span, after its two evaluators.
//!
//! By token: every word is labelled by the span that holds it. A true word of any kind that we find under
//! any kind counts for private data as a whole; for one kind the kinds must be equal.
//!
//! By span: neighbours of one kind with no word between them are one span, and marks at its ends do not
//! count. A span is right if the characters of its words are those of a span of the other side, but for a tenth: intersection
//! over union is at least .9. For private data as a whole, kinds are forgotten first.
//!
//! Where this differs: the original takes words from spaCy and leaves out its stop words, here a word is a
//! run of letters and digits and all count. Labels are mapped as in [`class`].
//!
//! Two configurations: the default, which leaves dates, ages, titles, nationalities, web addresses and organisations
//! alone although the data labels them; and the kinds that the labels name, which is how the published figures of
//! Presidio come about: its recognizers of all labelled entities are on.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use sting_core::Span;
use sting_pii::{ScrubConfig, Scrubber};

use super::kind_of;
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

/// Least intersection over union of two spans that are the same.
const SAME: f64 = 0.9;

/// What a label of the data, or one of our kinds, is compared as. Addresses, post codes and places are all places,
/// as in presidio-research's own mapping for Presidio.
fn class(name: &str) -> &str {
    match name {
        "GPE" | "STREET_ADDRESS" | "ZIP_CODE" | "address" | "us_zip_code" => "location",
        "AGE" => "age",
        "DOMAIN_NAME" => "url",
        "year" | "weekday" => "date",
        other => kind_of(other).unwrap_or(other),
    }
}

/// A span with what it is compared as.
type Labelled<'a> = (Span, &'a str);

pub(super) fn run() -> Result<(), Failure> {
    let texts: Vec<Synthetic> = serde_json::from_slice(&fs::read(shared("pii/synth_dataset_half.json")?)?)?;
    let labels: BTreeSet<&str> =
        texts.iter().flat_map(|text| &text.spans).map(|span| span.entity_type.as_str()).collect();
    let known = |kind: &&str| sting_pii::kinds().contains(kind);
    let mut asked: BTreeSet<&str> = labels.iter().map(|label| class(label)).filter(known).collect();
    asked.extend(["address", "us_zip_code", "year", "weekday"]);
    for (title, config) in [
        ("the default kinds", ScrubConfig::default()),
        ("the kinds of the labels", ScrubConfig::default().with_entities(asked)),
    ] {
        println!("\n## presidio-research's synthetic texts ({}): {title}\n", texts.len());
        report(&texts, &labels, &Scrubber::new(config)?)?;
    }
    Ok(())
}

fn report(texts: &[Synthetic], labels: &BTreeSet<&str>, scrubber: &Scrubber) -> Result<(), Failure> {
    let classes: BTreeSet<&str> = labels.iter().map(|label| class(label)).collect();
    let mut scores: Vec<(Option<&str>, Score, Score)> = std::iter::once(None)
        .chain(classes.into_iter().map(Some))
        .map(|class| (class, Score::default(), Score::default()))
        .collect();
    for text in texts {
        let at = code_points(&text.full_text);
        let truth = text.spans.iter().map(|span| {
            (Span::new(at[span.start_position], at[span.end_position]), class(&span.entity_type))
        });
        let mut truth: Vec<Labelled<'_>> = truth.collect();
        truth.sort();
        let found = scrubber.find(&text.full_text)?;
        let found: Vec<Labelled<'_>> =
            found.iter().map(|finding| (finding.span, class(&finding.kind))).collect();
        let words = words(&text.full_text);
        for (class, by_token, by_span) in &mut scores {
            let truth = words_of(&words, &truth, *class);
            let found = words_of(&words, &found, *class);
            by_token.add_tokens(&truth, &found);
            by_span.add_spans(&words, &truth, &found);
        }
    }
    println!("| compared as | words | by token: precision | recall | spans | by span: precision | recall |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (class, by_token, by_span) in scores {
        let [token, span] = [&by_token, &by_span].map(|score| score.shares().join(" | "));
        let name = class.unwrap_or("all");
        println!("| {name} | {} | {token} | {} | {span} |", by_token.truth, by_span.truth);
    }
    Ok(())
}

/// The words of a text: runs of letters and digits.
fn words(text: &str) -> Vec<Span> {
    let mut words: Vec<Span> = Vec::new();
    for (at, character) in text.char_indices().filter(|(_, character)| character.is_alphanumeric()) {
        let end = at + character.len_utf8();
        match words.last_mut() {
            Some(word) if word.end == at => word.end = end,
            _ => words.push(Span::new(at, end)),
        }
    }
    words
}

/// For every word the number of its span, of those that are compared as `class`; neighbours have one number.
fn words_of(words: &[Span], spans: &[Labelled<'_>], class: Option<&str>) -> Vec<Option<usize>> {
    let mut last = None;
    let mut number = 0;
    let each = words.iter().map(|word| {
        let span = spans.iter().find(|(span, _)| span.start < word.end && word.start < span.end);
        let here = span.map(|span| span.1).filter(|here| class.is_none_or(|class| class == *here));
        number += usize::from(here.is_none() && last.is_some());
        last = here;
        here.map(|_| number)
    });
    each.collect()
}

/// Counts from which precision and recall come.
#[derive(Debug, Default, PartialEq, Eq)]
struct Score {
    truth: usize,
    found: usize,
    both: usize,
}

impl Score {
    fn add_tokens(&mut self, truth: &[Option<usize>], found: &[Option<usize>]) {
        self.truth += truth.iter().flatten().count();
        self.found += found.iter().flatten().count();
        self.both +=
            truth.iter().zip(found).filter(|(truth, found)| truth.is_some() && found.is_some()).count();
    }

    fn add_spans(&mut self, words: &[Span], truth: &[Option<usize>], found: &[Option<usize>]) {
        let numbers = |side: &[Option<usize>]| side.iter().flatten().copied().collect::<BTreeSet<_>>();
        let (truths, founds) = (numbers(truth), numbers(found));
        self.truth += truths.len();
        self.found += founds.len();
        let same = |a: usize, b: usize| {
            let (mut common, mut either) = (0, 0);
            for (at, word) in words.iter().enumerate() {
                let (in_a, in_b) = (truth[at] == Some(a), found[at] == Some(b));
                common += if in_a && in_b { word.len() } else { 0 };
                either += if in_a || in_b { word.len() } else { 0 };
            }
            common as f64 >= SAME * either as f64
        };
        self.both += truths.iter().filter(|a| founds.iter().any(|b| same(**a, *b))).count();
    }

    /// Precision and recall; `-` of nothing.
    fn shares(&self) -> [String; 2] {
        [self.found, self.truth].map(|whole| match whole {
            0 => "-".to_owned(),
            _ => format!("{:.3}", self.both as f64 / whole as f64),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Score, words, words_of};
    use sting_core::Span;

    #[test]
    fn words_and_spans_are_counted() {
        let text = "Dr. Ann Lee of Kent, 12";
        let words = words(text);
        assert_eq!(words.len(), 6);
        let truth = words_of(&words, &[(Span::new(4, 11), "person"), (Span::new(15, 19), "location")], None);
        let found =
            [(Span::new(4, 7), "person"), (Span::new(8, 11), "person"), (Span::new(15, 23), "location")];
        let found = words_of(&words, &found, None);
        let (mut by_token, mut by_span) = (Score::default(), Score::default());
        by_token.add_tokens(&truth, &found);
        by_span.add_spans(&words, &truth, &found);
        assert_eq!(by_token, Score { truth: 3, found: 4, both: 3 });
        // The person's two parts are one; the place is two thirds of what was found.
        assert_eq!(by_span, Score { truth: 2, found: 2, both: 1 });
        assert_eq!(by_span.shares(), ["0.500", "0.500"]);
        assert_eq!(Score::default().shares(), ["-", "-"]);
    }
}

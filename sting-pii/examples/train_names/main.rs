//! Trains the model that finds names of persons, places and organisations, and addresses.
//!
//! ```text
//! cargo run --release -p sting-pii --example train_names -- NER LISTS TEMPLATES OUT
//! ```
//!
//! NER is the folder of the labelled corpora (`btc`, `wnut17`, `wikigold`), LISTS what `model/lists.py`
//! wrote, TEMPLATES the folder `sting-pii/model/templates`, and OUT the file to write. Nothing is drawn
//! but from a seeded generator and nothing computed but by the four operations and roots, so that the
//! same input gives the same bytes on every machine. Prints what the model scores on text held out.

// Here they read better than what would take their place.
#![allow(clippy::format_push_string, clippy::needless_for_each, clippy::nonminimal_bool)]

#[path = "../../src/names"]
// What is shared with the crate is checked there.
#[allow(clippy::all, clippy::pedantic, dead_code, unreachable_pub, missing_debug_implementations)]
mod names {
    pub(crate) mod feature;
    pub(crate) mod gazetteer;
    pub(crate) mod model;
    pub(crate) mod reader;
    pub(crate) mod run;
    pub(crate) mod setting;
    pub(crate) mod token;
}

mod corpus;
mod crf;
mod lists;
mod measure;
mod template;

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::path::Path;

use names::feature::{FEATURES, Facts, rows};
use names::gazetteer::{self, Gazetteer, list};
use names::model::TAGS;
use names::token::{Shape, tokenize, word_hash};

/// Sentences made of templates.
const MADE: usize = 110_000;
/// Of the made sentences, those that are held out.
const MADE_HELD_OUT: usize = 4_000;

/// Times that a real text is read for one of a made one.
const REAL_TIMES: usize = 4;

/// Kinds of names, in the order of the model's labels.
const KINDS: [&str; 4] = ["person", "location", "organization", "address"];

/// A text with its names.
#[derive(Clone, Debug, Default)]
struct Sample {
    text: String,
    /// Start, end and kind.
    spans: Vec<(usize, usize, usize)>,
}

/// A seeded generator (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        names::token::mix(self.0)
    }

    fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// The tokens of one run, as training sees them.
struct Instance {
    rows: Vec<[u32; FEATURES]>,
    labels: Vec<usize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ner, folder, templates, out] = arguments.as_slice() else {
        return Err("usage: train_names NER LISTS TEMPLATES OUT".into());
    };
    let real = corpus::read(Path::new(ner))?;
    let lists = lists::Lists::read(Path::new(folder), Path::new(templates))?;
    let templates = template::read(Path::new(templates))?;
    let mut dice = Dice(20_260);
    let made = template::make(&templates, &lists, MADE, false, &mut dice);
    let made_held_out = template::make(&templates, &lists, MADE_HELD_OUT, true, &mut dice);

    let common = common_words(&real.train, &templates);
    eprintln!("{} real texts, {} made, {} common words", real.train.len(), made.len(), common.len());
    // What is held out must not be known: its names are not in the lists that training sees.
    let known = gazetteer::write(&words(&lists, &common, false));
    let shipped = gazetteer::write(&words(&lists, &common, true));
    let (gazetteer, _) = Gazetteer::read(&known).ok_or("a gazetteer that cannot be read")?;

    let mut instances = Vec::new();
    for (sample, times) in real.train.iter().map(|s| (s, REAL_TIMES)).chain(made.iter().map(|s| (s, 1))) {
        for _ in 0..times {
            append_instances(sample, &gazetteer, &mut dice, &mut instances);
        }
    }
    eprintln!("{} runs", instances.len());
    let crf = crf::train(&instances, &mut dice);

    let mut held_out = real.held_out;
    held_out.push(("templates", made_held_out));
    let draft = crf.write(&known, None);
    let calibration = measure::calibrate(&draft, &held_out)?;
    measure::report(&crf.write(&known, Some(&calibration)), &held_out)?;
    let model = crf.write(&shipped, Some(&calibration));
    std::fs::write(out, &model)?;
    eprintln!("{} bytes, of which {} are lists of words", model.len(), shipped.len());
    Ok(())
}

/// Hashes of words that stand small in the texts and carry no label there, twice or more.
fn common_words(real: &[Sample], templates: &[template::Section]) -> HashSet<u64> {
    let mut counts = BTreeMap::<u64, usize>::new();
    let mut tokens = Vec::new();
    let literal = templates.iter().flat_map(|section| &section.lines).map(|line| (line.as_str(), 2));
    for (text, times) in real.iter().map(|sample| (sample.text.as_str(), 1)).chain(literal) {
        tokens.clear();
        tokenize(text.as_bytes(), 0, text.len(), &mut tokens);
        for token in tokens.iter().filter(|token| token.shape == Shape::Lower) {
            let word = &text.as_bytes()[token.start as usize..token.end as usize];
            *counts.entry(word_hash(word, Shape::Lower)).or_default() += times;
        }
    }
    counts.into_iter().filter(|(_, count)| *count >= 2).map(|(hash, _)| hash).collect()
}

/// The words of the gazetteer, with those that are held out or without.
fn words(lists: &lists::Lists, common: &HashSet<u64>, all: bool) -> BTreeMap<u64, u8> {
    let mut words = lists.words(all);
    for hash in common {
        *words.entry(*hash).or_default() |= list::COMMON;
    }
    words
}

fn append_instances(
    sample: &Sample,
    gazetteer: &Gazetteer<'_>,
    dice: &mut Dice,
    instances: &mut Vec<Instance>,
) {
    let text = sample.text.as_bytes();
    let mut tokens = Vec::new();
    tokenize(text, 0, text.len(), &mut tokens);
    let mut facts: Vec<Facts> = tokens.iter().map(|token| Facts::of(text, token, gazetteer)).collect();
    let mut ranges = Vec::new();
    names::run::runs(text, &tokens, &facts, |run| ranges.push(run));
    // Some names are in no list.
    for facts in &mut facts {
        if dice.chance(18) {
            facts.lists &= !(list::FIRST | list::LAST | list::CITY);
        }
    }
    for run in ranges {
        let mut previous = usize::MAX;
        let labels = run.clone().map(|at| {
            let (start, end) = (tokens[at].start as usize, tokens[at].end as usize);
            let inside = sample.spans.iter().position(|span| span.0 < end && start < span.1);
            let label = inside.map_or(TAGS, |span| sample.spans[span].2 * 2 + usize::from(previous == span));
            previous = inside.unwrap_or(usize::MAX);
            label
        });
        let labels = labels.collect();
        instances.push(Instance { rows: run.map(|at| rows(&facts, at)).collect(), labels });
    }
}

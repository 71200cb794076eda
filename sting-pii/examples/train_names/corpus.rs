//! The labelled corpora: texts put together again from their tokens.

use std::fs;
use std::path::Path;

use crate::Sample;

/// What is trained on, and what is held out, by name.
pub(super) struct Corpora {
    pub(super) train: Vec<Sample>,
    pub(super) held_out: Vec<(&'static str, Vec<Sample>)>,
}

/// Reads the corpora. Held out are the development set of WNUT-17, the second half of section H of the
/// Broad Twitter Corpus, as its authors propose, and every eighth text of Wikigold.
pub(super) fn read(folder: &Path) -> Result<Corpora, Box<dyn std::error::Error>> {
    let file = |name: &str| -> Result<Vec<Sample>, Box<dyn std::error::Error>> {
        let text = fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
        Ok(samples(&text))
    };
    let mut train = file("wnut17/train.conll")?;
    for section in ["a", "b", "e", "g"] {
        train.extend(file(&format!("btc/{section}.conll"))?);
    }
    let mut section_h = file("btc/h.conll")?;
    let btc = section_h.split_off(section_h.len() / 2);
    train.extend(section_h);
    let mut wikigold = Vec::new();
    for (index, sample) in file("wikigold/wikigold.conll.txt")?.into_iter().enumerate() {
        if index % 8 == 7 { wikigold.push(sample) } else { train.push(sample) }
    }
    Ok(Corpora {
        train,
        held_out: vec![("wnut17", file("wnut17/dev.conll")?), ("btc", btc), ("wikigold", wikigold)],
    })
}

/// The kind that a label names, of those that the model knows.
fn kind(label: &str) -> Option<usize> {
    match label.to_ascii_lowercase().as_str() {
        "per" | "person" => Some(0),
        "loc" | "location" => Some(1),
        "org" | "organization" | "corporation" | "group" => Some(2),
        _ => None,
    }
}

fn samples(text: &str) -> Vec<Sample> {
    let mut all = Vec::new();
    let mut sample = Sample::default();
    let mut glue = true;
    for line in text.lines().chain([""]) {
        let Some((token, label)) = line.trim_end().rsplit_once(['\t', ' ']) else {
            if !sample.text.is_empty() {
                all.push(std::mem::take(&mut sample));
            }
            glue = true;
            continue;
        };
        if token.starts_with("-DOCSTART-") {
            continue;
        }
        let closes = matches!(token, "." | "," | "!" | "?" | ";" | ":" | ")" | "]" | "%" | "..." | "n't")
            || token.starts_with('\'') && token.len() > 1;
        if !glue && !closes {
            sample.text.push(' ');
        }
        glue = matches!(token, "(" | "[" | "#" | "@" | "$" | "£");
        let start = sample.text.len();
        sample.text.push_str(token);
        let end = sample.text.len();
        let Some((prefix, name)) = label.split_once('-') else { continue };
        let Some(kind) = kind(name) else { continue };
        // Accounts are found by their `@`, if they are wanted.
        if token.starts_with('@') || sample.text[..start].ends_with('@') {
            continue;
        }
        match sample.spans.last_mut() {
            // Wikigold marks a beginning only where two names of a kind meet.
            Some(last) if prefix == "I" && last.2 == kind && start - last.1 <= 1 => last.1 = end,
            _ => sample.spans.push((start, end, kind)),
        }
    }
    all
}

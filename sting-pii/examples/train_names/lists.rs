//! Lists of names, places, addresses and companies, by locale.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::names::gazetteer::list;
use crate::names::token::{Shape, mix, tokenize, word_hash};

/// Entries by what they are (`first`, `last`, `city`, ...), for training and held out.
#[derive(Debug, Default)]
pub(super) struct Locale {
    entries: BTreeMap<String, [Vec<String>; 2]>,
}

impl Locale {
    /// The entries of a kind. Of a short list none are held out.
    pub(super) fn get(&self, kind: &str, held_out: bool) -> &[String] {
        let Some([train, test]) = self.entries.get(kind) else { return &[] };
        if held_out && test.len() >= 5 { test } else { train }
    }
}

#[derive(Debug, Default)]
pub(super) struct Lists {
    /// By name of the locale; `geonames`, `census` and `known` (names of organisations) besides.
    pub(super) locales: BTreeMap<String, Locale>,
    titles: Vec<String>,
}

impl Lists {
    pub(super) fn read(folder: &Path, templates: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let mut lists = Self::default();
        let mut paths: Vec<_> =
            fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
        paths.sort();
        for path in paths {
            let locale = lists
                .locales
                .entry(path.file_stem().unwrap_or_default().to_string_lossy().into())
                .or_default();
            for line in fs::read_to_string(&path)?.lines() {
                let Some((kind, entry)) = line.split_once('\t') else { continue };
                locale.add(kind, &entry.replace("\\n", "\n"));
            }
        }
        let known = lists.locales.entry("known".into()).or_default();
        for line in fs::read_to_string(templates.join("organizations.txt"))?.lines() {
            known.add("org", line.trim());
        }
        lists.titles =
            fs::read_to_string(templates.join("titles.txt"))?.split_whitespace().map(str::to_owned).collect();
        Ok(lists)
    }

    /// Words of the entries, and the lists they belong to.
    pub(super) fn words(&self, all: bool) -> BTreeMap<u64, u8> {
        let mut words = BTreeMap::new();
        let mut street = BTreeMap::<u64, usize>::new();
        let mut company = BTreeMap::<u64, usize>::new();
        for locale in self.locales.values() {
            for (kind, both) in &locale.entries {
                let bit = match kind.split(':').next().unwrap_or_default() {
                    "first" => list::FIRST,
                    "last" => list::LAST,
                    "city" => list::CITY,
                    "country" | "region" => list::COUNTRY,
                    "org" => list::COMPANY,
                    "address" | "street" => list::STREET,
                    _ => continue,
                };
                let mut seen = BTreeMap::<u64, usize>::new();
                for entry in both.iter().take(if all { 2 } else { 1 }).flatten() {
                    for (hash, _) in hashes(entry) {
                        *seen.entry(hash).or_default() += 1;
                    }
                }
                for (hash, count) in seen {
                    match bit {
                        list::STREET => *street.entry(hash).or_default() += count,
                        list::COMPANY => *company.entry(hash).or_default() += count,
                        _ => *words.entry(hash).or_default() |= bit,
                    }
                }
            }
        }
        // Of streets and companies only the words that return: `Road`, `GmbH`; the rest are names.
        for (hash, count) in street {
            if count >= 8 && !words.get(&hash).is_some_and(|lists| lists & (list::FIRST | list::LAST) != 0) {
                *words.entry(hash).or_default() |= list::STREET;
            }
        }
        for (hash, count) in company {
            if count >= 5 && !words.get(&hash).is_some_and(|lists| lists & (list::FIRST | list::LAST) != 0) {
                *words.entry(hash).or_default() |= list::COMPANY;
            }
        }
        for title in &self.titles {
            for (hash, _) in hashes(title) {
                *words.entry(hash).or_default() |= list::TITLE;
            }
        }
        words
    }
}

impl Locale {
    fn add(&mut self, kind: &str, entry: &str) {
        if entry.is_empty() {
            return;
        }
        // One in nine is held out, by a hash of its own, so that it is held out in every list.
        let hash = hashes(entry).iter().fold(0, |hash, (word, _)| mix(hash ^ word));
        let both = self.entries.entry(kind.into()).or_default();
        both[usize::from(hash % 9 == 0)].push(entry.into());
    }
}

/// Hashes and shapes of the words of an entry.
fn hashes(entry: &str) -> Vec<(u64, Shape)> {
    let mut tokens = Vec::new();
    tokenize(entry.as_bytes(), 0, entry.len(), &mut tokens);
    let is_word =
        |shape| !matches!(shape, Shape::Mark | Shape::Number | Shape::Alnum | Shape::Break | Shape::Other);
    tokens
        .iter()
        .filter(|token| is_word(token.shape) && token.shape != Shape::Initial)
        .map(|token| {
            (word_hash(&entry.as_bytes()[token.start as usize..token.end as usize], token.shape), token.shape)
        })
        .collect()
}

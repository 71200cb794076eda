//! The slow, obvious way: at every byte, everything that could begin there is tried.
//!
//! No chart, no shape, no filter; what is shared with [`super::search`] is what a trigger means, and how a
//! match is judged.

use super::chart::LONG;
use super::judge::{Entry, Only};
use super::search::Search;
use super::{Candidate, Engine, Slot};

impl Engine {
    /// As [`Engine::candidates`] for all of `text`.
    pub(crate) fn candidates_slowly(&self, text: &[u8]) -> Vec<Candidate> {
        let mut out = Vec::new();
        let scratch = Box::new(self.scratch());
        let mut search =
            Search { engine: self, text, starts: 0..text.len(), field: None, scratch, out: &mut out };
        for place in 0..text.len() {
            search.everything_at(place);
        }
        out
    }
}

impl Search<'_, '_, '_> {
    fn everything_at(&mut self, place: usize) {
        let (text, rest) = (self.text, &self.text[place..]);
        let before = text[..place].iter().rev();
        let word_begins = !text[..place].last().is_some_and(u8::is_ascii_alphanumeric);
        match rest[0] {
            b'0'..=b'9' => {
                let mut letters = before.skip_while(|b| b.is_ascii_alphabetic());
                if !letters.next().is_some_and(u8::is_ascii_digit) {
                    self.id(place, Only::All);
                }
            }
            b'@' => self.at_sign(place),
            b':' => self.colon(place, (true, true, true), None),
            b'=' => self.pair(place, None),
            _ => {}
        }
        let token = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_-./+=".contains(b)).count();
        if rest[0].is_ascii_alphanumeric() && word_begins && token >= LONG {
            self.walk(Slot::Prefix, place);
            for row in self.engine.plain.tokens() {
                self.plain(row, place, Entry::Open);
            }
            self.walk(Slot::Long, place);
        }
        for lead in self.engine.leads.all() {
            if rest.get(lead.back..).is_some_and(|rest| rest.starts_with(&lead.literal)) {
                self.led(lead, place, place + lead.back + lead.literal.len());
            }
        }
        self.walk(Slot::Scan, place);
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::builtin;
    use crate::detect::Engine;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};
    use std::sync::LazyLock;

    /// Every rule, at a threshold that needs evidence and at one that needs little; and a few rules.
    static ENGINES: LazyLock<Vec<Engine>> = LazyLock::new(|| {
        let asked: BTreeSet<_> = builtin().iter().map(|row| row.kind.clone()).collect();
        let few: Vec<_> =
            builtin().iter().filter(|row| row.tags.iter().any(|tag| tag == "contact")).collect();
        let all: Vec<_> = builtin().iter().collect();
        vec![
            Engine::new(&all, &BTreeSet::new(), 0.5).unwrap(),
            Engine::new(&all, &asked, 0.3).unwrap(),
            Engine::new(&few, &BTreeSet::new(), 0.5).unwrap(),
        ]
    });

    fn compare(text: &[u8]) {
        for (number, engine) in ENGINES.iter().enumerate() {
            let mut fast = Vec::new();
            engine.candidates(text, 0..text.len(), None, &mut fast);
            let mut slow = engine.candidates_slowly(text);
            for found in [&mut fast, &mut slow] {
                found.sort_by_key(|c| (c.span, c.rule, c.support.key));
                found.dedup();
            }
            let differ = |a: &[crate::detect::Candidate], b: &[crate::detect::Candidate]| {
                a.iter()
                    .filter(|c| !b.contains(c))
                    .map(|c| (c.span, engine.rules[c.rule as usize].id.clone()))
                    .collect::<Vec<_>>()
            };
            assert!(
                fast == slow,
                "engine {number}: only slowly {:?}, only fast {:?}",
                differ(&slow, &fast),
                differ(&fast, &slow)
            );
        }
    }

    /// The shapes of which logs, records and prose are made, and words that speak for ids.
    fn text() -> impl Strategy<Value = String> {
        let words: Vec<String> =
            builtin().iter().flat_map(|row| row.context.iter().chain(&row.keys).cloned()).collect();
        let piece = prop_oneof![
            6 => "[0-9]{1,5}",
            6 => "[-. /:,()+_=@]{1,2}",
            3 => "[a-z]{1,9}",
            3 => "[A-Z]{1,5}",
            1 => "[0-9]{8,19}",
            1 => "[0-9a-f]{6,40}",
            1 => "[A-Z]{1,3}[0-9]{5,9}",
            1 => "[0-9]{3}-[0-9]{2}-[0-9]{4}",
            1 => "[0-9]{1,3}(\\.[0-9]{1,3}){3}",
            1 => "20[0-2][0-9]-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9]",
            1 => "\\PC{1,5}",
            1 => Just("\n".to_owned()),
            4 => prop::sample::select(words),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn the_fast_way_finds_what_the_slow_way_finds(text in text()) {
            compare(text.as_bytes());
        }

        #[test]
        fn in_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            compare(&bytes);
        }
    }

    /// Texts longer than a stretch.
    #[test]
    fn in_every_part_of_a_long_text() {
        let line = "2015-10-18 18:01:47,978 INFO ssn 536-22-8726 mail jane@example.org card 4111 1111 1111 1111 id=7 ";
        for filler in 0..70 {
            let text = format!("{}{}", "x".repeat(filler), line.repeat(200));
            compare(text.as_bytes());
        }
    }

    #[test]
    fn in_real_logs() {
        let named = std::env::var_os("STING_SHARED").map(PathBuf::from);
        let upward = || {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .ancestors()
                .map(|dir| dir.join("../shared"))
                .find(|dir| dir.is_dir())
        };
        let Some(folder) =
            named.or_else(upward).map(|dir| dir.join("data/loghub_2k")).filter(|dir| dir.is_dir())
        else {
            println!("skipped: no shared data");
            return;
        };
        for system in std::fs::read_dir(folder).unwrap() {
            let system = system.unwrap();
            let path = system.path().join(format!("{}_2k.log", system.file_name().to_string_lossy()));
            let Ok(text) = std::fs::read(path) else { continue };
            compare(&text[..text.len().min(60_000)]);
        }
    }
}

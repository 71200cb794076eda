//! Literals that begin a value or stand just before it, all in one pass.

use aho_corasick::packed::Searcher;
use memchr::memmem;

/// A literal that leads to a value of one rule.
#[derive(Debug)]
pub(super) struct Lead {
    pub(super) literal: Box<[u8]>,
    /// The value begins behind the literal, and not with it.
    pub(super) before: bool,
    /// The value begins so many bytes before the literal.
    pub(super) back: usize,
    pub(super) rule: u32,
}

/// The literals of all rules.
#[derive(Debug, Default)]
pub(super) struct Leads {
    all: Vec<Lead>,
    /// `None` if there are none, or too many or too odd for it.
    searcher: Option<Searcher>,
}

impl Leads {
    pub(super) fn new(all: Vec<Lead>) -> Self {
        let searcher =
            if all.is_empty() { None } else { Searcher::new(all.iter().map(|lead| &lead.literal)) };
        Self { all, searcher }
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> &[Lead] {
        &self.all
    }

    /// Most bytes from the beginning of a value to the end of the literal that leads to it.
    pub(super) fn longest(&self) -> usize {
        self.all.iter().map(|lead| lead.back + lead.literal.len()).max().unwrap_or(0)
    }

    /// Calls `found` with the position of every literal in `text`, and what it leads to.
    pub(super) fn each(&self, text: &[u8], mut found: impl FnMut(usize, &Lead)) {
        let Some(searcher) = &self.searcher else {
            for lead in &self.all {
                for at in memmem::find_iter(text, &lead.literal) {
                    found(at, lead);
                }
            }
            return;
        };
        let mut from = 0;
        while let Some(next) = searcher.find_in(text, (from..text.len()).into()) {
            // The searcher tells the first literal that begins here, but another may do so too, or
            // begin inside it.
            let at = next.start();
            self.all
                .iter()
                .filter(|lead| text[at..].starts_with(&lead.literal))
                .for_each(|lead| found(at, lead));
            from = at + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lead, Leads};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_literal_is_found(
            literals in proptest::collection::vec("[ab]{1,4}", 0..6), text in "[abc]{0,200}",
        ) {
            let lead = |literal: &String| Lead { literal: literal.as_bytes().into(), before: false, back: 0, rule: 0 };
            let leads = Leads::new(literals.iter().map(lead).collect());
            let mut found = Vec::new();
            leads.each(text.as_bytes(), |at, lead| found.push((at, lead.literal.clone())));
            found.sort();
            let mut expected = Vec::new();
            for at in 0..text.len() {
                let here = literals.iter().filter(|literal| text[at..].starts_with(*literal));
                expected.extend(here.map(|literal| (at, Box::from(literal.as_bytes()))));
            }
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}

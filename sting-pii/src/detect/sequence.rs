//! Patterns that are a few runs of bytes, one after the other: `ghp_[0-9A-Za-z]{36}`.
//!
//! Nine in ten shapes of secrets are such. Where each run can end in one place only, no automaton is
//! needed: a run is measured once, however many values begin in it, so that a text of nothing but
//! beginnings takes no longer than any other.

use super::extent::Run;
use regex_syntax::hir::{Class, Hir, HirKind};
use smallvec::SmallVec;

/// Most sequences that one pattern may stand for.
const MAX_ALTERNATIVES: usize = 32;

/// Sets of bytes, each once.
#[derive(Debug, Default)]
pub(super) struct Classes(Vec<[bool; 256]>);

impl Classes {
    fn enter(&mut self, class: [bool; 256]) -> usize {
        self.0.iter().position(|known| *known == class).unwrap_or_else(|| {
            self.0.push(class);
            self.0.len() - 1
        })
    }

    /// What runs of them have been measured, for a new text: nothing yet.
    pub(super) fn runs(&self) -> Vec<Run> {
        self.0.iter().map(|_| Run::default()).collect()
    }
}

/// One stretch of a sequence.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Literal(Vec<u8>),
    /// So many bytes of a class.
    Run {
        class: usize,
        min: usize,
        max: usize,
    },
}

/// Stretches, one after the other, of which each can end in one place only, but for the last.
#[derive(Clone, Debug, Default)]
pub(super) struct Sequence(Vec<Item>);

/// Places where values that begin in one place end: stretches of them, both ends included.
pub(super) type Ends = SmallVec<[(usize, usize); 4]>;

/// The sequences that together match what `hir` does, if it is so plain.
pub(super) fn sequences(hir: &Hir, classes: &mut Classes) -> Option<Vec<Sequence>> {
    let mut all = vec![Sequence::default()];
    append(&mut all, hir, classes)?;
    all.iter().all(|sequence| sequence.is_certain(classes)).then_some(all)
}

/// Puts `hir` behind each of `all`.
fn append(all: &mut Vec<Sequence>, hir: &Hir, classes: &mut Classes) -> Option<()> {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => all.iter_mut().for_each(|sequence| sequence.literal(&literal.0)),
        HirKind::Class(_) => {
            let class = classes.enter(set(hir)?);
            for sequence in all.iter_mut() {
                sequence.run(class, 1, 1);
            }
        }
        HirKind::Repetition(repetition) => {
            let max = repetition.max.map_or(usize::MAX, |max| max as usize);
            if let Some(set) = set(&repetition.sub) {
                let class = classes.enter(set);
                for sequence in all.iter_mut() {
                    sequence.run(class, repetition.min as usize, max);
                }
            } else if (repetition.min, max) == (0, 1) {
                let without = all.clone();
                append(all, &repetition.sub, classes)?;
                all.extend(without);
            } else if repetition.min as usize == max && max <= 8 {
                for _ in 0..max {
                    append(all, &repetition.sub, classes)?;
                }
            } else {
                return None;
            }
        }
        HirKind::Capture(capture) => append(all, &capture.sub, classes)?,
        HirKind::Concat(parts) => {
            for part in parts {
                append(all, part, classes)?;
            }
        }
        HirKind::Alternation(parts) => {
            let before = std::mem::take(all);
            for part in parts {
                let mut one = before.clone();
                append(&mut one, part, classes)?;
                all.extend(one);
            }
        }
        HirKind::Look(_) => return None,
    }
    (all.len() <= MAX_ALTERNATIVES).then_some(())
}

/// The bytes of a pattern that matches one byte.
fn set(hir: &Hir) -> Option<[bool; 256]> {
    let mut set = [false; 256];
    match hir.kind() {
        HirKind::Class(Class::Bytes(class)) => {
            for range in class.ranges() {
                set[usize::from(range.start())..=usize::from(range.end())].fill(true);
            }
        }
        HirKind::Class(Class::Unicode(class)) if class.is_ascii() => {
            for range in class.ranges() {
                set[range.start() as usize..=range.end() as usize].fill(true);
            }
        }
        HirKind::Literal(literal) if literal.0.len() == 1 => set[usize::from(literal.0[0])] = true,
        _ => return None,
    }
    Some(set)
}

impl Sequence {
    fn literal(&mut self, bytes: &[u8]) {
        if let Some(Item::Literal(last)) = self.0.last_mut() {
            last.extend_from_slice(bytes);
        } else {
            self.0.push(Item::Literal(bytes.to_vec()));
        }
    }

    fn run(&mut self, class: usize, min: usize, max: usize) {
        if let Some(Item::Run { class: last, min: least, max: most }) = self.0.last_mut()
            && *last == class
        {
            (*least, *most) = (*least + min, most.saturating_add(max));
        } else if max > 0 {
            self.0.push(Item::Run { class, min, max });
        }
    }

    /// True if it ends with a run, and `is` is true for every byte of its runs.
    pub(super) fn runs_over(&self, classes: &Classes, is: impl Fn(u8) -> bool) -> bool {
        let over = |class: usize| (0..=255).all(|byte| !classes.0[class][usize::from(byte)] || is(byte));
        matches!(self.0.last(), Some(Item::Run { .. }))
            && self.0.iter().all(|item| match item {
                Item::Run { class, .. } => over(*class),
                Item::Literal(_) => true,
            })
    }

    /// True if no run could as well end earlier for what comes behind it.
    fn is_certain(&self, classes: &Classes) -> bool {
        let clashes = |class: usize, rest: &[Item]| {
            for item in rest {
                match item {
                    Item::Literal(literal) => return classes.0[class][usize::from(literal[0])],
                    Item::Run { class: next, min, .. } => {
                        if (0..256).any(|byte| classes.0[class][byte] && classes.0[*next][byte]) {
                            return true;
                        }
                        if *min > 0 {
                            return false;
                        }
                    }
                }
            }
            false
        };
        self.0.iter().enumerate().all(|(at, item)| match item {
            Item::Run { class, min, max } if min != max => !clashes(*class, &self.0[at + 1..]),
            _ => true,
        })
    }

    /// Adds where the matches end that begin at `start`, none beyond `limit`.
    pub(super) fn ends(
        &self,
        classes: &Classes,
        runs: &mut [Run],
        text: &[u8],
        start: usize,
        limit: usize,
        ends: &mut Ends,
    ) {
        let mut at = start;
        let optional = |item: &Item| matches!(item, Item::Run { min: 0, .. });
        for (nth, item) in self.0.iter().enumerate() {
            let (first, goes_on) = match item {
                Item::Literal(literal) => {
                    if !text[at..].starts_with(literal) {
                        return;
                    }
                    at += literal.len();
                    (at, true)
                }
                Item::Run { class, min, max } => {
                    let set = &classes.0[*class];
                    let inside = |byte: u8| set[usize::from(byte)];
                    let length = if min == max && *max <= 64 {
                        text[at..].iter().take(*max).take_while(|byte| inside(**byte)).count()
                    } else {
                        // What is longer than any value need not be measured to its end.
                        runs[*class].end(&text[..text.len().min(limit + 1)], at, inside) - at
                    };
                    if length < *min {
                        return;
                    }
                    let first = at + min;
                    at += length.min(*max);
                    (first, length <= *max || min == max)
                }
            };
            if self.0[nth + 1..].iter().all(optional) && first <= limit {
                ends.push((first, at.min(limit)));
            }
            if !goes_on || at > limit {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Classes, Ends, sequences};
    use crate::catalog::{Boundary, Group, builtin};
    use crate::detect::Member;
    use crate::detect::automaton::{Automaton, Pattern, Trail};
    use proptest::prelude::*;

    /// Every end that the automaton of a pattern finds is in the sequences, and no other.
    fn compare(row: &crate::Detector, text: &[u8]) {
        let pattern = Pattern::parse(row).unwrap();
        let mut classes = Classes::default();
        let Some(all) = sequences(&pattern.hir, &mut classes) else { return };
        let automaton = Automaton::new(&[&pattern.hir], row.max_len).unwrap();
        let member = Member { rule: 0, max_len: row.max_len, boundary: Boundary::None, tested: true };
        let (mut cache, mut trail, mut runs) = (automaton.cache(), Trail::default(), classes.runs());
        for start in 0..text.len() {
            let mut expected = Vec::new();
            automaton.walk(&mut cache, &mut trail, std::slice::from_ref(&member), text, start, &mut expected);
            let expected: Vec<_> = expected.into_iter().map(|(_, end)| end).collect();
            let mut ends = Ends::default();
            let limit = text.len().min(start + row.max_len);
            for one in &all {
                one.ends(&classes, &mut runs, text, start, limit, &mut ends);
            }
            let mut found: Vec<_> = ends.iter().flat_map(|(from, to)| *from..=*to).collect();
            found.sort_unstable();
            found.dedup();
            assert_eq!(found, expected, "{} from {start}", row.id());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn sequences_end_where_patterns_do(
            pieces in proptest::collection::vec((0_usize..1000, 0_usize..80, "[-A-Za-z0-9_+/=.~@!]{0,40}"), 1..6),
        ) {
            let rows: Vec<_> = builtin().iter().filter(|row| row.group != Group::Name).collect();
            let plain = |row: &&&crate::Detector| {
                matches!(row.group, Group::Prefix | Group::Key)
            };
            for row in rows.iter().filter(plain).skip(pieces[0].0 % 7).step_by(7) {
                let mut text = String::new();
                for (nth, cut, between) in &pieces {
                    // The row's own examples, cut and joined.
                    if let Some(example) = row.examples.get(nth % row.examples.len().max(1)) {
                        let value = example.split(['«', '»']).nth(1).unwrap_or_default();
                        text += value.get(..value.len().saturating_sub(cut % 9)).unwrap_or(value);
                    }
                    text += between;
                }
                compare(row, text.as_bytes());
            }
        }
    }

    #[test]
    fn most_shapes_of_secrets_are_sequences() {
        let of = |group: Group| {
            let rows: Vec<_> = builtin().iter().filter(|row| row.group == group).collect();
            let plain = rows.iter().filter(|row| {
                sequences(&Pattern::parse(row).unwrap().hir, &mut Classes::default()).is_some()
            });
            (plain.count(), rows.len())
        };
        for group in [Group::Prefix, Group::Key] {
            let (plain, all) = of(group);
            assert!(plain * 10 >= all * 9, "{plain} of {all} in {group:?}");
        }
    }

    #[test]
    fn ends_are_stretches() {
        let ends = |pattern: &str, text: &str| {
            let row = crate::Detector { pattern: pattern.into(), max_len: 20, ..builtin()[0].clone() };
            let pattern = Pattern::parse(&row).unwrap();
            let mut classes = Classes::default();
            let all = sequences(&pattern.hir, &mut classes)?;
            let mut ends = Ends::default();
            let mut runs = classes.runs();
            for one in &all {
                one.ends(&classes, &mut runs, text.as_bytes(), 0, 20, &mut ends);
            }
            Some(ends.to_vec())
        };
        assert_eq!(ends("ab[a-z]{2,4}", "abcdefghij"), Some(vec![(4, 6)]));
        assert_eq!(ends("[a-z]{2,}={0,2}", "abc==="), Some(vec![(2, 3), (3, 5)]));
        assert_eq!(ends("a(?:b|c)?d", "acd"), Some(vec![(3, 3)]));
        assert_eq!(ends("[a-z]{2,4}x", "abcx"), None);
        // Nothing ends beyond the longest value.
        let long = "a".repeat(21) + "-bbb";
        assert_eq!(ends("[a-z]{1,}-[a-z]{2,}", &long), Some(vec![]));
        assert_eq!(ends("[a-z]{1,}-[a-z]{2,}", &long[2..]), Some(vec![]));
        assert_eq!(ends("[a-z]{1,}-[a-z]{2,}", &long[5..]), Some(vec![(19, 20)]));
    }
}

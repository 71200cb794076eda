//! From a match to a candidate: borders, validators, and how likely it is to be what it looks like.

use super::context::{self, PhraseIndex, Phrases};
use super::search::{Search, count_back};
use super::shape::RuleSet;
use super::{Candidate, Scratch, Slot, Support, extent, plain};
use crate::catalog::{Boundary, Extent, Group};
use memchr::memmem;
use smallvec::SmallVec;
use std::sync::LazyLock;
use sting_core::Span;

/// Most bytes of a value behind a key that its validator reads; no shape of a vendor is longer.
const MAX_CHECKED: usize = 128;
/// Ends of a value that is no number which are tested before it is let be: a text could else be made of
/// values that fail at every end.
const MAX_FAILURES: u8 = 2;
/// Most digits that a mask keeps at one end.
const MAX_KEPT: usize = 6;

/// How much likelier a value is what its shape says (as a factor of its odds) ...
pub(super) mod odds {
    /// ... if a word near by names the kind.
    pub(crate) const CONTEXT: f32 = 40.0;
    /// ... if the key or column that holds it does.
    pub(crate) const KEY: f32 = 100.0;
    /// ... if the user asked for the kind by name, and so expects it in the text.
    pub(crate) const ASKED: f32 = 8.0;
    /// ... if words near by name something else.
    pub(crate) const NEGATIVE: f32 = 0.05;
}

/// Words that, right before a number, say that it is machinery and not somebody's number.
static MACHINERY: LazyLock<PhraseIndex> = LazyLock::new(|| {
    let phrases = Phrases::new([
        "trace",
        "trace id",
        "span",
        "span id",
        "request id",
        "req id",
        "correlation id",
        "uuid",
        "guid",
        "commit",
        "revision",
        "sha",
        "sha1",
        "sha256",
        "md5",
        "checksum",
        "crc",
        "hash",
        "digest",
        "etag",
        "version",
        "ver",
        "build",
        "offset",
        "block",
        "blk",
        "timestamp",
        "epoch",
        "millis",
        "ms",
        "ns",
        "bytes",
        "size",
        "length",
        "nonce",
        "seq",
        "sequence",
        "thread",
        "pid",
        "ppid",
        "port",
        "latency",
        "duration",
        "elapsed",
        "attempt",
        "job",
        "task",
        "container",
        "app",
        "application",
        "rdd",
        "partition",
        "generation",
        "address",
        "addr",
        "0x",
        "isbn",
        "issn",
        "doi",
        "pmid",
        "rfc",
        "order",
        "invoice",
        "ticket",
        "tracking",
        "sku",
        "upc",
        "ean",
    ]);
    PhraseIndex::new([(0, &phrases)].into_iter())
});

impl Search<'_, '_, '_> {
    pub(super) fn walk(&mut self, slot: Slot, start: usize) {
        self.walk_if(slot, start, Only::All, Entry::Open);
    }

    /// Tries all patterns of a group (or only those of the rules in `only`) at `start`.
    pub(super) fn walk_if(&mut self, slot: Slot, start: usize, only: Only<'_>, entry: Entry) {
        if !self.starts.contains(&start) {
            return;
        }
        let (engine, text) = (self.engine, self.text);
        let Scratch { caches, trails, ends, .. } = &mut *self.scratch;
        let (Some(patterns), Some(cache)) = (&engine.slots[slot as usize], &mut caches[slot as usize]) else {
            return;
        };
        ends.clear();
        let trail = &mut trails[slot as usize];
        patterns.automaton.walk(cache, trail, &patterns.members, text, start, ends);
        if !matches!(only, Only::All) {
            ends.retain(|&(pattern, _)| {
                only.admits(pattern as usize, patterns.members[pattern as usize].rule)
            });
        }
        if ends.is_empty() {
            return;
        }
        // Of each pattern the longest end first.
        let ends = std::mem::take(ends);
        let mut tries: SmallVec<[(u32, Tries); 4]> = SmallVec::new();
        for &(pattern, end) in ends.iter().rev() {
            super::work::count(1);
            let known = tries.iter().position(|(known, _)| *known == pattern);
            let known = known.unwrap_or_else(|| {
                let rule = patterns.members[pattern as usize].rule;
                tries.push((pattern, self.tries(rule, start, entry)));
                tries.len() - 1
            });
            self.judge(&mut tries[known].1, end);
        }
        self.scratch.ends = ends;
    }

    /// Tries a row whose pattern needs no automaton at `start`.
    pub(super) fn plain(&mut self, row: &plain::Row, start: usize, entry: Entry) {
        if !self.starts.contains(&start) {
            return;
        }
        let ends = self.engine.plain.ends(row, &mut self.scratch.plain_runs, self.text, start);
        if ends.is_empty() {
            return;
        }
        let mut tries = self.tries(row.rule, start, entry);
        let rule = &self.engine.rules[row.rule as usize];
        let inside = |end: usize| {
            rule.boundary != Boundary::None
                && rule.extent == Extent::Match
                && self.text.get(end).is_some_and(u8::is_ascii_alphanumeric)
        };
        for (first, last) in ends {
            for end in (first..=last).rev().filter(|end| !inside(*end)) {
                if tries.over {
                    return;
                }
                super::work::count(1);
                self.judge(&mut tries, end);
            }
        }
    }

    /// Begins to look for the end of a value of a rule.
    fn tries(&self, rule: u32, start: usize, entry: Entry) -> Tries {
        let boundary = self.engine.rules[rule as usize].boundary;
        let shut = entry == Entry::Open && !boundary.opens(self.text, start);
        let over = shut || extent::character_end(self.text, start) != start;
        Tries { rule, start, by_key: entry == Entry::Key, over, failed: 0, refused: 0 }
    }

    /// Looks at one end of a value, which its pattern fits.
    fn judge(&mut self, tries: &mut Tries, end: usize) {
        if tries.over {
            return;
        }
        let engine = self.engine;
        let (index, start, by_key) = (tries.rule, tries.start, tries.by_key);
        let (text, rule) = (self.text, &engine.rules[index as usize]);
        let end = rule.extent.end(text, start, end, &mut self.scratch.runs);
        // Values of most extents go on to one end, wherever the pattern stopped.
        if end == tries.refused || !rule.boundary.closes(text, end) {
            return;
        }
        let value = &text[start..end];
        if by_key && is_masked(value) || is_left_of_a_mask(text, start, end) {
            tries.over = true;
            return;
        }
        // Values behind keys may nest (`a=b=c=...`): of each, no more is read than tells what it is.
        let checked = if by_key { &value[..value.len().min(MAX_CHECKED)] } else { value };
        // No test that must read all of a longer value reads more of one that it refuses.
        super::work::count(checked.len().min(1024));
        if rule.check.is_some_and(|check| !(check.run)(checked)) {
            (tries.refused, tries.failed) = (end, tries.failed + 1);
            // Behind a key stands one value: no part of it is another.
            tries.over = by_key || rule.group != Group::Id && tries.failed == MAX_FAILURES;
            return;
        }
        tries.over = true;
        if rule.group == Group::Id && within_uuid(text, start, end) {
            return;
        }
        let (score, support) = self.score(index, start, end, by_key);
        if score >= engine.min_score && (!rule.weak || support.key || support.context) {
            self.out.push(Candidate { span: Span::new(start, end), rule: index, score, support });
        }
    }

    fn score(&mut self, index: u32, start: usize, end: usize, by_key: bool) -> (f32, Support) {
        let engine = self.engine;
        let rule = &engine.rules[index as usize];
        let mut support = Support { validated: rule.check.is_some(), key: by_key, ..Support::default() };
        let mut odds = rule.odds * rule.check.map_or(1.0, |check| check.odds);
        if let Some((field, endings)) = &self.field {
            support.key |=
                field.have(&rule.context) || endings.iter().any(|e| rule.keys.binary_search(e).is_ok());
        }
        // Where no word could lift the value over the threshold, none is read.
        if !support.key && probability(odds * odds::CONTEXT) >= self.engine.min_score {
            let around = &mut self.scratch.around;
            around.read(self.text, (start, end), (&engine.context, &engine.avoid, &MACHINERY));
            support.context = around.support(index);
            support.negative =
                !support.context && (around.oppose(index) || rule.group == Group::Id && around.machinery());
        }
        if support.key {
            odds *= odds::KEY;
        } else if support.context {
            odds *= odds::CONTEXT;
        } else if support.negative {
            odds *= odds::NEGATIVE;
        }
        (probability(odds), support)
    }
}

/// Which rules of a group are tried.
#[derive(Clone, Copy, Debug)]
pub(super) enum Only<'r> {
    All,
    /// These.
    Rules(&'r [u32]),
    /// Those of these numbers in the group.
    Patterns(RuleSet),
}

impl Only<'_> {
    fn admits(self, pattern: usize, rule: u32) -> bool {
        match self {
            Self::All => true,
            Self::Rules(rules) => rules.contains(&rule),
            Self::Patterns(patterns) => patterns.has(pattern),
        }
    }
}

/// How the search came to the place where a value may begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Entry {
    /// By a trigger in the value itself, whose border is still to be looked at.
    Open,
    /// Over what stands before the value, which is then its border.
    Behind,
    /// Over a key.
    Key,
}

/// How far the search for the end of a value has come. Ends are tried from the last on.
struct Tries {
    rule: u32,
    start: usize,
    by_key: bool,
    /// An end was found, or none will be.
    over: bool,
    /// Ends whose values did not pass the rule's test, and the last of them.
    failed: u8,
    refused: usize,
}

/// Never quite 1.
pub(super) fn probability(odds: f32) -> f32 {
    (odds / (1.0 + odds)).min(0.999)
}

/// True for what a scrubber has written already: a token, or a mask.
pub(super) fn is_masked(value: &[u8]) -> bool {
    context::issued_token(value) == Some(value.len()) || memmem::find(value, b"***").is_some()
}

/// True for the few digits that a mask kept of a longer value: they are not a value of their own.
fn is_left_of_a_mask(text: &[u8], start: usize, end: usize) -> bool {
    end - start <= MAX_KEPT && (text[..start].ends_with(b"***") || text[end..].starts_with(b"***"))
}

/// True if the value is a part of a UUID.
fn within_uuid(text: &[u8], start: usize, end: usize) -> bool {
    let inside = |b: &u8| b.is_ascii_hexdigit() || *b == b'-';
    if !text[start..end].iter().all(inside) {
        return false;
    }
    let mut from = start - count_back(text, start, 37, inside);
    // `req-16da8660-...`: the dash before it is none of its own.
    from += usize::from(text[from] == b'-');
    let to = end + text[end..].iter().take(37).take_while(|b| inside(b)).count();
    to - from == 36 && [8, 13, 18, 23].iter().all(|dash| text[from + dash] == b'-')
}

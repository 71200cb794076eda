//! From a match to a candidate: borders, validators, and how likely it is to be what it looks like.

use super::context::{self, PhraseIndex, Phrases};
use super::search::{Search, count_back};
use super::shape::RuleSet;
use super::{Candidate, Scratch, Slot, Support, extent};
use crate::catalog::Group;
use memchr::memmem;
use std::sync::LazyLock;
use sting_core::Span;

/// Most bytes of a value behind a key that its validator reads; no shape of a vendor is longer.
const MAX_CHECKED: usize = 256;
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
        let engine = self.engine;
        let Scratch { caches, ends, .. } = &mut *self.scratch;
        let (Some(patterns), Some(cache)) = (&engine.slots[slot as usize], &mut caches[slot as usize]) else {
            return;
        };
        ends.clear();
        patterns.automaton.walk(cache, self.text, start, |pattern, end| {
            if only.admits(pattern, patterns.rules[pattern]) {
                ends.push((pattern as u32, end));
            }
        });
        if ends.is_empty() {
            return;
        }
        // Each pattern's longest end first.
        if ends.len() > 1 {
            ends.sort_unstable_by_key(|&(pattern, end)| (pattern, std::cmp::Reverse(end)));
        }
        let ends = std::mem::take(ends);
        let mut settled = None;
        for &(pattern, end) in &ends {
            let rule = patterns.rules[pattern as usize];
            if settled == Some(pattern) {
                continue;
            }
            match self.judge(rule, start, end, entry) {
                Judgement::Not => {}
                Judgement::Never => settled = Some(pattern),
                Judgement::Is(candidate) => {
                    settled = Some(pattern);
                    self.out.extend(candidate);
                }
            }
        }
        self.scratch.ends = ends;
    }

    fn judge(&mut self, index: u32, start: usize, end: usize, entry: Entry) -> Judgement {
        let engine = self.engine;
        let (text, rule) = (self.text, &engine.rules[index as usize]);
        let by_key = entry == Entry::Key;
        if entry == Entry::Open && !rule.boundary.opens(text, start)
            || extent::character_end(text, start) != start
        {
            return Judgement::Never;
        }
        let end = rule.extent.end(text, start, end, &mut self.scratch.runs);
        if !rule.boundary.closes(text, end) {
            return Judgement::Not;
        }
        let value = &text[start..end];
        if by_key && is_masked(value) || is_left_of_a_mask(text, start, end) {
            return Judgement::Never;
        }
        // Values behind keys may nest (`a=b=c=...`): of each, no more is read than tells what it is.
        let checked = if by_key { &value[..value.len().min(MAX_CHECKED)] } else { value };
        if rule.check.is_some_and(|check| !(check.run)(checked)) {
            // Behind a key stands one value: no part of it is another.
            return if by_key { Judgement::Never } else { Judgement::Not };
        }
        if rule.group == Group::Id && within_uuid(text, start, end) {
            return Judgement::Never;
        }
        let (score, support) = self.score(index, start, end, by_key);
        let counts = !rule.weak || support.key || support.context;
        Judgement::Is((counts && score >= engine.min_score).then_some(Candidate {
            span: Span::new(start, end),
            rule: index,
            score,
            support,
        }))
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

enum Judgement {
    /// Not with this end; a shorter one may do.
    Not,
    /// With no end.
    Never,
    /// It is the rule's kind, and a candidate if it scores enough.
    Is(Option<Candidate>),
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

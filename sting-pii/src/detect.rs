//! From bytes to candidates: triggers, walks, validators, scores.
//!
//! Every decision about a value depends on a bounded stretch of text around it ([`LOOK_BEHIND`],
//! [`LOOK_AHEAD`]), which is what lets a stream be scanned in pieces with the same result.

mod automaton;
mod boundary;
mod compile;
pub(crate) mod context;
pub(crate) mod extent;
mod key;
mod prefix;
pub(crate) mod resolve;
mod trigger;

use crate::catalog::{Boundary, Extent, Group};
use crate::validate::Check;
use automaton::Automaton;
use context::{PhraseIndex, Phrases, Surroundings, Words};
use memchr::memmem;
use prefix::PrefixSet;
use regex_automata::hybrid::dfa::Cache;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use sting_core::Span;
use trigger::{Kernel, Scan, ones};

/// Most bytes before a value that bear on it: the context window, or a key of full length with its
/// separator; twice, because each is cut at a word.
pub(crate) const LOOK_BEHIND: usize = 2 * context::BEFORE + key::MAX_KEY;

/// Most bytes from the start of a value that bear on it.
pub(crate) const LOOK_AHEAD: usize = extent::MAX_VALUE + extent::MAX_TAIL + 2 * context::AFTER;

/// Most letters before the first digit of a word in [`Group::Id`].
const MAX_LETTERS: usize = 8;
/// Longest local part of a mail address (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Longest user and part of a password before what looks like a mail address.
const MAX_USER: usize = 128;
/// Most bytes of a value behind a key that its validator reads; no shape of a vendor is longer.
const MAX_CHECKED: usize = 256;
/// Longest scheme of a URL.
const MAX_SCHEME: usize = 16;

/// How much likelier a value is what its shape says (as a factor of its odds) ...
mod odds {
    /// ... if a word near by names the kind.
    pub(super) const CONTEXT: f32 = 40.0;
    /// ... if the key or column that holds it does.
    pub(super) const KEY: f32 = 100.0;
    /// ... if the user asked for the kind by name, and so expects it in the text.
    pub(super) const ASKED: f32 = 8.0;
    /// ... if words near by name something else.
    pub(super) const NEGATIVE: f32 = 0.05;
}

/// Words that, right before a number, say that it is machinery and not somebody's number.
static MACHINERY: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new([
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
    ])
});

/// A row of the catalog, compiled.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) kind: Arc<str>,
    pub(crate) id: Arc<str>,
    group: Group,
    /// Three known bytes begin every value.
    prefixed: bool,
    boundary: Boundary,
    extent: Extent,
    check: Option<&'static Check>,
    /// Odds of the shape alone, with the user's own expectation in it.
    odds: f32,
    weak: bool,
    context: Phrases,
    avoid: Phrases,
    /// Hashes of the names of keys, sorted.
    keys: Vec<u64>,
}

/// A value that may be private data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) span: Span,
    pub(crate) rule: u32,
    pub(crate) score: f32,
    pub(crate) support: Support,
}

/// What spoke for or against a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Support {
    pub(crate) validated: bool,
    pub(crate) context: bool,
    pub(crate) key: bool,
    pub(crate) negative: bool,
}

/// The patterns of one group, and the rule of each.
#[derive(Debug)]
struct Patterns {
    automaton: Automaton,
    rules: Vec<u32>,
}

/// What one scan needs and the next can use again.
#[derive(Debug)]
struct Scratch {
    caches: [Option<Cache>; SLOTS],
    /// Pattern and end of each match of one walk.
    ends: Vec<(u32, usize)>,
    /// Rules whose keys the key of one pair matches.
    keyed: Vec<u32>,
    around: Surroundings,
    runs: extent::Runs,
}

/// Groups that have an automaton: everything in one place of a text is matched by one walk.
#[derive(Clone, Copy, Debug)]
enum Slot {
    Id,
    At,
    Url,
    Prefix,
    /// Rules of [`Group::Prefix`] whose patterns begin with a class.
    Long,
    Key,
    Lead,
    Scan,
}

const SLOTS: usize = 8;

/// All rules of a scrubber, compiled.
pub(crate) struct Engine {
    pub(crate) rules: Vec<Rule>,
    slots: [Option<Patterns>; SLOTS],
    prefixes: PrefixSet,
    /// Literals of [`Group::Lead`], whether the value begins behind the literal, and its rule.
    leads: Vec<(memmem::Finder<'static>, bool, u32)>,
    /// Bytes with which a pattern of [`Group::Scan`] can begin.
    scan_first: Box<[bool; 256]>,
    /// Names of keys, and their rules.
    keys: PhraseIndex,
    /// Phrases that speak for a rule, and those that speak against one.
    context: PhraseIndex,
    avoid: PhraseIndex,
    kernel: Kernel,
    min_score: f32,
    idle: Mutex<Vec<Scratch>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("rules", &self.rules.len()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Appends the candidates of `text` that score at least the threshold and begin in `starts`.
    /// `field` is the name of the column or key that holds the whole text.
    pub(crate) fn candidates(
        &self,
        text: &[u8],
        starts: std::ops::Range<usize>,
        field: Option<&str>,
        out: &mut Vec<Candidate>,
    ) {
        let scratch = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = scratch.unwrap_or_else(|| Scratch {
            caches: self
                .slots
                .each_ref()
                .map(|slot| slot.as_ref().map(|patterns| patterns.automaton.cache())),
            ends: Vec::new(),
            keyed: Vec::new(),
            around: Surroundings::default(),
            runs: extent::Runs::default(),
        });
        let field = field.map(|name| {
            let mut hashes = Vec::new();
            context::for_key_hashes(name.as_bytes(), |hash| hashes.push(hash));
            (Words::of_name(name), hashes)
        });
        scratch.around.clear();
        scratch.runs = extent::Runs::default();
        let mut search = Search { engine: self, text, starts, field, scratch, out };
        search.run();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(search.scratch);
    }
}

/// One scan of one text.
struct Search<'e, 't, 'o> {
    engine: &'e Engine,
    text: &'t [u8],
    starts: std::ops::Range<usize>,
    /// Words of the name of the field that holds the text, and hashes of its endings.
    field: Option<(Words<'t>, Vec<u64>)>,
    scratch: Scratch,
    out: &'o mut Vec<Candidate>,
}

impl Search<'_, '_, '_> {
    fn run(&mut self) {
        self.field_as_a_whole();
        self.triggers();
        self.literals();
        self.everywhere();
    }

    fn has(&self, slot: Slot) -> bool {
        self.engine.slots[slot as usize].is_some()
    }

    fn triggers(&mut self) {
        let engine = self.engine;
        let [id, at, url, prefix, long, key] =
            [Slot::Id, Slot::At, Slot::Url, Slot::Prefix, Slot::Long, Slot::Key].map(|slot| self.has(slot));
        // Begin a little early, so that no trigger is cut from what it is the trigger of.
        let first = self.starts.start.saturating_sub(LOOK_BEHIND);
        let text = self.text;
        for (offset, mut triggers) in Scan::new(&text[first..], engine.kernel) {
            let offset = first + offset;
            if offset > self.starts.end + LOOK_BEHIND {
                break;
            }
            triggers.digit *= u64::from(id);
            triggers.at *= u64::from(at);
            triggers.long *= u64::from(prefix | long);
            triggers.colon *= u64::from(url | key | id);
            triggers.equals *= u64::from(key);
            let any = triggers.digit | triggers.at | triggers.long | triggers.colon | triggers.equals;
            for bit in ones(any) {
                let (here, place) = (1 << bit, offset + bit);
                if triggers.digit & here != 0 {
                    self.id(place);
                }
                if triggers.long & here != 0 {
                    if engine.prefixes.may_begin(&text[place..]) {
                        self.walk(Slot::Prefix, place);
                    }
                    self.walk(Slot::Long, place);
                }
                if triggers.at & here != 0 {
                    self.at_sign(place);
                }
                if triggers.colon & here != 0 {
                    self.colon(place, id, url, key);
                }
                if triggers.equals & here != 0 {
                    self.pair(place);
                }
            }
        }
    }

    /// `digit` is the first digit of a word that has only letters before it.
    fn id(&mut self, digit: usize) {
        let text = self.text;
        let letters = count_back(text, digit, MAX_LETTERS + 1, u8::is_ascii_alphabetic);
        if letters > MAX_LETTERS {
            return;
        }
        let start = digit - letters;
        self.walk(Slot::Id, start);
        if letters > 0 {
            return;
        }
        // `+49`, `(555)`, `(+49)`
        let opening = count_back(text, start, 2, |b| matches!(b, b'+' | b'('));
        for back in 1..=opening {
            self.walk(Slot::Id, start - back);
        }
        // `DE 123`, `B-AB 123`: short words in capitals before the number may belong to it.
        let mut front = start;
        for _ in 0..2 {
            if front == 0 || !matches!(text[front - 1], b' ' | b'-' | b'.' | b'/') {
                return;
            }
            let capitals = count_back(text, front - 1, 5, u8::is_ascii_uppercase);
            if capitals == 0 || capitals > 4 {
                return;
            }
            front -= 1 + capitals;
            self.walk(Slot::Id, front);
        }
    }

    fn at_sign(&mut self, at: usize) {
        let text = self.text;
        let mut start = at;
        let floor = at.saturating_sub(MAX_LOCAL);
        while start > floor {
            let byte = text[start - 1];
            if is_local(byte) {
                start -= 1;
            } else if byte & 0xC0 == 0x80 && start >= 2 + floor && (0xC3..=0xDF).contains(&text[start - 2]) {
                // Latin, Greek, Cyrillic, ... letters: those of scripts that put spaces between words.
                start -= 2;
            } else {
                break;
            }
        }
        while start < at
            && !(text[start].is_ascii_alphanumeric() || text[start] >= 0xC3 || text[start] == b'_')
        {
            start += 1;
        }
        if start < at && !in_password(text, start) {
            self.walk_if(Slot::At, start, None, Entry::Behind);
        }
    }

    fn colon(&mut self, colon: usize, id: bool, url: bool, key: bool) {
        let text = self.text;
        let (prev, next) = (colon.checked_sub(1).map(|i| text[i]), text.get(colon + 1).copied());
        if url && text[colon + 1..].starts_with(b"//") {
            let scheme = count_back(text, colon, MAX_SCHEME, |b| {
                b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-')
            });
            if scheme > 0 {
                self.walk(Slot::Url, colon - scheme);
            }
            return;
        }
        if id {
            // `ab:cd:...` and `::1` have no digit that would have led to them.
            let hex = count_back(text, colon, 5, u8::is_ascii_hexdigit);
            let letters_only = text[colon - hex..colon].iter().all(u8::is_ascii_alphabetic);
            let goes_on = next.is_some_and(|b| b == b':' || b.is_ascii_hexdigit());
            let compressed = hex == 0 && next == Some(b':') && prev != Some(b':');
            if goes_on && letters_only && (compressed || (1..=4).contains(&hex)) {
                self.walk(Slot::Id, colon - hex);
            }
        }
        let clock = prev.is_some_and(|b| b.is_ascii_digit()) && next.is_some_and(|b| b.is_ascii_digit());
        if key && !clock {
            self.pair(colon);
        }
    }

    /// A `:` or `=` that may stand between a key and its value.
    fn pair(&mut self, separator: usize) {
        let Some(key) = key::key_before(self.text, separator) else { return };
        let key_start = key.as_ptr() as usize - self.text.as_ptr() as usize;
        if key_start > 0 && context::issued_token(&self.text[key_start - 1..]).is_some() {
            return; // `[KIND:` that a scrubber wrote
        }
        let mut keyed = std::mem::take(&mut self.scratch.keyed);
        keyed.clear();
        context::for_key_hashes(key, |hash| self.engine.keys.look_up(hash, &mut keyed));
        if !keyed.is_empty()
            && let Some(start) = key::value_start(self.text, separator)
        {
            self.walk_if(Slot::Key, start, Some(&keyed), Entry::Key);
        }
        self.scratch.keyed = keyed;
    }

    /// The text is the value of a field whose own name is a key.
    fn field_as_a_whole(&mut self) {
        let Some((_, endings)) = &self.field else { return };
        let blanks = self.text.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let cut = extent::character_end(self.text, self.text.len().min(blanks + extent::MAX_VALUE));
        let end = self.text[..cut].trim_ascii_end().len();
        let whole = Span::new(blanks, end);
        if blanks != 0 && blanks >= end || whole.is_empty() || !self.starts.contains(&blanks) {
            return;
        }
        let value = &self.text[whole.range()];
        if is_masked(value) {
            return;
        }
        let mut shaped = Vec::new();
        for (index, rule) in (0..).zip(&self.engine.rules) {
            if rule.group != Group::Key || !rule.keys.iter().any(|key| endings.contains(key)) {
                continue;
            }
            if rule.extent == Extent::Match {
                shaped.push(index);
            } else if rule.check.is_none_or(|check| (check.run)(value)) {
                let support = Support { key: true, validated: rule.check.is_some(), ..Support::default() };
                let score = probability(rule.odds * odds::KEY);
                self.out.push(Candidate { span: whole, rule: index, score, support });
            }
        }
        // A key alone says nothing of a value that cannot be what it names.
        if !shaped.is_empty() {
            self.walk_if(Slot::Key, blanks, Some(&shaped), Entry::Key);
        }
    }

    fn literals(&mut self) {
        let engine = self.engine;
        let (from, to) = (self.starts.start.saturating_sub(LOOK_BEHIND), self.starts.end);
        let text = self.text;
        for (finder, behind, rule) in &engine.leads {
            let stretch = &text[from..text.len().min(to + finder.needle().len())];
            for found in finder.find_iter(stretch) {
                let place = from + found;
                if *behind {
                    if Boundary::Alnum.opens(text, place) {
                        self.walk_if(
                            Slot::Lead,
                            place + finder.needle().len(),
                            Some(&[*rule]),
                            Entry::Behind,
                        );
                    }
                } else {
                    self.walk_if(Slot::Lead, place, Some(&[*rule]), Entry::Open);
                }
            }
        }
    }

    fn everywhere(&mut self) {
        if !self.has(Slot::Scan) {
            return;
        }
        for place in self.starts.clone() {
            if self.engine.scan_first[usize::from(self.text[place])] {
                self.walk(Slot::Scan, place);
            }
        }
    }

    fn walk(&mut self, slot: Slot, start: usize) {
        self.walk_if(slot, start, None, Entry::Open);
    }

    /// Tries all patterns of a group (or only those of the rules in `only`) at `start`.
    fn walk_if(&mut self, slot: Slot, start: usize, only: Option<&[u32]>, entry: Entry) {
        if !self.starts.contains(&start) {
            return;
        }
        let engine = self.engine;
        let Scratch { caches, ends, .. } = &mut self.scratch;
        let (Some(patterns), Some(cache)) = (&engine.slots[slot as usize], &mut caches[slot as usize]) else {
            return;
        };
        ends.clear();
        patterns.automaton.walk(cache, self.text, start, |pattern, end| {
            if only.is_none_or(|only| only.contains(&patterns.rules[pattern])) {
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
        if by_key && is_masked(value) {
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

/// How the search came to the place where a value may begin.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Entry {
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
fn probability(odds: f32) -> f32 {
    (odds / (1.0 + odds)).min(0.999)
}

const fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'&')
}

/// Bytes before `end` that all satisfy `is`, at most `max`.
fn count_back(text: &[u8], end: usize, max: usize, is: impl Fn(&u8) -> bool) -> usize {
    text[end.saturating_sub(max)..end].iter().rev().take_while(|b| is(b)).count()
}

/// True if `at` is behind `scheme://user:`, so that what goes on to an `@` is a password.
fn in_password(text: &[u8], at: usize) -> bool {
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'@' | b'"' | b'\'' | b'<' | b'>');
    let length = count_back(text, at, MAX_USER, |b| !ends(b));
    let (before, user) = text[..at].split_at(at - length);
    before.ends_with(b"://") && user.contains(&b':')
}

/// True for what a scrubber has written already: a token, or a mask.
fn is_masked(value: &[u8]) -> bool {
    context::issued_token(value) == Some(value.len()) || memmem::find(value, b"***").is_some()
}

/// True if the value is a part of a UUID.
fn within_uuid(text: &[u8], start: usize, end: usize) -> bool {
    let inside = |b: &u8| b.is_ascii_hexdigit() || *b == b'-';
    if !text[start..end].iter().all(inside) {
        return false;
    }
    let from = start - count_back(text, start, 37, inside);
    let to = end + text[end..].iter().take(37).take_while(|b| inside(b)).count();
    to - from == 36 && [8, 13, 18, 23].iter().all(|dash| text[from + dash] == b'-')
}

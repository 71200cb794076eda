//! One scan of one text: from triggers to the places where a value could begin.

use super::chart::{Block, Chart, STRETCH, ones};
use super::context::{self, Words};
use super::judge::{Entry, Only, is_masked, odds, probability};
use super::lead::Lead;
use super::shape::RuleSet;
use super::{Candidate, Engine, LOOK_BEHIND, Scratch, Slot, Support, extent, key};
use crate::catalog::{Boundary, Extent, Group};
use std::ops::Range;
use sting_core::Span;

/// Most letters before the first digit of a word in [`Group::Id`].
pub(super) const MAX_LETTERS: usize = 8;
/// Longest local part of a mail address (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Longest user and part of a password before what looks like a mail address.
const MAX_USER: usize = 128;
/// Longest scheme of a URL.
const MAX_SCHEME: usize = 16;

/// One scan of one text.
pub(super) struct Search<'e, 't, 'o> {
    pub(super) engine: &'e Engine,
    pub(super) text: &'t [u8],
    pub(super) starts: Range<usize>,
    /// Words of the name of the field that holds the text, and hashes of its endings.
    pub(super) field: Option<(Words<'t>, Vec<u64>)>,
    pub(super) scratch: Box<Scratch>,
    pub(super) out: &'o mut Vec<Candidate>,
}

/// How far the triggers of ids are dealt with.
#[derive(Default)]
struct Ids {
    /// Those before this are.
    done: usize,
    /// Those before this have to be walked, for these rules of ids.
    walked: usize,
    only: RuleSet,
}

impl Search<'_, '_, '_> {
    pub(super) fn run(&mut self) {
        self.field_as_a_whole();
        self.triggers();
        self.literals();
        self.everywhere();
    }

    fn has(&self, slot: Slot) -> bool {
        self.engine.slots[slot as usize].is_some()
    }

    fn triggers(&mut self) {
        // Begin a little early, so that no trigger is cut from what it is the trigger of.
        let to = self.text.len().min(self.starts.end.saturating_add(LOOK_BEHIND));
        let mut at = self.starts.start.saturating_sub(LOOK_BEHIND);
        let mut chart = std::mem::take(&mut self.scratch.chart);
        while at < to {
            let end = to.min(at + STRETCH);
            chart.fill(self.engine.kernel, self.text, at, end);
            self.stretch(&chart, at, end);
            at = end;
        }
        self.scratch.chart = chart;
    }

    /// Follows the triggers in `from..to`, which is charted.
    fn stretch(&mut self, chart: &Chart, from: usize, to: usize) {
        let [id, at, url, key] = [Slot::Id, Slot::At, Slot::Url, Slot::Key].map(|slot| self.has(slot));
        let [prefix, long] = [Slot::Prefix, Slot::Long].map(|slot| self.has(slot));
        let plain = &self.engine.plain;
        let tokens_wanted = prefix | long | plain.has_tokens();
        let key = key | plain.has_keys();
        let colons = url | key | id;
        let mut ids = Ids::default();
        self.scratch.met.clear();
        for (offset, block) in chart.blocks(from, to) {
            let Block { digit, long: tokens, at: ats, colon, equals, .. } = block.within(offset, from, to);
            if id {
                ones(digit).for_each(|bit| self.digit(chart, offset + bit, &mut ids));
            }
            if tokens_wanted {
                ones(tokens).for_each(|bit| self.token(chart, offset + bit));
            }
            if at {
                ones(ats).for_each(|bit| self.at_sign(offset + bit));
            }
            if colons {
                ones(colon).for_each(|bit| self.colon(offset + bit, (id, url, key), Some(chart)));
            }
            if key {
                ones(equals).for_each(|bit| self.pair(offset + bit, Some(chart)));
            }
        }
    }

    /// Walks from the trigger `digit`, unless its shape or the words around it rule all ids out.
    #[inline]
    fn digit(&mut self, chart: &Chart, digit: usize, ids: &mut Ids) {
        let engine = self.engine;
        if digit < ids.done {
            return;
        }
        if digit >= ids.walked
            && let (Some(shapes), None) = (&engine.shapes, &self.field)
        {
            let Some(begin) = starts(self.text, digit).min() else { return };
            let shape = chart.shape(begin, digit - begin);
            let Some(memo) = &mut self.scratch.memo else { return self.id(digit, Only::All) };
            let verdict = shapes.verdict(memo, &shape, digit - begin);
            let behind = begin + usize::from(verdict.covers);
            let must = behind <= digit || verdict.walk;
            if !must && verdict.near.is_empty() {
                ids.done = behind;
                return;
            }
            let named = engine.id_words.near(&mut self.scratch.met, chart, self.text, begin);
            if !must && !named.meets(verdict.near) {
                ids.done = behind;
                return;
            }
            ids.only = shapes.plain();
            ids.only.extend(named);
            ids.walked = behind;
        }
        let only = if digit < ids.walked { Only::Patterns(ids.only) } else { Only::All };
        self.id(digit, only);
    }

    /// `digit` is the first digit of a word that has only letters before it.
    pub(super) fn id(&mut self, digit: usize, only: Only<'_>) {
        for start in starts(self.text, digit) {
            self.walk_if(Slot::Id, start, only, Entry::Open);
        }
    }

    /// A token of at least twelve bytes begins at `place`.
    #[inline]
    fn token(&mut self, chart: &Chart, place: usize) {
        if self.engine.prefixes.may_begin(&self.text[place..]) {
            self.walk(Slot::Prefix, place);
        }
        for row in self.engine.plain.beginning(&self.text[place..]) {
            self.plain(row, place, Entry::Open);
        }
        if self.engine.long.as_ref().is_some_and(|tokens| tokens.may_begin(chart, self.text, place)) {
            self.long_token(place);
        }
    }

    pub(super) fn long_token(&mut self, place: usize) {
        for row in self.engine.plain.long() {
            self.plain(row, place, Entry::Open);
        }
        self.walk(Slot::Long, place);
    }

    /// Tries the rules of `keyed` at `start`, where the value of their key begins.
    fn keyed(&mut self, keyed: &[u32], start: usize) {
        let mut walk = false;
        for rule in keyed {
            match self.engine.plain.of(*rule) {
                Some(row) => self.plain(row, start, Entry::Key),
                None => walk = true,
            }
        }
        if walk {
            self.walk_if(Slot::Key, start, Only::Rules(keyed), Entry::Key);
        }
    }

    pub(super) fn at_sign(&mut self, at: usize) {
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
            self.walk_if(Slot::At, start, Only::All, Entry::Behind);
        }
    }

    /// With a chart of the text around, what cannot be a key is not looked up.
    pub(super) fn colon(&mut self, colon: usize, (id, url, key): (bool, bool, bool), chart: Option<&Chart>) {
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
        if id && (next == Some(b':') || prev.is_some_and(|b| b.is_ascii_hexdigit())) {
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
            self.pair(colon, chart);
        }
    }

    /// A `:` or `=` that may stand between a key and its value.
    pub(super) fn pair(&mut self, separator: usize, chart: Option<&Chart>) {
        let Some(end) = key::key_end(self.text, separator) else { return };
        if chart.is_some_and(|chart| !self.engine.key_words.may_be_key(chart, self.text, end)) {
            return;
        }
        let Some(key) = key::key_before(self.text, separator) else { return };
        let key = key::named_by(self.text, key).unwrap_or(key);
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
            keyed.sort_unstable();
            keyed.dedup();
            self.keyed(&keyed, start);
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
            self.keyed(&shaped, blanks);
        }
    }

    fn literals(&mut self) {
        let engine = self.engine;
        let from = self.starts.start.saturating_sub(LOOK_BEHIND);
        let to = self.text.len().min(self.starts.end + engine.leads.longest());
        engine.leads.each(&self.text[from..to], |offset, lead| {
            let Some(place) = (from + offset).checked_sub(lead.back) else { return };
            let behind = from + offset + lead.literal.len();
            self.led(lead, place, behind);
        });
    }

    /// A literal stands at `place`, or so many bytes behind it, and ends at `behind`.
    pub(super) fn led(&mut self, lead: &Lead, place: usize, behind: usize) {
        let (start, entry) = if lead.before { (behind, Entry::Behind) } else { (place, Entry::Open) };
        if lead.before && !Boundary::Alnum.opens(self.text, place) {
            return;
        }
        match self.engine.plain.of(lead.rule) {
            Some(row) => self.plain(row, start, entry),
            None => self.walk_if(Slot::Lead, start, Only::Rules(&[lead.rule]), entry),
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
}

/// Where an id could begin whose first digit is `digit`: at most three places.
fn starts(text: &[u8], digit: usize) -> impl Iterator<Item = usize> {
    let mut places = [0; 3];
    let mut count = 0;
    let mut add = |place: usize| {
        places[count] = place;
        count += 1;
    };
    let letters = count_back(text, digit, MAX_LETTERS + 1, u8::is_ascii_alphabetic);
    let start = digit - letters;
    if letters <= MAX_LETTERS {
        add(start);
    }
    if letters == 0 {
        // `+49`, `(555)`, `(+49)`
        let opening = count_back(text, start, 2, |b| matches!(b, b'+' | b'('));
        (1..=opening).for_each(|back| add(start - back));
        // `DE 123`, `B-AB 123`: short words in capitals before the number may belong to it.
        let mut front = start;
        for _ in 0..2 {
            if front == 0 || !matches!(text[front - 1], b' ' | b'-' | b'.' | b'/') {
                break;
            }
            let capitals = count_back(text, front - 1, 5, u8::is_ascii_uppercase);
            if capitals == 0 || capitals > 4 {
                break;
            }
            front -= 1 + capitals;
            add(front);
        }
    }
    places.into_iter().take(count)
}

const fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'&')
}

/// Bytes before `end` that all satisfy `is`, at most `max`.
pub(super) fn count_back(text: &[u8], end: usize, max: usize, is: impl Fn(&u8) -> bool) -> usize {
    text[end.saturating_sub(max)..end].iter().rev().take_while(|b| is(b)).count()
}

/// True if `at` is behind `scheme://user:`, so that what goes on to an `@` is a password.
fn in_password(text: &[u8], at: usize) -> bool {
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'@' | b'"' | b'\'' | b'<' | b'>');
    let length = count_back(text, at, MAX_USER, |b| !ends(b));
    let (before, user) = text[..at].split_at(at - length);
    before.ends_with(b"://") && user.contains(&b':')
}

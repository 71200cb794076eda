//! Which shapes of text could be an id, and which rules they could be ids of.
//!
//! Most digits of a log are time stamps, counters, sizes and versions: a few thousand shapes that no
//! rule fits, or only rules that need a word near by which is not there. The shape of the 32 bytes
//! from a place on (a class for each byte, cut where no number goes on) is looked up among those met
//! before. On a shape that is new, the patterns themselves are run, widened from bytes to classes, so
//! that whatever they say of a shape holds for every text of that shape.

use super::Rule;
use super::class::{self, DASH, DIGIT, DOT, LOWER, OPEN, PLUS, SLASH, SPACE, STOP, UPPER, UPPER_HEX, class};
use super::search::MAX_LETTERS;
use crate::Error;
use crate::catalog::{Boundary, Extent};
use regex_automata::Anchored;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::util::start;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind};

/// Codes of one shape.
const WINDOW: usize = 32;
/// Shapes that are remembered.
const SLOTS: usize = 2048;
/// Look-ups after which it is judged whether remembering pays, and places that are then let pass
/// without a look-up if it does not.
const TRIAL: u32 = 256;
const REST: u32 = 4096;

/// Words of 64 bits in a set of rules.
const WORDS: usize = 4;

/// Rules of ids that count only near a word that names them, by their number among all rules of ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RuleSet([u64; WORDS]);

impl RuleSet {
    /// Rules beyond this number are in no set.
    pub(super) const MAX: usize = 64 * WORDS;

    pub(super) fn insert(&mut self, pattern: usize) {
        self.0[pattern / 64] |= 1 << (pattern % 64);
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == [0; WORDS]
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(word, other)| word & other != 0)
    }
}

/// What is known of the places from one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Triggers less than this many bytes behind the place are dealt with.
    pub(super) covers: u8,
    /// They have to be walked.
    pub(super) walk: bool,
    /// Else: they have to be if a word near by names one of these rules.
    pub(super) near: RuleSet,
}

/// The widened patterns of all ids.
#[derive(Debug)]
pub(super) struct Shapes {
    dfa: DFA,
    rules: Vec<Widened>,
}

/// What of a rule a shape can tell.
#[derive(Debug)]
struct Widened {
    boundary: Boundary,
    /// It counts only near a word that names it, and nothing but the pattern tells where it ends.
    needs_word: bool,
}

/// The shapes met so far, and what the automaton needs.
#[derive(Debug)]
pub(super) struct Memo {
    cache: Cache,
    entries: Vec<(u128, Verdict)>,
    looked_up: u32,
    missed: u32,
    /// Places to let pass.
    rest: u32,
}

impl Shapes {
    /// `needs_word` tells of a rule whether it counts only near a word that names it.
    pub(super) fn new(
        patterns: &[&Hir],
        rules: &[&Rule],
        needs_word: impl Fn(&Rule) -> bool,
    ) -> Result<Self, Error> {
        let widened: Vec<Hir> =
            patterns.iter().map(|hir| widen(hir, &|byte| class(class::code_of(byte)))).collect();
        let rules = rules.iter().enumerate().map(|(pattern, rule)| Widened {
            boundary: rule.boundary,
            needs_word: needs_word(rule)
                && rule.extent == Extent::Match
                && rule.boundary != Boundary::None
                && pattern < RuleSet::MAX,
        });
        let dfa = super::automaton::lazy(&widened.iter().collect::<Vec<_>>())?;
        Ok(Self { dfa, rules: rules.collect() })
    }

    /// True if the rule of this number counts only near a word that names it.
    pub(super) fn needs_word(&self, pattern: usize) -> bool {
        self.rules[pattern].needs_word
    }

    pub(super) fn memo(&self) -> Memo {
        let nothing = Verdict { covers: 0, walk: true, near: RuleSet::default() };
        Memo {
            cache: self.dfa.create_cache(),
            // No shape is of ones only.
            entries: vec![(u128::MAX, nothing); SLOTS],
            looked_up: 0,
            missed: 0,
            rest: 0,
        }
    }

    /// What is known of the place with these codes, of which `end` count. The first trigger behind
    /// it is `first` bytes away.
    #[inline]
    pub(super) fn verdict(&self, memo: &mut Memo, codes: &[u8; WINDOW], end: usize, first: usize) -> Verdict {
        if memo.rest > 0 {
            memo.rest -= 1;
            return Verdict { covers: first as u8 + 1, walk: true, near: RuleSet::default() };
        }
        let key = key(codes, end);
        let slot = slot(key);
        memo.looked_up += 1;
        if memo.entries[slot].0 == key {
            return memo.entries[slot].1;
        }
        self.learn(memo, key, slot)
    }

    #[cold]
    fn learn(&self, memo: &mut Memo, key: u128, slot: usize) -> Verdict {
        memo.missed += 1;
        if memo.looked_up >= TRIAL {
            // A text made of ever new shapes is walked at once.
            if memo.missed > TRIAL / 2 {
                memo.rest = REST;
            }
            (memo.looked_up, memo.missed) = (0, 0);
        }
        let mut codes: [u8; WINDOW] =
            std::array::from_fn(|i| (key >> (8 * (i % 16) + 4 * (i / 16))) as u8 & 0x0F);
        let end = codes.iter().position(|code| *code == STOP).unwrap_or(WINDOW);
        // What was cut behind three small letters goes on, nobody knows how.
        let small = |code: &u8| (class::LOWER_HEX..=LOWER).contains(code);
        let cut = end == WINDOW || end >= 3 && codes[end - 3..end].iter().all(small);
        codes[end..].fill(STOP);
        let known = if cut { &codes[..end] } else { &codes[..=end] };
        let verdict = self.judge(&mut memo.cache, known, end);
        memo.entries[slot] = (key, verdict);
        verdict
    }

    /// Looks at every trigger in `codes[..end]`, up to the first that has to be walked. Of what
    /// comes behind `codes`, nothing is known.
    fn judge(&self, cache: &mut Cache, codes: &[u8], end: usize) -> Verdict {
        let mut near = RuleSet::default();
        let mut first = true;
        for digit in triggers(&codes[..end]) {
            let mut here = RuleSet::default();
            let settled = starts(codes, digit).all(|start| self.fits(cache, codes, start, &mut here));
            if !settled && first {
                return Verdict { covers: digit as u8 + 1, walk: true, near };
            }
            if !settled {
                return Verdict { covers: digit as u8, walk: false, near };
            }
            near.extend(here);
            first = false;
        }
        Verdict { covers: end as u8, walk: false, near }
    }

    /// Adds the rules that fit at `start`. False if one does that needs no word, or may if what
    /// comes behind `codes` goes with it.
    fn fits(&self, cache: &mut Cache, codes: &[u8], start: usize, near: &mut RuleSet) -> bool {
        let config = start::Config::new().anchored(Anchored::Yes);
        let Ok(mut state) = self.dfa.start_state(cache, &config) else { return false };
        for (at, code) in codes.iter().enumerate().skip(start) {
            let Ok(next) = self.dfa.next_state(cache, state, *code) else { return false };
            state = next;
            // A match is told one code behind its end.
            if state.is_match() {
                for i in 0..self.dfa.match_len(cache, state) {
                    let pattern = self.dfa.match_pattern(cache, state, i).as_usize();
                    let rule = &self.rules[pattern];
                    if !may_open(rule.boundary, codes, start) || !may_close(rule.boundary, codes, at) {
                        continue;
                    }
                    if !rule.needs_word {
                        return false;
                    }
                    near.insert(pattern);
                }
            }
            if state.is_dead() {
                return true;
            }
        }
        // Nothing fits if nothing goes on from here, whatever comes.
        (0..=class::COMMA)
            .all(|code| self.dfa.next_state(cache, state, code).is_ok_and(|next| next.is_dead()))
    }
}

#[inline]
fn key(codes: &[u8; WINDOW], end: usize) -> u128 {
    let half = |from: usize| {
        let mut half = [0; 16];
        half.copy_from_slice(&codes[from..from + 16]);
        let wanted = end.saturating_sub(from).min(16);
        let kept = if wanted == 16 { u128::MAX } else { (1 << (8 * wanted)) - 1 };
        u128::from_le_bytes(half) & kept & 0x0F0F_0F0F_0F0F_0F0F_0F0F_0F0F_0F0F_0F0F
    };
    half(0) | half(16) << 4
}

#[inline]
const fn slot(key: u128) -> usize {
    let mixed = (key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ ((key >> 64) as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    (mixed >> 32) as usize % SLOTS
}

const fn is_alnum(code: u8) -> bool {
    matches!(code, DIGIT..=UPPER)
}

const fn is_upper(code: u8) -> bool {
    matches!(code, UPPER_HEX | UPPER)
}

/// First digits of words that have only letters before them.
fn triggers(codes: &[u8]) -> impl Iterator<Item = usize> {
    (0..codes.len()).filter(|&at| {
        let letters = codes[..at].iter().rev().take_while(|code| is_alnum(**code) && **code != DIGIT).count();
        let joined = letters < at && codes[at - letters - 1] == DIGIT;
        codes[at] == DIGIT && !joined && letters <= MAX_LETTERS
    })
}

/// Where values could begin for the trigger `digit`: as `Search::id` has it.
fn starts(codes: &[u8], digit: usize) -> impl Iterator<Item = usize> {
    let back = |end: usize, is: fn(u8) -> bool| codes[..end].iter().rev().take_while(|c| is(**c)).count();
    let start = digit - back(digit, is_alnum);
    let mut all = vec![start];
    if start == digit {
        all.extend((1..=back(start, |code| matches!(code, PLUS | OPEN)).min(2)).map(|back| start - back));
        let mut front = start;
        for _ in 0..2 {
            if front == 0 || !matches!(codes[front - 1], SPACE | DASH | DOT | SLASH) {
                break;
            }
            let capitals = back(front - 1, is_upper);
            if capitals == 0 || capitals > 4 {
                break;
            }
            front -= 1 + capitals;
            all.push(front);
        }
    }
    all.into_iter()
}

/// False if `Boundary::opens` is false for every text of these codes. Before the first, nothing is known.
fn may_open(boundary: Boundary, codes: &[u8], start: usize) -> bool {
    if boundary == Boundary::None || start == 0 {
        return true;
    }
    let joined = matches!(codes[start - 1], DASH | DOT | SLASH) && start >= 2 && codes[start - 2] == DIGIT;
    let numeric = matches!(boundary, Boundary::Number | Boundary::Hex);
    !(is_alnum(codes[start - 1]) || numeric && joined)
}

/// False if `Boundary::closes` is false for every text of these codes.
fn may_close(boundary: Boundary, codes: &[u8], end: usize) -> bool {
    let Some(&next) = codes.get(end) else { return true };
    let then = codes.get(end + 1).copied();
    let hex = |code| matches!(code, DIGIT | class::LOWER_HEX | UPPER_HEX);
    let joined = matches!(next, DASH | DOT | SLASH) && then == Some(DIGIT);
    let group = matches!(next, class::COLON | DASH) && then.is_some_and(|c| c == class::COLON || hex(c));
    match boundary {
        Boundary::None => true,
        Boundary::Alnum | Boundary::Word => !is_alnum(next),
        Boundary::Token => !is_alnum(next) && !matches!(next, DASH | PLUS),
        Boundary::Number => !is_alnum(next) && !joined,
        Boundary::Hex => !is_alnum(next) && !joined && !group,
    }
}

/// The pattern that matches the classes of every text that `hir` matches.
pub(super) fn widen(hir: &Hir, class: &impl Fn(u8) -> u8) -> Hir {
    let classes = |classes: u16| {
        let ranges = (0..16).filter(|i| classes >> i & 1 == 1).map(|i| ClassBytesRange::new(i, i));
        Hir::class(Class::Bytes(ClassBytes::new(ranges)))
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Literal(literal) => {
            Hir::concat(literal.0.iter().map(|byte| classes(1 << class(*byte))).collect())
        }
        HirKind::Class(Class::Bytes(set)) => {
            let bytes = set.ranges().iter().flat_map(|range| range.start()..=range.end());
            classes(bytes.fold(0, |all, byte| all | 1 << class(byte)))
        }
        // Characters outside ASCII begin with bytes that are all of one class.
        HirKind::Class(Class::Unicode(_)) => classes(u16::MAX),
        HirKind::Repetition(repetition) => {
            let mut wide = repetition.clone();
            wide.sub = Box::new(widen(&repetition.sub, class));
            Hir::repetition(wide)
        }
        HirKind::Capture(capture) => widen(&capture.sub, class),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(|part| widen(part, class)).collect()),
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.iter().map(|part| widen(part, class)).collect())
        }
    }
}

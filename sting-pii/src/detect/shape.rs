//! Which shapes of text could be an id, and which rules they could be ids of.
//!
//! Most digits of a log are time stamps, counters, sizes and versions: a few thousand shapes that no
//! rule fits, or only rules that need a word near by which is not there. The shape of the 32 bytes
//! from a place on (a class for each byte, cut where no number goes on) is looked up among those met
//! before. On a shape that is new, the patterns themselves are run, widened from bytes to classes, so
//! that whatever they say of a shape holds for every text of that shape.

use super::Rule;
use super::automaton;
use super::chart::{MAX_SHAPE, Shape};
use super::class::{self, DASH, DIGIT, DOT, OPEN, PLUS, SLASH, SPACE, UPPER, UPPER_HEX, class};
use super::search::MAX_LETTERS;
use crate::Error;
use crate::catalog::{Boundary, Extent};
use regex_automata::Anchored;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::util::start;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// Shapes that are remembered.
const SLOTS: usize = 8192;
/// Look-ups after which it is judged whether remembering pays, and places that are then let pass
/// without a look-up if it does not.
const TRIAL: u32 = 256;
const REST: u32 = 4096;
/// Most states that are looked at to tell what could come of a shape that was cut.
const MAX_STATES: usize = 1024;

/// Words of 64 bits in a set of rules.
const WORDS: usize = 4;

/// Rules of ids that count only near a word that names them, by their number among all rules of ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct RuleSet([u64; WORDS]);

impl RuleSet {
    /// Rules beyond this number are in no set.
    pub(super) const MAX: usize = 64 * WORDS;

    pub(super) const ALL: Self = Self([u64::MAX; WORDS]);

    pub(super) fn insert(&mut self, pattern: usize) {
        self.0[pattern / 64] |= 1 << (pattern % 64);
    }

    pub(super) fn has(self, pattern: usize) -> bool {
        pattern >= Self::MAX || self.0[pattern / 64] >> (pattern % 64) & 1 == 1
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
    /// Of rules that need no word near by.
    plain: Widened,
    /// Of those that do.
    named: Widened,
    /// The rules of `plain`.
    plain_rules: RuleSet,
}

/// An automaton over classes, with number and boundary of each pattern's rule.
#[derive(Debug)]
struct Widened {
    dfa: DFA,
    rules: Vec<(usize, Boundary)>,
}

/// A [`Verdict`] in four bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    covers: u8,
    walk: bool,
    near: u16,
}

/// The shapes met so far, and what the automata need.
#[derive(Debug)]
pub(super) struct Memo {
    plain: Cache,
    named: Cache,
    /// Which rules can still match from a state of `named`.
    ahead: FxHashMap<LazyStateID, RuleSet>,
    /// By slot: the shape, and what is known of it.
    keys: Vec<u128>,
    known: Vec<Known>,
    /// The sets of rules that are near in `known`, each once.
    sets: Vec<RuleSet>,
    numbers: FxHashMap<RuleSet, u16>,
    looked_up: u32,
    missed: u32,
    /// Places to let pass.
    rest: u32,
}

impl Shapes {
    /// `needs_word` tells of a rule whether it counts only near a word that names it. `None` if a
    /// pattern may stand inside a word, of which a shape tells too little.
    pub(super) fn new(
        patterns: &[&Hir],
        rules: &[&Rule],
        needs_word: impl Fn(&Rule) -> bool,
    ) -> Result<Option<Self>, Error> {
        if rules.iter().any(|rule| rule.boundary == Boundary::None) {
            return Ok(None);
        }
        let is_named = |number: usize| {
            number < RuleSet::MAX && rules[number].extent == Extent::Match && needs_word(rules[number])
        };
        let of = |named: bool| -> Result<Widened, Error> {
            let chosen: Vec<_> = (0..rules.len()).filter(|number| is_named(*number) == named).collect();
            let id_class = |byte| 1 << class(class::code_of(byte));
            let hirs: Vec<_> = chosen.iter().map(|number| widen(patterns[*number], &id_class)).collect();
            let dfa = automaton::lazy(&hirs.iter().collect::<Vec<_>>())?;
            // Where an extent ends, its pattern does not tell.
            let boundary = |rule: &Rule| {
                if rule.extent == Extent::Match { rule.boundary } else { Boundary::None }
            };
            let rules = chosen.iter().map(|number| (*number, boundary(rules[*number]))).collect();
            Ok(Widened { dfa, rules })
        };
        let (plain, named) = (of(false)?, of(true)?);
        let mut plain_rules = RuleSet::default();
        let numbers = plain.rules.iter().map(|rule| rule.0);
        numbers.filter(|number| *number < RuleSet::MAX).for_each(|number| plain_rules.insert(number));
        Ok(Some(Self { plain, named, plain_rules }))
    }

    /// Numbers of the rules that count only near a word that names them.
    pub(super) fn named(&self) -> impl Iterator<Item = usize> {
        self.named.rules.iter().map(|rule| rule.0)
    }

    /// The rules that need no word near by.
    pub(super) fn plain(&self) -> RuleSet {
        self.plain_rules
    }

    pub(super) fn memo(&self) -> Memo {
        Memo {
            plain: self.plain.dfa.create_cache(),
            named: self.named.dfa.create_cache(),
            ahead: FxHashMap::default(),
            // No shape is of ones only.
            keys: vec![u128::MAX; SLOTS],
            known: vec![Known::default(); SLOTS],
            sets: Vec::new(),
            numbers: FxHashMap::default(),
            looked_up: 0,
            missed: 0,
            rest: 0,
        }
    }

    /// What is known of a place of this shape, whose first trigger is `first` bytes behind it.
    #[inline]
    pub(super) fn verdict(&self, memo: &mut Memo, shape: &Shape, first: usize) -> Verdict {
        if memo.rest > 0 {
            memo.rest -= 1;
            return Verdict { covers: first as u8 + 1, walk: true, near: RuleSet::default() };
        }
        let key = key(shape);
        let slot = slot(key);
        memo.looked_up += 1;
        if memo.keys[slot] == key {
            let Known { covers, walk, near } = memo.known[slot];
            return Verdict { covers, walk, near: memo.sets[usize::from(near)] };
        }
        memo.missed += 1;
        if memo.looked_up >= TRIAL {
            // A text made of ever new shapes is walked at once.
            if memo.missed > TRIAL / 2 {
                memo.rest = REST;
            }
            (memo.looked_up, memo.missed) = (0, 0);
        }
        let verdict = self.judge(memo, shape);
        memo.remember(slot, key, &verdict);
        verdict
    }

    /// Looks at every trigger in the shape, up to the first that has to be walked. Of what comes
    /// behind the shape, no more is known than what ends it, if it is not cut.
    #[cold]
    fn judge(&self, memo: &mut Memo, shape: &Shape) -> Verdict {
        super::work::count(shape.codes.len());
        let codes = shape.codes.map(class);
        let known = if shape.cut { &codes[..shape.end] } else { &codes[..=shape.end] };
        let mut near = RuleSet::default();
        for (nth, digit) in triggers(&codes[..shape.end]).enumerate() {
            for start in starts(known, digit) {
                if self.plain.may_match(&mut memo.plain, known, start) {
                    let covers = if nth == 0 { digit + 1 } else { digit };
                    return Verdict { covers: covers as u8, walk: nth == 0, near };
                }
                self.named.matches(memo, known, start, &mut near);
            }
        }
        Verdict { covers: shape.end as u8, walk: false, near }
    }
}

impl Memo {
    fn remember(&mut self, slot: usize, key: u128, verdict: &Verdict) {
        let Verdict { covers, walk, near } = *verdict;
        let next = u16::try_from(self.sets.len()).unwrap_or_else(|_| {
            // Ever new sets: all is forgotten.
            self.keys.fill(u128::MAX);
            self.sets.clear();
            self.numbers.clear();
            0
        });
        let near = *self.numbers.entry(near).or_insert_with(|| {
            self.sets.push(near);
            next
        });
        (self.keys[slot], self.known[slot]) = (key, Known { covers, walk, near });
    }
}

impl Widened {
    /// Runs over `codes[start..]`; `found` gets the numbers of the rules that fit, and says
    /// whether to go on. Returns the state at the end, or `None` if nothing goes on from there.
    fn run(
        &self,
        cache: &mut Cache,
        codes: &[u8],
        start: usize,
        mut found: impl FnMut(usize) -> bool,
    ) -> Option<LazyStateID> {
        let config = start::Config::new().anchored(Anchored::Yes);
        let mut state = self.dfa.start_state(cache, &config).ok()?;
        for (at, code) in codes.iter().enumerate().skip(start) {
            state = self.dfa.next_state(cache, state, *code).ok()?;
            // A match is told one code behind its end.
            if state.is_match() {
                for i in 0..self.dfa.match_len(cache, state) {
                    let (number, boundary) = self.rules[self.dfa.match_pattern(cache, state, i).as_usize()];
                    let fits = may_open(boundary, codes, start) && may_close(boundary, codes, at);
                    if fits && !found(number) {
                        return Some(state);
                    }
                }
            }
            if state.is_dead() {
                return None;
            }
        }
        Some(state)
    }

    /// True if a rule fits at `start`, or may if what comes behind `codes` goes with it.
    fn may_match(&self, cache: &mut Cache, codes: &[u8], start: usize) -> bool {
        let mut fits = false;
        let end = self.run(cache, codes, start, |_| {
            fits = true;
            false
        });
        // Something goes on from the state at the end if it does with some class.
        let goes_on = |state| {
            (0..16).any(|code| !self.dfa.next_state(cache, state, code).is_ok_and(|next| next.is_dead()))
        };
        fits || end.is_some_and(goes_on)
    }

    /// Adds the rules that fit at `start`, and those that may if what comes behind goes with them.
    fn matches(&self, memo: &mut Memo, codes: &[u8], start: usize, near: &mut RuleSet) {
        let end = self.run(&mut memo.named, codes, start, |number| {
            near.insert(number);
            true
        });
        if let Some(state) = end {
            near.extend(self.ahead(memo, state));
        }
    }

    /// The rules that can match from `state` on.
    fn ahead(&self, memo: &mut Memo, state: LazyStateID) -> RuleSet {
        if let Some(known) = memo.ahead.get(&state) {
            return *known;
        }
        let cleared = memo.named.clear_count();
        let (mut seen, mut open, mut rules) = (FxHashSet::default(), vec![state], RuleSet::default());
        while let Some(state) = open.pop() {
            for code in 0..16 {
                let next = self.dfa.next_state(&mut memo.named, state, code);
                if seen.len() > MAX_STATES || memo.named.clear_count() != cleared {
                    // Too many to look at, or states have lost their names.
                    memo.ahead.clear();
                    return self.rules.iter().fold(RuleSet::default(), |mut all, rule| {
                        all.insert(rule.0);
                        all
                    });
                }
                let Ok(next) = next else { continue };
                if next.is_match() {
                    for i in 0..self.dfa.match_len(&memo.named, next) {
                        rules.insert(self.rules[self.dfa.match_pattern(&memo.named, next, i).as_usize()].0);
                    }
                }
                if !next.is_dead() && seen.insert(next) {
                    open.push(next);
                }
            }
        }
        memo.ahead.insert(state, rules);
        rules
    }
}

#[inline]
fn key(shape: &Shape) -> u128 {
    let half = |from: usize| {
        let mut half = [0; 16];
        half.copy_from_slice(&shape.codes[from..from + 16]);
        let wanted = shape.end.saturating_sub(from).min(16);
        let kept = if wanted == 16 { u128::MAX } else { (1 << (8 * wanted)) - 1 };
        u128::from_le_bytes(half) & kept & 0x0F0F_0F0F_0F0F_0F0F_0F0F_0F0F_0F0F_0F0F
    };
    // A shape has one code less than there is room for.
    const { assert!(MAX_SHAPE == 31) };
    half(0) | half(16) << 4 | u128::from(shape.cut) << 124
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
    // Letters of the word so far, if it has nothing else.
    let mut letters = Some(0);
    codes.iter().enumerate().filter_map(move |(at, code)| match (*code, letters) {
        (DIGIT, before) => {
            letters = None;
            before.filter(|letters| *letters <= MAX_LETTERS).map(|_| at)
        }
        (code, before) => {
            letters = if is_alnum(code) { before.map(|letters| letters + 1) } else { Some(0) };
            None
        }
    })
}

/// Where values could begin for the trigger `digit`: as `Search::id` has it.
fn starts(codes: &[u8], digit: usize) -> impl Iterator<Item = usize> {
    let back = |end: usize, is: fn(u8) -> bool| codes[..end].iter().rev().take_while(|c| is(**c)).count();
    let start = digit - back(digit, is_alnum);
    let mut all = SmallVec::<[usize; 8]>::from_slice(&[start]);
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

/// The pattern that matches the classes of every text that `hir` matches. `class` gives a set of one.
pub(super) fn widen(hir: &Hir, class: &impl Fn(u8) -> u16) -> Hir {
    let classes = |classes: u16| {
        let ranges = (0..16).filter(|i| classes >> i & 1 == 1).map(|i| ClassBytesRange::new(i, i));
        Hir::class(Class::Bytes(ClassBytes::new(ranges)))
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Literal(literal) => {
            Hir::concat(literal.0.iter().map(|byte| classes(class(*byte))).collect())
        }
        HirKind::Class(Class::Bytes(set)) => {
            let bytes = set.ranges().iter().flat_map(|range| range.start()..=range.end());
            classes(bytes.fold(0, |all, byte| all | class(byte)))
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

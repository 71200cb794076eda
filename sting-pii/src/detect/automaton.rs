//! One lazily built automaton for all patterns of a group.
//!
//! It is run anchored, from a place where a value could begin, and yields every pattern with every
//! end: so one walk of a few bytes answers for hundreds of patterns, in time linear in their
//! longest value.

use super::Member;
use crate::Error;
use crate::catalog::{Boundary, Detector};
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, HirKind, Look, literal};

/// Most memory for the compiled form of one group.
const NFA_LIMIT: usize = 16 << 20;
/// Memory for the states of one group, one thread.
const CACHE_CAPACITY: usize = 4 << 20;

/// Bytes of a walk that are not kept: few walks are longer.
const SHORT: usize = 64;

/// All patterns of a group.
#[derive(Debug)]
pub(crate) struct Automaton {
    dfa: DFA,
    max_len: usize,
}

/// A pattern that has been checked.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) hir: Hir,
    pub(crate) boundary: Boundary,
    pub(crate) min_len: usize,
}

fn syntax() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false)
}

impl Pattern {
    /// Parses the pattern of `row` and refuses what an anchored walk cannot answer for.
    ///
    /// A `\b` at either end, which users write out of habit, becomes [`Boundary::Word`].
    pub(crate) fn parse(row: &Detector) -> Result<Self, Error> {
        let fault = |problem: String, mend: &str| Error::detector(row.id(), problem, mend);
        let parsed = syntax::parse_with(&row.pattern, &syntax()).map_err(|_| {
            fault(
                "the pattern is not a regular expression in ASCII mode".into(),
                "look-around, back-references and \\p{..} are not supported",
            )
        })?;
        let (hir, stripped) = strip_word_boundaries(parsed);
        if !hir.properties().look_set().is_empty() {
            return Err(fault("the pattern looks around".into(), "drop ^, $ and \\b, and set `boundary`"));
        }
        let min_len = hir.properties().minimum_len().unwrap_or(0);
        if min_len == 0 {
            return Err(fault(
                "the pattern matches nothing at all".into(),
                "make it match at least one byte",
            ));
        }
        if row.max_len < min_len || row.max_len > super::extent::MAX_VALUE {
            return Err(fault(
                format!("max_len {} is not between {min_len} and {}", row.max_len, super::extent::MAX_VALUE),
                "set it to the length of the longest value",
            ));
        }
        let boundary = if stripped { Boundary::Word } else { row.boundary };
        Ok(Self { hir, boundary, min_len })
    }

    /// The first three bytes, or fewer, of every match, if there are few.
    pub(crate) fn prefixes(&self) -> Vec<Vec<u8>> {
        let mut extractor = literal::Extractor::new();
        // One round of a repetition is enough to see three bytes, and keeps their number small.
        extractor.limit_total(4096).limit_class(64).limit_literal_len(16).limit_repeat(1);
        let mut prefixes = extractor.extract(&self.hir);
        prefixes.keep_first_bytes(3);
        prefixes.dedup();
        let literals = prefixes.literals().unwrap_or_default();
        literals.iter().map(|literal| literal.as_bytes().to_vec()).collect()
    }

    /// Literals of which one begins every match, each of at least three bytes, if there are very few.
    pub(crate) fn leads(&self) -> Option<Vec<Vec<u8>>> {
        let mut extractor = literal::Extractor::new();
        extractor.limit_total(4).limit_class(4).limit_literal_len(16).limit_repeat(1);
        let mut leads = extractor.extract(&self.hir);
        leads.dedup();
        let leads: Vec<_> = leads.literals()?.iter().map(|literal| literal.as_bytes().to_vec()).collect();
        (!leads.is_empty() && leads.iter().all(|lead| lead.len() >= 3)).then_some(leads)
    }

    /// Bytes that can begin a match.
    pub(crate) fn first_bytes(&self) -> [bool; 256] {
        let mut extractor = literal::Extractor::new();
        extractor.limit_class(256).limit_total(1024).limit_literal_len(1);
        let prefixes = extractor.extract(&self.hir);
        match prefixes.literals() {
            Some(literals) if literals.iter().all(|literal| !literal.is_empty()) => {
                let mut first = [false; 256];
                for literal in literals {
                    first[usize::from(literal.as_bytes()[0])] = true;
                }
                first
            }
            _ => [true; 256],
        }
    }
}

fn strip_word_boundaries(hir: Hir) -> (Hir, bool) {
    let is_word = |part: &Hir| {
        matches!(
            part.kind(),
            HirKind::Look(Look::WordAscii | Look::WordUnicode | Look::WordStartAscii | Look::WordEndAscii)
        )
    };
    let HirKind::Concat(parts) = hir.kind() else { return (hir, false) };
    let mut inner = parts.as_slice();
    if let [first, rest @ ..] = inner
        && is_word(first)
    {
        inner = rest;
    }
    if let [rest @ .., last] = inner
        && is_word(last)
    {
        inner = rest;
    }
    if inner.len() == parts.len() { (hir, false) } else { (Hir::concat(inner.to_vec()), true) }
}

/// An automaton that yields every match of every pattern, built as it runs.
pub(super) fn lazy(patterns: &[&Hir]) -> Result<DFA, Error> {
    let too_large = |_| {
        Error::config(
            "detectors",
            "the patterns are too large together",
            "use fewer or shorter custom patterns",
        )
    };
    let config = thompson::Config::new()
        .utf8(false)
        .nfa_size_limit(Some(NFA_LIMIT))
        .which_captures(thompson::WhichCaptures::None);
    let nfa = thompson::Compiler::new()
        .configure(config)
        .build_many_from_hir(patterns)
        .map_err(|error| too_large(error.to_string()))?;
    let config = DFA::config()
        .match_kind(MatchKind::All)
        .cache_capacity(CACHE_CAPACITY)
        .skip_cache_capacity_check(true);
    DFA::builder().configure(config).build_from_nfa(nfa).map_err(|error| too_large(error.to_string()))
}

impl Automaton {
    /// Compiles patterns; the number that a walk reports is the index in `patterns`.
    pub(crate) fn new(patterns: &[&Hir], max_len: usize) -> Result<Self, Error> {
        Ok(Self { dfa: lazy(patterns)?, max_len })
    }

    pub(crate) fn cache(&self) -> Cache {
        self.dfa.create_cache()
    }

    /// Appends the ends of values that begin at `start`, increasing: all ends of each of `members`, the patterns,
    /// where a value [may end](Member::may_end), or the last where that is enough.
    ///
    /// The automaton has no byte on which it gives up and no limit after which it does, so no walk
    /// fails; if one ever did, it would end there.
    #[inline]
    pub(crate) fn walk(
        &self,
        cache: &mut Cache,
        trail: &mut Trail,
        members: &[Member],
        text: &[u8],
        start: usize,
        ends: &mut Vec<End>,
    ) {
        let config = start::Config::new().anchored(Anchored::Yes);
        let Ok(mut state) = self.dfa.start_state(cache, &config) else { return };
        let limit = text.len().min(start + self.max_len + 1);
        if start < trail.old.start || cache.clear_count() != trail.cleared {
            trail.clear();
            trail.cleared = cache.clear_count();
        }
        let Trail { old, new, cleared } = trail;
        let (mut at, mut joined) = (start, false);
        let mut dead = false;
        while at < limit {
            let Ok(next) = self.dfa.next_state(cache, state, text[at]) else { break };
            state = next;
            if state.is_tagged() {
                if state.is_match() {
                    // A match is reported one byte behind its end.
                    for i in 0..self.dfa.match_len(cache, state) {
                        let pattern = self.dfa.match_pattern(cache, state, i).as_usize();
                        push(ends, &members[pattern], text, (pattern as u32, at), start, false);
                        if joined || at >= start + SHORT {
                            let track = if joined { &mut *old } else { &mut *new };
                            let member = &members[pattern];
                            let all = member.max_len < self.max_len;
                            push(&mut track.ends, member, text, (pattern as u32, at), usize::MAX, all);
                        }
                    }
                } else if state.is_dead() || state.is_quit() {
                    dead = true;
                    break;
                }
            }
            if joined {
                old.states.push(state);
            } else if old.state_at(at) == Some(state) && cache.clear_count() == *cleared {
                // From here on this walk is the last one over again.
                joined = true;
                super::work::count(at - start);
                for end in &old.ends[old.ends.partition_point(|(_, end)| *end <= at)..] {
                    push(ends, &members[end.0 as usize], text, *end, start, false);
                }
                if old.dead {
                    new.clear();
                    return;
                }
                at = old.from + old.states.len() - 1;
                state = old.states.last().copied().unwrap_or(state);
            } else if at >= start + SHORT {
                if new.states.is_empty() {
                    (new.start, new.from) = (start, at);
                }
                new.states.push(state);
            }
            at += 1;
        }
        if joined {
            old.dead = dead;
            new.clear();
        } else {
            super::work::count(at - start);
            if !new.states.is_empty() {
                new.dead = dead;
                std::mem::swap(old, new);
                new.clear();
            }
        }
        if cache.clear_count() != *cleared {
            trail.clear();
        }
        if !dead
            && limit == text.len()
            && let Ok(state) = self.dfa.next_eoi_state(cache, state)
            && state.is_match()
        {
            for i in 0..self.dfa.match_len(cache, state) {
                let pattern = self.dfa.match_pattern(cache, state, i).as_usize();
                push(ends, &members[pattern], text, (pattern as u32, limit), start, false);
            }
        }
    }
}

/// A pattern, and where a match of it ends.
pub(crate) type End = (u32, usize);

/// Adds an end of a value that begins at `start`, if it may be one.
fn push(ends: &mut Vec<End>, member: &Member, text: &[u8], end: End, start: usize, all: bool) {
    if start != usize::MAX && end.1 > start + member.max_len || !member.may_end(text, end.1) {
        return;
    }
    match ends.last_mut() {
        Some(last) if member.last_is_end(text, end.1) && !all && last.0 == end.0 => *last = end,
        _ => ends.push(end),
    }
}

/// The states of the last long walk in a text. A walk that comes to the same state in the same place finds the
/// same from there on, and need not go there: else a text of nothing but beginnings of long values would be
/// walked over once for each of them.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    old: Track,
    /// That of the walk that is under way.
    new: Track,
    /// How often the automaton had forgotten its states.
    cleared: usize,
}

#[derive(Debug, Default)]
struct Track {
    /// Where the walk began.
    start: usize,
    /// The byte behind which the first of `states` was reached.
    from: usize,
    states: Vec<LazyStateID>,
    /// Of the matches from there on: all ends, or the last where that is enough.
    ends: Vec<End>,
    /// Nothing went on from the last state.
    dead: bool,
}

impl Trail {
    /// Another text is walked over.
    pub(crate) fn clear(&mut self) {
        self.old.clear();
        self.new.clear();
    }
}

impl Track {
    fn state_at(&self, at: usize) -> Option<LazyStateID> {
        self.states.get(at.checked_sub(self.from)?).copied()
    }

    fn clear(&mut self) {
        (self.start, self.from, self.dead) = (0, 0, false);
        self.states.clear();
        self.ends.clear();
    }
}

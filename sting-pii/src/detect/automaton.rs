//! One lazily built automaton for all patterns of a group.
//!
//! It is run anchored, from a place where a value could begin, and yields every pattern with every
//! end: so one walk of a few bytes answers for hundreds of patterns, in time linear in their
//! longest value.

use crate::Error;
use crate::catalog::{Boundary, Detector};
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, HirKind, Look, literal};

/// Most memory for the compiled form of one group.
const NFA_LIMIT: usize = 16 << 20;
/// Memory for the states of one group, one thread.
const CACHE_CAPACITY: usize = 4 << 20;

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

    /// Calls `found(pattern, end)` for every match that begins at `start`, ends increasing.
    ///
    /// The automaton has no byte on which it gives up and no limit after which it does, so no walk
    /// fails; if one ever did, it would end there.
    #[inline]
    pub(crate) fn walk(
        &self,
        cache: &mut Cache,
        text: &[u8],
        start: usize,
        mut found: impl FnMut(usize, usize),
    ) {
        let config = start::Config::new().anchored(Anchored::Yes);
        let Ok(mut state) = self.dfa.start_state(cache, &config) else { return };
        let limit = text.len().min(start + self.max_len + 1);
        // A match is reported one byte behind its end.
        for (at, &byte) in text[..limit].iter().enumerate().skip(start) {
            let Ok(next) = self.dfa.next_state(cache, state, byte) else { return };
            state = next;
            if state.is_tagged() {
                if state.is_match() {
                    for i in 0..self.dfa.match_len(cache, state) {
                        found(self.dfa.match_pattern(cache, state, i).as_usize(), at);
                    }
                } else if state.is_dead() || state.is_quit() {
                    return;
                }
            }
        }
        if limit == text.len()
            && let Ok(state) = self.dfa.next_eoi_state(cache, state)
            && state.is_match()
        {
            for i in 0..self.dfa.match_len(cache, state) {
                found(self.dfa.match_pattern(cache, state, i).as_usize(), limit);
            }
        }
    }
}

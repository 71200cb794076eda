//! From bytes to candidates: triggers, walks, validators, scores.
//!
//! Every decision about a value depends on a bounded stretch of text around it ([`LOOK_BEHIND`],
//! [`LOOK_AHEAD`]), which is what lets a stream be scanned in pieces with the same result.

mod automaton;
mod boundary;
mod chart;
mod class;
mod compile;
pub(crate) mod context;
pub(crate) mod extent;
mod judge;
mod key;
mod lead;
mod long;
mod near;
#[cfg(test)]
mod oracle;
mod prefix;
pub(crate) mod resolve;
mod rule;
mod search;
mod shape;

pub(crate) use rule::{Candidate, Rule, Source, Support};

use automaton::Automaton;
use chart::Chart;
use class::Kernel;
use context::{PhraseIndex, Surroundings, Words};
use lead::Leads;
use long::LongTokens;
use near::{IdWords, KeyWords, Met};
use prefix::PrefixSet;
use regex_automata::hybrid::dfa::Cache;
use regex_automata::util::pool::Pool;
use search::Search;
use shape::{Memo, Shapes};
use std::fmt;

/// Most bytes before a value that bear on it: the context window, or a key of full length with its
/// separator; twice, because each is cut at a word.
pub(crate) const LOOK_BEHIND: usize = 2 * context::BEFORE + key::MAX_KEY;

/// Most bytes from the start of a value that bear on it.
pub(crate) const LOOK_AHEAD: usize = extent::MAX_VALUE + extent::MAX_TAIL + 2 * context::AFTER;

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
    chart: Chart,
    /// Shapes of ids met so far.
    memo: Option<Memo>,
    /// Words met last that could speak for an id.
    met: Met,
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

/// Scratch that no scan is using: one for each thread that has scanned at the same time as others.
type Idle = Pool<Option<Box<Scratch>>, fn() -> Option<Box<Scratch>>>;

/// All rules of a scrubber, compiled.
pub(crate) struct Engine {
    pub(crate) rules: Vec<Rule>,
    slots: [Option<Patterns>; SLOTS],
    /// What tells text apart from ids without a walk, if any are looked for.
    shapes: Option<Shapes>,
    id_words: IdWords,
    key_words: KeyWords,
    prefixes: PrefixSet,
    /// What tells tokens apart from those of [`Slot::Long`].
    long: Option<LongTokens>,
    leads: Leads,
    /// Bytes with which a pattern of [`Group::Scan`] can begin.
    scan_first: Box<[bool; 256]>,
    /// Names of keys, and their rules.
    keys: PhraseIndex,
    /// Phrases that speak for a rule, and those that speak against one.
    context: PhraseIndex,
    avoid: PhraseIndex,
    kernel: Kernel,
    min_score: f32,
    idle: Idle,
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
        let mut idle = self.idle.get();
        let mut scratch = idle.take().unwrap_or_else(|| Box::new(self.scratch()));
        let field = field.map(|name| {
            let mut hashes = Vec::new();
            context::for_key_hashes(name.as_bytes(), |hash| hashes.push(hash));
            (Words::of_name(name), hashes)
        });
        scratch.around.clear();
        scratch.runs = extent::Runs::default();
        let mut search = Search { engine: self, text, starts, field, scratch, out };
        search.run();
        *idle = Some(search.scratch);
    }

    fn scratch(&self) -> Scratch {
        let cache = |slot: &Option<Patterns>| slot.as_ref().map(|patterns| patterns.automaton.cache());
        Scratch {
            caches: self.slots.each_ref().map(cache),
            ends: Vec::new(),
            keyed: Vec::new(),
            around: Surroundings::default(),
            runs: extent::Runs::default(),
            chart: Chart::default(),
            memo: self.shapes.as_ref().map(Shapes::memo),
            met: Met::default(),
        }
    }
}

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
mod plain;
mod prefix;
pub(crate) mod resolve;
mod rule;
mod search;
mod sequence;
mod shape;
mod work;

pub(crate) use rule::{Candidate, Rule, Source, Support};

use crate::catalog::Boundary;
use automaton::{Automaton, Trail};
use chart::Chart;
use class::Kernel;
use context::{PhraseIndex, Surroundings, Words};
use lead::Leads;
use long::LongTokens;
use near::{IdWords, KeyWords, Met};
use plain::PlainRows;
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

/// The patterns of one group.
#[derive(Debug)]
struct Patterns {
    automaton: Automaton,
    members: Vec<Member>,
}

/// What is known of a pattern before it is tried.
#[derive(Debug)]
struct Member {
    rule: u32,
    max_len: usize,
    /// What may stand behind the value, if it ends where the pattern does.
    boundary: Boundary,
    /// A test tells whether it ends where it may.
    tested: bool,
}

impl Member {
    /// False if no value ends at `end`.
    fn may_end(&self, text: &[u8], end: usize) -> bool {
        self.boundary == Boundary::None || self.boundary.closes(text, end) || is_inside_character(text, end)
    }

    /// True if the value that begins in a place ends at `end` if that is the last place where it may end.
    fn last_is_end(&self, text: &[u8], end: usize) -> bool {
        !self.tested && !is_inside_character(text, end)
    }
}

/// True if an end would be moved from here, and then be looked at again.
fn is_inside_character(text: &[u8], end: usize) -> bool {
    text.get(end).is_some_and(|byte| byte & 0xC0 == 0x80)
}

/// What one scan needs and the next can use again.
#[derive(Debug)]
struct Scratch {
    caches: [Option<Cache>; SLOTS],
    /// The last long walk of each group.
    trails: [Trail; SLOTS],
    /// Pattern and end of each match of one walk.
    ends: Vec<(u32, usize)>,
    /// Rules whose keys the key of one pair matches.
    keyed: Vec<u32>,
    around: Surroundings,
    runs: extent::Runs,
    /// Runs of the classes of plain patterns.
    plain_runs: Vec<extent::Run>,
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
    /// Rows of [`Slot::Prefix`], [`Slot::Long`] and [`Slot::Key`] that need no automaton.
    plain: PlainRows,
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
        scratch.trails.iter_mut().for_each(Trail::clear);
        scratch.plain_runs.fill(extent::Run::default());
        let mut search = Search { engine: self, text, starts, field, scratch, out };
        search.run();
        *idle = Some(search.scratch);
    }

    fn scratch(&self) -> Scratch {
        let cache = |slot: &Option<Patterns>| slot.as_ref().map(|patterns| patterns.automaton.cache());
        Scratch {
            caches: self.slots.each_ref().map(cache),
            trails: Default::default(),
            ends: Vec::new(),
            keyed: Vec::new(),
            around: Surroundings::default(),
            runs: extent::Runs::default(),
            plain_runs: self.plain.runs(),
            chart: Chart::default(),
            memo: self.shapes.as_ref().map(Shapes::memo),
            met: Met::default(),
        }
    }
}

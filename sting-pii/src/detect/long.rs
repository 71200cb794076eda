//! Which tokens could begin a secret whose first bytes can be anything.

use super::automaton;
use super::chart::Chart;
use super::class::{class, code_of};
use super::shape::widen;
use crate::Error;
use regex_automata::Anchored;
use regex_automata::util::start;
use regex_syntax::hir::Hir;

/// Longest run of letters and digits that is told from longer ones.
const MAX_RUN: usize = 64;
/// Classes here: any letter or digit is one, and `_` is not just any byte.
const ALNUM: u8 = 1;
const UNDERSCORE: u8 = 15;

/// For the length of the run of letters and digits that a token begins with, behind which classes of
/// bytes a pattern still goes on, or ends. Most tokens of a log are names that are told by this.
#[derive(Debug)]
pub(super) struct LongTokens([u16; MAX_RUN]);

const fn classes_here(byte: u8) -> u16 {
    1 << class_here(byte)
}

const fn class_here(byte: u8) -> u8 {
    match byte {
        b'_' => UNDERSCORE,
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => ALNUM,
        _ => class(code_of(byte)),
    }
}

impl LongTokens {
    /// A table for patterns that begin with a letter or digit.
    pub(super) fn new(patterns: &[&Hir]) -> Result<Self, Error> {
        let widened: Vec<Hir> = patterns.iter().map(|hir| widen(hir, &classes_here)).collect();
        let dfa = automaton::lazy(&widened.iter().collect::<Vec<_>>())?;
        let mut cache = dfa.create_cache();
        let mut table = [u16::MAX; MAX_RUN];
        let config = start::Config::new().anchored(Anchored::Yes);
        let Ok(mut state) = dfa.start_state(&mut cache, &config) else { return Ok(Self(table)) };
        for behind in &mut table {
            let lives = |class: &u8| {
                // What ends here is told by the byte behind it, and that is no dead end.
                *class != ALNUM && !dfa.next_state(&mut cache, state, *class).is_ok_and(|next| next.is_dead())
            };
            *behind = (0..16).filter(lives).fold(0, |all, class| all | 1 << class);
            let Ok(next) = dfa.next_state(&mut cache, state, ALNUM) else {
                return Ok(Self([u16::MAX; MAX_RUN]));
            };
            state = next;
        }
        Ok(Self(table))
    }

    /// False if no pattern can match at `at`, where a word begins.
    #[inline]
    pub(super) fn may_begin(&self, chart: &Chart, text: &[u8], at: usize) -> bool {
        let run = chart.run(at);
        let behind = text.get(at + run).map_or(0, |byte| class_here(*byte));
        self.0.get(run).is_none_or(|classes| classes >> behind & 1 == 1)
    }
}

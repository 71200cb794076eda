//! What to look for in the values of one field.

use super::super::matcher::Matcher;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// A text shorter than this many bytes is in too many values to look for.
const MIN_NEEDLE: usize = 3;

/// Up to so many bytes of needles the automaton is the fast kind, which takes some hundred times as many.
const MAX_DENSE: usize = 20_000;

type Ids = SmallVec<[u32; 2]>;

/// Finds the predicates that a value may fulfil.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By the whole folded value.
    exact: FxHashMap<Box<str>, Ids>,
    /// By its beginning.
    heads: Edge,
    /// By its end.
    tails: Edge,
    /// By a text in it.
    needles: Option<AhoCorasick>,
    of_needle: Vec<Ids>,
}

/// Predicates by the first or last bytes of a value, up to eight of them.
#[derive(Debug, Default)]
struct Edge {
    table: FxHashMap<(u8, u64), Ids>,
    /// The numbers of bytes that are in the table.
    lengths: Vec<u8>,
}

const EDGE: usize = 8;

impl Edge {
    fn add(&mut self, id: u32, bytes: &[u8]) {
        let length = bytes.len() as u8;
        self.table.entry((length, pack(bytes))).or_default().push(id);
        if !self.lengths.contains(&length) {
            self.lengths.push(length);
        }
    }

    fn look_up(&self, bytes: impl Fn(usize) -> Option<u64>, mut found: impl FnMut(u32)) {
        for &length in &self.lengths {
            if let Some(packed) = bytes(length as usize)
                && let Some(ids) = self.table.get(&(length, packed))
            {
                ids.iter().for_each(|&id| found(id));
            }
        }
    }
}

/// Up to eight bytes as a number.
fn pack(bytes: &[u8]) -> u64 {
    let mut packed = [0; EDGE];
    packed[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(packed)
}

/// What becomes an [`Index`].
#[derive(Debug, Default)]
pub(super) struct Builder {
    exact: FxHashMap<Box<str>, Ids>,
    heads: Edge,
    tails: Edge,
    needles: FxHashMap<String, Ids>,
}

impl Builder {
    /// Adds a predicate; false if no index can find it.
    pub(super) fn add(&mut self, id: u32, matcher: &Matcher) -> bool {
        match matcher {
            Matcher::Number(number) => match number.keys() {
                None => false,
                Some(keys) => {
                    for key in keys {
                        self.exact.entry(key.into()).or_default().push(id);
                    }
                    true
                }
            },
            Matcher::Text(pattern) => {
                if let Some(text) = pattern.exact() {
                    self.exact.entry(text.into()).or_default().push(id);
                    return true;
                }
                if let Some(text) = pattern.beginning() {
                    self.heads.add(id, &text.as_bytes()[..text.len().min(EDGE)]);
                    return true;
                }
                if let Some(text) = pattern.end() {
                    self.tails.add(id, &text.as_bytes()[text.len().saturating_sub(EDGE)..]);
                    return true;
                }
                match pattern.needle().filter(|needle| needle.len() >= MIN_NEEDLE) {
                    None => false,
                    Some(needle) => {
                        self.needles.entry(needle).or_default().push(id);
                        true
                    }
                }
            }
            _ => false,
        }
    }

    pub(super) fn build(self) -> Index {
        let mut needles: Vec<(String, Ids)> = self.needles.into_iter().collect();
        needles.sort_unstable();
        let (texts, of_needle): (Vec<String>, Vec<Ids>) = needles.into_iter().unzip();
        let size: usize = texts.iter().map(String::len).sum();
        let kind = if size <= MAX_DENSE { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
        let automaton =
            || AhoCorasick::builder().match_kind(MatchKind::Standard).kind(Some(kind)).build(&texts).ok();
        let needles = if texts.is_empty() { None } else { automaton() };
        Index { exact: self.exact, heads: self.heads, tails: self.tails, needles, of_needle }
    }
}

impl Index {
    /// True if there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty()
            && self.heads.lengths.is_empty()
            && self.tails.lengths.is_empty()
            && self.needles.is_none()
    }

    /// Calls `whole` for each predicate that the whole folded value may fulfil.
    pub(super) fn look_up(&self, value: &str, mut whole: impl FnMut(u32)) {
        if let Some(ids) = self.exact.get(value) {
            ids.iter().for_each(|&id| whole(id));
        }
    }

    /// Calls `edge` for each predicate whose pattern may begin or end the folded value.
    pub(super) fn look_at_edges(&self, value: &str, mut edge: impl FnMut(u32)) {
        let bytes = value.as_bytes();
        self.heads.look_up(|length| bytes.get(..length).map(pack), &mut edge);
        let tail = |length| bytes.len().checked_sub(length).map(|start| pack(&bytes[start..]));
        self.tails.look_up(tail, &mut edge);
    }

    /// Calls `part` for each predicate of which the folded value holds the needle.
    pub(super) fn scan(&self, value: &str, mut part: impl FnMut(u32)) {
        let Some(needles) = &self.needles else { return };
        for hit in needles.find_overlapping_iter(value) {
            self.of_needle[hit.pattern().as_usize()].iter().for_each(|&id| part(id));
        }
    }
}

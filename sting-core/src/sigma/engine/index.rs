//! What to look for in the values of one field.

use super::super::matcher::Matcher;
use super::sieve::{Gate, MIN_NEEDLE, Sieve, Usual};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What was found: the number under which it was added, and whether that settles that the matcher matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) id: u32,
    pub(super) certain: bool,
}

type Hits = SmallVec<[Hit; 1]>;

/// Finds the matchers that a value may fulfil.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By the whole folded value.
    exact: FxHashMap<Box<str>, Hits>,
    /// The lengths of those, one bit each; the last for all that are longer.
    lengths: u64,
    /// By its beginning.
    heads: Edge,
    /// By its end.
    tails: Edge,
    /// By a text in it.
    needles: Sieve,
    of_needle: Vec<Hits>,
}

/// Whole texts that share an edge.
type Texts = Vec<(Box<str>, Hits)>;

/// Texts by their first or last bytes, up to eight of them.
#[derive(Debug, Default)]
struct Edge {
    table: FxHashMap<(u8, u64), Texts>,
    /// The numbers of bytes that are in the table.
    lengths: Vec<u8>,
    /// A bit for the hash of each key, so that most values need no look at the table.
    bits: [u64; 16],
}

const EDGE: usize = 8;

impl Edge {
    fn add(&mut self, text: &str, bytes: &[u8], hit: Hit) {
        let key = (bytes.len() as u8, pack(bytes));
        if !self.lengths.contains(&key.0) {
            self.lengths.push(key.0);
        }
        let (word, bit) = bit(key);
        self.bits[word] |= bit;
        let texts = self.table.entry(key).or_default();
        match texts.iter_mut().find(|(known, _)| **known == *text) {
            Some((_, hits)) => hits.push(hit),
            None => texts.push((text.into(), smallvec::smallvec![hit])),
        }
    }

    #[inline]
    fn find(
        &self,
        bytes: impl Fn(usize) -> Option<u64>,
        fits: impl Fn(&str) -> bool,
        found: &mut impl FnMut(Hit),
    ) {
        for &length in &self.lengths {
            let Some(packed) = bytes(length as usize) else { continue };
            let (word, bit) = bit((length, packed));
            if self.bits[word] & bit == 0 {
                continue;
            }
            let texts = self.table.get(&(length, packed)).into_iter().flatten();
            texts.filter(|(text, _)| fits(text)).flat_map(|(_, hits)| hits).for_each(|&hit| found(hit));
        }
    }
}

fn bit((length, packed): (u8, u64)) -> (usize, u64) {
    let hash = (packed ^ u64::from(length)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// Up to eight bytes as a number.
fn pack(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<EDGE>() {
        Some(whole) => u64::from_le_bytes(*whole),
        None => bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// What becomes an [`Index`].
#[derive(Debug, Default)]
pub(super) struct Builder {
    index: Index,
    needles: FxHashMap<Box<str>, Hits>,
}

/// True if an index finds every value that the matcher may match.
pub(super) fn can_hold(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Number(number) => number.keys().is_some(),
        Matcher::Text(pattern) => {
            pattern.exact().is_some()
                || pattern.beginning().is_some()
                || pattern.end().is_some()
                || pattern.needle().is_some_and(|needle| needle.len() >= MIN_NEEDLE)
        }
        Matcher::Regex { literals, .. } => {
            !literals.is_empty() && literals.iter().all(|text| text.len() >= MIN_NEEDLE)
        }
        _ => false,
    }
}

/// The texts by which an index would hold a matcher.
pub(super) fn texts(matcher: &Matcher) -> Vec<String> {
    match matcher {
        Matcher::Text(pattern) => pattern.needle().into_iter().collect(),
        Matcher::Regex { literals, .. } => literals.to_vec(),
        _ => Vec::new(),
    }
}

impl Builder {
    /// Adds a matcher under a number; false, and nothing is added, if no index can hold it.
    pub(super) fn add(&mut self, id: u32, matcher: &Matcher) -> bool {
        if !can_hold(matcher) {
            return false;
        }
        let hit = |certain| Hit { id, certain };
        match matcher {
            Matcher::Number(number) => {
                for key in number.keys().unwrap_or_default() {
                    self.add_exact(&key, hit(false));
                }
            }
            Matcher::Text(pattern) => {
                if let Some(text) = pattern.exact() {
                    self.add_exact(&text, hit(!pattern.is_cased()));
                } else if let Some(text) = pattern.beginning() {
                    self.index.heads.add(text, &text.as_bytes()[..text.len().min(EDGE)], hit(true));
                } else if let Some(text) = pattern.end() {
                    let tail = &text.as_bytes()[text.len().saturating_sub(EDGE)..];
                    self.index.tails.add(text, tail, hit(true));
                } else if let Some(needle) = pattern.needle() {
                    self.needles.entry(needle.into()).or_default().push(hit(pattern.is_needle()));
                }
            }
            Matcher::Regex { literals, .. } => {
                for literal in literals.iter() {
                    self.needles.entry(literal.as_str().into()).or_default().push(hit(false));
                }
            }
            _ => return false,
        }
        true
    }

    fn add_exact(&mut self, text: &str, hit: Hit) {
        self.index.lengths |= 1 << text.len().min(63);
        self.index.exact.entry(text.into()).or_default().push(hit);
    }

    /// A gate before all that was added; `None` if only a look at the values can tell.
    pub(super) fn gate(&self, usual: &Usual) -> Option<Gate> {
        let only_needles = self.index.exact.is_empty()
            && self.index.heads.lengths.is_empty()
            && self.index.tails.lengths.is_empty();
        only_needles.then(|| Gate::new(self.needles.keys().map(|needle| needle.as_bytes()), usual))?
    }

    pub(super) fn build(self, usual: &Usual) -> Index {
        let mut needles: Vec<(Box<str>, Hits)> = self.needles.into_iter().collect();
        needles.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let (texts, of_needle): (Vec<Box<str>>, Vec<Hits>) = needles.into_iter().unzip();
        let needles = Sieve::new(texts.into_iter().map(str::into_boxed_bytes), usual);
        Index { needles, of_needle, ..self.index }
    }
}

impl Index {
    /// True if there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty()
            && self.heads.lengths.is_empty()
            && self.tails.lengths.is_empty()
            && self.needles.is_empty()
    }

    /// Calls `found` for each matcher that the folded value may fulfil.
    pub(super) fn find(&self, value: &str, is_number: bool, mut found: impl FnMut(Hit)) {
        self.find_exact(value, &mut found);
        if is_number && let Some(decimal) = decimal(value) {
            self.find_exact(&decimal, |hit| found(Hit { certain: false, ..hit }));
        }
        let bytes = value.as_bytes();
        self.heads.find(|length| bytes.get(..length).map(pack), |text| value.starts_with(text), &mut found);
        let tail = |length| bytes.len().checked_sub(length).map(|start| pack(&bytes[start..]));
        self.tails.find(tail, |text| value.ends_with(text), &mut found);
        self.needles.scan(bytes, |needle| self.of_needle[needle].iter().for_each(|&hit| found(hit)));
    }

    #[inline]
    fn find_exact(&self, value: &str, found: impl FnMut(Hit)) {
        if self.lengths >> value.len().min(63) & 1 != 0
            && let Some(hits) = self.exact.get(value)
        {
            hits.iter().copied().for_each(found);
        }
    }
}

/// An integral number that is not written as one, in decimal.
fn decimal(text: &str) -> Option<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit())
        || text.len() > 1 && !text.starts_with("-0") && text[1..].bytes().all(|byte| byte.is_ascii_digit());
    if plain {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    (number.fract() == 0.0 && number.abs() < 9e15).then(|| (number as i64).to_string())
}

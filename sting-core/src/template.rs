//! Templates of log lines, mined from a stream: which words of a line are its own, and which it shares with its kind.
//!
//! ```
//! use sting_core::template::{TemplateConfig, TemplateMiner};
//! let mut miner = TemplateMiner::new(TemplateConfig::default())?;
//! let line = "Accepted password for root from 10.0.0.7 port 4711";
//! let mined = miner.push(line);
//! assert_eq!(miner.get(mined.id).unwrap().text, "Accepted password for root from <*> port <*>");
//! let params: Vec<_> = mined.params.iter().map(|span| span.get(line).unwrap()).collect();
//! assert_eq!(params, ["10.0.0.7", "4711"]);
//! # Ok::<(), sting_core::Error>(())
//! ```
//!
//! A word is a parameter if its shape says so (`template/mask.rs`), or if the stream does: once
//! [`TemplateConfig::merge_after`] templates differ in one and the same word, that word is a parameter of one template, into which
//! they are merged. If it turns out to take only few values for a long time, it was a word of as many templates after all, and
//! the one is split into them. Every line costs one look-up, and a line that was never seen one a word.

mod mask;

use crate::{Error, Span};
use mask::{Kind, Word};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

/// What a [`TemplateMiner`] may hold, and when it changes its mind. The defaults suit every log that we know.
#[derive(Clone, Debug)]
pub struct TemplateConfig {
    /// Templates kept; beyond it those not seen for the longest time are forgotten. Memory is at most about 4 kB each.
    pub max_templates: usize,
    /// Words of a line that are told apart; the rest of it is one parameter.
    pub max_words: usize,
    /// Templates that differ in one word only, from which on that word is a parameter.
    pub merge_after: usize,
    /// Lines without a new value of a merged word, after which it is split again if it has at most [`ENUMERATION`] values.
    pub split_after: u64,
}

impl Default for TemplateConfig {
    fn default() -> Self {
        Self { max_templates: 10_000, max_words: 128, merge_after: 5, split_after: 10_000 }
    }
}

/// The most values that a word may have and still belong to the templates instead of being their parameter.
pub const ENUMERATION: usize = 16;

/// Number of a template, never given twice by one miner.
pub type TemplateId = u64;

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its number.
    pub id: TemplateId,
    /// Its words, with `<*>` for each parameter.
    pub text: String,
    /// Lines seen, those of the templates merged into it included.
    pub count: u64,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mined {
    /// The template to which it belongs.
    pub id: TemplateId,
    /// Where its parameters are, one for each `<*>` of the template.
    pub params: Vec<Span>,
    /// Where it has groups in parentheses that a line of this template may lack: a size, a host.
    pub asides: Vec<Span>,
    /// What the line changed.
    pub change: Change,
}

/// What a line changed among the templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Nothing.
    #[default]
    None,
    /// It is the first of its template.
    New,
    /// It showed that these are one template; their lines belong to [`Mined::id`] now.
    Merged {
        /// The templates that are no more.
        from: Vec<TemplateId>,
    },
    /// It showed that this template is several.
    Split {
        /// The template that is no more.
        from: TemplateId,
        /// Those that its lines belong to now.
        into: Vec<TemplateId>,
    },
}

impl Change {
    /// Its name in every language binding: `none`, `new`, `merged` or `split`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::New => "new",
            Self::Merged { .. } => "merged",
            Self::Split { .. } => "split",
        }
    }

    /// The templates that are no more since the line.
    pub fn replaced(&self) -> &[TemplateId] {
        match self {
            Self::None | Self::New => &[],
            Self::Merged { from } => from,
            Self::Split { from, .. } => std::slice::from_ref(from),
        }
    }
}

/// Mines templates from lines, in bounded memory.
#[derive(Debug)]
pub struct TemplateMiner {
    config: TemplateConfig,
    /// The template of every known sequence of words, with [`WILD`] for parameters.
    keys: FxHashMap<Key, TemplateId>,
    /// Templates alike but for one word, by their key with [`WILD`] for that word.
    alike: FxHashMap<Key, Alike>,
    templates: FxHashMap<TemplateId, Held>,
    /// Sets of two and more merged words, by the number of words of their templates.
    masks: FxHashMap<usize, Vec<Positions>>,
    next_id: TemplateId,
    clock: u64,
    forgotten: u64,
    words: Vec<Word>,
    asides: Vec<Span>,
    hashes: Vec<u64>,
}

type Positions = SmallVec<[u16; 4]>;

/// A sequence of word hashes, as two polynomials over them, so that replacing one word is two multiplications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key(u64, u64);

#[derive(Debug, Default)]
struct Alike {
    templates: Vec<TemplateId>,
    /// The word was a parameter and had few values: it takes more to make it one again.
    enumeration: bool,
}

#[derive(Debug)]
struct Held {
    template: Template,
    /// When it was seen last.
    seen: u64,
    pieces: Vec<Piece>,
    keys: Vec<Key>,
    /// Which words are parameters because templates were merged.
    merged: Positions,
    values: Option<Values>,
}

/// One word of a template's text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Constant(String, u64),
    Keyed(String, u64),
    Variable,
}

impl Piece {
    fn hash(&self) -> u64 {
        match self {
            Self::Constant(_, hash) | Self::Keyed(_, hash) => *hash,
            Self::Variable => WILD,
        }
    }
}

/// The values of a merged word, while it may still turn out to be an enumeration.
#[derive(Debug)]
struct Values {
    seen: Vec<Piece>,
    lines_since_new: u64,
}

/// Stands for a parameter in a [`Key`].
const WILD: u64 = 0x9e37_79b9_7f4a_7c15;
const BASES: (u64, u64) = (0x5851_f42d_4c95_7f2d, 0xda94_2042_e4dd_58b5);

impl Key {
    fn of(hashes: impl Iterator<Item = u64>) -> Self {
        let mut key = Self(0, 0);
        let mut powers = (1u64, 1u64);
        for hash in hashes {
            key.add(hash, powers);
            powers = next(powers);
        }
        // Sequences of unlike length are unlike whatever is in them.
        key.add(powers.0 ^ powers.1, next(powers));
        key
    }

    fn add(&mut self, hash: u64, powers: (u64, u64)) {
        self.0 = self.0.wrapping_add(hash.wrapping_mul(powers.0));
        self.1 = self.1.wrapping_add((hash.rotate_left(32) ^ WILD).wrapping_mul(powers.1));
    }

    /// The key with another word in the place whose powers these are.
    fn replaced(mut self, old: u64, new: u64, powers: (u64, u64)) -> Self {
        self.0 = self.0.wrapping_sub(old.wrapping_mul(powers.0));
        self.1 = self.1.wrapping_sub((old.rotate_left(32) ^ WILD).wrapping_mul(powers.1));
        self.add(new, powers);
        self
    }
}

fn next(powers: (u64, u64)) -> (u64, u64) {
    (powers.0.wrapping_mul(BASES.0), powers.1.wrapping_mul(BASES.1))
}

fn powers() -> impl Iterator<Item = (u64, u64)> {
    std::iter::successors(Some((1, 1)), |&powers| Some(next(powers)))
}

fn hash_word(word: &[u8]) -> u64 {
    let mut hasher = BuildHasherDefault::<rustc_hash::FxHasher>::default().build_hasher();
    hasher.write(word);
    hasher.finish()
}

impl TemplateMiner {
    /// A miner that has seen nothing.
    ///
    /// # Errors
    /// [`Error::Config`] if a limit is too small to work with.
    pub fn new(config: TemplateConfig) -> Result<Self, Error> {
        for (name, value, least) in [
            ("max_templates", config.max_templates, 1),
            ("max_words", config.max_words, 2),
            ("merge_after", config.merge_after, 2),
        ] {
            if value < least {
                let problem = format!("{value} is less than {least}");
                return Err(Error::config(
                    format!("TemplateConfig::{name}"),
                    problem,
                    "the default suits most logs",
                ));
            }
        }
        if config.max_words > usize::from(u16::MAX) {
            return Err(Error::config(
                "TemplateConfig::max_words",
                "it is more than 65,535",
                "few templates have more than 100",
            ));
        }
        Ok(Self {
            config,
            keys: FxHashMap::default(),
            alike: FxHashMap::default(),
            templates: FxHashMap::default(),
            masks: FxHashMap::default(),
            next_id: 0,
            clock: 0,
            forgotten: 0,
            words: Vec::new(),
            asides: Vec::new(),
            hashes: Vec::new(),
        })
    }

    /// Finds the template of a line, without its line end, and learns from it.
    pub fn push(&mut self, line: &str) -> Mined {
        let mut words = std::mem::take(&mut self.words);
        let mut asides = std::mem::take(&mut self.asides);
        let mut hashes = std::mem::take(&mut self.hashes);
        mask::words(line, self.config.max_words, &mut words, &mut asides);
        hashes.clear();
        hashes.extend(words.iter().map(|word| match word.kind {
            Kind::Constant => hash_word(&line.as_bytes()[word.span.range()]),
            Kind::Variable => WILD,
            Kind::Keyed(value) => !hash_word(&line.as_bytes()[word.span.start..value]),
        }));

        self.clock += 1;
        let key = Key::of(hashes.iter().copied());
        let (id, change) = match self.find(key, &hashes) {
            Some(id) => self.see(id, |at| piece(line, words[at], hashes[at])),
            None => self.learn(
                key,
                words.iter().zip(&hashes).map(|(&word, &hash)| piece(line, word, hash)).collect(),
            ),
        };
        let params = params(&words, &self.templates[&id].pieces);
        let mined = Mined { id, params, asides: asides.clone(), change };
        (self.words, self.asides, self.hashes) = (words, asides, hashes);
        mined
    }

    /// A template that is held.
    pub fn get(&self, id: TemplateId) -> Option<&Template> {
        self.templates.get(&id).map(|held| &held.template)
    }

    /// The templates that are held, by number.
    pub fn templates(&self) -> Vec<&Template> {
        let mut all: Vec<_> = self.templates.values().map(|held| &held.template).collect();
        all.sort_unstable_by_key(|template| template.id);
        all
    }

    /// How many templates were forgotten because [`TemplateConfig::max_templates`] was reached.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn find(&self, key: Key, hashes: &[u64]) -> Option<TemplateId> {
        let with_one_merged = || {
            powers()
                .zip(hashes)
                .skip(1)
                .filter(|(_, hash)| **hash != WILD)
                .find_map(|(powers, &hash)| self.keys.get(&key.replaced(hash, WILD, powers)))
        };
        let with_more = || {
            self.masks.get(&hashes.len())?.iter().find_map(|mask| {
                let is_merged = |at: usize| mask.binary_search(&(at as u16)).is_ok();
                let masked =
                    hashes.iter().enumerate().map(|(at, &hash)| if is_merged(at) { WILD } else { hash });
                self.keys.get(&Key::of(masked))
            })
        };
        self.keys.get(&key).or_else(with_one_merged).or_else(with_more).copied()
    }

    /// Counts a line of a known template, and splits the template if its merged word is an enumeration.
    fn see(&mut self, id: TemplateId, piece_at: impl Fn(usize) -> Piece) -> (TemplateId, Change) {
        let held = self.templates.get_mut(&id).expect("a key leads to a template that is held");
        held.seen = self.clock;
        held.template.count += 1;
        let (Some(values), Some(&at)) = (&mut held.values, held.merged.first()) else {
            return (id, Change::None);
        };
        let value = piece_at(usize::from(at));
        if values.seen.contains(&value) {
            values.lines_since_new += 1;
            if values.lines_since_new >= self.config.split_after {
                return self.split(id, &value);
            }
        } else if values.seen.len() < ENUMERATION && value != Piece::Variable {
            values.seen.push(value);
            values.lines_since_new = 0;
        } else {
            held.values = None;
        }
        (id, Change::None)
    }

    fn split(&mut self, id: TemplateId, value: &Piece) -> (TemplateId, Change) {
        let held = self.remove(id).expect("it was found by its number");
        let at = usize::from(held.merged[0]);
        let values = held.values.map(|values| values.seen).unwrap_or_default();
        self.alike.entry(key_of(&held.pieces)).or_default().enumeration = true;
        let mut into = Vec::new();
        let mut now = id;
        // How many lines each had is not known; the total stays right.
        let (share, mut rest) =
            (held.template.count / values.len() as u64, held.template.count % values.len() as u64);
        for piece in values {
            let is_this = piece == *value;
            let mut pieces = held.pieces.clone();
            pieces[at] = piece;
            let part = self.hold(pieces, Positions::new(), share + std::mem::take(&mut rest));
            into.push(part);
            if is_this {
                now = part;
            }
        }
        (now, Change::Split { from: id, into })
    }

    /// Adds a template, and merges it with those that are like it but for one word if they are enough.
    fn learn(&mut self, key: Key, pieces: Vec<Piece>) -> (TemplateId, Change) {
        if self.templates.len() >= self.config.max_templates {
            self.forget();
        }
        let mut id = self.hold(pieces, Positions::new(), 1);
        let mut from = Vec::new();
        let mut key = key;
        while let Some((at, members)) = self.to_merge(key, id) {
            let parts: Vec<Held> = members.iter().filter_map(|&member| self.remove(member)).collect();
            let mut merged: Positions = parts.iter().flat_map(|part| part.merged.iter().copied()).collect();
            merged.push(at as u16);
            merged.sort_unstable();
            merged.dedup();
            let mut pieces = parts[0].pieces.clone();
            let values: Vec<Piece> = parts.iter().map(|part| part.pieces[at].clone()).collect();
            pieces[at] = Piece::Variable;
            key = key_of(&pieces);
            if merged.len() > 1 {
                const MASKS: usize = 64;
                let masks = self.masks.entry(pieces.len()).or_default();
                if masks.len() < MASKS && !masks.contains(&merged) {
                    masks.push(merged.clone());
                }
            }
            let is_first = merged.len() == 1 && values.len() <= ENUMERATION;
            id = self.hold(pieces, merged, parts.iter().map(|part| part.template.count).sum());
            let held = self.templates.get_mut(&id).expect("it is held since the line above");
            held.values = is_first.then_some(Values { seen: values, lines_since_new: 0 });
            for &known in parts.iter().flat_map(|part| &part.keys) {
                self.keys.insert(known, id);
                held.keys.push(known);
            }
            from.extend(members);
        }
        (id, if from.is_empty() { Change::New } else { Change::Merged { from } })
    }

    /// The word in which enough templates differ from this one and in nothing else, and those templates.
    fn to_merge(&self, key: Key, id: TemplateId) -> Option<(usize, Vec<TemplateId>)> {
        powers()
            .zip(&self.templates[&id].pieces)
            .enumerate()
            .skip(1)
            .filter(|(_, (_, piece))| matches!(piece, Piece::Constant(..)))
            .filter_map(|(at, (powers, piece))| {
                let alike = self.alike.get(&key.replaced(piece.hash(), WILD, powers))?;
                let enough = if alike.enumeration { ENUMERATION + 1 } else { self.config.merge_after };
                (alike.templates.len() >= enough).then(|| (at, alike.templates.clone()))
            })
            .max_by_key(|(at, members)| (members.len(), std::cmp::Reverse(*at)))
    }

    fn hold(&mut self, pieces: Vec<Piece>, merged: Positions, count: u64) -> TemplateId {
        let id = self.next_id;
        self.next_id += 1;
        let key = key_of(&pieces);
        self.keys.insert(key, id);
        for key in keys_but_one(&pieces) {
            self.alike.entry(key).or_default().templates.push(id);
        }
        let template = Template { id, text: text(&pieces), count };
        self.templates
            .insert(id, Held { template, seen: self.clock, pieces, keys: vec![key], merged, values: None });
        id
    }

    fn remove(&mut self, id: TemplateId) -> Option<Held> {
        let held = self.templates.remove(&id)?;
        for key in &held.keys {
            self.keys.remove(key);
        }
        for key in keys_but_one(&held.pieces) {
            if let Some(alike) = self.alike.get_mut(&key) {
                alike.templates.retain(|&other| other != id);
                if alike.templates.is_empty() && !alike.enumeration {
                    self.alike.remove(&key);
                }
            }
        }
        Some(held)
    }

    /// Forgets the sixteenth of the templates that was not seen for the longest time.
    fn forget(&mut self) {
        let mut by_age: Vec<_> = self.templates.iter().map(|(&id, held)| (held.seen, id)).collect();
        let count = by_age.len().div_ceil(16);
        by_age.select_nth_unstable(count - 1);
        for &(_, id) in &by_age[..count] {
            self.remove(id);
        }
        self.forgotten += count as u64;
        // Enumerations are notes that outlive their templates: without an end they would fill the memory of an endless stream.
        if self.alike.len() > self.config.max_templates.saturating_mul(self.config.max_words) {
            self.alike.retain(|_, alike| !alike.templates.is_empty());
        }
    }
}

/// The keys of a template with one word left out each: not the first, by which most programs tell their messages apart, and not
/// the only one.
fn keys_but_one(pieces: &[Piece]) -> Vec<Key> {
    if pieces.iter().filter(|piece| **piece != Piece::Variable).count() < 2 {
        return Vec::new();
    }
    let key = key_of(pieces);
    powers()
        .zip(pieces)
        .skip(1)
        .filter(|(_, piece)| matches!(piece, Piece::Constant(..)))
        .map(|(powers, piece)| key.replaced(piece.hash(), WILD, powers))
        .collect()
}

fn key_of(pieces: &[Piece]) -> Key {
    Key::of(pieces.iter().map(Piece::hash))
}

fn piece(line: &str, word: Word, hash: u64) -> Piece {
    match word.kind {
        Kind::Constant => Piece::Constant(line[word.span.range()].to_owned(), hash),
        Kind::Keyed(value) => Piece::Keyed(line[word.span.start..value].to_owned(), hash),
        Kind::Variable => Piece::Variable,
    }
}

/// Parameters that follow each other are one.
fn text(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 && *piece == Piece::Variable && pieces[at - 1] == Piece::Variable {
            continue;
        }
        if at > 0 {
            text.push(' ');
        }
        match piece {
            Piece::Constant(word, _) => text.push_str(word),
            Piece::Keyed(key, _) => {
                text.push_str(key);
                text.push_str("<*>");
            }
            Piece::Variable => text.push_str("<*>"),
        }
    }
    text
}

/// Where the parameters of a line are, one for each `<*>` of [`text`].
fn params(words: &[Word], pieces: &[Piece]) -> Vec<Span> {
    let mut params: Vec<Span> = Vec::new();
    let mut joins = false;
    for (word, piece) in words.iter().zip(pieces) {
        match (piece, word.kind) {
            (Piece::Variable, _) => match params.last_mut().filter(|_| joins) {
                Some(last) => *last = last.cover(word.span),
                None => params.push(word.span),
            },
            (Piece::Keyed(..), Kind::Keyed(value)) => params.push(Span::new(value, word.span.end)),
            _ => {}
        }
        joins = *piece == Piece::Variable;
    }
    params
}

#[cfg(test)]
mod tests;

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

mod change;
mod key;
mod mask;
mod state;

use crate::{Error, Span};
use key::{Key, Piece, WILD, hash_word, piece, powers};
use mask::{Kind, Word};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What a [`TemplateMiner`] may hold, and when it changes its mind. The defaults suit every log that we know.
#[derive(Clone, Debug)]
pub struct TemplateConfig {
    /// Templates kept; beyond it those not seen for the longest time are forgotten. Each takes about 1 kB of memory with the words
    /// of real logs, and cannot take more than some 64 kB whatever the lines are.
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

/// The values of a merged word, while it may still turn out to be an enumeration.
#[derive(Debug)]
struct Values {
    seen: Vec<Piece>,
    lines_since_new: u64,
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
            Some(id) => self.see(id, |at| words.get(at).map(|&word| piece(line, word, hashes[at]))),
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
}

/// Where the parameters of a line are, one for each `<*>` of its text.
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

//! Tokens by id, and ids by token.

use super::file::AddedToken;
use crate::id::IdHasher;
use rustc_hash::{FxHashMap, FxHashSet};

/// The strings of a tokenizer.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocab {
    /// All strings, end to end.
    strings: String,
    /// The model's own tokens, in the order of their strings.
    model: Vec<Entry>,
    /// Added tokens, which come first when a token is looked up.
    added: FxHashMap<Box<str>, u32>,
    /// Added tokens that are left out when ids are decoded.
    special: FxHashSet<u32>,
    /// Normal forms of added tokens, where they differ: as those they are decoded.
    forms: FxHashMap<u32, Box<str>>,
    /// Where in `strings` the token of an id lies.
    places: FxHashMap<u32, (u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    end: u32,
    id: u32,
}

impl Vocab {
    /// The vocabulary of a model. The last of equal tokens wins.
    pub(super) fn new(model: &[(&str, u32)]) -> Self {
        let mut vocab = Self::default();
        let mut sorted = model.to_vec();
        sorted.sort_by_key(|&(token, _)| token);
        for (at, &(token, id)) in sorted.iter().enumerate() {
            if sorted.get(at + 1).is_none_or(|&(next, _)| next != token) {
                let (start, end) = vocab.name(token, id);
                vocab.model.push(Entry { start, end, id });
            }
        }
        vocab
    }

    /// Gives added tokens their ids, as `tokenizers` does: one that the model knows keeps the model's
    /// id, and any other gets the next free one, whatever its file says.
    pub(super) fn add(&mut self, added: &mut Vec<AddedToken>, normal_form: impl Fn(&str) -> String) {
        let mut next = self.model.len() as u32;
        added.retain_mut(|token| {
            if token.content.is_empty() {
                return false;
            }
            token.id = self.id(&token.content).unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            self.name(&token.content, token.id);
            self.added.insert(token.content.as_str().into(), token.id);
            let form = if token.normalized { normal_form(&token.content) } else { token.content.clone() };
            // What is special is told by its string, so that another form of it is not.
            if form != token.content {
                self.forms.insert(token.id, form.into());
            } else if token.special {
                self.special.insert(token.id);
            }
            true
        });
        // The last of equal tokens decides how it is matched.
        let mut seen = FxHashSet::default();
        added.reverse();
        added.retain(|token| seen.insert(token.id));
    }

    /// The same with tokens that are left out when ids are decoded.
    #[cfg(feature = "tokenizers")]
    pub(super) fn with_special(mut self, special: impl Iterator<Item = u32>) -> Self {
        self.special.extend(special);
        self
    }

    fn name(&mut self, token: &str, id: u32) -> (u32, u32) {
        let start = self.strings.len() as u32;
        self.strings.push_str(token);
        let place = (start, self.strings.len() as u32);
        self.places.insert(id, place);
        place
    }

    pub(super) fn id(&self, token: &str) -> Option<u32> {
        self.added.get(token).copied().or_else(|| self.model_id(token))
    }

    /// The id that the model itself has for a token.
    pub(super) fn model_id(&self, token: &str) -> Option<u32> {
        let string = |entry: &Entry| &self.strings[entry.start as usize..entry.end as usize];
        let at = self.model.binary_search_by_key(&token, string).ok()?;
        Some(self.model[at].id)
    }

    pub(super) fn token(&self, id: u32) -> Option<&str> {
        self.places.get(&id).map(|&(start, end)| &self.strings[start as usize..end as usize])
    }

    /// What decoding makes of an id.
    pub(super) fn decoded(&self, id: u32) -> Option<&str> {
        self.forms.get(&id).map(|form| &**form).or_else(|| self.token(id))
    }

    /// Whether decoding leaves a token out.
    pub(super) fn is_special(&self, id: u32) -> bool {
        self.special.contains(&id)
    }

    /// Number of different ids.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Adds every token to an identity.
    pub(super) fn identify(&self, hasher: &mut IdHasher) {
        let mut ids: Vec<u32> = self.places.keys().copied().collect();
        ids.sort_unstable();
        hasher.number(ids.len() as u64);
        for id in ids {
            hasher.number(u64::from(id)).field(self.token(id).unwrap_or_default().as_bytes());
        }
    }
}

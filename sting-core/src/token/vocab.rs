//! Tokens by id, and ids by token.

use super::file::AddedToken;
use super::trie::Trie;
use crate::id::IdHasher;
use rustc_hash::FxHashMap;

/// The strings of a tokenizer.
#[derive(Clone, Debug)]
pub(super) struct Vocab {
    /// The model's own tokens.
    pub(super) trie: Trie,
    /// Added tokens, which come first when a token is looked up.
    added: FxHashMap<Box<str>, u32>,
    /// All strings, end to end, and where in it each id lies.
    strings: String,
    places: FxHashMap<u32, (u32, u32)>,
}

impl Vocab {
    pub(super) fn new(model: &[(&str, u32)], added: &[AddedToken]) -> Self {
        let trie = Trie::new(model.iter().map(|&(token, id)| (token.as_bytes(), id)));
        let mut vocab =
            Self { trie, added: FxHashMap::default(), strings: String::new(), places: FxHashMap::default() };
        for &(token, id) in model {
            vocab.name(token, id);
        }
        for token in added {
            vocab.name(&token.content, token.id);
            vocab.added.insert(token.content.as_str().into(), token.id);
        }
        vocab
    }

    fn name(&mut self, token: &str, id: u32) {
        let start = self.strings.len() as u32;
        self.strings.push_str(token);
        self.places.insert(id, (start, self.strings.len() as u32));
    }

    pub(super) fn id(&self, token: &str) -> Option<u32> {
        self.added.get(token).copied().or_else(|| self.trie.get(token.as_bytes()))
    }

    pub(super) fn token(&self, id: u32) -> Option<&str> {
        self.places.get(&id).map(|&(start, end)| &self.strings[start as usize..end as usize])
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

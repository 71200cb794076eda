//! Templates as sequences of words, and the keys under which they are found.

use super::mask::{Kind, Word};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

/// One word of a template's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Constant(String, u64),
    Keyed(String, u64),
    Variable,
}

impl Piece {
    pub(super) fn hash(&self) -> u64 {
        match self {
            Self::Constant(_, hash) | Self::Keyed(_, hash) => *hash,
            Self::Variable => WILD,
        }
    }
}

/// A sequence of word hashes, as two polynomials over them, so that replacing one word is two multiplications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(pub(super) u64, pub(super) u64);

/// Stands for a parameter in a [`Key`].
pub(super) const WILD: u64 = 0x9e37_79b9_7f4a_7c15;
const BASES: (u64, u64) = (0x5851_f42d_4c95_7f2d, 0xda94_2042_e4dd_58b5);

impl Key {
    pub(super) fn of(hashes: impl Iterator<Item = u64>) -> Self {
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
    pub(super) fn replaced(mut self, old: u64, new: u64, powers: (u64, u64)) -> Self {
        self.0 = self.0.wrapping_sub(old.wrapping_mul(powers.0));
        self.1 = self.1.wrapping_sub((old.rotate_left(32) ^ WILD).wrapping_mul(powers.1));
        self.add(new, powers);
        self
    }
}

fn next(powers: (u64, u64)) -> (u64, u64) {
    (powers.0.wrapping_mul(BASES.0), powers.1.wrapping_mul(BASES.1))
}

pub(super) fn powers() -> impl Iterator<Item = (u64, u64)> {
    std::iter::successors(Some((1, 1)), |&powers| Some(next(powers)))
}

pub(super) fn hash_word(word: &[u8]) -> u64 {
    let mut hasher = BuildHasherDefault::<rustc_hash::FxHasher>::default().build_hasher();
    hasher.write(word);
    hasher.finish()
}

/// The keys of a template with one word left out each: not the first, by which most programs tell their messages apart, and not
/// the only one.
pub(super) fn keys_but_one(pieces: &[Piece]) -> Vec<Key> {
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

pub(super) fn key_of(pieces: &[Piece]) -> Key {
    Key::of(pieces.iter().map(Piece::hash))
}

pub(super) fn piece(line: &str, word: Word, hash: u64) -> Piece {
    match word.kind {
        Kind::Constant => Piece::Constant(line[word.span.range()].to_owned(), hash),
        Kind::Keyed(value) => Piece::Keyed(line[word.span.start..value].to_owned(), hash),
        Kind::Variable => Piece::Variable,
    }
}

/// Parameters that follow each other are one.
pub(super) fn text(pieces: &[Piece]) -> String {
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

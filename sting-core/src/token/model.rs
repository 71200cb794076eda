//! The models that are built in, and those that are not, behind one face.

use super::bpe::Bpe;
use super::normalized;
#[cfg(feature = "tokenizers")]
use super::other;
use super::sink::Sink;
use super::wordpiece::WordPiece;
use crate::Span;

pub(super) enum Model {
    WordPiece(Box<WordPiece>),
    Bpe(Box<Bpe>),
    #[cfg(feature = "tokenizers")]
    Other(Box<other::Other>),
}

impl Model {
    /// The normal form of `text`, which stands at byte `shift`; `None` if it is what it was.
    pub(super) fn normalize(&self, text: &str, shift: usize) -> Option<normalized::Normalized> {
        match self {
            Self::WordPiece(model) => model.normalize(text, shift),
            Self::Bpe(model) => model.normalize(text, shift),
            #[cfg(feature = "tokenizers")]
            Self::Other(_) => None,
        }
    }

    pub(super) fn normal_form(&self, text: &str) -> String {
        self.normalize(text, 0).map_or_else(|| text.to_owned(), |normal| normal.text)
    }

    pub(super) fn encode<S: Sink>(&self, text: &str, shift: usize, sink: &mut S) {
        match self {
            Self::WordPiece(model) => model.encode(text, shift, sink),
            Self::Bpe(model) => match model.normalize(text, shift) {
                None => model.encode(text, shift, sink),
                Some(normal) => model.encode_normalized(&normal.text, &normal.places, sink),
            },
            #[cfg(feature = "tokenizers")]
            Self::Other(other) => other.encode(text, sink),
        }
    }

    /// Encodes a text that is normalised already, and whose bytes come from `places`.
    pub(super) fn encode_normalized<S: Sink>(&self, text: &str, places: &[Span], sink: &mut S) {
        match self {
            Self::WordPiece(model) => model.encode_normalized(text, places, sink),
            Self::Bpe(model) => model.encode_normalized(text, places, sink),
            #[cfg(feature = "tokenizers")]
            Self::Other(_) => {}
        }
    }
}

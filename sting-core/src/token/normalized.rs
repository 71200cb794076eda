//! Normalised text that remembers where each of its bytes came from.
//!
//! The forms are those of the crate that Hugging Face `tokenizers` uses, which tells how its output
//! lines up with its input; what is made of that here gives the same places.

use super::file::{Fault, kind, not_built_in, sequence};
use crate::Span;
use serde_json::Value;
use std::sync::OnceLock;
use unicode_normalization_alignments::char::canonical_combining_class;
use unicode_normalization_alignments::{
    IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfd_quick, is_nfkc_quick, is_nfkd_quick,
};

/// A text, and for each byte of it the place in the source.
#[derive(Clone, Debug, Default)]
pub(super) struct Normalized {
    pub(super) text: String,
    pub(super) places: Vec<Span>,
}

impl Normalized {
    /// A text as it stands at byte `shift` of the source.
    fn verbatim(text: &str, shift: usize) -> Self {
        let mut places = Vec::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            let place = Span::new(shift + at, shift + at + c.len_utf8());
            places.resize(at + c.len_utf8(), place);
        }
        Self { text: text.into(), places }
    }

    pub(super) fn push(&mut self, c: char, place: Span) {
        self.text.push(c);
        self.places.resize(self.text.len(), place);
    }

    /// Replaces the text by `dest`, whose numbers say how it lines up: 0 for a character that stands
    /// for one, 1 for one put in, and -n for one that stands for n more that are gone.
    fn transform(&self, dest: impl Iterator<Item = (char, isize)>) -> Self {
        let mut old = self.text.chars();
        let mut offset = 0_usize;
        let mut new = Self::default();
        let begin = self.places.first().map_or(0, |place| place.start);
        for (c, change) in dest {
            let place = if change > 0 {
                offset.checked_sub(1).map_or(Some(Span::new(begin, begin)), |at| self.places.get(at).copied())
            } else {
                self.places.get(offset).copied()
            };
            if change <= 0 {
                offset += old.by_ref().take(1 + change.unsigned_abs()).map(char::len_utf8).sum::<usize>();
            }
            new.push(c, place.or(self.places.last().copied()).unwrap_or_default());
        }
        new
    }
}

/// A step of a normaliser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
    Lowercase,
}

/// Unicode normal forms and lower case, one after another.
#[derive(Clone, Debug, Default)]
pub(super) struct Forms {
    forms: Vec<Form>,
    /// The flags of all of them.
    touched: u8,
}

impl Forms {
    pub(super) fn read(normalizer: &Value) -> Result<Self, Fault> {
        let mut forms = Vec::new();
        for part in sequence(normalizer, "normalizers", "normalizer")? {
            forms.push(match kind(part) {
                "NFC" => Form::Nfc,
                "NFD" => Form::Nfd,
                "NFKC" => Form::Nfkc,
                "NFKD" => Form::Nfkd,
                "Lowercase" => Form::Lowercase,
                other => return Err(not_built_in("normalizer", other)),
            });
        }
        let touched = forms.iter().fold(0, |all, &form| all | 1 << form as u8);
        Ok(Self { forms, touched })
    }

    /// The normal form of `text`, which stands at byte `shift`; `None` if it is what it was.
    pub(super) fn apply(&self, text: &str, shift: usize) -> Option<Normalized> {
        if self.touched == 0 || text.chars().all(|c| changes(c) & self.touched == 0) {
            return None;
        }
        let mut normalized = Normalized::verbatim(text, shift);
        for form in &self.forms {
            let text = normalized.text.as_str();
            normalized = match form {
                Form::Nfc => normalized.transform(text.nfc()),
                Form::Nfd => normalized.transform(text.nfd()),
                Form::Nfkc => normalized.transform(text.nfkc()),
                Form::Nfkd => normalized.transform(text.nfkd()),
                Form::Lowercase => normalized.transform(
                    text.chars()
                        .flat_map(|c| c.to_lowercase().zip([0].into_iter().chain(std::iter::repeat(1)))),
                ),
            };
        }
        Some(normalized)
    }
}

/// Which forms may change a character, by itself or with its neighbours, as a set of bits.
#[inline]
fn changes(c: char) -> u8 {
    /// 256 characters at a time, worked out when first asked for.
    static PAGES: [OnceLock<[u8; 256]>; 0x1100] = [const { OnceLock::new() }; 0x1100];
    let page = PAGES[c as usize >> 8].get_or_init(|| {
        let first = c as u32 & !0xFF;
        std::array::from_fn(|i| char::from_u32(first + i as u32).map_or(0, work_out))
    });
    page[c as usize & 0xFF]
}

fn work_out(c: char) -> u8 {
    let bit = |form: Form, inert: bool| if inert { 0 } else { 1 << form as u8 };
    let once = || std::iter::once(c);
    let starter = canonical_combining_class(c) == 0;
    let mut lower = c.to_lowercase();
    bit(Form::Nfc, starter && is_nfc_quick(once()) == IsNormalized::Yes)
        | bit(Form::Nfd, starter && is_nfd_quick(once()) == IsNormalized::Yes)
        | bit(Form::Nfkc, starter && is_nfkc_quick(once()) == IsNormalized::Yes)
        | bit(Form::Nfkd, starter && is_nfkd_quick(once()) == IsNormalized::Yes)
        | bit(Form::Lowercase, lower.next() == Some(c) && lower.next().is_none())
}

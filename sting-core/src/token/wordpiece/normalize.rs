//! The BERT normaliser, one character after another.

use super::super::file::{Fault, flag, kind, not_built_in};
use super::super::normalized::Normalized;
use super::super::unicode::{CASED, COMPOSED, DROPPED, IDEOGRAPH, MARK, SPACE, properties};
use crate::Span;
use serde_json::Value;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

/// The switches of the BERT normaliser.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct BertNormalizer {
    pub(super) clean: bool,
    pub(super) split_ideographs: bool,
    pub(super) strip_accents: bool,
    pub(super) lowercase: bool,
}

impl BertNormalizer {
    /// As of `bert-base-uncased`.
    pub(in super::super) const UNCASED: Self =
        Self { clean: true, split_ideographs: true, strip_accents: true, lowercase: true };

    const NONE: Self = Self { clean: false, split_ideographs: false, strip_accents: false, lowercase: false };

    pub(super) fn read(normalizer: &Value) -> Result<Self, Fault> {
        match kind(normalizer) {
            "BertNormalizer" => {
                let lowercase = flag(normalizer, "lowercase", true);
                Ok(Self {
                    clean: flag(normalizer, "clean_text", true),
                    split_ideographs: flag(normalizer, "handle_chinese_chars", true),
                    strip_accents: flag(normalizer, "strip_accents", lowercase),
                    lowercase,
                })
            }
            "none" => Ok(Self::NONE),
            "Lowercase" => Ok(Self { lowercase: true, ..Self::NONE }),
            other => Err(not_built_in("normalizer", other)),
        }
    }

    /// The normalised text with its places; `None` if it cannot be anything else than `text`.
    pub(super) fn apply(self, text: &str, shift: usize) -> Option<Normalized> {
        if !(self.clean || self.split_ideographs || self.strip_accents || self.lowercase) {
            return None;
        }
        let mut normalized = Normalized::default();
        Normalizing::new(self).run(text, shift, &mut normalized);
        Some(normalized)
    }
}

/// What takes normalised characters.
pub(super) trait Output {
    /// A character with its properties and its place in the source.
    fn put(&mut self, c: char, flags: u8, place: Span);
    /// A mark was removed here.
    fn removed(&mut self, _place: Span) {}
}

impl Output for Normalized {
    fn put(&mut self, c: char, _: u8, place: Span) {
        self.push(c, place);
    }
}

/// A normaliser at work.
pub(super) struct Normalizing {
    normalizer: BertNormalizer,
    /// A starter and the marks after it, not yet in canonical order: combining class, character,
    /// and whether it is more than the first of a decomposition.
    pending: Vec<(u8, char, bool)>,
    /// Places of the text's characters that are pending, and the last one used.
    sources: Vec<Span>,
    source: Span,
}

impl Normalizing {
    pub(super) fn new(normalizer: BertNormalizer) -> Self {
        Self { normalizer, pending: Vec::new(), sources: Vec::new(), source: Span::default() }
    }

    /// Normalises `text`, which stands at byte `shift` of the source.
    pub(super) fn run(&mut self, text: &str, shift: usize, out: &mut impl Output) {
        let normalizer = self.normalizer;
        for (at, c) in text.char_indices() {
            let place = Span::new(shift + at, shift + at + c.len_utf8());
            let flags = properties(c);
            if normalizer.clean && flags & DROPPED != 0 {
                continue;
            }
            if normalizer.clean && flags & SPACE != 0 {
                self.settle(out);
                out.put(' ', SPACE, place);
                continue;
            }
            let apart = normalizer.split_ideographs && flags & IDEOGRAPH != 0;
            if apart {
                self.settle(out);
                out.put(' ', SPACE, place);
            }
            if !normalizer.strip_accents || flags & COMPOSED == 0 {
                self.settle(out);
                self.cased(c, place, out);
            } else {
                self.decompose(c, place, out);
            }
            if apart {
                self.settle(out);
                out.put(' ', SPACE, place);
            }
        }
        self.settle(out);
    }

    fn decompose(&mut self, c: char, place: Span, out: &mut impl Output) {
        let mut first = true;
        decompose_canonical(c, |part| {
            let class = canonical_combining_class(part);
            if class == 0 {
                self.settle(out);
            }
            if first {
                self.sources.push(place);
            }
            self.pending.push((class, part, !first));
            first = false;
        });
    }

    /// Puts the pending characters into canonical order and takes them over. As in `tokenizers`,
    /// places are dealt out in the new order.
    fn settle(&mut self, out: &mut impl Output) {
        if self.pending.is_empty() {
            return;
        }
        let (mut pending, mut sources) =
            (std::mem::take(&mut self.pending), std::mem::take(&mut self.sources));
        pending.sort_by_key(|&(class, ..)| class);
        let mut places = sources.drain(..);
        for (_, c, inserted) in pending.drain(..) {
            if !inserted && let Some(place) = places.next() {
                self.source = place;
            }
            if properties(c) & MARK == 0 {
                self.cased(c, self.source, out);
            } else {
                out.removed(self.source);
            }
        }
        drop(places);
        (self.pending, self.sources) = (pending, sources);
    }

    fn cased(&self, c: char, place: Span, out: &mut impl Output) {
        let flags = properties(c);
        if self.normalizer.strip_accents && flags & MARK != 0 {
            return;
        }
        if self.normalizer.lowercase && flags & CASED != 0 {
            c.to_lowercase().for_each(|lower| out.put(lower, properties(lower), place));
        } else {
            out.put(c, flags, place);
        }
    }
}

//! Byte-pair encoding, exactly as Hugging Face `tokenizers` does it.
//!
//! Words stay the bytes of the text: the alphabet in which a vocabulary writes bytes is undone when
//! it is loaded. What a short word became is remembered, so that most words cost one look-up; the
//! others are merged by scanning, or with a heap where they are long.

pub(super) mod alphabet;
mod cache;
mod merge;
mod partial;

use super::file::{Fault, TokenizerFile, flag, malformed, text, unusable};
use super::normalized::{Forms, Normalized};
use super::sink::Sink;
use super::split::Splitter;
use crate::Span;
use cache::{MAX_BYTES, Pool, Scratch};
use merge::{Merges, Symbol};
use partial::Partial;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// A BPE model with its normaliser and pre-tokenizer.
#[derive(Debug)]
pub(super) struct Bpe {
    forms: Forms,
    splitter: Splitter,
    merges: Merges,
    /// Whether a word that is a token is not merged from its bytes.
    ignore_merges: bool,
    symbols: Symbols,
    pool: Pool,
}

/// What words are made of.
#[derive(Debug)]
enum Symbols {
    /// The id of each byte, and if merges may be ignored, the tokens by their bytes.
    Bytes(Box<[u32; 256]>, FxHashMap<Box<[u8]>, u32>),
    Partial(Partial),
}

/// Leads from a text that words are in back to the source.
trait Places {
    /// The characters of the source that bytes of the text come from.
    fn span(&self, start: usize, end: usize) -> Span;
    /// Whether the source can be cut where the text can.
    fn can_be_cut(&self, at: usize) -> bool;
}

/// A part of the source itself, at byte `shift` of it.
struct Verbatim<'t> {
    text: &'t str,
    shift: usize,
}

impl Places for Verbatim<'_> {
    #[inline]
    fn span(&self, start: usize, end: usize) -> Span {
        let (start, end) = (self.text.floor_char_boundary(start), self.text.ceil_char_boundary(end));
        Span::new(self.shift + start, self.shift + end)
    }

    fn can_be_cut(&self, _: usize) -> bool {
        true
    }
}

/// A normalised text.
struct Mapped<'t> {
    text: &'t str,
    places: &'t [Span],
}

impl Places for Mapped<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.places[start].start, self.places[end - 1].end)
    }

    /// Only between ASCII that was ASCII before: nothing near it is composed or moved then.
    fn can_be_cut(&self, at: usize) -> bool {
        let plain = |at: usize| self.text.as_bytes()[at].is_ascii() && self.places[at].len() == 1;
        at > 0 && plain(at - 1) && plain(at) && self.places[at - 1].end <= self.places[at].start
    }
}

/// A part with a space in front that the source does not have; it shares the first character's
/// place.
struct Spaced<'p, P> {
    places: &'p P,
    from: usize,
}

impl<P: Places> Places for Spaced<'_, P> {
    fn span(&self, start: usize, end: usize) -> Span {
        self.places.span(self.from + start.saturating_sub(1), self.from + (end - 1).max(1))
    }

    fn can_be_cut(&self, _: usize) -> bool {
        false
    }
}

impl Bpe {
    pub(super) fn read(file: &TokenizerFile) -> Result<Self, Fault> {
        let model = &file.model;
        let vocab = file.vocabulary()?;
        if model.get("dropout").and_then(Value::as_f64).is_some_and(|dropout| dropout != 0.0) {
            return Err(unusable("its model drops merges at random", "set dropout to null"));
        }
        let splitter = Splitter::read(&file.pre_tokenizer)?;
        let ids: FxHashMap<&str, u32> = vocab.iter().copied().collect();
        let prefix = text(model, "continuing_subword_prefix").unwrap_or_default();
        let marked = !prefix.is_empty() || text(model, "end_of_word_suffix").is_some();
        let ignore_merges = flag(model, "ignore_merges", false);
        let byte = |byte: u8| ids.get(alphabet::char_of(byte).encode_utf8(&mut [0; 4]) as &str).copied();
        let bytes: Option<Vec<u32>> = (0..=255).map(byte).collect();
        let symbols = match bytes.and_then(|bytes| Box::try_from(bytes.into_boxed_slice()).ok()) {
            Some(bytes) if splitter.byte_level && !marked => {
                let word = |&(token, id): &(&str, u32)| Some((alphabet::bytes_of(token)?.into(), id));
                let words = vocab.iter().filter(|_| ignore_merges).filter_map(word).collect();
                Symbols::Bytes(bytes, words)
            }
            _ => Symbols::Partial(Partial::read(file, &vocab)?),
        };
        Ok(Self {
            forms: Forms::read(&file.normalizer)?,
            splitter,
            merges: Merges::new(&read_merges(model, &ids, prefix)?),
            ignore_merges,
            symbols,
            pool: Pool::default(),
        })
    }

    /// The normal form of `text`, which stands at byte `shift`; `None` if it is what it was.
    pub(super) fn normalize(&self, text: &str, shift: usize) -> Option<Normalized> {
        self.forms.apply(text, shift)
    }

    /// Tokenizes `text`, which stands at byte `shift` of the source and is its own normal form.
    pub(super) fn encode<S: Sink>(&self, text: &str, shift: usize, sink: &mut S) {
        self.pool.with(|scratch| self.encode_parts(text, &Verbatim { text, shift }, sink, scratch));
    }

    /// Tokenizes a text that is normalised already, and whose bytes come from `places`.
    pub(super) fn encode_normalized<S: Sink>(&self, text: &str, places: &[Span], sink: &mut S) {
        self.pool.with(|scratch| self.encode_parts(text, &Mapped { text, places }, sink, scratch));
    }

    fn encode_parts<P: Places, S: Sink>(&self, text: &str, places: &P, sink: &mut S, scratch: &mut Scratch) {
        let mut piece = 0;
        let mut end_word = |sink: &mut S, end: usize| {
            if S::PIECES && (end == text.len() || self.splitter.parts_at(text, end) && places.can_be_cut(end))
            {
                sink.word(places.span(piece, end));
                piece = end;
            }
        };
        if let Some(scanner) = self.splitter.single() {
            let mut at = 0;
            while at < text.len() {
                let end = scanner.next(text, at);
                self.word(text, at, end, places, sink, scratch);
                end_word(sink, end);
                at = end;
            }
            return;
        }
        self.splitter.parts(text, &mut |from, to| {
            let part = &text[from..to];
            if self.splitter.prefix_space && !part.starts_with(' ') {
                let spaced = format!(" {part}");
                let inner = Spaced { places, from };
                self.splitter.words(&spaced, &mut |start, end| {
                    self.word(&spaced, start, end, &inner, sink, scratch);
                    end_word(sink, from + end - 1);
                });
            } else {
                self.splitter.words(part, &mut |start, end| {
                    self.word(text, from + start, from + end, places, sink, scratch);
                    end_word(sink, from + end);
                });
            }
        });
        if S::PIECES && piece < text.len() {
            sink.word(places.span(piece, text.len()));
        }
    }

    /// Tokenizes one word, which stands in `text`.
    #[inline]
    fn word<P: Places, S: Sink>(
        &self,
        text: &str,
        start: usize,
        end: usize,
        places: &P,
        sink: &mut S,
        scratch: &mut Scratch,
    ) {
        let mut at = start;
        let mut token = |id: u32, len: usize| {
            let place = if S::PLACES { places.span(at, at + len) } else { Span::default() };
            sink.token(id, place);
            at += len;
        };
        match &self.symbols {
            Symbols::Bytes(..) if end - start <= MAX_BYTES => {
                let (slot, key) = Scratch::slot(text.as_bytes(), start, end);
                if let Some(entry) = scratch.get(slot, key) {
                    return entry.tokens().for_each(|(id, len)| token(id, len));
                }
                self.merge(&text.as_bytes()[start..end], scratch);
                scratch.put(slot, key);
                scratch.word.iter().for_each(|symbol| token(symbol.id, symbol.len));
            }
            Symbols::Bytes(..) => {
                self.merge(&text.as_bytes()[start..end], scratch);
                scratch.word.iter().for_each(|symbol| token(symbol.id, symbol.len));
            }
            Symbols::Partial(partial) => {
                let mut word = Normalized::default();
                for (at, c) in text[start..end].char_indices() {
                    let place = places.span(start + at, start + at + c.len_utf8());
                    if self.splitter.byte_level {
                        let bytes = text.as_bytes()[start + at..].iter().take(c.len_utf8());
                        bytes.for_each(|&byte| word.push(alphabet::char_of(byte), place));
                    } else {
                        word.push(c, place);
                    }
                }
                let Scratch { word: symbols, ranks, .. } = scratch;
                self.partial_word(partial, &word, symbols, ranks, |id, place| sink.token(id, place));
            }
        }
    }

    /// Leaves the tokens of a word of bytes in `scratch.word`.
    #[inline(never)]
    fn merge(&self, bytes: &[u8], scratch: &mut Scratch) {
        let Symbols::Bytes(symbols, words) = &self.symbols else { return };
        scratch.word.clear();
        if self.ignore_merges
            && let Some(&id) = words.get(bytes)
        {
            return scratch.word.push(Symbol { id, len: bytes.len() });
        }
        scratch.word.extend(bytes.iter().map(|&byte| Symbol { id: symbols[usize::from(byte)], len: 1 }));
        self.merges.apply(&mut scratch.word, &mut scratch.ranks);
    }
}

/// The merges of a model, as strings `a b` or as pairs: left, right, and what they become.
fn read_merges(
    model: &Value,
    ids: &FxHashMap<&str, u32>,
    prefix: &str,
) -> Result<Vec<(u32, u32, u32)>, Fault> {
    let list = model.get("merges").and_then(Value::as_array).ok_or_else(|| malformed("list of merges"))?;
    if list.len() > u32::MAX as usize / 4 {
        return Err(malformed("list of merges"));
    }
    let mut joined = String::new();
    let mut merge = |left: &str, right: &str| {
        joined.clear();
        joined.push_str(left);
        joined.push_str(right.get(prefix.len()..)?);
        Some((*ids.get(left)?, *ids.get(right)?, *ids.get(joined.as_str())?))
    };
    let mut merges = Vec::with_capacity(list.len());
    for (number, entry) in list.iter().enumerate() {
        let found = match entry {
            Value::String(line) if line.starts_with("#version") => continue,
            Value::String(line) => line
                .split_once(' ')
                .filter(|(_, right)| !right.contains(' '))
                .and_then(|(left, right)| merge(left, right)),
            Value::Array(pair) => match &pair[..] {
                [Value::String(left), Value::String(right)] => merge(left, right),
                _ => None,
            },
            _ => None,
        };
        merges.push(found.ok_or_else(|| {
            let problem = format!("its merge number {number} is not of two tokens that make a third");
            unusable(problem, "download it again, or convert it with `tokenizers`")
        })?);
    }
    Ok(merges)
}

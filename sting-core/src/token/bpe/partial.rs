//! Words of models that do not know every byte, or that mark the beginnings and ends of words.

use super::super::file::{Fault, TokenizerFile, flag, text, unusable};
use super::super::normalized::Normalized;
use super::Bpe;
use super::merge::Symbol;
use crate::Span;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// The first symbols of a word, and what stands for those that are not known.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    vocab: FxHashMap<Box<str>, u32>,
    /// Before every symbol but the first of a word.
    prefix: String,
    /// After the last symbol of a word.
    suffix: String,
    unknown: Option<u32>,
    fuse_unknown: bool,
    byte_fallback: bool,
}

impl Partial {
    pub(super) fn read(file: &TokenizerFile, vocab: &[(&str, u32)]) -> Result<Self, Fault> {
        let model = &file.model;
        let vocab: FxHashMap<Box<str>, u32> = vocab.iter().map(|&(token, id)| (token.into(), id)).collect();
        let unknown = match model.get("unk_token").and_then(Value::as_str) {
            None => None,
            Some(token) => Some(*vocab.get(token).ok_or_else(|| {
                unusable("its vocabulary lacks the unknown token", "add it to the vocabulary")
            })?),
        };
        Ok(Self {
            vocab,
            prefix: text(model, "continuing_subword_prefix").unwrap_or_default().into(),
            suffix: text(model, "end_of_word_suffix").unwrap_or_default().into(),
            unknown,
            fuse_unknown: flag(model, "fuse_unk", false),
            byte_fallback: flag(model, "byte_fallback", false),
        })
    }

    /// Splits a word into symbols. As in `tokenizers`, one that is not known and that nothing stands
    /// for is left out, and an unknown token waits until a known symbol or the end.
    fn symbols(&self, word: &str, symbols: &mut Vec<Symbol>) {
        let mut waiting: Option<Symbol> = None;
        let mut key = String::new();
        for (at, c) in word.char_indices() {
            let len = c.len_utf8();
            key.clear();
            if at > 0 {
                key.push_str(&self.prefix);
            }
            key.push(c);
            if at + len == word.len() {
                key.push_str(&self.suffix);
            }
            if let Some(&id) = self.vocab.get(key.as_str()) {
                symbols.extend(waiting.take());
                symbols.push(Symbol { id, len });
            } else if let Some(bytes) = self.bytes(&key) {
                symbols.extend(bytes.into_iter().map(|id| Symbol { id, len: 1 }));
            } else if let Some(id) = self.unknown {
                let fused = waiting.filter(|_| self.fuse_unknown).map_or(0, |before| before.len);
                if fused == 0 {
                    symbols.extend(waiting);
                }
                waiting = Some(Symbol { id, len: fused + len });
            }
        }
        symbols.extend(waiting);
    }

    /// The tokens such as `<0x0A>` of all bytes of a symbol.
    fn bytes(&self, symbol: &str) -> Option<Vec<u32>> {
        let id = |byte: u8| self.vocab.get(format!("<0x{byte:02X}>").as_str()).copied();
        if self.byte_fallback { symbol.bytes().map(id).collect() } else { None }
    }
}

impl Bpe {
    /// Tokenizes a word that is written as the vocabulary writes it.
    pub(super) fn partial_word(
        &self,
        partial: &Partial,
        word: &Normalized,
        symbols: &mut Vec<Symbol>,
        ranks: &mut Vec<u32>,
        mut token: impl FnMut(u32, Span),
    ) {
        symbols.clear();
        let whole = partial.vocab.get(word.text.as_str()).filter(|_| self.ignore_merges);
        if let Some(&id) = whole {
            symbols.push(Symbol { id, len: word.text.len() });
        } else {
            partial.symbols(&word.text, symbols);
            self.merges.apply(symbols, ranks);
        }
        let mut at = 0;
        for symbol in symbols {
            let end = at + symbol.len;
            // Lengths of bytes that stand for a marked symbol may go past the word; `tokenizers`
            // gives places within the word then.
            let place = match word.places.get(at..end) {
                Some([first, .., last]) => Span::new(first.start, last.end),
                Some([only]) => *only,
                _ => Span::new(at, end),
            };
            token(symbol.id, place);
            at = end;
        }
    }
}

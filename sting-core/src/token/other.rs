//! Every other kind of `tokenizer.json`, through the `tokenizers` crate.

use super::file::{Fault, TokenizerFile, flag, kind, sequence, unusable};
use super::sink::Sink;
use super::template::Template;
use super::vocab::Vocab;
use crate::{Error, Span};
use serde_json::Value;

/// A tokenizer of the `tokenizers` crate.
#[derive(Debug)]
pub(super) struct Other {
    tokenizer: tokenizers::Tokenizer,
    /// Whether words between spaces are tokenized one by one.
    by_words: bool,
}

impl Other {
    pub(super) fn read(json: &[u8]) -> Result<Self, Fault> {
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(json)
            .map_err(|_| unusable("`tokenizers` refuses it", "download it again"))?;
        tokenizer.with_padding(None);
        let unbound = tokenizer.with_truncation(None).is_ok();
        // What has no token for the unknown cannot encode every text. No vocabulary knows this character.
        if !unbound || tokenizer.encode_fast("\u{10FFFD}", false).is_err() {
            return Err(unusable("it has no token for what it does not know", "set its unknown token"));
        }
        Ok(Self { tokenizer, by_words: is_by_words(&TokenizerFile::parse(json)?) })
    }

    pub(super) fn vocab(&self) -> Vocab {
        let vocab = self.tokenizer.get_vocab(true);
        let mut tokens: Vec<(&str, u32)> = vocab.iter().map(|(token, &id)| (token.as_str(), id)).collect();
        tokens.sort_unstable();
        let added = self.tokenizer.get_added_tokens_decoder();
        let special = added.iter().filter(|(_, token)| token.special).map(|(&id, _)| id);
        Vocab::new(&tokens).with_special(special)
    }

    /// The special tokens around a text, as the post-processor puts them around a short one.
    pub(super) fn template(&self) -> Template {
        let Ok(encoding) = self.tokenizer.encode_fast("a", true) else { return Template::default() };
        let (ids, special) = (encoding.get_ids(), encoding.get_special_tokens_mask());
        let before = special.iter().take_while(|&&special| special == 1).count();
        let after = special[before..].iter().rev().take_while(|&&special| special == 1).count();
        Template {
            before: ids[..before].to_vec(),
            after: ids[ids.len() - after..].to_vec(),
            ..Template::default()
        }
    }

    /// Tokenizes a whole text. It is one piece, or as many as it has words that stand alone.
    pub(super) fn encode<S: Sink>(&self, text: &str, sink: &mut S) {
        let places = S::PLACES || S::PIECES;
        let result =
            if places { self.tokenizer.encode(text, false) } else { self.tokenizer.encode_fast(text, false) };
        // It can only fail for want of an unknown token, which was seen to be there.
        let Ok(encoding) = result else { return };
        let mut piece = 0;
        for (&id, &(start, end)) in encoding.get_ids().iter().zip(encoding.get_offsets()) {
            if S::PIECES && self.by_words && start > piece {
                // A place may begin with the space or after it.
                let edge = if is_edge(text, start - 1) { start - 1 } else { start };
                if edge > piece && is_edge(text, edge) {
                    sink.word(Span::new(piece, edge));
                    piece = edge;
                }
            }
            sink.token(id, Span { start, end });
        }
        sink.word(Span::new(piece, text.len()));
    }

    pub(super) fn decode(&self, ids: &[u32], keep: impl Fn(u32) -> bool) -> Result<String, Error> {
        let ids: Vec<u32> = ids.iter().copied().filter(|&id| keep(id)).collect();
        self.tokenizer
            .decode(&ids, false)
            .map_err(|_| unusable("its decoder refuses these ids", "check them").into())
    }
}

/// Whether a pre-tokenizer parts words at spaces, and no normaliser looks across one between letters.
fn is_by_words(file: &TokenizerFile) -> bool {
    let splits = |part: &&Value| match kind(part) {
        "WhitespaceSplit" | "Whitespace" | "BertPreTokenizer" => true,
        "Metaspace" => {
            let scheme = part.get("prepend_scheme").and_then(Value::as_str).unwrap_or("always");
            scheme == "always" && flag(part, "add_prefix_space", true) && flag(part, "split", true)
        }
        _ => false,
    };
    let near = |part: &Value| match kind(part) {
        "NFC" | "NFD" | "NFKC" | "NFKD" | "Lowercase" | "BertNormalizer" | "StripAccents" | "Nmt"
        | "Precompiled" => true,
        // Only runs of spaces, which no edge is in.
        "Replace" => part.pointer("/pattern/Regex").and_then(Value::as_str) == Some(" {2,}"),
        _ => false,
    };
    let parts = sequence(&file.pre_tokenizer, "pretokenizers", "pre_tokenizer");
    let normalizers = sequence(&file.normalizer, "normalizers", "normalizer");
    parts.is_ok_and(|parts| parts.first().is_some_and(splits))
        && normalizers.is_ok_and(|parts| parts.into_iter().all(near))
}

/// Whether a single space between two ASCII letters or digits is at `at`.
fn is_edge(text: &str, at: usize) -> bool {
    let byte = |at: usize| text.as_bytes().get(at).copied().unwrap_or_default();
    at > 0 && byte(at) == b' ' && byte(at - 1).is_ascii_alphanumeric() && byte(at + 1).is_ascii_alphanumeric()
}

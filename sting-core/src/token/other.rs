//! Every other kind of `tokenizer.json`, through the `tokenizers` crate.

use super::file::{Fault, unusable};
use super::sink::Sink;
use super::template::Template;
use super::vocab::Vocab;
use crate::{Error, Span};

/// A tokenizer of the `tokenizers` crate.
#[derive(Debug)]
pub(super) struct Other(tokenizers::Tokenizer);

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
        Ok(Self(tokenizer))
    }

    pub(super) fn vocab(&self) -> Vocab {
        let vocab = self.0.get_vocab(true);
        let mut tokens: Vec<(&str, u32)> = vocab.iter().map(|(token, &id)| (token.as_str(), id)).collect();
        tokens.sort_unstable();
        let added = self.0.get_added_tokens_decoder();
        let special = added.iter().filter(|(_, token)| token.special).map(|(&id, _)| id);
        Vocab::new(&tokens).with_special(special)
    }

    /// The special tokens around a text, as the post-processor puts them around a short one.
    pub(super) fn template(&self) -> Template {
        let Ok(encoding) = self.0.encode_fast("a", true) else { return Template::default() };
        let (ids, special) = (encoding.get_ids(), encoding.get_special_tokens_mask());
        let before = special.iter().take_while(|&&special| special == 1).count();
        let after = special[before..].iter().rev().take_while(|&&special| special == 1).count();
        Template {
            before: ids[..before].to_vec(),
            after: ids[ids.len() - after..].to_vec(),
            ..Template::default()
        }
    }

    /// Tokenizes a whole text, which is one piece.
    pub(super) fn encode<S: Sink>(&self, text: &str, sink: &mut S) {
        let result = if S::PLACES { self.0.encode(text, false) } else { self.0.encode_fast(text, false) };
        // It can only fail for want of an unknown token, which was seen to be there.
        let Ok(encoding) = result else { return };
        for (&id, &(start, end)) in encoding.get_ids().iter().zip(encoding.get_offsets()) {
            sink.token(id, Span { start, end });
        }
        sink.word(Span::new(0, text.len()));
    }

    pub(super) fn decode(&self, ids: &[u32], keep: impl Fn(u32) -> bool) -> Result<String, Error> {
        let ids: Vec<u32> = ids.iter().copied().filter(|&id| keep(id)).collect();
        self.0.decode(&ids, false).map_err(|_| unusable("its decoder refuses these ids", "check them").into())
    }
}

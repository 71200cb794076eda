//! Texts as the encoder takes them: tokens one after the other, without padding.

use sting_core::model::ModelError;
use sting_core::token::Tokenizer;

use crate::embed::tokenizer::head;

/// Texts whose tokens are computed together.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) tokens: Vec<u32>,
    /// Tokens of each text, in order; their sum is the length of `tokens`.
    pub(super) lengths: Vec<usize>,
    /// Where each text stands in the caller's list.
    pub(super) rows: Vec<usize>,
}

/// Groups texts of similar length, the longest first, with at most `max_tokens` tokens a group
/// (or one text, if that alone is longer).
pub(super) fn batches(texts: &[Vec<u32>], max_tokens: usize) -> Vec<Batch> {
    let mut order: Vec<usize> = (0..texts.len()).filter(|&row| !texts[row].is_empty()).collect();
    order.sort_by_key(|&row| std::cmp::Reverse(texts[row].len()));
    let mut batches: Vec<Batch> = Vec::new();
    for row in order {
        let text = &texts[row];
        let batch = match batches.last_mut() {
            Some(batch) if batch.tokens.len() + text.len() <= max_tokens => batch,
            _ => batches.push_mut(Batch::default()),
        };
        batch.tokens.extend_from_slice(text);
        batch.lengths.push(text.len());
        batch.rows.push(row);
    }
    batches
}

/// Turns text to tokens between a model's special tokens, and no more than it reads.
#[derive(Debug)]
pub(super) struct Reader {
    tokenizer: Tokenizer,
    /// Tokens of a text beside the special ones.
    room: usize,
}

impl Reader {
    pub(super) fn new(tokenizer: Tokenizer, max_tokens: usize, model: &str) -> Result<Self, ModelError> {
        let (before, after) = tokenizer.special_tokens();
        let Some(room @ 1..) = max_tokens.checked_sub(before.len() + after.len()) else {
            let problem = format!("{max_tokens} tokens a text leave no room between the special tokens");
            return Err(ModelError::new(
                model,
                problem,
                "correct max_seq_length in sentence_bert_config.json",
            ));
        };
        Ok(Self { tokenizer, room })
    }

    pub(super) fn max_tokens(&self) -> usize {
        let (before, after) = self.tokenizer.special_tokens();
        before.len() + self.room + after.len()
    }

    /// The tokens of a text; none if it holds nothing but white space.
    pub(super) fn read(&self, prompt: &str, text: &str) -> Vec<u32> {
        if text.trim_start().is_empty() {
            return Vec::new();
        }
        let prompted;
        let mut text = text;
        if !prompt.is_empty() {
            prompted = format!("{prompt}{text}");
            text = &prompted;
        }
        let (before, after) = self.tokenizer.special_tokens();
        let mut tokens = before.to_vec();
        // A text of megabytes is not tokenized whole for its first few hundred tokens: a head of
        // it is, and a longer one if that was too short.
        let mut bytes = self.room * 16;
        loop {
            let head = head(text, bytes);
            tokens.truncate(before.len());
            self.tokenizer.encode_into(head, &mut tokens, false);
            if tokens.len() > self.room + CUT_MARGIN || head.len() == text.len() {
                break;
            }
            bytes *= 4;
        }
        tokens.truncate(before.len() + self.room);
        tokens.extend_from_slice(after);
        tokens
    }
}

/// Tokens of a head that a cut inside a word may change: a word of more than 100 characters is
/// one unknown token, so no word has more.
const CUT_MARGIN: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_every_text_once_the_longest_first() {
        let texts: Vec<Vec<u32>> = [3, 0, 9, 4, 2, 4].iter().map(|&n| vec![n as u32; n]).collect();
        let batches = batches(&texts, 8);
        let lengths: Vec<&[usize]> = batches.iter().map(|batch| &batch.lengths[..]).collect();
        assert_eq!(lengths, [&[9][..], &[4, 4], &[3, 2]]);
        let rows: Vec<usize> = batches.iter().flat_map(|batch| batch.rows.clone()).collect();
        assert_eq!(rows, [2, 3, 5, 0, 4]);
        assert_eq!(batches[1].tokens, [4; 8]);
    }
}

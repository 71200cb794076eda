//! Texts as the encoder takes them: tokens one after the other, without padding.

use std::path::Path;

use sting_core::model::ModelError;
use sting_core::token::Tokenizer;

use super::folder::{Config, Family, fault};
use crate::embed::tokenizer::{LONGEST_HEAD, head};

/// What an encoder reads: a text, or two of them one after the other.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) ids: Vec<u32>,
    /// Where the tokens of the second type begin; the number of tokens if there are none.
    pub(super) second: usize,
}

impl Tokens {
    /// Tokens of one text.
    pub(super) fn one(ids: Vec<u32>) -> Self {
        Self { second: ids.len(), ids }
    }
}

/// Texts whose tokens are computed together.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) tokens: Vec<u32>,
    /// Tokens of each text, in order; their sum is the length of `tokens`.
    pub(super) lengths: Vec<usize>,
    /// Of each text, where its tokens of the second type begin.
    pub(super) seconds: Vec<usize>,
    /// Where each text stands in the caller's list.
    pub(super) rows: Vec<usize>,
}

/// Groups texts of similar length, the longest first, with at most `max_tokens` tokens a group
/// (or one text, if that alone is longer).
pub(super) fn batches(texts: &[Tokens], max_tokens: usize) -> Vec<Batch> {
    let mut order: Vec<usize> = (0..texts.len()).filter(|&row| !texts[row].ids.is_empty()).collect();
    order.sort_by_key(|&row| std::cmp::Reverse(texts[row].ids.len()));
    let mut batches: Vec<Batch> = Vec::new();
    for row in order {
        let text = &texts[row];
        let batch = match batches.last_mut() {
            Some(batch) if batch.tokens.len() + text.ids.len() <= max_tokens => batch,
            _ => batches.push_mut(Batch::default()),
        };
        batch.tokens.extend_from_slice(&text.ids);
        batch.lengths.push(text.ids.len());
        batch.seconds.push(text.second);
        batch.rows.push(row);
    }
    batches
}

/// Turns text to tokens between a model's special tokens, and no more than it reads.
#[derive(Debug)]
pub(super) struct Reader {
    tokenizer: Tokenizer,
    lower_case: bool,
    /// With the special ones.
    max_tokens: usize,
    family: Family,
}

impl Reader {
    /// # Errors
    /// Fails if the tokenizer knows more tokens than the model, or if no text fits between its special tokens.
    pub(super) fn new(
        tokenizer: Tokenizer,
        config: &Config,
        max_tokens: usize,
        model: &Path,
    ) -> Result<Self, ModelError> {
        let (tokens, rows) = (tokenizer.vocab_size(), config.vocab);
        if tokens > rows {
            let problem = format!("the tokenizer has {tokens} tokens, the model vectors for {rows}");
            return Err(fault(model, problem, "take tokenizer and model from one repository"));
        }
        let reader = Self { tokenizer, lower_case: false, max_tokens, family: config.family };
        if max_tokens < reader.special() + 1 {
            let problem = format!("{max_tokens} tokens a text leave no room between the special tokens");
            return Err(fault(model, problem, "correct max_seq_length in sentence_bert_config.json"));
        }
        Ok(reader)
    }

    pub(super) fn with_lower_case(mut self, lower_case: bool) -> Self {
        self.lower_case = lower_case;
        self
    }

    pub(super) fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    pub(super) fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Special tokens around one text.
    fn special(&self) -> usize {
        let (before, after) = self.tokenizer.special_tokens();
        before.len() + after.len()
    }

    /// Tokens of a text beside the special ones.
    pub(super) fn room(&self) -> usize {
        self.max_tokens.saturating_sub(self.special())
    }

    /// The tokens of a text; none if it holds nothing but white space.
    pub(super) fn read(&self, prompt: &str, text: &str) -> Tokens {
        let ids = self.ids(prompt, text, self.room());
        if ids.is_empty() { Tokens::default() } else { Tokens::one(self.framed(&ids)) }
    }

    /// Puts the special tokens around a text's.
    pub(super) fn framed(&self, ids: &[u32]) -> Vec<u32> {
        let (before, after) = self.tokenizer.special_tokens();
        [before, ids, after].concat()
    }

    /// The tokens of a query and a text, of which the longer is cut first.
    pub(super) fn pair(&self, query: &[u32], text: &str) -> Tokens {
        let (before, after) = self.tokenizer.special_tokens();
        // BERT puts one mark between the two texts, and tells them apart by type; RoBERTa and MPNet put two.
        let marks = if matches!(self.family, Family::Roberta | Family::MpNet) { 2 } else { 1 };
        let between = after.repeat(marks);
        let room = self.pair_room();
        let text = self.ids("", text, room);
        let (first, second) = cut_pair(query.len(), text.len(), room);
        let head = [before, &query[..first], &between].concat();
        let start = head.len();
        let ids = [&head[..], &text[..second], after].concat();
        Tokens { second: if marks == 1 { start } else { ids.len() }, ids }
    }

    /// Tokens of a pair beside the special ones.
    pub(super) fn pair_room(&self) -> usize {
        let (before, after) = self.tokenizer.special_tokens();
        let marks = if matches!(self.family, Family::Roberta | Family::MpNet) { 3 } else { 2 };
        self.max_tokens.saturating_sub(before.len() + marks * after.len())
    }

    /// The first `room` tokens of a text, without special ones; fewer if so many do not begin in its first
    /// [`LONGEST_HEAD`] bytes.
    pub(super) fn ids(&self, prompt: &str, text: &str, room: usize) -> Vec<u32> {
        let mut ids = Vec::new();
        if text.trim_start().is_empty() {
            return ids;
        }
        // A text of megabytes is not tokenized whole for its first few hundred tokens: a head of
        // it is, and a longer one if that was too short.
        let mut bytes = room * 16;
        loop {
            let head = head(text, bytes);
            ids.clear();
            if prompt.is_empty() && !self.lower_case {
                self.tokenizer.encode_into(head, &mut ids, false);
            } else {
                let mut prompted = format!("{prompt}{head}");
                if self.lower_case {
                    prompted = prompted.to_lowercase();
                }
                self.tokenizer.encode_into(&prompted, &mut ids, false);
            }
            if ids.len() > room + CUT_MARGIN || head.len() == text.len() || bytes >= LONGEST_HEAD {
                break;
            }
            bytes *= 4;
        }
        ids.truncate(room);
        ids
    }
}

/// How many tokens of two texts are kept, so that they fit in `room` together: the longer loses tokens until it
/// is as short as the other, then both do.
fn cut_pair(first: usize, second: usize, room: usize) -> (usize, usize) {
    let short = first.min(second);
    if first + second <= room {
        (first, second)
    } else if 2 * short >= room {
        // The odd token is the longer text's.
        let half = room / 2;
        if first <= second { (half, room - half) } else { (room - half, half) }
    } else if first <= second {
        (short, room - short)
    } else {
        (room - short, short)
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
        let texts: Vec<Tokens> = [3, 0, 9, 4, 2, 4].iter().map(|&n| Tokens::one(vec![n as u32; n])).collect();
        let batches = batches(&texts, 8);
        let lengths: Vec<&[usize]> = batches.iter().map(|batch| &batch.lengths[..]).collect();
        assert_eq!(lengths, [&[9][..], &[4, 4], &[3, 2]]);
        let rows: Vec<usize> = batches.iter().flat_map(|batch| batch.rows.clone()).collect();
        assert_eq!(rows, [2, 3, 5, 0, 4]);
        assert_eq!(batches[1].tokens, [4; 8]);
    }

    #[test]
    fn pairs_lose_the_tokens_of_the_longer_text_first() {
        /// One token at a time, as the rule is told.
        fn slow(mut first: usize, mut second: usize, room: usize) -> (usize, usize) {
            let first_is_shorter = first <= second;
            while first + second > room {
                // Of two that are equally long, the one that was shorter.
                if first > second || first == second && first_is_shorter {
                    first -= 1;
                } else {
                    second -= 1;
                }
            }
            (first, second)
        }
        for first in 0..20 {
            for second in 0..20 {
                for room in 1..24 {
                    assert_eq!(
                        cut_pair(first, second, room),
                        slow(first, second, room),
                        "{first} {second} {room}"
                    );
                }
            }
        }
    }
}

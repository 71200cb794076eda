//! Words that were seen before, with what each adds to a vector: most words of a text are old ones.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::embed::hash::{self, MAX_WORD, Pace};

/// Words that are kept from one text to the next.
const KEPT: usize = 1 << 15;

/// Distinct words of a text that are counted together. It depends on the text alone when they are added up, so that
/// a vector does not depend on the texts before.
const COUNTED: usize = 1 << 14;

/// What a word adds to a vector.
pub(super) struct Parts<'a> {
    /// Rows of the table.
    pub(super) tokens: &'a [u32],
    /// Places of its n-grams in the hashed half, each doubled, plus 1 where it is subtracted; that of the whole
    /// word is the first.
    pub(super) places: &'a [u32],
    /// Weight of the whole word, and of an n-gram.
    pub(super) whole: f32,
    pub(super) gram: f32,
}

/// Writes the parts of a word that was not seen before: tokens, then places; gives the two weights.
pub(super) trait Spell {
    fn spell(&self, word: &str, tokens: &mut Vec<u32>, places: &mut Vec<u32>) -> (f32, f32);
}

/// Words and their parts. A few megabytes at most.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    index: FxHashMap<Box<str>, u32>,
    words: Vec<Word>,
    parts: Vec<u32>,
    /// The words of the text at hand, in the order in which they were met.
    met: Vec<u32>,
    spare: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Word {
    /// Where in `parts` its tokens begin, its places, and where these end.
    bounds: [u32; 3],
    whole: f32,
    gram: f32,
    /// In the text at hand.
    count: u32,
}

impl Lexicon {
    /// Calls `add` for the words of a text: with the parts of each and `1 + ln(count)`. Asks `stop` now and then, and
    /// tells whether it came to the end.
    pub(super) fn read(
        &mut self,
        text: &str,
        spell: &impl Spell,
        stop: &(dyn Fn() -> bool + Sync),
        mut add: impl FnMut(Parts<'_>, f32),
    ) -> bool {
        self.forget();
        let mut pace = Pace::new(stop);
        let is_whole = each_word(text, |word| {
            if pace.is_over() {
                return false;
            }
            let id = self.id(word, spell);
            let word = &mut self.words[id as usize];
            if word.count == 0 {
                self.met.push(id);
            }
            word.count += 1;
            if self.met.len() == COUNTED {
                self.add_all(&mut add);
                self.forget();
            }
            true
        });
        self.add_all(&mut add);
        is_whole
    }

    /// Starts again, if there are too many words.
    fn forget(&mut self) {
        if self.words.len() > KEPT {
            self.index.clear();
            self.words.clear();
            self.parts.clear();
        }
    }

    fn id(&mut self, word: &str, spell: &impl Spell) -> u32 {
        if let Some(&id) = self.index.get(word) {
            return id;
        }
        let start = self.parts.len();
        self.spare.clear();
        let (whole, gram) = spell.spell(word, &mut self.parts, &mut self.spare);
        let middle = self.parts.len();
        self.parts.append(&mut self.spare);
        let bounds = [start, middle, self.parts.len()].map(|at| at as u32);
        let id = self.words.len() as u32;
        self.words.push(Word { bounds, whole, gram, count: 0 });
        self.index.insert(word.into(), id);
        id
    }

    fn add_all(&mut self, add: &mut impl FnMut(Parts<'_>, f32)) {
        for id in self.met.drain(..) {
            let word = &mut self.words[id as usize];
            let [start, middle, end] = word.bounds.map(|at| at as usize);
            let count = std::mem::take(&mut word.count);
            let parts = Parts {
                tokens: &self.parts[start..middle],
                places: &self.parts[middle..end],
                whole: word.whole,
                gram: word.gram,
            };
            // A word said twice does not count twice as much.
            add(parts, if count == 1 { 1.0 } else { 1.0 + (count as f32).ln() });
        }
    }
}

/// Lexicons that no thread is using.
static IDLE: Mutex<Vec<Lexicon>> = Mutex::new(Vec::new());

/// A lexicon on loan.
pub(super) struct Borrowed(Lexicon);

impl Borrowed {
    pub(super) fn new() -> Self {
        Self(IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default())
    }

    pub(super) fn get(&mut self) -> &mut Lexicon {
        &mut self.0
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // After a panic a count may be left over; that lexicon is not used again.
        if self.0.met.is_empty() {
            IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.0));
        }
    }
}

/// For each byte: itself in lower case if it is an ASCII letter or digit, 0 if it is other ASCII, else [`OTHER`].
static LOWER: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            letter @ (b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => letter.to_ascii_lowercase(),
            0x80.. => OTHER,
            _ => 0,
        };
        byte += 1;
    }
    table
};

const OTHER: u8 = 0xff;

/// Calls `what` with each word of a text in lower case, cut as [`hash::words`] cuts, until it says no; tells whether it
/// never did.
fn each_word(text: &str, mut what: impl FnMut(&str) -> bool) -> bool {
    let bytes = text.as_bytes();
    let mut buffer = [0; MAX_WORD];
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let mut length = 0;
        let mut stop = 0;
        while let Some(&byte) = bytes.get(at) {
            stop = LOWER[byte as usize];
            if stop == 0 || stop == OTHER || length == MAX_WORD {
                break;
            }
            buffer[length] = stop;
            length += 1;
            at += 1;
        }
        if stop == OTHER && length < MAX_WORD {
            let rest = &text[start..];
            let run = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            if !hash::words(&rest[..run]).all(|word| what(&word.to_lowercase())) {
                return false;
            }
            // Past the character that ended the run.
            at = start + run + rest[run..].chars().next().map_or(0, char::len_utf8);
        } else if length > 0 {
            // The buffer holds ASCII only.
            if !what(str::from_utf8(&buffer[..length]).unwrap_or_default()) {
                return false;
            }
        } else {
            at += 1;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, |word| {
            words.push(word.to_owned());
            true
        });
        words
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_plain_way(text in "([a-cA-C1é東İ]{0,70}[ .—]?){0,6}") {
            let plain: Vec<String> = hash::words(&text).map(str::to_lowercase).collect();
            prop_assert_eq!(cut(&text), plain);
        }
    }

    struct Letters;

    impl Spell for Letters {
        fn spell(&self, word: &str, tokens: &mut Vec<u32>, places: &mut Vec<u32>) -> (f32, f32) {
            tokens.extend(word.bytes().map(u32::from));
            places.push(word.len() as u32);
            (1.0, 0.5)
        }
    }

    #[test]
    fn words_are_counted_by_text() {
        let mut lexicon = Lexicon::default();
        for _ in 0..2 {
            let mut seen = Vec::new();
            let see = |parts: Parts<'_>, weight| seen.push((parts.tokens.to_vec(), weight));
            assert!(lexicon.read("b a B, a b", &Letters, &|| false, see));
            assert_eq!(seen, [(vec![98], 1.0 + 3f32.ln()), (vec![97], 1.0 + 2f32.ln())]);
        }
    }

    #[test]
    fn many_words_are_forgotten_and_change_nothing() {
        let many: Vec<String> = (0..KEPT + COUNTED + 10).map(|i| format!("w{i}")).collect();
        let many = many.join(" ");
        let mut lexicon = Lexicon::default();
        let mut counts = [0, 0];
        for count in &mut counts {
            lexicon.read(&many, &Letters, &|| false, |_, weight| *count += usize::from(weight == 1.0));
            lexicon.read("a b", &Letters, &|| false, |_, _| {});
        }
        assert_eq!(counts, [KEPT + COUNTED + 10; 2]);
        assert!(lexicon.words.len() <= 2 * KEPT);
    }
}

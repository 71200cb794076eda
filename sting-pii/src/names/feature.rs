//! What the model sees of a token: its own word, and what stands around it.

use super::gazetteer::{Gazetteer, list};
use super::token::{Shape, Token, decode, mix, word_hash};

/// Features of one token.
pub(crate) const FEATURES: usize = 30;
/// Rows of the model, as a power of two.
pub(crate) const ROW_BITS: u32 = 18;
/// What is known of one token, computed once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts {
    /// Hash of the word.
    pub(crate) word: u64,
    /// Hash of its first three characters.
    prefix: u64,
    /// Hashes of its last two, three and four.
    suffix: [u64; 3],
    /// Its shape, whether a space stands before it, the length of a number.
    form: u64,
    /// The lists it is in.
    pub(crate) lists: u8,
    is_number: bool,
}

/// What stands beyond the beginning and the end of a text.
const NOTHING: Facts = Facts { word: 1, prefix: 0, suffix: [0; 3], form: 0xFF, lists: 0, is_number: false };

impl Facts {
    /// A name that somebody wrote small, and no other word.
    pub(crate) const fn is_lower_name(&self) -> bool {
        self.lists & (list::FIRST | list::LAST | list::CITY | list::COUNTRY) != 0
            && self.lists & list::COMMON == 0
    }

    /// The facts of a token.
    pub(crate) fn of(text: &[u8], token: &Token, gazetteer: &Gazetteer<'_>) -> Self {
        let bytes = &text[token.start as usize..token.end as usize];
        let mut form = token.shape as u64 | u64::from(token.spaced) << 4;
        match token.shape {
            Shape::Other | Shape::Break => Self { word: token.shape as u64 + 2, form, ..NOTHING },
            Shape::Number | Shape::Mark => {
                form |= (bytes.len().min(7) as u64) << 5 | u64::from(token.mark) << 8;
                let word = word_hash(bytes, token.shape);
                Self { word, form, is_number: token.shape == Shape::Number, ..NOTHING }
            }
            _ => {
                let word = word_hash(bytes, token.shape);
                let lists = gazetteer.lists(word);
                let is_number = token.shape == Shape::Alnum;
                // Of small words few stand in names, and those are known as a whole.
                let (prefix, suffix) = if token.shape == Shape::Lower {
                    (NOTHING.prefix, NOTHING.suffix)
                } else {
                    affixes(bytes)
                };
                Self { word, prefix, suffix, form, lists, is_number }
            }
        }
    }
}

/// Hashes of the first three and the last two, three and four characters, in lower case.
fn affixes(word: &[u8]) -> (u64, [u64; 3]) {
    let mut units = [0_u32; 7];
    let mut first = 0;
    let mut last = [0_u32; 4];
    let mut count = 0;
    let mut at = 0;
    while at < word.len() {
        let unit = if word[at] < 0x80 {
            at += 1;
            u32::from(word[at - 1].to_ascii_lowercase())
        } else {
            let (c, length) = decode(word, at).unwrap_or(('\u{FFFD}', 1));
            at += length;
            c.to_lowercase().next().map_or(0, u32::from)
        };
        if first < 3 {
            units[first] = unit;
            first += 1;
        }
        last = [last[1], last[2], last[3], unit];
        count += 1;
    }
    let hash = |part: &[u32]| {
        mix(part.iter().fold(0x9E37, |hash: u64, unit| hash << 21 ^ hash >> 43 ^ u64::from(*unit)))
    };
    // A short word has no affix that is not the word itself.
    let of = |length: usize| if count > length { hash(&last[4 - length..]) } else { 7 };
    (if count > 3 { hash(&units[..3]) } else { 7 }, [of(2), of(3), of(4)])
}

/// The rows of the model that the token at `at` of `facts` selects.
#[inline]
pub(crate) fn rows(facts: &[Facts], at: usize) -> [u32; FEATURES] {
    let get = |offset: isize| -> &Facts {
        at.checked_add_signed(offset).and_then(|i| facts.get(i)).unwrap_or(&NOTHING)
    };
    let (c, b, a, bb, aa) = (get(0), get(-1), get(1), get(-2), get(2));
    // Three tokens away, as far as `REACH` says.
    let (bbb, aaa) = (get(-3), get(3));
    let number = |facts: &[&Facts]| u64::from(facts.iter().any(|f| f.is_number)) << 8;
    let lists = |facts: &[&Facts]| facts.iter().fold(0, |lists, f| lists | f.lists);
    let behind = u64::from(lists(&[b, bb, bbb]) & !list::COMMON) | number(&[b, bb, bbb]);
    let ahead = u64::from(lists(&[a, aa, aaa]) & !list::COMMON) | number(&[a, aa, aaa]);
    let [l, lb, la] = [c, b, a].map(|f| u64::from(f.lists));
    let own = c.form | l << 16;
    let parts: [(u64, u64); FEATURES] = [
        (c.word, 0),
        (b.word, 0),
        (a.word, 0),
        (bb.word, 0),
        (aa.word, 0),
        (b.word, c.word),
        (c.word, a.word),
        (own, 0),
        (b.form | c.form << 16 | a.form << 32, 0),
        (own, lb | b.form << 8),
        (own, la | a.form << 8),
        (lb | l << 8 | la << 16, 0),
        (c.suffix[0], c.form),
        (c.suffix[1], 0),
        (c.suffix[2], 0),
        (c.prefix, c.form),
        (b.word, c.form),
        (a.word, c.form),
        (b.word, l),
        (a.word, l),
        (bb.word, b.word),
        (a.word, aa.word),
        (bb.form | b.form << 16 | c.form << 32, lb),
        (c.form | a.form << 16 | aa.form << 32, la),
        (ahead, c.form),
        (behind, c.form),
        (b.word ^ a.word.rotate_left(17), c.form),
        (c.word, ahead),
        (c.word, behind),
        (ahead | behind << 16, own),
    ];
    let mut rows = [0; FEATURES];
    for (index, (row, (x, y))) in (1_u64..).zip(rows.iter_mut().zip(parts)) {
        let hash = (x ^ index.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        let hash = (hash ^ hash >> 32 ^ y).wrapping_mul(0xA076_1D64_78BD_642F);
        *row = ((hash ^ hash >> 29).wrapping_mul(0xE703_7ED1_A0B4_28DB) >> (64 - ROW_BITS)) as u32;
    }
    rows
}

//! From bytes to tokens: words, numbers, single ideographs, marks.
//!
//! Where a token begins and ends is told by the bytes next to it, and what is longer than
//! [`MAX_WORD`] is no word of a name: so tokens found from the middle of a text on are, but for the
//! first, those of the whole text.

/// Longest word that is read, in bytes.
pub(crate) const MAX_WORD: usize = 48;
/// Longest white space, in bytes, across which a token is seen.
pub(crate) const MAX_GAP: usize = 32;
/// Tokens on each side of a token that the model reads.
pub(crate) const REACH: usize = 3;

/// What a token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Shape {
    /// `house`
    Lower,
    /// `House`
    Title,
    /// `HOUSE`
    Upper,
    /// `H`
    Initial,
    /// `McHouse`, `iHouse`
    Mixed,
    /// A word of a script without case.
    Caseless,
    /// One character of a script that is written without spaces between words.
    Ideograph,
    /// `2024`
    Number,
    /// `12b`
    Alnum,
    /// One character that is no letter and no digit.
    Mark,
    /// A line break.
    Break,
    /// What cannot be part of a name: a word that is too long, a byte that is no UTF-8.
    Other,
}

impl Shape {
    /// True for words: what has letters in it.
    pub(crate) const fn is_word(self) -> bool {
        !matches!(self, Self::Number | Self::Mark | Self::Break | Self::Other)
    }
}

/// One token of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// Byte offset of its first byte.
    pub(crate) start: u32,
    /// Byte offset past its last byte.
    pub(crate) end: u32,
    /// What it looks like.
    pub(crate) shape: Shape,
    /// A space stands before it, or it begins the text.
    pub(crate) spaced: bool,
    /// The first byte of a mark; 0 for words.
    pub(crate) mark: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Break,
    Lower,
    Upper,
    Caseless,
    Ideograph,
    Digit,
    Mark,
    Invalid,
}

const ASCII: [Class; 128] = {
    let mut table = [Class::Mark; 128];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        table[byte] = match b {
            b'\n' => Class::Break,
            b'a'..=b'z' => Class::Lower,
            b'A'..=b'Z' => Class::Upper,
            b'0'..=b'9' => Class::Digit,
            0..=b' ' | 0x7F => Class::Space,
            _ => Class::Mark,
        };
        byte += 1;
    }
    table
};

/// The class of the character that begins at `at`, and its length.
#[inline]
fn class_at(text: &[u8], at: usize) -> (Class, usize) {
    let byte = text[at];
    if byte < 0x80 {
        return (ASCII[usize::from(byte)], 1);
    }
    decode(text, at).map_or((Class::Invalid, 1), |(c, length)| (class_of(c), length))
}

/// The character that begins at `at`, and its length; `None` if none does.
pub(crate) fn decode(text: &[u8], at: usize) -> Option<(char, usize)> {
    let length = match *text.get(at)? {
        0..=0x7F => 1,
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let character = std::str::from_utf8(text.get(at..at + length)?).ok()?.chars().next()?;
    Some((character, length))
}

fn class_of(c: char) -> Class {
    match c {
        '\u{2028}' | '\u{2029}' | '\u{85}' => Class::Break,
        '\u{200B}'..='\u{200F}' | '\u{FEFF}' | '\u{AD}' | '\u{2060}' => Class::Mark,
        '\u{3005}'
        | '\u{3040}'..='\u{30FA}'
        | '\u{30FC}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}' => Class::Ideograph,
        // Vowel signs and other marks that are written on a letter belong to its word.
        '\u{300}'..='\u{36F}'
        | '\u{591}'..='\u{5C7}'
        | '\u{610}'..='\u{61A}'
        | '\u{64B}'..='\u{65F}'
        | '\u{900}'..='\u{963}'
        | '\u{981}'..='\u{DDF}' => Class::Caseless,
        _ if c.is_whitespace() => Class::Space,
        _ if c.is_lowercase() => Class::Lower,
        _ if c.is_uppercase() => Class::Upper,
        _ if c.is_alphabetic() => Class::Caseless,
        _ if c.is_numeric() => Class::Digit,
        _ => Class::Mark,
    }
}

/// Appends the tokens of `text` between `from` and `to`. A token that begins before `to` is given whole.
/// What is too long to be read stands for [`REACH`] tokens, so that nothing is seen across it.
pub(crate) fn tokenize(text: &[u8], from: usize, to: usize, tokens: &mut Vec<Token>) {
    let (mut at, mut spaced) = (from, true);
    while at < to {
        let (class, length) = class_at(text, at);
        let start = at;
        let mut mark = 0;
        let shape = match class {
            Class::Space => {
                at += length;
                while at < to
                    && let (Class::Space, length) = class_at(text, at)
                {
                    at += length;
                }
                spaced = true;
                if at - start <= MAX_GAP {
                    continue;
                }
                Shape::Other
            }
            Class::Break => {
                at += length;
                Shape::Break
            }
            Class::Mark => {
                mark = text[at];
                at += length;
                Shape::Mark
            }
            Class::Invalid => {
                at += length;
                Shape::Other
            }
            Class::Ideograph => {
                at += length;
                Shape::Ideograph
            }
            Class::Lower | Class::Upper | Class::Caseless | Class::Digit => {
                let (end, shape) = word(text, at);
                at = end;
                shape
            }
        };
        let token = Token { start: start as u32, end: at as u32, shape, spaced, mark };
        let times = if shape == Shape::Other { REACH } else { 1 };
        tokens.extend(std::iter::repeat_n(token, times));
        spaced = shape == Shape::Break || class == Class::Space;
    }
}

/// The end and the shape of the word that begins at `start`.
fn word(text: &[u8], start: usize) -> (usize, Shape) {
    let (mut lower, mut upper, mut caseless, mut digits, mut first) = (0_u32, 0_u32, 0_u32, 0_u32, None);
    let mut at = start;
    while at < text.len() {
        let (class, length) = class_at(text, at);
        match class {
            Class::Lower => lower += 1,
            Class::Upper => upper += 1,
            Class::Caseless => caseless += 1,
            Class::Digit => digits += 1,
            _ => break,
        }
        first = first.or(Some(class));
        at += length;
    }
    let shape = if at - start > MAX_WORD {
        Shape::Other
    } else if digits > 0 {
        if lower + upper + caseless == 0 { Shape::Number } else { Shape::Alnum }
    } else if upper == 0 {
        if lower == 0 { Shape::Caseless } else { Shape::Lower }
    } else if upper == 1 && first == Some(Class::Upper) {
        if lower + caseless == 0 { Shape::Initial } else { Shape::Title }
    } else if lower == 0 {
        Shape::Upper
    } else {
        Shape::Mixed
    };
    (at, shape)
}

/// Hash of a word, in which case does not count. Numbers of one length are one word.
pub(crate) fn word_hash(word: &[u8], shape: Shape) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    match shape {
        Shape::Number => hash ^= 0x1000 + word.len() as u64,
        _ if word.is_ascii() => {
            for byte in word {
                hash = step(
                    hash,
                    u64::from(if byte.is_ascii_digit() { b'0' } else { byte.to_ascii_lowercase() }),
                );
            }
        }
        _ => {
            let mut at = 0;
            while at < word.len() {
                let (c, length) = decode(word, at).unwrap_or(('\u{FFFD}', 1));
                at += length;
                for c in c.to_lowercase() {
                    hash = step(hash, u64::from(u32::from(c)));
                }
            }
        }
    }
    mix(hash)
}

const fn step(hash: u64, unit: u64) -> u64 {
    (hash ^ unit).wrapping_mul(0x0100_0000_01B3)
}

/// Spreads what is in a hash over all of its bits.
pub(crate) const fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::{Shape, tokenize, word_hash};

    fn tokens(text: &str) -> Vec<(&str, Shape)> {
        let mut found = Vec::new();
        tokenize(text.as_bytes(), 0, text.len(), &mut found);
        found.iter().map(|t| (&text[t.start as usize..t.end as usize], t.shape)).collect()
    }

    #[test]
    fn shapes() {
        use Shape::{Alnum, Break, Caseless, Ideograph, Initial, Lower, Mark, Mixed, Number, Title, Upper};
        assert_eq!(
            tokens("Ann O'Neil, 12b McX\nУл. 李 12 USA أحمد on"),
            [
                ("Ann", Title),
                ("O", Initial),
                ("'", Mark),
                ("Neil", Title),
                (",", Mark),
                ("12b", Alnum),
                ("McX", Mixed),
                ("\n", Break),
                ("Ул", Title),
                (".", Mark),
                ("李", Ideograph),
                ("12", Number),
                ("USA", Upper),
                ("أحمد", Caseless),
                ("on", Lower),
            ]
        );
    }

    #[test]
    fn case_does_not_change_the_hash() {
        assert_eq!(word_hash("ÉCOLE".as_bytes(), Shape::Upper), word_hash("École".as_bytes(), Shape::Title));
        assert_ne!(word_hash(b"12", Shape::Number), word_hash(b"123", Shape::Number));
    }
}

//! What may stand next to a value. ASCII only: a letter of another script is a border, so that a
//! number between two ideographs is found.

use crate::catalog::Boundary;

#[inline]
fn at(text: &[u8], i: usize) -> u8 {
    text.get(i).copied().unwrap_or(b' ')
}

#[inline]
fn before(text: &[u8], i: usize) -> u8 {
    i.checked_sub(1).map_or(b' ', |i| text[i])
}

impl Boundary {
    /// True if a value may begin at `start`.
    pub(crate) fn opens(self, text: &[u8], start: usize) -> bool {
        let prev = before(text, start);
        match self {
            Self::None => true,
            Self::Alnum | Self::Token => !prev.is_ascii_alphanumeric(),
            Self::Word => !prev.is_ascii_alphanumeric() && prev != b'_',
            Self::Number | Self::Hex => {
                let joined = joins_digits(prev) && start >= 2 && text[start - 2].is_ascii_digit();
                let group =
                    self == Self::Hex && matches!(prev, b':' | b'-') && hex_group_before(text, start - 1);
                !prev.is_ascii_alphanumeric() && !joined && !group
            }
        }
    }

    /// True if a value may end at `end`.
    pub(crate) fn closes(self, text: &[u8], end: usize) -> bool {
        let next = at(text, end);
        match self {
            Self::None => true,
            Self::Alnum => !next.is_ascii_alphanumeric(),
            Self::Word => !next.is_ascii_alphanumeric() && next != b'_',
            Self::Token => !next.is_ascii_alphanumeric() && !matches!(next, b'_' | b'-' | b'+' | b'~'),
            Self::Number | Self::Hex => {
                let joined = joins_digits(next) && at(text, end + 1).is_ascii_digit();
                let group = self == Self::Hex
                    && matches!(next, b':' | b'-')
                    && (at(text, end + 1) == b':' || at(text, end + 1).is_ascii_hexdigit());
                !next.is_ascii_alphanumeric() && !joined && !group
            }
        }
    }
}

/// True for `:` or `-` behind one to four hexadecimal digits that are a word, as `ab:` and unlike `mac:`.
///
/// A second colon before it (`2001::`) stands for groups of zeros, and goes on with the groups before.
fn hex_group_before(text: &[u8], colon: usize) -> bool {
    let colon = if colon > 0 && text[colon - 1] == b':' && text[colon] == b':' { colon - 1 } else { colon };
    let digits = text[..colon].iter().rev().take(5).take_while(|b| b.is_ascii_hexdigit()).count();
    (1..=4).contains(&digits) && !before(text, colon - digits).is_ascii_alphanumeric()
}

const fn joins_digits(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'/')
}

#[cfg(test)]
mod tests {
    use crate::catalog::Boundary::{Alnum, None, Number, Token, Word};

    #[test]
    fn borders() {
        let text = b"a1_2.3-4 5\xe6\xbc\xa26";
        assert!(!Alnum.opens(text, 1) && Alnum.opens(text, 3) && !Word.opens(text, 3) && None.opens(text, 1));
        assert!(!Number.opens(text, 5) && Number.opens(text, 9) && Number.opens(text, 13));
        assert!(!Number.closes(text, 4) && Number.closes(text, 8) && Number.closes(text, 10));
        assert!(!Token.closes(text, 2) && Alnum.closes(text, 2) && Alnum.closes(text, text.len()));
    }
}

//! How byte-level BPE writes bytes as characters: printable ones of Latin-1 as they are, the others
//! as the characters from U+0100 on, in order.

use std::sync::LazyLock;

static CHARS: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut hidden = 0x100_u32..;
    std::array::from_fn(|byte| match byte {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => byte as u8 as char,
        _ => hidden.next().and_then(char::from_u32).unwrap_or_default(),
    })
});

/// The character that stands for a byte.
pub(in super::super) fn char_of(byte: u8) -> char {
    CHARS[usize::from(byte)]
}

/// The byte that a character stands for.
pub(in super::super) fn byte_of(c: char) -> Option<u8> {
    let byte = match c as u32 {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => c as u32,
        hidden @ 0x100..=0x143 => match hidden - 0x100 {
            low @ 0..=0x20 => low,
            high @ 0x21..=0x42 => high - 0x21 + 0x7F,
            _ => 0xAD,
        },
        _ => return None,
    };
    Some(byte as u8)
}

/// The bytes that a token stands for, if it is written in this alphabet.
pub(in super::super) fn bytes_of(token: &str) -> Option<Vec<u8>> {
    token.chars().map(byte_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_character_of_its_own() {
        for byte in 0..=255 {
            assert_eq!(byte_of(char_of(byte)), Some(byte));
        }
        assert_eq!((char_of(b' '), char_of(b'\n'), char_of(0xAD)), ('Ġ', 'Ċ', 'Ń'));
        assert_eq!((byte_of(' '), byte_of('\u{144}'), byte_of('\u{AD}')), (None, None, None));
    }
}

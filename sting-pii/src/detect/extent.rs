//! How far a value goes on behind what its pattern matched, where an automaton would need a state
//! for each of thousands of bytes.

use crate::catalog::Extent;
use memchr::memmem;

/// Longest value of any kind, in bytes. What is longer is cut there.
pub(crate) const MAX_VALUE: usize = 8 * 1024;

/// Longest value in quotes behind a key.
const MAX_QUOTED: usize = 512;

impl Extent {
    /// The end of the value that begins at `start` and whose pattern ended at `end`.
    pub(crate) fn end(self, text: &[u8], start: usize, end: usize) -> usize {
        let cap = text.len().min(start + MAX_VALUE);
        match self {
            Self::Match => end,
            Self::Token => end + text[end..cap].iter().take_while(|b| is_token(**b)).count(),
            Self::Pem => pem_end(&text[..cap], end),
            Self::Quoted => quoted_end(text, start, end),
        }
        .min(cap)
    }
}

const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=' | b'.' | b'%')
}

/// Through base64 and the white space between its lines (as real line ends or as `\n` in a string),
/// and through the end line if there is one.
fn pem_end(text: &[u8], begin: usize) -> usize {
    let body = &text[begin..];
    if let Some(dashes) = memmem::find(body, b"-----END ") {
        let tail = &body[dashes + 9..];
        let line = tail.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || **b == b' ').count();
        let closing = tail[line..].iter().take(5).take_while(|b| **b == b'-').count();
        // Another block begins before this one ends: they are two.
        if memmem::find(&body[..dashes], b"-----BEGIN ").is_none() {
            return begin + dashes + 9 + line + closing;
        }
    }
    let open = body
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\'))
        .count();
    begin + open
}

/// If a quote stands before the value: to the same quote behind it, on the same line.
fn quoted_end(text: &[u8], start: usize, end: usize) -> usize {
    let Some(&quote) = start.checked_sub(1).and_then(|i| text.get(i)) else { return end };
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return end;
    }
    // `\"value\"` inside another string ends at the next `\"`.
    let nested = start >= 2 && text[start - 2] == b'\\';
    let limit = text.len().min(start + MAX_QUOTED);
    let mut i = start;
    while i < limit {
        match text[i] {
            b'\n' => return end,
            b'\\' if nested && text.get(i + 1) == Some(&quote) => return i,
            b'\\' => i += 1,
            byte if byte == quote => return i,
            _ => {}
        }
        i += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use crate::catalog::Extent;

    #[test]
    fn pem_blocks_end_behind_their_end_line() {
        let text = b"-----BEGIN KEY-----\nMIIB\nAA==\n-----END KEY-----\nrest";
        assert_eq!(Extent::Pem.end(text, 0, 19), text.len() - 5);
        let cut = b"-----BEGIN KEY-----\nMIIB\nAA== rest";
        assert_eq!(&cut[..Extent::Pem.end(cut, 0, 19)], b"-----BEGIN KEY-----\nMIIB\nAA==");
    }

    #[test]
    fn quotes() {
        let plain = br#"p = "two words" x"#;
        assert_eq!(Extent::Quoted.end(plain, 5, 8), 14);
        let escaped = br#"p = "a\"b" x"#;
        assert_eq!(Extent::Quoted.end(escaped, 5, 6), 9);
        let nested = br#"{\"p\": \"a b\"}"#;
        assert_eq!(Extent::Quoted.end(nested, 10, 11), 13);
        assert_eq!(Extent::Quoted.end(b"p=abc def", 2, 5), 5);
    }
}

//! The escapes of a JSON string: checked when an event is read, decoded only where somebody looks.

/// Length of the escape that begins with the backslash at the start of `text`; `None` if it is none.
#[inline]
pub(super) fn length(text: &[u8]) -> Option<usize> {
    match text.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => hex(text.get(2..6)?).map(|_| 6),
        _ => None,
    }
}

/// Appends what the checked text between two quotes stands for. Half a surrogate pair becomes U+FFFD.
pub(in super::super) fn decode_into(text: &str, out: &mut String) {
    let (bytes, mut from) = (text.as_bytes(), 0);
    while let Some(length) = backslash(&bytes[from..]) {
        let at = from + length;
        out.push_str(&text[from..at]);
        let (c, length) = decoded(&bytes[at..]);
        out.push(c);
        from = at + length;
    }
    out.push_str(&text[from..]);
}

/// Where the next backslash is. In the paths that fill events it is a few bytes away, and a call of `memchr`
/// would cost more than it saves.
fn backslash(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word) ^ (ONES * u64::from(b'\\'));
        // The lowest of these bits is that of the first byte that is zero now.
        let zero = word.wrapping_sub(ONES) & !word & (ONES << 7);
        if zero != 0 {
            return Some(8 * i + zero.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|&byte| byte == b'\\').map(|at| 8 * words.len() + at)
}

fn decoded(escape: &[u8]) -> (char, usize) {
    let c = match escape.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(escape),
        Some(&c) => c as char,
        None => return (char::REPLACEMENT_CHARACTER, 1),
    };
    (c, 2)
}

fn unicode(escape: &[u8]) -> (char, usize) {
    let unit = |at: usize| escape.get(at..at + 4).and_then(hex);
    let first = unit(2).unwrap_or(0xfffd);
    if (0xd800..0xdc00).contains(&first)
        && escape.get(6..8) == Some(b"\\u")
        && let Some(second) = unit(8)
        && (0xdc00..0xe000).contains(&second)
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |code, &digit| Some(code << 4 | (digit as char).to_digit(16)?))
}

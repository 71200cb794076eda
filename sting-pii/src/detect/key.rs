//! Keys of key-value pairs: `key=value`, `key: value`, `"key": "value"`, `key := 'value'`.

/// Longest key, in bytes.
pub(crate) const MAX_KEY: usize = 64;
/// Most spaces and quotes between a key and its `:` or `=`, and between that and the value.
const MAX_GAP: usize = 16;

/// Where the key before the `:` or `=` at `separator` ends.
pub(crate) fn key_end(text: &[u8], separator: usize) -> Option<usize> {
    let mut end = separator;
    for _ in 0..MAX_GAP {
        match end.checked_sub(1).map(|i| text[i])? {
            b'"' | b'\'' | b'`' | b' ' | b'\t' | b']' | b'\\' | b':' | b'?' => end -= 1,
            _ => break,
        }
    }
    text[..end].last().is_some_and(u8::is_ascii_alphanumeric).then_some(end)
}

/// The key that ends before the `:` or `=` at `separator`.
pub(crate) fn key_before(text: &[u8], separator: usize) -> Option<&[u8]> {
    let end = key_end(text, separator)?;
    let floor = end.saturating_sub(MAX_KEY);
    let length = text[floor..end]
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$'))
        .count();
    Some(&text[end - length..end])
}

/// Where the value of the `:` or `=` at `separator` begins.
pub(crate) fn value_start(text: &[u8], separator: usize) -> Option<usize> {
    let mut at = separator + 1;
    // `:=`, `=>`, `==`, `::`
    if matches!(text.get(at), Some(b'=' | b'>' | b':')) {
        at += 1;
    }
    for _ in 0..MAX_GAP {
        match text.get(at)? {
            b' ' | b'\t' => at += 1,
            b'\\' if matches!(text.get(at + 1), Some(b'"' | b'\'')) => at += 1,
            b'"' | b'\'' | b'`' => {
                at += 1;
                break;
            }
            _ => break,
        }
    }
    (at < text.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::{key_before, value_start};

    fn pair(text: &str) -> Option<(&str, &str)> {
        let separator = text.find([':', '='])?;
        let key = key_before(text.as_bytes(), separator)?;
        let value = value_start(text.as_bytes(), separator)?;
        Some((std::str::from_utf8(key).ok()?, &text[value..]))
    }

    #[test]
    fn pairs() {
        assert_eq!(pair("set db.password = x"), Some(("db.password", "x")));
        assert_eq!(pair(r#"{"apiKey": "v"}"#), Some(("apiKey", "v\"}")));
        assert_eq!(pair(r#"{\"apiKey\": \"v\"}"#), Some(("apiKey", "v\\\"}")));
        assert_eq!(pair("env['TOKEN'] = 'v'"), Some(("TOKEN", "v'")));
        assert_eq!(pair("secret := `v`"), Some(("secret", "v`")));
        assert_eq!(pair("a => v"), Some(("a", "v")));
        assert_eq!(pair("= v"), None);
        assert_eq!(pair("a="), None);
    }
}

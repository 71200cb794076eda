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

/// The attribute that holds the value where another one names it.
pub(crate) const ATTRIBUTE: &str = "value";

/// The name in `key="name" value="..."` and `name="name" value="..."`, where `key` is the word `value`.
pub(crate) fn named_by<'t>(text: &'t [u8], key: &[u8]) -> Option<&'t [u8]> {
    if !key.eq_ignore_ascii_case(ATTRIBUTE.as_bytes()) {
        return None;
    }
    let before = &text[..key.as_ptr() as usize - text.as_ptr() as usize];
    let blanks = before.iter().rev().take(MAX_GAP).take_while(|b| b.is_ascii_whitespace()).count();
    let (quote, rest) =
        before[..before.len() - blanks].split_last().filter(|(b, _)| matches!(b, b'"' | b'\''))?;
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    let name = &rest[rest.len() - rest.iter().rev().take(MAX_KEY).take_while(is_name).count()..];
    let attribute = rest[..rest.len() - name.len()].strip_suffix(&[b'=', *quote])?;
    let names = [&b"key"[..], b"name", b"Key", b"Name"].iter().any(|word| attribute.ends_with(word));
    (blanks > 0 && names && !name.is_empty()).then_some(name)
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
    use super::{key_before, named_by, value_start};

    fn pair(text: &str) -> Option<(&str, &str)> {
        let separator = text.find([':', '='])?;
        let key = key_before(text.as_bytes(), separator)?;
        let value = value_start(text.as_bytes(), separator)?;
        Some((std::str::from_utf8(key).ok()?, &text[value..]))
    }

    #[test]
    fn attributes() {
        let named = |text: &str| {
            let key = key_before(text.as_bytes(), text.rfind('=')?)?;
            named_by(text.as_bytes(), key).map(|name| String::from_utf8_lossy(name).into_owned())
        };
        assert_eq!(named(r#"<add key="ApiKey" value="x""#).as_deref(), Some("ApiKey"));
        assert_eq!(named("<input name='user.pass'  value='x'").as_deref(), Some("user.pass"));
        assert_eq!(named(r#"<add kex="ApiKey" value="x""#), None);
        assert_eq!(named("value=x").or(named(r#"a="b" volume="x""#)), None);
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

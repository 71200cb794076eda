//! Secrets: checksums that vendors build in, and what tells a secret from a placeholder.

use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check("github_token", 1e6, github_token),
    check("jwt", 100.0, jwt),
    check("secret", 3.0, |value| !is_placeholder(value) && entropy(value) >= 3.0),
    check("password", 2.0, |value| !is_placeholder(value)),
    check("password_no_path", 2.0, |value| !is_placeholder(value) && !is_path(value)),
    check("random", 3.0, |value| !is_placeholder(value) && entropy(value) >= 3.2 && mixed(value)),
    check("not_placeholder", 1.0, |value| !is_placeholder(value)),
    check("atlassian_token", 1e6, atlassian_token),
    check("not_hex", 1.0, |value| !value.iter().all(u8::is_ascii_hexdigit)),
    check("basic_auth", 4.0, basic_auth),
];

/// GitHub and npm: the last six symbols are the CRC-32 of the thirty before, in base 62.
/// https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
fn github_token(value: &[u8]) -> bool {
    let secret = value.rsplit(|b| *b == b'_').next().unwrap_or_default();
    let Ok(secret) = <&[u8; 36]>::try_from(secret) else { return false };
    base62(&secret[30..]) == Some(u64::from(crc32(&secret[..30])))
}

/// Atlassian: eight hexadecimal digits of the CRC-32 of what stands before them.
fn atlassian_token(value: &[u8]) -> bool {
    let Some(at) = memchr::memrchr(b'=', value) else { return false };
    let claimed =
        std::str::from_utf8(&value[at + 1..]).ok().and_then(|hex| u32::from_str_radix(hex, 16).ok());
    value.len() - at == 9 && claimed == Some(crc32(&value[..=at]))
}

fn base62(symbols: &[u8]) -> Option<u64> {
    symbols.iter().try_fold(0, |sum: u64, symbol| {
        let digit = match symbol {
            b'0'..=b'9' => symbol - b'0',
            b'A'..=b'Z' => symbol - b'A' + 10,
            b'a'..=b'z' => symbol - b'a' + 36,
            _ => return None,
        };
        Some(sum * 62 + u64::from(digit))
    })
}

/// IEEE 802.3, bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}

/// RFC 7519: the header is a JSON object, in base64url.
fn jwt(value: &[u8]) -> bool {
    let header = value.split(|b| *b == b'.').next().unwrap_or_default();
    let Some(json) = base64(header) else { return false };
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&json).is_ok_and(|header| {
        header.contains_key("alg") || header.contains_key("typ") || header.contains_key("enc")
    })
}

/// RFC 7617: `user:password` in base64.
fn basic_auth(value: &[u8]) -> bool {
    base64(value).is_some_and(|text| text.contains(&b':') && text.iter().all(|b| *b >= b' '))
}

/// Decodes either alphabet, with or without padding.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for symbol in text.iter().filter(|b| **b != b'=') {
        let digit = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

/// Shannon entropy of the bytes, in bits a byte.
pub(super) fn entropy(value: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let total = value.len() as f32;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = *count as f32 / total;
            -share * share.log2()
        })
        .sum()
}

/// A path from the root, the home folder or a drive.
fn is_path(value: &[u8]) -> bool {
    let rooted = match value {
        [b'/' | b'~', ..] => true,
        [drive, b':', b'/' | b'\\', ..] => drive.is_ascii_alphabetic(),
        _ => false,
    };
    rooted
        && value[1..].iter().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'/' | b'\\' | b'.' | b'_' | b'-' | b' ' | b':')
                || *b >= 0x80
        })
}

/// Letters and digits both, as in what a machine made up.
fn mixed(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// What stands where a secret would stand in manuals, templates and code: variables, calls, types,
/// `changeme`, `xxxx`, `<token>`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"true",
        b"false",
        b"null",
        b"none",
        b"nil",
        b"undefined",
        b"string",
        b"str",
        b"bool",
        b"int",
        b"text",
        b"required",
        b"optional",
        b"password",
        b"passwd",
        b"secret",
        b"token",
        b"apikey",
        b"api_key",
        b"key",
        b"changeme",
        b"change_me",
        b"example",
        b"placeholder",
        b"redacted",
        b"masked",
        b"removed",
        b"hidden",
        b"yes",
        b"no",
        b"on",
        b"off",
        b"empty",
        b"default",
        b"unknown",
        b"invalid",
        b"expired",
        b"missing",
        b"your_password",
        b"yourpassword",
        b"mypassword",
        b"username",
        b"user",
        b"test",
        b"todo",
        b"tbd",
        b"n/a",
        b"enabled",
        b"disabled",
        b"failed",
        b"accepted",
        b"authentication",
        b"bearer",
        b"basic",
        b"digest",
    ];
    const PARTS: &[&[u8]] =
        &[b"example", b"placeholder", b"changeme", b"redacted", b"your_", b"your-", b"xxxx", b"insert_"];
    /// What values are read from in code: `var.password`, `os.environ`.
    const ROOTS: &[&[u8]] = &[
        b"var.",
        b"local.",
        b"module.",
        b"data.",
        b"env.",
        b"os.",
        b"process.",
        b"config.",
        b"self.",
        b"this.",
        b"settings.",
        b"args.",
        b"options.",
        b"params.",
        b"request.",
        b"secrets.",
    ];
    let trimmed = value.trim_ascii();
    let Some(first) = trimmed.first() else { return true };
    let lower = trimmed.to_ascii_lowercase();
    let closed = lower.iter().any(|b| matches!(b, b'}' | b'>' | b')' | b']' | b'%'));
    let name =
        |rest: &[u8]| rest.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':'));
    let template = match first {
        b'{' | b'<' | b'(' | b'[' => closed,
        b'$' | b'@' | b'%' => closed || name(&trimmed[1..]),
        _ => false,
    };
    let path = trimmed.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
        && ROOTS.iter().any(|root| lower.starts_with(root));
    let call = lower.iter().position(|b| *b == b'(').is_some_and(|at| {
        at > 0 && lower[..at].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':'))
    });
    template
        || path
        || call
        || trimmed.iter().all(|b| b == first)
        || WORDS.contains(&lower.as_slice())
        || PARTS.iter().any(|part| memchr::memmem::find(&lower, part).is_some())
}

#[cfg(test)]
mod tests {
    use super::{crc32, entropy, is_placeholder};
    use crate::validate::validate;

    #[test]
    fn checksums() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(validate("jwt", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"), Some(true));
        assert_eq!(validate("jwt", "eyJ4IjoxfQ.e30.c2ln"), Some(false));
        assert_eq!(validate("basic_auth", "dXNlcjpwYXNzd29yZA=="), Some(true));
        assert_eq!(validate("basic_auth", "dXNlcg=="), Some(false));
    }

    #[test]
    fn placeholders() {
        for word in [
            "${PASSWORD}",
            "$TOKEN",
            "<your token>",
            "{{ secret }}",
            "xxxxxxxx",
            "changeme",
            "get_secret(1)",
            "var.db_password",
            "null",
            "********",
        ] {
            assert!(is_placeholder(word.as_bytes()), "{word}");
        }
        for secret in ["hunter2", "tr0ub4dor&3", "correct horse", "$2b$10$abc", "{brace"] {
            assert!(!is_placeholder(secret.as_bytes()), "{secret}");
        }
        assert!(entropy(b"aaaa") < 0.1 && (entropy(b"abcd") - 2.0).abs() < 1e-6);
    }
}

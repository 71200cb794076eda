//! Secrets: checksums that vendors build in, and what tells a secret from a placeholder.

use super::placeholder::{is_placeholder, is_wordy, longest_run};
use super::{Check, check};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::sync::LazyLock;

/// Bytes of a secret that tell whether it is one.
const MAX_READ: usize = 128;

pub(super) const CHECKS: &[Check] = &[
    check("github_token", 1e6, github_token),
    check("jwt", 100.0, jwt),
    check("secret", 3.0, secret),
    check("secret_token", 3.0, |value| secret(value) && !ends_in_digest(value)),
    check("password", 2.0, |value| !is_placeholder(value)),
    check("password_no_path", 2.0, |value| !is_placeholder(value) && !is_path(value)),
    check("random", 3.0, random),
    check("secret_shaped", 1.0, |value| !is_placeholder(value) && !is_wordy(value)),
    check("curl_credentials", 2.0, curl_credentials),
    check("azure_secret", 10.0, |value| {
        !is_placeholder(value) && entropy(&value[6.min(value.len())..]) >= 3.5
    }),
    check("encoded_credentials", 1000.0, encoded_credentials),
    check("encoded_private_key", 1e6, encoded_private_key),
    check("pem_body", 10.0, pem_body),
    check("not_placeholder", 1.0, |value| !is_placeholder(value)),
    check("atlassian_token", 1e6, atlassian_token),
    check("not_hex", 1.0, |value| !value.iter().all(u8::is_ascii_hexdigit)),
    check("basic_auth", 4.0, basic_auth),
    check("not_algorithm", 1.0, not_algorithm),
];

/// No placeholder, and of more than eight symbols' worth.
fn secret(value: &[u8]) -> bool {
    !is_placeholder(&value[..value.len().min(MAX_READ)]) && entropy(value) >= 3.0
}

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

/// RFC 7519: the header is a JSON object, in base64url, or was one before something spoiled it.
fn jwt(value: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Header {
        alg: Option<IgnoredAny>,
        typ: Option<IgnoredAny>,
        enc: Option<IgnoredAny>,
    }
    let header = value.split(|b| *b == b'.').next().unwrap_or_default();
    let begins = base64(&header[..header.len().min(8)]).is_some_and(|json| {
        [&b"{\"alg\""[..], b"{\"typ\"", b"{\"kid\"", b"{\"enc\""].iter().any(|b| json.starts_with(b))
    });
    if begins {
        return header.iter().all(|symbol| *symbol == b'=' || base64_digit(*symbol).is_some());
    }
    // Decoded as it is read: of what is no JSON, a few symbols.
    let read = serde_json::from_reader::<_, Header>(Decoded(decoded(header)));
    read.is_ok_and(|header| header.alg.is_some() || header.typ.is_some() || header.enc.is_some())
}

/// Bytes that are decoded as they are read.
struct Decoded<I>(I);

impl<I: Iterator<Item = Option<u8>>> std::io::Read for Decoded<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let (Some(slot), Some(byte)) = (buffer.first_mut(), self.0.next()) else { return Ok(0) };
        *slot = byte.ok_or(std::io::ErrorKind::InvalidData)?;
        Ok(1)
    }
}

/// What a machine made up: as much entropy as a random value of its length nearly always has, and
/// neither a name nor a sequence.
fn random(value: &[u8]) -> bool {
    let enough = (0.72 * (value.len() as f32).log2()).min(3.2);
    !is_placeholder(value)
        && entropy(value) >= enough
        && (mixed(value) || value.len() >= 16 && both_cases(value))
        && !is_wordy(value)
        && longest_run(value) < 8
}

fn both_cases(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_lowercase) && value.iter().any(u8::is_ascii_uppercase)
}

/// The argument of `curl -u`: a user and a password that is no word and no number, or a key in place
/// of either.
fn curl_credentials(value: &[u8]) -> bool {
    let is_quote = |b: &u8| matches!(b, b'"' | b'\'' | b' ');
    let unquoted = |mut text: &[u8]| {
        while let [first, rest @ ..] = text
            && is_quote(first)
        {
            text = rest;
        }
        while let [rest @ .., last] = text
            && is_quote(last)
        {
            text = rest;
        }
        text.to_vec()
    };
    let Some(colon) = memchr::memchr(b':', value) else { return false };
    let (user, password) = (unquoted(&value[..colon]), unquoted(&value[colon + 1..]));
    let secret = if password.is_empty() { &user } else { &password };
    let others = secret.iter().any(|b| !b.is_ascii_alphanumeric());
    let template = matches!(secret.first(), Some(b'[' | b'<' | b'{' | b'('));
    let strong = secret.len() >= 4 && !template && (mixed(secret) || others || both_cases(secret));
    strong && user != password && !is_placeholder(secret) && !secret.contains(&b'$') | mixed(secret)
}

/// Base64 of readable text that holds a secret: `user:password`, or a key that names one.
fn encoded_credentials(value: &[u8]) -> bool {
    if !value.len().is_multiple_of(4) {
        return false;
    }
    let Some(text) = base64(value) else { return false };
    if text.len() < 6 || !text.iter().all(|b| (b' '..=b'~').contains(b) || matches!(b, b'\n' | b'\r' | b'\t'))
    {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let names = [&b"passw"[..], b"secret", b"\"auth", b"private key", b"apikey", b"api_key"];
    if names.iter().any(|name| memchr::memmem::find(&lower, name).is_some()) {
        return true;
    }
    let text = text.trim_ascii();
    let is_word = |part: &[u8]| part.iter().all(|b| b.is_ascii_graphic() && *b != b':');
    memchr::memchr(b':', text).is_some_and(|colon| {
        let (user, password) = (&text[..colon], &text[colon + 1..]);
        user.len() >= 2
            && user[0].is_ascii_alphabetic()
            && password.len() >= 4
            && is_word(user)
            && is_word(password)
            && !password.starts_with(b"/")
            && password.iter().any(u8::is_ascii_alphabetic)
    })
}

/// Base64 of a PEM block that says it holds a private key.
fn encoded_private_key(value: &[u8]) -> bool {
    let head = &value[..value.len().min(96) / 4 * 4];
    base64(head).is_some_and(|text| memchr::memmem::find(&text, b"PRIVATE KEY").is_some())
}

/// A PEM block with something in it, or whose end is cut off.
fn pem_body(value: &[u8]) -> bool {
    let Some(begin) = memchr::memmem::find(&value[10.min(value.len())..], b"-----").map(|at| at + 15) else {
        return false;
    };
    let body = &value[begin..];
    let end = memchr::memmem::find(body, b"-----END").unwrap_or(body.len());
    let symbols =
        body[..end].iter().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')).count();
    symbols >= 16 || end == body.len()
}

/// Not the name of a curve, cipher or code page, which have the shape of a short id.
fn not_algorithm(value: &[u8]) -> bool {
    const NAMES: &[&[u8]] = &[
        b"ed25519", b"ed448", b"x25519", b"x448", b"p256", b"p384", b"p521", b"rsa2048", b"rsa4096",
        b"aes128", b"aes192", b"aes256", b"rc4128", b"sha256", b"sha384", b"sha512", b"cp1252", b"cp1251",
        b"cp932",
    ];
    !NAMES.contains(&value.to_ascii_lowercase().as_slice())
}

/// RFC 7617: `user:password` in base64.
fn basic_auth(value: &[u8]) -> bool {
    base64(value).is_some_and(|text| text.contains(&b':') && text.iter().all(|b| *b >= b' '))
}

/// Decodes either alphabet, with or without padding.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for byte in decoded(text) {
        out.push(byte?);
    }
    Some(out)
}

/// The bytes that base64 symbols stand for; `None` for one that stands for nothing.
fn decoded(text: &[u8]) -> impl Iterator<Item = Option<u8>> {
    let mut symbols = text.iter().filter(|b| **b != b'=');
    let (mut bits, mut held) = (0_u32, 0);
    std::iter::from_fn(move || {
        while held < 8 {
            let Some(digit) = base64_digit(*symbols.next()?) else { return Some(None) };
            bits = bits << 6 | u32::from(digit);
            held += 6;
        }
        held -= 8;
        Some(Some((bits >> held) as u8))
    })
}

const fn base64_digit(symbol: u8) -> Option<u8> {
    Some(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// Shannon entropy of the bytes, in bits a byte.
pub(super) fn entropy(value: &[u8]) -> f32 {
    /// For a count, what it is worth in the sum of counts times their logarithms.
    static WORTH: LazyLock<Vec<f64>> =
        LazyLock::new(|| (0..=MAX_READ).map(|count| (count as f64).max(1.0).log2() * count as f64).collect());
    let value = &value[..value.len().min(MAX_READ)];
    let (worth, total) = (WORTH.as_slice(), value.len() as f64);
    let (mut counts, mut sum) = ([0_u8; 256], 0.0);
    for byte in value {
        let count = &mut counts[usize::from(*byte)];
        sum += worth[usize::from(*count) + 1] - worth[usize::from(*count)];
        *count += 1;
    }
    if value.is_empty() { 0.0 } else { (total.log2() - sum / total) as f32 }
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

/// Behind its prefix only hexadecimal digits, as many as a digest has: a name with a hash of its file's contents. No
/// random value of 62 symbols looks like that.
fn ends_in_digest(value: &[u8]) -> bool {
    let body = value.rsplit(|b| matches!(b, b'-' | b'_')).next().unwrap_or_default();
    body.len() >= 32 && body.iter().all(u8::is_ascii_hexdigit)
}

/// Letters and digits both, as in what a machine made up.
fn mixed(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::{crc32, entropy};
    use crate::validate::validate;

    #[test]
    fn checksums() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(validate("jwt", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"), Some(true));
        assert_eq!(validate("jwt", "eyJ4IjoxfQ.e30.c2ln"), Some(false));
        assert_eq!(validate("basic_auth", "dXNlcjpwYXNzd29yZA=="), Some(true));
        assert_eq!(validate("basic_auth", "dXNlcg=="), Some(false));
        assert!(entropy(b"aaaa") < 0.1 && (entropy(b"abcd") - 2.0).abs() < 1e-6);
    }

    #[test]
    fn secrets_and_what_looks_like_them() {
        let all = |name: &str, expected: bool, values: &[&str]| {
            for value in values {
                assert_eq!(validate(name, value), Some(expected), "{name}: {value}");
            }
        };
        all("random", true, &["k9V2xL7qR4mT8wZ3hN5pD", "3fea6af1349166ea", "yqDVtkqPECriaLRi"]);
        all("random", false, &["user_session_token_2", "sk_abcdefghijkl123", "aaaaaaaaaaaa1", "0000000000"]);
        all(
            "curl_credentials",
            true,
            &["elastic:P@ssw0rd1", "'api:d2LkV78zLx!t'", "\":d2LkV78zLx!t\"", "kevin:'pRf7vG2h1L8nQkW9'"],
        );
        all(
            "curl_credentials",
            false,
            &["1000:1000", "node:node", "user:password", "'$USER:$PASS'", "neo4j:[PASSWORD", "\":\""],
        );
        all("encoded_credentials", true, &["YWRtaW46cGFzc3dvcmQ=", "bXlwYXNzd29yZA=="]);
        all("encoded_credentials", false, &["aGVsbG8gd29ybGQhCg==", "ZGF0YS12YWx1ZTE=", "not base64"]);
        all("pem_body", false, &["-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"]);
        all("pem_body", true, &["-----BEGIN PRIVATE KEY-----\nMIIB", "-----BEGIN PRIVATE KEY-----"]);
    }
}

//! What stands where a secret would stand and is none: placeholders, names, words.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Symbols in a row that no chance puts there: `abcdefghijklmnop`.
const LONG_RUN: usize = 16;

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
        b"pass",
        b"passphrase",
        b"credentials",
    ];
    // Made once: a value is asked about often, and is short.
    static PARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let parts = ["example", "placeholder", "changeme", "redacted", "your_", "your-", "xxxx", "insert_"];
        AhoCorasick::new(parts).ok()
    });
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
    let closed = || lower.iter().any(|b| matches!(b, b'}' | b'>' | b')' | b']' | b'%'));
    let name =
        |rest: &[u8]| rest.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':'));
    let template = match first {
        b'{' | b'<' | b'(' | b'[' => closed(),
        b'$' | b'@' | b'%' => closed() || name(&trimmed[1..]),
        _ => false,
    };
    let path = trimmed.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
        && ROOTS.iter().any(|root| lower.starts_with(root));
    let call = lower.iter().position(|b| *b == b'(').is_some_and(|at| {
        at > 0 && lower[..at].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':'))
    });
    // `ENC[..]` of SOPS and `ENC(..)` of Jasypt hold what is encrypted already.
    let encrypted = [&b"enc["[..], b"enc(", b"{cipher}"].iter().any(|begin| lower.starts_with(begin));
    let elided = lower.ends_with(b"..") || trimmed.ends_with("…".as_bytes());
    template
        || encrypted
        || elided
        || has_long_run(trimmed)
        || path
        || call
        || trimmed.iter().all(|b| b == first)
        || lower.len() < LONG_RUN && WORDS.contains(&lower.as_slice())
        || PARTS.as_ref().is_some_and(|parts| parts.is_match(&lower))
}

/// True if [`longest_run`] is at least [`LONG_RUN`]: such a run has a pair at every fifteenth place.
fn has_long_run(value: &[u8]) -> bool {
    const { assert!(LONG_RUN == 16) };
    let is_next =
        |at: &usize| value[at + 1].is_ascii_alphanumeric() && value[*at].wrapping_add(1) == value[at + 1];
    let places = (LONG_RUN - 2..value.len().saturating_sub(1)).step_by(LONG_RUN - 1);
    places.filter(is_next).count() > 0 && longest_run(value) >= LONG_RUN
}

/// Length of the longest stretch of symbols each of which is the next of the one before; `0` is next to `9`.
pub(super) fn longest_run(value: &[u8]) -> usize {
    let (mut longest, mut run) = (0, 1);
    for pair in value.windows(2) {
        let next = pair[1].is_ascii_alphanumeric() && pair[0].wrapping_add(1) == pair[1] || pair == b"90";
        run = if next { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest
}

/// For each letter, a bit for each letter that often follows it in English: more than a third as often
/// as if all pairs were as frequent. Counted over running text; of all pairs of letters in texts
/// nineteen in twenty are such, of random ones two in five.
const FOLLOWS: [u32; 26] = [
    0x017E_BD6E,
    0x0016_4911,
    0x001A_4D91,
    0x0016_4119,
    0x01EF_F97F,
    0x001A_4931,
    0x0016_6991,
    0x011A_4111,
    0x002E_FD7F,
    0x0010_4001,
    0x0004_2111,
    0x011C_4D19,
    0x0114_D113,
    0x013C_6D7D,
    0x017E_FD6F,
    0x001E_C991,
    0x0010_0000,
    0x013E_FD5D,
    0x001C_D595,
    0x015E_4995,
    0x000E_B95F,
    0x0000_4111,
    0x0000_6191,
    0x0008_8000,
    0x0004_4110,
    0x0000_0000,
];

/// True for what is made of words, as names in programs are: `userSessionToken`, `checkout-page-view`.
/// A random value of letters and digits is taken for words one time in a thousand.
pub(super) fn is_wordy(value: &[u8]) -> bool {
    const FEWEST: u32 = 6;
    if value.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-') {
        return false;
    }
    let (mut pairs, mut usual) = (0, 0);
    for pair in value.windows(2) {
        let [first, second] = [pair[0], pair[1]].map(|b| b.to_ascii_lowercase());
        if first.is_ascii_lowercase() && second.is_ascii_lowercase() {
            pairs += 1;
            usual += FOLLOWS[usize::from(first - b'a')] >> (second - b'a') & 1;
        }
    }
    // Four letters out of five, at least, are in words.
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    pairs >= FEWEST && usual * 100 >= pairs * 82 && letters * 10 >= value.len() * 6
}

#[cfg(test)]
mod tests {
    use super::{is_placeholder, is_wordy, longest_run};

    #[test]
    fn words() {
        for text in
            ["APIOrganizationExist", "user_session_token_2", "checkout-page-view-12", "this is a sentence"]
        {
            assert!(is_wordy(text.as_bytes()), "{text}");
        }
        for text in
            ["k9V2xL7qR4mT8wZ3hN5pD", "yqDVtkqPECriaLRi", "d41d8cd98f00b204e9800998ecf8427e", "abc", ""]
        {
            assert!(!is_wordy(text.as_bytes()), "{text}");
        }
        assert_eq!((longest_run(b"xabcdz"), longest_run(b"7890123x"), longest_run(b"")), (4, 7, 0));
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
        for gone in ["ops_eyJzaWduSW5B...", "ENC[AES256_GCM,data:W3Pi]", "sk_abcdefghijklmnopqrstuvwxyz123"] {
            assert!(is_placeholder(gone.as_bytes()), "{gone}");
        }
        for secret in ["hunter2", "tr0ub4dor&3", "correct horse", "$2b$10$abc", "{brace"] {
            assert!(!is_placeholder(secret.as_bytes()), "{secret}");
        }
    }
}

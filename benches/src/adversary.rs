//! Texts made to slow a scanner of private data down. Each begins what looks like a value at every turn and
//! ends none, or nests what makes a naive scanner go over the same bytes again and again.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bytes of each text.
const SIZE: usize = 1 << 20;

/// Repeated pieces: a name, and what is repeated.
const FLOODS: &[(&str, &str)] = &[
    ("one digit", "7"),
    ("grouped digits", "4111-1111 1111.1111/1111 "),
    ("dotted digits", "1.2.3.4.5.6.7.8.9."),
    ("numbers near words", "ssn 12 card 345 phone 6789 passport 01234 account 5 "),
    ("at signs", "@@@"),
    ("addresses without end", "a@a"),
    ("key words", "password secret token api_key authorization "),
    ("keys of keys", "password=password:password="),
    ("prefixes", "AKIAAKIA"),
    ("prefixes of tokens", "ghp_sk_live_xoxb-eyJhbGci.eyJ"),
    ("PEM headers", "-----BEGIN RSA PRIVATE KEY-----\n"),
    ("colons", "::"),
    ("hexadecimal groups", "ab:cd:ef:01:"),
    ("nested quotes", "\"'`\\\"\\'"),
    ("quoted values without end", "password=\"x "),
    ("addresses of pages", "http://a:"),
    ("headers", "Bearer bearer Basic basic "),
    ("capitals before numbers", "DE-AB 1 "),
    ("letters outside ASCII", "身份证 1 é"),
];

/// Name and text, 1 MiB each.
pub fn texts() -> Vec<(&'static str, String)> {
    let flood = |piece: &str| piece.repeat(SIZE.div_ceil(piece.len()));
    let mut all: Vec<_> = FLOODS.iter().map(|&(name, piece)| (name, flood(piece))).collect();
    // No shape of a number comes twice.
    all.push(("random digits and separators", random(b"0123456789-./ :,+()")));
    all.push(("random hexadecimal digits", random(b"0123456789abcdef0123456789abcdef-")));
    all.push((
        "random letters and digits",
        random(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _=@"),
    ));
    all
}

fn random(of: &[u8]) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    (0..SIZE).map(|_| char::from(of[random.random_range(0..of.len())])).collect()
}

//! Addresses of machines and people.

use super::{Check, check};
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) const CHECKS: &[Check] = &[
    check("ipv4", 1.0, ipv4),
    check("ipv6", 3.0, ipv6),
    check("mac", 1.0, mac),
    check("email", 1.0, email),
    check("url_credentials", 1.0, url_credentials),
    check("phone", 1.0, phone),
    check("us_phone", 2.0, us_phone),
    check("phone_local", 1.0, phone_local),
];

fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

/// A dotted quad without leading zeros, perhaps with a prefix length. Addresses that stand for none
/// (0.0.0.0, a broadcast) are not anybody's.
fn ipv4(value: &[u8]) -> bool {
    let Some(text) = text(value) else { return false };
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let prefix_fits = prefix.is_none_or(|p| p.parse::<u8>().is_ok_and(|p| p <= 32));
    prefix_fits && address.parse::<Ipv4Addr>().is_ok_and(|ip| !ip.is_unspecified() && !ip.is_broadcast())
}

/// RFC 4291, perhaps with a zone or a prefix length. `::` alone is every address, and so none; without
/// a digit (`a::b`) it is a path in some programming language.
fn ipv6(value: &[u8]) -> bool {
    let Some(text) = text(value) else { return false };
    let (text, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    let prefix_fits = prefix.is_none_or(|p| p.parse::<u8>().is_ok_and(|p| p <= 128));
    prefix_fits
        && address.bytes().any(|b| b.is_ascii_digit())
        && address.parse::<Ipv6Addr>().is_ok_and(|ip| !ip.is_unspecified())
}

/// One separator throughout, and neither all zeros nor the broadcast.
fn mac(value: &[u8]) -> bool {
    let digits: Vec<u8> =
        value.iter().filter(|b| b.is_ascii_hexdigit()).map(u8::to_ascii_lowercase).collect();
    let mut separators = value.iter().filter(|b| !b.is_ascii_hexdigit());
    let first = separators.next();
    separators.all(|s| Some(s) == first)
        && digits.len() == 12
        && !digits.iter().all(|d| *d == b'0')
        && !digits.iter().all(|d| *d == b'f')
}

/// Lengths of RFC 5321, no dots in a row, and a top-level domain that is not the suffix of a file.
fn email(value: &[u8]) -> bool {
    let Some(at) = memchr::memrchr(b'@', value) else { return false };
    let (local, domain) = (&value[..at], &value[at + 1..]);
    let dots_fit = |part: &[u8]| {
        !part.starts_with(b".") && !part.ends_with(b".") && !part.windows(2).any(|pair| pair == b"..")
    };
    let top = domain.rsplit(|b| *b == b'.').next().unwrap_or_default();
    let file =
        [&b"png"[..], b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"css", b"js", b"html", b"txt", b"json"]
            .iter()
            .any(|suffix| top.eq_ignore_ascii_case(suffix));
    local.len() <= 64 && domain.len() <= 253 && dots_fit(local) && dots_fit(domain) && !file && top.len() >= 2
}

/// User and password before the host are values, not `user:password` of a manual or a variable.
fn url_credentials(value: &[u8]) -> bool {
    let Some(text) = text(value) else { return true };
    let Some((_, rest)) = text.split_once("://") else { return false };
    let Some((credentials, _)) = rest.rsplit_once('@') else { return false };
    let Some((_, password)) = credentials.split_once(':') else { return false };
    !password.is_empty()
        && !password.starts_with(['$', '{', '<', '%', '['])
        && !password.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.'))
}

/// E.164: at most 15 digits behind a country code that exists, not all alike.
fn phone(value: &[u8]) -> bool {
    // An extension does not count.
    let value = value.split(|b| matches!(b, b'x' | b'e')).next().unwrap_or_default();
    let digits: Vec<u8> = value.iter().filter(|b| b.is_ascii_digit()).copied().collect();
    (7..=15).contains(&digits.len()) && digits[0] != b'0' && !digits[1..].iter().all(|d| *d == digits[1])
}

/// North American Numbering Plan: area and exchange begin with 2 to 9, and neither is N11 or 555
/// with a line of information services. An extension may follow.
fn us_phone(value: &[u8]) -> bool {
    let value = value.split(|b| matches!(b, b'x' | b'e')).next().unwrap_or_default();
    let digits: Vec<u8> = value.iter().filter(|b| b.is_ascii_digit()).copied().collect();
    let national = match digits.len() {
        11 if digits[0] == b'1' => &digits[1..],
        10 => &digits[..],
        _ => return false,
    };
    let service = |code: &[u8]| code[1] == b'1' && code[2] == b'1';
    national[0] >= b'2'
        && national[3] >= b'2'
        && !service(&national[..3])
        && !service(&national[3..6])
        && !national.iter().all(|d| *d == national[0])
}

/// What is dialled inside a country: seven digits or more, that are no date and not all alike.
fn phone_local(value: &[u8]) -> bool {
    let digits: Vec<u8> = value.iter().filter(|b| b.is_ascii_digit()).copied().collect();
    let groups: Vec<_> = value.split(|b| !b.is_ascii_digit()).map(<[u8]>::len).collect();
    let dated = matches!(groups[..], [4, 2, 2, ..]) && (value.starts_with(b"19") || value.starts_with(b"20"));
    let date = dated || matches!(groups[..], [4, 2, 2] | [1 | 2, 1 | 2, 4]);
    (7..=14).contains(&digits.len()) && !date && !digits.iter().all(|d| *d == digits[0])
}

#[cfg(test)]
mod tests {
    use crate::validate::validate;

    #[test]
    fn addresses() {
        for (name, good, bad) in [
            ("ipv4", "192.168.0.1", "256.1.1.1"),
            ("ipv4", "10.0.0.0/8", "10.0.0.0/33"),
            ("ipv6", "2001:db8::1", "2001:db8:::1"),
            ("ipv6", "fe80::1%eth0", "::"),
            ("mac", "00-1a-2b-3c-4d-5e", "00-1a:2b-3c-4d-5e"),
            ("mac", "001a.2b3c.4d5e", "ff:ff:ff:ff:ff:ff"),
            ("email", "a.b@example.org", "a..b@example.org"),
            ("email", "a@example.org", "icon@2x.png"),
            ("url_credentials", "https://u:p4ss@h", "https://u:$PASS@h"),
            ("us_phone", "(415) 555-0134", "(115) 555-0134"),
            ("phone_local", "030 901820", "2026-02-25 21"),
            ("phone", "+49 30 901820", "+00 30 901820"),
        ] {
            assert_eq!(validate(name, good), Some(true), "{name} {good}");
            assert_eq!(validate(name, bad), Some(false), "{name} {bad}");
        }
    }
}

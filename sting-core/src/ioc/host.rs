//! What is a host's name, and what only looks like one.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Top-level domains that end file names, fields and sentences far more often than hosts. Below these a name must have three
/// labels, a digit or a hyphen, unless it is part of a URL or a mail address.
const AMBIGUOUS: [&str; 40] = [
    "am", "app", "as", "at", "be", "bin", "cc", "date", "do", "family", "host", "id", "in", "is", "it",
    "java", "mail", "md", "me", "mov", "ms", "my", "name", "no", "pl", "ps", "py", "rs", "sh", "so", "st",
    "target", "then", "to", "va", "vu", "win", "work", "ws", "zip",
];

/// Hosts that reports, references and every event mention: vendors, registries, standards. All have two labels.
const BENIGN: [&str; 48] = [
    "adobe.com",
    "amazon.com",
    "amazonaws.com",
    "apache.org",
    "apple.com",
    "archlinux.org",
    "atlassian.com",
    "azure.com",
    "cisco.com",
    "cloudflare.com",
    "crowdstrike.com",
    "debian.org",
    "digicert.com",
    "docker.com",
    "elastic.co",
    "example.com",
    "example.net",
    "example.org",
    "facebook.com",
    "fedoraproject.org",
    "first.org",
    "github.com",
    "gitlab.com",
    "gnu.org",
    "google.com",
    "googleapis.com",
    "iana.org",
    "ibm.com",
    "ietf.org",
    "kernel.org",
    "letsencrypt.org",
    "linkedin.com",
    "live.com",
    "microsoft.com",
    "mitre.org",
    "mozilla.org",
    "nist.gov",
    "npmjs.com",
    "office.com",
    "oracle.com",
    "python.org",
    "redhat.com",
    "twitter.com",
    "ubuntu.com",
    "verisign.com",
    "w3.org",
    "wikipedia.org",
    "windows.com",
];

/// Whether `name`, which is `lower` in lower case, is a host below a public suffix that is in use. `certain` names come from a URL
/// or a mail address, or were defanged: nobody does that to a file or a field.
pub(super) fn is_domain(name: &str, lower: &str, certain: bool) -> bool {
    let Some(dot) = lower.bytes().rposition(|byte| byte == b'.') else { return false };
    let (rest, top) = (&lower[..dot], &lower[dot + 1..]);
    if top.len() < 2 || name.len() > 253 || top.bytes().all(|byte| !byte.is_ascii_alphabetic()) {
        return false;
    }
    let known = psl::suffix(lower.as_bytes())
        .is_some_and(|suffix| suffix.is_known() && suffix.as_bytes().len() < lower.len());
    if !known || !lower.split('.').all(is_label) {
        return false;
    }
    if certain {
        return true;
    }
    // `done.It was`, `System.Net`: a host is written in one case.
    let one_case = name == lower || !name.bytes().any(|byte| byte.is_ascii_lowercase());
    one_case
        && (AMBIGUOUS.binary_search(&top).is_err()
            || rest.contains('.')
            || rest.bytes().any(|byte| byte.is_ascii_digit() || byte == b'-'))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether a domain, in lower case, is one of those that everybody mentions, or lies below one.
pub(super) fn is_benign(domain: &str) -> bool {
    let mut dots = domain.bytes().enumerate().rev().filter(|&(_, byte)| byte == b'.').map(|(at, _)| at);
    let ending = dots.nth(1).map_or(domain, |dot| &domain[dot + 1..]);
    BENIGN.binary_search(&ending).is_ok()
}

/// Whether an address tells nothing about an attacker: not routed, a public resolver, or a version number (`3.0.0.0`).
pub(super) fn is_benign_v4(address: Ipv4Addr) -> bool {
    const RESOLVERS: [[u8; 4]; 5] = [[8, 8, 8, 8], [8, 8, 4, 4], [1, 1, 1, 1], [1, 0, 0, 1], [9, 9, 9, 9]];
    let octets = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || octets[0] == 0
        || octets[1..] == [0, 0, 0]
        || RESOLVERS.contains(&octets)
}

/// As [`is_benign_v4`].
pub(super) fn is_benign_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || first & 0xffc0 == 0xfe80
        || first & 0xfe00 == 0xfc00
        || address.to_ipv4_mapped().is_some_and(is_benign_v4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_the_search_in_them() {
        assert!(AMBIGUOUS.is_sorted() && BENIGN.is_sorted());
        assert!(BENIGN.iter().all(|domain| domain.matches('.').count() == 1));
    }

    #[test]
    fn hosts_are_told_from_files_fields_and_sentences() {
        for (name, expected) in [
            ("evil.co.uk", true),
            ("a.b.evil.xyz", true),
            ("EVIL.RU", true),
            ("c2-server.pl", true),
            ("co.uk", false),
            ("main.rs", false),
            ("user.name", false),
            ("done.It", false),
            ("System.Net", false),
            ("nothing.invalidtld", false),
            ("-bad.com", false),
            ("a..com", false),
            ("1.2.3.4", false),
        ] {
            assert_eq!(is_domain(name, &name.to_lowercase(), false), expected, "{name}");
        }
        assert!(is_domain("main.rs", "main.rs", true));
        assert!(is_benign("docs.github.com") && !is_benign("notgithub.com"));
    }
}

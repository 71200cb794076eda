//! What is a host's name, and what only looks like one.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Top-level domains that end file names, fields and sentences far more often than hosts. Below these a name must have three
/// labels, a digit or a hyphen, unless it is part of a URL or a mail address.
const AMBIGUOUS: [&str; 40] = [
    "am", "app", "as", "at", "be", "bin", "cc", "date", "do", "family", "host", "id", "in", "is", "it",
    "java", "mail", "md", "me", "mov", "ms", "my", "name", "no", "pl", "ps", "py", "rs", "sh", "so", "st",
    "target", "then", "to", "va", "vu", "win", "work", "ws", "zip",
];

/// Hosts that reports, references and every event mention: vendors, registries, standards.
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

/// Whether `name` is a host below a public suffix that is in use. `certain` names come from a URL or a mail address, or
/// were defanged: nobody does that to a file or a field.
pub(super) fn is_domain(name: &str, certain: bool) -> bool {
    let labels = name.split('.').count();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let Some((rest, top)) = name.rsplit_once('.') else { return false };
    if name.len() > 253
        || !name.split('.').all(is_label)
        || !top.bytes().any(|byte| byte.is_ascii_alphabetic())
    {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    let known = psl::suffix(lower.as_bytes())
        .is_some_and(|suffix| suffix.is_known() && suffix.as_bytes().len() < lower.len());
    if !known || certain {
        return known;
    }
    // `done.It was`, `System.Net`: a host is written in one case.
    let one_case = |text: &str| {
        !text.bytes().any(|b| b.is_ascii_uppercase()) || !text.bytes().any(|b| b.is_ascii_lowercase())
    };
    let lower_top = top.to_ascii_lowercase();
    one_case(name)
        && (AMBIGUOUS.binary_search(&lower_top.as_str()).is_err()
            || labels > 2
            || rest.bytes().any(|byte| byte.is_ascii_digit() || byte == b'-'))
}

/// Whether a domain, in lower case, is one of those that everybody mentions, or lies below one.
pub(super) fn is_benign(domain: &str) -> bool {
    domain
        .match_indices('.')
        .map(|(at, _)| &domain[at + 1..])
        .chain([domain])
        .any(|ending| BENIGN.binary_search(&ending).is_ok())
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
            assert_eq!(is_domain(name, false), expected, "{name}");
        }
        assert!(is_domain("main.rs", true));
        assert!(is_benign("docs.github.com") && !is_benign("notgithub.com"));
    }
}

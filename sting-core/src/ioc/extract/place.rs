//! URLs, mail addresses and addresses of machines.

use super::super::IocKind;
use super::super::host::{is_benign_v4, is_benign_v6, is_domain};
use super::{Run, lower, pieces_with, places_of, stands_alone};
use crate::Span;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest URL that is read, and most URLs inside one (as parameters of a redirection): they bound the time for a text of
/// `http://http://`.
const MAX_URL: usize = 8 << 10;
const MAX_NESTED: usize = 8;

/// Schemes of URLs that lead somewhere.
const SCHEMES: [&str; 15] = [
    "http", "https", "ftp", "ftps", "sftp", "ws", "wss", "ldap", "ldaps", "rmi", "smb", "tcp", "udp", "ssh",
    "telnet",
];

impl<F: FnMut(IocKind, Cow<'_, str>, Span)> Run<'_, F> {
    /// Reports URLs, their hosts and the files they lead to, and returns where the first begins.
    pub(super) fn urls(&mut self, text: &str) -> usize {
        let mut first = text.len();
        let (mut outer_end, mut nested) = (0, 0);
        for colon in places_of(b':', text.as_bytes()) {
            if !text.as_bytes()[colon + 1..].starts_with(b"//") {
                continue;
            }
            nested = if colon < outer_end { nested + 1 } else { 0 };
            if nested > MAX_NESTED {
                continue;
            }
            let scheme = &text[..colon];
            let start = colon - scheme.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
            let scheme = lower(&text[start..colon]);
            if !SCHEMES.contains(&&*scheme) {
                continue;
            }
            first = first.min(start);
            let end = start + trimmed(&text[start..text.len().min(start + MAX_URL)]).len();
            outer_end = outer_end.max(end);
            let authority = &text[colon + 3..end.max(colon + 3)];
            let authority = &authority
                [..authority.bytes().position(|byte| b"/?#\\".contains(&byte)).unwrap_or(authority.len())];
            let host_start = colon + 3 + authority.rfind('@').map_or(0, |at| at + 1);
            let host_and_port = &text[host_start..colon + 3 + authority.len()];
            let host = match host_and_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((v6, _)) => v6,
                None => host_and_port.split(':').next().unwrap_or_default(),
            };
            let at = host_start + usize::from(host_and_port.starts_with('['));
            if self.host(host, at) {
                let lower_host = lower(host_and_port);
                let before = &text[colon..host_start];
                let after = &text[host_start + host_and_port.len()..end];
                let value = format!("{scheme}{before}{lower_host}{after}");
                self.report(IocKind::Url, Cow::Owned(value), start, end);
                let path = after.split(['?', '#']).next().unwrap_or_default();
                if let Some(slash) = path.rfind('/') {
                    self.file(&path[slash + 1..], host_start + host_and_port.len() + slash + 1);
                }
            }
        }
        first
    }

    /// Reports the host of a URL, and says whether it is one that tells something.
    fn host(&mut self, host: &str, at: usize) -> bool {
        if let Ok(address) = host.parse::<IpAddr>() {
            return self.address(address, host, at, at + host.len());
        }
        let domain = lower(host.trim_end_matches('.'));
        if !is_domain(&domain, &domain, true) || self.extractor.leaves_out(&domain) {
            return false;
        }
        self.report(IocKind::Domain, domain, at, at + host.len());
        true
    }

    fn address(&mut self, address: IpAddr, text: &str, start: usize, end: usize) -> bool {
        let (kind, benign) = match address {
            IpAddr::V4(address) => (IocKind::Ipv4, is_benign_v4(address)),
            IpAddr::V6(address) => (IocKind::Ipv6, is_benign_v6(address)),
        };
        let told = self.extractor.keep_benign || !benign;
        if told {
            // An IPv4 address has one spelling only.
            let value = if address.is_ipv4() { Cow::Borrowed(text) } else { Cow::Owned(address.to_string()) };
            self.report(kind, value, start, end);
        }
        told
    }

    pub(super) fn mails(&mut self, text: &str) {
        for at in places_of(b'@', text.as_bytes()) {
            let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
            let local = text.as_bytes()[..at].iter().rev().take_while(|byte| is_local(byte)).count();
            let local = text[at - local..at].trim_start_matches('.');
            let host = text[at + 1..]
                .bytes()
                .take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte))
                .count();
            let host = text[at + 1..at + 1 + host].trim_end_matches(['.', '-']);
            let domain = lower(host);
            if (1..=64).contains(&local.len())
                && is_domain(&domain, &domain, true)
                && !self.extractor.leaves_out(&domain)
            {
                let value = format!("{local}@{domain}");
                self.report(IocKind::Email, Cow::Owned(value), at - local.len(), at + 1 + host.len());
            }
        }
    }

    pub(super) fn v4_addresses(&mut self, text: &str) {
        for (start, piece) in pieces_with(text, b'.', |byte| byte.is_ascii_digit() || byte == b'.') {
            let piece = piece.trim_end_matches('.');
            let end = start + piece.len();
            let joins = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if (7..=15).contains(&piece.len())
                && stands_alone(text, start, end, joins)
                && let Ok(address) = piece.parse::<Ipv4Addr>()
            {
                self.with_prefix(IpAddr::V4(address), text, start, end);
            }
        }
    }

    pub(super) fn v6_addresses(&mut self, text: &str) {
        for (start, piece) in
            pieces_with(text, b':', |byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.')
        {
            let piece = piece.trim_end_matches('.');
            let end = start + piece.len();
            // Times have fewer colons. `::` and `a::b` are more often code than addresses.
            if piece.len() >= 7
                && (piece.contains("::") || piece.bytes().filter(|&byte| byte == b':').count() >= 6)
                && stands_alone(text, start, end, |byte| byte.is_ascii_alphanumeric())
                && let Ok(address) = piece.parse::<Ipv6Addr>()
            {
                self.with_prefix(IpAddr::V6(address), text, start, end);
            }
        }
    }

    /// An address, or the network that it names with the bits after a slash.
    fn with_prefix(&mut self, address: IpAddr, text: &str, start: usize, end: usize) {
        let most = if address.is_ipv4() { 32 } else { 128 };
        let digits = text[end..]
            .strip_prefix('/')
            .map_or("", |rest| &rest[..rest.bytes().take_while(u8::is_ascii_digit).count()]);
        match digits.parse::<u8>() {
            Ok(bits) if digits.len() <= 3 && bits <= most => {
                let value = format!("{address}/{bits}");
                self.report(IocKind::Cidr, Cow::Owned(value), start, end + 1 + digits.len());
            }
            _ => _ = self.address(address, &text[start..end], start, end),
        }
    }
}

/// A URL without the punctuation of the sentence around it; brackets that it opened stay.
fn trimmed(url: &str) -> &str {
    let count = |bracket: char| url.bytes().filter(|&byte| char::from(byte) == bracket).count();
    let mut surplus = [(']', '['), (')', '('), ('}', '{')]
        .map(|(close, open)| (close, count(close).saturating_sub(count(open))));
    url.trim_end_matches(|last: char| match surplus.iter_mut().find(|(close, _)| *close == last) {
        Some((_, left)) if *left > 0 => {
            *left -= 1;
            true
        }
        Some(_) => false,
        None => matches!(last, '.' | ':' | '!' | '?' | '\\' | '*'),
    })
}

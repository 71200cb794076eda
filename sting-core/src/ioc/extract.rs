use super::host::{is_benign, is_benign_v4, is_benign_v6, is_domain};
use super::refang::{Refanged, refang};
use super::{Ioc, IocKind};
use crate::Span;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The indicators in a text, without those that tell nothing; see [`Extractor`].
pub fn extract(text: &str) -> Vec<Ioc> {
    Extractor::default().extract(text)
}

/// Finds indicators.
///
/// What everybody mentions is left out unless asked for: private and reserved addresses, public resolvers, domains of large vendors
/// and registries with everything below them, and words that only look like a domain (`main.rs`, `user.name`, `done.It`). Nothing
/// else is: there is no cap on how many are found. Time is linear in the text.
#[derive(Clone, Debug, Default)]
pub struct Extractor {
    keep_benign: bool,
    benign: Vec<String>,
}

impl Extractor {
    /// Reports what is left out by default, too.
    pub fn with_benign_kept(mut self, keep: bool) -> Self {
        self.keep_benign = keep;
        self
    }

    /// Leaves out these domains, with everything below them.
    pub fn with_benign_domains<S: Into<String>>(mut self, domains: impl IntoIterator<Item = S>) -> Self {
        self.benign.extend(domains.into_iter().map(|domain| domain.into().to_ascii_lowercase()));
        self
    }

    /// The indicators of `text` in order of their place; of two that begin together, the longer first.
    pub fn extract(&self, text: &str) -> Vec<Ioc> {
        let mut found = Vec::new();
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            let mut traits = 0;
            while at < bytes.len() && CLASS[usize::from(bytes[at])] & SEPARATOR == 0 {
                traits |= CLASS[usize::from(bytes[at])];
                at += 1;
            }
            // Every kind has a digit, a dot or a mark; most words of most texts have none.
            if traits & (DIGIT | DOT | MARK) != 0 && at - start >= SHORTEST {
                Run { text: refang(&text[start..at], start), extractor: self, found: &mut found }.scan();
            }
            at += 1;
        }
        found.sort_by_key(|ioc| (ioc.span.start, std::cmp::Reverse(ioc.span.end), ioc.kind));
        found.dedup();
        found
    }

    fn leaves_out(&self, domain: &str) -> bool {
        let below = |parent: &String| {
            domain.strip_suffix(parent.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        !self.keep_benign && (is_benign(domain) || self.benign.iter().any(below))
    }
}

const SEPARATOR: u8 = 1;
const DIGIT: u8 = 2;
const DOT: u8 = 4;
const MARK: u8 = 8;
/// `::1`, `T0800` and `a.co` are the shortest; one byte of slack costs nothing.
const SHORTEST: usize = 3;

/// What a byte means to the search for runs. Indicators are ASCII: other characters separate them.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            0..=b' ' | b'"' | b'\'' | b'`' | b'<' | b'>' | b',' | b';' | b'|' | 0x7f..=0xff => SEPARATOR,
            b'0'..=b'9' => DIGIT,
            b'.' => DOT,
            b':' | b'@' | b'[' | b'(' | b'{' => MARK,
            _ => 0,
        };
        byte += 1;
    }
    class
};

/// Longest URL that is read, and most URLs inside one (as parameters of a redirection): they bound the time for a text of
/// `http://http://`.
const MAX_URL: usize = 8 << 10;
const MAX_NESTED: usize = 8;

/// Schemes of URLs that lead somewhere.
const SCHEMES: [&str; 15] = [
    "http", "https", "ftp", "ftps", "sftp", "ws", "wss", "ldap", "ldaps", "rmi", "smb", "tcp", "udp", "ssh",
    "telnet",
];

/// Endings of files that run or that carry code.
const CODE: [&str; 36] = [
    "bat", "chm", "cmd", "cpl", "dll", "docm", "dotm", "elf", "exe", "hta", "img", "iso", "jar", "js", "jse",
    "lnk", "msc", "msi", "pif", "pptm", "ps1", "psm1", "reg", "scr", "sct", "sh", "sys", "vbe", "vbs", "vhd",
    "vhdx", "wsf", "wsh", "xlam", "xlsm", "xltm",
];

/// Text between two separators.
struct Run<'t, 'f> {
    text: Refanged<'t>,
    extractor: &'f Extractor,
    found: &'f mut Vec<Ioc>,
}

impl Run<'_, '_> {
    fn scan(&mut self) {
        // A run that was not defanged is borrowed: this copies nothing.
        let text = self.text.text.clone();
        let first_url = self.urls(&text);
        let text = &text[..first_url];
        self.mails(text);
        self.addresses(text);
        self.names(text);
        self.words(text);
        self.vulnerabilities(text);
    }

    fn report(&mut self, kind: IocKind, value: String, start: usize, end: usize) {
        let span = Span::new(self.text.place(start), self.text.place(end));
        self.found.push(Ioc { kind, value, span });
    }

    /// Reports URLs, their hosts and the files they lead to, and returns where the first begins.
    fn urls(&mut self, text: &str) -> usize {
        let mut first = text.len();
        let (mut outer_end, mut nested) = (0, 0);
        for (colon, _) in text.match_indices("://") {
            nested = if colon < outer_end { nested + 1 } else { 0 };
            if nested > MAX_NESTED {
                continue;
            }
            let scheme = &text[..colon];
            let start = colon - scheme.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
            let scheme = text[start..colon].to_ascii_lowercase();
            if !SCHEMES.contains(&scheme.as_str()) {
                continue;
            }
            first = first.min(start);
            let end = start + trimmed(&text[start..text.len().min(start + MAX_URL)]).len();
            outer_end = outer_end.max(end);
            let authority = colon + 3..end.max(colon + 3);
            let authority = &text[authority.clone()]
                [..text[authority].find(['/', '?', '#', '\\']).unwrap_or(end - colon - 3)];
            let host_start = colon + 3 + authority.rfind('@').map_or(0, |at| at + 1);
            let host_and_port = &text[host_start..colon + 3 + authority.len()];
            let host = match host_and_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((v6, _)) => v6,
                None => host_and_port.split(':').next().unwrap_or_default(),
            };
            let at = host_start + usize::from(host_and_port.starts_with('['));
            if self.host(host, at) {
                let lower = host_and_port.to_ascii_lowercase();
                let before = &text[colon..host_start];
                let after = &text[host_start + host_and_port.len()..end];
                self.report(IocKind::Url, format!("{scheme}{before}{lower}{after}"), start, end);
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
            return self.address(address, at, at + host.len());
        }
        let domain = host.trim_end_matches('.').to_ascii_lowercase();
        if !is_domain(&domain, true) || self.extractor.leaves_out(&domain) {
            return false;
        }
        self.report(IocKind::Domain, domain, at, at + host.len());
        true
    }

    fn address(&mut self, address: IpAddr, start: usize, end: usize) -> bool {
        let benign = match address {
            IpAddr::V4(address) => is_benign_v4(address),
            IpAddr::V6(address) => is_benign_v6(address),
        };
        let told = self.extractor.keep_benign || !benign;
        if told {
            let kind = if address.is_ipv4() { IocKind::Ipv4 } else { IocKind::Ipv6 };
            self.report(kind, address.to_string(), start, end);
        }
        told
    }

    fn mails(&mut self, text: &str) {
        for (at, _) in text.match_indices('@') {
            let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
            let local = text.as_bytes()[..at].iter().rev().take_while(|byte| is_local(byte)).count();
            let local = text[at - local..at].trim_start_matches('.');
            let host = text[at + 1..]
                .bytes()
                .take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte))
                .count();
            let host = text[at + 1..at + 1 + host].trim_end_matches(['.', '-']);
            let domain = host.to_ascii_lowercase();
            if (1..=64).contains(&local.len())
                && is_domain(&domain, true)
                && !self.extractor.leaves_out(&domain)
            {
                self.report(
                    IocKind::Email,
                    format!("{local}@{domain}"),
                    at - local.len(),
                    at + 1 + host.len(),
                );
            }
        }
    }

    fn addresses(&mut self, text: &str) {
        for (start, piece) in pieces(text, |byte| byte.is_ascii_digit() || byte == b'.') {
            let trimmed = piece.trim_end_matches('.');
            let end = start + trimmed.len();
            let joins = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if let (true, Ok(address)) = (stands_alone(text, start, end, joins), trimmed.parse::<Ipv4Addr>())
            {
                self.with_prefix(IpAddr::V4(address), text, start, end);
            }
        }
        if text.bytes().filter(|&byte| byte == b':').count() < 2 {
            return;
        }
        for (start, piece) in pieces(text, |byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.') {
            let trimmed = piece.trim_end_matches('.');
            let end = start + trimmed.len();
            // `::` and `a::b` are more often code than addresses.
            let alone =
                trimmed.len() >= 7 && stands_alone(text, start, end, |byte| byte.is_ascii_alphanumeric());
            if let (true, Ok(address)) = (alone, trimmed.parse::<Ipv6Addr>()) {
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
                self.report(IocKind::Cidr, format!("{address}/{bits}"), start, end + 1 + digits.len());
            }
            _ => _ = self.address(address, start, end),
        }
    }

    /// Domains and files.
    fn names(&mut self, text: &str) {
        if !text.contains('.') {
            return;
        }
        for (start, piece) in pieces(text, |byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
            let lead = piece.len() - piece.trim_start_matches(['.', '-', '_']).len();
            let name = piece[lead..].trim_end_matches(['.', '-', '_']);
            let start = start + lead;
            let bytes = text.as_bytes();
            let in_mail =
                start > 0 && bytes[start - 1] == b'@' || bytes.get(start + name.len()) == Some(&b'@');
            if in_mail || self.file(name, start) {
                continue;
            }
            let domain = name.to_ascii_lowercase();
            if is_domain(name, self.text.was_defanged()) && !self.extractor.leaves_out(&domain) {
                self.report(IocKind::Domain, domain, start, start + name.len());
            }
        }
    }

    fn file(&mut self, name: &str, start: usize) -> bool {
        let Some((stem, ending)) = name.rsplit_once('.') else { return false };
        let is_file = !stem.trim_matches('.').is_empty()
            && CODE.contains(&ending.to_ascii_lowercase().as_str())
            // `T1059.sh` is not how anybody writes a technique, but `example.sh` with a defanged dot is a host.
            && !(self.text.was_defanged() && ending.eq_ignore_ascii_case("sh"));
        if is_file {
            self.report(IocKind::FileName, name.to_owned(), start, start + name.len());
        }
        is_file
    }

    /// Hashes, techniques and wallets.
    fn words(&mut self, text: &str) {
        for (start, word) in pieces(text, |byte| byte.is_ascii_alphanumeric()) {
            let end = start + word.len();
            let hash = match word.len() {
                32 => Some(IocKind::Md5),
                40 => Some(IocKind::Sha1),
                64 => Some(IocKind::Sha256),
                128 => Some(IocKind::Sha512),
                _ => None,
            };
            if let Some(kind) = hash.filter(|_| is_hash(word)) {
                self.report(kind, word.to_ascii_lowercase(), start, end);
            } else if is_bech32(word) || is_ethereum(word) {
                self.report(IocKind::Wallet, word.to_owned(), start, end);
            } else if let Some(length) = technique(&text[start..]) {
                self.report(
                    IocKind::Technique,
                    text[start..start + length].to_owned(),
                    start,
                    start + length,
                );
            }
        }
    }

    fn vulnerabilities(&mut self, text: &str) {
        for (start, piece) in pieces(text, |byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            let upper = piece.to_ascii_uppercase();
            let Some(at) = upper.find("CVE-") else { continue };
            let (year, number) = upper[at + 4..].split_once('-').unwrap_or_default();
            let digits = number.bytes().take_while(u8::is_ascii_digit).count();
            let alone = at == 0 || !upper.as_bytes()[at - 1].is_ascii_alphanumeric();
            let ends = !number.as_bytes().get(digits).is_some_and(u8::is_ascii_alphabetic);
            let is_year = year.len() == 4
                && year.bytes().all(|byte| byte.is_ascii_digit())
                && ("1999"..="2099").contains(&year);
            if alone && ends && is_year && (4..=19).contains(&digits) {
                let end = at + 4 + 5 + digits;
                self.report(IocKind::Cve, upper[at..end].to_owned(), start + at, start + end);
            }
        }
    }
}

/// The runs of bytes that belong to something, with their offsets.
fn pieces(text: &str, belongs: impl Fn(u8) -> bool + Copy) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        at += bytes[at..].iter().take_while(|&&byte| !belongs(byte)).count();
        let start = at;
        at += bytes[at..].iter().take_while(|&&byte| belongs(byte)).count();
        (start < at).then(|| (start, &text[start..at]))
    })
}

/// Whether the bytes on both sides of a piece are not such as would make it a part of something longer.
fn stands_alone(text: &str, start: usize, end: usize, joins: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    (start == 0 || !joins(bytes[start - 1])) && bytes.get(end).is_none_or(|&byte| !joins(byte))
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

/// Hexadecimal, with more than a few different digits: `000...0` is a hash of nothing.
fn is_hash(word: &str) -> bool {
    let mut seen = 0u32;
    word.chars().all(|c| {
        c.to_digit(16).is_some_and(|digit| {
            seen |= 1 << digit;
            true
        })
    }) && seen.count_ones() > 4
}

fn is_ethereum(word: &str) -> bool {
    word.len() == 42 && word.starts_with("0x") && is_hash(&word[2..])
}

/// A Bitcoin address in Bech32 or Bech32m, by its checksum (BIP 173, BIP 350).
fn is_bech32(word: &str) -> bool {
    const ALPHABET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let lower = word.to_ascii_lowercase();
    if !(14..=90).contains(&word.len())
        || !lower.starts_with("bc1")
        || (word != lower && word != word.to_ascii_uppercase())
    {
        return false;
    }
    let step = |sum: u32, value: u32| {
        let top = sum >> 25;
        let sum = (sum & 0x01ff_ffff) << 5 ^ value;
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(sum, |sum, bit| sum ^ GENERATOR[bit])
    };
    let prefix = [3, 3, 0, u32::from(b'b') & 31, u32::from(b'c') & 31];
    let mut sum = prefix.into_iter().fold(1, step);
    for c in lower[3..].chars() {
        let Some(value) = ALPHABET.find(c) else { return false };
        sum = step(sum, value as u32);
    }
    sum == 1 || sum == 0x2bc8_30a3
}

/// Length of `T1059`, `T1059.001` or `TA0001` at the start of a text.
fn technique(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits =
        |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let letters = if text.starts_with("TA0") { 2 } else { 1 };
    if bytes[0] != b'T' || digits(letters) != 4 || !(letters == 2 || matches!(bytes[1], b'0' | b'1')) {
        return None;
    }
    let base = letters + 4;
    let length =
        if letters == 1 && bytes.get(base) == Some(&b'.') && digits(base + 1) == 3 { base + 4 } else { base };
    (!bytes.get(length).is_some_and(u8::is_ascii_alphanumeric)).then_some(length)
}

#[cfg(test)]
mod tests;

//! Indicators of compromise: addresses, names and hashes by which an attack is recognised, found in text.
//!
//! ```
//! use sting_core::ioc::{IocKind, extract};
//! let text = "beacon to hxxps://cdn[.]evil-host[.]net/a.exe, then 203.0.113[.]9 (CVE-2024-3094)";
//! let found: Vec<_> = extract(text).into_iter().map(|ioc| (ioc.kind, ioc.value)).collect();
//! assert_eq!(found, [
//!     (IocKind::Url, "https://cdn.evil-host.net/a.exe".to_owned()),
//!     (IocKind::Domain, "cdn.evil-host.net".to_owned()),
//!     (IocKind::FileName, "a.exe".to_owned()),
//!     (IocKind::Ipv4, "203.0.113.9".to_owned()),
//!     (IocKind::Cve, "CVE-2024-3094".to_owned()),
//! ]);
//! ```

mod bytes;
mod extract;
mod file;
mod host;
mod refang;
mod set;
mod table;

pub use extract::{Extractor, extract};
pub use set::{Attributes, IocMatch, Iocs};

use crate::{Error, Span};
use std::fmt;
use std::str::FromStr;

/// An indicator and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ioc {
    /// What it is.
    pub kind: IocKind,
    /// It, refanged and in the spelling by which two of them can be compared: hashes, domains and schemes in lower case.
    pub value: String,
    /// Where it stands in the text, as it is written there.
    pub span: Span,
}

impl Ioc {
    /// By place; of two that begin together, the longer first.
    fn order(&self) -> (usize, std::cmp::Reverse<usize>, IocKind) {
        (self.span.start, std::cmp::Reverse(self.span.end), self.kind)
    }
}

/// Kinds of indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum IocKind {
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A network of either, `address/bits`.
    Cidr,
    /// A domain name below a public suffix.
    Domain,
    /// A URL.
    Url,
    /// A mail address.
    Email,
    /// An MD5 hash.
    Md5,
    /// A SHA-1 hash.
    Sha1,
    /// A SHA-256 hash.
    Sha256,
    /// A SHA-512 hash.
    Sha512,
    /// A vulnerability of the CVE list.
    Cve,
    /// A tactic, technique or sub-technique of ATT&CK.
    Technique,
    /// The name of a file that can be run or that carries code.
    FileName,
    /// A Bitcoin or Ethereum address.
    Wallet,
}

impl IocKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Ipv4,
        Self::Ipv6,
        Self::Cidr,
        Self::Domain,
        Self::Url,
        Self::Email,
        Self::Md5,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Cve,
        Self::Technique,
        Self::FileName,
        Self::Wallet,
    ];

    /// Its name in every language binding.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Cidr => "cidr",
            Self::Domain => "domain",
            Self::Url => "url",
            Self::Email => "email",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Cve => "cve",
            Self::Technique => "mitre_technique",
            Self::FileName => "filename",
            Self::Wallet => "wallet",
        }
    }
}

impl fmt::Display for IocKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for IocKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            Error::config("indicator kind", format!("there is no {name:?}"), format!("choose one of {known}"))
        })
    }
}

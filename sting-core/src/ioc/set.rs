//! Indicators that are known, and events held against them.

use super::extract::lower;
use super::host::is_domain;
use super::table::{Key, Table};
use super::{Extractor, Ioc, IocKind};
use crate::event::Event;
use crate::{Error, Span};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

/// What is known of an indicator besides its kind and value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attributes {
    /// Who says so.
    pub source: Arc<str>,
    /// How sure they are, from 0 to 100.
    pub confidence: u8,
    /// Seconds after the last sighting from which on it is held for stale; `None` for never.
    pub ttl: Option<u32>,
    /// When it was seen first, in seconds since 1970.
    pub first_seen: Option<u32>,
    /// When it was seen last, in seconds since 1970.
    pub last_seen: Option<u32>,
}

impl Default for Attributes {
    fn default() -> Self {
        Self { source: "".into(), confidence: 50, ttl: None, first_seen: None, last_seen: None }
    }
}

/// A known indicator in an event or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IocMatch {
    /// The field of the event, or nothing for a text.
    pub field: String,
    /// Kind, value and place of what was found, in the value of the field.
    pub found: Ioc,
    /// Kind of the known indicator: an address is found by a network, a host by its domain.
    pub kind: IocKind,
    /// The known indicator.
    pub value: String,
    /// What is known of it.
    pub attributes: Attributes,
}

/// A set of known indicators.
///
/// Ten million take less than 250 MB once [`Iocs::seal`] was called, which is a matter of memory only, and none if they lie in a
/// mapped file ([`Iocs::from_bytes`]). Values are not kept, but 96 bits of their hash: a match says how the event spells it.
///
/// ```
/// use sting_core::event::Event;
/// use sting_core::ioc::{Attributes, IocKind, Iocs};
/// let mut known = Iocs::default();
/// known.add(IocKind::Domain, "evil-host[.]net", &Attributes::default())?;
/// known.add(IocKind::Cidr, "203.0.113.0/24", &Attributes::default())?;
/// let event = Event::from_json(br#"{"dst": "203.0.113.9", "cmd": "curl http://cdn.evil-host.net/a"}"#)?;
/// let fields: Vec<_> = known.matches(&event, None).into_iter().map(|m| (m.field, m.value)).collect();
/// assert_eq!(fields, [
///     ("dst".to_owned(), "203.0.113.0/24".to_owned()),
///     ("cmd".to_owned(), "evil-host.net".to_owned()),
/// ]);
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Iocs {
    pub(super) table: Table,
    /// Source, confidence and life time, of which there are few combinations.
    pub(super) groups: Vec<Group>,
    numbers: FxHashMap<Group, u32>,
    /// Lengths of the networks' prefixes in use.
    pub(super) v4_prefixes: u64,
    pub(super) v6_prefixes: u128,
}

/// Source, confidence and life time of indicators.
pub(super) type Group = (Arc<str>, u8, Option<u32>);

impl Iocs {
    /// Adds an indicator, or says more of one that is there: its first sighting stays, its last moves on, its source, confidence
    /// and life time are those said last. Returns whether it is new.
    ///
    /// # Errors
    /// [`Error::Config`] if the value is not of the kind.
    pub fn add(&mut self, kind: IocKind, value: &str, attributes: &Attributes) -> Result<bool, Error> {
        let value = canonical(kind, value)?;
        let key = if kind == IocKind::Cidr {
            let (address, bits) = network(&value).ok_or_else(|| not_of(kind))?;
            match address {
                IpAddr::V4(_) => self.v4_prefixes |= 1 << bits,
                IpAddr::V6(_) if bits < 128 => self.v6_prefixes |= 1 << bits,
                IpAddr::V6(_) => return self.add(IocKind::Ipv6, &address.to_string(), attributes),
            }
            network_key(address, bits)
        } else {
            key(kind, value.as_bytes())
        };
        let group = self.group(attributes);
        let first = attributes.first_seen.or(attributes.last_seen).unwrap_or(0);
        let last = attributes.last_seen.unwrap_or(first);
        Ok(self.table.update(key, |entry| {
            if entry.first_seen == 0 || (first != 0 && first < entry.first_seen) {
                entry.first_seen = first;
            }
            entry.last_seen = entry.last_seen.max(last);
            entry.group = group;
        }))
    }

    pub(super) fn of_parts(table: Table, groups: Vec<Group>, v4_prefixes: u64, v6_prefixes: u128) -> Self {
        let numbers = groups.iter().cloned().zip(0..).collect();
        Self { table, groups, numbers, v4_prefixes, v6_prefixes }
    }

    fn group(&mut self, attributes: &Attributes) -> u32 {
        let group = (attributes.source.clone(), attributes.confidence.min(100), attributes.ttl);
        *self.numbers.entry(group).or_insert_with_key(|group| {
            self.groups.push(group.clone());
            (self.groups.len() - 1) as u32
        })
    }

    /// Number of indicators.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory taken. What lies in a file that is mapped does not count.
    pub fn memory(&self) -> usize {
        let of_groups: usize =
            self.groups.iter().map(|(source, ..)| source.len() + 2 * size_of::<Group>()).sum();
        self.table.memory() + of_groups
    }

    /// Brings the set into its smallest form. It can be added to as before.
    pub fn seal(&mut self) {
        self.table.seal();
    }

    /// Forgets what is stale at `now`, in seconds since 1970, and returns how many that were.
    pub fn expire(&mut self, now: u32) -> usize {
        let groups = &self.groups;
        self.table.retain(|entry| !is_stale(entry.last_seen, groups[entry.group as usize].2, now))
    }

    /// What is known of an indicator, in any spelling.
    pub fn get(&self, kind: IocKind, value: &str) -> Option<Attributes> {
        let value = canonical(kind, value).ok()?;
        if kind == IocKind::Cidr {
            let (address, bits) = network(&value)?;
            return self.look_up_network(address, bits);
        }
        self.look_up(key(kind, value.as_bytes()))
    }

    fn look_up(&self, key: Key) -> Option<Attributes> {
        let entry = self.table.get(key)?;
        let (source, confidence, ttl) = self.groups[entry.group as usize].clone();
        let known = |seconds: u32| (seconds != 0).then_some(seconds);
        let (first_seen, last_seen) = (known(entry.first_seen), known(entry.last_seen));
        Some(Attributes { source, confidence, ttl, first_seen, last_seen })
    }

    fn look_up_network(&self, address: IpAddr, bits: u8) -> Option<Attributes> {
        if address.is_ipv6() && bits == 128 {
            return self.look_up(key(IocKind::Ipv6, address.to_string().as_bytes()));
        }
        self.look_up(network_key(address, bits))
    }

    /// The known indicators in the values of an event, in the order of its fields. With `now`, in seconds since 1970, those that
    /// are stale are left out.
    pub fn matches(&self, event: &Event, now: Option<u32>) -> Vec<IocMatch> {
        let mut matches = Vec::new();
        if self.is_empty() {
            return matches;
        }
        for (field, value) in event.fields() {
            self.search(field, value.as_str(), now, &mut matches);
        }
        matches
    }

    /// The known indicators in a text.
    pub fn matches_in(&self, text: &str, now: Option<u32>) -> Vec<IocMatch> {
        let mut matches = Vec::new();
        self.search("", text, now, &mut matches);
        matches
    }

    fn search(&self, field: &str, text: &str, now: Option<u32>, matches: &mut Vec<IocMatch>) {
        // What is benign for a report may be known all the same.
        let extractor = Extractor::default().with_benign_kept(true);
        let mut new = Vec::new();
        extractor.scan(text, &mut |found_kind, found, span| {
            let Some((kind, value, attributes)) = self.known(found_kind, &found) else { return };
            let seen = attributes.last_seen.unwrap_or(0);
            if now.is_none_or(|now| !is_stale(seen, attributes.ttl, now)) {
                let found = Ioc { kind: found_kind, value: found.into_owned(), span };
                new.push(IocMatch { field: field.to_owned(), found, kind, value, attributes });
            }
        });
        new.sort_by_key(|one: &IocMatch| one.found.order());
        new.dedup();
        matches.append(&mut new);
    }

    /// The known indicator that what was found falls under: itself, its network, or the domain above it.
    fn known(&self, kind: IocKind, value: &str) -> Option<(IocKind, String, Attributes)> {
        let exact = |kind: IocKind, value: &str| {
            self.look_up(key(kind, value.as_bytes())).map(|attributes| (kind, value.to_owned(), attributes))
        };
        match kind {
            IocKind::Ipv4 => exact(kind, value)
                .or_else(|| if self.v4_prefixes == 0 { None } else { self.network_of(value) }),
            IocKind::Ipv6 => exact(kind, value)
                .or_else(|| if self.v6_prefixes == 0 { None } else { self.network_of(value) }),
            IocKind::Domain => {
                let above = value.match_indices('.').map(|(at, _)| &value[at + 1..]);
                std::iter::once(value)
                    .chain(above)
                    .take_while(|domain| domain.contains('.'))
                    .find_map(|domain| exact(IocKind::Domain, domain))
            }
            IocKind::FileName => exact(kind, &lower(value)),
            IocKind::Cidr => {
                let (address, bits) = network(value)?;
                let attributes = self.look_up_network(address, bits)?;
                Some((IocKind::Cidr, format!("{address}/{bits}"), attributes))
            }
            _ => exact(kind, value),
        }
    }

    /// The narrowest known network that an address is in.
    fn network_of(&self, address: &str) -> Option<(IocKind, String, Attributes)> {
        let address: IpAddr = address.parse().ok()?;
        (0..=128u8).rev().filter(|&bits| self.uses_prefix(address, bits)).find_map(|bits| {
            let network = masked(address, bits);
            let attributes = self.look_up(network_key(network, bits))?;
            Some((IocKind::Cidr, format!("{network}/{bits}"), attributes))
        })
    }

    fn uses_prefix(&self, address: IpAddr, bits: u8) -> bool {
        match address {
            IpAddr::V4(_) => bits <= 32 && self.v4_prefixes >> bits & 1 == 1,
            IpAddr::V6(_) => bits < 128 && self.v6_prefixes >> bits & 1 == 1,
        }
    }
}

fn is_stale(last_seen: u32, ttl: Option<u32>, now: u32) -> bool {
    ttl.is_some_and(|ttl| last_seen != 0 && now > last_seen.saturating_add(ttl))
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::from(
            (v4.to_bits() & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)).to_be_bytes(),
        ),
        IpAddr::V6(v6) => IpAddr::from(
            (v6.to_bits() & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)).to_be_bytes(),
        ),
    }
}

/// A network whose address has nothing behind its prefix.
fn network(value: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = value.split_once('/')?;
    let (address, bits) = (IpAddr::from_str(address).ok()?, bits.parse().ok()?);
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then(|| (masked(address, bits), bits))
}

fn not_of(kind: IocKind) -> Error {
    Error::config(
        "indicator",
        format!("the value is not of the kind {kind}"),
        "check the kind, or leave the entry out",
    )
}

/// The spelling by which indicators are compared: that of [`Ioc::value`].
fn canonical(kind: IocKind, value: &str) -> Result<String, Error> {
    let value = value.trim();
    if kind == IocKind::FileName {
        let name = value.rsplit(['/', '\\']).next().unwrap_or_default();
        return if name.is_empty() { Err(not_of(kind)) } else { Ok(name.to_ascii_lowercase()) };
    }
    let refanged = super::refang::refang_value(value);
    let canonical = match kind {
        IocKind::Cidr => network(&refanged).map(|(address, bits)| format!("{address}/{bits}")),
        IocKind::Domain => {
            let domain = refanged.trim_start_matches("*.").trim_end_matches('.').to_ascii_lowercase();
            is_domain(&domain, &domain, true).then_some(domain)
        }
        _ => Extractor::default()
            .with_benign_kept(true)
            .extract(&refanged)
            .into_iter()
            .find(|found| found.kind == kind && found.span == Span::new(0, refanged.len()))
            .map(|found| found.value),
    };
    canonical.ok_or_else(|| not_of(kind))
}

fn network_key(address: IpAddr, bits: u8) -> Key {
    let mut bytes = [0; 17];
    let length = match address {
        IpAddr::V4(v4) => {
            bytes[..4].copy_from_slice(&v4.octets());
            4
        }
        IpAddr::V6(v6) => {
            bytes[..16].copy_from_slice(&v6.octets());
            16
        }
    };
    bytes[length] = bits;
    key(IocKind::Cidr, &bytes[..=length])
}

/// Two different products of the value with itself, eight bytes at a time. Who makes two texts collide gains a false alarm.
fn key(kind: IocKind, value: &[u8]) -> Key {
    const SEEDS: [u64; 2] = [0x2d35_8dcc_aa6c_78a5, 0x8bb8_4b93_962e_acc9];
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product >> 64) as u64 ^ product as u64
    };
    let mut lanes = [SEEDS[0] ^ kind as u64, SEEDS[1] ^ value.len() as u64];
    let (words, rest) = value.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let last = (!rest.is_empty()).then_some(last);
    for word in words.iter().copied().chain(last).map(u64::from_le_bytes) {
        lanes[0] = fold(lanes[0] ^ word, SEEDS[1] ^ lanes[1]);
        lanes[1] =
            fold(lanes[1] ^ word.rotate_left(32), SEEDS[0] ^ 0x4b33_a62e_d433_d4a3).wrapping_add(lanes[0]);
    }
    let last = [fold(lanes[0], SEEDS[0] ^ lanes[1].rotate_left(17)), fold(lanes[1], SEEDS[1] ^ lanes[0])];
    u128::from(last[0]) << 64 | u128::from(last[1])
}

#[cfg(test)]
mod tests;

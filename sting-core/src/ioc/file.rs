//! The bytes of a set of indicators, and a set that reads them where they are.
//!
//! Little-endian and without padding: a head of 64 bytes, the groups, the four columns of the table, and the BLAKE3 digest of all
//! of that. What is in the head says how long each part is.

use super::Iocs;
use super::bytes::Bytes;
use super::set::Group;
use super::table::{Table, column_lengths};
use crate::Error;
use std::borrow::Cow;
use std::sync::Arc;

const MAGIC: &[u8; 8] = b"STINGIOC";
const VERSION: u32 = 1;
const HEAD: usize = 64;
const DIGEST: usize = blake3::OUT_LEN;

impl Iocs {
    /// True if these are the first bytes of what [`Iocs::to_bytes`] returns.
    pub fn is_table(start: &[u8]) -> bool {
        start.starts_with(MAGIC)
    }

    /// The set as bytes, for [`Iocs::from_bytes`].
    pub fn to_bytes(&mut self) -> Vec<u8> {
        self.to_pieces().concat()
    }

    /// What [`Iocs::to_bytes`] returns, in pieces to be written one after the other: large sets are not copied.
    pub fn to_pieces(&mut self) -> Vec<Cow<'_, [u8]>> {
        self.seal();
        let mut groups = Vec::new();
        for (source, confidence, ttl) in &self.groups {
            groups.extend([*confidence, u8::from(ttl.is_some())]);
            groups.extend(ttl.unwrap_or(0).to_le_bytes());
            groups.extend((source.len() as u32).to_le_bytes());
            groups.extend(source.as_bytes());
        }
        let mut head = Vec::with_capacity(HEAD + groups.len());
        head.extend(MAGIC);
        head.extend(VERSION.to_le_bytes());
        head.extend((self.groups.len() as u32).to_le_bytes());
        head.extend((self.len() as u64).to_le_bytes());
        head.extend((groups.len() as u64).to_le_bytes());
        head.extend(self.v4_prefixes.to_le_bytes());
        head.extend(self.v6_prefixes.to_le_bytes());
        head.resize(HEAD, 0);
        head.append(&mut groups);
        let mut pieces = vec![Cow::Owned(head)];
        pieces.extend(self.table.columns().map(Cow::Borrowed));
        let mut digest = blake3::Hasher::new();
        for piece in &pieces {
            digest.update(piece);
        }
        pieces.push(Cow::Owned(digest.finalize().as_bytes().to_vec()));
        pieces
    }

    /// A set that reads its indicators where they are: in a buffer, or in a mapped file, whose pages many processes share. Every
    /// byte is checked once, here. What is added later is kept apart; only a change of a known indicator, [`Iocs::seal`] and
    /// [`Iocs::expire`] copy what they change.
    ///
    /// ```
    /// use sting_core::ioc::{Attributes, IocKind, Iocs};
    /// let mut known = Iocs::default();
    /// known.add(IocKind::Ipv4, "203.0.113.7", &Attributes::default())?;
    /// let again = Iocs::from_bytes(known.to_bytes())?;
    /// assert!(again.get(IocKind::Ipv4, "203.0.113.7").is_some());
    /// # Ok::<(), sting_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::State`] if the bytes are no such table, of another version, cut or changed.
    pub fn from_bytes(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Result<Self, Error> {
        let whole: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
        let bytes = (*whole).as_ref();
        if !Self::is_table(bytes) {
            return Err(damaged("the bytes are no table of indicators"));
        }
        let head: &[u8; HEAD] = bytes.first_chunk().ok_or_else(|| damaged("it is cut short"))?;
        let version = u32::from_le_bytes(part(head, 8));
        if version != VERSION {
            return Err(damaged(format!("it is of version {version}, and this build reads {VERSION}")));
        }
        let body = bytes.len().checked_sub(DIGEST).ok_or_else(|| damaged("it is cut short"))?;
        if blake3::hash(&bytes[..body]).as_bytes() != &bytes[body..] {
            return Err(damaged("its checksum is wrong: it is cut short, or was changed"));
        }
        // Whoever can write a right checksum can still write nonsense: what follows believes nothing.
        let wrong = || damaged("its parts do not fit together");
        let keys = usize::try_from(u64::from_le_bytes(part(head, 16))).map_err(|_| wrong())?;
        let of_groups = usize::try_from(u64::from_le_bytes(part(head, 24))).map_err(|_| wrong())?;
        if keys > body || of_groups > body {
            return Err(wrong());
        }
        let mut at = HEAD + of_groups;
        let groups = bytes[..body].get(HEAD..at).and_then(read_groups).ok_or_else(wrong)?;
        let columns = column_lengths(keys).map(|length| {
            at += length;
            Bytes::Shared(whole.clone(), at - length..at)
        });
        if at != body || groups.len() != u32::from_le_bytes(part(head, 12)) as usize {
            return Err(wrong());
        }
        let table = Table::from_columns(columns, groups.len()).ok_or_else(wrong)?;
        let v4_prefixes = u64::from_le_bytes(part(head, 32));
        let v6_prefixes = u128::from_le_bytes(part(head, 40));
        Ok(Self::of_parts(table, groups, v4_prefixes, v6_prefixes))
    }
}

fn damaged(problem: impl Into<String>) -> Error {
    Error::state("indicators", problem, "write it anew from the feeds that it was made from")
}

fn part<const N: usize>(head: &[u8; HEAD], at: usize) -> [u8; N] {
    std::array::from_fn(|byte| head[at + byte])
}

fn read_groups(mut bytes: &[u8]) -> Option<Vec<Group>> {
    let mut groups = Vec::new();
    while !bytes.is_empty() {
        let (&[confidence, has_ttl], rest) = bytes.split_first_chunk()?;
        let (&ttl, rest) = rest.split_first_chunk()?;
        let (&length, rest) = rest.split_first_chunk()?;
        let (source, rest) = rest.split_at_checked(u32::from_le_bytes(length) as usize)?;
        let ttl = (has_ttl != 0).then_some(u32::from_le_bytes(ttl));
        groups.push((str::from_utf8(source).ok()?.into(), confidence, ttl));
        bytes = rest;
    }
    Some(groups)
}

#[cfg(test)]
mod tests {
    use super::super::{Attributes, IocKind};
    use super::*;

    fn set() -> Iocs {
        let mut known = Iocs::default();
        let attributes = |source: &str, ttl| Attributes {
            source: source.into(),
            ttl,
            last_seen: Some(1000),
            ..Attributes::default()
        };
        for n in 0..300u32 {
            let address = std::net::Ipv4Addr::from_bits(0x0b00_0000 + n * 77).to_string();
            known
                .add(
                    IocKind::Ipv4,
                    &address,
                    &attributes(if n % 2 == 0 { "even" } else { "ödd" }, Some(60).filter(|_| n % 3 == 0)),
                )
                .unwrap();
        }
        known.add(IocKind::Cidr, "203.0.113.0/24", &Attributes::default()).unwrap();
        known.add(IocKind::Cidr, "2001:db8::/32", &Attributes::default()).unwrap();
        known.add(IocKind::Domain, "evil.co.uk", &attributes("dns", None)).unwrap();
        known
    }

    const TEXT: &str = "11.0.0.0 11.0.0.77 203.0.113.9 2001:db8::7 www.evil.co.uk 11.0.0.1 good.co.uk";

    #[test]
    fn a_set_read_in_place_is_the_set_that_was_written() {
        let mut known = set();
        let found = known.matches_in(TEXT, None);
        assert_eq!(found.len(), 5);
        let mut again = Iocs::from_bytes(known.to_bytes()).unwrap();
        assert_eq!((again.len(), again.matches_in(TEXT, None)), (303, found.clone()));
        assert!(again.memory() < 1000, "nothing was copied: {}", again.memory());
        assert_eq!(again.to_bytes(), known.to_bytes());
        // It can be changed like any other.
        assert!(
            !again
                .add(
                    IocKind::Ipv4,
                    "11.0.0.0",
                    &Attributes { source: "new".into(), last_seen: Some(2000), ..Attributes::default() }
                )
                .unwrap()
        );
        assert!(again.add(IocKind::Ipv4, "11.0.0.1", &Attributes::default()).unwrap());
        again.seal();
        let changed = again.get(IocKind::Ipv4, "11.0.0.0").unwrap();
        assert_eq!(
            (&*changed.source, changed.first_seen, changed.last_seen),
            ("new", Some(1000), Some(2000))
        );
        assert_eq!((again.len(), again.matches_in(TEXT, None).len()), (304, 6));
        assert_eq!(again.expire(5000), 99);
        assert_eq!(Iocs::from_bytes(again.to_bytes()).unwrap().len(), 205);
    }

    #[test]
    fn an_empty_set_is_a_table_too() {
        let again = Iocs::from_bytes(Iocs::default().to_bytes()).unwrap();
        assert!(again.is_empty() && again.matches_in(TEXT, None).is_empty());
        let short = Attributes { ttl: Some(1), last_seen: Some(1), ..Attributes::default() };
        let mut one = Iocs::default();
        one.add(IocKind::Ipv4, "11.0.0.0", &short).unwrap();
        one.seal();
        assert_eq!(one.expire(10), 1);
        assert!(Iocs::from_bytes(one.to_bytes()).unwrap().is_empty());
    }

    #[test]
    fn every_changed_or_missing_byte_is_told() {
        let bytes = set().to_bytes();
        for at in (0..bytes.len()).step_by(1009).chain(0..HEAD) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert_eq!(Iocs::from_bytes(changed).unwrap_err().code(), "state", "byte {at}");
            assert_eq!(Iocs::from_bytes(bytes[..at].to_vec()).unwrap_err().code(), "state", "cut at {at}");
        }
    }

    /// A right checksum is no reason to believe the rest.
    #[test]
    fn nonsense_with_a_right_checksum_is_refused_or_harmless() {
        let bytes = set().to_bytes();
        let body = bytes.len() - DIGEST;
        for at in (0..200).chain((200..body).step_by(1009)) {
            for with in [0x01, 0x80] {
                let mut changed = bytes[..body].to_vec();
                changed[at] ^= with;
                changed.extend(blake3::hash(&changed).as_bytes());
                if let Ok(known) = Iocs::from_bytes(changed) {
                    known.matches_in(TEXT, Some(5));
                }
            }
        }
    }
}

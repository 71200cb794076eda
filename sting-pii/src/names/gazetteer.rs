//! Lists of words in little space: which lists a word is in, by a fingerprint of its hash.

/// What is known of a word, one bit a list.
#[allow(dead_code)] // the trainer enters them all
pub(crate) mod list {
    /// Given names.
    pub(crate) const FIRST: u8 = 1;
    /// Family names.
    pub(crate) const LAST: u8 = 2;
    /// Words of the names of towns.
    pub(crate) const CITY: u8 = 4;
    /// Words of the names of countries and regions.
    pub(crate) const COUNTRY: u8 = 8;
    /// Words of the names of organisations: `Ltd`, `University`.
    pub(crate) const COMPANY: u8 = 16;
    /// Words of streets and addresses: `Road`, `rue`.
    pub(crate) const STREET: u8 = 32;
    /// Words that are also written small, in texts of the training data.
    pub(crate) const COMMON: u8 = 64;
    /// Titles: `Mr`, `Frau`.
    pub(crate) const TITLE: u8 = 128;
}

/// Buckets, as a power of two. The bits of a hash below those are its fingerprint.
const BUCKET_BITS: u32 = 15;
const BUCKETS: usize = 1 << BUCKET_BITS;
/// Bytes of an entry: a fingerprint of 16 bits, and the lists.
const ENTRY: usize = 3;

/// Words, by hash. A word that is in no list is taken for one that is about once in ten thousand times.
#[derive(Debug)]
pub(crate) struct Gazetteer<'m> {
    /// Where each bucket's entries begin.
    starts: Vec<u32>,
    entries: &'m [u8],
}

const fn place(hash: u64) -> (usize, u16) {
    ((hash >> (64 - BUCKET_BITS)) as usize, (hash >> (48 - BUCKET_BITS)) as u16)
}

impl<'m> Gazetteer<'m> {
    /// Reads what [`write`] wrote, and gives the rest of the bytes; `None` if they are not that.
    pub(crate) fn read(bytes: &'m [u8]) -> Option<(Self, &'m [u8])> {
        let (counts, rest) = bytes.split_at_checked(BUCKETS)?;
        let mut starts = Vec::with_capacity(BUCKETS + 1);
        let mut total = 0_u32;
        starts.push(0);
        for count in counts {
            total += u32::from(*count);
            starts.push(total);
        }
        let (entries, rest) = rest.split_at_checked(total as usize * ENTRY)?;
        Some((Self { starts, entries }, rest))
    }

    /// The lists that the word is in.
    #[inline]
    pub(crate) fn lists(&self, hash: u64) -> u8 {
        let (bucket, fingerprint) = place(hash);
        let (from, to) = (self.starts[bucket] as usize * ENTRY, self.starts[bucket + 1] as usize * ENTRY);
        let [low, high] = fingerprint.to_le_bytes();
        let found = self.entries[from..to].chunks_exact(ENTRY).find(|e| e[0] == low && e[1] == high);
        found.map_or(0, |entry| entry[2])
    }
}

/// The bytes of a gazetteer of these words. A bucket holds at most 255; what is beyond is left out.
#[allow(dead_code)] // it is the trainer's
pub(crate) fn write(words: &std::collections::BTreeMap<u64, u8>) -> Vec<u8> {
    let mut buckets: Vec<Vec<(u16, u8)>> = vec![Vec::new(); BUCKETS];
    for (hash, lists) in words {
        let (bucket, fingerprint) = place(*hash);
        let entries = &mut buckets[bucket];
        if let Some((_, known)) = entries.iter_mut().find(|(known, _)| *known == fingerprint) {
            *known |= lists;
        } else if entries.len() < 255 {
            entries.push((fingerprint, *lists));
        }
    }
    let mut bytes: Vec<u8> = buckets.iter().map(|bucket| bucket.len() as u8).collect();
    for (fingerprint, lists) in buckets.iter().flatten() {
        bytes.extend(fingerprint.to_le_bytes());
        bytes.push(*lists);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Gazetteer, list, write};
    use crate::names::token::mix;

    #[test]
    fn what_is_written_is_read() {
        let words =
            (0..50_000_u64).map(|i| (mix(i), if i % 2 == 0 { list::FIRST } else { list::CITY })).collect();
        let bytes = write(&words);
        let (gazetteer, rest) = Gazetteer::read(&bytes).unwrap();
        assert!(rest.is_empty());
        assert!(words.iter().all(|(hash, lists)| gazetteer.lists(*hash) & lists == *lists));
        let wrong = (50_000..100_000_u64).filter(|i| gazetteer.lists(mix(*i)) != 0).count();
        assert!(wrong < 25, "{wrong}");
        assert!(Gazetteer::read(&bytes[..bytes.len() - 1]).is_none());
    }
}

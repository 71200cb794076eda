//! Who a chunk is: ids that are the same everywhere, computed when they are asked for.

use super::outline::Path;
use super::pack::Packed;
use super::segment::Segmenter;
use super::{Chunk, Chunker};
use crate::Id;
use crate::id::IdHasher;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Different chunks of one text that are told apart exactly.
const MOST_KNOWN: usize = 1 << 18;
/// Counters that the chunks beyond share.
const SHARED: usize = 1 << 20;

/// Makes chunks of spans, one text after another.
#[derive(Debug)]
pub(super) struct Identities {
    config_id: Id,
    no_heading: Path,
    index: usize,
    seen: Occurrences,
}

impl Identities {
    pub(super) fn new(chunker: &Chunker) -> Self {
        Self {
            config_id: chunker.config_id,
            no_heading: Arc::from([]),
            index: 0,
            seen: Occurrences::default(),
        }
    }

    /// The next chunk of the text.
    pub(super) fn chunk(&mut self, text: &str, packed: &Packed, segments: &mut Segmenter<'_>) -> Chunk {
        let place = segments.place_name(text, packed);
        let outline = segments.outline();
        let prefix = packed.header.and_then(|header| outline.header(header.number)).cloned();
        let positional = place.is_some();
        let heading = place.or_else(|| outline.path(packed.section).cloned());
        let heading = heading.unwrap_or_else(|| self.no_heading.clone());
        // Numbers of records would make new chunks of all that follow an inserted one.
        let titles = heading.iter().filter(|_| !positional);
        let mut hash = titles.fold(0, |hash, title| fingerprint(hash, title.as_bytes()));
        hash = fingerprint(hash, prefix.as_deref().unwrap_or("").as_bytes());
        let occurrence = self.seen.count(fingerprint(hash, &text.as_bytes()[packed.span.range()]));
        let index = self.index;
        self.index += 1;
        let config_id = self.config_id;
        Chunk {
            span: packed.span,
            index,
            size: packed.size,
            heading,
            prefix,
            context: None,
            config_id,
            positional,
            occurrence,
        }
    }
}

impl Chunk {
    /// Who it is: a hash of the configuration, the heading path, the content, and how many equal
    /// chunks come before it. No two chunks of a text have the same. Paths of JSON, which hold numbers
    /// of records, are left out, so that an inserted record leaves the others as they are.
    ///
    /// `source` is the text that was chunked. Ids are BLAKE3 hashes, about 1 GB/s, and computed at
    /// each call.
    ///
    /// # Panics
    /// Panics if `source` is not the text that was chunked and the span does not fit it.
    pub fn id(&self, source: &str) -> Id {
        self.id_of(self.text(source))
    }

    /// What it holds: a hash of prefix and text alone. Equal content has equal hashes under every
    /// configuration, so that it can be a key of a cache; nobody can make up two contents of one
    /// hash.
    ///
    /// # Panics
    /// Panics if `source` is not the text that was chunked and the span does not fit it.
    pub fn content_hash(&self, source: &str) -> Id {
        self.hash_of(self.text(source))
    }

    pub(super) fn id_of(&self, body: &str) -> Id {
        let mut hasher = IdHasher::default();
        hasher.field(self.config_id.as_bytes()).field(self.hash_of(body).as_bytes());
        for title in self.heading.iter().filter(|_| !self.positional) {
            hasher.field(title.as_bytes());
        }
        if self.occurrence > 1 {
            hasher.number(u64::from(self.occurrence));
        }
        hasher.finish()
    }

    pub(super) fn hash_of(&self, body: &str) -> Id {
        let mut hasher = IdHasher::default();
        if let Some(prefix) = &self.prefix {
            hasher.field(prefix.as_bytes());
        }
        hasher.field(body.as_bytes());
        hasher.finish()
    }
}

/// How often each chunk has occurred, in at most 14 MiB.
///
/// Chunks are known by a fingerprint, and beyond the first [`MOST_KNOWN`] share counters. Two that
/// share one are numbered together. That keeps ids unique, because equal chunks still get different
/// numbers, and the same everywhere.
#[derive(Debug, Default)]
struct Occurrences {
    known: FxHashMap<u64, u32>,
    shared: Vec<u32>,
}

impl Occurrences {
    /// Counts one, and returns how many there are now.
    fn count(&mut self, fingerprint: u64) -> u32 {
        let counter = if self.known.len() < MOST_KNOWN || self.known.contains_key(&fingerprint) {
            self.known.entry(fingerprint).or_default()
        } else {
            self.shared.resize(SHARED, 0);
            &mut self.shared[fingerprint as usize % SHARED]
        };
        *counter = counter.saturating_add(1);
        *counter
    }
}

/// A fast hash that is the same on every machine. Whoever finds two texts of one fingerprint gains
/// a higher number for the second.
fn fingerprint(seed: u64, bytes: &[u8]) -> u64 {
    // Fractional digits of pi; no two operands of a product share one.
    const KEYS: [u64; 6] = [
        0x243F_6A88_85A3_08D3,
        0x1319_8A2E_0370_7344,
        0xA409_3822_299F_31D0,
        0x082E_FA98_EC4E_6C89,
        0x4528_21E6_38D0_1377,
        0xBE54_66CF_34E9_0C6C,
    ];
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let word = |part: &[u8; 8]| u64::from_le_bytes(*part);
    let mut lanes = [seed ^ KEYS[4], seed ^ KEYS[5]];
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        let words = block.as_chunks::<8>().0;
        lanes[0] = fold(word(&words[0]) ^ KEYS[0], word(&words[1]) ^ lanes[0]);
        lanes[1] = fold(word(&words[2]) ^ KEYS[1], word(&words[3]) ^ lanes[1]);
    }
    let mut last = [0; 32];
    last[..rest.len()].copy_from_slice(rest);
    let words = last.as_chunks::<8>().0;
    lanes[0] = fold(word(&words[0]) ^ KEYS[2], word(&words[1]) ^ lanes[0]);
    lanes[1] = fold(word(&words[2]) ^ KEYS[3], word(&words[3]) ^ lanes[1]);
    fold(lanes[0] ^ bytes.len() as u64, lanes[1] ^ KEYS[2])
}

#[cfg(test)]
mod tests {
    use super::{MOST_KNOWN, Occurrences, fingerprint};
    use std::collections::HashSet;

    #[test]
    fn equal_chunks_get_different_numbers_beyond_what_is_known() {
        let mut seen = Occurrences::default();
        for chunk in 0..MOST_KNOWN as u64 {
            assert_eq!(seen.count(chunk), 1);
        }
        let beyond = [u64::MAX, u64::MAX, 7, u64::MAX].map(|chunk| seen.count(chunk));
        assert_eq!(beyond, [1, 2, 2, 3]);
    }

    #[test]
    fn fingerprints_depend_on_every_byte_and_the_length() {
        let text = [0_u8; 100];
        let mut found: HashSet<u64> = (0..=100).map(|len| fingerprint(0, &text[..len])).collect();
        for at in 0..100 {
            let mut changed = text;
            changed[at] = 1;
            found.insert(fingerprint(0, &changed));
        }
        assert_eq!(found.len(), 201);
        assert_eq!(fingerprint(1, b"bees"), fingerprint(1, b"bees"));
    }
}

//! What a model sees of an event: places in a table, one for each thing that the event says.

use crate::model::Evidence;
use std::hash::Hasher;

/// Bytes of a value that are read, and places an event can take.
const MOST_BYTES: usize = 512;
const MOST_PLACES: usize = 512;
/// Longer values are their words and nothing else.
const WHOLE: usize = 64;
/// One event in so many is kept back from learning.
const KEEP_BACK: u64 = 5;

pub(super) fn places(evidence: &Evidence<'_>, bits: u32) -> Vec<u32> {
    let mut places = Vec::new();
    places_into(evidence, bits, &mut places);
    places
}

/// Sorted, each once.
pub(super) fn places_into(evidence: &Evidence<'_>, bits: u32, places: &mut Vec<u32>) {
    places.clear();
    let mut out = Out { shift: 64 - bits, places };
    out.add(0, 1); // what all events share
    for found in evidence.matches {
        out.add(hash("rule", 2), hash(&found.rule_id, 2));
        out.add(hash("level", 2), found.level.map_or(0, |level| level as u64 + 1));
    }
    for found in evidence.indicators {
        out.add(hash("indicator", 2), found.kind as u64 + 1);
    }
    if let Some(template) = evidence.template {
        out.add(hash("template", 2), template + 1);
    }
    if let Some(anomaly) = evidence.anomaly {
        out.add(hash("anomaly", 2), (anomaly * 8.0) as u64 + 1);
    }
    for (name, value) in evidence.event.fields() {
        if out.places.len() >= MOST_PLACES {
            break;
        }
        let field = hash(name, 1);
        let text = value.as_str();
        if value.is_number() {
            let size = value.as_f64().map_or(0.0, |number| number.abs().max(1.0).log2());
            out.add(field ^ 3, size as u64);
        }
        if text.len() <= WHOLE {
            out.add(field, hash(text, 1));
        }
        words(text, |word| out.add(field ^ 5, word));
    }
    places.sort_unstable();
    places.dedup();
}

/// The same event is always on the same side, so that what is kept back was not learnt under another time.
pub(super) fn keep_back(places: &[u32]) -> bool {
    let mut hasher = rustc_hash::FxHasher::default();
    for place in places {
        hasher.write_u32(*place);
    }
    mix(hasher.finish()).is_multiple_of(KEEP_BACK)
}

struct Out<'a> {
    shift: u32,
    places: &'a mut Vec<u32>,
}

impl Out<'_> {
    fn add(&mut self, kind: u64, value: u64) {
        if self.places.len() < MOST_PLACES {
            self.places.push((mix(kind.rotate_left(29) ^ value) >> self.shift) as u32);
        }
    }
}

fn mix(hash: u64) -> u64 {
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

fn hash(text: &str, seed: u64) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]);
    words.fold(seed ^ ((text.len() as u64) << 56), |hash, word| {
        (hash ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
    })
}

const LETTER: u8 = 1;
const DIGIT: u8 = 2;

/// What kind each byte is: bytes beyond ASCII are letters.
static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' | 128.. => LETTER,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// The words of a value, in small letters. A run of digits is the same as any other, and what digits cut into three and
/// more pieces is an id, which is the same as any other too.
fn words(text: &str, mut add: impl FnMut(u64)) {
    const ID: u64 = 7;
    let (mut hash, mut runs, mut before) = (0_u64, 0_u32, 0_u8);
    for &byte in &text.as_bytes()[..text.len().min(MOST_BYTES)] {
        let kind = KINDS[usize::from(byte)];
        match kind {
            LETTER => hash = hash.rotate_left(5) ^ u64::from(byte | 32),
            DIGIT if before != DIGIT => {
                hash = hash.rotate_left(5) ^ u64::from(b'0');
                runs += 1;
            }
            0 if before != 0 => {
                add(if runs > 1 { ID } else { hash });
                (hash, runs) = (0, 0);
            }
            _ => {}
        }
        before = kind;
    }
    if before != 0 {
        add(if runs > 1 { ID } else { hash });
    }
}

#[cfg(test)]
mod tests {
    use super::{places, words};
    use crate::event::Event;
    use crate::model::Evidence;

    fn hashes(text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        words(text, |word| found.push(word));
        found
    }

    #[test]
    fn numbers_and_ids_are_alike_and_words_are_not() {
        assert_eq!(hashes("Port 4711 of eth0"), hashes("port 22 of ETH1"));
        assert_eq!(hashes("id 3f2a9c1"), hashes("id 77ab01cd"));
        assert_ne!(hashes("port"), hashes("trop"));
        assert_eq!(hashes("a/b\\c").len(), 3);
        assert!(hashes("").is_empty());
    }

    #[test]
    fn a_huge_event_has_few_places() {
        let json = format!(r#"{{"a": "{}", "b": [{}1]}}"#, "word ".repeat(100_000), "1,".repeat(10_000));
        let event = Event::from_json(json.as_bytes()).unwrap();
        assert!(places(&Evidence::of(&event), 16).len() <= 512);
    }
}

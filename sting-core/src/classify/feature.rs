//! What a model sees of an event: places in a table, one for each thing that the event says. What it says twice counts twice.
//!
//! A value is read eight bytes at a time: once for its words' bounds and its hash, and each word once more for its own.

use crate::event::Value;
use crate::model::Evidence;
use rustc_hash::FxHashMap;

/// Bytes of a value that are read, and places an event can take.
const MOST_BYTES: usize = 512;
const MOST_PLACES: usize = 512;
/// Longer values are their words and nothing else, and longer words are ids.
const WHOLE: usize = 64;
/// One event in so many is kept back from learning.
const KEEP_BACK: u64 = 5;

/// Finds the places of events, one after the other.
pub(super) struct Features {
    shift: u32,
    places: Vec<u32>,
    words: Words,
}

impl Features {
    /// For a table of 2 to the power of `bits` places.
    pub(super) fn new(bits: u32) -> Self {
        Self { shift: 64 - bits, places: Vec::new(), words: Words::new() }
    }

    /// In the order in which the event says them.
    pub(super) fn of(&mut self, evidence: &Evidence<'_>) -> &[u32] {
        let Self { shift, places, words } = self;
        places.clear();
        let mut add = |kind: u64, value: u64| {
            if places.len() < MOST_PLACES {
                places.push(((kind ^ value).wrapping_mul(FACTOR) >> *shift) as u32);
            }
            places.len() < MOST_PLACES
        };
        add(0, 1); // what all events share
        for found in evidence.matches {
            add(hash(b"rule", 2), hash(found.rule_id.as_bytes(), 2));
            add(hash(b"level", 2), found.level.map_or(0, |level| level as u64 + 1));
        }
        for found in evidence.indicators {
            add(hash(b"indicator", 2), found.kind as u64 + 1);
        }
        if let Some(template) = evidence.template {
            add(hash(b"template", 2), mix(template + 1));
        }
        if let Some(anomaly) = evidence.anomaly {
            add(hash(b"anomaly", 2), (anomaly * 8.0) as u64 + 1);
        }
        for (name, value) in evidence.event.fields() {
            let field = hash(name.as_bytes(), 1);
            let text = value.as_str().as_bytes();
            if value.is_number() {
                add(field ^ 3, size_of(value));
            } else {
                words.read(text, |word| add(field ^ 5, word));
            }
            if text.len() <= WHOLE && !add(field, hash(text, 1)) {
                break;
            }
        }
        places
    }
}

/// Chooses what is kept back from learning: by what an event says and not by chance, so that it was not learnt under
/// another time. What is said again and again is learnt too, or the commonest event of a class could be one that is never
/// learnt.
#[derive(Default)]
pub(super) struct KeptBack(FxHashMap<u64, u64>);

impl KeptBack {
    /// True for the first event that says this, and for one in five of the same, if it is to be kept back. The order of
    /// what it says does not matter.
    pub(super) fn takes(&mut self, places: &[u32]) -> bool {
        let sum = places.iter().fold(0_u64, |sum, place| sum.wrapping_add(mix(u64::from(*place) + 1)));
        let content = mix(sum);
        let is_chosen = content.is_multiple_of(KEEP_BACK);
        is_chosen && {
            let count = self.0.entry(content).or_default();
            *count += 1;
            *count % KEEP_BACK == 1
        }
    }
}

/// How large a number is: its digits before the point, and whether they begin with 1, with up to 4, or with more.
fn size_of(number: Value<'_>) -> u64 {
    let text = number.as_str();
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let begins = match digits.first() {
        Some(b'1') => 1,
        Some(b'2'..=b'4') => 2,
        Some(b'5'..=b'9') => 3,
        _ => 0,
    };
    // An exponent is rare enough to be read as any number is.
    let power = match digits.get(count..) {
        Some([]) => 0,
        _ if digits.iter().any(|byte| byte | 32 == b'e') => {
            number.as_f64().map_or(0, |size| size.abs().max(1.0).log10() as u64)
        }
        _ => 0,
    };
    (count as u64 + power) * 4 + begins
}

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Both halves of a product, folded.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

fn mix(number: u64) -> u64 {
    fold(number ^ 0xd6e8_feb8_6659_fd93, FACTOR)
}

/// Eight bytes at `at`, of which the first counts least.
fn eight(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight))
}

fn hash(bytes: &[u8], seed: u64) -> u64 {
    let length = bytes.len();
    let last = match length {
        0 => 0,
        1..4 => u64::from(bytes[0]) | u64::from(bytes[length / 2]) << 8 | u64::from(bytes[length - 1]) << 16,
        4..8 => {
            let four = |at: usize| bytes[at..].first_chunk().map_or(0, |four| u32::from_le_bytes(*four));
            u64::from(four(0)) | u64::from(four(length - 4)) << 32
        }
        _ => eight(bytes, length - 8),
    };
    let start = mix(seed ^ (length as u64) << 32);
    let (words, _) = bytes[..length.saturating_sub(1)].as_chunks::<8>();
    let hash = words.iter().fold(start, |hash, word| fold(hash ^ u64::from_le_bytes(*word), FACTOR));
    fold(hash ^ last, FACTOR)
}

/// The words of a value, in small letters. A run of digits is the same as any other, and what digits cut into three and
/// more pieces is an id, which is the same as any other too.
struct Words {
    /// The value, and zeros after it.
    text: [u8; MOST_BYTES + 16],
    /// A bit for each byte that is a digit; one block more, as words reach over the bounds of blocks.
    digits: [u64; MOST_BYTES / 64 + 1],
}

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;
const NUMBER: u64 = FACTOR ^ 6;
const ID: u64 = FACTOR ^ 7;

impl Words {
    fn new() -> Self {
        Self { text: [0; MOST_BYTES + 16], digits: [0; MOST_BYTES / 64 + 1] }
    }

    /// Calls `add` with the hash of each word, in order, while it says to go on.
    fn read(&mut self, text: &[u8], mut add: impl FnMut(u64) -> bool) {
        let length = text.len().min(MOST_BYTES);
        self.text[..length].copy_from_slice(&text[..length]);
        self.text[length..length + 16].fill(0);
        let (mut start, mut before) = (None, 0);
        for block in 0..length.div_ceil(64) {
            let (mut inside, mut digits) = (0, 0);
            for at in (block * 64..length.min(block * 64 + 64)).step_by(8) {
                let (word, digit) = kinds(eight(&self.text, at));
                inside |= word << (at % 64);
                digits |= digit << (at % 64);
            }
            self.digits[block] = digits;
            self.digits[block + 1] = 0;
            // Where words begin and end.
            let mut bounds = inside ^ (inside << 1 | before);
            before = inside >> 63;
            while bounds != 0 {
                let at = block * 64 + bounds.trailing_zeros() as usize;
                bounds &= bounds - 1;
                match start.take() {
                    None => start = Some(at),
                    Some(from) if !add(self.word(from, at)) => return,
                    Some(_) => {}
                }
            }
        }
        if let Some(from) = start {
            add(self.word(from, length));
        }
    }

    fn word(&self, from: usize, to: usize) -> u64 {
        let length = to - from;
        if length > WHOLE {
            return ID;
        }
        let (block, bit) = (from / 64, from % 64);
        // Shifted twice, as 64 places at once are none.
        let digits = self.digits[block] >> bit | self.digits[block + 1] << 1 << (63 - bit);
        let digits = digits & (u64::MAX >> (64 - length));
        if digits == 0 {
            return self.letters(from, to);
        }
        let (first, last) = (digits.trailing_zeros() as usize, 64 - digits.leading_zeros() as usize);
        if (digits & !(digits << 1)).count_ones() > 1 {
            ID
        } else if last - first == length {
            NUMBER
        } else {
            fold(self.letters(from, from + first) ^ NUMBER, self.letters(from + last, to) | 1)
        }
    }

    fn letters(&self, mut from: usize, to: usize) -> u64 {
        let small = |at| eight(&self.text, at) | ONES << 5;
        let mut hash = FACTOR;
        while to - from > 8 {
            hash = fold(hash ^ small(from), FACTOR);
            from += 8;
        }
        let last = if to > from { small(from) & (u64::MAX >> (64 - 8 * (to - from))) } else { 0 };
        fold(hash ^ last, FACTOR)
    }
}

/// Which of eight bytes are in a word, and which are digits: a bit for each. Bytes beyond ASCII are letters.
fn kinds(bytes: u64) -> (u64, u64) {
    let from = |bytes: u64, first: u8| bytes + ONES * u64::from(128 - first);
    let low = bytes & !HIGH;
    let small = low | ONES << 5;
    let letter = from(small, b'a') & !from(small, b'z' + 1) | bytes;
    let digit = from(low, b'0') & !from(low, b'9' + 1) & !bytes;
    let bits = |high: u64| ((high & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    (bits(letter | digit), bits(digit))
}

#[cfg(test)]
mod tests {
    use super::{Features, KeptBack, MOST_BYTES, Words, fold, kinds, size_of};
    use crate::event::Event;
    use crate::model::Evidence;

    fn hashes(text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        let mut words = Words::new();
        // What an earlier value left behind does not matter.
        words.read("9".repeat(MOST_BYTES).as_bytes(), |_| true);
        words.read(text.as_bytes(), |word| {
            found.push(word);
            true
        });
        found
    }

    #[test]
    fn numbers_and_ids_are_alike_and_words_are_not() {
        assert_eq!(hashes("Port 4711 of eth0"), hashes("port 22 of ETH1"));
        assert_eq!(hashes("id 3f2a9c1"), hashes("id 77ab01cd"));
        assert_ne!(hashes("port"), hashes("trop"));
        assert_ne!(hashes("eth0"), hashes("0eth"));
        assert_ne!(hashes("eth0a"), hashes("etha0"));
        assert_eq!(hashes("a/b\\c").len(), 3);
        assert!(hashes("").is_empty());
    }

    /// The same words, a byte at a time: `a` for what is no digit, and a run of digits as one.
    fn shapes(text: &str) -> Vec<String> {
        let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        text.as_bytes()[..text.len().min(MOST_BYTES)]
            .split(|byte| !is_inside(byte))
            .filter(|word| !word.is_empty())
            .map(|word| {
                let pieces: Vec<&[u8]> = word.split(u8::is_ascii_digit).collect();
                let is_digit = |at: usize| word[at].is_ascii_digit();
                let runs =
                    (0..word.len()).filter(|at| is_digit(*at) && (*at == 0 || !is_digit(at - 1))).count();
                if runs > 1 || word.len() > 64 {
                    return "id".to_owned();
                }
                let lower = |piece: &&[u8]| {
                    let small: Vec<u8> = piece.iter().map(|byte| byte | 32).collect();
                    format!("{small:?}")
                };
                let ends: Vec<String> =
                    [pieces.first(), pieces.last()].into_iter().flatten().map(lower).collect();
                if runs == 0 { ends[0].clone() } else { format!("{}#{}", ends[0], ends[1]) }
            })
            .collect()
    }

    /// Two words have the same hash where the slow way calls them the same, and only there.
    #[test]
    fn words_are_those_of_the_slow_way() {
        let mut known = std::collections::BTreeMap::new();
        let mut state = 1_u64;
        for round in 0..3000_usize {
            let text: String = (0..round % 700)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let letters = if round % 3 == 0 { "aB09 " } else { "abcDEF@[`{/:09zZ\u{e9}aeiou" };
                    letters.chars().nth((state >> 33) as usize % letters.chars().count()).unwrap_or(' ')
                })
                .collect();
            let (shapes, hashes) = (shapes(&text), hashes(&text));
            assert_eq!(shapes.len(), hashes.len(), "{text:?}");
            for (shape, hash) in shapes.into_iter().zip(hashes) {
                assert_eq!(*known.entry(shape.clone()).or_insert(hash), hash, "{shape}");
            }
        }
        let different: std::collections::BTreeSet<u64> = known.values().copied().collect();
        assert_eq!(different.len(), known.len());
    }

    #[test]
    fn every_byte_has_its_kind() {
        for byte in 0..=255_u8 {
            for at in 0..8 {
                let (word, digit) = kinds(u64::from(byte) << (8 * at));
                let bit = |is: bool| u64::from(is) << at;
                assert_eq!(word, bit(byte.is_ascii_alphanumeric() || !byte.is_ascii()), "{byte}");
                assert_eq!(digit, bit(byte.is_ascii_digit()), "{byte}");
            }
        }
        assert_eq!(kinds(u64::from_le_bytes(*b"zZ9\xff0aA-")), (0b0111_1111, 0b0001_0100));
    }

    #[test]
    fn sizes_of_numbers() {
        let event = Event::from_json(br#"{"n": [0, 0.5, 1, -1.5, 2, 7, 10, 1e5, 150000, 1.0e5]}"#).unwrap();
        let sizes: Vec<u64> = event.fields().map(|(_, value)| size_of(value)).collect();
        assert_eq!(sizes, [4, 4, 5, 5, 6, 7, 9, 25, 25, 25]);
    }

    #[test]
    fn the_order_of_fields_does_not_choose_what_is_kept_back() {
        let takes = |places: &[u32]| KeptBack::default().takes(places);
        let kept: Vec<u32> = (0..1000).filter(|place| takes(&[*place, 7, 9])).collect();
        assert!((150..250).contains(&kept.len()), "{}", kept.len());
        assert!(kept.iter().all(|place| takes(&[7, 9, *place])));
        let mut same = KeptBack::default();
        let takes: Vec<bool> = (0..7).map(|_| same.takes(&[kept[0], 7, 9])).collect();
        assert_eq!(takes, [true, false, false, false, false, true, false]);
        assert_eq!(fold(u64::MAX, u64::MAX), 1 ^ (u64::MAX - 1));
    }

    #[test]
    fn a_huge_event_has_few_places() {
        let json = format!(r#"{{"a": "{}", "b": [{}1]}}"#, "word ".repeat(100_000), "1,".repeat(10_000));
        let event = Event::from_json(json.as_bytes()).unwrap();
        assert!(Features::new(16).of(&Evidence::of(&event)).len() <= 512);
    }
}

//! Words near a value, and in the names of keys.
//!
//! Words are whole: `lic` is not in `public`. `userSsn`, `user_ssn` and `user-ssn` are the words
//! `user` and `ssn`. Phrases of up to [`MAX_PHRASE`] words are compared by the hash of their words,
//! so that a look-up costs the same for five phrases as for five hundred.

use aho_corasick::AhoCorasick;
use memchr::memmem;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Bytes before a value in which words speak for or against it.
pub(crate) const BEFORE: usize = 64;
/// Bytes behind a value in which they do.
pub(crate) const AFTER: usize = 32;
/// Most words in a phrase.
const MAX_PHRASE: usize = 4;

/// Phrases to look for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phrases {
    /// Hashes of phrases in ASCII, sorted.
    hashes: Vec<u64>,
    /// Hashes of the words of these phrases.
    words: Vec<u64>,
    /// Phrases in scripts that may be written without spaces, looked for as they are.
    raw: Vec<Box<[u8]>>,
}

impl Phrases {
    pub(crate) fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for phrase in phrases {
            if phrase.is_ascii() {
                let mut hash = 0;
                for_words(phrase.as_bytes(), |word| {
                    let word = word_hash(word);
                    all.words.push(word);
                    hash = extend(hash, word);
                });
                all.hashes.push(hash);
            } else {
                all.raw.push(phrase.as_bytes().into());
            }
        }
        all.hashes.sort_unstable();
        all.hashes.dedup();
        all
    }
}

/// The words of a short name, such as a key or a column.
#[derive(Debug)]
pub(crate) struct Words<'t> {
    phrases: Vec<u64>,
    text: &'t [u8],
}

impl<'t> Words<'t> {
    pub(crate) fn of_name(name: &'t str) -> Self {
        let mut phrases = Vec::new();
        for_phrases(name.as_bytes(), |_| true, |hash| phrases.push(hash));
        Self { phrases, text: name.as_bytes() }
    }

    /// True if one of the phrases stands here.
    pub(crate) fn have(&self, wanted: &Phrases) -> bool {
        self.phrases.iter().any(|hash| wanted.hashes.binary_search(hash).is_ok())
            || wanted.raw.iter().any(|raw| memmem::find(self.text, raw).is_some())
    }
}

/// Bits of the filter before an index.
const FILTER_BITS: u32 = 16;

/// Which hashes may be in a set, by their highest bits.
#[derive(Debug)]
struct Filter(Box<[u64; 1 << (FILTER_BITS - 6)]>);

impl Default for Filter {
    fn default() -> Self {
        Self(Box::new([0; 1 << (FILTER_BITS - 6)]))
    }
}

impl Filter {
    fn insert(&mut self, hash: u64) {
        let bit = hash >> (64 - FILTER_BITS);
        self.0[(bit >> 6) as usize] |= 1 << (bit & 63);
    }

    #[inline]
    fn may_have(&self, hash: u64) -> bool {
        let bit = hash >> (64 - FILTER_BITS);
        self.0[(bit >> 6) as usize] >> (bit & 63) & 1 == 1
    }
}

/// Phrases of all rules: one look-up a phrase of the text, however many rules there are.
#[derive(Debug, Default)]
pub(crate) struct PhraseIndex {
    /// Where the rules of each hash are in `rules`.
    entries: FxHashMap<u64, Range<u32>>,
    rules: Vec<u32>,
    filter: Filter,
    /// The words of phrases: one that is not among them is in no phrase.
    words: Filter,
    /// Phrases in scripts that may be written without spaces, and the rule of each.
    raw: Option<(AhoCorasick, Vec<u32>)>,
}

impl PhraseIndex {
    pub(crate) fn new<'a>(rules: impl Iterator<Item = (u32, &'a Phrases)>) -> Self {
        let (mut entries, mut raw, mut raw_rules) = (Vec::new(), Vec::new(), Vec::new());
        let mut words = Filter::default();
        for (rule, phrases) in rules {
            phrases.words.iter().for_each(|word| words.insert(*word));
            entries.extend(phrases.hashes.iter().map(|&hash| (hash, rule)));
            raw.extend(phrases.raw.iter());
            raw_rules.extend(phrases.raw.iter().map(|_| rule));
        }
        // Only a set of phrases that is too large to be held is refused.
        let raw = if raw.is_empty() { None } else { AhoCorasick::new(raw).ok() };
        Self { raw: raw.map(|raw| (raw, raw_rules)), words, ..Self::of_hashes(entries) }
    }

    /// An index of hashes that are made already.
    pub(crate) fn of_hashes(mut entries: Vec<(u64, u32)>) -> Self {
        entries.sort_unstable();
        entries.dedup();
        let mut index = Self::default();
        for (hash, rule) in entries {
            index.filter.insert(hash);
            let end = index.rules.len() as u32;
            index.entries.entry(hash).or_insert(end..end).end = end + 1;
            index.rules.push(rule);
        }
        index
    }

    /// True if some rule has the phrase.
    fn has(&self, hash: u64) -> bool {
        self.filter.may_have(hash) && self.entries.contains_key(&hash)
    }

    /// Appends the rules that have the phrase.
    #[inline]
    pub(crate) fn look_up(&self, hash: u64, rules: &mut Vec<u32>) {
        if self.filter.may_have(hash)
            && let Some(range) = self.entries.get(&hash)
        {
            rules.extend_from_slice(&self.rules[range.start as usize..range.end as usize]);
        }
    }

    fn look_up_raw(&self, text: &[u8], rules: &mut Vec<u32>) {
        if let Some((raw, raw_rules)) = &self.raw {
            rules.extend(raw.find_overlapping_iter(text).map(|found| raw_rules[found.pattern()]));
        }
    }
}

/// What the words around one place say: read once, asked by every rule that matches there.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    before: Side,
    after: Side,
    machinery: bool,
}

/// The words on one side of a place, and the rules that they speak for and against.
#[derive(Debug, Default)]
struct Side {
    /// Where the value begins or ends.
    place: Option<usize>,
    supported: Vec<u32>,
    opposed: Vec<u32>,
}

impl Side {
    /// Returns the phrases that end with the last word, and with the one before it.
    fn read(
        &mut self,
        place: usize,
        window: &[u8],
        (context, avoid, machinery): (&PhraseIndex, &PhraseIndex, &PhraseIndex),
    ) -> [[u64; MAX_PHRASE]; 2] {
        super::work::count(window.len());
        self.place = Some(place);
        self.supported.clear();
        self.opposed.clear();
        let known = |word| {
            context.words.may_have(word) || avoid.words.may_have(word) || machinery.words.may_have(word)
        };
        let last = for_phrases(window, known, |hash| {
            context.look_up(hash, &mut self.supported);
            avoid.look_up(hash, &mut self.opposed);
        });
        if !window.is_ascii() {
            context.look_up_raw(window, &mut self.supported);
            avoid.look_up_raw(window, &mut self.opposed);
        }
        last
    }
}

impl Surroundings {
    /// Forgets the last place; another text is scanned.
    pub(crate) fn clear(&mut self) {
        self.before.place = None;
        self.after.place = None;
    }

    /// Reads the words around `start..end`: those of its line, or of a label on the line before if
    /// it begins its own. What was read for the last place is not read again.
    pub(crate) fn read(
        &mut self,
        text: &[u8],
        (start, end): (usize, usize),
        (context, avoid, machinery): (&PhraseIndex, &PhraseIndex, &PhraseIndex),
    ) {
        if self.before.place != Some(start) {
            let window = window_before(text, start);
            let last = self.before.read(start, window, (context, avoid, machinery));
            self.machinery = last.as_flattened().iter().any(|hash| machinery.has(*hash));
        }
        if self.after.place != Some(end) {
            self.after.read(end, window_after(text, end), (context, avoid, machinery));
        }
    }

    /// True if a phrase of the rule stands there. Where the value has a name of its own, that
    /// of the next does not bear on it.
    pub(crate) fn support(&self, rule: u32) -> bool {
        self.before.supported.contains(&rule) || !self.machinery && self.after.supported.contains(&rule)
    }

    /// True if a phrase that speaks against the rule stands there.
    pub(crate) fn oppose(&self, rule: u32) -> bool {
        self.before.opposed.contains(&rule) || self.after.opposed.contains(&rule)
    }

    /// True if what stands right before names machinery.
    pub(crate) fn machinery(&self) -> bool {
        self.machinery
    }
}

/// The text before a place in which words bear on it.
fn window_before(text: &[u8], start: usize) -> &[u8] {
    let from = start.saturating_sub(BEFORE);
    let before = &text[from..start];
    let content = before.iter().rposition(|b| !b.is_ascii_whitespace()).map_or(0, |i| i + 1);
    let line = memchr::memrchr(b'\n', &before[..content]).map(|i| i + 1);
    if before[content..].contains(&b'\n') {
        // The value begins its line: the line before bears on it if it is a label and no more.
        let label = line.or((from == 0).then_some(0)).map_or(&[][..], |line| &before[line..]);
        let has_values = label.iter().any(|b| b.is_ascii_digit() || matches!(b, b'=' | b'{' | b'}'));
        return if has_values { &[] } else { label };
    }
    if let Some(line) = line {
        return &before[line..];
    }
    // Where the window cuts a word, that is not a word.
    let cut = if from > 0 && is_word(text[from - 1]) {
        before.iter().take_while(|b| is_word(**b)).count()
    } else {
        0
    };
    &before[cut..]
}

/// The text behind a place in which words bear on it.
fn window_after(text: &[u8], end: usize) -> &[u8] {
    let to = text.len().min(end + AFTER);
    let after = &text[end..to];
    if let Some(line) = memchr::memchr(b'\n', after) {
        return &after[..line];
    }
    let cut = text.get(to).is_some_and(|b| is_word(*b));
    let whole = if cut { after.iter().rposition(|b| !is_word(*b)).map_or(0, |i| i + 1) } else { after.len() };
    &after[..whole]
}

/// Calls `each` with the hash of every phrase of one to [`MAX_PHRASE`] words that are all `known`. Returns those
/// that end with the word before the last one, and with the last; 0 is none.
fn for_phrases(
    text: &[u8],
    known: impl Fn(u64) -> bool,
    mut each: impl FnMut(u64),
) -> [[u64; MAX_PHRASE]; 2] {
    // Hashes of the phrases of 1, 2, ... words that end at the word before.
    let mut ending = [0; MAX_PHRASE];
    let mut before = ending;
    let mut words = 0;
    for_words(text, |word| {
        before = ending;
        let word = word_hash(word);
        if !known(word) {
            (ending, words) = ([0; MAX_PHRASE], 0);
            return;
        }
        words = MAX_PHRASE.min(words + 1);
        for length in (0..words).rev() {
            ending[length] = extend(if length == 0 { 0 } else { ending[length - 1] }, word);
            each(ending[length]);
        }
    });
    [before, ending]
}

/// Marks the hash of a phrase that may stand anywhere in a key.
const ANYWHERE: u64 = 0x5851_F42D_4C95_7F2D;

/// Hashes by which the names of keys are looked up: of the last one, two, ... words of a key
/// (`db.passwordHash` ends in `hash`, in `password hash` and in `db password hash`), and of each
/// phrase as one that may stand anywhere.
pub(crate) fn for_key_hashes(key: &[u8], mut each: impl FnMut(u64)) {
    // The hash of the phrase of the last word, of the last two, ... as of the word just read.
    let mut ending = [0; MAX_PHRASE];
    let mut words = 0;
    for_words(key, |word| {
        let word = word_hash(word);
        words = MAX_PHRASE.min(words + 1);
        for length in (1..words).rev() {
            ending[length] = extend(ending[length - 1], word);
        }
        ending[0] = extend(0, word);
        ending[..words].iter().for_each(|phrase| each(phrase ^ ANYWHERE));
    });
    for hash in &ending[..words] {
        each(*hash);
    }
}

/// The hash under which the name of a key is looked up: `password` for keys that end in it,
/// `adobe *` for keys that have those words anywhere.
pub(crate) fn name_hash(name: &str) -> u64 {
    let mut hash = 0;
    for_words(name.as_bytes(), |word| hash = extend(hash, word_hash(word)));
    if name.ends_with('*') { hash ^ ANYWHERE } else { hash }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The hash of a word, in which case does not count.
fn word_hash(word: &[u8]) -> u64 {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let mix = |hash: u64, part: u64| {
        let hash = (hash ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^ hash >> 32
    };
    let mut hash = word.len() as u64;
    let (parts, rest) = word.as_chunks::<8>();
    for part in parts {
        hash = mix(hash, u64::from_le_bytes(*part) | SMALL);
    }
    // Less than eight bytes: the first and the last four, or all three, which tell it with the length.
    let rest = match (rest.first_chunk::<4>(), rest.last_chunk::<4>(), rest) {
        (Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        (.., [first, .., last]) => u64::from(*first) | u64::from(rest[1]) << 8 | u64::from(*last) << 16,
        (.., [only]) => u64::from(*only),
        _ => 0,
    };
    mix(hash, rest | SMALL).wrapping_mul(0xA076_1D64_78BD_642F)
}

/// The hash of a phrase and one more word.
const fn extend(phrase: u64, word: u64) -> u64 {
    (phrase.rotate_left(7) ^ word).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// Calls `each` with the words of `text`: runs of letters and digits, cut where lower case turns
/// upper (`dbPassword`) and before the last capital of several (`XMLKey`). What a scrubber wrote,
/// `[KIND]` and `[KIND:hash]`, is no word.
pub(crate) fn for_words<'t>(text: &'t [u8], mut each: impl FnMut(&'t [u8])) {
    let mut i = 0;
    while i < text.len() {
        if text[i] == b'[' {
            i += issued_token(&text[i..]).unwrap_or(1);
            continue;
        }
        if !is_word(text[i]) {
            i += 1;
            continue;
        }
        let start = i;
        i += 1;
        while i < text.len() && is_word(text[i]) {
            let (prev, byte) = (text[i - 1], text[i]);
            let next = text.get(i + 1).copied().unwrap_or(0);
            let hump = prev.is_ascii_lowercase() && byte.is_ascii_uppercase();
            let capitals_end = prev.is_ascii_uppercase()
                && byte.is_ascii_uppercase()
                && next.is_ascii_lowercase()
                // `SSNs` is a plural, not `SS` and `Ns`.
                && text.get(i + 2).is_some_and(u8::is_ascii_lowercase);
            if hump || capitals_end {
                break;
            }
            i += 1;
        }
        each(&text[start..i]);
    }
}

/// Length of the replacement that `text` begins with, if it begins with one: `[KIND]` or
/// `[KIND:0123456789abcdef]`.
pub(crate) fn issued_token(text: &[u8]) -> Option<usize> {
    let [b'[', first, rest @ ..] = text else { return None };
    if !first.is_ascii_uppercase() {
        return None;
    }
    let name = rest
        .iter()
        .take(64)
        .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_')
        .count();
    match rest.get(name)? {
        b']' => Some(name + 3),
        b':' => {
            let hash = rest[name + 1..].iter().take(17).take_while(|b| b.is_ascii_hexdigit()).count();
            (hash == 16 && rest.get(name + 17) == Some(&b']')).then_some(name + 20)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{PhraseIndex, Phrases, Surroundings, for_key_hashes, for_words, issued_token, name_hash};

    fn words(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        for_words(text.as_bytes(), |word| all.push(String::from_utf8_lossy(word).into_owned()));
        all
    }

    #[test]
    fn words_are_cut_at_humps() {
        assert_eq!(
            words("dbPassword my_API-key XMLKey SSNs"),
            ["db", "Password", "my", "API", "key", "XML", "Key", "SSNs"]
        );
        assert_eq!(words("a [US_SSN] b [US_SSN:0123456789abcdef] [x] 漢字"), ["a", "b", "x", "漢字"]);
    }

    #[test]
    fn phrases_are_whole_words() {
        let phrases = Phrases::new(["lic", "social security", "身份证"]);
        let (index, none) = (PhraseIndex::new([(7, &phrases)].into_iter()), PhraseIndex::new([].into_iter()));
        let have = |text: &str| {
            let mut around = Surroundings::default();
            around.read(text.as_bytes(), (text.len(), text.len()), (&index, &none, &index));
            around.support(7)
        };
        assert!(have("lic 1") && have("Social  Security no. ") && have("我的身份证号码") && have("userLic="));
        assert!(!have("public ") && !have("social insecurity") && !have("lic\nnext "));
        assert!(have("lic\n  "));
    }

    #[test]
    fn keys_match_by_their_last_words() {
        let ends = |key: &str, name| {
            let mut found = false;
            for_key_hashes(key.as_bytes(), |hash| found |= hash == name_hash(name));
            found
        };
        assert!(
            ends("db.dbPassword", "password") && ends("X-Api-Key", "api_key") && ends("APIKey", "api key")
        );
        assert!(ends("ADOBE_CLIENT_ID", "adobe *") && !ends("ADOBE_CLIENT_ID", "adobe"));
        assert!(!ends("monkey", "key") && !ends("password_hash", "password"));
    }

    #[test]
    fn issued() {
        assert_eq!(issued_token(b"[EMAIL]x"), Some(7));
        assert_eq!(issued_token(b"[EMAIL:0123456789abcdef]x"), Some(24));
        assert_eq!(issued_token(b"[EMAIL:0123]"), None);
        assert_eq!(issued_token(b"[email]"), None);
    }
}

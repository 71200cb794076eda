//! Words near a value, and in the names of keys.
//!
//! Words are whole: `lic` is not in `public`. `userSsn`, `user_ssn` and `user-ssn` are the words
//! `user` and `ssn`. Phrases of up to [`MAX_PHRASE`] words are compared by the hash of their words,
//! so that a look-up costs the same for five phrases as for five hundred.

use memchr::memmem;

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
    /// Phrases in scripts that may be written without spaces, looked for as they are.
    raw: Vec<Box<[u8]>>,
}

impl Phrases {
    pub(crate) fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for phrase in phrases {
            if phrase.is_ascii() {
                let mut hash = 0;
                for_words(phrase.as_bytes(), |word| hash = extend(hash, word_hash(word)));
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
        for_phrases(name.as_bytes(), |hash| phrases.push(hash));
        Self { phrases, text: name.as_bytes() }
    }

    /// True if one of the phrases stands here.
    pub(crate) fn have(&self, wanted: &Phrases) -> bool {
        self.phrases.iter().any(|hash| wanted.hashes.binary_search(hash).is_ok())
            || wanted.raw.iter().any(|raw| memmem::find(self.text, raw).is_some())
    }
}

/// Bits of the filter before an index.
const FILTER_BITS: u32 = 14;

/// Phrases of all rules: one look-up a phrase of the text, however many rules there are.
#[derive(Debug)]
pub(crate) struct PhraseIndex {
    /// Hashes and rules, sorted.
    entries: Vec<(u64, u32)>,
    /// Which hashes may be among them, by their highest bits.
    filter: Box<[u64; 1 << (FILTER_BITS - 6)]>,
    raw: Vec<(Box<[u8]>, u32)>,
}

impl PhraseIndex {
    pub(crate) fn new<'a>(rules: impl Iterator<Item = (u32, &'a Phrases)>) -> Self {
        let (mut entries, mut raw) = (Vec::new(), Vec::new());
        for (rule, phrases) in rules {
            entries.extend(phrases.hashes.iter().map(|&hash| (hash, rule)));
            raw.extend(phrases.raw.iter().map(|raw| (raw.clone(), rule)));
        }
        Self { raw, ..Self::of_hashes(entries) }
    }

    /// An index of hashes that are made already.
    pub(crate) fn of_hashes(mut entries: Vec<(u64, u32)>) -> Self {
        entries.sort_unstable();
        let mut filter = Box::new([0; 1 << (FILTER_BITS - 6)]);
        for (hash, _) in &entries {
            let bit = hash >> (64 - FILTER_BITS);
            filter[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        Self { entries, filter, raw: Vec::new() }
    }

    /// True if some rule has the phrase.
    fn has(&self, hash: u64) -> bool {
        let bit = hash >> (64 - FILTER_BITS);
        self.filter[(bit >> 6) as usize] >> (bit & 63) & 1 == 1
            && self.entries.binary_search_by_key(&hash, |(known, _)| *known).is_ok()
    }

    /// Appends the rules that have the phrase.
    #[inline]
    pub(crate) fn look_up(&self, hash: u64, rules: &mut Vec<u32>) {
        let bit = hash >> (64 - FILTER_BITS);
        if self.filter[(bit >> 6) as usize] >> (bit & 63) & 1 == 1 {
            let from = self.entries.partition_point(|(known, _)| *known < hash);
            rules.extend(
                self.entries[from..].iter().take_while(|(known, _)| *known == hash).map(|(_, rule)| rule),
            );
        }
    }

    fn look_up_raw(&self, text: &[u8], rules: &mut Vec<u32>) {
        let found = self.raw.iter().filter(|(raw, _)| memmem::find(text, raw).is_some());
        rules.extend(found.map(|(_, rule)| rule));
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
        context: &PhraseIndex,
        avoid: &PhraseIndex,
    ) -> [[u64; MAX_PHRASE]; 2] {
        self.place = Some(place);
        self.supported.clear();
        self.opposed.clear();
        let last = for_phrases(window, |hash| {
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
            let last = self.before.read(start, window, context, avoid);
            self.machinery = last.as_flattened().iter().any(|hash| machinery.has(*hash));
        }
        if self.after.place != Some(end) {
            self.after.read(end, window_after(text, end), context, avoid);
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

/// Calls `each` with the hash of every phrase of one to [`MAX_PHRASE`] words. Returns those that end with
/// the word before the last one, and with the last; 0 is none.
fn for_phrases(text: &[u8], mut each: impl FnMut(u64)) -> [[u64; MAX_PHRASE]; 2] {
    // Hashes of the phrases of 1, 2, ... words that end at the word before.
    let mut ending = [0; MAX_PHRASE];
    let mut before = ending;
    let mut words = 0;
    for_words(text, |word| {
        before = ending;
        words = MAX_PHRASE.min(words + 1);
        let word = word_hash(word);
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
    let hash = word.iter().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01B3)
    });
    (hash ^ hash >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15)
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

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
/// Words and phrases that a window usually has.
const MAX_WORDS: usize = 24;

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
                for_words(phrase.as_bytes(), |word| hash = extend(hash, word));
                all.hashes.push(hash);
            } else {
                all.raw.push(phrase.as_bytes().into());
            }
        }
        all.hashes.sort_unstable();
        all.hashes.dedup();
        all
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hashes.is_empty() && self.raw.is_empty()
    }
}

/// The words of one place in a text.
#[derive(Debug)]
pub(crate) struct Words<'t> {
    phrases: Vec<u64>,
    /// Phrases that end at the last word before the value, or at the one before that.
    nearest: [u64; 2 * MAX_PHRASE],
    texts: [&'t [u8]; 2],
}

impl<'t> Words<'t> {
    /// Words around `start..end`: those of its line, or of the line before if it begins its own.
    pub(crate) fn around(text: &'t [u8], start: usize, end: usize) -> Self {
        let from = start.saturating_sub(BEFORE);
        let mut before = &text[from..start];
        let content = before.iter().rposition(|b| !b.is_ascii_whitespace()).map_or(0, |i| i + 1);
        if let Some(line) = before[..content].iter().rposition(|&b| b == b'\n') {
            before = &before[line + 1..];
        } else if from > 0 && is_word(text[from - 1]) {
            // The window cuts a word, which is then not a word.
            before = &before[before.iter().take_while(|b| is_word(**b)).count()..];
        }
        let to = text.len().min(end + AFTER);
        let mut after = &text[end..to];
        if let Some(line) = after.iter().position(|&b| b == b'\n') {
            after = &after[..line];
        } else if text.get(to).is_some_and(|b| is_word(*b)) {
            after = &after[..after.iter().rposition(|b| !is_word(*b)).map_or(0, |i| i + 1)];
        }
        Self::of([before, after])
    }

    /// The words of a key, a column name, or any other short name.
    pub(crate) fn of_name(name: &'t str) -> Self {
        Self::of([name.as_bytes(), b""])
    }

    fn of(texts: [&'t [u8]; 2]) -> Self {
        let mut phrases = Vec::with_capacity(MAX_WORDS);
        let mut nearest = [0; 2 * MAX_PHRASE];
        for (side, text) in texts.into_iter().enumerate() {
            // Hashes of the phrases of 1, 2, ... words that end at the word before.
            let mut ending = [0; MAX_PHRASE];
            let mut words = 0;
            for_words(text, |word| {
                if side == 0 {
                    nearest[MAX_PHRASE..].copy_from_slice(&ending);
                }
                for length in (0..MAX_PHRASE.min(words + 1)).rev() {
                    ending[length] = extend(if length == 0 { 0 } else { ending[length - 1] }, word);
                    phrases.push(ending[length]);
                }
                words += 1;
            });
            if side == 0 {
                nearest[..MAX_PHRASE].copy_from_slice(&ending);
            }
        }
        Self { phrases, nearest, texts }
    }

    /// True if one of the phrases stands right before, or with one word between.
    pub(crate) fn nearest_is(&self, wanted: &Phrases) -> bool {
        self.nearest.iter().any(|hash| wanted.hashes.binary_search(hash).is_ok())
    }

    /// True if one of the phrases stands here.
    pub(crate) fn have(&self, wanted: &Phrases) -> bool {
        !wanted.is_empty()
            && (self.phrases.iter().any(|hash| wanted.hashes.binary_search(hash).is_ok())
                || wanted
                    .raw
                    .iter()
                    .any(|raw| self.texts.iter().any(|text| memmem::find(text, raw).is_some())))
    }
}

/// Marks the hash of a phrase that may stand anywhere in a key.
const ANYWHERE: u64 = 0x5851_F42D_4C95_7F2D;

/// Hashes by which the names of keys are looked up: of the last one, two, ... words of a key
/// (`db.passwordHash` ends in `hash`, in `password hash` and in `db password hash`), and of each
/// single word as one that may stand anywhere.
pub(crate) fn key_hashes(key: &[u8]) -> impl Iterator<Item = u64> {
    // The hash of the phrase of the last word, of the last two, ... as of the word just read.
    let mut ending = [0; MAX_PHRASE];
    let mut anywhere = [0; 2 * MAX_PHRASE];
    let mut words = 0;
    for_words(key, |word| {
        for length in (1..MAX_PHRASE.min(words + 1)).rev() {
            ending[length] = extend(ending[length - 1], word);
        }
        ending[0] = extend(0, word);
        if let Some(place) = anywhere.get_mut(words) {
            *place = ending[0] ^ ANYWHERE;
        }
        words += 1;
    });
    ending.into_iter().take(words).chain(anywhere.into_iter().take(words))
}

/// The hash under which the name of a key is looked up: `password` for keys that end in it,
/// `adobe *` for keys that have that word anywhere.
pub(crate) fn name_hash(name: &str) -> u64 {
    let mut hash = 0;
    for_words(name.as_bytes(), |word| hash = extend(hash, word));
    if name.ends_with('*') { hash ^ ANYWHERE } else { hash }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The hash of a phrase and one more word, in which case does not count.
fn extend(hash: u64, word: &[u8]) -> u64 {
    let mut hash = hash.rotate_left(7) ^ 0x9E37_79B9_7F4A_7C15;
    for byte in word {
        hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01B3);
    }
    hash ^ hash >> 29
}

/// Calls `each` with the words of `text`: runs of letters and digits, cut where lower case turns
/// upper (`dbPassword`) and before the last capital of several (`XMLKey`). What a scrubber wrote,
/// `[KIND]` and `[KIND:hash]`, is no word.
fn for_words<'t>(text: &'t [u8], mut each: impl FnMut(&'t [u8])) {
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
    use super::{Phrases, Words, for_words, issued_token, key_hashes, name_hash};

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
        let have = |text: &str| Words::around(text.as_bytes(), text.len(), text.len()).have(&phrases);
        assert!(have("lic 1") && have("Social  Security no. ") && have("我的身份证号码") && have("userLic="));
        assert!(!have("public ") && !have("social insecurity") && !have("lic\nnext "));
        assert!(have("lic\n  "));
    }

    #[test]
    fn keys_match_by_their_last_words() {
        let ends = |key: &str, name| key_hashes(key.as_bytes()).any(|hash| hash == name_hash(name));
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

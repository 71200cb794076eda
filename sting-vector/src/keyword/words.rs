//! From text to the words that are indexed and looked up.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use unicode_segmentation::UnicodeSegmentation;

/// Words are indexed by their first bytes; what is longer is data, not language.
const MAX_WORD_BYTES: usize = 64;

/// Calls `word` with every word of a text, in order, in the form in which words are compared.
///
/// Words are those of UAX #29, cut further at ASCII punctuation (`host.example.com` is found by
/// `example`), in lower case and NFKC. A Han or Hiragana character is a word of its own.
pub(crate) fn words(text: &str, mut word: impl FnMut(&str)) {
    let mut buffer = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        // Texts are mostly ASCII, where the rules amount to runs of letters and digits. A run of
        // ASCII ends before the last word in front of other characters, which may belong to it.
        let ascii = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let ascii = if ascii == rest.len() { ascii } else { rest[..ascii].rfind(' ').map_or(0, |at| at + 1) };
        ascii_words(&rest[..ascii], &mut buffer, &mut word);
        rest = &rest[ascii..];
        // The part with other characters ends at the first space that follows one.
        let other = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let end = rest[other..].find(' ').map_or(rest.len(), |at| other + at);
        unicode_words(&rest[..end], &mut buffer, &mut word);
        rest = &rest[end..];
    }
}

fn ascii_words(text: &str, buffer: &mut String, word: &mut impl FnMut(&str)) {
    for run in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty()) {
        let run = &run[..run.len().min(MAX_WORD_BYTES)];
        if run.bytes().any(|byte| byte.is_ascii_uppercase()) {
            buffer.clear();
            buffer.push_str(run);
            buffer.make_ascii_lowercase();
            word(buffer);
        } else {
            word(run);
        }
    }
}

fn unicode_words(text: &str, buffer: &mut String, word: &mut impl FnMut(&str)) {
    if text.is_empty() {
        return;
    }
    let composed = match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfkc().collect()),
    };
    for run in composed.unicode_words().flat_map(|run| run.split(|c: char| c.is_ascii_punctuation())) {
        buffer.clear();
        for c in run.chars().flat_map(char::to_lowercase) {
            // Final sigma is a matter of position, not of the word.
            let c = if c == 'ς' { 'σ' } else { c };
            if buffer.len() + c.len_utf8() > MAX_WORD_BYTES {
                break;
            }
            buffer.push(c);
        }
        if !buffer.is_empty() {
            word(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(text: &str) -> Vec<String> {
        let mut list = Vec::new();
        words(text, |word| list.push(word.to_owned()));
        list
    }

    fn slowly(text: &str) -> Vec<String> {
        let mut list = Vec::new();
        unicode_words(text, &mut String::new(), &mut |word: &str| list.push(word.to_owned()));
        list
    }

    #[test]
    fn words_of_many_scripts() {
        for (text, expected) in [
            ("", vec![]),
            (
                "Don't log in as root@host.Example.com!",
                vec!["don", "t", "log", "in", "as", "root", "host", "example", "com"],
            ),
            ("10.0.0.1:8080 snake_case", vec!["10", "0", "0", "1", "8080", "snake", "case"]),
            ("ÜBER Straße, ﬁn", vec!["über", "straße", "fin"]),
            ("cafe\u{301} CAFÉ", vec!["café", "café"]),
            ("ΟΔΟΣ οδός", vec!["οδοσ", "οδόσ"]),
            ("数据库 ok", vec!["数", "据", "库", "ok"]),
            ("हिन्दी", vec!["हिन्दी"]),
        ] {
            assert_eq!(list(text), expected, "{text}");
        }
        assert_eq!(list(&"x".repeat(1000)), ["x".repeat(MAX_WORD_BYTES)]);
    }

    proptest! {
        #[test]
        fn the_fast_path_changes_nothing(text in "[a-zA-Z0-9 .,_'é数\u{301}\n-]{0,60}") {
            prop_assert_eq!(list(&text), slowly(&text));
        }

        #[test]
        fn any_text_has_short_words(text in ".*") {
            for word in list(&text) {
                prop_assert!(!word.is_empty() && word.len() <= MAX_WORD_BYTES);
            }
        }
    }
}

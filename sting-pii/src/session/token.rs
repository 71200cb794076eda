//! Tokens: how they are written, made and read.
//!
//! A token is `[KIND_XXXXXXXXXXXXXX]`: the kind in capitals and fourteen consonants, which are the first 60 bits of
//! HMAC-SHA-256 of the value. There is no digit, quote or backslash in it, so it is no number, survives JSON, and forms
//! no word. Equal values have equal tokens; without the key no token can be made.

use crate::key::{Key, Secret, keyed};
use crate::vault::Slot;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

/// Letters of which the end of a token is made: no vowels, so that no word comes about.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many of them: 20 to the 14th is above 2 to the 60th.
pub(crate) const ID_LEN: usize = 14;
/// Longest name of a kind in a token; longer ones are cut.
const MAX_LABEL: usize = 40;
/// Longest token: brackets, name, `_`, letters.
pub(super) const MAX_TOKEN: usize = MAX_LABEL + ID_LEN + 3;

/// What the bytes in a vault are, and so how they are put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The value, as it stood in the text.
    Text,
    /// A piece of a JSON string that is written with escapes.
    Escaped,
    /// A JSON number, in whose place a string stands. How the quotes of that string are written: `"`, or `\"` in JSON
    /// that is itself in a string.
    Number {
        /// Bytes of a quote.
        quote: u8,
    },
}

impl Form {
    const fn byte(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Escaped => 1,
            Self::Number { quote } => 2 + quote,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Text),
            1 => Some(Self::Escaped),
            3 | 4 => Some(Self::Number { quote: byte - 2 }),
            _ => None,
        }
    }
}

/// A kind as it is written in tokens.
pub(crate) fn label(kind: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let mut label: String = kind.chars().map(plain).take(MAX_LABEL).collect();
    if !label.starts_with(|c: char| c.is_ascii_uppercase()) {
        label.insert(0, 'X');
        label.truncate(MAX_LABEL);
    }
    label
}

/// Makes tokens under one key.
#[derive(Clone)]
pub(crate) struct Minter {
    mac: Hmac<Sha256>,
    scope: [u8; 8],
}

impl fmt::Debug for Minter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Minter(***)")
    }
}

impl Minter {
    pub(crate) fn new(key: &Key) -> Self {
        let mut scope = [0; 8];
        scope.copy_from_slice(&key.derive("session scope")[..8]);
        Self { mac: keyed(&key.derive("session tokens")), scope }
    }

    pub(crate) const fn scope(&self) -> [u8; 8] {
        self.scope
    }

    pub(crate) const fn slot(&self, id: [u8; ID_LEN]) -> Slot {
        Slot { scope: self.scope, id }
    }

    /// The token of a value, and what is kept of it.
    pub(crate) fn mint(&self, label: &str, form: Form, value: &[u8]) -> (Slot, Secret) {
        let mut entry = Vec::with_capacity(2 + label.len() + value.len());
        entry.push(form.byte());
        entry.push(label.len() as u8);
        entry.extend_from_slice(label.as_bytes());
        entry.extend_from_slice(value);
        (self.slot(self.id(&entry)), entry.into())
    }

    /// What a vault holds for a token, if the token was made of it.
    pub(super) fn open<'v>(&self, id: [u8; ID_LEN], entry: &'v [u8]) -> Option<Opened<'v>> {
        if self.id(entry) != id {
            return None;
        }
        let [form, length, rest @ ..] = entry else { return None };
        let (label, value) = rest.split_at_checked(usize::from(*length))?;
        Some(Opened {
            form: Form::from_byte(*form)?,
            label: std::str::from_utf8(label).ok()?,
            value: std::str::from_utf8(value).ok()?,
        })
    }

    fn id(&self, entry: &[u8]) -> [u8; ID_LEN] {
        let mut mac = self.mac.clone();
        mac.update(entry);
        let tag = mac.finalize().into_bytes();
        let mut number = u64::from_le_bytes(tag[..8].try_into().expect("eight bytes"));
        let mut id = [0; ID_LEN];
        for letter in &mut id {
            *letter = ALPHABET[(number % 20) as usize];
            number /= 20;
        }
        id
    }
}

/// What is behind a token.
pub(super) struct Opened<'v> {
    pub(super) form: Form,
    pub(super) label: &'v str,
    pub(super) value: &'v str,
}

/// Writes a token.
pub(crate) fn write(label: &str, slot: Slot, out: &mut Vec<u8>) {
    out.push(b'[');
    out.extend_from_slice(label.as_bytes());
    out.push(b'_');
    out.extend_from_slice(&slot.id);
    out.push(b']');
}

/// What of a text was read as a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parsed<'t> {
    /// Its bytes, brackets included.
    pub(super) len: usize,
    pub(super) label: &'t [u8],
    pub(super) id: [u8; ID_LEN],
}

/// Whether a token begins here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read<T> {
    /// No.
    No,
    /// That depends on what comes next.
    More,
    /// Yes.
    Yes(T),
}

/// Reads a token, exactly as it is written, at the beginning of `text`.
pub(super) fn read(text: &[u8], at_end: bool) -> Read<Parsed<'_>> {
    if text.first().is_some_and(|byte| *byte != b'[') {
        return Read::No;
    }
    let body = text.get(1..).unwrap_or_default();
    let inside = |b: &&u8| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_';
    let len = body.iter().take(MAX_TOKEN).take_while(inside).count();
    let first = body.first();
    if first.is_some_and(|b| !b.is_ascii_uppercase()) || len > MAX_TOKEN - 2 {
        return Read::No;
    }
    match body.get(len) {
        None if at_end => Read::No,
        None => Read::More,
        Some(b']') => {
            let Some(underscore) = len.checked_sub(ID_LEN + 1).filter(|at| *at > 0 && body[*at] == b'_')
            else {
                return Read::No;
            };
            let letters = &body[underscore + 1..len];
            if !letters.iter().all(|b| ALPHABET.contains(b)) {
                return Read::No;
            }
            Read::Yes(Parsed { len: len + 2, label: &body[..underscore], id: id_of(letters) })
        }
        Some(_) => Read::No,
    }
}

/// The name and the letters of a token of which only letters and digits are left, in any case.
pub(super) fn read_loosely(plain: &[u8]) -> Option<(&[u8], [u8; ID_LEN])> {
    let (label, letters) = plain.split_at_checked(plain.len().checked_sub(ID_LEN)?)?;
    if label.is_empty() || !letters.iter().all(|b| ALPHABET.contains(&b.to_ascii_uppercase())) {
        return None;
    }
    Some((label, id_of(&letters.to_ascii_uppercase())))
}

fn id_of(letters: &[u8]) -> [u8; ID_LEN] {
    let mut id = [0; ID_LEN];
    id.copy_from_slice(letters);
    id
}

#[cfg(test)]
mod tests {
    use super::{ALPHABET, Form, MAX_TOKEN, Minter, Read, label, read, write};
    use crate::Key;

    fn minter(byte: u8) -> Minter {
        Minter::new(&Key::new([byte; 16]).unwrap())
    }

    fn token(minter: &Minter, kind: &str, value: &str) -> String {
        let label = label(kind);
        let (slot, _) = minter.mint(&label, Form::Text, value.as_bytes());
        let mut out = Vec::new();
        write(&label, slot, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn tokens_are_stable_and_keyed() {
        let one = token(&minter(1), "email", "a@b.example");
        assert_eq!(one, token(&minter(1), "email", "a@b.example"));
        assert_ne!(one, token(&minter(1), "email", "c@b.example"));
        assert_ne!(one, token(&minter(1), "phone", "a@b.example"));
        assert_ne!(one, token(&minter(2), "email", "a@b.example"));
        assert!(one.starts_with("[EMAIL_") && one.len() == "[EMAIL_]".len() + 14, "{one}");
    }

    #[test]
    fn what_is_written_is_read() {
        for kind in ["email", "a", "Patient-ID 7", "7th", &"long".repeat(40), "über", ""] {
            let token = token(&minter(1), kind, "x");
            assert!(token.len() <= MAX_TOKEN);
            assert!(crate::detect::context::issued_token(token.as_bytes()) == Some(token.len()), "{token}");
            let Read::Yes(parsed) = read(token.as_bytes(), true) else { panic!("{token}") };
            assert_eq!((parsed.len, parsed.label), (token.len(), label(kind).as_bytes()));
            for cut in 0..token.len() {
                assert_eq!(read(&token.as_bytes()[..cut], false), Read::More, "{}", &token[..cut]);
                assert_eq!(read(&token.as_bytes()[..cut], true), Read::No);
            }
        }
        for other in [
            "[email_BCDFGHJKLMNPQR]",
            "[EMAIL_BCDFGHJKLMNPQA]",
            "[_BCDFGHJKLMNPQR]",
            "[EMAILBCDFGHJKLMNPQR]",
            "x",
        ] {
            assert_eq!(read(other.as_bytes(), true), Read::No, "{other}");
        }
        assert_eq!(ALPHABET.len(), 20);
    }
}

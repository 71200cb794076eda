//! What is done with a finding.

use crate::Error;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::{self, Deserialize, Deserializer};
use sha2::Sha256;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What is done with a piece of private data.
///
/// Read from JSON as a name (`"hash"`) or as an object (`{"mask": {"keep_last": 4}}`,
/// `{"replace": "<gone>"}`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Leaves it as it is.
    Keep,
    /// Writes `*` for each character but the first and last few. At least a third of the
    /// characters, and at least three, are masked whatever is asked for.
    Mask {
        /// Characters kept at the beginning.
        keep_first: usize,
        /// Characters kept at the end.
        keep_last: usize,
    },
    /// Writes `[KIND:0123456789abcdef]`, the first 64 bits of HMAC-SHA-256 of the value under the
    /// scrubber's key: equal values stay equal, and nobody without the key can try values out.
    Hash,
    /// Writes nothing.
    Remove,
    /// Writes a text in which `{kind}` stands for the kind in lower case and `{KIND}` in upper
    /// case. [`Action::default`] is `[{KIND}]`.
    Replace(Arc<str>),
}

impl Default for Action {
    fn default() -> Self {
        Self::Replace("[{KIND}]".into())
    }
}

impl Action {
    /// A mask that keeps the last `n` characters.
    pub const fn mask_keeping_last(n: usize) -> Self {
        Self::Mask { keep_first: 0, keep_last: n }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Mask { .. } => "mask",
            Self::Hash => "hash",
            Self::Remove => "remove",
            Self::Replace(_) => "replace",
        }
    }
}

impl Action {
    /// What this action makes of a value of the kind that is named: for callers that know by other
    /// means that a value is private, such as the name of its column.
    ///
    /// # Errors
    /// [`Error::KeyMissing`] if the action is [`Action::Hash`] and there is no key.
    pub fn apply(&self, value: &str, kind: &str, key: Option<&Key>) -> Result<String, Error> {
        if matches!(self, Self::Hash) && key.is_none() {
            return Err(Error::KeyMissing { kind: kind.into(), action: self.name() });
        }
        let mut out = Vec::with_capacity(value.len());
        Plan::new(self.clone(), kind).apply(value.as_bytes(), kind, key, &mut out);
        // Values are cut between characters only; were it otherwise, nothing would come out.
        Ok(String::from_utf8(out).unwrap_or_default())
    }
}

impl FromStr for Action {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "keep" => Ok(Self::Keep),
            "mask" => Ok(Self::mask_keeping_last(0)),
            "hash" => Ok(Self::Hash),
            "remove" => Ok(Self::Remove),
            "replace" => Ok(Self::default()),
            _ => Err(Error::config(
                "action",
                format!("no action is named {name:?}"),
                "use keep, mask, hash, remove or replace",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Form {
            Name(String),
            Object(Object),
        }
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        enum Object {
            Mask {
                #[serde(default)]
                keep_first: usize,
                #[serde(default)]
                keep_last: usize,
            },
            Replace(String),
        }
        match Form::deserialize(deserializer).map_err(|_| {
            de::Error::custom("not an action; use a name, {\"mask\": {..}} or {\"replace\": \"..\"}")
        })? {
            Form::Name(name) => name.parse().map_err(de::Error::custom),
            Form::Object(Object::Mask { keep_first, keep_last }) => Ok(Self::Mask { keep_first, keep_last }),
            Form::Object(Object::Replace(template)) => Ok(Self::Replace(template.into())),
        }
    }
}

/// A secret under which values are hashed. Never printed.
#[derive(Clone)]
pub struct Key(Arc<[u8]>);

impl Key {
    /// Shortest key that is accepted, in bytes.
    pub const MIN_LEN: usize = 16;

    /// A key of at least [`Key::MIN_LEN`] bytes.
    ///
    /// # Errors
    /// Refuses shorter ones.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, Error> {
        let bytes = bytes.as_ref();
        if bytes.len() < Self::MIN_LEN {
            return Err(Error::config(
                "key",
                format!("{} bytes are too few", bytes.len()),
                "give at least 16 random bytes",
            ));
        }
        Ok(Self(bytes.into()))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A value that changes with the key and does not tell it.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.mac(&[b"sting key fingerprint"])
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// An action made ready for one kind.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) action: Action,
    /// What `Replace` writes, or the `[KIND:` before a hash.
    text: String,
}

impl Plan {
    pub(crate) fn new(action: Action, kind: &str) -> Self {
        let upper = kind.to_ascii_uppercase();
        let text = match &action {
            Action::Replace(template) => template.replace("{kind}", kind).replace("{KIND}", &upper),
            Action::Hash => format!("[{upper}:"),
            _ => String::new(),
        };
        Self { action, text }
    }

    /// What a `Replace` writes.
    pub(crate) fn replacement(&self) -> Option<&str> {
        matches!(self.action, Action::Replace(_)).then_some(self.text.as_str())
    }

    /// Appends what stands for `value`. Without a key a hash yields nothing: configuration has
    /// refused that already.
    pub(crate) fn apply(&self, value: &[u8], kind: &str, key: Option<&Key>, out: &mut Vec<u8>) {
        match &self.action {
            Action::Keep => out.extend_from_slice(value),
            Action::Remove => {}
            Action::Replace(_) => out.extend_from_slice(self.text.as_bytes()),
            Action::Mask { keep_first, keep_last } => mask(value, *keep_first, *keep_last, out),
            Action::Hash => {
                if let Some(key) = key {
                    out.extend_from_slice(self.text.as_bytes());
                    for byte in &key.mac(&[kind.as_bytes(), value])[..8] {
                        out.extend_from_slice(&hex(*byte));
                    }
                    out.push(b']');
                }
            }
        }
    }
}

fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

/// Fewest `*` that a mask writes; three in a row are how a mask is known again.
const MIN_STARS: usize = 3;

/// Counts characters, not bytes, so that no character is cut. Bytes that are not UTF-8 count one each.
fn mask(value: &[u8], keep_first: usize, keep_last: usize, out: &mut Vec<u8>) {
    let text: Cow<'_, str> = String::from_utf8_lossy(value);
    let len = text.chars().count();
    let may_keep = len.saturating_sub(len.div_ceil(3).max(MIN_STARS));
    let last = keep_last.min(may_keep);
    let first = keep_first.min(may_keep - last);
    let mut buffer = [0; 4];
    for (i, char) in text.chars().enumerate() {
        let kept = i < first || i >= len - last;
        out.extend_from_slice(if kept { char.encode_utf8(&mut buffer).as_bytes() } else { b"*" });
    }
    out.resize(out.len() + MIN_STARS.saturating_sub(len), b'*');
}

#[cfg(test)]
mod tests {
    use super::{Action, Key, Plan};

    fn run(action: Action, value: &str) -> String {
        let key = Key::new("0123456789abcdef").unwrap();
        let mut out = Vec::new();
        Plan::new(action, "email").apply(value.as_bytes(), "email", Some(&key), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn masks_hide_at_least_a_third() {
        assert_eq!(run(Action::mask_keeping_last(4), "4111111111111111"), "************1111");
        assert_eq!(run(Action::Mask { keep_first: 6, keep_last: 4 }, "4111111111111111"), "411111******1111");
        assert_eq!(run(Action::mask_keeping_last(4), "abcde"), "***de");
        assert_eq!(run(Action::mask_keeping_last(4), "a"), "***");
        assert_eq!(run(Action::mask_keeping_last(1), "né漢字é"), "****é");
    }

    #[test]
    fn hashes_are_keyed_and_stable() {
        let one = run(Action::Hash, "a@b.example");
        assert_eq!(one, run(Action::Hash, "a@b.example"));
        assert_ne!(one, run(Action::Hash, "c@b.example"));
        assert!(one.starts_with("[EMAIL:") && one.len() == "[EMAIL:]".len() + 16, "{one}");
    }

    #[test]
    fn forms() {
        let read = |json| serde_json::from_str::<Action>(json);
        assert_eq!(read(r#""hash""#).unwrap(), Action::Hash);
        assert_eq!(read(r#"{"mask":{"keep_last":4}}"#).unwrap(), Action::mask_keeping_last(4));
        assert_eq!(read(r#"{"replace":"x"}"#).unwrap(), Action::Replace("x".into()));
        assert!(read(r#""shred""#).is_err() && read("{}").is_err());
        assert_eq!(run(Action::default(), "a@b.example"), "[EMAIL]");
    }

    #[test]
    fn short_keys_are_refused_and_keys_are_not_printed() {
        assert!(Key::new("short").is_err());
        assert_eq!(format!("{:?}", Key::new([7; 16]).unwrap()), "Key(***)");
    }
}

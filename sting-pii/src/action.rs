//! What is done with a finding.

mod callback;
mod date;
mod form;
mod fpe;
mod generalize;
mod mask;

pub use callback::Callback;
pub use generalize::{DatePrecision, Generalize};

use crate::session::token::{self, Form, Minter};
use crate::vault::{Entry, Vault};
use crate::{Error, Key};
use date::Dated;
use fpe::{Cipher, Direction};
use std::sync::Arc;

/// What is done with a piece of private data.
///
/// Read from JSON as a name (`"hash"`) or as an object: `{"mask": {"keep_last": 4}}`, `{"replace": "<gone>"}`,
/// `{"generalize": {"dates": "month", "round": 10}}`, `{"date_shift": {"max_days": 30}}`.
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
    /// Writes a token under the scrubber's key and keeps the value in its vault. A
    /// [`Session`](crate::Session) with the same key and vault restores it.
    Token,
    /// Encrypts digits to digits and letters to letters under the scrubber's key and leaves the rest as it is: FF1 of
    /// NIST SP 800-38G with AES-256 and the kind as tweak. [`Scrubber::decrypt`](crate::Scrubber::decrypt) undoes it.
    ///
    /// Digits and letters are encrypted apart. Where there are fewer than six digits and five letters, or letters beyond
    /// ASCII, `[KIND]` is written instead; of a value that is long enough, a group of up to three characters stays (`DE`
    /// of an IBAN). The Luhn digit of cards, IMEI, NPI and SIN comes out wrong, so that no valid number of somebody
    /// else's comes about; other check digits are encrypted with the rest and will hardly ever be right.
    Fpe,
    /// Writes a wider value: the network of an address (/24, /48), the month or year of a date, `90+` for an age over
    /// 89, three digits of a ZIP code (`000` where fewer than 20,000 people live), a rounded quantity. What cannot be
    /// widened becomes `[KIND]`.
    Generalize(Generalize),
    /// Moves a date by some days, the same for all dates of one [subject](crate::Scrubber::for_subject), so that the
    /// time between them stays. The days come from the scrubber's key. What is no date becomes `[KIND]`.
    DateShift {
        /// Most days, either way. At least one day is always moved.
        max_days: u16,
    },
    /// Writes what a function of the caller's returns.
    Call(Callback),
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
            Self::Token => "token",
            Self::Fpe => "fpe",
            Self::Generalize(_) => "generalize",
            Self::DateShift { .. } => "date_shift",
            Self::Call(_) => "call",
        }
    }

    /// True if it cannot be done without a key.
    pub const fn needs_key(&self) -> bool {
        matches!(self, Self::Hash | Self::Token | Self::Fpe | Self::DateShift { .. })
    }

    /// True if what it writes may look like private data and stays all the same: an encrypted card number, a shifted
    /// date, the network of an address. A second scrubbing finds it again, and treats it again.
    pub(crate) fn stands(&self) -> bool {
        match self {
            Self::Fpe | Self::DateShift { .. } | Self::Generalize(_) => true,
            Self::Call(callback) => callback.is_trusted(),
            _ => false,
        }
    }

    /// True if what it writes is not changed when it is treated again.
    pub(crate) fn is_repeatable(&self) -> bool {
        !self.stands() || matches!(self, Self::Generalize(_))
    }

    /// What this action makes of a value of the kind that is named: for callers that know by other
    /// means that a value is private, such as the name of its column.
    ///
    /// # Errors
    /// [`Error::KeyMissing`] if the action needs a key and there is none, [`Error::Config`] for [`Action::Token`], which
    /// needs a vault, and [`Error::Callback`].
    pub fn apply(&self, value: &str, kind: &str, key: Option<&Key>) -> Result<String, Error> {
        if self.needs_key() && key.is_none() {
            return Err(Error::KeyMissing { kind: kind.into(), action: self.name() });
        }
        let mut out = Vec::with_capacity(value.len());
        let tools = Tools { key, subject: "", vault: None };
        Plan::new(self.clone(), kind, key).apply(value.as_bytes(), kind, &tools, &mut out)?;
        // Values are cut between characters only; were it otherwise, nothing would come out.
        Ok(String::from_utf8(out).unwrap_or_default())
    }
}

/// What [`Action::Fpe`] has encrypted, in clear.
pub(crate) fn decrypt(value: &str, kind: &str, key: &Key) -> Result<String, Error> {
    Cipher::new(key, kind).apply(value, Direction::Decrypt).ok_or_else(|| {
        let problem = "it has too few digits and letters, or others than ASCII, to have been encrypted";
        Error::config("value", problem, "pass a value of which `fpe` was the action")
    })
}

/// What actions work with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tools<'a> {
    pub(crate) key: Option<&'a Key>,
    /// Whose dates are shifted together.
    pub(crate) subject: &'a str,
    pub(crate) vault: Option<&'a dyn Vault>,
}

/// An action made ready for one kind.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) action: Action,
    /// What `Replace` writes, what others write where they cannot do what they should, or the `[KIND:` before a hash.
    text: String,
    ready: Ready,
}

/// What needs the key worked in once.
#[derive(Debug)]
enum Ready {
    Nothing,
    Cipher(Box<Cipher>),
    Token { label: String, minter: Box<Minter> },
}

impl Plan {
    pub(crate) fn new(action: Action, kind: &str, key: Option<&Key>) -> Self {
        let upper = kind.to_ascii_uppercase();
        let text = match &action {
            Action::Replace(template) => template.replace("{kind}", kind).replace("{KIND}", &upper),
            Action::Hash => format!("[{upper}:"),
            _ => format!("[{upper}]"),
        };
        let ready = match (&action, key) {
            (Action::Fpe, Some(key)) => Ready::Cipher(Box::new(Cipher::new(key, kind))),
            (Action::Token, Some(key)) => {
                Ready::Token { label: token::label(kind), minter: Box::new(Minter::new(key)) }
            }
            _ => Ready::Nothing,
        };
        Self { action, text, ready }
    }

    /// What a `Replace` writes, or what another action may have to write in its place.
    pub(crate) fn replacement(&self) -> Option<&str> {
        let writes_it = matches!(self.action, Action::Replace(_)) || self.action.stands();
        writes_it.then_some(self.text.as_str())
    }

    /// Appends what stands for `value`. Without a key nothing comes of an action that needs one: configuration has
    /// refused that already.
    pub(crate) fn apply(
        &self,
        value: &[u8],
        kind: &str,
        tools: &Tools<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let text = || String::from_utf8_lossy(value);
        match (&self.action, &self.ready) {
            (Action::Keep, _) => out.extend_from_slice(value),
            (Action::Replace(_), _) => out.extend_from_slice(self.text.as_bytes()),
            (Action::Mask { keep_first, keep_last }, _) => mask::mask(value, *keep_first, *keep_last, out),
            (Action::Hash, _) => {
                if let Some(key) = tools.key {
                    out.extend_from_slice(self.text.as_bytes());
                    for byte in &key.mac(&[kind.as_bytes(), value])[..8] {
                        out.extend_from_slice(&hex(*byte));
                    }
                    out.push(b']');
                }
            }
            (Action::Token, Ready::Token { label, minter }) => {
                let vault = tools.vault.ok_or_else(|| {
                    Error::config("action token", "there is no vault here", "use `hash`, or a session")
                })?;
                let (slot, entry) = minter.mint(label, Form::Text, value);
                vault.put(&[Entry { slot, value: entry.bytes() }])?;
                token::write(label, slot, out);
            }
            (Action::Fpe, Ready::Cipher(cipher)) => {
                self.write(cipher.apply(&text(), Direction::Encrypt).as_deref(), out);
            }
            (Action::Generalize(how), _) => self.write(how.apply(&text(), kind).as_deref(), out),
            (Action::DateShift { max_days }, _) => {
                let days = tools.key.map(|key| days_of(key, tools.subject, *max_days));
                let text = text();
                let date = Dated::parse(text.trim());
                let shifted = days.zip(date).map(|(days, date)| date.shifted(days));
                self.write(shifted.as_deref(), out);
            }
            (Action::Call(callback), _) => out.extend_from_slice(callback.apply(value, kind)?.as_bytes()),
            (Action::Remove | Action::Token | Action::Fpe, _) => {}
        }
        Ok(())
    }

    /// Appends what is written where the action cannot be done.
    pub(crate) fn replace(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text.as_bytes());
    }

    fn write(&self, made: Option<&str>, out: &mut Vec<u8>) {
        out.extend_from_slice(made.unwrap_or(&self.text).as_bytes());
    }
}

/// By how many days the dates of a subject are moved: never by none.
fn days_of(key: &Key, subject: &str, max_days: u16) -> i64 {
    let tag = key.mac(&[b"date shift", subject.as_bytes()]);
    let number = u32::from_le_bytes(tag[..4].try_into().expect("four bytes"));
    let days = i64::from(number / 2 % u32::from(max_days.max(1))) + 1;
    if number % 2 == 0 { days } else { -days }
}

fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

#[cfg(test)]
mod tests {
    use super::{Action, Callback, Generalize};
    use crate::{Error, Key};

    fn run(action: &Action, value: &str) -> String {
        action.apply(value, "email", Some(&Key::new("0123456789abcdef").unwrap())).unwrap()
    }

    #[test]
    fn masks_hide_at_least_a_third() {
        assert_eq!(run(&Action::mask_keeping_last(4), "4111111111111111"), "************1111");
        assert_eq!(
            run(&Action::Mask { keep_first: 6, keep_last: 4 }, "4111111111111111"),
            "411111******1111"
        );
        assert_eq!(run(&Action::mask_keeping_last(4), "abcde"), "***de");
        assert_eq!(run(&Action::mask_keeping_last(4), "a"), "***");
        assert_eq!(run(&Action::mask_keeping_last(1), "né漢字é"), "****é");
    }

    #[test]
    fn hashes_are_keyed_and_stable() {
        let one = run(&Action::Hash, "a@b.example");
        assert_eq!(one, run(&Action::Hash, "a@b.example"));
        assert_ne!(one, run(&Action::Hash, "c@b.example"));
        assert!(one.starts_with("[EMAIL:") && one.len() == "[EMAIL:]".len() + 16, "{one}");
    }

    #[test]
    fn what_cannot_be_done_leaves_nothing_of_the_value() {
        let shift = Action::DateShift { max_days: 30 };
        for action in [Action::Fpe, Action::Generalize(Generalize::default()), shift.clone()] {
            assert_eq!(run(&action, "no"), "[EMAIL]", "{action:?}");
        }
        let moved = run(&shift, "2024-01-31");
        assert!(moved != "2024-01-31" && moved.len() == 10 && moved.starts_with("202"), "{moved}");
        for action in [Action::Hash, Action::Token, Action::Fpe, shift] {
            assert_eq!(action.apply("x", "email", None).unwrap_err().code(), "key_missing");
        }
    }

    #[test]
    fn a_callback_that_fails_tells_nothing() {
        let fails = Callback::new("fails", |value, _| Err(format!("not {value}").into()));
        let panics = Callback::new("panics", |value, _| panic!("not {value}"));
        std::panic::set_hook(Box::new(|_| {}));
        for callback in [fails, panics] {
            let error = Action::Call(callback).apply("secret-word", "email", None).unwrap_err();
            assert!(matches!(error, Error::Callback { .. }));
            assert!(!format!("{error} {error:?}").contains("secret-word"));
        }
        drop(std::panic::take_hook());
    }
}

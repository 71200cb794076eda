//! Private data out of what goes to a language model, and back into what it answers.

mod json;
mod protect;
mod restore;
pub(crate) mod token;

pub use restore::RestoreStream;

use crate::vault::Vault;
use crate::{Error, Key, ScrubResult, Scrubber};
use protect::Piece;
use restore::Target;
use std::sync::Arc;
use sting_core::Span;
use token::{Form, Minter};

/// Puts tokens in the place of private data, and private data in the place of tokens.
///
/// A token is `[EMAIL_BCDFGHJKLMNPQR]`. Equal values have equal tokens, so that a model can tell who is who; nobody
/// without the key can make one; text that looks like one gets a token of its own, so that
/// `restore(protect(x)) == x` for every `x` (unless the configuration says `remove` of a kind: what is removed is not
/// kept). Kinds that the configuration keeps stay; all others get tokens, whatever action it names.
///
/// Values are kept in the scrubber's [`Vault`]. If that fails or is full, no text comes out. A session is cheap to
/// clone and may be used by any number of threads.
///
/// ```
/// use sting_pii::{Key, ScrubConfig, Scrubber};
/// let scrubber = Scrubber::new(ScrubConfig::default())?;
/// let session = scrubber.session(&Key::new("sixteen bytes or more")?);
///
/// let prompt = session.protect("Write to jane@example.org.")?.text.into_inner();
/// assert!(!prompt.contains("jane"));
/// let answer = format!("Done: {}", &prompt["Write to ".len()..]);
/// assert_eq!(session.restore(&answer)?, "Done: jane@example.org.");
/// # Ok::<(), sting_pii::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    scrubber: Scrubber,
    vault: Arc<dyn Vault>,
    minter: Minter,
    matching: Matching,
}

/// What is taken for a token when an answer is restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Matching {
    /// Tokens as they were written.
    #[default]
    Exact,
    /// Also tokens that a model has altered: in other case, between other brackets (`<>`, `{}`, `{{}}`) or none, with
    /// blanks, escapes (`\_`), emphasis or backticks within the brackets. What stands around them stays. The letters of
    /// a token tell it from anything else, so this restores nothing that is no token.
    Tolerant,
}

/// Something in an answer that looks like a token and is not restored as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it stands, in bytes.
    pub span: Span,
    /// Why it is left.
    pub reason: LeftoverReason,
}

/// Why a token is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftoverReason {
    /// Nothing is known of it: it was made up, comes from another session, or has expired.
    Unknown,
    /// It is one of this session's, altered, and the session is not [tolerant](Matching::Tolerant).
    Altered,
}

impl LeftoverReason {
    /// Its name: `unknown` or `altered`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Altered => "altered",
        }
    }
}

impl Scrubber {
    /// A session whose tokens are made under `key`. Sessions with the same key and vault know each other's tokens;
    /// give each conversation a key of its own to keep them apart.
    pub fn session(&self, key: &Key) -> Session {
        self.session_in(key, self.vault().clone())
    }

    /// As [`Scrubber::session`], with values kept in a vault of its own.
    pub fn session_in(&self, key: &Key, vault: Arc<dyn Vault>) -> Session {
        Session { scrubber: self.clone(), vault, minter: Minter::new(key), matching: Matching::Exact }
    }
}

impl Session {
    /// What is taken for a token when an answer is restored. The default is [`Matching::Exact`].
    pub fn with_matching(mut self, matching: Matching) -> Self {
        self.matching = matching;
        self
    }

    /// Puts tokens in the place of everything that the scrubber finds.
    ///
    /// # Errors
    /// [`Error::VaultFull`], [`Error::Vault`] or [`Error::Unsettled`]; no text comes out then.
    pub fn protect(&self, text: &str) -> Result<ScrubResult, Error> {
        self.protect_part(text, None)
    }

    /// As [`Session::protect`], for the value of a column or key named `field`.
    ///
    /// # Errors
    /// As [`Session::protect`].
    pub fn protect_part(&self, text: &str, field: Option<&str>) -> Result<ScrubResult, Error> {
        self.store(text, &self.pieces(text, field)?)
    }

    /// Keeps what is behind the tokens; only then gives out the text with them.
    fn store(&self, text: &str, pieces: &[Piece]) -> Result<ScrubResult, Error> {
        let rendered = self.render(text, pieces);
        let entries: Vec<_> = rendered
            .entries
            .iter()
            .map(|(slot, value)| crate::vault::Entry { slot: *slot, value: value.bytes() })
            .collect();
        if !entries.is_empty() {
            self.vault.put(&entries)?;
        }
        let text = String::from_utf8(rendered.text).map_err(|_| Error::other_value())?;
        let mut findings: Vec<_> = pieces.iter().flat_map(|piece| piece.findings.iter().cloned()).collect();
        findings.sort_by_key(|finding| finding.span);
        Ok(ScrubResult { text: self.scrubber.vouch(text), findings, map: rendered.map })
    }

    /// Puts back what the tokens of this session stand for. Other text, tokens of others among it, stays.
    ///
    /// # Errors
    /// [`Error::Vault`] if the vault cannot be read or holds something else than was put there; no text comes out then.
    pub fn restore(&self, text: &str) -> Result<String, Error> {
        self.restored(text, Target::Text)
    }

    fn restored(&self, text: &str, target: Target) -> Result<String, Error> {
        let mut out = Vec::with_capacity(text.len());
        self.restore_into(text.as_bytes(), None, true, target, &mut out)?;
        String::from_utf8(out).map_err(|_| Error::other_value())
    }

    /// What looks like a token in an answer, or in what was restored of it, and is not restored as it stands.
    ///
    /// # Errors
    /// [`Error::Vault`] if the vault cannot be read.
    pub fn leftovers(&self, text: &str) -> Result<Vec<Leftover>, Error> {
        let seen = self.inspect(text.as_bytes())?;
        let leftover = |(span, known)| match (known, self.matching) {
            (None, _) => Some(Leftover { span, reason: LeftoverReason::Unknown }),
            (Some(false), Matching::Exact) => Some(Leftover { span, reason: LeftoverReason::Altered }),
            _ => None,
        };
        Ok(seen.into_iter().filter_map(leftover).collect())
    }

    /// Forgets every value that was kept under this session's key, and says how many they were.
    ///
    /// # Errors
    /// [`Error::Vault`] if the vault cannot be written.
    pub fn forget(&self) -> Result<usize, Error> {
        self.vault.forget(self.minter.scope())
    }
}

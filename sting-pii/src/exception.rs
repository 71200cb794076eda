//! Findings that are let pass.

mod caller;

use crate::catalog::{Detector, resolve_kind};
use crate::{Error, Risk};
pub use caller::{Caller, Day, Network, TimeOfDay, TimeWindow};
use serde::Deserialize;

/// Lets findings pass: those on which everything applies that it names.
///
/// ```
/// use sting_pii::{ScrubConfig, Scrubber};
/// let ours = serde_json::from_str(r#"{"kinds": ["email"], "values": ["*@support.example"], "fields": ["reply_*"]}"#)?;
/// let scrubber = Scrubber::new(ScrubConfig::default().with_exceptions([ours]))?;
/// let text = "help@support.example";
/// assert_eq!(scrubber.scrub_part(text, Some("reply_to"))?.text.get(), text);
/// assert_eq!(scrubber.scrub(text)?.text.get(), "[EMAIL]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exception {
    /// Findings of one of these kinds. All kinds if empty.
    pub kinds: Vec<String>,
    /// Values that match one of these in any case, `*` standing for any text. All values if empty.
    pub values: Vec<String>,
    /// In a column or key whose name matches one of these, `*` standing for any text. Everywhere if empty.
    pub fields: Vec<String>,
    /// Scores below this. All scores if none.
    pub below: Option<f32>,
    /// Kinds that are no more private than this. All if none.
    pub max_risk: Option<Risk>,
    /// For a [`Caller`] who has one of these roles. For everybody if empty.
    pub roles: Vec<String>,
    /// For a [`Caller`] whose address is in one of these networks. From everywhere if empty.
    pub networks: Vec<Network>,
    /// For a [`Caller`] who asks in one of these windows of time. Always if empty.
    pub times: Vec<TimeWindow>,
}

impl Exception {
    /// Refuses one that would let everything pass, or names a kind that there is not.
    pub(crate) fn check(&self, known: &[Detector]) -> Result<(), Error> {
        if *self == Self::default() {
            return Err(Error::config(
                "exception",
                "it names no condition",
                "name kinds, values, fields, a score, a risk, roles, networks or times",
            ));
        }
        self.kinds.iter().try_for_each(|kind| resolve_kind(known, kind).map(drop))
    }

    /// True if what it says of the caller holds. What is not known holds for nobody.
    fn is_for(&self, caller: Option<&Caller>) -> bool {
        let knows = |says: &dyn Fn(&Caller) -> bool| caller.is_some_and(says);
        (self.roles.is_empty() || knows(&|caller| caller.roles.iter().any(|role| self.roles.contains(role))))
            && (self.networks.is_empty()
                || knows(&|caller| {
                    caller
                        .address
                        .is_some_and(|address| self.networks.iter().any(|net| net.contains(address)))
                }))
            && (self.times.is_empty()
                || knows(&|caller| {
                    caller.time.is_some_and(|time| self.times.iter().any(|window| window.contains(time)))
                }))
    }
}

/// Exceptions with their kinds looked up.
#[derive(Debug, Default)]
pub(crate) struct Exceptions(Vec<Exception>);

impl Exceptions {
    /// Of exceptions that have been checked; kinds are resolved to those of `known`.
    pub(crate) fn new(exceptions: &[Exception], known: &[Detector]) -> Self {
        let resolved = |exception: &Exception| {
            let mut exception = exception.clone();
            for kind in &mut exception.kinds {
                if let Ok(name) = resolve_kind(known, kind) {
                    name.clone_into(kind);
                }
            }
            if let Some(most) = exception.max_risk {
                // The kinds that qualify, so that nothing is looked up while scanning.
                let named =
                    |row: &&Detector| exception.kinds.is_empty() || exception.kinds.contains(&row.kind);
                exception.kinds = known
                    .iter()
                    .filter(named)
                    .filter(|row| row.risk <= most)
                    .map(|row| row.kind.clone())
                    .collect();
                exception.kinds.push(String::new()); // never empty: that would mean all
            }
            exception
        };
        Self(exceptions.iter().map(resolved).collect())
    }

    /// Those that hold for a caller; none of those that ask who calls if that is not known.
    pub(crate) fn for_caller(&self, caller: Option<&Caller>) -> Applicable<'_> {
        Applicable(self.0.iter().filter(|exception| exception.is_for(caller)).collect())
    }
}

/// Exceptions that hold for whoever calls.
pub(crate) struct Applicable<'e>(Vec<&'e Exception>);

impl Applicable<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn allow(&self, kind: &str, value: &[u8], field: Option<&str>, score: f32) -> bool {
        let one_of = |globs: &[String], text: &[u8]| globs.iter().any(|glob| matches(glob.as_bytes(), text));
        self.0.iter().any(|exception| {
            (exception.kinds.is_empty() || exception.kinds.iter().any(|name| name == kind))
                && (exception.values.is_empty() || one_of(&exception.values, value))
                && (exception.fields.is_empty()
                    || field.is_some_and(|field| one_of(&exception.fields, field.as_bytes())))
                && exception.below.is_none_or(|below| score < below)
        })
    }
}

/// True if `text` matches a pattern in which `*` stands for any text, in any case. Linear but for the stars, of which
/// only the last is ever tried again.
fn matches(glob: &[u8], text: &[u8]) -> bool {
    let (mut g, mut t, mut retry) = (0, 0, None);
    while t < text.len() {
        match glob.get(g) {
            Some(b'*') => {
                g += 1;
                retry = Some((g, t));
            }
            Some(byte) if byte.eq_ignore_ascii_case(&text[t]) => (g, t) = (g + 1, t + 1),
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (g, t) = (star, from + 1);
                }
                None => return false,
            },
        }
    }
    glob[g..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs() {
        for (glob, text, is) in [
            ("*", "", true),
            ("", "x", false),
            ("*@Example.org", "jane@example.ORG", true),
            ("*@example.org", "jane@example.org.evil", false),
            ("a*b*c", "axxbxxbxc", true),
            ("a*b*c", "axxbxx", false),
            ("reply_*", "reply_to", true),
        ] {
            assert_eq!(matches(glob.as_bytes(), text.as_bytes()), is, "{glob} {text}");
        }
    }
}

use crate::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

type Call = dyn Fn(&str, &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// A function of the caller's that is given a value and its kind, and says what is to stand in its place.
///
/// If it fails or panics, scrubbing fails and no text comes out; its message is not passed on, because it may hold the
/// value. What it returns is scanned like any other text: a function that returns something private makes scrubbing
/// fail, unless the caller [vouches](Callback::trusted) for it.
///
/// ```
/// use sting_pii::{Action, Callback, ScrubConfig, Scrubber};
/// let initial = Callback::new("initial", |value, _kind| Ok(format!("{}...", &value[..1])));
/// let scrubber = Scrubber::new(ScrubConfig::default().with_action("email", Action::Call(initial)))?;
/// assert_eq!(scrubber.scrub("mail jane@example.org")?.text.get(), "mail j...");
/// # Ok::<(), sting_pii::Error>(())
/// ```
#[derive(Clone)]
pub struct Callback {
    name: Arc<str>,
    call: Arc<Call>,
    trusted: bool,
}

impl Callback {
    /// A function under a name, which stands in errors and, with the other settings, in the scrubber's id: give a
    /// function that does something else another name.
    pub fn new(
        name: impl Into<Arc<str>>,
        call: impl Fn(&str, &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self { name: name.into(), call: Arc::new(call), trusted: false }
    }

    /// Lets what it returns stand, whatever it looks like: a number of the same shape, an address for tests.
    pub fn trusted(mut self) -> Self {
        self.trusted = true;
        self
    }

    pub(super) const fn is_trusted(&self) -> bool {
        self.trusted
    }

    pub(super) fn apply(&self, value: &[u8], kind: &str) -> Result<String, Error> {
        let value = String::from_utf8_lossy(value);
        match catch_unwind(AssertUnwindSafe(|| (self.call)(&value, kind))) {
            Ok(Ok(text)) => Ok(text),
            _ => Err(Error::Callback { name: self.name.as_ref().into(), kind: kind.into() }),
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Callback({:?}, trusted: {})", self.name, self.trusted)
    }
}

impl PartialEq for Callback {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.call, &other.call) && self.trusted == other.trusted
    }
}

impl Eq for Callback {}

//! Where the values behind tokens are kept.

use crate::Error;
use crate::key::Secret;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where in a vault the value behind a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The key under which the token was made, in a form that does not tell it.
    pub scope: [u8; 8],
    /// The letters of the token.
    pub id: [u8; 14],
}

/// What is put into a vault.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// Where.
    pub slot: Slot,
    /// What, in clear: private data.
    pub value: &'a [u8],
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("slot", &self.slot).finish_non_exhaustive()
    }
}

/// Where the values behind tokens are kept. Implementations are used by many threads at once.
///
/// What a vault says is not believed: a value is given out only if the token proves to be made of it.
///
/// [`MemoryVault`] is the default; `sting_ingest::FileVault` keeps an encrypted file.
pub trait Vault: Send + Sync + fmt::Debug {
    /// Keeps all of `entries`, or none. A slot that is taken by the same value is renewed.
    ///
    /// # Errors
    /// [`Error::VaultFull`], or [`Error::Vault`] if the vault cannot be written or a slot holds another value. The
    /// caller then gives out no text.
    fn put(&self, entries: &[Entry<'_>]) -> Result<(), Error>;

    /// Calls `found` with the number and value of each slot that holds one, in order.
    ///
    /// # Errors
    /// [`Error::Vault`] if the vault cannot be read.
    fn get(&self, slots: &[Slot], found: &mut dyn FnMut(usize, &[u8])) -> Result<(), Error>;

    /// Removes everything of a scope, and says how many values that were.
    ///
    /// # Errors
    /// [`Error::Vault`] if the vault cannot be written.
    fn forget(&self, scope: [u8; 8]) -> Result<usize, Error>;
}

/// Keeps values in memory, for a time after they were last used.
///
/// When it is full, what has expired is dropped; if that is not enough, nothing more is taken and the text that
/// needed it is refused. Values are overwritten when they are dropped.
///
/// ```
/// use sting_pii::MemoryVault;
/// use std::time::Duration;
/// let vault = MemoryVault::default().with_ttl(Duration::from_secs(300)).with_capacity(10_000);
/// assert_eq!(vault.len(), 0);
/// ```
pub struct MemoryVault {
    ttl: Duration,
    capacity: usize,
    held: Mutex<HashMap<Slot, Held>>,
}

struct Held {
    value: Secret,
    expires: Instant,
}

impl Default for MemoryVault {
    /// An hour, and 100,000 values.
    fn default() -> Self {
        Self { ttl: Duration::from_hours(1), capacity: 100_000, held: Mutex::default() }
    }
}

impl fmt::Debug for MemoryVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ttl, capacity, .. } = self;
        f.debug_struct("MemoryVault")
            .field("ttl", ttl)
            .field("capacity", capacity)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl MemoryVault {
    /// Keeps a value this long after it was last put or read. The default is an hour.
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Keeps at most so many values. The default is 100,000.
    pub fn with_capacity(mut self, values: usize) -> Self {
        self.capacity = values;
        self
    }

    /// How many values it holds, with those that have expired and not been dropped yet.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// True if it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Slot, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault for MemoryVault {
    fn put(&self, entries: &[Entry<'_>]) -> Result<(), Error> {
        let now = Instant::now();
        let mut held = self.lock();
        let mut fresh = 0;
        for Entry { slot, value } in entries {
            match held.get(slot) {
                Some(old) if old.value.bytes() == *value => {}
                Some(old) if old.expires > now => return Err(Error::two_values()),
                _ => fresh += 1,
            }
        }
        if held.len() + fresh > self.capacity {
            // `fresh` counts a value twice that is in the batch twice; that errs on the safe side.
            held.retain(|_, old| old.expires > now);
            if held.len() + fresh > self.capacity {
                return Err(Error::VaultFull { capacity: self.capacity });
            }
        }
        for Entry { slot, value } in entries {
            match held.get_mut(slot) {
                Some(old) if old.value.bytes() == *value => old.expires = now + self.ttl,
                _ => {
                    held.insert(*slot, Held { value: Secret::new(value), expires: now + self.ttl });
                }
            }
        }
        Ok(())
    }

    fn get(&self, slots: &[Slot], found: &mut dyn FnMut(usize, &[u8])) -> Result<(), Error> {
        let now = Instant::now();
        let mut held = self.lock();
        for (i, slot) in slots.iter().enumerate() {
            if let Some(old) = held.get_mut(slot).filter(|old| old.expires > now) {
                old.expires = now + self.ttl;
                found(i, old.value.bytes());
            }
        }
        Ok(())
    }

    fn forget(&self, scope: [u8; 8]) -> Result<usize, Error> {
        let mut held = self.lock();
        let before = held.len();
        held.retain(|slot, _| slot.scope != scope);
        Ok(before - held.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, MemoryVault, Slot, Vault};
    use std::time::Duration;

    fn slot(n: u8) -> Slot {
        Slot { scope: [n % 2; 8], id: [n; 14] }
    }

    fn held(vault: &MemoryVault, n: u8) -> Option<Vec<u8>> {
        let mut value = None;
        vault.get(&[slot(n)], &mut |_, bytes| value = Some(bytes.to_vec())).unwrap();
        value
    }

    #[test]
    fn a_full_vault_takes_all_or_nothing() {
        let vault = MemoryVault::default().with_capacity(2);
        let entry = |n: u8| Entry { slot: slot(n), value: b"value" };
        vault.put(&[entry(1), entry(2)]).unwrap();
        vault.put(&[entry(2)]).unwrap();
        assert_eq!(vault.put(&[entry(1), entry(3)]).unwrap_err().code(), "vault_full");
        assert_eq!((vault.len(), held(&vault, 3)), (2, None));
        assert_eq!(vault.forget([1; 8]).unwrap(), 1);
        vault.put(&[entry(3)]).unwrap();
        assert_eq!(held(&vault, 3).unwrap(), b"value");
    }

    #[test]
    fn what_has_expired_is_gone_and_makes_room() {
        let vault = MemoryVault::default().with_capacity(1).with_ttl(Duration::ZERO);
        vault.put(&[Entry { slot: slot(1), value: b"a" }]).unwrap();
        assert_eq!(held(&vault, 1), None);
        vault.put(&[Entry { slot: slot(2), value: b"b" }]).unwrap();
    }

    #[test]
    fn a_slot_never_changes_its_value() {
        let vault = MemoryVault::default();
        vault.put(&[Entry { slot: slot(1), value: b"a" }]).unwrap();
        assert_eq!(vault.put(&[Entry { slot: slot(1), value: b"b" }]).unwrap_err().code(), "vault");
        assert_eq!(held(&vault, 1).unwrap(), b"a");
        assert!(!format!("{vault:?}").contains("\"a\""));
    }
}

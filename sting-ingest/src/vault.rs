//! A vault in an encrypted file.

use crate::Error;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use sting_pii::{Entry, Key, Slot, Vault};

/// What a file begins with: what it is, and its version.
const MAGIC: &[u8; 16] = b"STING vault v1\n\0";
const NONCE_LEN: usize = 24;
/// Scope, letters, expiry, length.
const ENTRY_HEAD: usize = 8 + 14 + 8 + 4;
/// Longest value: what the scrubber finds is shorter.
const MAX_VALUE: usize = 1 << 20;

/// Keeps the values behind tokens in a file that is encrypted with XChaCha20-Poly1305, so that a session goes on after
/// the program has ended.
///
/// The file is written anew with every change, beside the old one and then in its place: a crash leaves the old or the
/// new, never a mixture, and every byte is authenticated. That costs a write of the whole file (about 100 bytes a value)
/// and a sync for each call of `protect` that brings something new. Values are in clear in the memory of the process
/// only. One process at a time may use a file.
///
/// ```
/// use std::sync::Arc;
/// use sting_ingest::FileVault;
/// use sting_pii::{Key, ScrubConfig, Scrubber};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("sting-vault-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("values");
/// let key = Key::new("sixteen bytes or more")?;
/// let scrubber = Scrubber::new(ScrubConfig::default())?;
/// let sent = scrubber.session_in(&key, Arc::new(FileVault::open(&path, &key)?)).protect("a@b.example")?;
///
/// let later = scrubber.session_in(&key, Arc::new(FileVault::open(&path, &key)?));
/// assert_eq!(later.restore(sent.text.get())?, "a@b.example");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok(())
/// # }
/// ```
pub struct FileVault {
    path: PathBuf,
    cipher: XChaCha20Poly1305,
    ttl: Duration,
    capacity: usize,
    held: Mutex<Values>,
}

type Values = BTreeMap<Slot, Held>;

#[derive(Clone)]
struct Held {
    value: Vec<u8>,
    /// Seconds since 1970.
    expires: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.value.fill(0);
        std::hint::black_box(&self.value);
    }
}

impl fmt::Debug for FileVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileVault")
            .field("path", &self.path)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl FileVault {
    /// Opens the vault at `path`, or begins one that comes into being with the first value.
    ///
    /// # Errors
    /// [`Error::Vault`] if the key is wrong or the file is damaged, [`Error::Io`] if it cannot be read.
    pub fn open(path: impl AsRef<Path>, key: &Key) -> Result<Self, Error> {
        let path = path.as_ref();
        let cipher = XChaCha20Poly1305::new(&key.derive("vault file").into());
        let values = match fs::read(path) {
            Ok(bytes) => read(&bytes, &cipher).map_err(|(problem, mend)| Error::Vault {
                path: path.to_owned(),
                problem,
                mend,
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Values::new(),
            Err(error) => return Err(Error::io("reading failed", path)(error)),
        };
        Ok(Self {
            path: path.to_owned(),
            cipher,
            ttl: Duration::from_hours(30 * 24),
            capacity: 100_000,
            held: Mutex::new(values),
        })
    }

    /// Keeps a value this long after it was last protected, rounded up to seconds. The default is thirty days.
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Keeps at most so many values. The default is 100,000.
    pub fn with_capacity(mut self, values: usize) -> Self {
        self.capacity = values;
        self
    }

    /// How many values it holds.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// True if it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Values> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `values` in place of what the file held.
    fn write(&self, values: &Values) -> Result<(), sting_pii::Error> {
        let replace = || -> std::io::Result<()> {
            let folder = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let mut beside = self.path.clone().into_os_string();
            beside.push(format!(".{}.new", std::process::id()));
            let beside = PathBuf::from(beside);
            let mut options = File::options();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&beside)?;
            file.write_all(&seal(values, &self.cipher)?)?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)?;
            #[cfg(unix)]
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            #[cfg(not(unix))]
            let _ = folder;
            Ok(())
        };
        replace().map_err(|error| {
            let problem = format!("{} could not be written: {error}", self.path.display());
            sting_pii::Error::vault(problem, "check the folder and its disk")
        })
    }
}

impl Vault for FileVault {
    fn put(&self, entries: &[Entry<'_>]) -> Result<(), sting_pii::Error> {
        let now = now();
        // A value that is renewed within a tenth of its time is not worth a write.
        let (expires, slack) = (now + self.ttl.as_secs().max(1), self.ttl.as_secs() / 10);
        let mut held = self.lock();
        let is_fresh = |entry: &Entry<'_>| {
            held.get(&entry.slot).is_none_or(|old| old.value != entry.value || old.expires + slack < expires)
        };
        if !entries.iter().any(is_fresh) {
            return Ok(());
        }
        let mut next = held.clone();
        next.retain(|_, old| old.expires > now);
        for Entry { slot, value } in entries {
            if next.get(slot).is_some_and(|old| old.value != *value) {
                return Err(sting_pii::Error::vault(
                    "two values fall on one token",
                    "use a session with another key",
                ));
            }
            next.insert(*slot, Held { value: value.to_vec(), expires });
        }
        if next.len() > self.capacity {
            return Err(sting_pii::Error::VaultFull { capacity: self.capacity });
        }
        self.write(&next)?;
        *held = next;
        Ok(())
    }

    fn get(&self, slots: &[Slot], found: &mut dyn FnMut(usize, &[u8])) -> Result<(), sting_pii::Error> {
        let now = now();
        let held = self.lock();
        for (i, slot) in slots.iter().enumerate() {
            if let Some(old) = held.get(slot).filter(|old| old.expires > now) {
                found(i, &old.value);
            }
        }
        Ok(())
    }

    fn forget(&self, scope: [u8; 8]) -> Result<usize, sting_pii::Error> {
        let mut held = self.lock();
        let mut next = held.clone();
        next.retain(|slot, _| slot.scope != scope);
        let forgotten = held.len() - next.len();
        if forgotten > 0 {
            self.write(&next)?;
            *held = next;
        }
        Ok(forgotten)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Magic, nonce, and the entries encrypted. The magic is authenticated with them.
fn seal(values: &Values, cipher: &XChaCha20Poly1305) -> std::io::Result<Vec<u8>> {
    let mut clear = Vec::new();
    for (slot, held) in values {
        clear.extend_from_slice(&slot.scope);
        clear.extend_from_slice(&slot.id);
        clear.extend_from_slice(&held.expires.to_le_bytes());
        clear.extend_from_slice(&(held.value.len() as u32).to_le_bytes());
        clear.extend_from_slice(&held.value);
    }
    let mut nonce = XNonce::default();
    getrandom::fill(&mut nonce).map_err(|error| std::io::Error::other(error.to_string()))?;
    let sealed = cipher.encrypt(&nonce, Payload { msg: &clear, aad: MAGIC });
    clear.fill(0);
    std::hint::black_box(&clear);
    let sealed = sealed.map_err(|_| std::io::Error::other("there is too much to encrypt"))?;
    Ok([MAGIC, nonce.as_slice(), &sealed].concat())
}

/// The entries of a file, or what is wrong with it and what to do.
fn read(bytes: &[u8], cipher: &XChaCha20Poly1305) -> Result<Values, (&'static str, &'static str)> {
    let restore = "restore it from a copy, or remove it and lose its values";
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(("it is no vault, or one of another version", "name another file"));
    };
    let Some((nonce, sealed)) = rest.split_first_chunk::<NONCE_LEN>() else {
        return Err(("it is cut off", restore));
    };
    let opened = cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: MAGIC });
    let mut clear = opened
        .map_err(|_| ("the key is wrong, or the file is damaged", "give the key that it was made with"))?;
    let values = entries(&clear).ok_or(("it holds no whole entries", restore));
    clear.fill(0);
    std::hint::black_box(&clear);
    values
}

fn entries(clear: &[u8]) -> Option<Values> {
    let (mut values, mut rest) = (Values::new(), clear);
    while !rest.is_empty() {
        let (head, after) = rest.split_at_checked(ENTRY_HEAD)?;
        let (scope, head) = head.split_first_chunk::<8>()?;
        let (id, head) = head.split_first_chunk::<14>()?;
        let (expires, head) = head.split_first_chunk::<8>()?;
        let len = u32::from_le_bytes(head.try_into().ok()?) as usize;
        if len > MAX_VALUE {
            return None;
        }
        let (value, after) = after.split_at_checked(len)?;
        let held = Held { value: value.to_vec(), expires: u64::from_le_bytes(*expires) };
        values.insert(Slot { scope: *scope, id: *id }, held);
        rest = after;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::{FileVault, MAGIC};
    use std::sync::Arc;
    use std::time::Duration;
    use sting_pii::{Key, ScrubConfig, Scrubber, Session};

    fn key(byte: u8) -> Key {
        Key::new([byte; 16]).unwrap()
    }

    fn session(vault: FileVault) -> Session {
        Scrubber::new(ScrubConfig::default()).unwrap().session_in(&key(1), Arc::new(vault))
    }

    #[test]
    fn values_outlive_the_process_and_are_never_in_clear() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values");
        let first = session(FileVault::open(&path, &key(1)).unwrap());
        let text = "jane@example.org, 536-22-8726";
        let sent = first.protect(text).unwrap().text.into_inner();
        let bytes = std::fs::read(&path).unwrap();
        for clear in [&b"jane"[..], b"8726", b"EMAIL"] {
            assert!(!bytes.windows(clear.len()).any(|window| window == clear));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        let second = session(FileVault::open(&path, &key(1)).unwrap());
        assert_eq!(second.restore(&sent).unwrap(), text);
        // Nothing new, nothing written.
        second.protect(text).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert_eq!(second.forget().unwrap(), 2);
        assert!(FileVault::open(&path, &key(1)).unwrap().is_empty());
    }

    #[test]
    fn a_wrong_key_and_every_flipped_or_missing_byte_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values");
        session(FileVault::open(&path, &key(1)).unwrap()).protect("jane@example.org").unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let fails = |bytes: &[u8], key: &Key| {
            std::fs::write(&path, bytes).unwrap();
            let error = FileVault::open(&path, key).unwrap_err();
            assert_eq!(error.code(), "vault");
            assert!(error.to_string().contains("values: "), "{error}");
        };
        fails(&bytes, &key(2));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            fails(&damaged, &key(1));
            fails(&bytes[..at], &key(1));
        }
        fails(&[MAGIC.as_slice(), &[0; 60]].concat(), &key(1));
    }

    #[test]
    fn a_vault_that_cannot_be_written_lets_nothing_out() {
        let folder = tempfile::tempdir().unwrap();
        let lost = session(FileVault::open(folder.path().join("no/such/folder"), &key(1)).unwrap());
        assert_eq!(lost.protect("jane@example.org").unwrap_err().code(), "vault");
        let small = FileVault::open(folder.path().join("values"), &key(1)).unwrap().with_capacity(1);
        let small = session(small.with_ttl(Duration::from_mins(1)));
        assert!(small.protect("jane@example.org").is_ok());
        assert_eq!(small.protect("joe@example.org").unwrap_err().code(), "vault_full");
    }
}

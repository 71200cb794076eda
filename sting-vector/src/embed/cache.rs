//! Vectors kept on disk by the content of their texts, so that nothing is embedded twice.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use rustc_hash::FxHashMap;
use sting_core::Id;
use sting_core::model::{Embedder, ModelError};

const MAGIC: &[u8; 8] = b"STINGVC1";
/// Magic, generation, dimension, checksum.
const HEADER: usize = 8 + 8 + 4 + 4;
const KEY: usize = 16;
const CHECKSUM: usize = 4;

/// An embedder that looks a text up before it computes its vector.
///
/// A vector is kept under a hash of the model's id, the variant and the text, in one file a model.
/// Processes may share the folder: a file is only ever appended to, under a lock, or replaced as a
/// whole. A file that reaches its bound loses the older half. Each vector has a checksum; one that
/// does not fit, or that was cut off by a crash, is computed again. If the disk is full or the
/// folder cannot be written, embedding goes on without the cache, and [`CacheStats::failed_writes`]
/// says so.
///
/// The file holds no text, but whoever can guess a text can tell that it is there: give it scrubbed
/// texts only.
///
/// ```
/// use std::sync::Arc;
/// use sting_core::model::Embedder;
/// use sting_vector::embed::{CachedEmbedder, builtin};
///
/// let folder = std::env::temp_dir().join(format!("sting-cache-doc-{}", std::process::id()));
/// let embedder = CachedEmbedder::open(&folder, Arc::new(builtin()))?;
/// let first = embedder.embed(&["one text", "another"])?;
/// let again = embedder.embed(&["another", "one text"])?;
/// assert_eq!(first[..embedder.dim()], again[embedder.dim()..]);
/// assert_eq!((embedder.stats().hits, embedder.stats().misses), (2, 2));
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok::<(), sting_core::model::ModelError>(())
/// ```
pub struct CachedEmbedder {
    inner: Arc<dyn Embedder>,
    variant: String,
    max_bytes: u64,
    path: PathBuf,
    state: Mutex<State>,
}

/// What a cache has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheStats {
    /// Texts whose vector was there.
    pub hits: u64,
    /// Texts whose vector was computed.
    pub misses: u64,
    /// Batches whose vectors could not be kept.
    pub failed_writes: u64,
}

/// What is known of the file.
#[derive(Default)]
struct State {
    file: Option<File>,
    /// Of the file that `places` speaks of; a file that replaces it has another.
    generation: u64,
    /// The record of each key.
    places: FxHashMap<[u8; KEY], u64>,
    /// Records that have been looked at.
    seen: u64,
    stats: CacheStats,
}

impl CachedEmbedder {
    /// Keeps the vectors of `inner` in `folder`, which is made if need be.
    ///
    /// # Errors
    /// Fails if the folder cannot be made, or its file cannot be read.
    pub fn open(folder: impl AsRef<Path>, inner: Arc<dyn Embedder>) -> Result<Self, ModelError> {
        let folder = folder.as_ref();
        let path = folder.join(format!("{}.vectors", Id::of([inner.id()])));
        let cache = Self { inner, variant: String::new(), max_bytes: 1 << 30, path, state: Mutex::default() };
        let opened = std::fs::create_dir_all(folder).and_then(|()| cache.refresh(&mut cache.lock()));
        opened.map_err(|error| {
            let problem = format!("cannot be used as a cache ({error})");
            ModelError::new(cache.path.display().to_string(), problem, "choose a folder that can be written")
        })?;
        Ok(cache)
    }

    /// Tells apart what the model's id does not, such as the precision it computes in.
    pub fn with_variant(mut self, variant: impl Into<String>) -> Self {
        self.variant = variant.into();
        self
    }

    /// How large the file may grow; 1 GiB by default.
    pub fn with_max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// What the cache has done since it was opened.
    pub fn stats(&self) -> CacheStats {
        self.lock().stats
    }

    fn embed_with(
        &self,
        kind: &str,
        texts: &[&str],
        compute: impl FnOnce(&[&str]) -> Result<Option<Vec<f32>>, ModelError>,
    ) -> Result<Option<Vec<f32>>, ModelError> {
        let dim = self.inner.dim();
        let keys: Vec<[u8; KEY]> = texts
            .iter()
            .map(|text| *Id::of([self.inner.id(), &self.variant, kind, text]).as_bytes())
            .collect();
        let mut vectors = vec![0.0; texts.len() * dim];
        // The place of each text that is not kept; texts that occur twice are computed once.
        let mut missing: FxHashMap<[u8; KEY], usize> = FxHashMap::default();
        let mut absent = Vec::new();
        {
            let mut state = self.lock();
            // What other processes have added is only worth a look, not an error.
            let _ = self.refresh(&mut state);
            for (row, (key, vector)) in keys.iter().zip(vectors.chunks_exact_mut(dim)).enumerate() {
                if !state.read(key, vector) {
                    missing.entry(*key).or_insert_with(|| {
                        absent.push(row);
                        absent.len() - 1
                    });
                }
            }
            state.stats.misses += absent.len() as u64;
            state.stats.hits += (texts.len() - absent.len()) as u64;
        }
        if absent.is_empty() {
            return Ok(Some(vectors));
        }
        let computed = compute(&absent.iter().map(|&row| texts[row]).collect::<Vec<_>>())?;
        let Some(computed) = computed else { return Ok(None) };
        if computed.len() != absent.len() * dim {
            let problem = format!("gave {} numbers for {} texts of {dim}", computed.len(), absent.len());
            return Err(ModelError::new(
                self.inner.id(),
                problem,
                "use an embedder that gives a vector a text",
            ));
        }
        for (key, vector) in keys.iter().zip(vectors.chunks_exact_mut(dim)) {
            if let Some(&place) = missing.get(key) {
                vector.copy_from_slice(&computed[place * dim..][..dim]);
            }
        }
        let records: Vec<u8> = absent
            .iter()
            .zip(computed.chunks_exact(dim))
            .flat_map(|(&row, vector)| record(&keys[row], vector))
            .collect();
        let mut state = self.lock();
        if self.append(&mut state, &records).is_err() {
            state.stats.failed_writes += 1;
        }
        Ok(Some(vectors))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record_len(&self) -> usize {
        KEY + self.inner.dim() * size_of::<f32>() + CHECKSUM
    }

    /// Learns of records that were added, and of a file that took the place of the one known.
    fn refresh(&self, state: &mut State) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *state = State { stats: state.stats, ..State::default() };
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let generation = self.read_header(&mut file)?;
        if generation != Some(state.generation) {
            *state = State { stats: state.stats, ..State::default() };
        }
        // A file with another header is no cache of this model: it is replaced at the next write.
        let Some(generation) = generation else { return Ok(()) };
        state.generation = generation;
        let record_len = self.record_len() as u64;
        let records = file.metadata()?.len().saturating_sub(HEADER as u64) / record_len;
        file.seek(SeekFrom::Start(HEADER as u64 + state.seen * record_len))?;
        let mut reader = BufReader::with_capacity(1 << 16, &file);
        for place in state.seen..records {
            let mut key = [0; KEY];
            reader.read_exact(&mut key)?;
            reader.seek_relative((record_len - KEY as u64).cast_signed())?;
            state.places.insert(key, place);
        }
        state.seen = records;
        state.file = Some(file);
        Ok(())
    }

    /// The generation of a file of this model; `None` if it is not one.
    fn read_header(&self, file: &mut File) -> io::Result<Option<u64>> {
        let mut bytes = [0; HEADER];
        match file.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let generation = u64::from_le_bytes(bytes[8..16].try_into().unwrap_or_default());
        Ok((bytes == self.header(generation)).then_some(generation))
    }

    fn header(&self, generation: u64) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&generation.to_le_bytes());
        bytes[16..20].copy_from_slice(&(self.inner.dim() as u32).to_le_bytes());
        let checksum = crc32fast::hash(&bytes[..20]);
        bytes[20..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn append(&self, state: &mut State, records: &[u8]) -> io::Result<()> {
        // Held until it is dropped; other processes wait for it.
        let lock = OpenOptions::new().create(true).append(true).open(self.path.with_extension("lock"))?;
        lock.lock()?;
        self.refresh(state)?;
        let record_len = self.record_len();
        let length = HEADER as u64 + state.seen * record_len as u64;
        if state.file.is_none() || length + records.len() as u64 > self.max_bytes {
            return self.replace(state, records);
        }
        let mut file = OpenOptions::new().write(true).open(&self.path)?;
        // A record that a crash cut off is written over.
        file.seek(SeekFrom::Start(length))?;
        file.write_all(records)?;
        file.set_len(length + records.len() as u64)?;
        drop(file);
        self.refresh(state)
    }

    /// Starts a file with the newer half of what fits, and `records`.
    fn replace(&self, state: &mut State, records: &[u8]) -> io::Result<()> {
        let record_len = self.record_len();
        let room = (self.max_bytes as usize).saturating_sub(HEADER) / record_len;
        let records = &records[records.len().saturating_sub(room * record_len)..];
        let kept = (room / 2).saturating_sub(records.len() / record_len).min(state.seen as usize);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Never that of the file it replaces, even if the clock stands still.
        let generation = (now.as_nanos() as u64).max(state.generation + 1);
        let next = self.path.with_extension("next");
        let mut file = File::create(&next)?;
        file.write_all(&self.header(generation))?;
        if let (Some(old), 1..) = (&mut state.file, kept) {
            old.seek(SeekFrom::Start(HEADER as u64 + (state.seen - kept as u64) * record_len as u64))?;
            io::copy(&mut old.take((kept * record_len) as u64), &mut file)?;
        }
        file.write_all(records)?;
        drop(file);
        std::fs::rename(&next, &self.path)?;
        self.refresh(state)
    }
}

impl State {
    /// Whether the vector of a key was there, whole.
    fn read(&mut self, key: &[u8; KEY], vector: &mut [f32]) -> bool {
        let (Some(&place), Some(file)) = (self.places.get(key), &mut self.file) else { return false };
        let mut bytes = vec![0; KEY + size_of_val(vector) + CHECKSUM];
        let at = HEADER as u64 + place * bytes.len() as u64;
        if file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes)).is_err() {
            return false;
        }
        let numbers = bytes[KEY..].as_chunks().0;
        let kept: Vec<f32> =
            numbers.iter().take(vector.len()).map(|&number| f32::from_le_bytes(number)).collect();
        if bytes != record(key, &kept) {
            return false;
        }
        vector.copy_from_slice(&kept);
        true
    }
}

fn record(key: &[u8; KEY], vector: &[f32]) -> Vec<u8> {
    let mut bytes = key.to_vec();
    bytes.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
    let checksum = crc32fast::hash(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

impl fmt::Debug for CachedEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedEmbedder")
            .field("inner", &self.inner)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Embedder for CachedEmbedder {
    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn max_tokens(&self) -> Option<usize> {
        self.inner.max_tokens()
    }

    fn id(&self) -> &str {
        self.inner.id()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        Ok(self.embed_until(texts, &|| false)?.unwrap_or_default())
    }

    fn embed_until(
        &self,
        texts: &[&str],
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<f32>>, ModelError> {
        self.embed_with("passage", texts, |texts| self.inner.embed_until(texts, stop))
    }

    fn embed_queries(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let rows = self.embed_with("query", texts, |texts| self.inner.embed_queries(texts).map(Some))?;
        Ok(rows.unwrap_or_default())
    }

    fn hybrid_weight(&self) -> f32 {
        self.inner.hybrid_weight()
    }
}

#[cfg(test)]
mod tests {
    use super::super::HashEmbedder;
    use super::*;

    fn open(folder: &Path) -> CachedEmbedder {
        CachedEmbedder::open(folder, Arc::new(HashEmbedder::with_dim(32).unwrap())).unwrap()
    }

    fn texts(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|i| format!("text number {i}")).collect()
    }

    /// Embeds through the cache, and checks against the model itself; gives hits and misses.
    fn embed(cache: &CachedEmbedder, range: std::ops::Range<usize>) -> (u64, u64) {
        let texts = texts(range);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let before = cache.stats();
        assert_eq!(cache.embed(&texts).unwrap(), cache.inner.embed(&texts).unwrap());
        let after = cache.stats();
        assert_eq!(after.failed_writes, 0);
        (after.hits - before.hits, after.misses - before.misses)
    }

    #[test]
    fn vectors_outlive_the_process_and_are_shared() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (open(folder.path()), open(folder.path()));
        assert_eq!(embed(&first, 0..10), (0, 10));
        assert_eq!(embed(&second, 5..15), (5, 5));
        assert_eq!(embed(&first, 0..15), (15, 0));
        assert_eq!(embed(&open(folder.path()), 0..16), (15, 1));
        assert_eq!(embed(&open(folder.path()).with_variant("bf16"), 0..1), (0, 1));
        first.embed_queries(&["text number 0"]).unwrap();
        assert_eq!(first.stats().misses, 11, "a query is not a passage");
    }

    #[test]
    fn a_text_that_occurs_twice_is_computed_once() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        let rows = cache.embed(&["a", "b", "a"]).unwrap();
        assert_eq!(rows[..32], rows[64..]);
        assert_eq!((cache.stats().hits, cache.stats().misses), (1, 2));
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_survived() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        embed(&cache, 0..3);
        let good = std::fs::read(&cache.path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            std::fs::write(&cache.path, &bad).unwrap();
            embed(&open(folder.path()), 0..4);
            std::fs::write(&cache.path, &good[..at]).unwrap();
            embed(&open(folder.path()), 0..4);
            assert_eq!(embed(&open(folder.path()), 0..4), (4, 0), "at {at}");
        }
    }

    #[test]
    fn a_full_file_keeps_the_newer_half() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path()).with_max_bytes(20 * 148 + 24);
        for start in (0..100).step_by(5) {
            embed(&cache, start..start + 5);
            assert!(std::fs::metadata(&cache.path).unwrap().len() <= cache.max_bytes);
        }
        assert_eq!(embed(&cache, 95..100), (5, 0));
        let other = open(folder.path()).with_max_bytes(20 * 148 + 24);
        embed(&other, 200..219);
        embed(&cache, 195..205);
    }

    #[test]
    fn a_folder_that_is_a_file_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = CachedEmbedder::open(file.path(), Arc::new(HashEmbedder::new())).unwrap_err();
        assert!(error.to_string().contains("cache"), "{error}");
    }
}

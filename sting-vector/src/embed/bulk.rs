//! Many texts at once: progress, cancellation, and input without an end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sting_core::model::Embedder;

use crate::Error;

/// Texts that are embedded between two looks at the flag.
const WINDOW_TEXTS: usize = 1024;

/// Bytes of text likewise, as far as the model reads: about 16,000 tokens, a second's work for a small encoder.
const WINDOW_BYTES: usize = 1 << 16;

/// Bytes of a token, at most, on the average of a text.
const TOKEN_BYTES: usize = 8;

/// Time between two calls of a progress callback.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Texts that are embedded.
    pub done: usize,
    /// Of how many, where that is known.
    pub total: Option<usize>,
}

/// Embeds many texts in steps of about a second, so that it can tell how far it is and be stopped.
///
/// The vectors are those of [`Embedder::embed`], to the bit.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use sting_vector::embed::{Bulk, builtin};
///
/// let (embedder, stop) = (builtin(), Arc::new(AtomicBool::new(false)));
/// let bulk = || Bulk::new(&embedder).with_cancel(stop.clone());
/// let vectors = bulk().with_progress(|progress| println!("{progress:?}")).embed(&["a cat", "a dog"])?;
/// assert_eq!(vectors.len(), 2 * 1024);
///
/// // Input without an end: rows come in order, and only a step's texts are held.
/// let lines = (1..).map(|number| format!("line {number}"));
/// let rows: Vec<Vec<f32>> = bulk().rows(lines).take(3).collect::<Result<_, _>>()?;
/// assert_eq!(rows.len(), 3);
///
/// stop.store(true, Ordering::Relaxed);
/// assert_eq!(bulk().embed(&["a bird"]).unwrap_err().code(), "cancelled");
/// # Ok::<(), sting_vector::Error>(())
/// ```
pub struct Bulk<'a> {
    embedder: &'a dyn Embedder,
    cancel: Option<Arc<AtomicBool>>,
    on_progress: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
    progress: Progress,
    told: Option<Instant>,
}

impl<'a> Bulk<'a> {
    /// Work for this embedder.
    pub fn new(embedder: &'a dyn Embedder) -> Self {
        let progress = Progress { done: 0, total: None };
        Self { embedder, cancel: None, on_progress: None, progress, told: None }
    }

    /// Stops with [`Error::Cancelled`] soon after the flag is set, by any thread; within a text too, however long it is.
    pub fn with_cancel(mut self, cancel: Arc<AtomicBool>) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Calls `on_progress` at most ten times a second, and when all is done.
    pub fn with_progress(mut self, on_progress: impl FnMut(Progress) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    /// Embeds passages: row-major, a row a text.
    ///
    /// # Errors
    /// Fails if the model fails, or with [`Error::Cancelled`].
    pub fn embed(mut self, texts: &[&str]) -> Result<Vec<f32>, Error> {
        self.progress.total = Some(texts.len());
        let mut vectors = Vec::with_capacity(texts.len() * self.embedder.dim());
        let mut rest = texts;
        while !rest.is_empty() {
            let mut room = Room::new(self.embedder);
            let count = rest.iter().take_while(|text| room.take(text)).count();
            let (window, after) = rest.split_at(count);
            rest = after;
            vectors.extend(self.step(window)?);
        }
        self.tell(true);
        Ok(vectors)
    }

    /// Embeds passages as they come: a row for each text, in order. A text is asked for only when the rows before
    /// its step are taken. After an error there are no more rows.
    pub fn rows<I>(self, texts: I) -> Rows<'a, I::IntoIter>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Rows { bulk: self, texts: texts.into_iter(), is_done: false, ready: Vec::new().into_iter() }
    }

    fn step(&mut self, texts: &[&str]) -> Result<Vec<f32>, Error> {
        let is_cancelled = || self.cancel.as_ref().is_some_and(|cancel| cancel.load(Ordering::Relaxed));
        let rows = self.embedder.embed_until(texts, &is_cancelled)?.ok_or(Error::Cancelled)?;
        self.progress.done += texts.len();
        self.tell(false);
        Ok(rows)
    }

    fn tell(&mut self, is_last: bool) {
        let is_due = self.told.is_none_or(|told| told.elapsed() >= PROGRESS_INTERVAL);
        if let (Some(on_progress), true) = (&mut self.on_progress, is_last || is_due) {
            on_progress(self.progress);
            self.told = Some(Instant::now());
        }
    }
}

impl fmt::Debug for Bulk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk").field("embedder", &self.embedder).finish_non_exhaustive()
    }
}

/// What is left of a step.
struct Room {
    texts: usize,
    bytes: usize,
    /// Bytes of a text that the model may read.
    longest: usize,
}

impl Room {
    fn new(embedder: &dyn Embedder) -> Self {
        let longest = embedder.max_tokens().map_or(usize::MAX, |tokens| tokens.saturating_mul(TOKEN_BYTES));
        Self { texts: WINDOW_TEXTS, bytes: WINDOW_BYTES, longest }
    }

    /// Whether a text still belongs to the step. The first always does.
    fn take(&mut self, text: &str) -> bool {
        let is_open = self.texts > 0 && self.bytes > 0;
        self.texts = self.texts.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(text.len().min(self.longest));
        is_open
    }
}

/// The rows of texts that come one by one; see [`Bulk::rows`].
#[derive(Debug)]
pub struct Rows<'a, I> {
    bulk: Bulk<'a>,
    texts: I,
    is_done: bool,
    ready: std::vec::IntoIter<Vec<f32>>,
}

impl<I> Iterator for Rows<'_, I>
where
    I: Iterator,
    I::Item: AsRef<str>,
{
    type Item = Result<Vec<f32>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.ready.next() {
            return Some(Ok(row));
        }
        if self.is_done {
            return None;
        }
        let mut room = Room::new(self.bulk.embedder);
        let mut window = Vec::new();
        while room.texts > 0 && room.bytes > 0 {
            let Some(text) = self.texts.next() else {
                self.is_done = true;
                break;
            };
            room.take(text.as_ref());
            window.push(text);
        }
        if window.is_empty() {
            self.bulk.tell(true);
            return None;
        }
        let texts: Vec<&str> = window.iter().map(AsRef::as_ref).collect();
        match self.bulk.step(&texts) {
            Ok(rows) => {
                let rows = rows.chunks_exact(self.bulk.embedder.dim()).map(<[f32]>::to_vec);
                self.ready = rows.collect::<Vec<_>>().into_iter();
                self.ready.next().map(Ok)
            }
            Err(error) => {
                self.is_done = true;
                Some(Err(error))
            }
        }
    }
}

/// The rows that are all zeros: those of texts in which there was nothing to embed. No other row is.
///
/// ```
/// use sting_core::model::Embedder;
/// use sting_vector::embed::{builtin, empty_rows};
///
/// let embedder = builtin();
/// let vectors = embedder.embed(&["a cat", " \n", ""])?;
/// assert_eq!(empty_rows(&vectors, embedder.dim()).collect::<Vec<_>>(), [1, 2]);
/// # Ok::<(), sting_core::model::ModelError>(())
/// ```
pub fn empty_rows(vectors: &[f32], dim: usize) -> impl Iterator<Item = usize> {
    let rows = vectors.chunks_exact(dim.max(1)).enumerate();
    rows.filter(|(_, row)| row.iter().all(|&x| x == 0.0)).map(|(row, _)| row)
}

#[cfg(test)]
mod tests {
    use super::super::HashEmbedder;
    use super::*;

    fn texts(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("{} {i}", "word ".repeat(i % 90))).collect()
    }

    #[test]
    fn steps_give_the_rows_of_one_call() {
        let embedder = HashEmbedder::with_dim(32).unwrap();
        let texts = texts(3000);
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let expected = embedder.embed(&borrowed).unwrap();
        let mut seen = Vec::new();
        let bulk = Bulk::new(&embedder).with_progress(|progress| seen.push(progress));
        assert_eq!(bulk.embed(&borrowed).unwrap(), expected);
        assert_eq!(seen.last(), Some(&Progress { done: 3000, total: Some(3000) }));
        let rows: Vec<f32> = Bulk::new(&embedder).rows(&texts).flat_map(Result::unwrap).collect();
        assert_eq!(rows, expected);
        assert!(Bulk::new(&embedder).embed(&[]).unwrap().is_empty());
        assert!(Bulk::new(&embedder).rows(Vec::<String>::new()).next().is_none());
    }

    #[test]
    fn input_is_taken_step_by_step() {
        let embedder = HashEmbedder::with_dim(32).unwrap();
        let mut asked = 0;
        let endless = std::iter::repeat_with(|| {
            asked += 1;
            "x".repeat(1000)
        });
        assert!(Bulk::new(&embedder).rows(endless).take(70).all(|row| row.is_ok()));
        assert_eq!(asked, 2 * WINDOW_BYTES.div_ceil(1000));
    }

    /// The flag is set while one text is read: the models of this crate stop within it.
    #[test]
    fn a_set_flag_stops_within_a_text() {
        let huge = "some words of a text that takes long ".repeat(100_000);
        for embedder in [&HashEmbedder::new() as &dyn Embedder, &super::super::builtin()] {
            let asked = std::sync::atomic::AtomicUsize::new(0);
            let stop = || asked.fetch_add(1, Ordering::Relaxed) == 2;
            assert!(embedder.embed_until(&[&huge], &stop).unwrap().is_none());
            assert_eq!(asked.load(Ordering::Relaxed), 3);
            let expected = embedder.embed(&["a", &huge]).unwrap();
            assert_eq!(embedder.embed_until(&["a", &huge], &|| false).unwrap(), Some(expected));
        }
    }

    #[test]
    fn a_set_flag_stops_the_work() {
        let embedder = HashEmbedder::with_dim(32).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let mut done = 0;
        let bulk = Bulk::new(&embedder).with_cancel(stop.clone()).with_progress(|progress| {
            done = progress.done;
            stop.store(true, Ordering::Relaxed);
        });
        let texts = texts(3000);
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert!(matches!(bulk.embed(&borrowed), Err(Error::Cancelled)));
        assert!(done > 0 && done < 3000, "{done}");
        let mut rows = Bulk::new(&embedder).with_cancel(stop).rows(&texts);
        assert!(matches!(rows.next(), Some(Err(Error::Cancelled))));
        assert!(rows.next().is_none());
    }
}

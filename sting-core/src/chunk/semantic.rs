//! Prose cut where its meaning turns, as an embedder sees it.

use super::identity::Identities;
use super::lattice::{Block, Form, Level};
use super::prose::{divide, is_break};
use super::segment::Segmenter;
use super::{Chunk, ChunkKind, Chunker, Chunks};
use crate::id::IdHasher;
use crate::model::{Embedder, ModelError};
use crate::{Error, Span};
use std::sync::Arc;

/// Windows that are embedded by one call. The vectors of no more than these are held.
const BATCH: usize = 1024;
/// Bytes of the longest sentence; what is longer is cut, so that a window stays readable.
const MAX_SENTENCE: usize = 4 << 10;

/// Cuts prose into chunks where its meaning turns.
///
/// Every two sentences in a row are embedded as one window. At the boundary between two sentences
/// the window before it and the window after it, which share no sentence, are compared; a boundary
/// is the deeper, the more their similarity falls below the nearest peaks on both sides (TextTiling,
/// Hearst 1997). Chunks never reach over the deepest boundaries, and under the limit of the chunker
/// they are divided and joined as text is. The share of the deepest is
/// [`with_breakpoints`](Self::with_breakpoints), one in ten unless asked otherwise.
///
/// The same text and the same vectors give the same chunks. Memory: one number and two words a
/// sentence, and 1,024 vectors.
///
/// ```
/// use sting_core::chunk::{ChunkConfig, Chunker, SemanticChunker};
/// use sting_core::model::{Embedder, ModelError};
/// use std::sync::Arc;
///
/// /// Knows two topics.
/// #[derive(Debug)]
/// struct Topics;
///
/// impl Embedder for Topics {
///     fn dim(&self) -> usize { 2 }
///     fn max_tokens(&self) -> Option<usize> { None }
///     fn id(&self) -> &str { "topics" }
///     fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
///         let about = |text: &str, word| text.matches(word).count() as f32;
///         Ok(texts.iter().flat_map(|text| [about(text, "bee"), about(text, "rain")]).collect())
///     }
/// }
///
/// let chunker = Chunker::new(ChunkConfig::default().with_max_size(500))?;
/// let semantic = SemanticChunker::new(&chunker, Arc::new(Topics)).with_breakpoints(0.2);
/// let text = "A bee flew. The bees hum. A bee sleeps. Now it rains. The rain is cold. More rain.";
/// let chunks = semantic.chunk(text)?;
/// let texts: Vec<_> = chunks.iter().map(|chunk| chunk.text(text)).collect();
/// assert_eq!(texts, ["A bee flew. The bees hum. A bee sleeps.", "Now it rains. The rain is cold. More rain."]);
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SemanticChunker {
    chunker: Chunker,
    embedder: Arc<dyn Embedder>,
    breakpoints: f32,
}

impl SemanticChunker {
    /// A chunker with the limits of `chunker`, whatever its kind.
    pub fn new(chunker: &Chunker, embedder: Arc<dyn Embedder>) -> Self {
        let mut chunker = chunker.clone();
        chunker.config = chunker.config.with_kind(ChunkKind::Semantic);
        Self { chunker, embedder, breakpoints: 0.1 }.identified()
    }

    /// Sets which share of the boundaries between sentences, the deepest, no chunk reaches over:
    /// between 0 and 1.
    pub fn with_breakpoints(mut self, share: f32) -> Self {
        self.breakpoints = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.identified()
    }

    fn identified(mut self) -> Self {
        let mut hasher = IdHasher::default();
        let base =
            self.chunker.with_kind(ChunkKind::Text).map_or(self.chunker.config_id, |text| text.config_id);
        hasher.field(b"semantic-1").field(base.as_bytes()).field(self.embedder.id().as_bytes());
        hasher.number(u64::from(self.breakpoints.to_bits()));
        self.chunker.config_id = hasher.finish();
        self
    }

    /// The chunker whose limits it keeps, with the kind [`ChunkKind::Semantic`].
    pub fn chunker(&self) -> &Chunker {
        &self.chunker
    }

    /// The chunks of `text`, in order.
    ///
    /// # Errors
    /// Fails if the embedder fails, or if it returns vectors of another number or length than it
    /// says.
    pub fn chunk(&self, text: &str) -> Result<Vec<Chunk>, Error> {
        let mut blocks = sentences(text);
        let similarities = self.similarities(text, &blocks)?;
        let depths = depths(&similarities);
        let turn = threshold(&depths, self.breakpoints);
        for (block, &depth) in blocks.iter_mut().skip(1).zip(&depths) {
            if depth > 0.0 && depth >= turn {
                block.level = Level::Part;
            }
        }
        let segments = Segmenter::of_blocks(&self.chunker, blocks);
        Ok(Chunks { text, segments, identities: Identities::new(&self.chunker) }.collect())
    }

    /// The chunks of many texts, one text after another: an embedder runs on all cores by itself.
    ///
    /// # Errors
    /// As [`SemanticChunker::chunk`].
    pub fn chunk_many<T: AsRef<str>>(&self, texts: &[T]) -> Result<Vec<Vec<Chunk>>, Error> {
        texts.iter().map(|text| self.chunk(text.as_ref())).collect()
    }

    /// For each boundary between two sentences, how alike what comes before and after it is.
    fn similarities(&self, text: &str, sentences: &[Block]) -> Result<Vec<f32>, Error> {
        // Window i holds sentences i and i + 1, the first and the last window one alone.
        let count = sentences.len();
        let window = |i: usize| {
            let (first, last) = (i.saturating_sub(1), i.min(count - 1));
            &text[sentences[first].span.start..sentences[last].span.end]
        };
        let mut similarities = Vec::with_capacity(count.saturating_sub(1));
        if count < 2 {
            return Ok(similarities);
        }
        let (dim, mut held, mut first) = (self.embedder.dim(), Vec::new(), 0);
        for begin in (0..=count).step_by(BATCH) {
            let windows: Vec<&str> = (begin..=count.min(begin + BATCH - 1)).map(window).collect();
            let vectors = self.embedder.embed(&windows)?;
            if vectors.len() != windows.len() * dim {
                let problem =
                    format!("returned {} numbers for {} texts of {dim}", vectors.len(), windows.len());
                return Err(ModelError::new(self.embedder.id(), problem, "mend the embedder").into());
            }
            held.extend(vectors);
            // The boundary before sentence i lies between windows i - 1 and i + 1.
            while first + 2 < begin + windows.len() {
                similarities.push(cosine(&held[..dim], &held[2 * dim..3 * dim]));
                held.drain(..dim);
                first += 1;
            }
        }
        Ok(similarities)
    }
}

/// The sentences of a text, none of them blank.
fn sentences(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut push = |span: Span, level| {
        let trimmed = text[span.range()].trim();
        if !trimmed.is_empty() {
            let end = span.start + text[span.range()].trim_end().len();
            let mut start = end - trimmed.len();
            // A mark after a space makes one grapheme with it.
            while start > span.start && !is_break(text, start) {
                start = text.floor_char_boundary(start - 1);
            }
            let span = Span::new(start, end);
            blocks.push(Block { span, level, form: Form::Prose, section: 0, header: None });
        }
    };
    divide(text, Span::new(0, text.len()), Level::Block, Form::Prose, |paragraph, _| {
        let mut level = Level::Block;
        divide(text, paragraph, Level::Sentence, Form::Prose, |mut sentence, _| {
            while sentence.len() > MAX_SENTENCE {
                let cut = part_end(text, sentence);
                push(Span::new(sentence.start, cut), std::mem::replace(&mut level, Level::Word));
                sentence.start = cut;
            }
            push(sentence, std::mem::replace(&mut level, Level::Sentence));
        });
    });
    blocks
}

/// Where the first part of a sentence that is too long ends: at a space, if there is one.
fn part_end(text: &str, sentence: Span) -> usize {
    let most = text.floor_char_boundary(sentence.start + MAX_SENTENCE);
    let space = text[sentence.start..most].rfind(' ').filter(|&at| at > MAX_SENTENCE / 2);
    let mut cut = space.map_or(most, |at| sentence.start + at + 1);
    while cut < sentence.end && !is_break(text, cut) {
        cut = text.ceil_char_boundary(cut + 1);
    }
    cut
}

/// How far each similarity lies below the nearest peaks on its two sides, together; 0 for those
/// that are not lowest among their neighbours.
fn depths(similarities: &[f32]) -> Vec<f32> {
    let peaks = |order: &mut dyn Iterator<Item = usize>| {
        let mut peaks = vec![0.0_f32; similarities.len()];
        let mut before: Option<(f32, f32)> = None;
        for i in order {
            let here = similarities[i];
            // Upwards the peak is that of the step before; downwards a new climb begins.
            let peak = before.filter(|&(last, _)| last >= here).map_or(here, |(_, peak)| peak);
            peaks[i] = peak;
            before = Some((here, peak));
        }
        peaks
    };
    let left = peaks(&mut (0..similarities.len()));
    let right = peaks(&mut (0..similarities.len()).rev());
    let lowest = |i: usize| {
        let here = similarities[i];
        let before = i.checked_sub(1).map(|i| similarities[i]);
        let after = similarities.get(i + 1).copied();
        before.is_none_or(|before| here < before) && after.is_none_or(|after| here <= after)
    };
    let depth = |i: usize| left[i] - similarities[i] + (right[i] - similarities[i]);
    (0..similarities.len()).map(|i| if lowest(i) { depth(i) } else { 0.0 }).collect()
}

/// The depth that a `share` of all boundaries reaches; infinite if that is none.
fn threshold(depths: &[f32], share: f32) -> f32 {
    let count = (depths.len() as f64 * f64::from(share)).round() as usize;
    let mut sorted = depths.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    count.checked_sub(1).and_then(|last| sorted.get(last)).copied().unwrap_or(f32::INFINITY)
}

/// Cosine of the angle between two vectors; 1 if one of them is zero, which says nothing.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let norms = (dot(a, a) * dot(b, b)).sqrt();
    if norms > 0.0 && norms.is_finite() { (dot(a, b) / norms) as f32 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::{depths, threshold};

    #[test]
    fn valleys_are_as_deep_as_their_sides_are_high() {
        let found = depths(&[0.9, 0.5, 0.8, 0.8, 0.7, 0.1, 0.3]);
        let expected = [0.0, 0.7, 0.0, 0.0, 0.0, 0.9, 0.0];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        assert_eq!(depths(&[]), [0.0; 0]);
        assert_eq!(threshold(&found, 0.0), f32::INFINITY);
        assert!((threshold(&found, 0.29) - 0.7).abs() < 1e-6);
    }
}

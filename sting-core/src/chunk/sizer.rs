//! Sizes of the caller's own.

use crate::Id;
use std::fmt;

/// Says how large texts are, in a unit of the caller's own: lines on a screen, syllables, money.
///
/// The law: a text is never smaller than a part of it, and equal texts have equal sizes. Sizes need
/// not add up. A sizer that breaks the law still gets chunks that tile the text and fit the limit,
/// but not the longest ones.
///
/// A chunker asks again for every span that it considers, so that its time is a few times that of
/// sizing the whole text. Context and prefix of a chunk are sized apart from its text.
///
/// ```
/// use sting_core::Id;
/// use sting_core::chunk::{ChunkConfig, ChunkSizer, Chunker};
/// use std::sync::Arc;
///
/// /// Counts vowels.
/// #[derive(Debug)]
/// struct Vowels;
///
/// impl ChunkSizer for Vowels {
///     fn size(&self, text: &str) -> usize {
///         text.chars().filter(|&c| "aeiou".contains(c)).count()
///     }
///
///     fn id(&self) -> Id {
///         Id::of(["vowels"])
///     }
/// }
///
/// let chunker = Chunker::with_sizer(ChunkConfig::default().with_max_size(5), Arc::new(Vowels))?;
/// let text = "Bees make honey. Wasps do not.";
/// let texts: Vec<_> = chunker.spans(text).map(|span| &text[span.range()]).collect();
/// assert_eq!(texts, ["Bees make", "honey. Wasps do not."]);
/// # Ok::<(), sting_core::Error>(())
/// ```
pub trait ChunkSizer: Send + Sync + fmt::Debug {
    /// The size of `text`.
    fn size(&self, text: &str) -> usize;

    /// What decides the sizes: sizers of equal id size alike.
    fn id(&self) -> Id;
}

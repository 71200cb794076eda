//! What the caller says of the place of a chunk in its document.

use super::measure::Measure;
use super::prose::is_break;
use super::{Chunk, Chunker};

impl Chunker {
    /// The chunks of `text`, each with a context that `context` makes for it: a line or two that say
    /// where in the document it stands, to be embedded and indexed before its text ("Contextual
    /// Retrieval", Anthropic 2024). What a chunk is, and its ids, do not depend on it.
    ///
    /// If the configuration sets a [context size](super::ChunkConfig::with_context_size), every
    /// chunk has that much room left, a longer context is cut to fit it with the line break that
    /// follows it, and sizes count it.
    ///
    /// ```
    /// use sting_core::chunk::{ChunkConfig, Chunker};
    /// let chunker = Chunker::new(ChunkConfig::default().with_max_size(40).with_context_size(15))?;
    /// let text = "# Bees\n\nBees make honey.\n\n## Wasps\n\nWasps do not.\n";
    /// let chunks = chunker.chunk_with_context(text, |chunk| chunk.heading.join(" > "));
    /// assert_eq!(chunks[1].context.as_deref(), Some("Bees > Wasps"));
    /// assert!(chunks.iter().all(|chunk| chunk.size <= 40));
    /// # Ok::<(), sting_core::Error>(())
    /// ```
    pub fn chunk_with_context(&self, text: &str, mut context: impl FnMut(&Chunk) -> String) -> Vec<Chunk> {
        let mut chunks = self.chunk(text);
        for chunk in &mut chunks {
            let words = context(chunk);
            self.set_context(chunk, &words);
        }
        chunks
    }

    /// Gives a chunk its context, cut to the size that was kept free for it, in place of the one that
    /// it may have.
    pub fn set_context(&self, chunk: &mut Chunk, context: &str) {
        if let Some(old) = chunk.context.take() {
            chunk.size = chunk.size.saturating_sub(self.fit_context(&old).1);
        }
        let (context, size) = self.fit_context(context);
        chunk.size += size;
        chunk.context = (!context.is_empty()).then(|| context.to_owned());
    }

    /// What of `context` fits the room that is kept free for it, and what it adds to the size of its
    /// chunk, with the line break that follows it: nothing, if no room is kept.
    pub fn fit_context<'c>(&self, context: &'c str) -> (&'c str, usize) {
        let room = self.config.context_size;
        if room == 0 {
            return (context, 0);
        }
        let measure = Measure::new(self);
        let mut budget = room;
        let mut len = context.trim_end().len();
        while len > 0 {
            let size = measure.count_text(&format!("{}\n", &context[..len]));
            if size <= room {
                return (&context[..len], size);
            }
            let shorter = context.floor_char_boundary(len - 1);
            len = measure.reach(context, 0, len, budget).min(shorter);
            while !is_break(context, len) {
                len = context.floor_char_boundary(len - 1);
            }
            len = context[..len].trim_end().len();
            budget = budget.saturating_sub(1);
        }
        ("", 0)
    }
}

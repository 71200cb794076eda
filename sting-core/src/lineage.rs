//! From a byte of output back to the bytes of input that it came from.

use crate::Span;
use serde::{Deserialize, Serialize};

/// One run of output that came from one run of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Segment {
    /// Where the run begins in the output. It ends where the next one begins.
    output: usize,
    /// Where it came from.
    source: Span,
    /// True if the output is the input, byte for byte; false if it was rewritten as a whole.
    verbatim: bool,
}

/// A run of the output of a [`SourceMap`], as [`SourceMap::runs`] yields it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceRun {
    /// Where it stands in the output; empty where something was removed.
    pub output: Span,
    /// Where it came from.
    pub source: Span,
    /// True if the output is the source, byte for byte.
    pub verbatim: bool,
}

/// A monotone map from spans of an output text to spans of the text it was made from.
///
/// Every stage that rewrites text (decoding, extraction, scrubbing) yields one, and
/// [`SourceMap::then`] composes them, so that a chunk leads back to bytes of the original file.
/// Looking a span up takes the logarithm of the number of segments; a segment is 32 bytes.
///
/// ```
/// use sting_core::{SourceMap, Span};
/// // "call 555-0100 now" became "call [PHONE] now"
/// let mut map = SourceMap::default();
/// map.push_verbatim(5, 0);
/// map.push_rewritten(7, Span::new(5, 13));
/// map.push_verbatim(4, 13);
/// assert_eq!(map.source_of(Span::new(0, 5)), Span::new(0, 5));
/// assert_eq!(map.source_of(Span::new(6, 9)), Span::new(5, 13)); // inside a rewrite: all of it
/// assert_eq!(map.source_of(Span::new(13, 16)), Span::new(14, 17));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceMap {
    segments: Vec<Segment>,
    output_len: usize,
}

impl SourceMap {
    /// The map of a text of `len` bytes that was not changed.
    pub fn identity(len: usize) -> Self {
        let mut map = Self::default();
        map.push_verbatim(len, 0);
        map
    }

    /// Appends `len` bytes of output copied from `source_start` of the input.
    pub fn push_verbatim(&mut self, len: usize, source_start: usize) {
        if len == 0 {
            return;
        }
        if let Some(last) = self.segments.last_mut()
            && last.verbatim
            && last.source.end == source_start
        {
            last.source.end += len;
            self.output_len += len;
            return;
        }
        self.push(len, Span::new(source_start, source_start + len), true);
    }

    /// Appends `len` bytes of output that stand for `source` as a whole. A `len` of 0 records a
    /// removal.
    pub fn push_rewritten(&mut self, len: usize, source: Span) {
        self.push(len, source, false);
    }

    fn push(&mut self, len: usize, source: Span, verbatim: bool) {
        debug_assert!(
            self.segments.last().is_none_or(|last| last.source.start <= source.start),
            "segments go forward"
        );
        self.segments.push(Segment { output: self.output_len, source, verbatim });
        self.output_len += len;
    }

    /// Length of the output in bytes.
    pub fn output_len(&self) -> usize {
        self.output_len
    }

    /// True if the output is the input.
    pub fn is_identity(&self) -> bool {
        match self.segments.as_slice() {
            [] => true,
            [only] => only.verbatim && only.source.start == 0,
            _ => false,
        }
    }

    /// The runs of the output, in order: each with the run of the source that it came from.
    pub fn runs(&self) -> impl Iterator<Item = SourceRun> + '_ {
        self.segments.iter().enumerate().map(|(i, segment)| {
            let end = self.segments.get(i + 1).map_or(self.output_len, |following| following.output);
            SourceRun {
                output: Span::new(segment.output, end),
                source: segment.source,
                verbatim: segment.verbatim,
            }
        })
    }

    /// The smallest span of the source that yielded `output`. An empty span leads to the place
    /// where it stands.
    pub fn source_of(&self, output: Span) -> Span {
        let start = self.place(output.start, true);
        let end = if output.is_empty() { start } else { self.place(output.end, false).max(start) };
        Span::new(start, end)
    }

    /// `opening` asks for the source offset at which a span that begins at `offset` begins;
    /// otherwise for the one at which a span that ends there ends.
    fn place(&self, offset: usize, opening: bool) -> usize {
        let after = if opening {
            self.segments.partition_point(|segment| segment.output <= offset)
        } else {
            self.segments.partition_point(|segment| segment.output < offset)
        };
        let Some(segment) = after.checked_sub(1).map(|i| self.segments[i]) else {
            return self.segments.first().map_or(offset, |first| first.source.start);
        };
        if segment.verbatim {
            return (segment.source.start + (offset - segment.output)).min(segment.source.end);
        }
        // At the far end of the whole output an opening offset has nothing after it.
        let at_end =
            opening && offset >= self.output_len && after == self.segments.len() && offset > segment.output;
        if opening && !at_end { segment.source.start } else { segment.source.end }
    }

    /// The map through two stages: `self` made a middle text of the source, `next` made the
    /// output of that middle text.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        if self.is_identity() {
            return next.clone();
        }
        let mut through = Self::default();
        for (i, segment) in next.segments.iter().enumerate() {
            let output_end = next.segments.get(i + 1).map_or(next.output_len, |following| following.output);
            if segment.verbatim {
                self.copy_into(segment.source, &mut through);
            } else {
                through.push_rewritten(output_end - segment.output, self.source_of(segment.source));
            }
        }
        through
    }

    /// Appends what `self` says of `middle` to `out`, cut to it.
    fn copy_into(&self, middle: Span, out: &mut Self) {
        let first = self.segments.partition_point(|segment| segment.output <= middle.start).saturating_sub(1);
        for (i, segment) in self.segments.iter().enumerate().skip(first) {
            if segment.output >= middle.end {
                break;
            }
            let segment_end = self.segments.get(i + 1).map_or(self.output_len, |following| following.output);
            let (start, end) = (segment.output.max(middle.start), segment_end.min(middle.end));
            if segment.verbatim {
                out.push_verbatim(end.saturating_sub(start), segment.source.start + (start - segment.output));
            } else if end > start || segment_end == segment.output {
                out.push_rewritten(end.saturating_sub(start), segment.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceMap, Span};
    use proptest::prelude::*;

    /// Rewrites a text and says how: keep, replace or drop each piece.
    fn edit(text: &str, plan: &[(usize, u8)]) -> (String, SourceMap) {
        let (mut out, mut map, mut at) = (String::new(), SourceMap::default(), 0);
        for &(len, how) in plan {
            let end = (at + len).min(text.len());
            match how % 3 {
                0 => {
                    out.push_str(&text[at..end]);
                    map.push_verbatim(end - at, at);
                }
                1 if end > at => {
                    out.push_str("<>");
                    map.push_rewritten(2, Span::new(at, end));
                }
                _ => map.push_rewritten(0, Span::new(at, end)),
            }
            at = end;
        }
        out.push_str(&text[at..]);
        map.push_verbatim(text.len() - at, at);
        (out, map)
    }

    proptest! {
        /// Through one edit or two: a character of the output that was kept leads to itself.
        #[test]
        fn kept_bytes_lead_home(
            first in prop::collection::vec((0usize..6, 0u8..3), 0..12),
            second in prop::collection::vec((0usize..6, 0u8..3), 0..12),
        ) {
            let text: String = ('A'..='Z').chain('a'..='z').collect();
            let (middle, one) = edit(&text, &first);
            let (output, two) = edit(&middle, &second);
            let through = one.then(&two);
            prop_assert_eq!(through.output_len(), output.len());
            for (map, out) in [(&one, &middle), (&through, &output)] {
                for (i, c) in out.char_indices() {
                    let source = map.source_of(Span::new(i, i + 1));
                    if c.is_alphabetic() {
                        prop_assert_eq!(&text[source.range()], &out[i..=i]);
                    }
                    prop_assert!(source.end <= text.len());
                }
                let mut last = 0;
                for i in 0..out.len() {
                    let source = map.source_of(Span::new(i, i + 1));
                    prop_assert!(source.start >= last);
                    last = source.start;
                }
            }
        }
    }
}

use serde::{Deserialize, Serialize};

/// A half-open range of bytes, `start..end`, in one text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte.
    pub end: usize,
}

impl Span {
    /// The span `start..end`.
    #[inline]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Length in bytes; 0 for a reversed span.
    #[inline]
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// True if the span holds no byte.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// True if `offset` lies inside.
    #[inline]
    pub const fn contains(self, offset: usize) -> bool {
        self.start <= offset && offset < self.end
    }

    /// True if the two spans share at least one byte.
    #[inline]
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The smallest span that covers both.
    #[inline]
    pub fn cover(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// As a standard range, for slicing.
    #[inline]
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start..self.end
    }

    /// The text under the span, or `None` if it is out of bounds or cuts a character.
    #[inline]
    pub fn get(self, text: &str) -> Option<&str> {
        text.get(self.range())
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

impl From<Span> for std::ops::Range<usize> {
    fn from(span: Span) -> Self {
        span.range()
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn relations() {
        let (a, b, c) = (Span::new(2, 5), Span::new(4, 9), Span::new(5, 6));
        assert!(a.overlaps(b) && b.overlaps(a) && !a.overlaps(c));
        assert!(a.contains(2) && !a.contains(5));
        assert_eq!(a.cover(b), Span::new(2, 9));
        assert_eq!(Span::new(3, 1).len(), 0);
        assert_eq!(Span::new(1, 2).get("é"), None);
    }
}

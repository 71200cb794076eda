//! What blocks refer to: the headings above them and the rows repeated before them.

use std::collections::VecDeque;
use std::sync::Arc;

/// The headings above a place, outermost first.
pub(super) type Path = Arc<[Arc<str>]>;

/// Heading paths and headers by number. What lies before the segment in work is forgotten, so that
/// memory does not grow with the text.
#[derive(Debug)]
pub(super) struct Outline {
    /// Headings open at the last place, with their depths.
    open: Vec<(usize, Arc<str>)>,
    paths: Numbered<Path>,
    headers: Numbered<Arc<str>>,
}

impl Default for Outline {
    fn default() -> Self {
        let mut paths = Numbered::default();
        paths.push(Arc::from([]));
        Self { open: Vec::new(), paths, headers: Numbered::default() }
    }
}

impl Outline {
    /// Goes below a heading.
    pub(super) fn enter(&mut self, depth: usize, title: &str) {
        while self.open.last().is_some_and(|(open, _)| *open >= depth) {
            self.open.pop();
        }
        self.open.push((depth, title.into()));
        self.paths.push(self.open.iter().map(|(_, title)| title.clone()).collect());
    }

    /// Goes to a path that was built elsewhere, or that was left before.
    pub(super) fn go_to(&mut self, path: &Path) {
        if self.paths.items.back().is_none_or(|last| !Arc::ptr_eq(last, path)) {
            self.paths.push(path.clone());
        }
    }

    /// The path at the last place.
    pub(super) fn current(&self) -> Path {
        self.paths.items.back().cloned().unwrap_or_else(|| Arc::from([]))
    }

    /// The number of the path at the last place.
    pub(super) fn section(&self) -> usize {
        self.paths.end() - 1
    }

    /// The path of that number.
    pub(super) fn path(&self, section: usize) -> Option<&Path> {
        self.paths.get(section)
    }

    /// Keeps a header as it stands before a chunk, with a line break behind it, and returns its
    /// number.
    pub(super) fn keep_header(&mut self, header: &str) -> usize {
        self.headers.push(Arc::from(format!("{}\n", header.trim_end())));
        self.headers.end() - 1
    }

    /// The header of that number.
    pub(super) fn header(&self, number: usize) -> Option<&Arc<str>> {
        self.headers.get(number)
    }

    /// Forgets what lies before a section and before a header, but for the last of each, which the
    /// text that follows can still need.
    pub(super) fn forget_before(&mut self, section: usize, header: Option<usize>) {
        self.paths.forget_before(Some(section));
        self.headers.forget_before(header);
    }
}

/// A list whose beginning can be dropped while numbers stay what they are.
#[derive(Debug)]
struct Numbered<T> {
    first: usize,
    items: VecDeque<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { first: 0, items: VecDeque::new() }
    }
}

impl<T> Numbered<T> {
    fn push(&mut self, item: T) {
        self.items.push_back(item);
    }

    /// Just past the number of the last item.
    fn end(&self) -> usize {
        self.first + self.items.len()
    }

    fn get(&self, number: usize) -> Option<&T> {
        self.items.get(number.checked_sub(self.first)?)
    }

    fn forget_before(&mut self, number: Option<usize>) {
        let last = self.end().saturating_sub(1);
        let first = number.map_or(last, |number| number.min(last)).max(self.first);
        self.items.drain(..first - self.first);
        self.first = first;
    }
}

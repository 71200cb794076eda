//! Plain text: paragraphs between empty lines.

use super::lattice::{Block, Form, Level};
use super::prose::{skip_blank_lines, trim_end};
use crate::Span;
use memchr::memchr;

/// Finds the paragraphs of a text, one after another.
#[derive(Debug)]
pub(super) struct TextScanner {
    at: usize,
    level: Level,
}

impl TextScanner {
    pub(super) fn new() -> Self {
        Self { at: 0, level: Level::Block }
    }

    /// The next paragraph. One that is longer than `max_bytes` is given in parts.
    pub(super) fn next(&mut self, text: &str, max_bytes: usize) -> Option<Block> {
        let start = skip_blank_lines(text, self.at, text.len());
        if start == text.len() {
            return None;
        }
        let level = std::mem::replace(&mut self.level, Level::Block);
        let bytes = text.as_bytes();
        let mut at = start;
        let end = loop {
            let Some(newline) = memchr(b'\n', &bytes[at..]).map(|found| at + found) else { break text.len() };
            // The usual next line shows at its first byte that it is not blank.
            let next = match bytes.get(newline + 1) {
                Some(byte) if byte.is_ascii_graphic() => newline + 1,
                _ => skip_blank_lines(text, newline + 1, text.len()),
            };
            if next > newline + 1 {
                let gap = &bytes[newline..next];
                if gap.contains(&b'\x0c') || memchr::memchr_iter(b'\n', gap).count() > 2 {
                    self.level = Level::Break;
                }
                self.at = next;
                break newline;
            }
            if next - start > max_bytes {
                self.level = Level::Line;
                self.at = next;
                break newline;
            }
            at = next;
        };
        if end == text.len() {
            self.at = end;
        }
        let span = Span::new(start, trim_end(text, start, end));
        Some(Block { span, level, form: Form::Prose, section: 0, header: None })
    }
}

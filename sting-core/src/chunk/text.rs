//! Plain text: paragraphs between empty lines.

use super::lattice::{Block, Form, Level};
use super::prose::{line_break, skip_blank_lines, trim_end};
use super::scan::Place;
use crate::Span;
use memchr::memchr;

/// Bytes looked at to tell how lines end.
const LOOK: usize = 16 << 10;

/// Finds the paragraphs of a text, one after another.
#[derive(Debug, Default)]
pub(super) struct TextScanner {
    /// The byte that ends lines, as the beginning of the text has it.
    line_break: Option<u8>,
}

impl TextScanner {
    /// The paragraph that begins at a place, and where its last line ends.
    pub(super) fn next(&mut self, text: &str, place: Place) -> (Block, usize) {
        let bytes = text.as_bytes();
        let line_break = *self.line_break.get_or_insert_with(|| {
            let head = &bytes[place.at..bytes.len().min(place.at + LOOK)];
            line_break(head.strip_suffix(b"\r").unwrap_or(head))
        });
        let mut end = place.at;
        loop {
            let Some(found) = memchr(line_break, &bytes[end..]).map(|found| end + found) else {
                end = text.len();
                break;
            };
            end = found + 1;
            // The usual next line shows at its first byte that it is not blank.
            if !bytes.get(end).is_some_and(u8::is_ascii_graphic)
                && skip_blank_lines(text, end, text.len()) > end
            {
                break;
            }
        }
        let level = if place.is_set_apart() { Level::Break } else { Level::Block };
        let span = Span::new(place.at, trim_end(text, place.at, end));
        (Block { span, level, form: Form::Prose, section: 0, header: None }, end)
    }
}

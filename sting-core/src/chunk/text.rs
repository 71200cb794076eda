//! Plain text: paragraphs between empty lines.

use super::lattice::{Block, Form, Level};
use super::prose::{skip_blank_lines, trim_end};
use super::scan::Place;
use crate::Span;
use memchr::memchr;

/// The paragraph that begins at a place, and where its last line ends.
pub(super) fn paragraph(text: &str, place: Place) -> (Block, usize) {
    let bytes = text.as_bytes();
    let mut end = place.at;
    loop {
        let Some(newline) = memchr(b'\n', &bytes[end..]).map(|found| end + found) else {
            end = text.len();
            break;
        };
        end = newline + 1;
        // The usual next line shows at its first byte that it is not blank.
        if !bytes.get(end).is_some_and(u8::is_ascii_graphic) && skip_blank_lines(text, end, text.len()) > end
        {
            break;
        }
    }
    let level = if place.is_set_apart() { Level::Break } else { Level::Block };
    let span = Span::new(place.at, trim_end(text, place.at, end));
    (Block { span, level, form: Form::Prose, section: 0, header: None }, end)
}

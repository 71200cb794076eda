//! What a text is, from a look at its beginning.

use super::ChunkKind;

/// Bytes looked at.
const LOOK: usize = 16 << 10;

/// The kind of chunker that suits `text`.
pub(super) fn detect(text: &str) -> ChunkKind {
    let head = &text[..text.floor_char_boundary(LOOK)];
    if markdown_marks(head) >= 2 { ChunkKind::Markdown } else { ChunkKind::Text }
}

/// Lines that hardly occur in anything but Markdown.
fn markdown_marks(text: &str) -> usize {
    let mut marks = 0;
    let mut previous = "";
    for line in text.lines() {
        let heading = line.trim_start_matches('#');
        let depth = line.len() - heading.len();
        let fence = line.starts_with("```") || line.starts_with("~~~");
        let link = line.contains("](") && line.contains('[');
        let table = line.starts_with('|') && line.contains("--") && previous.contains('|');
        let strong = line.contains("**");
        // A heading is strong evidence, but one alone can be a comment of a script.
        let prose_heading =
            (1..=6).contains(&depth) && heading.starts_with(' ') && previous.trim().is_empty();
        marks += 2 * usize::from(prose_heading && depth > 1 || fence || table);
        marks += usize::from(prose_heading || link || strong);
        previous = line;
    }
    marks
}

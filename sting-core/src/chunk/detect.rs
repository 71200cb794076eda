//! What a text is, from a look at its beginning.

mod language;

use super::ChunkKind;
use super::email::begins_thread;
use super::record::{Clock, begins_with_time};

/// Bytes looked at.
pub(super) const LOOK: usize = 16 << 10;

impl ChunkKind {
    /// The kind that `text` looks like, judged by its first 16 KiB: what [`ChunkKind::Auto`] takes it
    /// for. Never [`ChunkKind::Semantic`].
    pub fn detect(text: &str) -> Self {
        let head = &text[..text.floor_char_boundary(LOOK)];
        let start = head.trim_start_matches('\u{feff}').trim_start();
        let first = start.lines().next().unwrap_or("");
        if looks_like_html(start) {
            Self::Html
        } else if looks_like_json(start) {
            Self::Json
        } else if begins_thread(head) {
            Self::Email
        } else if !begins_with_time(first) && looks_like_table(head, text.len() > head.len()) {
            Self::Table
        } else if mostly(head, |line| Clock::of(line) != Clock::None) {
            Self::Log
        } else if let Some(language) = language::language(head) {
            Self::Code(language)
        } else if markdown_marks(head) >= 2 {
            Self::Markdown
        } else {
            Self::Text
        }
    }
}

fn looks_like_html(start: &str) -> bool {
    let begins = |tag: &str| start.get(..tag.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(tag));
    ["<!doctype html", "<html", "<head", "<body"].into_iter().any(begins)
        || ["<div", "<p>", "<table", "<section", "<article"].into_iter().any(begins) && start.contains("</")
}

fn looks_like_json(start: &str) -> bool {
    let Some(inside) = start.strip_prefix(['{', '[']) else { return false };
    let inside = inside.trim_start();
    if start.starts_with('{') {
        let key_end = inside.strip_prefix('"').and_then(|rest| Some(rest.split_once('"')?.1));
        return inside.starts_with('}') || key_end.is_some_and(|rest| rest.trim_start().starts_with(':'));
    }
    // A list of logs' bracketed words begins with a letter.
    inside.starts_with(['{', '[', '"', ']'])
        || inside.starts_with(|c: char| c.is_ascii_digit())
            && inside.contains(',')
            && !begins_with_time(start)
}

/// True if most of the first lines are such, and there are several.
fn mostly(text: &str, is_such: impl Fn(&str) -> bool) -> bool {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(30);
    let (count, such) =
        lines.fold((0, 0), |(count, such), line| (count + 1, such + usize::from(is_such(line))));
    count >= 2 && such * 3 >= count * 2
}

/// True if every line has as many delimiters as the first, outside of quotes.
fn looks_like_table(head: &str, cut_short: bool) -> bool {
    let mut lines: Vec<&str> = head.lines().take(20).collect();
    if cut_short {
        lines.pop();
    }
    let fields = |line: &str, delimiter: char| {
        let mut quoted = false;
        line.chars()
            .filter(|&c| {
                quoted ^= c == '"';
                c == delimiter && !quoted
            })
            .count()
    };
    lines.len() >= 2
        && [('\t', 1), (',', 1), (';', 2)].into_iter().any(|(delimiter, least)| {
            let columns = fields(lines[0], delimiter);
            // Sentences have a space after their commas.
            let spaced = lines[0].matches(", ").count();
            columns >= least
                && spaced * 2 <= columns
                && lines.iter().all(|line| line.is_empty() || fields(line, delimiter) == columns)
        })
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

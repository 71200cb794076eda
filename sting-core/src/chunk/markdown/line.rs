//! What a line of Markdown is, by itself.

/// A line with its indentation measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    /// Columns of white space before the content; a tab goes to the next multiple of four.
    pub(super) indent: usize,
    /// From the first character that is not white space to the end of the line, without the line
    /// break.
    pub(super) content: &'t str,
    /// Where the next line begins.
    pub(super) end: usize,
}

impl<'t> Line<'t> {
    /// The line that begins at `start`.
    #[inline]
    pub(super) fn at(text: &'t str, start: usize) -> Self {
        let bytes = text.as_bytes();
        let stop = memchr::memchr2(b'\n', b'\r', &bytes[start..]).map_or(text.len(), |found| start + found);
        let crlf = bytes[stop..].starts_with(b"\r\n");
        let end = text.len().min(stop + 1 + usize::from(crlf));
        let (mut indent, mut at) = (0, start);
        while at < stop {
            match bytes[at] {
                b' ' => indent += 1,
                b'\t' => indent += 4 - indent % 4,
                _ => break,
            }
            at += 1;
        }
        Self { indent, content: &text[at..stop], end }
    }

    /// Blank lines end paragraphs.
    pub(super) fn is_blank(&self) -> bool {
        self.content.bytes().next().is_none_or(|byte| !byte.is_ascii_graphic())
            && self.content.trim().is_empty()
    }
}

/// Depth and title of `# a heading`.
pub(super) fn atx_heading(content: &str) -> Option<(usize, &str)> {
    if content.as_bytes().first() != Some(&b'#') {
        return None;
    }
    let title = content.trim_start_matches('#');
    let depth = content.len() - title.len();
    if depth > 6 || !(title.is_empty() || title.starts_with([' ', '\t'])) {
        return None;
    }
    let title = title.trim();
    let bare = title.trim_end_matches('#');
    let title = if bare.is_empty() || bare.ends_with([' ', '\t']) { bare.trim_end() } else { title };
    Some((depth, title))
}

/// Depth that an underline gives to the paragraph above it.
pub(super) fn setext_depth(content: &str) -> Option<usize> {
    let content = content.trim_end_matches([' ', '\t']);
    let underline = |c: char| !content.is_empty() && content.bytes().all(|byte| byte == c as u8);
    if underline('=') {
        Some(1)
    } else if underline('-') {
        Some(2)
    } else {
        None
    }
}

/// `***`, `- - -`, `___`.
pub(super) fn thematic_break(content: &str) -> bool {
    let Some(mark) = content.bytes().next().filter(|byte| b"*-_".contains(byte)) else { return false };
    content.bytes().all(|byte| byte == mark || byte == b' ' || byte == b'\t')
        && content.bytes().filter(|&byte| byte == mark).count() >= 3
}

/// The character and length of a code fence.
pub(super) fn opens_fence(content: &str) -> Option<(u8, usize)> {
    let mark = content.bytes().next().filter(|byte| b"`~".contains(byte))?;
    let len = content.bytes().take_while(|&byte| byte == mark).count();
    (len >= 3 && (mark == b'~' || !content[len..].contains('`'))).then_some((mark, len))
}

/// True if the line closes `fence`.
pub(super) fn closes_fence(content: &str, (mark, len): (u8, usize)) -> bool {
    let run = content.bytes().take_while(|&byte| byte == mark).count();
    run >= len && content[run..].trim_matches([' ', '\t']).is_empty()
}

/// Width of a list marker with the space after it.
pub(super) fn list_marker(content: &str) -> Option<usize> {
    let bytes = content.as_bytes();
    let marker = match *bytes.first()? {
        b'-' | b'+' | b'*' => 1,
        b'0'..=b'9' => {
            let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits > 9 || !matches!(bytes.get(digits), Some(b'.' | b')')) {
                return None;
            }
            digits + 1
        }
        _ => return None,
    };
    let spaces = bytes[marker..].iter().take_while(|&&byte| byte == b' ').count();
    match bytes.get(marker + spaces) {
        None => Some(marker + 1),
        Some(b'\t') => Some(marker + spaces + 1),
        Some(_) if spaces == 0 => None,
        Some(_) => Some(marker + if spaces > 4 { 1 } else { spaces }),
    }
}

/// True if the line ends a paragraph by beginning another block.
pub(super) fn interrupts_paragraph(content: &str) -> bool {
    match content.bytes().next() {
        Some(b'#') => atx_heading(content).is_some(),
        Some(b'`' | b'~') => opens_fence(content).is_some(),
        Some(b'<') => html_block(content, true).is_some(),
        Some(b'>') => true,
        Some(b'*' | b'-' | b'_' | b'+') => {
            thematic_break(content) || list_marker(content).is_some_and(|marker| marker < content.len())
        }
        // Other numbers are more often in the text than a list.
        Some(b'1') => {
            matches!(content.as_bytes().get(1), Some(b'.' | b')'))
                && list_marker(content).is_some_and(|marker| marker < content.len())
        }
        _ => false,
    }
}

/// Tags that begin a block which a blank line ends, in order.
const BLOCK_TAGS: [&str; 62] = [
    "address",
    "article",
    "aside",
    "base",
    "basefont",
    "blockquote",
    "body",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "iframe",
    "legend",
    "li",
    "link",
    "main",
    "menu",
    "menuitem",
    "nav",
    "noframes",
    "ol",
    "optgroup",
    "option",
    "p",
    "param",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "track",
    "ul",
];

/// What ends an HTML block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HtmlEnd {
    BlankLine,
    /// The line that holds this, in any case.
    After(&'static str),
}

/// If the line begins an HTML block, what ends it.
pub(super) fn html_block(content: &str, in_paragraph: bool) -> Option<HtmlEnd> {
    let rest = (content.as_bytes().first() == Some(&b'<')).then(|| &content[1..])?;
    for (opening, closer) in [("!--", "-->"), ("?", "?>"), ("![CDATA[", "]]>")] {
        if rest.starts_with(opening) {
            return Some(HtmlEnd::After(closer));
        }
    }
    if rest.strip_prefix('!').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic())) {
        return Some(HtmlEnd::After(">"));
    }
    let closing = rest.starts_with('/');
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let name_len = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (name, after) = rest.split_at(name_len);
    let name = name.to_ascii_lowercase();
    let tag_ends = after.is_empty() || after.starts_with([' ', '\t', '>']);
    for (tag, closer) in
        [("script", "</script>"), ("pre", "</pre>"), ("style", "</style>"), ("textarea", "</textarea>")]
    {
        if name == tag && !closing && tag_ends {
            return Some(HtmlEnd::After(closer));
        }
    }
    if BLOCK_TAGS.binary_search(&name.as_str()).is_ok() && (tag_ends || after.starts_with("/>")) {
        return Some(HtmlEnd::BlankLine);
    }
    let whole_tag =
        !in_paragraph && name.starts_with(|c: char| c.is_ascii_alphabetic()) && is_whole_tag(after, closing);
    whole_tag.then_some(HtmlEnd::BlankLine)
}

/// True if `after`, which follows the name of a tag, is the rest of that tag and nothing else.
fn is_whole_tag(after: &str, closing: bool) -> bool {
    let mut rest = after.trim_end();
    loop {
        let spaced = rest.trim_start();
        if spaced == ">" || spaced == "/>" && !closing {
            return true;
        }
        if closing || spaced.len() == rest.len() {
            return false;
        }
        let name = spaced
            .bytes()
            .take_while(|&byte| byte.is_ascii_alphanumeric() || b"_:.-".contains(&byte))
            .count();
        if name == 0 || spaced.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') {
            return false;
        }
        rest = &spaced[name..];
        if let Some(value) = rest.trim_start().strip_prefix('=') {
            let value = value.trim_start();
            let quoted = value.bytes().next().filter(|byte| b"\"'".contains(byte));
            let end = match quoted {
                Some(quote) => value[1..].find(quote as char).map(|at| at + 2),
                None => value.find([' ', '\t', '"', '\'', '=', '<', '>', '`']).filter(|&end| end > 0),
            };
            let Some(end) = end else { return false };
            rest = &value[end..];
        }
    }
}

/// True if `content` holds `needle`, whatever the case of ASCII letters.
pub(super) fn contains_ignoring_case(content: &str, needle: &str) -> bool {
    content.as_bytes().windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

/// Columns of a table's delimiter row, such as `|:--|--:|`.
pub(super) fn delimiter_columns(content: &str) -> Option<usize> {
    if !content.starts_with(['|', '-', ':']) || !content.contains('|') {
        return None;
    }
    let cells = content.trim_end().trim_start_matches('|');
    let cells = cells.strip_suffix('|').unwrap_or(cells);
    let is_rule = |cell: &str| {
        let cell = cell.trim();
        let dashes = cell.strip_prefix(':').unwrap_or(cell);
        let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
        !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-')
    };
    cells.split('|').all(is_rule).then(|| cells.split('|').count())
}

/// Columns of a row: bars that are not escaped, and neither at its start nor at its end.
pub(super) fn row_columns(content: &str) -> usize {
    let row = content.trim_end();
    let row = row.strip_prefix('|').unwrap_or(row);
    let (mut columns, mut escaped, mut ends_open) = (1, false, false);
    for byte in row.bytes() {
        ends_open = byte == b'|' && !escaped;
        columns += usize::from(ends_open);
        escaped = byte == b'\\' && !escaped;
    }
    columns - usize::from(ends_open)
}

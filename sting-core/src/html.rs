//! HTML, token by token, with the place of each.
//!
//! [`Tokenizer`] follows the WHATWG tokenization algorithm closely enough that its tokens are those
//! of a browser, but never copies, repairs or drops anything: its tokens tile the source, so that
//! whatever is made of them can be led back to bytes. It takes time linear in the source and holds
//! no state beyond a position.
//!
//! ```
//! use sting_core::html::{TokenKind, Tokenizer, decode};
//! let source = "<p class=x>Fish &amp; chips</p>";
//! let tokens: Vec<_> = Tokenizer::new(source).collect();
//! assert_eq!(tokens[0].name, "p");
//! assert_eq!(tokens[0].attribute("class").as_deref(), Some("x"));
//! assert_eq!(tokens[1].kind, TokenKind::Text);
//! assert_eq!(decode(tokens[1].text).0, "Fish & chips");
//! assert_eq!(tokens.iter().map(|token| token.text).collect::<String>(), source);
//! ```
//!
//! What it leaves to the caller: the tree (implied and misnested tags), foreign content (in SVG and
//! MathML a `title` or `style` is taken for HTML's, and CDATA for a comment), and normalising line
//! ends. `noscript` is read as markup, as a browser without scripts does.

mod attribute;
mod reference;

pub use attribute::{Attribute, Attributes};
pub use reference::{Context, Piece, Pieces, decode};

use crate::Span;
use memchr::{memchr, memmem};

/// A token of HTML source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands in the source.
    pub span: Span,
    /// The source under [`Token::span`].
    pub text: &'t str,
    /// The tag's name as written; empty for what is not a tag.
    pub name: &'t str,
}

/// What a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Text in which character references stand for characters; see [`decode`].
    Text,
    /// The content of `script`, `style` and the like, in which nothing stands for anything else.
    RawText,
    /// `<name ...>`
    StartTag,
    /// `</name>`
    EndTag,
    /// `<!-- ... -->`, and whatever else a browser takes for a comment: `<? ... >`, `<! ... >`.
    Comment,
    /// `<!doctype ...>`
    Doctype,
    /// A tag that the end of the source cuts short. A browser drops it.
    Unclosed,
}

impl<'t> Token<'t> {
    /// True if this is a tag of the given name, given in lower case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// True for `<name ... />`.
    pub fn is_self_closing(&self) -> bool {
        self.kind == TokenKind::StartTag && self.attributes().closes_itself()
    }

    /// The attributes as written, in order. Where a name stands twice, a browser takes the first.
    pub fn attributes(&self) -> Attributes<'t> {
        match self.kind {
            TokenKind::StartTag => {
                let from = 1 + self.name.len();
                let inner = self.text.get(from..self.text.len().saturating_sub(1)).unwrap_or("");
                Attributes::new(inner, self.span.start + from)
            }
            _ => Attributes::new("", self.span.start),
        }
    }

    /// The decoded value of the attribute of that name, given in lower case.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let found = self.attributes().find(|attribute| attribute.name.eq_ignore_ascii_case(name))?;
        Some(found.decoded().into_owned())
    }
}

/// How the text after a start tag is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Markup.
    Markup,
    /// References but no tags, up to the end tag: `title`, `textarea`.
    Rcdata,
    /// Neither, up to the end tag: `style` and others.
    Raw,
    /// As `Raw`, but comments may hide an end tag.
    Script,
    /// Neither, to the end of the source.
    Plaintext,
}

impl Mode {
    fn after(name: &str) -> Self {
        const MODES: [(&str, Mode); 9] = [
            ("script", Mode::Script),
            ("style", Mode::Raw),
            ("title", Mode::Rcdata),
            ("textarea", Mode::Rcdata),
            ("iframe", Mode::Raw),
            ("noembed", Mode::Raw),
            ("noframes", Mode::Raw),
            ("xmp", Mode::Raw),
            ("plaintext", Mode::Plaintext),
        ];
        MODES.iter().find(|(tag, _)| name.eq_ignore_ascii_case(tag)).map_or(Mode::Markup, |(_, mode)| *mode)
    }
}

/// Iterates over the tokens of HTML source. They tile it: each begins where the last one ended.
#[derive(Clone, Debug)]
pub struct Tokenizer<'t> {
    source: &'t str,
    at: usize,
    mode: Mode,
    /// Name of the element whose content `mode` is about.
    element: &'t str,
}

impl<'t> Tokenizer<'t> {
    /// Reads `source` from its beginning.
    pub fn new(source: &'t str) -> Self {
        Self { source, at: 0, mode: Mode::Markup, element: "" }
    }

    fn token(&mut self, kind: TokenKind, end: usize, name: &'t str) -> Token<'t> {
        let span = Span::new(self.at, end);
        self.at = end;
        Token { kind, span, text: &self.source[span.range()], name }
    }

    /// The content of an element that has no markup inside, if it has content.
    fn raw_content(&mut self) -> Option<Token<'t>> {
        let mode = std::mem::replace(&mut self.mode, Mode::Markup);
        let rest = &self.source.as_bytes()[self.at..];
        let len = match mode {
            Mode::Markup => 0,
            Mode::Plaintext => rest.len(),
            Mode::Rcdata | Mode::Raw => find_end_tag(rest, self.element).unwrap_or(rest.len()),
            Mode::Script => find_script_end(rest),
        };
        let kind = if mode == Mode::Rcdata { TokenKind::Text } else { TokenKind::RawText };
        (len > 0).then(|| self.token(kind, self.at + len, ""))
    }

    /// A tag whose name begins at `name_start`, at `<` or `</` before it.
    fn tag(&mut self, kind: TokenKind, name_start: usize) -> Token<'t> {
        let bytes = self.source.as_bytes();
        let name_end = bytes[name_start..]
            .iter()
            .position(|&byte| byte.is_ascii_whitespace() || byte == b'/' || byte == b'>')
            .map_or(bytes.len(), |len| name_start + len);
        let name = &self.source[name_start..name_end];
        let Some(len) = attribute::tag_end(&bytes[name_end..]) else {
            return self.token(TokenKind::Unclosed, bytes.len(), "");
        };
        if kind == TokenKind::StartTag {
            self.mode = Mode::after(name);
            self.element = name;
        }
        self.token(kind, name_end + len, name)
    }

    /// `<!`, `<?` and `</` that begin no tag.
    fn declaration(&mut self) -> Token<'t> {
        let bytes = self.source.as_bytes();
        let rest = &bytes[self.at..];
        if rest.starts_with(b"<!--") {
            let len = comment_len(rest);
            return self.token(TokenKind::Comment, self.at + len, "");
        }
        let doctype = rest.get(2..9).is_some_and(|word| word.eq_ignore_ascii_case(b"doctype"));
        let kind = if doctype { TokenKind::Doctype } else { TokenKind::Comment };
        let end = memchr(b'>', rest).map_or(bytes.len(), |at| self.at + at + 1);
        self.token(kind, end, "")
    }
}

impl<'t> Iterator for Tokenizer<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        if self.mode != Mode::Markup
            && let Some(content) = self.raw_content()
        {
            return Some(content);
        }
        let bytes = self.source.as_bytes();
        let mut from = self.at;
        // Text goes on to the next `<` that begins something.
        let end = loop {
            let Some(found) = memchr(b'<', &bytes[from..]).map(|at| from + at) else { break bytes.len() };
            if opens_markup(&bytes[found..]) {
                break found;
            }
            from = found + 1;
        };
        if end > self.at {
            return Some(self.token(TokenKind::Text, end, ""));
        }
        Some(match (bytes.get(end + 1)?, bytes.get(end + 2)) {
            (b'/', Some(letter)) if letter.is_ascii_alphabetic() => self.tag(TokenKind::EndTag, end + 2),
            (b'/' | b'!' | b'?', _) => self.declaration(),
            _ => self.tag(TokenKind::StartTag, end + 1),
        })
    }
}

/// True if the `<` at the beginning of `rest` begins a tag, a comment or a declaration.
fn opens_markup(rest: &[u8]) -> bool {
    match rest.get(1) {
        Some(b'!' | b'?') => true,
        Some(b'/') => rest.len() > 2,
        Some(letter) => letter.is_ascii_alphabetic(),
        None => false,
    }
}

/// Length of the comment that `rest` begins with.
fn comment_len(rest: &[u8]) -> usize {
    let body = &rest[4..];
    if body.starts_with(b">") {
        return 5;
    }
    if body.starts_with(b"->") {
        return 6;
    }
    memmem::find_iter(body, b"--")
        .find_map(|at| {
            // `find_iter` steps over pairs, and `--->` ends a comment as well.
            let dashes = body[at..].iter().take_while(|&&byte| byte == b'-').count();
            match &body[at + dashes..] {
                [b'>', ..] => Some(4 + at + dashes + 1),
                [b'!', b'>', ..] => Some(4 + at + dashes + 2),
                _ => None,
            }
        })
        .unwrap_or(rest.len())
}

/// True if `rest`, after `<` or `</`, goes on with `name` and the name ends there.
fn names(rest: &[u8], name: &str) -> bool {
    rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        && rest.get(name.len()).is_some_and(|&byte| ends_name(byte))
}

fn ends_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'/' || byte == b'>'
}

/// Offset of `</name`.
fn find_end_tag(rest: &[u8], name: &str) -> Option<usize> {
    memmem::find_iter(rest, b"</").find(|&at| names(&rest[at + 2..], name))
}

/// Offset of the end tag of a script. `<!-- <script>` hides one end tag from the browser, so it
/// must hide it from us.
fn find_script_end(rest: &[u8]) -> usize {
    let (mut at, mut escaped, mut nested) = (0, false, false);
    while at < rest.len() {
        match rest[at] {
            b'<' if !escaped && rest[at..].starts_with(b"<!--") => {
                escaped = true;
                // The dashes of `<!-->` and `<!--->` also end what they began.
                at += 2;
                continue;
            }
            b'<' if rest.get(at + 1) == Some(&b'/') && names(&rest[at + 2..], "script") => {
                if !nested {
                    return at;
                }
                nested = false;
            }
            b'<' if escaped && !nested && names(&rest[at + 1..], "script") => nested = true,
            b'-' if escaped && rest[at..].starts_with(b"-->") => (escaped, nested) = (false, false),
            _ => {}
        }
        at += 1;
        if !escaped {
            at = memchr(b'<', &rest[at..]).map_or(rest.len(), |found| at + found);
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests;

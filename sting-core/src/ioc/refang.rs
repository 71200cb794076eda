//! Undoing what reports do to indicators so that nobody clicks them: `hxxp`, `[.]`, `(at)`.

use std::borrow::Cow;

/// A run of text as it was before it was defanged, and where each byte of it stands in the text.
pub(super) struct Refanged<'a> {
    pub(super) text: Cow<'a, str>,
    /// Offset in the text of every byte, and of the end; empty if nothing changed.
    places: Vec<usize>,
    start: usize,
}

impl Refanged<'_> {
    /// Where byte `at` of the refanged text stands.
    pub(super) fn place(&self, at: usize) -> usize {
        self.places.get(at).copied().unwrap_or(self.start + at)
    }

    /// Whether somebody took the trouble to defang it.
    pub(super) fn was_defanged(&self) -> bool {
        !self.places.is_empty()
    }
}

/// How an indicator is written so that it is not one, in lower case, and what it means.
const FORMS: [(&str, &str); 20] = [
    ("[://]", "://"),
    ("[:]//", "://"),
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    ("[.", "."),
    (".]", "."),
    ("\\.", "."),
    ("[@]", "@"),
    ("[at]", "@"),
    ("(at)", "@"),
    ("{at}", "@"),
    ("[:]", ":"),
    ("[/]", "/"),
    ("hxxp", "http"),
    ("fxp:", "ftp:"),
    ("meow:", "http:"),
];

/// Refangs `run`, ASCII only, which starts at byte `start` of its text.
pub(super) fn refang(run: &str, start: usize) -> Refanged<'_> {
    let bytes = run.as_bytes();
    let suspicious = |&byte: &u8| matches!(byte, b'[' | b'(' | b'{' | b']' | b'\\');
    let scheme =
        |form: &str| bytes.len() > form.len() && bytes[..form.len()].eq_ignore_ascii_case(form.as_bytes());
    if !bytes.iter().any(suspicious) && !["hxxp", "fxp:", "meow:"].into_iter().any(scheme) {
        return Refanged { text: Cow::Borrowed(run), places: Vec::new(), start };
    }
    let mut text = String::with_capacity(run.len());
    let mut places = Vec::with_capacity(run.len() + 1);
    let mut changed = false;
    let mut at = 0;
    while at < run.len() {
        let form = FORMS.iter().find(|(form, _)| {
            let is_scheme = form.as_bytes()[0].is_ascii_alphabetic();
            let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
            let inside = at > 0 && at + form.len() < run.len();
            let placed = if is_scheme { begins } else { inside };
            placed
                && bytes[at..].len() >= form.len()
                && bytes[at..at + form.len()].eq_ignore_ascii_case(form.as_bytes())
        });
        if let Some((form, meant)) = form {
            text.push_str(meant);
            places.extend(std::iter::repeat_n(start + at, meant.len()));
            at += form.len();
            changed = true;
        } else {
            text.push(char::from(bytes[at]));
            places.push(start + at);
            at += 1;
        }
    }
    if !changed {
        return Refanged { text: Cow::Borrowed(run), places: Vec::new(), start };
    }
    places.push(start + run.len());
    Refanged { text: Cow::Owned(text), places, start }
}

/// A single indicator without its disguise, which may begin and end with what a run would end at.
pub(super) fn refang_value(value: &str) -> Cow<'_, str> {
    if value.is_ascii() { refang(value, 0).text } else { Cow::Borrowed(value) }
}

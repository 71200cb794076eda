//! Undoing what reports do to indicators so that nobody clicks them: `hxxp`, `[.]`, `(at)`.

use super::extract::places_of;
use std::borrow::Cow;

/// Where the bytes of a run stand in the text, also after it was refanged.
pub(super) struct Places {
    /// Offset of every byte, and of the end; empty if nothing changed.
    offsets: Vec<usize>,
    start: usize,
}

impl Places {
    /// Those of a run as it is.
    pub(super) fn untouched(start: usize) -> Self {
        Self { offsets: Vec::new(), start }
    }

    /// Where byte `at` stands.
    pub(super) fn of(&self, at: usize) -> usize {
        self.offsets.get(at).copied().unwrap_or(self.start + at)
    }

    /// Whether somebody took the trouble to defang it.
    pub(super) fn was_defanged(&self) -> bool {
        !self.offsets.is_empty()
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

/// Whether something in `run` may be one of the [`FORMS`]: most brackets and colons are none.
fn is_suspicious(run: &[u8], has_bracket: bool) -> bool {
    (has_bracket && (0..run.len()).any(|at| begins_form(run, at)))
        || places_of(b':', run).any(|colon| {
            let scheme = run[..colon].strip_suffix(b"s").unwrap_or(&run[..colon]);
            [&b"hxxp"[..], b"fxp", b"meow"].iter().any(|known| {
                scheme.len() >= known.len()
                    && scheme[scheme.len() - known.len()..].eq_ignore_ascii_case(known)
            })
        })
}

/// Whether the first two bytes of one of the [`FORMS`] with a bracket are here.
fn begins_form(run: &[u8], at: usize) -> bool {
    let next = run.get(at + 1).copied().unwrap_or(0);
    match run[at] {
        b'[' => matches!(next, b'.' | b':' | b'@' | b'/' | b'd' | b'D' | b'a' | b'A'),
        b'(' | b'{' => matches!(next, b'.' | b'd' | b'D' | b'a' | b'A'),
        b'.' => next == b']',
        b'\\' => next == b'.',
        _ => false,
    }
}

/// Refangs `run`, ASCII only, which starts at byte `start` of its text; nothing if there is nothing to refang.
pub(super) fn refang(run: &str, has_bracket: bool, start: usize) -> Option<(String, Places)> {
    let bytes = run.as_bytes();
    if !is_suspicious(bytes, has_bracket) {
        return None;
    }
    let mut text = String::with_capacity(run.len());
    let mut offsets = Vec::with_capacity(run.len() + 1);
    let mut at = 0;
    while at < run.len() {
        let begins_scheme = matches!(bytes[at], b'h' | b'H' | b'f' | b'F' | b'm' | b'M');
        let forms = if begins_scheme || begins_form(bytes, at) { &FORMS[..] } else { &[] };
        let form = forms.iter().find(|(form, _)| {
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
            offsets.extend(std::iter::repeat_n(start + at, meant.len()));
            at += form.len();
        } else {
            text.push(char::from(bytes[at]));
            offsets.push(start + at);
            at += 1;
        }
    }
    if text == run {
        return None;
    }
    offsets.push(start + run.len());
    Some((text, Places { offsets, start }))
}

/// A single indicator without its disguise, which may begin and end with what a run would end at.
pub(super) fn refang_value(value: &str) -> Cow<'_, str> {
    let refanged = if value.is_ascii() { refang(value, true, 0) } else { None };
    refanged.map_or(Cow::Borrowed(value), |(text, _)| Cow::Owned(text))
}

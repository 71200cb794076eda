//! From tokens back to what they stand for, in whole texts and in streams.

use super::json::decode;
use super::token::{ID_LEN, Opened, Read, read, read_loosely};
use super::{Form, Matching, Session};
use crate::Error;
use sting_core::Span;

/// Longest stretch between brackets, and longest word, that is looked at for an altered token.
const MAX_ALTERED: usize = 120;

/// A place where a token may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Site {
    start: usize,
    end: usize,
    /// Bytes of the quotes around it that are within `start..end`: 0, 1 (`"`) or 2 (`\"`) on either side.
    quote: usize,
    /// What of it goes when the value comes: all but the quotes, or less if brackets are needed for a link.
    core: (usize, usize),
    /// Name of the kind, letters and digits only, in capitals; with its underscores if it was read exactly.
    label: Vec<u8>,
    id: [u8; ID_LEN],
}

/// The next thing to deal with.
enum Next {
    Site(Site),
    /// What begins here cannot be judged before more has come.
    Hold(usize),
    End,
}

/// How values are written where tokens stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// As they stood in the text.
    Text,
    /// Inside a JSON string that has been decoded: pieces of JSON strings are decoded as well.
    Decoded,
}

/// What became of a piece of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Bytes that have been dealt with. The rest waits for more.
    pub(super) consumed: usize,
    /// Tokens in whose place their value was written.
    pub(super) restored: usize,
    /// Tokens that were left.
    pub(super) left: usize,
}

impl Session {
    /// Writes `text` with its tokens restored to `out`, as far as it can be judged.
    pub(super) fn restore_into(
        &self,
        text: &[u8],
        before: Option<u8>,
        at_end: bool,
        target: Target,
        out: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        match self.matching {
            Matching::Exact => self.restore_exact(text, at_end, target, out),
            Matching::Tolerant => self.restore_altered(text, before, at_end, target, out),
        }
    }

    /// Finds all tokens first, and asks the vault once.
    fn restore_exact(
        &self,
        text: &[u8],
        at_end: bool,
        target: Target,
        out: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        let mut sites = Vec::new();
        let mut at = 0;
        let end = loop {
            match next_exact(text, at, at_end) {
                Next::Site(site) => {
                    at = site.end;
                    sites.push(site);
                }
                Next::Hold(at) => break at,
                Next::End => break text.len(),
            }
        };
        let slots: Vec<_> = sites.iter().map(|site| self.minter.slot(site.id)).collect();
        let mut written = 0;
        let mut progress = Progress { consumed: end, restored: 0, left: sites.len() };
        let mut outcome = Ok(());
        let mut resolve = |i: usize, entry: &[u8]| {
            let Some(site) = sites.get(i).filter(|site| site.start >= written) else { return };
            match self.minter.open(site.id, entry) {
                None => outcome = Err(Error::other_value()),
                Some(opened) if opened.label.as_bytes() == site.label => {
                    out.extend_from_slice(&text[written..site.start]);
                    put(text, site, &opened, target, out);
                    written = site.end;
                    progress.restored += 1;
                    progress.left -= 1;
                }
                Some(_) => {}
            }
        };
        if !slots.is_empty() {
            self.vault.get(&slots, &mut resolve)?;
        }
        outcome?;
        out.extend_from_slice(&text[written..end]);
        Ok(progress)
    }

    /// Asks the vault about each place where a token may stand: whether it is one decides where to look next.
    fn restore_altered(
        &self,
        text: &[u8],
        before: Option<u8>,
        at_end: bool,
        target: Target,
        out: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        let mut progress = Progress::default();
        let (mut at, mut written) = (0, 0);
        loop {
            match next_altered(text, before, at, at_end) {
                Next::Site(site) => {
                    let mut outcome = Ok(false);
                    self.vault.get(&[self.minter.slot(site.id)], &mut |_, entry| {
                        outcome = match self.minter.open(site.id, entry) {
                            None => Err(Error::other_value()),
                            Some(opened) if is_same_label(opened.label, &site.label) => {
                                out.extend_from_slice(&text[written..site.start]);
                                put(text, &site, &opened, target, out);
                                Ok(true)
                            }
                            Some(_) => Ok(false),
                        };
                    })?;
                    if outcome? {
                        progress.restored += 1;
                        (at, written) = (site.end, site.end);
                    } else {
                        progress.left += usize::from(matches!(read(&text[site.start..], true), Read::Yes(_)));
                        at = site.start + 1;
                    }
                }
                Next::Hold(hold) => {
                    out.extend_from_slice(&text[written..hold]);
                    return Ok(Progress { consumed: hold, ..progress });
                }
                Next::End => {
                    out.extend_from_slice(&text[written..]);
                    return Ok(Progress { consumed: text.len(), ..progress });
                }
            }
        }
    }

    /// Stretches of a text that look like tokens, and whether this session would restore them exactly, or could if it
    /// were tolerant.
    pub(super) fn inspect(&self, text: &[u8]) -> Result<Vec<(Span, Option<bool>)>, Error> {
        let mut seen = Vec::new();
        let mut at = 0;
        while let Next::Site(site) = next_altered(text, None, at, true) {
            let exact = match read(&text[site.start + site.quote..], true) {
                Read::Yes(token) => token.id == site.id,
                _ => false,
            };
            let mut known = None;
            self.vault.get(&[self.minter.slot(site.id)], &mut |_, entry| {
                known =
                    self.minter.open(site.id, entry).map(|opened| is_same_label(opened.label, &site.label));
            })?;
            let span = Span::new(site.start + site.quote, site.end - site.quote);
            match (exact, known == Some(true)) {
                (true, known) => seen.push((span, known.then_some(true))),
                (false, true) => seen.push((span, Some(false))),
                (false, false) => {
                    at = site.start + 1;
                    continue;
                }
            }
            at = site.end;
        }
        Ok(seen)
    }
}

/// Writes the value, and of the site what stays around it.
fn put(text: &[u8], site: &Site, opened: &Opened<'_>, target: Target, out: &mut Vec<u8>) {
    let value = opened.value.as_bytes();
    // In what has been decoded, one quote is left of however many were written.
    let is_decoded_number = target == Target::Decoded && site.quote == 1;
    match opened.form {
        // The quotes came with the token.
        Form::Number { quote } if usize::from(quote) == site.quote || is_decoded_number => {
            out.extend_from_slice(value);
        }
        form => {
            out.extend_from_slice(&text[site.start..site.core.0]);
            match (form, target) {
                (Form::Escaped, Target::Decoded) => match decode(opened.value, Span::new(0, value.len())) {
                    Ok((decoded, _)) => out.extend_from_slice(decoded.as_bytes()),
                    Err(_) => out.extend_from_slice(value),
                },
                _ => out.extend_from_slice(value),
            }
            out.extend_from_slice(&text[site.core.1..site.end]);
        }
    }
}

/// Length of the quote, if any, that stands at `at` with a bracket behind it. `None` if more must come to tell.
fn quote_before(text: &[u8], at: usize, at_end: bool) -> Option<usize> {
    let rest = &text[at..];
    let cut = |n| rest.len() == n && !at_end;
    match rest {
        [b'"' | b'\\'] if cut(1) => None,
        [b'\\', b'"'] if cut(2) => None,
        [b'"', b'[', ..] => Some(1),
        [b'\\', b'"', b'[', ..] => Some(2),
        _ => Some(0),
    }
}

/// Whether the quote that stands before a token also stands behind it.
fn quote_behind(text: &[u8], end: usize, quote: usize, at_end: bool) -> Read<()> {
    let wanted: &[u8] = if quote == 1 { b"\"" } else { b"\\\"" };
    let rest = &text[end..];
    if rest.starts_with(wanted) {
        Read::Yes(())
    } else if !at_end && wanted.starts_with(rest) {
        Read::More
    } else {
        Read::No
    }
}

fn next_exact(text: &[u8], from: usize, at_end: bool) -> Next {
    let mut at = from;
    while let Some(found) = memchr::memchr3(b'[', b'"', b'\\', &text[at..]) {
        at += found;
        let Some(quote) = quote_before(text, at, at_end) else { return Next::Hold(at) };
        match read(&text[at + quote..], at_end) {
            Read::More => return Next::Hold(at),
            Read::No => at += 1,
            Read::Yes(token) => {
                let (start, end) = (at + quote, at + quote + token.len);
                let (label, id) = (token.label.to_vec(), token.id);
                let site = Site { start, end, quote: 0, core: (start, end), label, id };
                if quote == 0 {
                    return Next::Site(site);
                }
                return match quote_behind(text, end, quote, at_end) {
                    Read::More => Next::Hold(at),
                    Read::No => Next::Site(site),
                    Read::Yes(()) => Next::Site(Site { start: at, end: end + quote, quote, ..site }),
                };
            }
        }
    }
    Next::End
}

/// Stretches that might be taken for tokens.
pub(super) fn lookalikes(text: &[u8], matching: Matching) -> Vec<Span> {
    let (mut spans, mut at) = (Vec::new(), 0);
    loop {
        let next = match matching {
            Matching::Exact => next_exact(text, at, true),
            Matching::Tolerant => next_altered(text, None, at, true),
        };
        let Next::Site(site) = next else { return spans };
        spans.push(Span::new(site.start + site.quote, site.end - site.quote));
        at = site.end;
    }
}

fn next_altered(text: &[u8], before: Option<u8>, from: usize, at_end: bool) -> Next {
    let mut at = from;
    while at < text.len() {
        let Some(quote) = quote_before(text, at, at_end) else { return Next::Hold(at) };
        let previous = if at == 0 { before } else { Some(text[at - 1]) };
        match altered(text, at + quote, previous.filter(|_| quote == 0), at_end) {
            Read::More => return Next::Hold(at),
            Read::No => at += 1,
            Read::Yes(site) if quote == 0 => return Next::Site(site),
            Read::Yes(site) => {
                return match quote_behind(text, site.end, quote, at_end) {
                    Read::More => Next::Hold(at),
                    Read::No => Next::Site(site),
                    Read::Yes(()) => Next::Site(Site { start: at, end: site.end + quote, quote, ..site }),
                };
            }
        }
    }
    Next::End
}

/// Reads what may be a token that a model has altered: other case, other brackets or none, blanks, escapes, emphasis.
fn altered(text: &[u8], start: usize, previous: Option<u8>, at_end: bool) -> Read<Site> {
    match read(&text[start..], at_end) {
        Read::More => return Read::More,
        Read::Yes(token) => {
            let (end, label, id) = (start + token.len, token.label.to_vec(), token.id);
            return Read::Yes(Site { start, end, quote: 0, core: (start, end), label, id });
        }
        Read::No => {}
    }
    match text.get(start) {
        Some(open @ (b'[' | b'<' | b'{')) => bracketed(text, start, start, *open, at_end),
        Some(b'\\') => match text.get(start + 1) {
            Some(open @ (b'[' | b'<' | b'{')) => bracketed(text, start, start + 1, *open, at_end),
            None if !at_end => Read::More,
            _ => Read::No,
        },
        Some(byte) if byte.is_ascii_alphabetic() && !previous.is_some_and(is_word) => {
            word(text, start, at_end)
        }
        _ => Read::No,
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `< Email\_BCDF... >`, `{{email_bcdf...}}`, `[**EMAIL_BCDF...**]`.
fn bracketed(text: &[u8], start: usize, first: usize, open: u8, at_end: bool) -> Read<Site> {
    let more = if at_end { Read::No } else { Read::More };
    // `[[token]]` is a token in brackets of somebody else's.
    let most = if open == b'[' { 1 } else { 2 };
    let opens = text[first..].iter().take(most).take_while(|b| **b == open).count();
    if first + opens == text.len() {
        return more;
    }
    let inside = |b: &&u8| {
        is_word(**b) || matches!(**b, b' ' | b'\t' | b'\n' | b'\r' | b'-' | b'*' | b'`' | b'\\' | b'~')
    };
    let body_start = first + opens;
    let len = text[body_start..].iter().take(MAX_ALTERED).take_while(inside).count();
    let body_end = body_start + len;
    let close = match open {
        b'[' => b']',
        b'<' => b'>',
        _ => b'}',
    };
    if len == MAX_ALTERED {
        return Read::No;
    }
    let closes = text[body_end..].iter().take(opens).take_while(|b| **b == close).count();
    let end = body_end + closes;
    if closes < opens {
        return if end == text.len() { more } else { Read::No };
    }
    let Some((label, id)) = plain(&text[body_start..body_end]) else { return Read::No };
    // `\[token\]`: the one backslash needs the other.
    if start < first && text[body_end - 1] != b'\\' {
        return Read::No;
    }
    // `[token](address)` is a link: its brackets stay.
    if open == b'[' && opens == 1 && start == first {
        match text.get(end) {
            None if !at_end => return Read::More,
            Some(b'(') => {
                return Read::Yes(Site { start, end, quote: 0, core: (body_start, body_end), label, id });
            }
            _ => {}
        }
    }
    Read::Yes(Site { start, end, quote: 0, core: (start, end), label, id })
}

/// `EMAIL_BCDF...` without brackets.
fn word(text: &[u8], start: usize, at_end: bool) -> Read<Site> {
    let mut end = start;
    loop {
        match &text[end..] {
            [byte, ..] if is_word(*byte) => end += 1,
            [b'\\', b'_', ..] => end += 2,
            [] | [b'\\'] if !at_end && end - start <= MAX_ALTERED => return Read::More,
            _ => break,
        }
        if end - start > MAX_ALTERED {
            return Read::No;
        }
    }
    if !text[start..end].contains(&b'_') {
        return Read::No;
    }
    match plain(&text[start..end]) {
        Some((label, id)) => Read::Yes(Site { start, end, quote: 0, core: (start, end), label, id }),
        None => Read::No,
    }
}

/// Name and letters, once everything but letters and digits is left out.
fn plain(text: &[u8]) -> Option<(Vec<u8>, [u8; ID_LEN])> {
    if text.len() <= ID_LEN {
        return None;
    }
    let plain: Vec<u8> = text.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let (label, id) = read_loosely(&plain)?;
    Some((label.to_ascii_uppercase(), id))
}

fn is_same_label(label: &str, plain: &[u8]) -> bool {
    label
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .eq(plain.iter().copied().filter(u8::is_ascii_alphanumeric))
}

/// Restores an answer that comes in pieces, cut anywhere.
///
/// The output, put together, is that of [`Session::restore`] for the whole answer. What may be the beginning of a token
/// is held back, at most 128 bytes; everything else comes out at once.
///
/// ```
/// use sting_pii::{Key, ScrubConfig, Scrubber};
/// let session = Scrubber::new(ScrubConfig::default())?.session(&Key::new("sixteen bytes or more")?);
/// let question = session.protect("mail jane@example.org")?.text.into_inner();
/// let mut stream = session.restore_stream();
/// let mut answer = String::new();
/// for char in question.chars() {
///     answer.push_str(&stream.push(&char.to_string())?);
/// }
/// answer.push_str(&stream.finish()?);
/// assert_eq!(answer, "mail jane@example.org");
/// # Ok::<(), sting_pii::Error>(())
/// ```
pub struct RestoreStream {
    session: Session,
    held: Vec<u8>,
    /// The byte before what is held.
    before: Option<u8>,
    restored: usize,
    left: usize,
    failed: bool,
}

impl std::fmt::Debug for RestoreStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RestoreStream")
            .field("held", &self.held.len())
            .field("restored", &self.restored)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Begins the restoring of an answer that comes in pieces.
    pub fn restore_stream(&self) -> RestoreStream {
        RestoreStream {
            session: self.clone(),
            held: Vec::new(),
            before: None,
            restored: 0,
            left: 0,
            failed: false,
        }
    }
}

impl RestoreStream {
    /// Takes the next piece, and gives what is ready.
    ///
    /// # Errors
    /// [`Error::Vault`], after which the stream gives nothing any more.
    pub fn push(&mut self, text: &str) -> Result<String, Error> {
        String::from_utf8(self.flow(text.as_bytes(), false)?).map_err(|_| Error::other_value())
    }

    /// As [`RestoreStream::push`], for pieces that may be cut inside a character.
    ///
    /// # Errors
    /// As [`RestoreStream::push`].
    pub fn push_bytes(&mut self, text: &[u8]) -> Result<Vec<u8>, Error> {
        self.flow(text, false)
    }

    /// Ends the answer, and gives the rest.
    ///
    /// # Errors
    /// As [`RestoreStream::push`].
    pub fn finish(mut self) -> Result<String, Error> {
        String::from_utf8(self.flow(&[], true)?).map_err(|_| Error::other_value())
    }

    /// As [`RestoreStream::finish`], after pieces that may have been cut inside a character.
    ///
    /// # Errors
    /// As [`RestoreStream::push`].
    pub fn finish_bytes(mut self) -> Result<Vec<u8>, Error> {
        self.flow(&[], true)
    }

    /// Tokens in whose place their value was written.
    pub fn restored(&self) -> usize {
        self.restored
    }

    /// What looked like a token of a session and was left as it is.
    pub fn left(&self) -> usize {
        self.left
    }

    fn flow(&mut self, piece: &[u8], last: bool) -> Result<Vec<u8>, Error> {
        if self.failed {
            return Err(Error::Stopped);
        }
        self.held.extend_from_slice(piece);
        let mut out = Vec::with_capacity(self.held.len());
        let done = self.session.restore_into(&self.held, self.before, last, Target::Text, &mut out);
        let Progress { consumed, restored, left } = done.inspect_err(|_| self.failed = true)?;
        if consumed > 0 {
            self.before = Some(self.held[consumed - 1]);
        }
        self.held.drain(..consumed);
        self.restored += restored;
        self.left += left;
        Ok(out)
    }
}

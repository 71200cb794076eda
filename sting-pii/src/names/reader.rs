//! Reads a text with a model: tokens, runs, names.
//!
//! What is decided about a byte depends on less than [`LOOK_BEHIND`] bytes before and [`LOOK_AHEAD`]
//! bytes behind it: a run has at most [`MAX_RUN`] bytes, its features read [`REACH`] tokens on each side,
//! and its setting the beginning of its line or some bytes around it. So a text is read in blocks, and
//! the result does not depend on how it is cut into them.

use super::feature::Facts;
use super::model::{Found, Model, Scratch};
use super::run::{MAX_RUN, runs};
use super::setting::{self, LastLine, Setting};
use super::token::{MAX_GAP, MAX_WORD, REACH, Shape, Token, tokenize};
use std::ops::Range;
use sting_core::Span;

const CONTEXT: usize = (REACH + 1) * (MAX_WORD + MAX_GAP);

/// Most bytes before a name that bear on it.
pub(crate) const LOOK_BEHIND: usize =
    MAX_RUN + if setting::REACH > CONTEXT { setting::REACH } else { CONTEXT };
/// Most bytes from the start of a name that bear on it.
pub(crate) const LOOK_AHEAD: usize = LOOK_BEHIND;

/// Bytes whose tokens are held at a time.
const BLOCK: usize = 16 * 1024;

/// Hundredths of a nat that a name beside what a scrubber wrote needs: what it was judged by before is
/// gone, and what is left must not be found one piece a round.
const BESIDE_A_TOKEN: i32 = 400;

/// Hundredths of a nat that a name needs in prose if all of it is written small.
const WRITTEN_SMALL: i32 = 200;

/// The model's number of addresses.
const ADDRESS: usize = 3;
const PERSON: usize = 0;

/// A name in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// Where it stands.
    pub(crate) span: Span,
    /// Index of its kind.
    pub(crate) kind: usize,
    /// Hundredths of a nat by which the model is for it.
    pub(crate) margin: i32,
    /// The key that holds it names a person.
    pub(crate) keyed: bool,
}

/// What reading needs; made once, used for any number of texts.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    tokens: Vec<Token>,
    facts: Vec<Facts>,
    runs: Vec<Range<usize>>,
    scratch: Scratch,
    found: Vec<Found>,
}

impl Reader {
    /// Appends the names that begin in `starts`, in order.
    pub(crate) fn read(
        &mut self,
        model: &Model<'_>,
        text: &[u8],
        starts: Range<usize>,
        names: &mut Vec<Name>,
    ) {
        let mut from = starts.start;
        while from < starts.end {
            let to = starts.end.min(from + BLOCK);
            self.block(model, text, from..to, names);
            from = to;
        }
    }

    fn block(&mut self, model: &Model<'_>, text: &[u8], starts: Range<usize>, names: &mut Vec<Name>) {
        // Offsets of tokens count from here.
        let origin = character_start(text, starts.start.saturating_sub(LOOK_BEHIND));
        let end = text.len().min(starts.end + LOOK_AHEAD);
        let whole = (origin == 0, end == text.len());
        let text = &text[origin..end];
        let starts = starts.start - origin..starts.end - origin;
        self.tokens.clear();
        loud(text, whole, |part| tokenize(text, part.start, part.end, &mut self.tokens));
        self.facts.clear();
        self.facts.extend(self.tokens.iter().map(|token| Facts::of(text, token, &model.gazetteer)));
        self.runs.clear();
        let all = &mut self.runs;
        runs(text, &self.tokens, &self.facts, |run| all.push(run));
        let mut line = LastLine::default();
        for run in std::mem::take(&mut self.runs) {
            let (start, end) = (self.tokens[run.start].start as usize, self.tokens[run.end - 1].end as usize);
            if end <= starts.start || start >= starts.end {
                continue;
            }
            let setting = setting::of(text, start..end, &mut line);
            if setting == Setting::Machine {
                continue;
            }
            self.found.clear();
            let first = run.start;
            model.decode(&self.facts, run, &mut self.scratch, &mut self.found);
            // A key that names a person says nothing of what a machine's word holds: `"Name": "Microsoft-Windows-Sysmon"`.
            let fits = |found: &&Found| {
                setting != Setting::NameKey || (found.kind == PERSON && found.tokens.start == first)
            };
            for found in self.found.iter().filter(fits) {
                if let Some(name) = self.name(text, found, setting)
                    && starts.contains(&name.span.start)
                {
                    let span = Span::new(name.span.start + origin, name.span.end + origin);
                    names.push(Name { span, ..name });
                }
            }
        }
    }

    fn name(&self, text: &[u8], found: &Found, setting: Setting) -> Option<Name> {
        let (first, last) = (found.tokens.start, found.tokens.end - 1);
        let mark = |at: Option<usize>| at.and_then(|at| self.tokens.get(at)).map_or(0, |token| token.mark);
        let issued = mark(first.checked_sub(1)) == b']' || mark(Some(last + 1)) == b'[';
        if issued && found.margin < BESIDE_A_TOKEN {
            return None;
        }
        // A name has a letter, and of a script with case more than one.
        let is_letters = |token: &Token| token.shape.is_word() && token.shape != Shape::Initial;
        if !self.tokens[found.tokens.clone()].iter().any(is_letters) {
            return None;
        }
        // Words that are all written small are too often no name, unless a list knows one and the model is sure, and
        // short ones all in capitals no address: `ORD-20260203-0012,C-10058`.
        let speaks = |token: &Token| match token.shape {
            Shape::Title | Shape::Mixed | Shape::Caseless | Shape::Ideograph => true,
            Shape::Upper => found.kind != ADDRESS || token.end - token.start >= 4,
            _ => false,
        };
        let small = || {
            found.margin >= WRITTEN_SMALL && self.facts[found.tokens.clone()].iter().any(Facts::is_lower_name)
        };
        if setting == Setting::Prose && !self.tokens[found.tokens.clone()].iter().any(speaks) && !small() {
            return None;
        }
        let span = Span::new(self.tokens[first].start as usize, self.tokens[last].end as usize);
        let keyed = setting == Setting::NameKey;
        debug_assert!(span.end <= text.len());
        Some(Name { span, kind: found.kind, margin: found.margin, keyed })
    }
}

/// Calls `each` with the parts of `text` that need reading: all but lines of logs in which no name is looked
/// for, if the lines beside them are such too, so that nothing is seen of them from a run that is read.
/// `whole` tells whether `text` begins and ends where the text does that it was taken from.
fn loud(text: &[u8], whole: (bool, bool), mut each: impl FnMut(Range<usize>)) {
    let line = |from: usize| from..memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |at| from + at);
    // Beyond the ends of the text there is nothing to see.
    let quiet = |line: &Range<usize>| {
        let is_last = line.end == text.len();
        is_last && line.is_empty() && whole.1
            || (!is_last || whole.1) && setting::is_quiet(&text[line.clone()])
    };
    let (mut from, mut here) = (0, line(0));
    let (mut before, mut now) = (whole.0, whole.0 && quiet(&here));
    loop {
        let next = (here.end < text.len()).then(|| line(here.end + 1));
        let then = next.as_ref().map_or(whole.1, quiet);
        let behind = next.as_ref().map_or(text.len(), |next| next.start);
        if before && now && then {
            if from < here.start {
                each(from..here.start);
            }
            from = behind;
        }
        let Some(next) = next else { break };
        (before, now, here) = (now, then, next);
    }
    if from < text.len() {
        each(from..text.len());
    }
}

/// The first border between characters at or before `at`, if the bytes there are UTF-8.
fn character_start(text: &[u8], at: usize) -> usize {
    (0..4)
        .filter_map(|back| at.checked_sub(back))
        .find(|at| text.get(*at).is_none_or(|b| b & 0xC0 != 0x80))
        .unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::loud;

    #[test]
    fn quiet_lines_are_passed_over_between_others() {
        let log = "2026-01-02T10:11:12Z host app: Started Session";
        let named = "2026-01-02T10:11:12Z host app: name=Jane";
        let parts = |lines: &[&str], whole| {
            let text = lines.join("\n");
            let mut parts = Vec::new();
            loud(text.as_bytes(), whole, |part| parts.push(text[part].matches('\n').count()));
            parts
        };
        assert!(parts(&[log], (true, true)).is_empty() && parts(&[log, log, ""], (true, true)).is_empty());
        assert_eq!(parts(&[log], (true, false)), [0]);
        assert_eq!(parts(&[log, "Dear Jane", log, log, log], (true, true)), [3]);
        assert_eq!(parts(&[named, log, log, log, named], (true, true)), [2, 1]);
        assert_eq!(parts(&[log; 4], (false, false)), [3]);
        assert_eq!(parts(&[log; 5], (false, false)), [2, 1]);
    }
}

//! Pre-tokenizers: what cuts a text into the words that byte-level BPE works on.

mod class;
mod pattern;
mod scan;

use super::file::{Fault, flag, kind, malformed, not_built_in, sequence};
use pattern::Pattern;
pub(super) use scan::Scanner;
use serde_json::Value;

/// A pre-tokenizer.
#[derive(Clone, Debug, Default)]
pub(super) struct Splitter {
    steps: Vec<Step>,
    /// Whether words are mapped to bytes at the end, as all the usual models do.
    pub(super) byte_level: bool,
    /// Whether what the steps yield gets a space in front where it has none.
    pub(super) prefix_space: bool,
    /// Cuts what is left then.
    words: Option<Scanner>,
}

#[derive(Clone, Debug)]
enum Step {
    Scan(Scanner),
    Pattern(Pattern),
    /// Numbers apart from all else, digit by digit if set so.
    Digits {
        each: bool,
    },
}

impl Splitter {
    pub(super) fn read(pre_tokenizer: &Value) -> Result<Self, Fault> {
        let mut splitter = Self::default();
        for part in sequence(pre_tokenizer, "pretokenizers", "pre_tokenizer")? {
            if splitter.byte_level {
                return Err(not_built_in("pre_tokenizer", "Sequence that goes on after ByteLevel"));
            }
            match kind(part) {
                "Split" => splitter.steps.push(read_split(part)?),
                "Digits" => {
                    splitter.steps.push(Step::Digits { each: flag(part, "individual_digits", false) });
                }
                "ByteLevel" => {
                    splitter.byte_level = true;
                    splitter.prefix_space = flag(part, "add_prefix_space", true);
                    splitter.words = if flag(part, "use_regex", true) { Scanner::gpt2() } else { None };
                }
                other => return Err(not_built_in("pre_tokenizer", other)),
            }
        }
        Ok(splitter)
    }

    /// The one scanner that cuts a whole text, if that is all there is to do.
    #[inline]
    pub(super) fn single(&self) -> Option<&Scanner> {
        match (&self.steps[..], &self.words) {
            _ if self.prefix_space => None,
            ([Step::Scan(scanner)], None) | ([], Some(scanner)) => Some(scanner),
            _ => None,
        }
    }

    /// Calls `each` with the ends of every part before a space is put in front of it.
    pub(super) fn parts(&self, text: &str, each: &mut dyn FnMut(usize, usize)) {
        cut(&self.steps, text, 0, text.len(), each);
    }

    /// Calls `each` with the ends of every word of a part.
    pub(super) fn words(&self, part: &str, each: &mut dyn FnMut(usize, usize)) {
        let Some(scanner) = &self.words else { return each(0, part.len()) };
        let mut at = 0;
        while at < part.len() {
            let end = scanner.next(part, at);
            each(at, end);
            at = end;
        }
    }

    /// Whether words end at `at` wherever the text around is cut, and are the same then. It may say
    /// no where that is so.
    pub(super) fn parts_at(&self, text: &str, at: usize) -> bool {
        if self.prefix_space && text.as_bytes().get(at) != Some(&b' ') {
            return false;
        }
        match (&self.steps[..], &self.words) {
            ([Step::Scan(scanner)], None) | ([], Some(scanner)) => scanner.parts_at(text, at),
            ([Step::Digits { each }], Some(scanner)) => {
                let is_digit = |c: Option<char>| c.is_some_and(char::is_numeric);
                let (left, right) =
                    (is_digit(text[..at].chars().next_back()), is_digit(text[at..].chars().next()));
                match (left, right) {
                    (true, true) => *each,
                    (false, false) => scanner.parts_at(text, at),
                    _ => true,
                }
            }
            _ => false,
        }
    }
}

fn read_split(split: &Value) -> Result<Step, Fault> {
    let pattern = split.get("pattern").ok_or_else(|| malformed("pre_tokenizer"))?;
    let text = |name: &str| pattern.get(name).and_then(Value::as_str);
    let (expression, literal) = match (text("Regex"), text("String")) {
        (Some(expression), _) => (expression.to_owned(), false),
        (_, Some(text)) => (regex_syntax::escape(text), true),
        _ => return Err(malformed("pre_tokenizer")),
    };
    let behavior = split.get("behavior").and_then(Value::as_str).ok_or_else(|| malformed("pre_tokenizer"))?;
    let keep_matches = match (behavior, flag(split, "invert", false)) {
        ("Isolated", _) => None,
        ("Removed", invert) => Some(invert),
        (other, _) => return Err(not_built_in("pre_tokenizer behavior", other)),
    };
    // The known expressions match every character, so that nothing is between their matches.
    match Scanner::for_pattern(&expression).filter(|_| !literal && keep_matches != Some(false)) {
        Some(scanner) => Ok(Step::Scan(scanner)),
        None => Pattern::new(&expression, keep_matches).map(Step::Pattern),
    }
}

fn cut(steps: &[Step], text: &str, start: usize, end: usize, each: &mut dyn FnMut(usize, usize)) {
    let Some((step, rest)) = steps.split_first() else { return each(start, end) };
    let part = &text[start..end];
    let mut found = |from: usize, to: usize| {
        if from < to {
            cut(rest, text, start + from, start + to, each);
        }
    };
    match step {
        Step::Scan(scanner) => {
            let mut at = 0;
            while at < part.len() {
                let end = scanner.next(part, at);
                found(at, end);
                at = end;
            }
        }
        Step::Pattern(pattern) => pattern.split(part, &mut found),
        Step::Digits { each } => {
            let mut from = 0;
            let mut last = None;
            for (at, c) in part.char_indices() {
                let digit = c.is_numeric();
                if last.is_some_and(|last| last != digit || digit && *each) {
                    found(from, at);
                    from = at;
                }
                last = Some(digit);
            }
            found(from, part.len());
        }
    }
}

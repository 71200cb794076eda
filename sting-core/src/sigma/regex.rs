//! Regular expressions: compiled within limits, and the texts without which they cannot match.

use super::matcher::Matcher;
use super::pattern::fold;
use regex_automata::meta::Regex;
use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};
use std::sync::Arc;

/// Most memory in bytes that one compiled regular expression may take.
const MAX_BYTES: usize = 4 << 20;
/// Most texts that stand for one expression, and for a run of its characters.
const MAX_LITERALS: usize = 64;
const MAX_RUN: usize = 8;

/// Compiles a regular expression.
///
/// # Errors
/// The message says what is wrong and how to mend it.
pub(super) fn matcher(source: &str, flags: &str) -> Result<Matcher, String> {
    let (regex, hir) = compile(source, flags)?;
    let source = if flags.is_empty() { source.to_owned() } else { format!("(?{flags}){source}") };
    Ok(Matcher::Regex { source, regex: Arc::new(regex), literals: required(&hir).unwrap_or_default().into() })
}

/// As [`matcher`], for those who search themselves.
pub(super) fn compile(source: &str, flags: &str) -> Result<(Regex, Hir), String> {
    use regex_syntax::ast::ErrorKind as Syntax;
    let hir = regex_syntax::ParserBuilder::new()
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .build()
        .parse(source)
        .map_err(|error| match error {
            regex_syntax::Error::Parse(error) => match error.kind() {
                Syntax::UnsupportedLookAround => {
                    "regular expression: look-around is not supported; use a second selection with `not`"
                        .to_owned()
                }
                Syntax::UnsupportedBackreference => {
                    "regular expression: back-references are not supported; use `fieldref` or spell it out"
                        .to_owned()
                }
                kind => format!("regular expression: {kind}"),
            },
            regex_syntax::Error::Translate(error) => format!("regular expression: {}", error.kind()),
            _ => "regular expression: invalid".to_owned(),
        })?;
    let regex = Regex::builder()
        .configure(Regex::config().nfa_size_limit(Some(MAX_BYTES)))
        .build_from_hir(&hir)
        .map_err(|_| format!("regular expression: needs more than {MAX_BYTES} bytes; make it smaller"))?;
    Ok((regex, hir))
}

/// Folded texts one of which is in the folded form of every match; `None` if none can be told.
fn required(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(required(part)?);
            }
            (all.len() <= MAX_LITERALS).then_some(all)
        }
        HirKind::Concat(parts) => {
            let (mut best, mut run) = (None, vec![String::new()]);
            for part in parts {
                if let Some(longer) = extended(&run, part) {
                    run = longer;
                    continue;
                }
                better(&mut best, Some(std::mem::replace(&mut run, vec![String::new()])));
                better(&mut best, required(part));
            }
            better(&mut best, Some(run));
            best
        }
        _ => spellings(hir),
    }
    .filter(|texts| texts.iter().all(|text| !text.is_empty()))
}

/// Keeps the candidate whose shortest text is longer.
fn better(best: &mut Option<Vec<String>>, candidate: Option<Vec<String>>) {
    let shortest = |texts: &Option<Vec<String>>| {
        texts.as_ref().and_then(|texts| texts.iter().map(String::len).min()).unwrap_or(0)
    };
    if shortest(&candidate) > shortest(best) {
        *best = candidate;
    }
}

/// Each of the texts followed by each spelling of `part`, if these are few.
fn extended(run: &[String], part: &Hir) -> Option<Vec<String>> {
    let spelled = spellings(part).filter(|spelled| spelled.len() * run.len() <= MAX_RUN)?;
    Some(run.iter().flat_map(|head| spelled.iter().map(move |tail| head.clone() + tail)).collect())
}

/// Every folded text that an expression matches, if they are few.
fn spellings(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => Some(vec![fold(std::str::from_utf8(&literal.0).ok()?)]),
        HirKind::Capture(capture) => spellings(&capture.sub),
        HirKind::Class(Class::Unicode(class)) => {
            let count: usize = class.iter().map(ClassUnicodeRange::len).sum();
            let chars =
                (count <= 2 * MAX_RUN).then(|| class.iter().flat_map(|range| range.start()..=range.end()))?;
            let mut folded: Vec<String> = chars.map(|c| fold(c.encode_utf8(&mut [0; 4]))).collect();
            folded.sort_unstable();
            folded.dedup();
            (folded.len() <= MAX_RUN).then_some(folded)
        }
        HirKind::Concat(parts) => {
            parts.iter().try_fold(vec![String::new()], |run, part| extended(&run, part))
        }
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(spellings(part)?);
            }
            (all.len() <= MAX_RUN).then_some(all)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Matcher, fold, matcher};
    use proptest::prelude::*;

    fn literals(source: &str, flags: &str) -> Vec<String> {
        match matcher(source, flags).unwrap() {
            Matcher::Regex { literals, .. } => literals.to_vec(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_must_be_there() {
        assert_eq!(literals(r"\d+Invoke-\w+", ""), ["invoke-"]);
        assert_eq!(literals("(?:abc|defg)x?", ""), ["abc", "defg"]);
        assert_eq!(literals("^cmd\\.exe$", "i"), ["cmd.exe"]);
        assert_eq!(literals("(ab)+c", ""), ["ab"]);
        assert!(
            literals("a*b?", "").is_empty()
                && literals(".*", "").is_empty()
                && literals("abc|", "").is_empty()
        );
    }

    proptest! {
        #[test]
        fn every_match_holds_one(source in r"(([abkS]|\[aK\]|\.|\(a\|bs\)|\(kk\|S\))[?+*]?){1,6}", value in "[abkKsSſ\u{212a}]{0,12}", insensitive: bool) {
            let Ok(Matcher::Regex { regex, literals, .. }) = matcher(&source, if insensitive { "i" } else { "" }) else { return Ok(()) };
            if regex.is_match(&value) && !literals.is_empty() {
                prop_assert!(literals.iter().any(|literal| fold(&value).contains(literal.as_str())), "{} {:?} {}", source, literals, value);
            }
        }
    }
}

//! From a text to one in which tokens stand for everything private.

use super::restore::lookalikes;
use super::token::{Form, label, write};
use super::{Matching, Session};
use crate::action::Action;
use crate::detect::resolve::clusters;
use crate::key::Secret;
use crate::scrub::{MAX_ROUNDS, is_within};
use crate::vault::Slot;
use crate::{Error, Finding};
use std::borrow::Cow;
use std::ops::Range;
use sting_core::{SourceMap, Span};

/// Name of the kind of text that looks like a token and is none. It gets a token of its own, so that restoring gives
/// back what stood there and not what somebody hoped would.
const LITERAL: &str = "TEXT";

/// A stretch of the text in whose place something else stands.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) span: Span,
    pub(super) label: String,
    pub(super) form: Form,
    /// It is to be taken out for good, and nothing kept of it.
    pub(super) removed: bool,
    /// What was found in it.
    pub(super) findings: Vec<Finding>,
}

/// A text with tokens, and how it came about.
pub(super) struct Rendered {
    pub(super) text: Vec<u8>,
    pub(super) map: SourceMap,
    /// Where its tokens stand.
    tokens: Vec<Span>,
    /// What is to be kept: slot and entry.
    pub(super) entries: Vec<(Slot, Secret)>,
}

impl Session {
    /// What of `text` must go. What is left, with tokens in the gaps, holds nothing that the scrubber finds.
    ///
    /// Taking a value out may bring another to light beside it. That one is looked up in the original, and where it
    /// reaches into the first the two become one: a token always stands for original text, never for another token.
    pub(super) fn pieces(&self, text: &str, field: Option<&str>) -> Result<Vec<Piece>, Error> {
        let mut pieces = literals(text.as_bytes(), self.matching);
        let mut tokens: Vec<Span> = pieces.iter().map(|piece| piece.span).collect();
        let mut now = Cow::Borrowed(text.as_bytes());
        let mut map = SourceMap::identity(text.len());
        let mut starts: Vec<_> = std::iter::once(0..text.len()).collect();
        for _ in 0..=MAX_ROUNDS {
            let mut found = self.scan(&now, field, &tokens, &starts)?;
            if found.is_empty() {
                return Ok(pieces);
            }
            for piece in &mut found {
                let span = map.source_of(piece.span);
                piece.span =
                    Span::new(text.floor_char_boundary(span.start), text.ceil_char_boundary(span.end));
                for finding in &mut piece.findings {
                    finding.span = map.source_of(finding.span);
                }
            }
            pieces = union(pieces, found);
            let rendered = self.render(text, &pieces);
            starts = self.scrubber.near_changes(&rendered.map, rendered.text.len());
            (now, map, tokens) = (rendered.text.into(), rendered.map, rendered.tokens);
        }
        Err(Error::Unsettled { rounds: MAX_ROUNDS })
    }

    /// What the scrubber finds outside tokens. Of each stretch of findings, every byte falls to one that is reported.
    fn scan(
        &self,
        text: &[u8],
        field: Option<&str>,
        tokens: &[Span],
        starts: &[Range<usize>],
    ) -> Result<Vec<Piece>, Error> {
        let mut candidates = Vec::new();
        for starts in starts {
            self.scrubber.candidates(text, starts.clone(), field, &mut candidates)?;
        }
        candidates.retain(|found| !self.scrubber.keeps(found) && !is_within(found.span, tokens));
        let mut pieces: Vec<Piece> = Vec::new();
        for cluster in clusters(&mut candidates, 0) {
            if let (true, Some(last)) = (cluster.winners.is_empty(), pieces.last_mut()) {
                last.span.end = cluster.span.end; // the rest of what a cluster before reached into
            }
            let mut at = cluster.span.start;
            for (i, winner) in cluster.winners.iter().enumerate() {
                let end = cluster.winners.get(i + 1).map_or(cluster.span.end, |next| next.span.start);
                let mut finding = self.scrubber.finding(winner);
                let removed = finding.action == Action::Remove.name();
                if !removed {
                    finding.action = Action::Token.name();
                }
                pieces.push(Piece {
                    span: Span::new(at, end),
                    label: label(&finding.kind),
                    form: Form::Text,
                    removed,
                    findings: vec![finding],
                });
                at = end;
            }
        }
        Ok(pieces)
    }

    pub(super) fn render(&self, text: &str, pieces: &[Piece]) -> Rendered {
        let mut out = Rendered {
            text: Vec::with_capacity(text.len() + 8 * pieces.len()),
            map: SourceMap::default(),
            tokens: Vec::with_capacity(pieces.len()),
            entries: Vec::with_capacity(pieces.len()),
        };
        let mut at = 0;
        for piece in pieces {
            out.copy(text, at, piece.span.start);
            let before = out.text.len();
            let quote: &[u8] = match piece.form {
                Form::Number { quote: 1 } => b"\"",
                Form::Number { .. } => b"\\\"",
                _ => b"",
            };
            out.text.extend_from_slice(quote);
            if !piece.removed {
                let (slot, entry) =
                    self.minter.mint(&piece.label, piece.form, text[piece.span.range()].as_bytes());
                write(&piece.label, slot, &mut out.text);
                out.entries.push((slot, entry));
            }
            out.text.extend_from_slice(quote);
            out.map.push_rewritten(out.text.len() - before, piece.span);
            out.tokens.push(Span::new(before, out.text.len()));
            at = piece.span.end;
        }
        out.copy(text, at, text.len());
        out
    }
}

impl Rendered {
    fn copy(&mut self, text: &str, from: usize, to: usize) {
        self.text.extend_from_slice(&text.as_bytes()[from..to]);
        self.map.push_verbatim(to - from, from);
    }
}

/// What looks like a token already.
fn literals(text: &[u8], matching: Matching) -> Vec<Piece> {
    let piece = |span| Piece {
        span,
        label: LITERAL.to_owned(),
        form: Form::Text,
        removed: false,
        findings: Vec::new(),
    };
    lookalikes(text, matching).into_iter().map(piece).collect()
}

/// Both lists as one, in order. Pieces that overlap become one, named after the longer.
pub(super) fn union(old: Vec<Piece>, new: Vec<Piece>) -> Vec<Piece> {
    let mut all = old;
    all.extend(new);
    all.sort_by_key(|piece| piece.span);
    let mut merged: Vec<Piece> = Vec::with_capacity(all.len());
    for piece in all {
        match merged.last_mut() {
            Some(last) if piece.span.start < last.span.end => {
                let span = last.span.cover(piece.span);
                if piece.span.len() > last.span.len() || last.findings.is_empty() {
                    (last.label, last.form) = (piece.label, piece.form);
                }
                last.span = span;
                last.removed |= piece.removed;
                last.findings.extend(piece.findings);
            }
            _ => merged.push(piece),
        }
    }
    merged
}

//! Scrubbing of a stream in bounded memory.
//!
//! What is decided about a byte depends on a bounded stretch around it, so a stream need only hold
//! that much back. Scrubbing runs in rounds until nothing changes; here each round is a stage, and
//! a stage's output flows into the next. A stage whose predecessor has never changed anything
//! sleeps: it holds text back but does not scan it.

use crate::detect::resolve::clusters;
use crate::detect::{self, Candidate, LOOK_AHEAD};
use crate::names;
use crate::scrub::{MAX_ROUNDS, Round, is_within, join};
use crate::{Error, Scrubber};
use std::collections::BTreeMap;
use std::sync::Arc;
use sting_core::{Scrubbed, Span};

/// Most bytes before a value that bear on it.
pub(crate) const LOOK_BEHIND: usize =
    if detect::LOOK_BEHIND > names::LOOK_BEHIND { detect::LOOK_BEHIND } else { names::LOOK_BEHIND };
const _: () = assert!(names::LOOK_AHEAD <= LOOK_AHEAD);

/// Bytes that a stage gathers before it scans them.
const BLOCK: usize = 8 * 1024;

/// Scrubs a stream that comes in pieces.
///
/// The output, put together, is that of [`Scrubber::scrub_bytes`] for the whole input, however it is
/// cut. Holds about 25 KiB while nothing is found, and about 17 KiB more for every round that a text
/// needs, whatever the length of the stream or its lines.
///
/// ```
/// use sting_pii::{ScrubConfig, Scrubber};
/// let scrubber = Scrubber::new(ScrubConfig::default())?;
/// let mut stream = scrubber.stream();
/// let mut out = Vec::new();
/// for piece in ["mail jane@exa", "mple.org n", "ow"] {
///     out.extend(stream.push(piece.as_bytes())?.into_inner());
/// }
/// out.extend(stream.finish()?.into_inner());
/// assert_eq!(out, b"mail [EMAIL] now");
/// # Ok::<(), sting_pii::Error>(())
/// ```
#[derive(Debug)]
pub struct ScrubStream {
    scrubber: Scrubber,
    stages: Vec<Stage>,
    counts: BTreeMap<Arc<str>, u64>,
    failed: bool,
}

/// Findings by kind.
pub(crate) type Counts = BTreeMap<Arc<str>, u64>;

/// One round over the stream.
struct Stage {
    /// What may still bear on a decision. Begins [`LOOK_BEHIND`] bytes before `resume`.
    text: Vec<u8>,
    /// Candidates that begin before this have been dealt with.
    resume: usize,
    /// Text before this has been written, or was covered by what has.
    written: usize,
    /// What may look private and stays, in `text`.
    standing: Vec<Span>,
    awake: bool,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage")
            .field("held", &self.text.len())
            .field("awake", &self.awake)
            .finish_non_exhaustive()
    }
}

impl Scrubber {
    /// Begins a stream.
    pub fn stream(&self) -> ScrubStream {
        ScrubStream {
            scrubber: self.clone(),
            stages: vec![Stage::new(true), Stage::new(false)],
            counts: BTreeMap::new(),
            failed: false,
        }
    }
}

impl ScrubStream {
    /// Takes the next piece, and gives what is ready.
    ///
    /// # Errors
    /// As [`Scrubber::scrub`], after which the stream gives nothing any more.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Scrubbed<Vec<u8>>, Error> {
        let mut out = Vec::new();
        for piece in bytes.chunks(BLOCK) {
            self.flow(piece.to_vec(), false, &mut out)?;
        }
        Ok(self.scrubber.vouch(out))
    }

    /// Ends the stream, and gives the rest.
    ///
    /// # Errors
    /// As [`ScrubStream::push`].
    pub fn finish(self) -> Result<Scrubbed<Vec<u8>>, Error> {
        let scrubber = self.scrubber.clone();
        Ok(scrubber.vouch(self.finish_with_counts()?.0))
    }

    /// As [`ScrubStream::finish`], with what [`ScrubStream::counts`] says then.
    pub(crate) fn finish_with_counts(mut self) -> Result<(Vec<u8>, Counts), Error> {
        let mut out = Vec::new();
        self.flow(Vec::new(), true, &mut out)?;
        Ok((out, self.counts))
    }

    /// Findings so far, by kind.
    pub fn counts(&self) -> &BTreeMap<Arc<str>, u64> {
        &self.counts
    }

    /// Bytes that are held back now.
    pub fn held(&self) -> usize {
        self.stages.iter().map(|stage| stage.text.len()).sum()
    }

    fn flow(&mut self, piece: Vec<u8>, last: bool, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Stopped);
        }
        if self.scrubber.reads_whole_texts() {
            return Err(Error::config(
                "stream",
                "its recognizer of names reads whole texts",
                "scrub texts as a whole, or leave names to the built-in model",
            ));
        }
        let (mut piece, mut standing) = (piece, Vec::new());
        let mut i = 0;
        while i < self.stages.len() {
            let round = self.stages[i].push(&self.scrubber, &piece, &standing, last);
            let round = round.inspect_err(|_| self.failed = true)?;
            for finding in &round.findings {
                *self.counts.entry(finding.kind.clone()).or_default() += 1;
            }
            if round.changed {
                if i > MAX_ROUNDS {
                    self.failed = true;
                    return Err(Error::Unsettled { rounds: MAX_ROUNDS });
                }
                if i + 1 == self.stages.len() {
                    self.stages.push(Stage::new(false));
                }
                self.stages[i + 1].awake = true;
                // The stage after one that is awake holds back what it would need.
                if i + 2 == self.stages.len() {
                    self.stages.push(Stage::new(false));
                }
            }
            (piece, standing) = (round.text, round.standing);
            i += 1;
        }
        out.extend(piece);
        Ok(())
    }
}

impl Stage {
    const fn new(awake: bool) -> Self {
        Self { text: Vec::new(), resume: 0, written: 0, standing: Vec::new(), awake }
    }

    fn push(
        &mut self,
        scrubber: &Scrubber,
        piece: &[u8],
        standing: &[Span],
        last: bool,
    ) -> Result<Round, Error> {
        let before = self.text.len();
        for span in standing {
            join(&mut self.standing, Span::new(before + span.start, before + span.end));
        }
        self.text.extend_from_slice(piece);
        let mut round = Round::empty();
        let known = if last { self.text.len() } else { self.text.len().saturating_sub(LOOK_AHEAD) };
        if !last && known < self.resume + if self.awake { BLOCK } else { 1 } {
            return Ok(round);
        }
        if self.awake {
            self.scan(scrubber, known, last, &mut round)?;
        } else {
            self.write(known, &mut round);
            self.resume = known;
        }
        let keep = self.resume.saturating_sub(LOOK_BEHIND);
        self.text.drain(..keep);
        self.standing.retain(|span| span.end > keep);
        for span in &mut self.standing {
            *span = Span::new(span.start.saturating_sub(keep), span.end - keep);
        }
        self.resume -= keep;
        self.written -= keep;
        Ok(round)
    }

    /// Decides about everything that begins before `known`, as far as that can be decided.
    fn scan(
        &mut self,
        scrubber: &Scrubber,
        known: usize,
        last: bool,
        round: &mut Round,
    ) -> Result<(), Error> {
        let mut candidates = Vec::new();
        scrubber.candidates(&self.text, self.resume..known, None, &mut candidates)?;
        candidates.retain(|found| !is_within(found.span, &self.standing));
        let kept: Vec<Candidate> = candidates.iter().filter(|found| scrubber.keeps(found)).copied().collect();
        candidates.retain(|found| !scrubber.keeps(found));
        let mut resume = known;
        for cluster in clusters(&mut candidates, self.written) {
            if cluster.closed_at() > known && !last {
                resume = cluster.begin;
                self.write(cluster.span.start, round);
                break;
            }
            self.write(cluster.span.start, round);
            scrubber.cover(&self.text, &cluster, &self.standing, round)?;
            round.findings.extend(scrubber.findings(std::slice::from_ref(&cluster)));
            round.changed = true;
            self.written = cluster.span.end;
        }
        let mut kept: Vec<_> = kept.into_iter().filter(|found| found.span.start < resume).collect();
        round.findings.extend(scrubber.findings(&clusters(&mut kept, 0)));
        self.write(resume, round);
        self.resume = resume;
        Ok(())
    }

    /// Writes the text up to `to` as it is, unless it has been written.
    fn write(&mut self, to: usize, round: &mut Round) {
        if self.written < to {
            round.stand(&self.standing, self.written, to);
            round.text.extend_from_slice(&self.text[self.written..to]);
            self.written = to;
        }
    }
}

//! The sequence model: a linear-chain conditional random field in integers.
//!
//! A token's score for a label is the sum of the rows that its features select, and a labelling's
//! score the sum over its tokens and over the steps from each label to the next. Being outside of
//! every name scores 0, so that a row has one number for each of the other labels.

use super::feature::{FEATURES, Facts, ROW_BITS, rows};
use super::gazetteer::Gazetteer;
use std::ops::Range;

/// Labels but "outside": the beginning and the inside of each kind of name.
pub(crate) const TAGS: usize = 8;
/// Kinds of names.
pub(crate) const KINDS: usize = TAGS / 2;
/// Entries of the table that makes a margin a probability.
pub(crate) const CALIBRATION: usize = 64;
/// Hundredths of a nat to a step of that table.
pub(crate) const MARGIN_STEP: i32 = 25;
/// First bytes of a model's file.
pub(crate) const MAGIC: &[u8; 8] = b"stingNE1";

const ROWS: usize = 1 << ROW_BITS;
const NEVER: i32 = -1_000_000;

/// A number for each label, and some more, so that a processor takes them eight at a time.
type Scores = [i32; 2 * TAGS];

/// A model, read in place.
#[derive(Debug)]
pub(crate) struct Model<'m> {
    /// Lists of words.
    pub(crate) gazetteer: Gazetteer<'m>,
    weights: &'m [u8],
    /// Hundredths of a nat that a weight of 1 is worth.
    unit: i32,
    /// From a label to the next; the last is "outside".
    steps: [Scores; TAGS + 1],
    /// To a label from the one before.
    steps_back: [Scores; TAGS + 1],
    /// By kind and margin, in 1/256.
    calibration: &'m [u8],
}

/// A stretch of tokens that is taken for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its tokens.
    pub(crate) tokens: Range<usize>,
    /// Index of its kind.
    pub(crate) kind: usize,
    /// Hundredths of a nat by which the best labelling beats the best one without it.
    pub(crate) margin: i32,
}

/// What one decoding needs and the next can use again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    emissions: Vec<Scores>,
    forward: Vec<Scores>,
    backward: Vec<Scores>,
}

/// True if a name goes on from one label to the other, or may begin or end there.
pub(crate) const fn may_follow(from: usize, to: usize) -> bool {
    // Inside of a kind: only from its beginning or its inside.
    to == TAGS || to.is_multiple_of(2) || from == to || from + 1 == to
}

/// For each label the best of all labels' scores with a step from there.
#[inline]
fn best_step(steps: &[Scores; TAGS + 1], scores: Scores) -> Scores {
    let mut best = [i32::MIN; 2 * TAGS];
    for (steps, score) in steps.iter().zip(scores) {
        for (best, step) in best.iter_mut().zip(steps) {
            *best = (*best).max(score + step);
        }
    }
    best
}

impl<'m> Model<'m> {
    /// Reads a model's file; `None` if it is not one.
    pub(crate) fn read(bytes: &'m [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (unit, rest) = rest.split_first_chunk::<4>()?;
        let mut steps = [[NEVER; 2 * TAGS]; TAGS + 1];
        let mut steps_back = steps;
        let (numbers, rest) = rest.split_at_checked((TAGS + 1) * (TAGS + 1) * 4)?;
        for (index, number) in numbers.chunks_exact(4).enumerate() {
            let (from, to) = (index / (TAGS + 1), index % (TAGS + 1));
            if may_follow(from, to) {
                steps[from][to] = i32::from_le_bytes(number.try_into().ok()?);
                steps_back[to][from] = steps[from][to];
            }
        }
        let (calibration, rest) = rest.split_at_checked(KINDS * CALIBRATION)?;
        let (weights, rest) = rest.split_at_checked(ROWS * TAGS)?;
        let (gazetteer, rest) = Gazetteer::read(rest)?;
        let unit = i32::from_le_bytes(*unit);
        rest.is_empty().then_some(Self { gazetteer, weights, unit, steps, steps_back, calibration })
    }

    /// The probability that a name of the kind found with that margin is one.
    pub(crate) fn probability(&self, kind: usize, margin: i32) -> f32 {
        let step = usize::try_from(margin / MARGIN_STEP).unwrap_or(0).min(CALIBRATION - 1);
        f32::from(self.calibration[kind * CALIBRATION + step]) / 256.0
    }

    fn emission(&self, rows: &[u32; FEATURES]) -> Scores {
        let mut sums = [0_i16; TAGS];
        for row in rows {
            let at = *row as usize * TAGS;
            for (sum, weight) in sums.iter_mut().zip(&self.weights[at..at + TAGS]) {
                *sum += i16::from(weight.cast_signed());
            }
        }
        let mut scores = [0; 2 * TAGS];
        for (score, sum) in scores.iter_mut().zip(sums) {
            *score = i32::from(sum) * self.unit;
        }
        scores
    }

    /// The names in one run of tokens.
    pub(crate) fn decode(
        &self,
        facts: &[Facts],
        run: Range<usize>,
        scratch: &mut Scratch,
        found: &mut Vec<Found>,
    ) {
        let Scratch { emissions, forward, backward } = scratch;
        let length = run.len();
        emissions.clear();
        emissions.extend(run.clone().map(|at| self.emission(&rows(facts, at))));
        // The best score of a labelling of what is before a token, itself included ...
        forward.clear();
        let mut before = [NEVER; 2 * TAGS];
        before[TAGS] = 0;
        for emission in emissions.iter() {
            let mut here = best_step(&self.steps, before);
            here.iter_mut().zip(emission).for_each(|(score, more)| *score += more);
            forward.push(here);
            before = here;
        }
        // ... and of what is behind it.
        backward.clear();
        backward.resize(length, [0; 2 * TAGS]);
        for at in (0..length.saturating_sub(1)).rev() {
            let mut next = emissions[at + 1];
            next.iter_mut().zip(backward[at + 1]).for_each(|(score, more)| *score += more);
            backward[at] = best_step(&self.steps_back, next);
        }
        // Labels of the best labelling, walked forward, so that ties fall the same way everywhere.
        let mut previous = TAGS;
        let mut at = 0;
        while at < length {
            let label = self.best_label(previous, emissions[at], backward[at]);
            if label == TAGS {
                previous = TAGS;
                at += 1;
                continue;
            }
            let (start, kind) = (at, label / 2);
            let mut margin = i32::MAX;
            previous = label;
            loop {
                margin = margin.min(Self::margin(forward[at], backward[at], kind));
                at += 1;
                if at == length || self.best_label(previous, emissions[at], backward[at]) != kind * 2 + 1 {
                    break;
                }
                previous = kind * 2 + 1;
            }
            found.push(Found { tokens: run.start + start..run.start + at, kind, margin });
        }
    }

    fn best_label(&self, from: usize, emission: Scores, backward: Scores) -> usize {
        let score = |to: usize| self.steps[from][to] + emission[to] + backward[to];
        // Outside first, so that it wins a tie.
        (0..TAGS).rev().fold(TAGS, |best, to| if score(to) > score(best) { to } else { best })
    }

    /// By how much the best labelling with the token in a name of the kind beats the best one without.
    fn margin(forward: Scores, backward: Scores, kind: usize) -> i32 {
        let mut with = NEVER;
        let mut without = NEVER;
        for label in 0..=TAGS {
            let score = forward[label] + backward[label];
            if label / 2 == kind && label < TAGS {
                with = with.max(score);
            } else {
                without = without.max(score);
            }
        }
        with - without
    }
}

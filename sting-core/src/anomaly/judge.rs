use super::AnomalyConfig;
use super::tail::Tail;
use crate::Error;
use crate::state::{Reader, Writer};

/// Share of the time in which evidence counts as unusual.
const TAIL: f64 = 0.03;
/// What the evidence itself counts beside its rarity in the past of the series.
const EVIDENCE: f64 = 2.0;
/// Evidence that is none, in the sums that it is compared with.
const RESOLUTION: f64 = 0.01;
/// More evidence than there can be.
const MOST: f64 = 1e9;
/// What makes a score of 0.5.
const HALF: f64 = 2.5;

/// Turns surprise into a score: sums it up over some points, so that what lasts counts more than what flickers, asks how
/// rare so much of it is in this series, and takes off what was reported a short time ago, so that one anomaly is one alarm.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judge {
    smoothing: f64,
    rest: f64,
    evidence: f64,
    reported: f64,
    tail: Tail,
}

impl Judge {
    pub(super) fn new(config: &AnomalyConfig) -> Self {
        Self {
            smoothing: 1.0 / f64::from(config.smoothing),
            rest: 1.0 / f64::from(config.rest),
            evidence: 0.0,
            reported: 0.0,
            tail: Tail::new(TAIL, f64::from(config.memory)),
        }
    }

    /// A score in [0, 1].
    pub(super) fn push(&mut self, surprise: f64) -> f64 {
        self.evidence += self.smoothing * (surprise - self.evidence);
        let strength = self.tail.push(self.evidence, RESOLUTION) + EVIDENCE * self.evidence;
        let news = (strength - self.reported).max(0.0);
        self.reported = (self.reported * (1.0 - self.rest)).max(strength);
        1.0 - (-news / HALF).exp2()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.f64s(&[self.evidence, self.reported]);
        self.tail.write(out);
    }

    pub(super) fn read(config: &AnomalyConfig, from: &mut Reader<'_>) -> Result<Self, Error> {
        let mut judge = Self::new(config);
        judge.evidence = from.f64_in(0.0..=MOST)?;
        judge.reported = from.f64_in(0.0..=MOST)?;
        judge.tail = judge.tail.read(from)?;
        Ok(judge)
    }
}

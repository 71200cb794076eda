use super::series::LARGEST;
use crate::Error;
use crate::state::{Reader, Writer};

const BINS: usize = 96;
/// Width of a bin, in units of the natural logarithm.
const WIDTH: f64 = 0.15;
/// What is smaller than this share of the mean is as good as nothing.
const LEAST: f64 = 0.01;
/// Observations before a tail says anything.
const WARM_UP: f64 = 30.0;
/// Observations for which the distribution is not computed anew.
const FRESH_FOR: u32 = 8;
/// How the tail falls off where nothing is known of it, in units of the logarithm, and the least that is believed.
const SLOPE: f64 = 0.5;
const LEAST_SLOPE: f64 = 0.1;
/// Observations in the tail that this assumption is worth.
const SLOPE_WEIGHT: f64 = 3.0;
/// Sums of weights stay below this.
const MOST_WEIGHT: f64 = 1e120;

/// How rare a magnitude is among those seen before it, which fade with time.
///
/// A histogram of logarithms relative to the mean says where the tail begins; beyond, the probability is taken to fall off by
/// a power law, whose exponent is estimated from the mean excess (Hill, 1975). So what is rare is judged by the past of the
/// same series, whatever its unit and however heavy its tail.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tail {
    /// Share of observations in the tail.
    share: f64,
    bins: Vec<f64>,
    total: f64,
    /// What the next observation weighs, and by how much the one after it weighs more: the past fades without being touched.
    weight: f64,
    growth: f64,
    mean: f64,
    seen: f64,
    /// Where the tail begins, and how it falls off.
    start: f64,
    slope: f64,
    age: u32,
}

impl Tail {
    /// `share` of the observations are in the tail; they are remembered for about `memory` observations.
    pub(super) fn new(share: f64, memory: f64) -> Self {
        Self {
            share,
            bins: vec![0.0; BINS],
            total: 0.0,
            weight: 1.0,
            growth: 1.0 / (1.0 - 1.0 / memory),
            mean: 0.0,
            seen: 0.0,
            start: 0.0,
            slope: SLOPE,
            age: 0,
        }
    }

    /// Minus the logarithm of the probability of something as great, 0 outside of the tail; then learns it. `resolution` is
    /// what counts as no magnitude at all.
    pub(super) fn push(&mut self, magnitude: f64, resolution: f64) -> f64 {
        if self.seen == 0.0 {
            self.mean = magnitude;
        }
        let relative = magnitude / (self.mean + resolution + f64::MIN_POSITIVE);
        let place = ((LEAST + relative).ln() - LEAST.ln()).clamp(0.0, BINS as f64 * WIDTH);
        if self.age == 0 {
            self.refresh();
            self.age = FRESH_FOR;
        }
        self.age -= 1;
        let surprise = if self.seen < WARM_UP || place <= self.start {
            0.0
        } else {
            (place - self.start) / self.slope - self.share.ln()
        };
        self.seen += 1.0;
        self.mean += self.share_of_next() * (magnitude - self.mean);
        self.bins[((place / WIDTH) as usize).min(BINS - 1)] += self.weight;
        self.total += self.weight;
        self.weight *= self.growth;
        if self.weight > 1e100 {
            self.bins.iter_mut().for_each(|bin| *bin /= self.weight);
            self.total /= self.weight;
            self.weight = 1.0;
        }
        surprise
    }

    /// Weight of the next observation in a mean over all of them that later forgets at the pace of the histogram.
    fn share_of_next(&self) -> f64 {
        (1.0 / self.seen).max(1.0 - 1.0 / self.growth)
    }

    fn refresh(&mut self) {
        let wanted = self.share * self.total;
        let (mut bin, mut above, mut moment) = (BINS, 0.0, 0.0);
        while bin > 0 && above + self.bins[bin - 1] <= wanted {
            bin -= 1;
            above += self.bins[bin];
            moment += self.bins[bin] * (bin as f64 + 0.5);
        }
        self.start = bin as f64 * WIDTH;
        let prior = SLOPE_WEIGHT * self.weight;
        let excess = (moment - above * bin as f64) * WIDTH;
        self.slope = ((excess + prior * SLOPE) / (above + prior)).max(LEAST_SLOPE);
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.f64s(&self.bins);
        out.f64s(&[self.total, self.weight, self.mean, self.seen, self.start, self.slope]);
        out.u32(self.age);
    }

    /// Fills a tail of the same settings.
    pub(super) fn read(mut self, from: &mut Reader<'_>) -> Result<Self, Error> {
        for bin in &mut self.bins {
            *bin = from.f64_in(0.0..=MOST_WEIGHT)?;
        }
        self.total = from.f64_in(0.0..=MOST_WEIGHT)?;
        self.weight = from.f64_in(1.0..=MOST_WEIGHT)?;
        self.mean = from.f64_in(0.0..=4.0 * LARGEST)?;
        self.seen = from.f64_in(0.0..=1e18)?;
        self.start = from.f64_in(0.0..=BINS as f64 * WIDTH)?;
        self.slope = from.f64_in(LEAST_SLOPE..=BINS as f64 * WIDTH)?;
        self.age = from.u32()?;
        if self.age > FRESH_FOR { Err(from.fault("a number in it cannot be")) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::Tail;

    /// Magnitudes with P(X > x) = x^-2 from 1 on, evenly spread and well shuffled.
    fn magnitude(i: u32) -> f64 {
        let u = f64::from(i.wrapping_mul(2_654_435_769)) / f64::from(u32::MAX);
        (1.0 - u).max(1e-6).powf(-0.5)
    }

    #[test]
    fn the_surprise_is_the_logarithm_of_the_probability() {
        let mut tail = Tail::new(0.05, 1e5);
        for i in 1..50_000 {
            tail.push(magnitude(i), 0.0);
        }
        for (x, probability) in [(8.0, 1.0 / 64.0_f64), (20.0, 1.0 / 400.0), (60.0, 1.0 / 3600.0)] {
            let surprise = tail.clone().push(x, 0.0);
            assert!((surprise + probability.ln()).abs() < 0.5, "{x}: {surprise} for {}", -probability.ln());
        }
        assert_eq!(tail.push(1.5, 0.0), 0.0);
    }

    #[test]
    fn the_past_fades() {
        let mut tail = Tail::new(0.02, 500.0);
        for i in 0..3000 {
            tail.push(100.0 * magnitude(i), 0.0);
        }
        let before = tail.clone().push(300.0, 0.0);
        for i in 0..3000 {
            tail.push(magnitude(i), 0.0);
        }
        assert!(tail.push(300.0, 0.0) > before + 4.0);
    }

    /// 800 decades of weights are more than a number holds.
    #[test]
    fn weights_do_not_overflow() {
        let mut tail = Tail::new(0.02, 10.0);
        for i in 0..20_000 {
            assert!(tail.push(magnitude(i), 0.0).is_finite());
        }
        assert!(tail.total.is_finite() && tail.total > 0.0);
    }
}

use super::linear::{Linear, Row};
use std::collections::VecDeque;

/// Turns scores into probabilities that come true: a temperature for all classes (Guo and others, 2017) and an offset for each,
/// fitted to events that were not learnt.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Calibration {
    pub(super) sharpness: f32,
    pub(super) offsets: Vec<f32>,
    pub(super) rows: VecDeque<Row>,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { sharpness: 1.0, offsets: Vec::new(), rows: VecDeque::new() }
    }
}

/// Events kept back; the newest stay.
pub(super) const MOST_ROWS: usize = 4096;
/// Fewer say nothing about how sure to be.
const ENOUGH: usize = 30;
/// Steps of the fit; what share of Newton's step each is, as the parameters depend on one another; and the pull towards
/// leaving the scores as they are.
const STEPS: usize = 100;
const STEP: f64 = 0.5;
const PULL: f64 = 1.0;
/// Bins of [`calibration_error`].
const BINS: usize = 15;

impl Calibration {
    pub(super) fn set_classes(&mut self, classes: usize) {
        self.offsets.resize(classes, 0.0);
    }

    pub(super) fn keep(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
        self.rows.drain(..self.rows.len().saturating_sub(MOST_ROWS));
    }

    pub(super) fn kept(&self) -> usize {
        self.rows.len()
    }

    /// Scores to probabilities.
    pub(super) fn apply(&self, scores: &mut [f32]) {
        for (score, offset) in scores.iter_mut().zip(&self.offsets) {
            *score = *score * self.sharpness + offset;
        }
        softmax(scores);
    }

    /// Fits to the events kept back, by Newton's method on the logarithmic loss, each parameter by itself, and returns macro-F1 and calibration error
    /// on them.
    pub(super) fn fit(&mut self, linear: &Linear) -> (f64, f64) {
        let classes = linear.classes;
        let mut scores = Vec::with_capacity(self.rows.len() * classes);
        for row in &self.rows {
            linear.scores(&row.places, &row.dense, &mut scores);
        }
        let truth: Vec<usize> = self.rows.iter().map(|row| row.class).collect();
        if truth.len() >= ENOUGH {
            self.descend(&scores, &truth);
        }
        scores.chunks_exact_mut(classes.max(1)).for_each(|row| self.apply(row));
        (macro_f1(&scores, &truth, classes), calibration_error(&scores, &truth, classes))
    }

    fn descend(&mut self, scores: &[f32], truth: &[usize]) {
        let classes = self.offsets.len();
        // The logarithm of the sharpness, then the offsets.
        let mut at = vec![0.0_f64; classes + 1];
        let mut row = vec![0.0_f64; classes];
        for _ in 0..STEPS {
            let sharpness = at[0].exp();
            let mut slope: Vec<f64> = at.iter().map(|at| at * PULL).collect();
            let mut bend = vec![PULL; classes + 1];
            for (scores, &class) in scores.chunks_exact(classes).zip(truth) {
                for ((row, score), offset) in row.iter_mut().zip(scores).zip(&at[1..]) {
                    *row = f64::from(*score) * sharpness + offset;
                }
                let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                for row in &mut row {
                    *row = (*row - most).exp();
                }
                let sum: f64 = row.iter().sum();
                let (mut mean, mut square) = (0.0, 0.0);
                for (i, share) in row.iter().enumerate() {
                    let (share, score) = (share / sum, f64::from(scores[i]) * sharpness);
                    let error = share - f64::from(u8::from(i == class));
                    slope[0] += error * score;
                    slope[i + 1] += error;
                    bend[i + 1] += share * (1.0 - share);
                    mean += share * score;
                    square += share * score * score;
                }
                bend[0] += square - mean * mean;
            }
            for ((at, slope), bend) in at.iter_mut().zip(&slope).zip(&bend) {
                // Far from the minimum the curvature says little.
                *at -= (STEP * slope / bend).clamp(-1.0, 1.0);
            }
            at[0] = at[0].clamp(-5.0, 5.0);
        }
        self.sharpness = at[0].exp() as f32;
        self.offsets = at[1..].iter().map(|offset| *offset as f32).collect();
    }
}

/// Scores to shares that sum to 1.
pub(super) fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

/// The class with the highest number, and that number.
fn best(row: &[f32]) -> (usize, f32) {
    row.iter()
        .copied()
        .enumerate()
        .fold((0, f32::MIN), |best, next| if next.1 > best.1 { next } else { best })
}

/// Expected calibration error (Naeini and others, 2015): in 15 bins by the probability of the class that is chosen, the mean
/// difference of that probability and the share of right choices. `rows` holds `classes` probabilities an event.
pub fn calibration_error(rows: &[f32], truth: &[usize], classes: usize) -> f64 {
    let mut bins = [(0.0_f64, 0.0_f64); BINS];
    for (row, &class) in rows.chunks_exact(classes.max(1)).zip(truth) {
        let (chosen, sure) = best(row);
        let bin = &mut bins[((f64::from(sure) * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += f64::from(sure);
        bin.1 += f64::from(u8::from(chosen == class));
    }
    let off: f64 = bins.iter().map(|(stated, true_)| (stated - true_).abs()).sum();
    off / truth.len().max(1) as f64
}

/// Mean of the F1 of each class that occurs in `truth`; `rows` holds `classes` probabilities an event.
pub fn macro_f1(rows: &[f32], truth: &[usize], classes: usize) -> f64 {
    // Right, chosen, and there.
    let mut counts = vec![[0.0_f64; 3]; classes];
    for (row, &class) in rows.chunks_exact(classes.max(1)).zip(truth) {
        let (chosen, _) = best(row);
        counts[chosen][1] += 1.0;
        counts[class][2] += 1.0;
        counts[class][0] += f64::from(u8::from(chosen == class));
    }
    let there: Vec<_> = counts.iter().filter(|counts| counts[2] > 0.0).collect();
    let f1 = |[right, chosen, there]: &[f64; 3]| 2.0 * right / (chosen + there);
    there.iter().map(|counts| f1(counts)).sum::<f64>() / there.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::{calibration_error, macro_f1};

    #[test]
    fn figures_by_hand() {
        // Three say .9 and two of them are right; one says .6 and is right.
        let rows = [0.9, 0.1, 0.9, 0.1, 0.1, 0.9, 0.6, 0.4];
        let truth = [0, 1, 1, 0];
        let expected = ((2.7_f64 - 2.0).abs() + (0.6_f64 - 1.0).abs()) / 4.0;
        assert!((calibration_error(&rows, &truth, 2) - expected).abs() < 1e-6);
        // Class 0: chosen 3, there 2, right 2. Class 1: chosen 1, there 2, right 1.
        assert!((macro_f1(&rows, &truth, 2) - f64::midpoint(4.0 / 5.0, 2.0 / 3.0)).abs() < 1e-9);
        assert_eq!((calibration_error(&[], &[], 0), macro_f1(&[], &[], 2)), (0.0, 0.0));
    }
}

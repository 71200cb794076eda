//! Fits the model by the likelihood of the labels (stochastic gradients, AdaGrad), and writes it.

use crate::names::feature::ROW_BITS;
use crate::names::model::{CALIBRATION, KINDS, MAGIC, TAGS, may_follow};
use crate::{Dice, Instance};

const LABELS: usize = TAGS + 1;
const EPOCHS: usize = 7;
const RATE: f64 = 0.12;
/// Share of a weight that is lost in an epoch.
const DECAY: f32 = 0.04;
/// Hundredths of a nat that a written weight of 1 is worth.
const UNIT: i32 = 5;
/// Hundredths of a nat in favour of beginning a name.
pub(super) const LEANING: i32 = 30;

pub(super) struct Crf {
    weights: Vec<[f32; TAGS]>,
    steps: [[f64; LABELS]; LABELS],
}

/// e to the power of x, by the same operations on every machine.
pub(super) fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let x = x.min(700.0);
    let power = (x * std::f64::consts::LOG2_E).round();
    let rest = x - power * std::f64::consts::LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 1..16 {
        term *= rest / f64::from(n);
        sum += term;
    }
    sum * f64::from_bits(((power as i64 + 1023) as u64) << 52)
}

pub(super) fn train(instances: &[Instance], dice: &mut Dice) -> Crf {
    let rows = 1 << ROW_BITS;
    let mut crf = Crf { weights: vec![[0.0; TAGS]; rows], steps: [[0.0; LABELS]; LABELS] };
    let mut squares = vec![[1e-3_f32; TAGS]; rows];
    let mut step_squares = [[1e-3_f64; LABELS]; LABELS];
    let mut order: Vec<usize> = (0..instances.len()).collect();
    for epoch in 0..EPOCHS {
        for at in (1..order.len()).rev() {
            order.swap(at, dice.below(at + 1));
        }
        let rate = RATE / (1.0 + epoch as f64 * 0.5);
        let (mut right, mut all) = (0, 0);
        for &index in &order {
            let instance = &instances[index];
            let seen: Vec<Vec<u32>> = instance.rows.iter().map(|rows| without_some(rows, dice)).collect();
            let (beliefs, pairs) = crf.beliefs(&seen);
            for (at, (rows, gold)) in seen.iter().zip(&instance.labels).enumerate() {
                all += 1;
                right += usize::from(beliefs[at][*gold] > 0.5);
                for label in 0..TAGS {
                    let gradient = (beliefs[at][label] - f64::from(u8::from(*gold == label))) as f32;
                    if gradient.abs() < 1e-4 {
                        continue;
                    }
                    for row in rows {
                        let square = &mut squares[*row as usize][label];
                        *square += gradient * gradient;
                        crf.weights[*row as usize][label] -= rate as f32 * gradient / square.sqrt();
                    }
                }
            }
            let mut gradient = pairs;
            let mut previous = TAGS;
            for gold in &instance.labels {
                gradient[previous][*gold] -= 1.0;
                previous = *gold;
            }
            for from in 0..LABELS {
                for to in (0..LABELS).filter(|to| may_follow(from, *to)) {
                    let square = &mut step_squares[from][to];
                    *square += gradient[from][to] * gradient[from][to];
                    crf.steps[from][to] -= rate * gradient[from][to] / square.sqrt();
                }
            }
        }
        for weights in &mut crf.weights {
            weights.iter_mut().for_each(|weight| *weight *= 1.0 - DECAY);
        }
        eprintln!("epoch {epoch}: {:.4} of tokens believed", f64::from(right as u32) / f64::from(all as u32));
    }
    crf
}

/// A token's features less a quarter of them, drawn anew each time, so that none is relied on alone.
fn without_some(rows: &[u32], dice: &mut Dice) -> Vec<u32> {
    let dropped = dice.next() & dice.next();
    rows.iter().enumerate().filter(|(index, _)| dropped >> index & 1 == 0).map(|(_, row)| *row).collect()
}

/// Share of the features that training sees.
const SEEN: f32 = 0.75;

impl Crf {
    /// The probability of each label at each token, and the expected number of each step.
    fn beliefs(&self, rows: &[Vec<u32>]) -> (Vec<[f64; LABELS]>, [[f64; LABELS]; LABELS]) {
        let step: [[f64; LABELS]; LABELS] = std::array::from_fn(|from| {
            std::array::from_fn(|to| if may_follow(from, to) { exp(self.steps[from][to]) } else { 0.0 })
        });
        let emissions: Vec<[f64; LABELS]> = rows
            .iter()
            .map(|rows| {
                let mut scores = [0.0_f32; TAGS];
                for row in rows {
                    for (score, weight) in scores.iter_mut().zip(&self.weights[*row as usize]) {
                        *score += weight;
                    }
                }
                let top = f64::from(scores.iter().fold(0.0_f32, |top, score| top.max(*score)));
                std::array::from_fn(|label| {
                    exp(if label == TAGS { 0.0 } else { f64::from(scores[label]) } - top)
                })
            })
            .collect();
        let mut forward: Vec<[f64; LABELS]> = Vec::with_capacity(rows.len());
        let mut before = [0.0; LABELS];
        before[TAGS] = 1.0;
        for emission in &emissions {
            let mut here: [f64; LABELS] = std::array::from_fn(|to| {
                emission[to] * (0..LABELS).map(|from| before[from] * step[from][to]).sum::<f64>()
            });
            let total: f64 = here.iter().sum();
            here.iter_mut().for_each(|x| *x /= total);
            before = here;
            forward.push(here);
        }
        let mut beliefs = vec![[0.0; LABELS]; rows.len()];
        let mut pairs = [[0.0; LABELS]; LABELS];
        let mut behind = [1.0; LABELS];
        for at in (0..rows.len()).rev() {
            let mut belief: [f64; LABELS] = std::array::from_fn(|label| forward[at][label] * behind[label]);
            let total: f64 = belief.iter().sum();
            belief.iter_mut().for_each(|x| *x /= total);
            beliefs[at] = belief;
            let ahead: [f64; LABELS] = std::array::from_fn(|label| emissions[at][label] * behind[label]);
            let before = if at == 0 {
                let mut outside = [0.0; LABELS];
                outside[TAGS] = 1.0;
                outside
            } else {
                forward[at - 1]
            };
            let joint = |from: usize, to: usize| before[from] * step[from][to] * ahead[to];
            let total: f64 = (0..LABELS).map(|from| (0..LABELS).map(|to| joint(from, to)).sum::<f64>()).sum();
            for (from, row) in pairs.iter_mut().enumerate() {
                for (to, pair) in row.iter_mut().enumerate() {
                    *pair += joint(from, to) / total;
                }
            }
            let mut next: [f64; LABELS] =
                std::array::from_fn(|from| (0..LABELS).map(|to| step[from][to] * ahead[to]).sum());
            let top = next.iter().fold(0.0_f64, |top, x| top.max(*x));
            next.iter_mut().for_each(|x| *x /= top);
            behind = next;
        }
        (beliefs, pairs)
    }

    /// The file of the model, as `names::model::Model::read` reads it.
    pub(super) fn write(&self, gazetteer: &[u8], calibration: Option<&[u8]>) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(UNIT.to_le_bytes());
        for row in &self.steps {
            for (to, step) in row.iter().enumerate() {
                let leaning = if to < TAGS && to % 2 == 0 { LEANING } else { 0 };
                bytes.extend(((step * 100.0).round() as i32 + leaning).to_le_bytes());
            }
        }
        match calibration {
            Some(table) => bytes.extend(table),
            None => bytes.extend([255; KINDS * CALIBRATION]),
        }
        for weight in self.weights.iter().flatten() {
            let units = (weight * SEEN * 100.0 / UNIT as f32).round().clamp(-127.0, 127.0);
            bytes.push((units as i8).cast_unsigned());
        }
        bytes.extend(gazetteer);
        bytes
    }
}

use super::calibrate::softmax;

/// One event as the model sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) places: Vec<u32>,
    pub(super) dense: Vec<f32>,
    pub(super) class: usize,
}

/// Multinomial logistic regression by FTRL-proximal (McMahan and others, 2013): each weight has a step of its own, which
/// shrinks as it is learnt, and stays 0 until enough speaks for it, so that what was seen once is not learnt by heart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Linear {
    pub(super) classes: usize,
    places: usize,
    dense: usize,
    /// A row of `classes` weights for each place, then for each dense number.
    pub(super) weights: Vec<f32>,
    /// What the weights follow from: the sums of gradients, less what the weights already answer to, and of their squares.
    pub(super) sums: Vec<f32>,
    pub(super) squares: Vec<f32>,
}

/// The paper's alpha, beta, lambda 1 and lambda 2.
const STEP: f32 = 1.0;
const CAUTION: f32 = 1.0;
const SPARSE: f32 = 1.5;
const SMALL: f32 = 0.5;

/// The weight that a sum of gradients makes.
pub(super) fn weight(sum: f32, squares: f32) -> f32 {
    let beyond = (sum.abs() - SPARSE).max(0.0);
    -beyond.copysign(sum) / ((CAUTION + squares.sqrt()) / STEP + SMALL)
}

impl Linear {
    pub(super) fn new(bits: u32, dense: usize) -> Self {
        Self {
            classes: 0,
            places: 1 << bits,
            dense,
            weights: Vec::new(),
            sums: Vec::new(),
            squares: Vec::new(),
        }
    }

    /// Numbers of an embedder.
    pub(super) fn dense(&self) -> usize {
        self.dense
    }

    /// Rows of weights.
    pub(super) fn rows(&self) -> usize {
        self.places + self.dense
    }

    /// Makes room for more classes, whose weights are 0.
    pub(super) fn set_classes(&mut self, classes: usize) {
        if classes == self.classes {
            return;
        }
        for numbers in [&mut self.weights, &mut self.sums, &mut self.squares] {
            let mut wider = vec![0.0; (self.places + self.dense) * classes];
            let rows = wider.chunks_exact_mut(classes).zip(numbers.chunks_exact(self.classes.max(1)));
            rows.for_each(|(wide, narrow)| wide[..narrow.len()].copy_from_slice(narrow));
            *numbers = wider;
        }
        self.classes = classes;
    }

    /// Appends the score of each class.
    pub(super) fn scores(&self, places: &[u32], dense: &[f32], out: &mut Vec<f32>) {
        let start = out.len();
        out.resize(start + self.classes, 0.0);
        let scores = &mut out[start..];
        // Most models have two classes.
        if let Ok(scores) = scores.try_into() {
            self.sum_two(places, scores);
        } else {
            for place in places {
                let at = *place as usize * self.classes;
                for (score, weight) in scores.iter_mut().zip(&self.weights[at..]) {
                    *score += weight;
                }
            }
        }
        let size = size(places);
        for score in scores.iter_mut() {
            *score *= size;
        }
        for (i, number) in dense.iter().enumerate() {
            let at = (self.places + i) * self.classes;
            for (score, weight) in scores.iter_mut().zip(&self.weights[at..]) {
                *score += weight * number;
            }
        }
    }

    /// The same sums, with both kept at hand.
    fn sum_two(&self, places: &[u32], scores: &mut [f32; 2]) {
        let (rows, _) = self.weights.as_chunks::<2>();
        for place in places {
            let [first, second] = rows[*place as usize];
            scores[0] += first;
            scores[1] += second;
        }
    }

    /// Goes through the rows `passes` times, in an order of its own that is the same each time it is called.
    pub(super) fn learn(&mut self, rows: &[Row], class_weights: &[f32], passes: u32) {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut shares = Vec::new();
        for pass in 0..passes {
            shuffle(&mut order, pass);
            for &row in &order {
                let row = &rows[row];
                shares.clear();
                self.scores(&row.places, &row.dense, &mut shares);
                softmax(&mut shares);
                shares[row.class] -= 1.0;
                for gradient in &mut shares {
                    *gradient *= class_weights[row.class];
                }
                self.step(row, &shares);
            }
        }
    }

    fn step(&mut self, row: &Row, gradients: &[f32]) {
        let size = size(&row.places);
        let sparse = row.places.iter().map(|place| (*place as usize, size));
        let dense = row.dense.iter().enumerate().map(|(i, number)| (self.places + i, *number));
        for (at, number) in sparse.chain(dense) {
            let at = at * self.classes;
            for (i, gradient) in gradients.iter().enumerate() {
                let gradient = gradient * number;
                let squares = self.squares[at + i] + gradient * gradient;
                let faster = (squares.sqrt() - self.squares[at + i].sqrt()) / STEP;
                self.sums[at + i] += gradient - faster * self.weights[at + i];
                self.squares[at + i] = squares;
                self.weights[at + i] = weight(self.sums[at + i], squares);
            }
        }
    }
}

/// What each place counts, so that long events are not louder than short ones.
fn size(places: &[u32]) -> f32 {
    1.0 / (places.len().max(1) as f32).sqrt()
}

/// Fisher and Yates, with numbers that are the same everywhere.
fn shuffle(order: &mut [usize], seed: u32) {
    let mut state = u64::from(seed) + 1;
    for i in (1..order.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, ((u128::from(state) * (i as u128 + 1)) >> 64) as usize);
    }
}

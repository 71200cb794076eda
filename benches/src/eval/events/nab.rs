//! The scoring of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015, "Evaluating Real-time Anomaly Detection
//! Algorithms"; details as its program has them).
//!
//! A detector is paid once for each window of an anomaly, the more the earlier in it, and pays for each detection outside,
//! less just behind a window. The first 15 % of a series, at most 750 points, do not count. One threshold serves the whole
//! corpus, and it is the best one. A score of 0 is that of a detector that says nothing, 100 that of the perfect one.

use std::collections::BTreeMap;

/// What is paid for what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Profile {
    pub(super) name: &'static str,
    true_positive: f64,
    false_positive: f64,
    false_negative: f64,
}

pub(super) const PROFILES: [Profile; 3] = [
    Profile { name: "standard", true_positive: 1.0, false_positive: 0.11, false_negative: 1.0 },
    Profile { name: "reward low FP rate", true_positive: 1.0, false_positive: 0.22, false_negative: 1.0 },
    Profile { name: "reward low FN rate", true_positive: 1.0, false_positive: 0.11, false_negative: 2.0 },
];

/// A series, as a detector judged it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// A score a point, in [0, 1].
    pub(super) scores: Vec<f64>,
    /// Places of the first and last point of each window, in order.
    pub(super) windows: Vec<(usize, usize)>,
}

/// What a corpus comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    /// The threshold that was best.
    pub(super) threshold: f64,
    /// From 0 for silence to 100 for perfection; below 0 for worse than silence.
    pub(super) normalised: f64,
    /// Windows in which something was detected.
    pub(super) found: usize,
    /// Points detected outside of all windows.
    pub(super) false_positives: usize,
}

/// One point that counts.
struct Point {
    score: f64,
    /// Which window it is in, over the whole corpus.
    window: Option<usize>,
    /// What a detection here is worth.
    worth: f64,
}

/// 1 far before 0, -1 far behind it.
fn sigmoid(position: f64) -> f64 {
    if position > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * position).exp()) - 1.0 }
}

/// Points at the beginning that do not count.
fn probation(len: usize) -> usize {
    (0.15 * len.min(5000) as f64) as usize
}

fn points(series: &Judged, first_window: usize, profile: &Profile, out: &mut Vec<Point>) {
    let best = sigmoid(-1.0);
    let mut next = 0;
    for (i, &score) in series.scores.iter().enumerate() {
        while series.windows.get(next).is_some_and(|&(_, end)| end < i) {
            next += 1;
        }
        let inside = series.windows.get(next).is_some_and(|&(start, _)| start <= i);
        let worth = if inside {
            let (start, end) = series.windows[next];
            let position = -((end - i + 1) as f64) / (end - start + 1) as f64;
            sigmoid(position) * profile.true_positive / best
        } else {
            let behind = next.checked_sub(1).map(|last| series.windows[last]);
            let position =
                behind.map_or(f64::INFINITY, |(start, end)| (i - end) as f64 / (end - start).max(1) as f64);
            sigmoid(position) * profile.false_positive
        };
        if i >= probation(series.scores.len()) {
            out.push(Point { score, window: inside.then_some(first_window + next), worth });
        }
    }
}

/// The score of a detector on a corpus, under the threshold that suits it best.
pub(super) fn score(corpus: &[Judged], profile: &Profile) -> Score {
    let mut all = Vec::new();
    let mut windows = 0;
    for series in corpus {
        points(series, windows, profile, &mut all);
        windows += series.windows.len();
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    // Windows wholly in the time that does not count are worth nothing.
    let mut worth: BTreeMap<usize, f64> =
        all.iter().filter_map(|point| Some((point.window?, -profile.false_negative))).collect();
    let silence: f64 = worth.values().sum();
    let perfection = worth.len() as f64 * profile.true_positive;
    let mut sum = silence;
    let mut best = Score { threshold: f64::INFINITY, normalised: silence, found: 0, false_positives: 0 };
    let (mut found, mut false_positives) = (0, 0);
    for (i, point) in all.iter().enumerate() {
        if let Some(old) = point.window.and_then(|window| worth.get_mut(&window)) {
            found += usize::from(*old == -profile.false_negative);
            sum += point.worth.max(*old) - *old;
            *old = old.max(point.worth);
        } else {
            sum += point.worth;
            false_positives += 1;
        }
        let last_of_equals = all.get(i + 1).is_none_or(|next| next.score < point.score);
        if last_of_equals && sum > best.normalised {
            best = Score { threshold: point.score, normalised: sum, found, false_positives };
        }
    }
    best.normalised = 100.0 * (best.normalised - silence) / (perfection - silence).max(f64::MIN_POSITIVE);
    best
}

#[cfg(test)]
mod tests {
    use super::{Judged, PROFILES, score, sigmoid};

    fn judged(len: usize, windows: &[(usize, usize)], at: &[usize]) -> Judged {
        let mut scores = vec![0.0; len];
        for &i in at {
            scores[i] = 1.0;
        }
        Judged { scores, windows: windows.to_vec() }
    }

    #[test]
    fn silence_is_0_and_the_first_points_of_windows_are_100() {
        for profile in &PROFILES {
            let silent = score(&[judged(1000, &[(400, 499), (700, 799)], &[])], profile);
            assert_eq!((silent.normalised, silent.found), (0.0, 0));
            let perfect = score(&[judged(1000, &[(400, 499), (700, 799)], &[400, 700])], profile);
            assert!((perfect.normalised - 100.0).abs() < 1e-9 && perfect.found == 2, "{perfect:?}");
        }
    }

    /// By hand: the window is worth from -1 (missed) to 1. In its middle, at -51/100, the sigmoid is
    /// 2 / (1 + exp(-2.55)) - 1 = .8551; its best is .9866; a false alarm far from any window costs .11.
    #[test]
    fn a_late_detection_and_a_false_alarm_by_hand() {
        let late = score(&[judged(1000, &[(400, 499)], &[449])], &PROFILES[0]);
        assert!((late.normalised - 100.0 * (1.0 + 0.8551 / 0.9866) / 2.0).abs() < 0.01, "{late:?}");
        let early_alarm = score(&[judged(1000, &[(400, 499)], &[300, 449])], &PROFILES[0]);
        assert!((late.normalised - early_alarm.normalised - 100.0 * 0.11 / 2.0).abs() < 1e-9);
        // Half a window's width behind a window it costs .8483 of that.
        let just_behind = score(&[judged(1000, &[(400, 499)], &[449, 549])], &PROFILES[0]);
        let cost = -sigmoid(50.0 / 99.0) * 0.11;
        assert!((late.normalised - just_behind.normalised - 50.0 * cost).abs() < 1e-9);
        assert!((cost / 0.11 - 0.852).abs() < 0.01, "{cost}");
    }

    #[test]
    fn a_window_pays_once_and_the_beginning_does_not_count() {
        let once = score(&[judged(1000, &[(400, 499)], &[400])], &PROFILES[0]);
        let twice = score(&[judged(1000, &[(400, 499)], &[400, 410])], &PROFILES[0]);
        assert_eq!(once.normalised, twice.normalised);
        let early = score(&[judged(1000, &[(400, 499)], &[0, 149, 400])], &PROFILES[0]);
        assert_eq!((early.normalised, early.false_positives), (once.normalised, 0));
    }

    /// A threshold that pays on one series is paid for on the other.
    #[test]
    fn one_threshold_serves_the_corpus() {
        let mut low = judged(1000, &[(400, 499)], &[400]);
        for score in &mut low.scores {
            *score *= 0.3;
        }
        let noisy = Judged { scores: vec![0.5; 1000], windows: Vec::new() };
        let best = score(&[low.clone(), noisy], &PROFILES[0]);
        assert_eq!((best.normalised, best.found), (0.0, 0));
        assert!((score(&[low], &PROFILES[0]).normalised - 100.0).abs() < 1e-9);
    }
}

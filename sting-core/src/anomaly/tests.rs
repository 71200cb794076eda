use super::{
    AnomalyConfig, AnomalyDetector, MultiAnomalyDetector, RareValues, RareValuesConfig, RateDetector,
};
use crate::Error;
use proptest::prelude::*;
use std::time::Duration;

const HOUR: f64 = 3600.0;

/// Seeded noise in [-0.5, 0.5).
fn noise(i: u32) -> f64 {
    let mut x = u64::from(i).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

/// Points five minutes apart over so many days, with what `value` makes of the hour and the noise.
fn scores(days: u32, value: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut detector = AnomalyDetector::new(AnomalyConfig::default()).unwrap();
    let points = (0..days * 288).map(|i| {
        let hour = f64::from(i) / 12.0;
        detector.push(hour * HOUR, value(hour, noise(i))).unwrap()
    });
    points.collect()
}

fn daily(hour: f64) -> f64 {
    10.0 + 5.0 * (hour / 24.0 * std::f64::consts::TAU).sin()
}

fn highest(scores: &[f64]) -> f64 {
    scores.iter().copied().fold(0.0, f64::max)
}

#[test]
fn noise_season_and_drift_are_quiet() {
    for (name, scores) in [
        ("constant", scores(14, |_, _| 4.0)),
        ("noise", scores(14, |_, noise| noise)),
        ("season", scores(14, |hour, noise| daily(hour) + noise)),
        ("drift", scores(14, |hour, noise| daily(hour) + noise + hour / 24.0)),
    ] {
        let alarms = scores[7 * 288..].iter().filter(|score| **score > 0.5).count();
        assert!(alarms <= 4, "{name}: {alarms} alarms");
    }
}

#[test]
fn what_breaks_the_pattern_is_found() {
    let moment = |hour: f64, from: f64, to: f64| (from..to).contains(&hour);
    for (name, scores) in [
        ("spike", scores(14, |h, n| daily(h) + n + if moment(h, 300.0, 300.05) { 30.0 } else { 0.0 })),
        ("level", scores(14, |h, n| daily(h) + n + if moment(h, 300.0, 310.0) { 15.0 } else { 0.0 })),
        (
            "flat in the middle of the day",
            scores(14, |h, n| if moment(h, 293.0, 303.0) { 10.0 } else { daily(h) } + n),
        ),
        ("a change of a constant", scores(14, |h, _| if moment(h, 300.0, 301.0) { 4.1 } else { 4.0 })),
    ] {
        assert!(
            highest(&scores[293 * 12..312 * 12]) > 0.7,
            "{name}: {}",
            highest(&scores[293 * 12..312 * 12])
        );
    }
}

/// While the evidence grows, and not as long as the anomaly lasts.
#[test]
fn an_anomaly_that_lasts_is_reported_once() {
    let scores = scores(14, |hour, noise| noise + if hour > 200.0 { 40.0 } else { 0.0 });
    let alarms: Vec<usize> = (199 * 12..scores.len()).filter(|i| scores[*i] > 0.5).collect();
    assert!(alarms.len() <= 10 && alarms[0] == 2401 && alarms[alarms.len() - 1] < 2426, "{alarms:?}");
}

#[test]
fn unit_and_sign_do_not_matter() {
    let one = scores(6, |hour, noise| daily(hour) + noise);
    let other = scores(6, |hour, noise| -1024.0 * (daily(hour) + noise));
    assert_eq!(one, other);
}

#[test]
fn numbers_that_are_none_are_refused_and_not_learnt() {
    let mut detector = AnomalyDetector::new(AnomalyConfig::default()).unwrap();
    let before = detector.clone();
    for (seconds, value) in [(0.0, f64::NAN), (0.0, f64::INFINITY), (f64::NEG_INFINITY, 1.0)] {
        assert!(matches!(detector.push(seconds, value), Err(Error::NotFinite { .. })));
        assert!(detector.push_many(&[1.0, seconds], &[1.0, value]).is_err());
    }
    assert!(matches!(detector.push_many(&[1.0], &[]), Err(Error::Config { .. })));
    assert_eq!(detector, before);
    assert!(AnomalyDetector::new(AnomalyConfig::default().with_smoothing(0)).is_err());
}

#[test]
fn a_restored_detector_goes_on() {
    let mut detector = AnomalyDetector::new(AnomalyConfig::default().with_memory(500)).unwrap();
    let mut many = MultiAnomalyDetector::new(AnomalyConfig::default(), 3).unwrap();
    let mut rate = RateDetector::new(AnomalyConfig::default(), Duration::from_mins(1)).unwrap();
    let mut rare =
        RareValues::new(RareValuesConfig { max_values: 50, ..RareValuesConfig::default() }).unwrap();
    let mut learn = |range: std::ops::Range<u32>, restore: bool| {
        if restore {
            detector = AnomalyDetector::from_bytes(&detector.to_bytes()).unwrap();
            many = MultiAnomalyDetector::from_bytes(&many.to_bytes()).unwrap();
            rate = RateDetector::from_bytes(&rate.to_bytes()).unwrap();
            rare = RareValues::from_bytes(&rare.to_bytes()).unwrap();
        }
        for i in range {
            let (seconds, value) = (f64::from(i) * 37.0, noise(i));
            detector.push(seconds, value).unwrap();
            many.push(seconds, &[value, noise(i + 9), 1.0]).unwrap();
            rate.push(seconds).unwrap();
            rare.push("field", &format!("{:.1}", value * value * 40.0));
        }
        (detector.clone(), many.clone(), rate.clone(), rare.clone())
    };
    let whole = {
        learn(0..2000, false);
        learn(2000..3000, false)
    };
    let restored = learn(3000..3000, true);
    assert!(whole == restored);
    assert!(learn(3000..4000, true).0 != whole.0);
}

#[test]
fn damage_is_found() {
    let mut detector = AnomalyDetector::new(AnomalyConfig::default()).unwrap();
    detector.push(0.0, 1.0).unwrap();
    let bytes = detector.to_bytes();
    for place in (0..bytes.len()).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 4;
        assert!(matches!(AnomalyDetector::from_bytes(&damaged), Err(Error::State { .. })), "byte {place}");
        assert!(AnomalyDetector::from_bytes(&bytes[..place]).is_err());
    }
    let error = RateDetector::from_bytes(&bytes).unwrap_err().to_string();
    assert_eq!(
        error,
        "saved state of the rate detector: these bytes are something else; restore it from a copy, or learn anew"
    );
}

#[test]
fn a_time_from_the_future_does_not_stop_the_clock() {
    let mut rate = RateDetector::new(AnomalyConfig::default(), Duration::from_mins(1)).unwrap();
    rate.push(0.0).unwrap();
    assert_eq!(rate.push(1e300).unwrap().len(), 1);
    for i in 0..3000 {
        rate.push(f64::from(i)).unwrap();
    }
    assert_eq!(rate.late(), 1000);
    assert_eq!(rate.push(4000.0).unwrap().first().map(|judged| judged.events), Some(60));
}

#[test]
fn silence_is_judged() {
    let mut rate = RateDetector::new(AnomalyConfig::default(), Duration::from_mins(1)).unwrap();
    for minute in 0..3000u32 {
        for event in 0..20 + minute % 3 {
            rate.push(f64::from(minute * 60 + event)).unwrap();
        }
    }
    let silent = rate.push(3030.0 * 60.0).unwrap();
    assert_eq!((silent.len(), silent[1].events), (31, 0));
    assert!(silent.iter().any(|judged| judged.score > 0.5), "{silent:?}");
}

proptest! {
    #[test]
    fn scores_are_scores_whatever_comes(points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..200)) {
        let mut detector = AnomalyDetector::new(AnomalyConfig::default()).unwrap();
        for (seconds, value) in points {
            if let Ok(score) = detector.push(seconds, value) {
                prop_assert!((0.0..=1.0).contains(&score), "{score}");
            }
        }
        let bytes = detector.to_bytes();
        prop_assert_eq!(AnomalyDetector::from_bytes(&bytes).unwrap(), detector);
    }
}

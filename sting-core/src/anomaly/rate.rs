use super::{AnomalyConfig, AnomalyDetector, finite};
use crate::Error;
use crate::state::{Reader, Writer};
use std::time::Duration;

/// Scores how many events there are in each interval: too many, and too few.
///
/// ```
/// use sting_core::anomaly::{AnomalyConfig, RateDetector};
/// use std::time::Duration;
/// let mut rate = RateDetector::new(AnomalyConfig::default(), Duration::from_secs(60))?;
/// let (mut seconds, mut alarms) = (0.0, Vec::new());
/// for minute in 0..600 {
///     let events = if minute == 550 { 400 } else { 20 + minute % 3 };
///     for event in 0..events {
///         let at = f64::from(minute) * 60.0 + f64::from(event) * 0.1;
///         alarms.extend(rate.push(at)?.into_iter().filter(|judged| judged.score > 0.5));
///     }
/// }
/// assert!(alarms.len() < 5); // one of them false, soon after the beginning
/// assert!(alarms.iter().any(|alarm| (alarm.start, alarm.events) == (550.0 * 60.0, 400)));
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RateDetector {
    seconds: f64,
    detector: AnomalyDetector,
    /// Number of the interval that is not over, and its events so far.
    open: Option<(i64, u64)>,
    late: u64,
    late_in_a_row: u64,
}

/// An interval that is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateScore {
    /// When it began, in seconds since 1970.
    pub start: f64,
    /// Events in it.
    pub events: u64,
    /// How unusual that is, from 0 to 1.
    pub score: f64,
}

/// Intervals without events that are judged one by one. What is beyond was no silence but a pause of the source.
const LONGEST_SILENCE: i64 = 1000;
/// So many late events one after the other are not late: an event before them had a time from the future.
const LATE_NO_MORE: u64 = 1000;
/// Numbers of intervals are below this, so that their difference is a number.
const FAR: f64 = 4e18;

const KIND: [u8; 4] = *b"STar";
const WHAT: &str = "rate detector";
const VERSION: u16 = 1;

impl RateDetector {
    /// A detector of events a `interval`.
    ///
    /// # Errors
    /// [`Error::Config`] if the interval is zero, or if a setting is too small to work.
    pub fn new(config: AnomalyConfig, interval: Duration) -> Result<Self, Error> {
        if interval.is_zero() {
            return Err(Error::config("interval", "is zero", "use a minute, or what suits the stream"));
        }
        let detector = AnomalyDetector::new(config)?;
        Ok(Self { seconds: interval.as_secs_f64(), detector, open: None, late: 0, late_in_a_row: 0 })
    }

    /// Counts an event, and judges the intervals that are over now. An event of an interval that was judged already counts
    /// for [`RateDetector::late`] and for nothing else.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a time that is no finite number.
    pub fn push(&mut self, seconds: f64) -> Result<Vec<RateScore>, Error> {
        finite("time", seconds)?;
        let interval = (seconds / self.seconds).floor().clamp(-FAR, FAR) as i64;
        let Some((open, events)) = self.open else {
            self.open = Some((interval, 1));
            return Ok(Vec::new());
        };
        if interval < open {
            self.late += 1;
            self.late_in_a_row += 1;
            if self.late_in_a_row == LATE_NO_MORE {
                (self.open, self.late_in_a_row) = (Some((interval, 1)), 0);
            }
            return Ok(Vec::new());
        }
        self.late_in_a_row = 0;
        if interval == open {
            self.open = Some((open, events + 1));
            return Ok(Vec::new());
        }
        let mut judged = vec![self.judge(open, events)?];
        if interval - open <= LONGEST_SILENCE {
            for silent in open + 1..interval {
                judged.push(self.judge(silent, 0)?);
            }
        }
        self.open = Some((interval, 1));
        Ok(judged)
    }

    fn judge(&mut self, interval: i64, events: u64) -> Result<RateScore, Error> {
        let start = interval as f64 * self.seconds;
        Ok(RateScore { start, events, score: self.detector.push(start, events as f64)? })
    }

    /// Events that came after their interval was judged.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// All that was learnt, as bytes with a version and a checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(KIND, VERSION);
        out.f64(self.seconds);
        let (interval, events) = self.open.unwrap_or((0, 0));
        out.u64(interval.cast_unsigned());
        for number in [events, self.late, self.late_in_a_row] {
            out.u64(number);
        }
        let detector = &self.detector;
        detector.config.write(&mut out);
        detector.series.write(&mut out);
        detector.judge.write(&mut out);
        out.finish()
    }

    /// A detector that goes on where the one that wrote the bytes stopped.
    ///
    /// # Errors
    /// [`Error::State`] if the bytes are something else, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Reader::open(bytes, KIND, VERSION, WHAT)?;
        let seconds = from.f64()?;
        let interval = from.u64()?.cast_signed();
        let (events, late, late_in_a_row) = (from.u64()?, from.u64()?, from.u64()?);
        if seconds <= 0.0 || interval.unsigned_abs() > FAR as u64 {
            return Err(from.fault("its interval cannot be"));
        }
        let config = AnomalyConfig::read(&mut from)?;
        let series = super::Series::read(f64::from(config.memory), &mut from)?;
        let judge = super::Judge::read(&config, &mut from)?;
        from.finish()?;
        // An interval is opened by an event.
        let open = (events > 0).then_some((interval, events));
        Ok(Self { seconds, detector: AnomalyDetector { config, series, judge }, open, late, late_in_a_row })
    }
}

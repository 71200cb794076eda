use super::judge::Judge;
use super::series::Series;
use super::{AnomalyConfig, finite};
use crate::Error;
use crate::state::{Reader, Writer};

/// Scores several values that are measured together: a small oddity in many of them at once is a great one.
///
/// ```
/// use sting_core::anomaly::{AnomalyConfig, MultiAnomalyDetector};
/// let mut detector = MultiAnomalyDetector::new(AnomalyConfig::default(), 2)?;
/// for i in 0..500 {
///     let noise = f64::from(i % 5) / 100.0;
///     detector.push(f64::from(i) * 60.0, &[1.0 + noise, 20.0 - noise])?;
/// }
/// let judged = detector.push(30_000.0, &[1.0, 3.0])?;
/// assert!(judged.score > 0.5 && judged.surprise[1] > judged.surprise[0]);
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultiAnomalyDetector {
    config: AnomalyConfig,
    series: Vec<Series>,
    judge: Judge,
}

/// How unusual several values are.
#[derive(Clone, Debug, PartialEq)]
pub struct JointScore {
    /// All of them together, from 0 to 1.
    pub score: f64,
    /// What each of them contributes: minus the logarithm of a probability, or 0.
    pub surprise: Vec<f64>,
}

const KIND: [u8; 4] = *b"STam";
const WHAT: &str = "anomaly detector of several values";
const VERSION: u16 = 1;
/// More values than this are several detectors.
const MOST: usize = 65_536;

impl MultiAnomalyDetector {
    /// A detector of so many values.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is too small to work, for no values, and for more than 65,536.
    pub fn new(config: AnomalyConfig, values: usize) -> Result<Self, Error> {
        config.check()?;
        if !(1..=MOST).contains(&values) {
            return Err(Error::config(
                "values",
                "none, or more than 65,536",
                "use several detectors for more",
            ));
        }
        let series = vec![Series::new(f64::from(config.memory)); values];
        Ok(Self { judge: Judge::new(&config), series, config })
    }

    /// How unusual the values of a moment are; then learns them.
    ///
    /// # Errors
    /// [`Error::Config`] for another number of values, [`Error::NotFinite`] if one is no finite number; nothing is learnt then.
    pub fn push(&mut self, seconds: f64, values: &[f64]) -> Result<JointScore, Error> {
        if values.len() != self.series.len() {
            let problem = format!("{} for a detector of {}", values.len(), self.series.len());
            return Err(Error::config("values", problem, "give one for each series"));
        }
        finite("time", seconds)?;
        values.iter().try_for_each(|value| finite("value", *value))?;
        let series = self.series.iter_mut().zip(values);
        let surprise: Vec<f64> = series.map(|(series, value)| series.push(seconds, *value)).collect();
        // Sums of independent surprises vary with the root of their number.
        let together = surprise.iter().sum::<f64>() / (surprise.len() as f64).sqrt();
        Ok(JointScore { score: self.judge.push(together), surprise })
    }

    /// All that was learnt, as bytes with a version and a checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(KIND, VERSION);
        self.config.write(&mut out);
        out.u32(self.series.len() as u32);
        self.series.iter().for_each(|series| series.write(&mut out));
        self.judge.write(&mut out);
        out.finish()
    }

    /// A detector that goes on where the one that wrote the bytes stopped.
    ///
    /// # Errors
    /// [`Error::State`] if the bytes are something else, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Reader::open(bytes, KIND, VERSION, WHAT)?;
        let config = AnomalyConfig::read(&mut from)?;
        let count = from.count(1000)?;
        if !(1..=MOST).contains(&count) {
            return Err(from.fault("its number of values cannot be"));
        }
        let series = (0..count).map(|_| Series::read(f64::from(config.memory), &mut from));
        let series = series.collect::<Result<_, _>>()?;
        let judge = Judge::read(&config, &mut from)?;
        from.finish()?;
        Ok(Self { config, series, judge })
    }
}

use super::tail::Tail;
use crate::Error;
use crate::state::{Reader, Writer};

/// Half-hours of a day and hours of a week.
const DAY: usize = 48;
const WEEK: usize = 168;
/// Visits of a place in the day or week before it is expected to be like them.
const DAY_VISITS: f64 = 3.0;
const WEEK_VISITS: f64 = 2.0;
/// Visits after which older ones fade.
const DAY_MEMORY: f64 = 24.0;
const WEEK_MEMORY: f64 = 8.0;
/// Points over which a lasting departure from the day's course is averaged.
const LASTING: f64 = 8.0;
/// Points over which the usual size of a value is averaged.
const SIZE_MEMORY: f64 = 2000.0;
/// Share of the errors of a forecast that count as surprising.
const TAIL: f64 = 0.015;
/// Differences below this share of the usual size of the values are none.
const RESOLUTION: f64 = 1e-6;
/// Larger numbers are as good as this, whose differences are still numbers.
pub(super) const LARGEST: f64 = 1e150;

/// How surprising the points of one series are: the errors of four forecasts, each judged by its own past.
///
/// The forecasts: the value before; the mean at this half-hour of other days; that mean together with how the last points
/// departed from theirs; the mean at this hour of other weeks. A forecast that does not suit the series has large errors all
/// the time and so is never surprised: nothing needs to be chosen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    seen: f64,
    last: f64,
    size: f64,
    /// Mean and visits.
    day: Vec<(f64, f64)>,
    week: Vec<(f64, f64)>,
    lasting: f64,
    jump: Tail,
    daily: Tail,
    departure: Tail,
    weekly: Tail,
}

impl Series {
    pub(super) fn new(memory: f64) -> Self {
        let tail = Tail::new(TAIL, memory);
        Self {
            seen: 0.0,
            last: 0.0,
            size: 0.0,
            day: vec![(0.0, 0.0); DAY],
            week: vec![(0.0, 0.0); WEEK],
            lasting: 0.0,
            jump: tail.clone(),
            daily: tail.clone(),
            departure: tail.clone(),
            weekly: tail,
        }
    }

    /// The sum of the forecasts' surprises, each minus a logarithm of a probability; then learns the value.
    pub(super) fn push(&mut self, seconds: f64, value: f64) -> f64 {
        let value = value.clamp(-LARGEST, LARGEST);
        if self.seen == 0.0 {
            (self.last, self.size) = (value, value.abs());
        }
        self.seen += 1.0;
        let rate = |memory: f64| (1.0 / self.seen).max(1.0 / memory);
        self.size += rate(SIZE_MEMORY) * (value.abs() - self.size);
        let resolution = RESOLUTION * self.size;
        let mut surprise = self.jump.push((value - self.last).abs(), resolution);
        self.last = value;

        let of_day = &mut self.day[place(seconds, 1800.0, DAY)];
        let error = visit(of_day, value, DAY_VISITS, DAY_MEMORY);
        self.lasting += rate(LASTING) * (error.unwrap_or(0.0) - self.lasting);
        if let Some(error) = error {
            surprise += self.daily.push(error.abs(), resolution);
            surprise += self.departure.push(self.lasting.abs(), resolution);
        }
        let of_week = &mut self.week[place(seconds, 3600.0, WEEK)];
        if let Some(error) = visit(of_week, value, WEEK_VISITS, WEEK_MEMORY) {
            surprise += self.weekly.push(error.abs(), resolution);
        }
        surprise
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.f64s(&[self.seen, self.last, self.size, self.lasting]);
        for (mean, visits) in self.day.iter().chain(&self.week) {
            out.f64s(&[*mean, *visits]);
        }
        for tail in [&self.jump, &self.daily, &self.departure, &self.weekly] {
            tail.write(out);
        }
    }

    pub(super) fn read(memory: f64, from: &mut Reader<'_>) -> Result<Self, Error> {
        let mut series = Self::new(memory);
        series.seen = from.f64_in(0.0..=1e18)?;
        series.last = from.f64_in(-LARGEST..=LARGEST)?;
        series.size = from.f64_in(0.0..=LARGEST)?;
        series.lasting = from.f64_in(-2.0 * LARGEST..=2.0 * LARGEST)?;
        for (mean, visits) in series.day.iter_mut().chain(&mut series.week) {
            *mean = from.f64_in(-LARGEST..=LARGEST)?;
            *visits = from.f64_in(0.0..=1e18)?;
        }
        series.jump = series.jump.read(from)?;
        series.daily = series.daily.read(from)?;
        series.departure = series.departure.read(from)?;
        series.weekly = series.weekly.read(from)?;
        Ok(series)
    }
}

/// Which part of a period of `parts` parts a time is in.
fn place(seconds: f64, part: f64, parts: usize) -> usize {
    // The remainder of a tiny negative number rounds to the whole.
    let parts = parts as f64;
    (seconds / part).floor().rem_euclid(parts).min(parts - 1.0) as usize
}

/// How far the value is from the mean of earlier visits, if there were enough; then counts it in.
fn visit((mean, visits): &mut (f64, f64), value: f64, enough: f64, memory: f64) -> Option<f64> {
    let error = (*visits >= enough).then_some(value - *mean);
    *visits += 1.0;
    *mean += (1.0 / *visits).max(1.0 / memory) * (value - *mean);
    error
}

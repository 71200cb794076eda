//! Points in time as events spell them.

use super::{Event, Value};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// Fields that hold the time of an event, the most exact first.
const FIELDS: [&str; 10] = [
    "timestamp",
    "@timestamp",
    "TimeCreated_SystemTime",
    "UtcTime",
    "EventTime",
    "eventTime",
    "time",
    "ts",
    "_time",
    "date",
];

impl Event {
    /// When it happened: the first of the usual fields that holds a time.
    pub fn timestamp(&self) -> Option<Timestamp> {
        FIELDS.iter().find_map(|field| self.get(field)?.as_timestamp())
    }
}

impl Value<'_> {
    /// A point in time: RFC 3339, a date and time without offset (taken as UTC), or a number of
    /// seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by its size.
    pub fn as_timestamp(self) -> Option<Timestamp> {
        let text = self.as_str().trim();
        if let Some(number) = self.as_f64() {
            return from_epoch(text, number);
        }
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Some(timestamp);
        }
        self.as_civil()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    }

    /// The date and time as it is written, whatever its offset.
    pub(crate) fn as_civil(self) -> Option<DateTime> {
        let text = self.as_str().trim();
        // Only the offset or zone may follow; jiff refuses `Z` on a civil time.
        let end = text.find(['Z', 'z', '+', '[']).unwrap_or(text.len());
        let end = text.get(11..).and_then(|time| time.find('-')).map_or(end, |minus| end.min(minus + 11));
        let civil = text.get(..end)?.trim_end();
        civil.parse::<DateTime>().or_else(|_| civil.parse::<Date>().map(Into::into)).ok()
    }
}

fn from_epoch(text: &str, number: f64) -> Option<Timestamp> {
    let scale: i128 = match number.abs() {
        size if size < 1e11 => 1_000_000_000,
        size if size < 1e14 => 1_000_000,
        size if size < 1e17 => 1_000,
        _ => 1,
    };
    let nanoseconds = match text.parse::<i128>() {
        Ok(whole) => whole.checked_mul(scale)?,
        Err(_) => (number * scale as f64) as i128,
    };
    Timestamp::from_nanosecond(nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::Event;

    #[test]
    fn spellings_of_one_moment() {
        for value in [
            r#""2024-03-01T12:30:00Z""#,
            r#""2024-03-01T13:30:00+01:00""#,
            r#""2024-03-01 12:30:00.000""#,
            "1709296200",
            "1709296200000",
            "1709296200000000",
            r#""1709296200""#,
        ] {
            let event = Event::from_json(format!(r#"{{"timestamp": {value}}}"#).as_bytes()).unwrap();
            assert_eq!(event.timestamp().unwrap().to_string(), "2024-03-01T12:30:00Z", "{value}");
        }
        let event = Event::from_json(br#"{"timestamp": "soon", "UtcTime": "2024-03-01"}"#).unwrap();
        assert_eq!(event.timestamp().unwrap().to_string(), "2024-03-01T00:00:00Z");
        assert!(Event::from_json(br#"{"ts": 1e300}"#).unwrap().timestamp().is_none());
    }

    #[test]
    fn civil_time_is_as_written() {
        let event = Event::from_json(br#"{"a": "2024-03-01T23:30:00-05:00", "b": "12-1"}"#).unwrap();
        assert_eq!(event.get("a").unwrap().as_civil().unwrap().hour(), 23);
        assert!(event.get("b").unwrap().as_civil().is_none());
    }
}

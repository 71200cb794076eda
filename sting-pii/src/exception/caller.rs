//! Who a text is scrubbed for, and the conditions that are asked about it.

use crate::Error;
use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

const MINUTES_A_DAY: u16 = 24 * 60;
const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// Who asks for a text, from where and when, as far as the program that calls knows it.
///
/// An [`Exception`](crate::Exception) that names roles, networks or times applies only if the caller is known and fits.
/// Nothing here is looked up: the time, too, is the caller's to give.
///
/// ```
/// use sting_pii::{Caller, ScrubConfig, Scrubber};
/// let auditors = serde_json::from_str(r#"{"kinds": ["email"], "roles": ["auditor"], "networks": ["10.0.0.0/8"]}"#)?;
/// let scrubber = Scrubber::new(ScrubConfig::default().with_exceptions([auditors]))?;
/// let caller = Caller::default().with_role("auditor").with_address("10.1.2.3".parse()?);
/// assert_eq!(scrubber.for_caller(caller).scrub("jane@example.org")?.text.get(), "jane@example.org");
/// assert_eq!(scrubber.scrub("jane@example.org")?.text.get(), "[EMAIL]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Caller {
    pub(super) roles: Vec<String>,
    pub(super) address: Option<IpAddr>,
    pub(super) time: Option<i64>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Caller(***)")
    }
}

impl Caller {
    /// Adds a role that the caller has.
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// The address that the caller's request came from.
    pub const fn with_address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// When the caller asks, in seconds since the beginning of 1970 in UTC.
    pub const fn with_time(mut self, unix_seconds: i64) -> Self {
        self.time = Some(unix_seconds);
        self
    }
}

/// A network by its address and the length of its prefix: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// True for an address in it. An address of version 4 that is written as one of version 6 counts as what it is.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix);
                (net.to_bits() ^ address.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix);
                (net.to_bits() ^ address.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let fault = || Error::config("network", "it is no address with a prefix", "write it as 10.0.0.0/8");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), |prefix| prefix.parse().map_err(|_| fault()))?;
        if prefix > most { Err(fault()) } else { Ok(Self { address, prefix }) }
    }
}

impl TryFrom<String> for Network {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // days are days
pub enum Day {
    #[serde(alias = "monday")]
    Mon,
    #[serde(alias = "tuesday")]
    Tue,
    #[serde(alias = "wednesday")]
    Wed,
    #[serde(alias = "thursday")]
    Thu,
    #[serde(alias = "friday")]
    Fri,
    #[serde(alias = "saturday")]
    Sat,
    #[serde(alias = "sunday")]
    Sun,
}

/// A time of day in minutes, from `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TimeOfDay(u16);

impl FromStr for TimeOfDay {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let minutes = |text: &str| {
            let (hours, minutes) = text.split_once(':')?;
            let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2);
            let (hours, minutes) = (number(hours)?, number(minutes)?);
            (minutes < 60 && hours * 60 + minutes <= MINUTES_A_DAY).then_some(hours * 60 + minutes)
        };
        let time = minutes(text).map(Self);
        time.ok_or_else(|| Error::config("time of day", "it is no hour and minute", "write it as 08:30"))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

/// Hours on some days of the week, such as `{"days": ["mon", "fri"], "from": "08:00", "to": "18:00"}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeWindow {
    /// The days on which it begins. Every day if empty.
    pub days: Vec<Day>,
    /// When it begins.
    pub from: TimeOfDay,
    /// When it ends; on the next day if that is not later than `from`. The moment itself is outside.
    pub to: TimeOfDay,
    /// Minutes by which clocks are ahead of UTC where it is meant: 60 for Berlin in winter.
    pub utc_offset: i16,
}

impl Default for TimeWindow {
    fn default() -> Self {
        Self { days: Vec::new(), from: TimeOfDay(0), to: TimeOfDay(MINUTES_A_DAY), utc_offset: 0 }
    }
}

impl TimeWindow {
    /// True for a moment in it, in seconds since the beginning of 1970 in UTC.
    pub fn contains(&self, unix_seconds: i64) -> bool {
        let local = unix_seconds.saturating_add(i64::from(self.utc_offset) * 60);
        let minute = (local.rem_euclid(SECONDS_A_DAY) / 60) as u16;
        // The first of January 1970 was a Thursday.
        let today = (local.div_euclid(SECONDS_A_DAY) + Day::Thu as i64).rem_euclid(7);
        let begins = |day: i64| self.days.is_empty() || self.days.iter().any(|other| *other as i64 == day);
        if self.from.0 < self.to.0 {
            begins(today) && (self.from.0..self.to.0).contains(&minute)
        } else {
            begins(today) && minute >= self.from.0 || begins((today + 6) % 7) && minute < self.to.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Network, TimeOfDay, TimeWindow};

    #[test]
    fn networks() {
        for (network, address, is) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("198.51.100.7", "198.51.100.7", true),
            ("198.51.100.7", "198.51.100.8", false),
            ("2001:db8::/32", "2001:db8:1::", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::/0", "2001:db9::", true),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), is, "{network:?} {address}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "x/8", "10.0.0.0/", "::/129"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn windows_of_time() {
        // Monday, 2 February 2026, at midnight in UTC.
        const MONDAY: i64 = 1_769_990_400;
        let at = |day: i64, hour: i64| MONDAY + day * 86_400 + hour * 3600;
        let window = |json: &str| serde_json::from_str::<TimeWindow>(json).unwrap();
        let office = window(r#"{"days": ["mon", "friday"], "from": "08:00", "to": "18:00"}"#);
        for (day, hour, is) in
            [(0, 8, true), (0, 17, true), (0, 18, false), (0, 7, false), (1, 9, false), (4, 9, true)]
        {
            assert_eq!(office.contains(at(day, hour)), is, "day {day} at {hour}");
        }
        // A night shift belongs to the day on which it begins.
        let night = window(r#"{"days": ["mon"], "from": "22:00", "to": "06:00"}"#);
        for (day, hour, is) in [(0, 23, true), (1, 5, true), (1, 6, false), (0, 5, false), (1, 23, false)] {
            assert_eq!(night.contains(at(day, hour)), is, "day {day} at {hour}");
        }
        let ahead = window(r#"{"days": ["tue"], "utc_offset": 120}"#);
        assert!(ahead.contains(at(0, 22)) && !ahead.contains(at(0, 21)) && !ahead.contains(at(1, 22)));
        assert!(TimeWindow::default().contains(i64::MIN) && TimeWindow::default().contains(i64::MAX));
        for wrong in ["8:00", "24:01", "12:60", "noon", "-1:00", ""] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
    }
}

//! Tickets and the times that it took to respond and to contain. Times are in one unit, by their types.

use crate::event::Severity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A duration in whole seconds. Sources that count in milliseconds say so by how it is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u64);

impl Seconds {
    /// From milliseconds, rounded to the nearest second.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds / 1000 + (milliseconds % 1000 >= 500) as u64)
    }
}

/// How long it took to respond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeToRespond(pub Seconds);

/// How long it took to contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeToContain(pub Seconds);

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// Nobody has begun.
    Pending,
    /// Somebody is at it.
    Active,
    /// Done.
    Closed,
}

impl TicketStatus {
    /// The status of the ticket system's number: 0, 1 or 2.
    pub const fn of_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Pending),
            1 => Some(Self::Active),
            2 => Some(Self::Closed),
            _ => None,
        }
    }
}

/// What is measured of a ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    /// Where it stands.
    pub status: TicketStatus,
    /// How bad it is; `None` if nobody has said.
    pub severity: Option<Severity>,
    /// When it was opened.
    pub created: Timestamp,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// The machine that it is about.
    pub hostname: Option<String>,
    /// How long it took to respond, if anybody has.
    pub time_to_respond: Option<TimeToRespond>,
    /// How long it took to contain, if anybody has.
    pub time_to_contain: Option<TimeToContain>,
}

/// How old a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum AgeCategory {
    /// At most 7 days.
    #[serde(rename = "le7")]
    UpTo7Days,
    /// At most 30 days.
    #[serde(rename = "le30")]
    UpTo30Days,
    /// More.
    #[serde(rename = "gt30")]
    Over30Days,
}

/// How long it took to close a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ResolutionBucket {
    /// It is open.
    #[serde(rename = "open")]
    Open,
    /// Less than 7 days.
    #[serde(rename = "lt7")]
    Under7Days,
    /// Less than 14 days.
    #[serde(rename = "lt14")]
    Under14Days,
    /// Less than 30 days.
    #[serde(rename = "lt30")]
    Under30Days,
    /// More.
    #[serde(rename = "gt30")]
    Over30Days,
    /// It is closed, and nobody knows since when, or since before it was opened.
    #[serde(rename = "unknown")]
    Unknown,
}

const DAY: i64 = 86_400;

impl Ticket {
    /// It is pending or active.
    pub fn is_open(&self) -> bool {
        self.status != TicketStatus::Closed
    }

    /// How old it is at `now`, as a category.
    pub fn age(&self, now: Timestamp) -> AgeCategory {
        match now.as_second() - self.created.as_second() {
            age if age <= 7 * DAY => AgeCategory::UpTo7Days,
            age if age <= 30 * DAY => AgeCategory::UpTo30Days,
            _ => AgeCategory::Over30Days,
        }
    }

    /// How long it took to close it, as a category.
    pub fn resolution(&self) -> ResolutionBucket {
        if self.is_open() {
            return ResolutionBucket::Open;
        }
        match self.closed.map(|closed| closed.as_second() - self.created.as_second()) {
            None | Some(..0) => ResolutionBucket::Unknown,
            Some(took) if took < 7 * DAY => ResolutionBucket::Under7Days,
            Some(took) if took < 14 * DAY => ResolutionBucket::Under14Days,
            Some(took) if took < 30 * DAY => ResolutionBucket::Under30Days,
            Some(_) => ResolutionBucket::Over30Days,
        }
    }
}

/// Mean time to respond, over all tickets that somebody has responded to.
pub fn mttr<'a>(tickets: impl IntoIterator<Item = &'a Ticket>) -> Option<TimeToRespond> {
    let times = tickets.into_iter().filter_map(|ticket| ticket.time_to_respond);
    mean(times.map(|time| time.0)).map(TimeToRespond)
}

/// Mean time to contain, over the tickets about a machine that has been contained.
pub fn mttc<'a>(tickets: impl IntoIterator<Item = &'a Ticket>) -> Option<TimeToContain> {
    let on_machines =
        tickets.into_iter().filter(|ticket| ticket.hostname.as_deref().is_some_and(|name| !name.is_empty()));
    mean(on_machines.filter_map(|ticket| ticket.time_to_contain).map(|time| time.0)).map(TimeToContain)
}

/// The mean to the nearest second.
fn mean(times: impl Iterator<Item = Seconds>) -> Option<Seconds> {
    let (mut sum, mut count) = (0_u128, 0_u128);
    for Seconds(time) in times {
        sum += u128::from(time);
        count += 1;
    }
    let mean = (sum + count / 2).checked_div(count)?;
    u64::try_from(mean).ok().map(Seconds)
}

#[cfg(test)]
mod tests {
    use super::{
        AgeCategory, ResolutionBucket, Seconds, Ticket, TicketStatus, TimeToContain, TimeToRespond, mttc,
        mttr,
    };
    use jiff::{SignedDuration, Timestamp};

    fn ticket() -> Ticket {
        Ticket {
            status: TicketStatus::Active,
            severity: None,
            created: Timestamp::UNIX_EPOCH,
            closed: None,
            hostname: None,
            time_to_respond: None,
            time_to_contain: None,
        }
    }

    fn day(days: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days)
    }

    #[test]
    fn one_unit() {
        for (milliseconds, seconds) in [(0, 0), (499, 0), (500, 1), (3_600_000, 3600)] {
            assert_eq!(Seconds::from_millis(milliseconds), Seconds(seconds));
        }
    }

    #[test]
    fn means() {
        let responded =
            |seconds| Ticket { time_to_respond: Some(TimeToRespond(Seconds(seconds))), ..ticket() };
        let contained = |seconds, hostname: Option<&str>| Ticket {
            time_to_contain: Some(TimeToContain(Seconds(seconds))),
            hostname: hostname.map(str::to_owned),
            ..ticket()
        };
        assert_eq!(mttr(&[]), None);
        assert_eq!(mttr(&[responded(10), responded(21), ticket()]), Some(TimeToRespond(Seconds(16))));
        let tickets = [
            contained(100, Some("a")),
            contained(200, Some("b")),
            contained(9000, None),
            contained(9000, Some("")),
        ];
        assert_eq!(mttc(&tickets), Some(TimeToContain(Seconds(150))));
        assert_eq!(mttr(&[responded(u64::MAX), responded(u64::MAX)]), Some(TimeToRespond(Seconds(u64::MAX))));
    }

    #[test]
    fn ages_and_resolutions() {
        for (days, age) in [
            (0, AgeCategory::UpTo7Days),
            (7, AgeCategory::UpTo7Days),
            (8, AgeCategory::UpTo30Days),
            (31, AgeCategory::Over30Days),
        ] {
            assert_eq!(ticket().age(day(days)), age);
        }
        let closed = |closed| Ticket { status: TicketStatus::Closed, closed, ..ticket() };
        assert_eq!(ticket().resolution(), ResolutionBucket::Open);
        for (closed_at, bucket) in [
            (None, ResolutionBucket::Unknown),
            (Some(day(-1)), ResolutionBucket::Unknown),
            (Some(day(6)), ResolutionBucket::Under7Days),
            (Some(day(7)), ResolutionBucket::Under14Days),
            (Some(day(14)), ResolutionBucket::Under30Days),
            (Some(day(30)), ResolutionBucket::Over30Days),
        ] {
            assert_eq!(closed(closed_at).resolution(), bucket, "{closed_at:?}");
        }
        assert_eq!(
            [0, 1, 2, 3].map(TicketStatus::of_number)[1..],
            [Some(TicketStatus::Active), Some(TicketStatus::Closed), None]
        );
    }
}

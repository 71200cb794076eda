//! Dates as people write them, read so that they can be written again in the same way.

/// A date and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dated<'v> {
    parts: Vec<Part<'v>>,
    year: i64,
    month: usize,
    day: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'v> {
    /// With so many digits.
    Year(usize),
    Month(usize),
    Day(usize),
    /// The name of the month as it stood, for its case and length.
    Name(&'v str),
    Other(&'v str),
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Two-digit years from this on are of the twentieth century.
const PIVOT: i64 = 31;

impl<'v> Dated<'v> {
    /// Reads year-month-day, day-month-year, month-day-year, `20240131` and dates with the English name of a month. A
    /// time behind the date is kept. Of `03/04/2024` the first number is the month, of `03.04.2024` and `03-04-2024`
    /// the day, unless that cannot be.
    pub(super) fn parse(value: &'v str) -> Option<Self> {
        let mut parts = runs(value);
        let numbers: Vec<usize> = (0..parts.len()).filter(|&i| is_number(&parts[i])).collect();
        let name = parts.iter().position(|part| matches!(part, Part::Name(_)));
        let roles: [(usize, Part<'v>); 3] = if let Some(name) = name {
            let [a, b, ..] = numbers[..] else { return None };
            let (width_a, width_b) = (digits(&parts[a])?.len(), digits(&parts[b])?.len());
            let year_first = width_a == 4 && width_b <= 2;
            let (day, year) = if year_first { (b, a) } else { (a, b) };
            let (day_width, year_width) = if year_first { (width_b, width_a) } else { (width_a, width_b) };
            [(name, parts[name]), (day, Part::Day(day_width)), (year, Part::Year(year_width))]
        } else if let [only] = numbers[..] {
            return Self::compact(value, digits(&parts[only])?);
        } else {
            let [a, b, c, ..] = numbers[..] else { return None };
            let (Part::Other(first), Part::Other(second)) = (parts[a + 1], parts[b + 1]) else { return None };
            if first != second || !matches!(first, "-" | "/" | ".") || a != 0 {
                return None;
            }
            let (x, y, z) = (digits(&parts[a])?, digits(&parts[b])?, digits(&parts[c])?);
            let order = if x.len() == 4 {
                [Part::Year(4), Part::Month(y.len()), Part::Day(z.len())]
            } else if y.parse::<i64>().ok()? > 12 || first == "/" && x.parse::<i64>().ok()? <= 12 {
                [Part::Month(x.len()), Part::Day(y.len()), Part::Year(z.len())]
            } else {
                [Part::Day(x.len()), Part::Month(y.len()), Part::Year(z.len())]
            };
            [(a, order[0]), (b, order[1]), (c, order[2])]
        };
        let (mut year, mut month, mut day) = (0, 0, 0);
        for (i, role) in roles {
            match role {
                Part::Name(name) => month = month_of(name)?,
                Part::Year(width) => {
                    year = digits(&parts[i])?.parse().ok()?;
                    year += match (width, year) {
                        (2, PIVOT..) => 1900,
                        (2, _) => 2000,
                        (4, _) => 0,
                        _ => return None,
                    };
                }
                Part::Month(1..=2) => month = digits(&parts[i])?.parse().ok()?,
                Part::Day(1..=2) => day = digits(&parts[i])?.parse().ok()?,
                _ => return None,
            }
            parts[i] = role;
        }
        pad(value, &mut parts);
        Self { parts, year, month, day }.checked()
    }

    fn compact(value: &'v str, digits: &'v str) -> Option<Self> {
        if digits.len() != 8 || value != digits {
            return None;
        }
        let parts = vec![Part::Year(4), Part::Month(2), Part::Day(2)];
        let (year, month, day) =
            (digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?);
        Self { parts, year, month, day }.checked().filter(|date| (1800..2200).contains(&date.year))
    }

    fn checked(self) -> Option<Self> {
        let valid =
            (1..=12).contains(&self.month) && self.day >= 1 && self.day <= month_len(self.year, self.month);
        valid.then_some(self)
    }

    /// The same way of writing, so many days later.
    pub(super) fn shifted(mut self, days: i64) -> String {
        (self.year, self.month, self.day) = civil(day_number(self.year, self.month, self.day) + days);
        let written = |part: &Part<'_>| match *part {
            Part::Year(2) => format!("{:02}", self.year.rem_euclid(100)),
            Part::Year(_) => format!("{:04}", self.year),
            Part::Month(width) => format!("{:0width$}", self.month),
            Part::Day(width) => format!("{:0width$}", self.day),
            Part::Name(like) => name_like(like, self.month),
            Part::Other(text) => text.to_owned(),
        };
        self.parts.iter().map(written).collect()
    }

    pub(super) fn year(&self) -> String {
        format!("{:04}", self.year)
    }

    pub(super) fn month(&self) -> String {
        match self.parts.iter().find_map(|part| if let Part::Name(name) = part { Some(name) } else { None }) {
            Some(name) => format!("{name} {:04}", self.year),
            None => format!("{:04}-{:02}", self.year, self.month),
        }
    }

    /// Without a time.
    pub(super) fn day(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Whether days and months below ten are written with a zero: they are if a number says so, or if both have two digits.
fn pad(value: &str, parts: &mut [Part<'_>]) {
    let width = |part: &Part<'_>| match part {
        Part::Month(width) | Part::Day(width) => Some(*width),
        _ => None,
    };
    let has_name = parts.iter().any(|part| matches!(part, Part::Name(_)));
    let has_zero = value.starts_with('0') || value.contains(" 0") || value.contains("-0");
    let padded = if has_name { has_zero } else { parts.iter().filter_map(width).all(|width| width == 2) };
    for part in parts {
        match part {
            Part::Month(width) | Part::Day(width) => *width = 1 + usize::from(padded),
            _ => {}
        }
    }
}

/// Runs of digits, names of months, and the rest.
fn runs(value: &str) -> Vec<Part<'_>> {
    let class = |b: u8| (b.is_ascii_digit(), b.is_ascii_alphabetic());
    let (bytes, mut parts, mut start) = (value.as_bytes(), Vec::new(), 0);
    for at in 1..=bytes.len() {
        if at == bytes.len() || class(bytes[at]) != class(bytes[start]) {
            let run = &value[start..at];
            parts.push(if month_of(run).is_some() { Part::Name(run) } else { Part::Other(run) });
            start = at;
        }
    }
    parts
}

fn digits<'v>(part: &Part<'v>) -> Option<&'v str> {
    match part {
        Part::Other(run) if run.bytes().all(|b| b.is_ascii_digit()) => Some(run),
        _ => None,
    }
}

fn is_number(part: &Part<'_>) -> bool {
    digits(part).is_some()
}

fn month_of(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    let is_short = name.len() == 3 || name == "sept";
    let is = |month: &&str| **month == name || is_short && month.starts_with(&name);
    MONTHS.iter().position(is).map(|at| at + 1)
}

fn name_like(like: &str, month: usize) -> String {
    let full = MONTHS[month - 1];
    let name = if like.len() > 4 || MONTHS.contains(&like.to_ascii_lowercase().as_str()) && like.len() > 3 {
        full
    } else {
        &full[..3]
    };
    if like.bytes().all(|b| b.is_ascii_uppercase()) {
        name.to_ascii_uppercase()
    } else if like.starts_with(|c: char| c.is_ascii_uppercase()) {
        format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..])
    } else {
        name.to_owned()
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn month_len(year: i64, month: usize) -> i64 {
    match month {
        2 => 28 + is_leap(year) as i64,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since a fixed one. Years begin in March, so that a leap day is the last of its year.
fn day_number(year: i64, month: usize, day: i64) -> i64 {
    let month = i64::try_from(month).unwrap_or(1);
    let year = year - i64::from(month < 3);
    let days_before = (153 * ((month + 9) % 12) + 2) / 5;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + days_before + day
}

fn civil(number: i64) -> (i64, usize, i64) {
    let mut year = number.div_euclid(366).max(0);
    while day_number(year + 1, 1, 1) <= number {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && day_number(year, month + 1, 1) <= number {
        month += 1;
    }
    (year, month, number - day_number(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::{Dated, civil, day_number};

    #[test]
    fn days_and_dates_agree() {
        let first = day_number(1600, 1, 1);
        for number in first..first + 366 * 700 {
            let (year, month, day) = civil(number);
            assert_eq!(day_number(year, month, day), number);
        }
    }

    #[test]
    fn a_shifted_date_is_written_as_it_was() {
        for (before, after) in [
            ("2024-02-28", "2024-03-01"),
            ("2024-02-28T10:00:00Z", "2024-03-01T10:00:00Z"),
            ("02/28/2023", "03/02/2023"),
            ("28.02.2023", "02.03.2023"),
            ("28-2-23", "2-3-23"),
            ("31/12/1999", "02/01/2000"),
            ("20240228", "20240301"),
            ("28 February 1984", "1 March 1984"),
            ("Feb 28, 1984", "Mar 1, 1984"),
            ("28-FEB-84", "1-MAR-84"),
        ] {
            assert_eq!(Dated::parse(before).map(|date| date.shifted(2)).as_deref(), Some(after), "{before}");
        }
        for other in
            ["", "2024-13-01", "2023-02-29", "12:30:45", "1.2.3.4.5", "February", "20241301", "12-March"]
        {
            assert_eq!(Dated::parse(other), None, "{other}");
        }
    }
}

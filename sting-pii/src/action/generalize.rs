//! From an exact value to a wider one.

use super::date::Dated;
use crate::catalog::builtin;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far [`Action::Generalize`](super::Action::Generalize) widens dates and numbers.
///
/// ```
/// use sting_pii::{Action, Generalize, ScrubConfig, Scrubber};
/// let config = ScrubConfig::default().with_action("ip_address", Action::Generalize(Generalize::default()));
/// assert_eq!(Scrubber::new(config)?.scrub("from 198.51.100.23")?.text.get(), "from 198.51.100.0");
/// # Ok::<(), sting_pii::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generalize {
    /// What is left of a date.
    pub dates: DatePrecision,
    /// Quantities are rounded to a multiple of this.
    pub round: u32,
}

impl Default for Generalize {
    /// Years, and hundreds.
    fn default() -> Self {
        Self { dates: DatePrecision::Year, round: 100 }
    }
}

/// What is left of a date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DatePrecision {
    /// `2024-03-09`, without a time.
    Day,
    /// `2024-03`, or `March 2024` if the month had a name.
    Month,
    /// `2024`.
    #[default]
    Year,
}

/// The first three digits of ZIP codes of which fewer than 20,000 people live in all areas that share them, by the census
/// of 2000: U.S. Department of Health and Human Services, "Guidance Regarding Methods for De-identification of Protected
/// Health Information in Accordance with the HIPAA Privacy Rule", 2012, on 45 CFR 164.514(b)(2)(i)(B).
const SMALL_ZIP_AREAS: [&str; 17] = [
    "036", "059", "063", "102", "203", "556", "692", "790", "821", "823", "830", "831", "878", "879", "884",
    "890", "893",
];

/// Built-in kinds that are quantities. Rounding any other would leave most of an identifier.
const QUANTITIES: [&str; 3] = ["age", "salary", "settlement_amount"];

impl Generalize {
    /// FACTS' levels: `low` to days and tens, `medium` to months and hundreds, `high` to years and thousands.
    pub(super) fn level(name: &str) -> Option<Self> {
        let (dates, round) = match name {
            "low" => (DatePrecision::Day, 10),
            "medium" => (DatePrecision::Month, 100),
            "high" => (DatePrecision::Year, 1000),
            _ => return None,
        };
        Some(Self { dates, round })
    }

    /// The wider value, or none if this is nothing that can be widened.
    pub(super) fn apply(self, value: &str, kind: &str) -> Option<String> {
        let value = value.trim();
        if kind.contains("zip") {
            return zip(value);
        }
        if kind == "age" || kind.ends_with("_age") {
            return age(value);
        }
        if let Ok(address) = value.parse::<IpAddr>() {
            return Some(network(address).to_string());
        }
        if let Some(date) = Dated::parse(value) {
            return Some(match self.dates {
                DatePrecision::Day => date.day(),
                DatePrecision::Month => date.month(),
                DatePrecision::Year => date.year(),
            });
        }
        let is_identifier = !QUANTITIES.contains(&kind) && builtin().iter().any(|row| row.kind == kind);
        if is_identifier { None } else { rounded(value, self.round) }
    }
}

/// The network of an address: /24 of IPv4, also where it is written as IPv6; /48 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

/// The first three digits, or `000` where too few people share them. The state before them stays.
fn zip(value: &str) -> Option<String> {
    let (before, code) = value.split_at(value.find(|c: char| c.is_ascii_digit())?);
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let area = digits.get(..3)?;
    if !matches!(digits.len(), 5 | 9) || before.chars().filter(|c| c.is_alphanumeric()).count() > 2 {
        return None;
    }
    let area = if SMALL_ZIP_AREAS.contains(&area) { "000" } else { area };
    Some(format!("{before}{area}"))
}

/// Ages over 89 become one group, as 45 CFR 164.514(b)(2)(i)(C) wants it.
fn age(value: &str) -> Option<String> {
    let start = value.find(|c: char| c.is_ascii_digit())?;
    let digits: String = value[start..].chars().take_while(char::is_ascii_digit).collect();
    let years: u32 = digits.parse().ok()?;
    Some(if years > 89 { "90+".into() } else { value.to_owned() })
}

fn rounded(value: &str, to: u32) -> Option<String> {
    let is_digit = |c: char| c.is_ascii_digit();
    let start = value.find(is_digit)?;
    let end = value.rfind(is_digit)? + 1;
    let (before, number, after) = (&value[..start], &value[start..end], &value[end..]);
    let is_plain = |text: &str| text.chars().count() <= 2 && !text.contains(char::is_alphanumeric);
    let plain: String = number.chars().filter(|c| *c != ',').collect();
    if !is_plain(before) || !is_plain(after) || !plain.chars().all(|c| is_digit(c) || c == '.') {
        return None;
    }
    let to = f64::from(to.max(1));
    let number = (plain.parse::<f64>().ok()? / to).round() * to;
    Some(format!("{before}{number:.0}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{DatePrecision, Generalize};

    #[test]
    fn values_become_wider() {
        for (kind, value, wide) in [
            ("ip_address", "198.51.100.23", Some("198.51.100.0")),
            ("ip_address", "198.51.100.0", Some("198.51.100.0")),
            ("ip_address", "::ffff:198.51.100.23", Some("198.51.100.0")),
            ("ip_address", "2001:db8:aa:bb::17", Some("2001:db8:aa::")),
            ("us_zip_code", "90210", Some("902")),
            ("us_zip_code", "03601-1234", Some("000")),
            ("us_zip_code", "VT 05901", Some("VT 000")),
            ("us_zip_code", "9021", None),
            ("age", "89", Some("89")),
            ("age", "101 years", Some("90+")),
            ("date", "1984-03-12", Some("1984")),
            ("date_of_birth", "March 12, 1984", Some("1984")),
            ("field", "12,345.67", Some("12300")),
            ("field", "$149", Some("$100")),
            ("field", "some words", None),
            ("credit_card", "4111111111111111", None),
        ] {
            assert_eq!(Generalize::default().apply(value, kind).as_deref(), wide, "{kind} {value}");
        }
        let month = Generalize { dates: DatePrecision::Month, ..Generalize::default() };
        assert_eq!(month.apply("1984-03-12", "date").as_deref(), Some("1984-03"));
        assert_eq!(month.apply("12 March 1984", "date").as_deref(), Some("March 1984"));
    }
}

//! What a value is held against, and the tests that selections are made of.

use super::pattern::{Anchor, Pattern, fold};
use crate::event::{Value, name};
use jiff::civil::DateTime;
use regex_automata::meta::Regex;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// One test of a selection: the values of a field against matchers.
#[derive(Clone, Debug)]
pub(super) struct Test {
    /// `None` for keywords, which apply to every value of the event.
    pub(super) field: Option<Field>,
    pub(super) matchers: Vec<Matcher>,
    /// Every matcher has to match, not just one.
    pub(super) all: bool,
    /// `neq`: holds where it would not.
    pub(super) negated: bool,
}

/// What makes a matcher match: the value at an index, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Witness {
    Value(usize),
    Absence,
}

/// A field of a rule, with every name under which an event may have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Field {
    pub(super) names: Vec<String>,
}

impl Field {
    /// Stands between names that a pipeline gives one field. Nobody writes it by accident.
    pub(super) const OR: char = '\u{1f}';

    pub(super) fn new(field: &str) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut add = |name: String| {
            if !names.contains(&name) {
                names.push(name);
            }
        };
        for field in field.split(Self::OR) {
            add(field.to_owned());
            add(field.replace(' ', ""));
            for &alias in name::aliases(field) {
                add(alias.to_owned());
            }
        }
        Self { names }
    }

    pub(super) fn name(&self) -> &str {
        &self.names[0]
    }
}

/// What a value is held against.
#[derive(Clone)]
pub(super) enum Matcher {
    Text(Pattern),
    Number(Number),
    /// The field is absent or null.
    Null,
    Exists(bool),
    Regex {
        source: String,
        regex: Arc<Regex>,
        /// Folded texts one of which is in every folded value that matches; none if that is not known.
        literals: Arc<[String]>,
    },
    Cidr(Network),
    Compare(Order, f64),
    /// Another field of the same event.
    Field {
        other: Field,
        anchor: Anchor,
        cased: bool,
    },
    Time(TimePart, Order, f64),
}

/// A number as a rule spells it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    spelling: String,
    whole: Option<i128>,
    value: f64,
}

impl Number {
    /// `None` if the text spells no number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let whole = match text.strip_prefix("0x") {
            Some(hex) => i128::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        };
        let value = match whole {
            Some(whole) => whole as f64,
            None => text.parse().ok().filter(|value: &f64| value.is_finite())?,
        };
        Some(Self { spelling: text.to_owned(), whole, value })
    }

    pub(super) fn value(&self) -> f64 {
        self.value
    }

    /// Folded texts one of which every equal value has, as long as integral numbers of events are
    /// looked up in decimal too; `None` where there is no such list.
    pub(super) fn keys(&self) -> Option<Vec<String>> {
        const EXACT: i128 = 1 << 53;
        let whole = self.whole.filter(|whole| (-EXACT..EXACT).contains(whole))?;
        let mut keys = vec![fold(&self.spelling), whole.to_string()];
        keys.dedup();
        Some(keys)
    }

    /// The same spelling, or a JSON number of the same value.
    pub(super) fn equals(&self, value: Value<'_>) -> bool {
        let text = value.as_str();
        text == self.spelling
            || value.is_number()
                && match (self.whole, text.parse::<i128>()) {
                    (Some(ours), Ok(theirs)) => ours == theirs,
                    _ => value.as_f64() == Some(self.value),
                }
    }
}

/// How a number must lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// A part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl TimePart {
    fn of(self, time: DateTime) -> f64 {
        f64::from(match self {
            Self::Minute => i16::from(time.minute()),
            Self::Hour => i16::from(time.hour()),
            Self::Day => i16::from(time.day()),
            Self::Week => i16::from(time.date().iso_week_date().week()),
            Self::Month => i16::from(time.month()),
            Self::Year => time.year(),
        })
    }
}

/// An address range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// `address/prefix`, or an address alone.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.trim().parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(bits), |prefix| prefix.trim().parse().ok())?;
        (prefix <= bits).then_some(Self { address, prefix })
    }

    fn contains(self, text: &str) -> bool {
        let Ok(address) = text.trim().parse::<IpAddr>() else { return false };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let shift = 32 - self.prefix;
                u32::from(ours).checked_shr(shift) == u32::from(theirs).checked_shr(shift)
            }
            (IpAddr::V6(ours), _) => {
                let IpAddr::V6(theirs) = address else { return false };
                let shift = 128 - self.prefix;
                u128::from(ours).checked_shr(shift) == u128::from(theirs).checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// An event as matchers see it.
pub(super) trait Values {
    /// The name of the value at an index, in full.
    fn path(&self, index: usize) -> &str;
    /// The value at an index.
    fn value(&self, index: usize) -> Value<'_>;
    /// Its folded text.
    fn folded(&self, index: usize) -> &str;
    /// Indexes of the values of a field; of all values for keywords.
    fn candidates<'a>(&'a self, field: Option<&'a Field>) -> impl Iterator<Item = usize> + 'a;
}

impl Test {
    /// The obvious way to evaluate a test. Without values, such as those of a placeholder that
    /// nobody filled, nothing matches.
    pub(super) fn holds(&self, event: &impl Values) -> bool {
        let matched = |matcher: &Matcher| self.witness(matcher, event).is_some();
        let mut matchers = self.matchers.iter();
        let holds =
            !self.matchers.is_empty() && if self.all { matchers.all(matched) } else { matchers.any(matched) };
        holds != self.negated
    }

    /// What makes one of the matchers match.
    pub(super) fn witness(&self, matcher: &Matcher, event: &impl Values) -> Option<Witness> {
        matcher.witness(event.candidates(self.field.as_ref()), event)
    }
}

impl Matcher {
    /// A text that only equal matchers share.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Text(pattern) => pattern.identity(),
            Self::Number(number) => format!("number {}", number.spelling),
            Self::Field { other, anchor, cased } => format!("field {other:?} {anchor:?} {cased}"),
            Self::Regex { source, .. } => format!("regex {source}"),
            Self::Exists(wanted) => format!("exists {wanted}"),
            Self::Null => "null".to_owned(),
            Self::Cidr(network) => format!("cidr {network:?}"),
            Self::Compare(order, number) => format!("compare {order:?} {number}"),
            Self::Time(part, order, number) => format!("time {part:?} {order:?} {number}"),
        }
    }

    /// What makes the matcher match, given the values of its field.
    pub(super) fn witness(
        &self,
        mut candidates: impl Iterator<Item = usize>,
        event: &impl Values,
    ) -> Option<Witness> {
        match self {
            Self::Null => {
                let present = candidates.find(|&index| !event.value(index).is_null());
                present.is_none().then_some(Witness::Absence)
            }
            Self::Exists(wanted) => {
                let first = candidates.next();
                (first.is_some() == *wanted).then_some(first.map_or(Witness::Absence, Witness::Value))
            }
            _ => candidates.find(|&index| self.matches(index, event)).map(Witness::Value),
        }
    }

    /// Holds one value against the matcher; null matches nothing.
    fn matches(&self, index: usize, event: &impl Values) -> bool {
        let value = event.value(index);
        if !value.is_scalar() {
            return false;
        }
        match self {
            Self::Text(pattern) if pattern.is_cased() => pattern.matches(value.as_str()),
            Self::Text(pattern) => pattern.matches(event.folded(index)),
            Self::Number(number) => number.equals(value),
            Self::Regex { regex, .. } => regex.is_match(value.as_str()),
            Self::Cidr(network) => network.contains(value.as_str()),
            Self::Compare(order, number) => value.as_f64().is_some_and(|value| order.holds(value, *number)),
            Self::Field { other, anchor, cased } => event.candidates(Some(other)).any(|other| {
                let other = event.value(other);
                other.is_scalar() && same(value.as_str(), other.as_str(), *anchor, *cased)
            }),
            Self::Time(part, order, number) => {
                value.as_civil().is_some_and(|time| order.holds(part.of(time), *number))
            }
            Self::Null | Self::Exists(_) => false,
        }
    }
}

fn same(value: &str, other: &str, anchor: Anchor, cased: bool) -> bool {
    if !cased {
        return same(&fold(value), &fold(other), anchor, true);
    }
    match anchor {
        Anchor::Whole => value == other,
        Anchor::Start => value.starts_with(other),
        Anchor::End => value.ends_with(other),
        Anchor::Inside => value.contains(other),
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(pattern) => pattern.fmt(f),
            Self::Number(number) => f.write_str(&number.spelling),
            Self::Null => f.write_str("null"),
            Self::Exists(true) => f.write_str("exists"),
            Self::Exists(false) => f.write_str("does not exist"),
            Self::Regex { source, .. } => write!(f, "/{source}/"),
            Self::Cidr(network) => write!(f, "{}/{}", network.address, network.prefix),
            Self::Compare(order, number) => write!(f, "{} {number}", order.sign()),
            Self::Field { other, .. } => write!(f, "field {}", other.name()),
            Self::Time(part, order, number) => write!(f, "{part:?} {} {number}", order.sign()),
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matcher({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn networks() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("::/0", "fe80::1", true),
            ("::/0", "1.2.3.4", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("fe80::/10", "febf::1", true),
            ("fe80::/10", "fec0::1", false),
            ("192.168.1.1", "192.168.1.1", true),
            ("10.0.0.0/8", "ten", false),
        ] {
            assert_eq!(Network::parse(network).unwrap().contains(address), inside, "{network} {address}");
        }
        assert!(Network::parse("10.0.0.0/33").is_none() && Network::parse("ten/8").is_none());
    }
}

//! Tests of values: check digits, ranges, calendars, formats.
//!
//! A test sees the value with its separators. Each states by what factor passing it multiplies the
//! odds: the inverse of the share of random values of the right shape that pass. A test that is
//! certain to be passed by anything of that shape says 1.

mod america;
mod asia;
mod checksum;
mod digits;
mod europe;
mod finance;
mod network;
mod placeholder;
mod secret;

/// A test of values.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) odds: f32,
    pub(crate) run: fn(&[u8]) -> bool,
}

const fn check(name: &'static str, odds: f32, run: fn(&[u8]) -> bool) -> Check {
    Check { name, odds, run }
}

const TABLES: [&[Check]; 6] =
    [checksum::CHECKS, america::CHECKS, asia::CHECKS, finance::CHECKS, network::CHECKS, secret::CHECKS];

fn all() -> impl Iterator<Item = &'static Check> {
    TABLES.into_iter().chain(europe::CHECKS).flatten()
}

/// The test of that name.
pub(crate) fn find(name: &str) -> Option<&'static Check> {
    all().find(|check| check.name == name)
}

/// Names of all tests that a detector can name, sorted.
pub fn validators() -> Vec<&'static str> {
    let mut names: Vec<_> = all().map(|check| check.name).collect();
    names.sort_unstable();
    names
}

/// Runs one test by itself; `None` if there is none of that name.
///
/// ```
/// assert_eq!(sting_pii::validate("luhn", "4111 1111 1111 1111"), Some(true));
/// assert_eq!(sting_pii::validate("luhn", "4111 1111 1111 1112"), Some(false));
/// ```
pub fn validate(name: &str, value: &str) -> Option<bool> {
    find(name).map(|check| (check.run)(value.as_bytes()))
}

/// Each test passes a value that its issuer, or a standard, publishes, and fails one that is a slip away.
#[cfg(test)]
fn published_examples(cases: &[(&str, &str, &str)]) {
    for (name, good, bad) in cases {
        assert_eq!(validate(name, good), Some(true), "{name} {good}");
        assert_eq!(validate(name, bad), Some(false), "{name} {bad}");
    }
}

#[cfg(test)]
mod tests {
    use super::{all, validate, validators};
    use proptest::prelude::*;

    #[test]
    fn names_are_unique() {
        let mut names = validators();
        names.dedup();
        assert_eq!(names.len(), validators().len());
        assert!(all().all(|check| check.odds >= 1.0));
        assert_eq!(validate("no such test", "1"), None);
    }

    proptest! {
        #[test]
        fn none_panics(value in proptest::collection::vec(any::<u8>(), 0..80), digits in "[0-9A-Z .-]{0,40}") {
            for check in all() {
                let _ = (check.run)(&value);
                let _ = (check.run)(digits.as_bytes());
            }
        }
    }
}

//! Algorithms that many numbers share.

use super::digits::{Compact, uniform};
use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check("luhn", 10.0, |value| Compact::new(value).as_bytes().len() >= 2 && luhn(&digits(value))),
    check("verhoeff", 10.0, |value| verhoeff(&digits(value))),
    check("damm", 10.0, |value| damm(&digits(value))),
    check("mod97_10", 97.0, |value| mod97(Compact::new(value).as_bytes()) == Some(1)),
    check("mod11_2", 11.0, |value| mod11_2(Compact::new(value).as_bytes())),
    check("mod11_10", 10.0, |value| {
        let digits = digits(value);
        !uniform(&digits) && mod11_10(&digits)
    }),
    check("mod37_36", 36.0, |value| mod37_36(Compact::new(value).as_bytes())),
    check("ean13", 10.0, |value| super::digits::exactly::<13>(value).is_some_and(|d| ean13(&d))),
];

/// The digits of a value; none at all if it has a letter.
fn digits(value: &[u8]) -> Vec<u32> {
    let compact = Compact::new(value);
    if compact.as_bytes().iter().any(u8::is_ascii_alphabetic) {
        return Vec::new();
    }
    compact.as_bytes().iter().map(|b| u32::from(b - b'0')).collect()
}

/// ISO/IEC 7812-1, annex B.
pub(super) fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &digit)| match digit * (1 + i as u32 % 2) {
            two_digits @ 10.. => two_digits - 9,
            one => one,
        })
        .sum();
    digits.len() > 1 && sum.is_multiple_of(10)
}

/// J. Verhoeff, Error Detecting Decimal Codes, 1969: the dihedral group of order ten.
pub(super) fn verhoeff(digits: &[u32]) -> bool {
    fn product(a: u32, b: u32) -> u32 {
        match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => 5 + (a + b - 5) % 5,
            (false, true) => 5 + (a - 5 + 5 - b) % 5,
            (false, false) => (a + 5 - b) % 5,
        }
    }
    const STEP: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut sum = 0;
    for (i, &digit) in digits.iter().rev().enumerate() {
        let permuted = (0..i % 8).fold(digit, |d, _| STEP[d as usize]);
        sum = product(sum, permuted);
    }
    digits.len() > 1 && sum == 0
}

/// H. M. Damm, Total anti-symmetrische Quasigruppen, 2004.
fn damm(digits: &[u32]) -> bool {
    const TABLE: [[u8; 10]; 10] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
        [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
        [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
        [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ];
    digits.len() > 1 && digits.iter().fold(0, |row: u8, &digit| TABLE[usize::from(row)][digit as usize]) == 0
}

/// Remainder by 97 of letters and digits, where `A` is 10. ISO 7064, MOD 97-10: a number with its
/// check digits leaves 1.
pub(super) fn mod97(bytes: &[u8]) -> Option<u32> {
    let mut remainder = 0;
    for byte in bytes {
        let value = (*byte as char).to_digit(36)?;
        remainder = (remainder * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    (bytes.len() > 2).then_some(remainder)
}

/// ISO 7064, MOD 11-2; the check character may be `X`.
pub(super) fn mod11_2(bytes: &[u8]) -> bool {
    let Some((check, body)) = bytes.split_last() else { return false };
    if body.is_empty() || !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum = body.iter().fold(0, |sum, b| (sum + u32::from(b - b'0')) * 2 % 11);
    let check = match check {
        b'X' => 10,
        b'0'..=b'9' => u32::from(check - b'0'),
        _ => return false,
    };
    (sum + check) % 11 == 1
}

/// ISO 7064, MOD 11,10.
pub(super) fn mod11_10(digits: &[u32]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, digit| match (product + digit) % 10 {
        0 => 20 % 11,
        sum => sum * 2 % 11,
    });
    !body.is_empty() && (product + check) % 10 == 1
}

/// ISO 7064, MOD 37,36.
fn mod37_36(bytes: &[u8]) -> bool {
    let Some((check, body)) = bytes.split_last() else { return false };
    let value = |b: u8| (b as char).to_digit(36).unwrap_or(0);
    let product = body.iter().fold(36, |product, &b| match (product + value(b)) % 36 {
        0 => 72 % 37,
        sum => sum * 2 % 37,
    });
    !body.is_empty() && (product + value(*check)) % 36 == 1
}

/// GS1: weights 1 and 3.
pub(super) fn ean13(digits: &[u32; 13]) -> bool {
    let sum: u32 = digits.iter().enumerate().map(|(i, d)| d * (1 + 2 * (i as u32 % 2))).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use crate::validate::validate;

    #[test]
    fn published_examples() {
        for (name, good) in [
            ("luhn", "79927398713"),
            ("verhoeff", "2363"),
            ("damm", "5724"),
            ("mod97_10", "794 44"),
            ("mod11_2", "0000 0002 1825 0097"),
            ("mod11_2", "079X"),
            ("mod11_10", "07945"),
            ("mod37_36", "A12425GABC1234002M"),
            ("ean13", "4006381333931"),
        ] {
            assert_eq!(validate(name, good), Some(true), "{name} {good}");
        }
    }

    #[test]
    fn one_wrong_digit_fails() {
        for (name, good) in
            [("luhn", "79927398713"), ("verhoeff", "2363"), ("damm", "5724"), ("mod11_10", "07945")]
        {
            for place in 0..good.len() {
                for digit in '0'..='9' {
                    let mut wrong = good.to_owned();
                    wrong.replace_range(place..=place, &digit.to_string());
                    assert_eq!(validate(name, &wrong), Some(wrong == good), "{name} {wrong}");
                }
            }
        }
    }
}

//! Accounts, cards, securities, wallets.

use super::checksum::{luhn, mod97};
use super::digits::{Compact, exactly, uniform, weighted};
use super::{Check, check};
use sting_core::wallet;

pub(super) const CHECKS: &[Check] = &[
    check("credit_card", 10.0, credit_card),
    check("iban", 97.0, iban),
    check("us_aba", 20.0, us_aba),
    check("isin", 10.0, isin),
    check("lei", 97.0, |v| {
        Compact::new(v).as_bytes().len() == 20 && mod97(Compact::new(v).as_bytes()) == Some(1)
    }),
    check("cusip", 10.0, cusip),
    check("sedol", 10.0, sedol),
    check("mx_clabe", 10.0, mx_clabe),
    check("bitcoin", 1e6, |value| wallet::bitcoin(value.trim_ascii())),
    check("ethereum", 2.0, wallet::ethereum),
    check("monero", 1e6, wallet::monero),
    check("imei", 10.0, |v| exactly::<15>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("vin", 11.0, vin),
];

/// ISO/IEC 7812: the number ranges of the card schemes, their lengths, and Luhn.
fn credit_card(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let text = compact.as_bytes();
    if !text.iter().all(u8::is_ascii_digit) || !(12..=19).contains(&text.len()) {
        return false;
    }
    let digits: Vec<u32> = text.iter().map(|b| u32::from(b - b'0')).collect();
    // A number such as 4000 0000 0000 0002 is a test card; one of a single digit is nothing.
    !uniform(&digits) && luhn(&digits)
}

/// ISO 13616, with the length that each country registered.
fn iban(value: &[u8]) -> bool {
    const LENGTHS: &[(&[u8; 2], u8)] = &[
        (b"AD", 24),
        (b"AE", 23),
        (b"AL", 28),
        (b"AT", 20),
        (b"AZ", 28),
        (b"BA", 20),
        (b"BE", 16),
        (b"BG", 22),
        (b"BH", 22),
        (b"BI", 27),
        (b"BR", 29),
        (b"BY", 28),
        (b"CH", 21),
        (b"CR", 22),
        (b"CY", 28),
        (b"CZ", 24),
        (b"DE", 22),
        (b"DJ", 27),
        (b"DK", 18),
        (b"DO", 28),
        (b"EE", 20),
        (b"EG", 29),
        (b"ES", 24),
        (b"FI", 18),
        (b"FK", 18),
        (b"FO", 18),
        (b"FR", 27),
        (b"GB", 22),
        (b"GE", 22),
        (b"GI", 23),
        (b"GL", 18),
        (b"GR", 27),
        (b"GT", 28),
        (b"HN", 28),
        (b"HR", 21),
        (b"HU", 28),
        (b"IE", 22),
        (b"IL", 23),
        (b"IQ", 23),
        (b"IS", 26),
        (b"IT", 27),
        (b"JO", 30),
        (b"KW", 30),
        (b"KZ", 20),
        (b"LB", 28),
        (b"LC", 32),
        (b"LI", 21),
        (b"LT", 20),
        (b"LU", 20),
        (b"LV", 21),
        (b"LY", 25),
        (b"MC", 27),
        (b"MD", 24),
        (b"ME", 22),
        (b"MK", 19),
        (b"MN", 20),
        (b"MR", 27),
        (b"MT", 31),
        (b"MU", 30),
        (b"NI", 28),
        (b"NL", 18),
        (b"NO", 15),
        (b"OM", 23),
        (b"PK", 24),
        (b"PL", 28),
        (b"PS", 29),
        (b"PT", 25),
        (b"QA", 29),
        (b"RO", 24),
        (b"RS", 22),
        (b"RU", 33),
        (b"SA", 24),
        (b"SC", 31),
        (b"SD", 18),
        (b"SE", 24),
        (b"SI", 19),
        (b"SK", 24),
        (b"SM", 27),
        (b"SO", 23),
        (b"ST", 25),
        (b"SV", 28),
        (b"TL", 23),
        (b"TN", 24),
        (b"TR", 26),
        (b"UA", 29),
        (b"VA", 22),
        (b"VG", 24),
        (b"XK", 20),
        (b"YE", 30),
    ];
    let compact = Compact::new(value);
    let text = compact.as_bytes();
    let Some(country) = text.first_chunk::<2>() else { return false };
    let known = LENGTHS.binary_search_by(|(code, _)| code.as_slice().cmp(country));
    let mixed = value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    let fits = !mixed && known.is_ok_and(|at| usize::from(LENGTHS[at].1) == text.len());
    fits && mod97(&[&text[4..], &text[..4]].concat()) == Some(1)
}

/// American Bankers Association: Federal Reserve district, and weights 3, 7, 1.
fn us_aba(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|d| {
        let district = d[0] * 10 + d[1];
        matches!(district, 1..=12 | 21..=32 | 61..=72 | 80)
            && weighted(&d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
    })
}

/// ISO 6166: letters count as their two digits, then Luhn.
fn isin(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let mut digits = Vec::with_capacity(24);
    for byte in compact.as_bytes() {
        match (*byte as char).to_digit(36) {
            Some(two @ 10..) => digits.extend([two / 10, two % 10]),
            Some(one) => digits.push(one),
            None => return false,
        }
    }
    compact.as_bytes().len() == 12 && luhn(&digits)
}

/// ANSI X9.6.
fn cusip(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 9]>::try_from(compact.as_bytes()) else { return false };
    let sum: u32 = text[..8]
        .iter()
        .enumerate()
        .map(|(i, b)| (*b as char).to_digit(36).unwrap_or(0) * (1 + i as u32 % 2))
        .map(|product| product / 10 + product % 10)
        .sum();
    (text[8] as char).to_digit(10) == Some((10 - sum % 10) % 10)
}

/// London Stock Exchange: weights 1, 3, 1, 7, 3, 9, 1, no vowels.
fn sedol(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 7]>::try_from(compact.as_bytes()) else { return false };
    let values = text.map(|b| (b as char).to_digit(36).unwrap_or(0));
    !text.iter().any(|b| b"AEIOU".contains(b)) && weighted(&values, &[1, 3, 1, 7, 3, 9, 1]).is_multiple_of(10)
}

/// Banco de Mexico: weights 3, 7, 1, each product modulo 10.
fn mx_clabe(value: &[u8]) -> bool {
    exactly::<18>(value).is_some_and(|d| {
        let sum: u32 = d[..17].iter().zip([3, 7, 1].iter().cycle()).map(|(d, w)| d * w % 10).sum();
        (10 - sum % 10) % 10 == d[17] && !uniform(&d)
    })
}

/// ISO 3779 with the check digit of 49 CFR 565, which North America requires.
fn vin(value: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 17]>::try_from(compact.as_bytes()) else { return false };
    let mut sum = 0;
    for (byte, weight) in text.iter().zip(WEIGHTS) {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'H' => byte - b'A' + 1,
            b'J'..=b'N' => byte - b'J' + 1,
            b'P' => 7,
            b'R' => 9,
            b'S'..=b'Z' => byte - b'S' + 2,
            _ => return false,
        };
        sum += u32::from(value) * weight;
    }
    let check = if text[8] == b'X' { 10 } else { u32::from(text[8].wrapping_sub(b'0')) };
    sum % 11 == check && !text.iter().all(|b| *b == text[0])
}

#[cfg(test)]
mod tests {
    use crate::validate::published_examples;

    #[test]
    fn published() {
        published_examples(&[
            ("credit_card", "4111-1111-1111-1111", "4111-1111-1111-1112"),
            ("iban", "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
            ("us_aba", "021000021", "021000022"),
            ("isin", "US0378331005", "US0378331006"),
            ("lei", "5493001KJTIIGC8Y1R12", "5493001KJTIIGC8Y1R13"),
            ("cusip", "037833100", "037833101"),
            ("sedol", "B0YBKJ7", "B0YBKJ8"),
            ("mx_clabe", "032180000118359719", "032180000118359718"),
            ("bitcoin", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3"),
            (
                "bitcoin",
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            ),
            (
                "ethereum",
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            ),
            ("imei", "490154203237518", "490154203237519"),
            ("vin", "1M8GDM9AXKP042788", "1M8GDM9A1KP042788"),
        ]);
    }
}

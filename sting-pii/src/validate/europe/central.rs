//! Numbers that are issued in Germany, Austria, Switzerland, Poland, Czechia and Hungary.

use crate::validate::checksum::{ean13, mod11_10};
use crate::validate::digits::{
    Compact, among_letters, exactly, is_date, is_short_date, number, pair, uniform, weighted,
};
use crate::validate::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check("de_tax_id", 20.0, de_tax_id),
    check("de_social_security", 40.0, de_social_security),
    check("de_document", 10.0, de_document),
    check("de_health_insurance", 10.0, de_health_insurance),
    check("de_vat", 10.0, |v| among_letters::<9>(v).is_some_and(|d| d[0] != 0 && mod11_10(&d))),
    check("de_lanr", 10.0, de_lanr),
    check("at_svnr", 11.0, at_svnr),
    check("at_vat", 10.0, at_vat),
    check("ch_ahv", 10.0, |v| exactly::<13>(v).is_some_and(|d| d[..3] == [7, 5, 6] && ean13(&d))),
    check("ch_uid", 11.0, ch_uid),
    check("pl_pesel", 40.0, pl_pesel),
    check("pl_nip", 11.0, pl_nip),
    check("pl_regon", 11.0, pl_regon),
    check("cz_birth_number", 60.0, cz_birth_number),
    check("hu_tax_id", 11.0, hu_tax_id),
    check("hu_taj", 10.0, hu_taj),
    check("cz_tax_id", 10.0, |v| cz_birth_number(v) || cz_company(v)),
    check("de_document_number", 1.5, |v| {
        let length = Compact::new(v).as_bytes().len();
        length == 9 || de_document(v)
    }),
];

/// Bundeszentralamt: ten digits of which one stands twice or three times, then MOD 11,10.
fn de_tax_id(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let mut counts = [0; 10];
        for digit in &d[..10] {
            counts[*digit as usize] += 1;
        }
        let repeated = counts.iter().filter(|count| **count > 1).count();
        d[0] != 0 && repeated == 1 && counts.iter().all(|count| *count <= 3) && mod11_10(&d)
    })
}

/// Versicherungsnummer: area, date, letter, serial, weighted with sums of digits.
fn de_social_security(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 12]>::try_from(compact.as_bytes()) else { return false };
    let (Some(front), Some(back)) = (exactly::<8>(&text[..8]), exactly::<3>(&text[9..])) else {
        return false;
    };
    if !text[8].is_ascii_uppercase() {
        return false;
    }
    let letter = u32::from(text[8] - b'A') + 1;
    let d = [
        front[0],
        front[1],
        front[2],
        front[3],
        front[4],
        front[5],
        front[6],
        front[7],
        letter / 10,
        letter % 10,
        back[0],
        back[1],
    ];
    let sum: u32 =
        d.iter().zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]).map(|(d, w)| d * w).map(|p| p / 10 + p % 10).sum();
    // Days may be raised by fifty where numbers ran out.
    let day = pair(&front, 2);
    let day_fits = (1..=31).contains(&day) || (51..=81).contains(&day);
    day_fits && (1..=12).contains(&pair(&front, 4)) && sum % 10 == back[2]
}

/// Identity cards and passports: ICAO 9303, weights 7, 3, 1. Nine places and a check digit, of which
/// the last may be missing where the ninth is itself the check digit.
fn de_document(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let text = compact.as_bytes();
    let text = text.strip_suffix(b"D").filter(|t| t.len() >= 9).unwrap_or(text);
    if !(9..=10).contains(&text.len()) || text.iter().all(|b| *b == text[0]) {
        return false;
    }
    let (check, body) = (text[text.len() - 1], &text[..text.len() - 1]);
    let sum: u32 = body
        .iter()
        .zip([7, 3, 1].iter().cycle())
        .map(|(b, w)| (*b as char).to_digit(36).unwrap_or(0) * w)
        .sum();
    (check as char).to_digit(10) == Some(sum % 10)
}

/// Krankenversichertennummer: the letter as two digits, weights 1 and 2.
fn de_health_insurance(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 10]>::try_from(compact.as_bytes()) else { return false };
    let Some(d) = exactly::<9>(&text[1..]) else { return false };
    if !text[0].is_ascii_uppercase() {
        return false;
    }
    let letter = u32::from(text[0] - b'A') + 1;
    let all = [letter / 10, letter % 10, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]];
    let sum: u32 = all.iter().enumerate().map(|(i, d)| d * (1 + i as u32 % 2)).map(|p| p / 10 + p % 10).sum();
    sum % 10 == d[8]
}

/// Lebenslange Arztnummer: weights 4 and 9.
fn de_lanr(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|d| (10 - weighted(&d[..6], &[4, 9, 4, 9, 4, 9]) % 10) % 10 == d[6])
}

fn at_svnr(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let sum = weighted(&d, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
        d[0] != 0 && sum % 11 == d[3] && (1..=31).contains(&pair(&d, 4)) && (1..=15).contains(&pair(&d, 6))
    })
}

fn at_vat(value: &[u8]) -> bool {
    among_letters::<8>(value).is_some_and(|d| {
        let sum: u32 =
            d[..7].iter().enumerate().map(|(i, d)| d * (1 + i as u32 % 2)).map(|p| p / 10 + p % 10).sum();
        (10 - (sum + 4) % 10) % 10 == d[7]
    })
}

fn ch_uid(value: &[u8]) -> bool {
    among_letters::<9>(value).is_some_and(|d| {
        (11 - weighted(&d[..8], &[5, 4, 3, 2, 7, 6, 5, 4]) % 11) % 11 == d[8] && !uniform(&d)
    })
}

/// The century is in the month.
fn pl_pesel(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let month = pair(&d, 2);
        let century = [1900, 2000, 2100, 2200, 1800][(month / 20) as usize % 5];
        is_date(century + pair(&d, 0), month % 20, pair(&d, 4))
            && (10 - weighted(&d[..10], &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10 == d[10]
    })
}

fn pl_nip(value: &[u8]) -> bool {
    among_letters::<10>(value)
        .is_some_and(|d| weighted(&d[..9], &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == d[9] && !uniform(&d))
}

fn pl_regon(value: &[u8]) -> bool {
    let nine = |d: &[u32]| weighted(&d[..8], &[8, 9, 2, 3, 4, 5, 6, 7]) % 11 % 10 == d[8];
    exactly::<9>(value).is_some_and(|d| nine(&d) && !uniform(&d))
        || exactly::<14>(value).is_some_and(|d| {
            nine(&d)
                && weighted(&d[..13], &[2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8]) % 11 % 10 == d[13]
                && !uniform(&d)
        })
}

/// Czechia and Slovakia: a date (fifty added to the month of women, twenty where numbers ran out),
/// divisible by eleven; nine digits, unchecked, until 1953.
fn cz_birth_number(value: &[u8]) -> bool {
    let date = |d: &[u32]| is_short_date(pair(d, 0), pair(d, 2) % 50 % 20, pair(d, 4));
    among_letters::<10>(value).is_some_and(|d| {
        let divides = number(&d).is_multiple_of(11) || number(&d[..9]) % 11 == 10 && d[9] == 0;
        date(&d) && divides
    }) || among_letters::<9>(value).is_some_and(|d| pair(&d, 0) <= 53 && date(&d) && number(&d[6..]) != 0)
}

/// Eight digits; a sum of ten or eleven counts as zero or one.
fn cz_company(value: &[u8]) -> bool {
    among_letters::<8>(value).is_some_and(|d| {
        let check = (11 - weighted(&d[..7], &[8, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        d[0] != 9 && check.max(1) % 10 == d[7] || check == 0 && d[7] == 1
    })
}

fn hu_tax_id(value: &[u8]) -> bool {
    exactly::<10>(value)
        .is_some_and(|d| d[0] == 8 && weighted(&d[..9], &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 == d[9])
}

fn hu_taj(value: &[u8]) -> bool {
    exactly::<9>(value)
        .is_some_and(|d| weighted(&d[..8], &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == d[8] && !uniform(&d))
}

#[cfg(test)]
mod tests {
    use crate::validate::published_examples;

    #[test]
    fn published() {
        published_examples(&[
            ("de_tax_id", "36 574 261 809", "36 574 261 890"),
            ("de_social_security", "15 070649 C103", "15 070649 C104"),
            ("de_document", "C01X00T478", "C01X00T479"),
            ("de_health_insurance", "A123456780", "A123456781"),
            ("de_vat", "DE 136,695 976", "DE 136,695 978"),
            ("at_svnr", "1237 010180", "1238 010180"),
            ("at_vat", "ATU 13585627", "ATU 13585626"),
            ("ch_ahv", "756.9217.0769.85", "756.9217.0769.84"),
            ("ch_uid", "CHE-100.155.212", "CHE-100.155.213"),
            ("pl_pesel", "44051401359", "44051401358"),
            ("pl_nip", "PL 8567346215", "PL 8567346216"),
            ("pl_regon", "192598184", "192598183"),
            ("cz_birth_number", "710319/2745", "710319/2746"),
            ("cz_tax_id", "CZ 25123891", "CZ 25123890"),
            ("hu_tax_id", "8071592153", "8071592154"),
        ]);
    }
}

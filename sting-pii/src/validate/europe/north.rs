//! Numbers that are issued in the Nordic and Baltic states.

use crate::validate::checksum::luhn;
use crate::validate::digits::{
    among_letters, exactly, is_date, is_short_date, number, pair, uniform, weighted,
};
use crate::validate::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check("se_personnummer", 40.0, se_personnummer),
    check("se_orgnr", 10.0, |v| {
        exactly::<10>(v).is_some_and(|d| d[2] >= 2 && d[0] != 0 && luhn(&d) && !uniform(&d))
    }),
    check("no_fnr", 100.0, no_fnr),
    check("no_orgnr", 11.0, no_orgnr),
    check("dk_cpr", 10.0, dk_cpr),
    check("dk_cvr", 11.0, |v| {
        among_letters::<8>(v).is_some_and(|d| {
            d[0] != 0 && weighted(&d, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11) && !uniform(&d)
        })
    }),
    check("fi_hetu", 60.0, fi_hetu),
    check("fi_business_id", 11.0, fi_business_id),
    check("is_kennitala", 20.0, is_kennitala),
    check("ee_isikukood", 60.0, baltic_code),
    check("lt_asmens_kodas", 60.0, baltic_code),
    check("lv_personas_kods", 20.0, lv_personas_kods),
];

/// A date (sixty added to the day of a coordination number), then Luhn over the last ten.
fn se_personnummer(value: &[u8]) -> bool {
    let fits = |d: &[u32]| is_short_date(pair(d, 0), pair(d, 2), pair(d, 4) % 60) && luhn(d);
    exactly::<10>(value).is_some_and(|d| fits(&d))
        || exactly::<12>(value).is_some_and(|d| {
            let year = number(&d[..4]) as u32;
            (1870..=2030).contains(&year) && is_date(year, pair(&d, 4), pair(&d, 6) % 60) && fits(&d[2..])
        })
}

fn no_fnr(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let check = |n: usize, weights| (11 - weighted(&d[..n], weights) % 11) % 11;
        // Forty is added to the day of a D number, or to the month of a help number.
        is_short_date(pair(&d, 4), pair(&d, 2) % 40, pair(&d, 0) % 40)
            && check(9, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) == d[9]
            && check(10, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) == d[10]
    })
}

fn no_orgnr(value: &[u8]) -> bool {
    among_letters::<9>(value).is_some_and(|d| {
        matches!(d[0], 8 | 9)
            && (11 - weighted(&d[..8], &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == d[8]
            && !uniform(&d)
    })
}

/// A date. The check digit is not asked for: from 2007 on numbers are issued without.
fn dk_cpr(value: &[u8]) -> bool {
    exactly::<10>(value)
        .is_some_and(|d| is_short_date(pair(&d, 4), pair(&d, 2), pair(&d, 0)) && number(&d[6..]) != 0)
}

/// A date, a sign for the century, and a letter modulo 31.
fn fi_hetu(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let Ok(text) = <[u8; 11]>::try_from(value) else { return false };
    let century = match text[6].to_ascii_uppercase() {
        b'+' => 1800,
        b'-' | b'U'..=b'Y' => 1900,
        b'A'..=b'F' => 2000,
        _ => return false,
    };
    let (Some(date), Some(serial)) = (exactly::<6>(&text[..6]), exactly::<3>(&text[7..10])) else {
        return false;
    };
    let all = number(&date) * 1000 + number(&serial);
    is_date(century + pair(&date, 4), pair(&date, 2), pair(&date, 0))
        && number(&serial) >= 2
        && b"0123456789ABCDEFHJKLMNPRSTUVWXY"[(all % 31) as usize] == text[10].to_ascii_uppercase()
}

fn fi_business_id(value: &[u8]) -> bool {
    among_letters::<8>(value).is_some_and(|d| {
        let remainder = weighted(&d[..7], &[7, 9, 10, 5, 8, 4, 2]) % 11;
        remainder != 1 && d[7] == (11 - remainder) % 11 && !uniform(&d)
    })
}

fn is_kennitala(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let check = (11 - weighted(&d[..8], &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        // Forty is added to the day of a company.
        is_short_date(pair(&d, 4), pair(&d, 2), pair(&d, 0) % 40)
            && check == d[8]
            && matches!(d[9], 0 | 8 | 9)
    })
}

/// Estonia and Lithuania: a digit for sex and century, a date, two sets of weights.
fn baltic_code(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let first = weighted(&d[..10], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
        let check =
            if first < 10 { first } else { weighted(&d[..10], &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10 };
        let century = [1800, 1900, 2000, 2100][((d[0].max(1) - 1) / 2).min(3) as usize];
        (1..=8).contains(&d[0]) && is_date(century + pair(&d, 1), pair(&d, 3), pair(&d, 5)) && check == d[10]
    })
}

/// With a date until July 2017; since then 32 and nine digits without meaning.
fn lv_personas_kods(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let check = (1101 - weighted(&d[..10], &[1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11;
        pair(&d, 0) == 32 || is_short_date(pair(&d, 4), pair(&d, 2), pair(&d, 0)) && check == d[10]
    })
}

#[cfg(test)]
mod tests {
    use crate::validate::published_examples;

    #[test]
    fn published() {
        published_examples(&[
            ("se_personnummer", "880320-0016", "880320-0018"),
            ("se_orgnr", "212000-0142", "212000-0143"),
            ("no_fnr", "151086 95088", "151086 95077"),
            ("no_orgnr", "988 077 917", "988 077 918"),
            ("dk_cpr", "211062-5629", "511062-5629"),
            ("dk_cvr", "DK 13585628", "DK 13585627"),
            ("fi_hetu", "131052-308T", "131052-308U"),
            ("fi_business_id", "2077474-0", "2077474-1"),
            ("is_kennitala", "450401-3150", "450401-3160"),
            ("ee_isikukood", "36805280109", "36805280108"),
            ("lt_asmens_kodas", "33309240064", "33309240063"),
            ("lv_personas_kods", "161175-19997", "161175-19998"),
        ]);
    }
}

//! Numbers that are issued in Spain, Portugal, Italy, Greece, Romania, Bulgaria and what was Yugoslavia.

use crate::validate::checksum::{luhn, mod11_10};
use crate::validate::digits::{
    Compact, among_letters, exactly, is_date, is_short_date, number, pair, uniform, weighted,
};
use crate::validate::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check("es_nif", 23.0, es_nif),
    check("es_nie", 23.0, es_nie),
    check("es_cif", 10.0, es_cif),
    check("it_fiscal_code", 26.0, it_fiscal_code),
    check("it_vat", 10.0, |v| among_letters::<11>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("pt_nif", 11.0, pt_nif),
    check("ro_cnp", 60.0, ro_cnp),
    check("ro_cui", 11.0, ro_cui),
    check("bg_egn", 40.0, bg_egn),
    check("gr_afm", 11.0, gr_afm),
    check("gr_amka", 10.0, |v| exactly::<11>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("hr_oib", 10.0, |v| exactly::<11>(v).is_some_and(|d| mod11_10(&d) && !uniform(&d))),
    check("si_tax", 11.0, si_tax),
    check("jmbg", 60.0, jmbg),
];

const ES_LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn es_letter(number: u64, letter: u8) -> bool {
    ES_LETTERS[(number % 23) as usize] == letter
}

fn es_nif(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Some((letter, digits)) = compact.as_bytes().split_last() else { return false };
    (7..=8).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && es_letter(digits.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0')), *letter)
}

fn es_nie(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 9]>::try_from(compact.as_bytes()) else { return false };
    let lead = match text[0] {
        b'X' => 0,
        b'Y' => 1,
        b'Z' => 2,
        _ => return false,
    };
    exactly::<7>(&text[1..8]).is_some_and(|d| es_letter(lead * 10_000_000 + number(&d), text[8]))
}

/// A letter for the form of company, then Luhn over seven digits; the check is a digit or a letter.
fn es_cif(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 9]>::try_from(compact.as_bytes()) else { return false };
    let Some(d) = exactly::<7>(&text[1..8]) else { return false };
    let sum: u32 = d.iter().enumerate().map(|(i, d)| d * (2 - i as u32 % 2)).map(|p| p / 10 + p % 10).sum();
    let check = (10 - sum % 10) % 10;
    let (digit, letter) = (b'0' + check as u8, b"JABCDEFGHI"[check as usize]);
    match text[0] {
        b'P' | b'Q' | b'R' | b'S' | b'N' | b'W' => text[8] == letter,
        b'A' | b'B' | b'E' | b'H' => text[8] == digit,
        b'C' | b'D' | b'F' | b'G' | b'J' | b'U' | b'V' => text[8] == digit || text[8] == letter,
        _ => false,
    }
}

/// Decree of 23 December 1976: odd places by a table of their own.
fn it_fiscal_code(value: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 16]>::try_from(compact.as_bytes()) else { return false };
    let sum: u32 = text[..15]
        .iter()
        .enumerate()
        .map(|(i, b)| {
            let rank = if b.is_ascii_digit() { b - b'0' } else { b - b'A' };
            if i % 2 == 0 { ODD[usize::from(rank)] } else { u32::from(rank) }
        })
        .sum();
    text[15] == b'A' + (sum % 26) as u8 && b"ABCDEHLMPRST".contains(&text[8])
}

fn pt_nif(value: &[u8]) -> bool {
    among_letters::<9>(value).is_some_and(|d| {
        let remainder = weighted(&d[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        d[0] != 0 && d[8] == if remainder < 2 { 0 } else { 11 - remainder } && !uniform(&d)
    })
}

fn ro_cnp(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        let check = match weighted(&d[..12], &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 {
            10 => 1,
            remainder => remainder,
        };
        d[0] != 0 && is_short_date(pair(&d, 1), pair(&d, 3), pair(&d, 5)) && check == d[12]
    })
}

fn ro_cui(value: &[u8]) -> bool {
    let compact = Compact::digits(value);
    let Some((check, body)) = compact.as_bytes().split_last() else { return false };
    if body.is_empty() || body.len() > 9 {
        return false;
    }
    let sum: u32 =
        body.iter().rev().zip([2, 3, 5, 7, 1, 2, 3, 5, 7]).map(|(b, w)| u32::from(b - b'0') * w).sum();
    sum * 10 % 11 % 10 == u32::from(check - b'0')
}

/// The century is in the month.
fn bg_egn(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let (century, month) = match pair(&d, 2) {
            month @ 1..=12 => (1900, month),
            month @ 21..=32 => (1800, month - 20),
            month @ 41..=52 => (2000, month - 40),
            _ => return false,
        };
        is_date(century + pair(&d, 0), month, pair(&d, 4))
            && weighted(&d[..9], &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == d[9]
    })
}

fn gr_afm(value: &[u8]) -> bool {
    among_letters::<9>(value).is_some_and(|d| {
        weighted(&d[..8], &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == d[8] && !uniform(&d)
    })
}

fn si_tax(value: &[u8]) -> bool {
    among_letters::<8>(value).is_some_and(|d| {
        let check = 11 - weighted(&d[..7], &[8, 7, 6, 5, 4, 3, 2]) % 11;
        d[0] != 0 && check != 11 && check % 10 == d[7]
    })
}

/// The number of all citizens of what was Yugoslavia; in Slovenia EMŠO.
fn jmbg(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        let year = number(&d[4..7]) as u32;
        let year = if year >= 800 { 1000 + year } else { 2000 + year };
        let sum = weighted(&d[..12], &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
        let check = match 11 - sum % 11 {
            10 | 11 => 0,
            check => check,
        };
        is_date(year, pair(&d, 2), pair(&d, 0)) && check == d[12]
    })
}

#[cfg(test)]
mod tests {
    use crate::validate::published_examples;

    #[test]
    fn published() {
        published_examples(&[
            ("es_nif", "54362315-K", "54362315-Z"),
            ("es_nie", "X-2482300W", "X-2482300A"),
            ("es_cif", "J99216582", "J99216583"),
            ("it_fiscal_code", "RCCMNL83S18D969H", "RCCMNL83S18D969K"),
            ("it_vat", "IT 00743110157", "IT 00743110158"),
            ("pt_nif", "PT 501 964 843", "PT 501 964 842"),
            ("ro_cnp", "1630615123457", "1630615123458"),
            ("ro_cui", "185 472 90", "185 472 91"),
            ("bg_egn", "752316 926 3", "752316 926 4"),
            ("gr_afm", "023456780", "123456781"),
            ("gr_amka", "01013099997", "01013099998"),
            ("hr_oib", "33392005961", "33392005962"),
            ("si_tax", "15012557", "15012558"),
            ("jmbg", "0101006500006", "0101006500007"),
        ]);
    }
}

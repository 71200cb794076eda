//! Numbers that the states of the Americas issue.

use super::checksum::luhn;
use super::digits::{Compact, among_letters, exactly, is_short_date, number, pair, uniform, weighted};
use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check("us_ssn", 1.2, us_ssn),
    check("us_itin", 2.0, us_itin),
    check("us_ein", 1.2, us_ein),
    check("us_npi", 10.0, us_npi),
    check("us_dea", 10.0, us_dea),
    check("us_mbi", 30.0, us_mbi),
    check("ca_sin", 10.0, |v| {
        exactly::<9>(v).is_some_and(|d| d[0] != 0 && d[0] != 8 && luhn(&d) && !uniform(&d))
    }),
    check("br_cpf", 100.0, br_cpf),
    check("br_cnpj", 100.0, br_cnpj),
    check("ar_cuit", 11.0, ar_cuit),
    check("cl_rut", 11.0, cl_rut),
    check("co_nit", 11.0, co_nit),
    check("ec_cedula", 10.0, ec_cedula),
    check("mx_curp", 20.0, mx_curp),
    check("mx_rfc", 10.0, mx_rfc),
    check("pe_ruc", 30.0, pe_ruc),
    check("uy_ci", 10.0, uy_ci),
    check("ve_rif", 11.0, ve_rif),
    check("do_cedula", 10.0, |v| exactly::<11>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("gt_nit", 11.0, gt_nit),
];

/// Social Security Administration: area not 000, 666 or from 900 on, group not 00, serial not 0000,
/// and none of the numbers that advertisements made useless.
fn us_ssn(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|d| {
        let (area, group, serial) = (number(&d[..3]), number(&d[3..5]), number(&d[5..]));
        !matches!(area, 0 | 666 | 900..)
            && group != 0
            && serial != 0
            && !uniform(&d)
            && number(&d) != 123_456_789
    })
}

/// Internal Revenue Service: 9xx, and a group from the ranges in use.
fn us_itin(value: &[u8]) -> bool {
    exactly::<9>(value)
        .is_some_and(|d| d[0] == 9 && matches!(pair(&d, 3), 50..=65 | 70..=88 | 90..=92 | 94..=99))
}

/// Internal Revenue Service: prefixes of the campuses that issue.
fn us_ein(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|d| {
        !matches!(pair(&d, 0), 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97)
            && !uniform(&d[2..])
    })
}

/// Centers for Medicare and Medicaid Services: Luhn behind the prefix 80840.
fn us_npi(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let mut full = [8, 0, 8, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        full[5..].copy_from_slice(&d);
        luhn(&full)
    })
}

/// Drug Enforcement Administration: odd places plus twice the even ones end in the last digit.
fn us_dea(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let text = compact.as_bytes();
    let Some(d) = text.get(2..).and_then(exactly::<7>) else { return false };
    let sum = d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5]);
    text[0].is_ascii_alphabetic() && sum % 10 == d[6] && !uniform(&d)
}

/// Medicare: which places are letters, without S, L, O, I, B and Z, and which are digits.
fn us_mbi(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let text = compact.as_bytes();
    let letter = |b: u8| b.is_ascii_uppercase() && !b"SLOIBZ".contains(&b);
    text.len() == 11
        && text.iter().zip("CAXNAXNAANN".bytes()).all(|(&byte, kind)| match kind {
            b'C' => matches!(byte, b'1'..=b'9'),
            b'N' => byte.is_ascii_digit(),
            b'A' => letter(byte),
            _ => byte.is_ascii_digit() || letter(byte),
        })
}

/// Eleven, less the weighted sum modulo eleven; ten and eleven count as zero.
fn check_11(digits: &[u32], weights: &[u32]) -> u32 {
    match weighted(digits, weights) % 11 {
        0 | 1 => 0,
        remainder => 11 - remainder,
    }
}

/// Receita Federal.
fn br_cpf(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        !uniform(&d)
            && check_11(&d[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) == d[9]
            && check_11(&d[..10], &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == d[10]
    })
}

/// Receita Federal.
fn br_cnpj(value: &[u8]) -> bool {
    exactly::<14>(value).is_some_and(|d| {
        !uniform(&d)
            && check_11(&d[..12], &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == d[12]
            && check_11(&d[..13], &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == d[13]
    })
}

/// AFIP.
fn ar_cuit(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let check = (11 - weighted(&d[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        matches!(pair(&d, 0), 20 | 23 | 24 | 25 | 26 | 27 | 30 | 33 | 34) && check == d[10]
    })
}

/// Registro Civil: weights 2 to 7 from the right, check character 0 to 9 or K.
fn cl_rut(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Some((check, body)) = compact.as_bytes().split_last() else { return false };
    if !(7..=8).contains(&body.len()) || !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 =
        body.iter().rev().zip([2, 3, 4, 5, 6, 7].iter().cycle()).map(|(b, w)| u32::from(b - b'0') * w).sum();
    *check == b"0K987654321"[(sum % 11) as usize]
}

/// DIAN.
fn co_nit(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let remainder = weighted(&d[..9], &[41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
        d[9] == if remainder < 2 { remainder } else { 11 - remainder }
    })
}

/// Registro Civil: province 1 to 24 or 30, third digit below 6, then Luhn.
fn ec_cedula(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| matches!(pair(&d, 0), 1..=24 | 30) && d[2] < 6 && luhn(&d))
}

/// RENAPO: a date, a sex, a state, and a weighted sum over its own alphabet.
fn mx_curp(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 18]>::try_from(compact.as_bytes()) else { return false };
    let Some(d) = exactly::<6>(&text[4..10]) else { return false };
    let sum: u32 = text[..17]
        .iter()
        .enumerate()
        .map(|(i, byte)| {
            let rank = match byte {
                b'0'..=b'9' => byte - b'0',
                // Ñ, which is not used, has a place between N and O.
                b'A'..=b'N' => byte - b'A' + 10,
                _ => byte - b'A' + 11,
            };
            u32::from(rank) * (18 - i as u32)
        })
        .sum();
    is_short_date(pair(&d, 0), pair(&d, 2), pair(&d, 4))
        && u32::from(text[17].wrapping_sub(b'0')) == (10 - sum % 10) % 10
}

/// SAT: letters, a date, three more.
fn mx_rfc(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let text = compact.as_bytes();
    let letters = text.len().saturating_sub(9);
    (3..=4).contains(&letters)
        && exactly::<6>(&text[letters..letters + 6])
            .is_some_and(|d| is_short_date(pair(&d, 0), pair(&d, 2), pair(&d, 4)))
}

/// SUNAT.
fn pe_ruc(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let check = (11 - weighted(&d[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 10;
        matches!(pair(&d, 0), 10 | 15 | 16 | 17 | 20) && check == d[10]
    })
}

/// DNIC: weights 2, 9, 8, 7, 6, 3, 4.
fn uy_ci(value: &[u8]) -> bool {
    exactly::<8>(value)
        .is_some_and(|d| (10 - weighted(&d[..7], &[2, 9, 8, 7, 6, 3, 4]) % 10) % 10 == d[7] && !uniform(&d))
}

/// SENIAT: the letter counts four times its rank.
fn ve_rif(value: &[u8]) -> bool {
    let Some(d) = among_letters::<9>(value) else { return false };
    let letter = match Compact::new(value).as_bytes().first() {
        Some(b'V') => 1,
        Some(b'E') => 2,
        Some(b'J') => 3,
        Some(b'P') => 4,
        Some(b'G') => 5,
        _ => return false,
    };
    let check = match (letter * 4 + weighted(&d[..8], &[3, 2, 7, 6, 5, 4, 3, 2])) % 11 {
        0 | 1 => 0,
        remainder => 11 - remainder,
    };
    check == d[8]
}

/// SAT: weights from the right, beginning with 2; check character 0 to 9 or K.
fn gt_nit(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Some((check, body)) = compact.as_bytes().split_last() else { return false };
    if !(5..=11).contains(&body.len()) || !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = body.iter().rev().zip(2..).map(|(b, w)| u32::from(b - b'0') * w).sum();
    *check == b"0K987654321"[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use crate::validate::published_examples;

    #[test]
    fn published() {
        published_examples(&[
            ("us_ssn", "536-22-8726", "666-22-8726"),
            ("us_itin", "911-70-1234", "911-30-1234"),
            ("us_npi", "1234567893", "1234567894"),
            ("us_dea", "AB1234563", "AB1234564"),
            ("us_mbi", "1EG4-TE5-MK73", "1EG4-LE5-MK73"),
            ("ca_sin", "130 692 544", "130 692 545"),
            ("br_cpf", "111.444.777-35", "111.444.777-36"),
            ("br_cnpj", "11.222.333/0001-81", "11.222.333/0001-82"),
            ("ar_cuit", "20-05536168-2", "20-05536168-3"),
            ("cl_rut", "12.531.909-2", "12.531.909-3"),
            ("co_nit", "213123432-1", "213123432-2"),
            ("ec_cedula", "171430710-3", "171430710-4"),
            ("mx_curp", "BOXW310820HNERXN09", "BOXW310820HNERXN08"),
            ("mx_rfc", "GODE561231GR8", "GODE561331GR8"),
            ("pe_ruc", "20512333797", "20512333798"),
            ("ve_rif", "V-11470283-4", "V-11470283-3"),
            ("do_cedula", "00113918205", "00113918204"),
            ("gt_nit", "576937-K", "576937-8"),
        ]);
    }
}

//! Numbers that are issued in Britain, Ireland, France, Belgium and the Netherlands.

use crate::validate::checksum::luhn;
use crate::validate::digits::{
    Compact, among_letters, exactly, is_short_date, number, pair, uniform, weighted,
};
use crate::validate::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check("uk_nhs", 11.0, uk_nhs),
    check("uk_nino", 2.0, uk_nino),
    check("uk_utr", 11.0, uk_utr),
    check("uk_vat", 40.0, uk_vat),
    check("uk_driving_licence", 40.0, uk_driving_licence),
    check("fr_nir", 97.0, fr_nir),
    check("fr_nif", 100.0, fr_nif),
    check("fr_siren", 10.0, |v| exactly::<9>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("fr_siret", 10.0, |v| exactly::<14>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("nl_bsn", 11.0, nl_bsn),
    check("be_nrn", 97.0, be_nrn),
    check("be_vat", 97.0, |v| {
        among_letters::<10>(v).is_some_and(|d| d[0] <= 1 && 97 - number(&d[..8]) % 97 == number(&d[8..]))
    }),
    check("ie_pps", 23.0, ie_pps),
];

fn uk_nhs(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let check = (11 - weighted(&d[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        check == d[9] && !uniform(&d)
    })
}

/// HM Revenue and Customs: which letters and pairs are not used.
fn uk_nino(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 9]>::try_from(compact.as_bytes()) else { return false };
    let prefix = &text[..2];
    prefix.iter().all(|b| b.is_ascii_uppercase() && !b"DFIQUV".contains(b))
        && prefix[1] != b'O'
        && ![b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].iter().any(|p| p.as_slice() == prefix)
        && exactly::<6>(&text[2..8]).is_some()
        && matches!(text[8], b'A'..=b'D')
}

///
/// A trailing `K` and the three digits of a tax office before it do not take part.
fn uk_utr(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let value = value.strip_suffix(b"K").or_else(|| value.strip_suffix(b"k")).unwrap_or(value);
    let office = exactly::<13>(value).map(|d| std::array::from_fn(|i| d[i + 3]));
    exactly::<10>(value).or(office).is_some_and(|d: [_; 10]| {
        let remainder = weighted(&d[1..], &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
        b"21987654321"[remainder as usize] == b'0' + d[0] as u8 && !uniform(&d)
    })
}

/// Modulo 97, or the same with 55 added.
fn uk_vat(value: &[u8]) -> bool {
    among_letters::<9>(value).is_some_and(|d| {
        let sum = weighted(&d[..7], &[8, 7, 6, 5, 4, 3, 2]) + pair(&d, 7);
        !uniform(&d) && (sum.is_multiple_of(97) || (sum + 55).is_multiple_of(97))
    })
}

/// DVLA: five places of surname, then decade, month (fifty more for women), day and year.
fn uk_driving_licence(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 16]>::try_from(compact.as_bytes()) else { return false };
    let Some(d) = exactly::<6>(&text[5..11]) else { return false };
    let month = pair(&d, 1) % 50;
    let padded = text[..5].iter().skip_while(|b| b.is_ascii_uppercase()).all(|b| *b == b'9');
    padded
        && text[0].is_ascii_uppercase()
        && pair(&d, 1) <= 62
        && is_short_date(d[0] * 10 + d[5], month, pair(&d, 3))
}

/// INSEE: Corsica's departments count as 19 and 18.
fn fr_nir(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(mut text) = <[u8; 15]>::try_from(compact.as_bytes()) else { return false };
    match &text[5..7] {
        b"2A" => text[5..7].copy_from_slice(b"19"),
        b"2B" => text[5..7].copy_from_slice(b"18"),
        _ => {}
    }
    exactly::<15>(&text).is_some_and(|d| {
        let month = pair(&d, 3);
        matches!(d[0], 1..=4 | 7 | 8)
            && matches!(month, 1..=12 | 20..=42 | 50..)
            && 97 - number(&d[..13]) % 97 == number(&d[13..])
    })
}

/// Numéro fiscal: modulo 511.
fn fr_nif(value: &[u8]) -> bool {
    among_letters::<13>(value).is_some_and(|d| d[0] <= 3 && number(&d[..10]) % 511 == number(&d[10..]))
}

/// Elfproef: the last digit counts negatively.
fn nl_bsn(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|d| {
        let sum = weighted(&d[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) + 11 - d[8];
        !uniform(&d) && sum.is_multiple_of(11)
    })
}

/// Rijksregister: 97 less the remainder, with a 2 before the number from the year 2000 on.
fn be_nrn(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let (body, check) = (number(&d[..9]), number(&d[9..]));
        let month = pair(&d, 2) % 20;
        let date = month <= 12 && pair(&d, 4) <= 31;
        date && (97 - body % 97 == check || 97 - (2_000_000_000 + body) % 97 == check)
    })
}

fn ie_pps(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let text = compact.as_bytes();
    let Some(d) = text.get(..7).and_then(exactly::<7>) else { return false };
    let (check, second) = match &text[7..] {
        [check] => (*check, 0),
        [check, b'W' | b'T' | b'X', ..] if text.len() == 9 => (*check, 0),
        [check, second @ b'A'..=b'I'] => (*check, u32::from(second - b'A') + 1),
        _ => return false,
    };
    let sum = weighted(&d, &[8, 7, 6, 5, 4, 3, 2]) + 9 * second;
    b"WABCDEFGHIJKLMNOPQRSTUV"[(sum % 23) as usize] == check
}

#[cfg(test)]
mod tests {
    use crate::validate::published_examples;

    #[test]
    fn published() {
        published_examples(&[
            ("uk_nhs", "943 476 5919", "943 476 5918"),
            ("uk_nino", "AB 12 34 56 C", "GB 12 34 56 C"),
            ("uk_utr", "1955839661", "2955839661"),
            ("uk_vat", "GB 980 7806 84", "GB 980 7806 85"),
            ("uk_driving_licence", "MORGA657054SM9IJ", "MORGA613054SM9IJ"),
            ("fr_nir", "2 95 10 99 126 111 93", "2 95 10 99 126 111 94"),
            ("fr_nif", "30 23 217 600 053", "30 23 217 600 054"),
            ("fr_siren", "552 008 443", "552 008 444"),
            ("fr_siret", "73282932000074", "73282932000075"),
            ("nl_bsn", "111222333", "111222334"),
            ("be_nrn", "85.07.30-033 28", "85.07.30-033 29"),
            ("be_vat", "BE 0428759497", "BE 0428759498"),
            ("ie_pps", "1234567T", "1234567A"),
        ]);
    }
}

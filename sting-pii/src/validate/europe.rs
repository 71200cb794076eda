//! Numbers that the states of Europe issue.

use super::checksum::{luhn, mod11_10};
use super::digits::{
    Compact, among_letters, exactly, is_date, is_short_date, number, pair, uniform, weighted,
};
use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check("uk_nhs", 11.0, uk_nhs),
    check("uk_nino", 2.0, uk_nino),
    check("uk_utr", 11.0, uk_utr),
    check("uk_vat", 40.0, uk_vat),
    check("uk_driving_licence", 40.0, uk_driving_licence),
    check("de_tax_id", 20.0, de_tax_id),
    check("de_social_security", 40.0, de_social_security),
    check("de_document", 10.0, de_document),
    check("de_health_insurance", 10.0, de_health_insurance),
    check("de_vat", 10.0, |v| among_letters::<9>(v).is_some_and(|d| d[0] != 0 && mod11_10(&d))),
    check("de_lanr", 10.0, de_lanr),
    check("fr_nir", 97.0, fr_nir),
    check("fr_nif", 100.0, fr_nif),
    check("fr_siren", 10.0, |v| exactly::<9>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("fr_siret", 10.0, |v| exactly::<14>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("es_nif", 23.0, es_nif),
    check("es_nie", 23.0, es_nie),
    check("es_cif", 10.0, es_cif),
    check("it_fiscal_code", 26.0, it_fiscal_code),
    check("it_vat", 10.0, |v| among_letters::<11>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("pt_nif", 11.0, pt_nif),
    check("nl_bsn", 11.0, nl_bsn),
    check("be_nrn", 97.0, be_nrn),
    check("be_vat", 97.0, |v| {
        among_letters::<10>(v).is_some_and(|d| d[0] <= 1 && 97 - number(&d[..8]) % 97 == number(&d[8..]))
    }),
    check("at_svnr", 11.0, at_svnr),
    check("at_vat", 10.0, at_vat),
    check("ch_ahv", 10.0, |v| {
        exactly::<13>(v).is_some_and(|d| d[..3] == [7, 5, 6] && super::checksum::ean13(&d))
    }),
    check("ch_uid", 11.0, ch_uid),
    check("pl_pesel", 40.0, pl_pesel),
    check("pl_nip", 11.0, pl_nip),
    check("pl_regon", 11.0, pl_regon),
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
    check("ie_pps", 23.0, ie_pps),
    check("cz_birth_number", 60.0, cz_birth_number),
    check("hu_tax_id", 11.0, hu_tax_id),
    check("hu_taj", 10.0, hu_taj),
    check("ro_cnp", 60.0, ro_cnp),
    check("ro_cui", 11.0, ro_cui),
    check("bg_egn", 40.0, bg_egn),
    check("gr_afm", 11.0, gr_afm),
    check("gr_amka", 10.0, |v| exactly::<11>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("cz_tax_id", 10.0, |v| cz_birth_number(v) || cz_company(v)),
    check("de_document_number", 1.5, |v| {
        let length = Compact::new(v).as_bytes().len();
        length == 9 || de_document(v)
    }),
    check("hr_oib", 10.0, |v| exactly::<11>(v).is_some_and(|d| mod11_10(&d) && !uniform(&d))),
    check("si_tax", 11.0, si_tax),
    check("jmbg", 60.0, jmbg),
    check("ee_isikukood", 60.0, baltic_code),
    check("lt_asmens_kodas", 60.0, baltic_code),
    check("lv_personas_kods", 20.0, lv_personas_kods),
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
    use crate::validate::validate;

    #[test]
    fn published_examples() {
        for (name, good, bad) in [
            ("uk_nhs", "943 476 5919", "943 476 5918"),
            ("uk_nino", "AB 12 34 56 C", "GB 12 34 56 C"),
            ("uk_utr", "1955839661", "2955839661"),
            ("uk_vat", "GB 980 7806 84", "GB 980 7806 85"),
            ("uk_driving_licence", "MORGA657054SM9IJ", "MORGA613054SM9IJ"),
            ("de_tax_id", "36 574 261 809", "36 574 261 890"),
            ("de_social_security", "15 070649 C103", "15 070649 C104"),
            ("de_document", "C01X00T478", "C01X00T479"),
            ("de_health_insurance", "A123456780", "A123456781"),
            ("de_vat", "DE 136,695 976", "DE 136,695 978"),
            ("fr_nir", "2 95 10 99 126 111 93", "2 95 10 99 126 111 94"),
            ("fr_nif", "30 23 217 600 053", "30 23 217 600 054"),
            ("fr_siren", "552 008 443", "552 008 444"),
            ("fr_siret", "73282932000074", "73282932000075"),
            ("es_nif", "54362315-K", "54362315-Z"),
            ("es_nie", "X-2482300W", "X-2482300A"),
            ("es_cif", "J99216582", "J99216583"),
            ("it_fiscal_code", "RCCMNL83S18D969H", "RCCMNL83S18D969K"),
            ("it_vat", "IT 00743110157", "IT 00743110158"),
            ("pt_nif", "PT 501 964 843", "PT 501 964 842"),
            ("nl_bsn", "111222333", "111222334"),
            ("be_nrn", "85.07.30-033 28", "85.07.30-033 29"),
            ("be_vat", "BE 0428759497", "BE 0428759498"),
            ("at_svnr", "1237 010180", "1238 010180"),
            ("at_vat", "ATU 13585627", "ATU 13585626"),
            ("ch_ahv", "756.9217.0769.85", "756.9217.0769.84"),
            ("ch_uid", "CHE-100.155.212", "CHE-100.155.213"),
            ("pl_pesel", "44051401359", "44051401358"),
            ("pl_nip", "PL 8567346215", "PL 8567346216"),
            ("pl_regon", "192598184", "192598183"),
            ("se_personnummer", "880320-0016", "880320-0018"),
            ("se_orgnr", "212000-0142", "212000-0143"),
            ("no_fnr", "151086 95088", "151086 95077"),
            ("no_orgnr", "988 077 917", "988 077 918"),
            ("dk_cpr", "211062-5629", "511062-5629"),
            ("dk_cvr", "DK 13585628", "DK 13585627"),
            ("fi_hetu", "131052-308T", "131052-308U"),
            ("fi_business_id", "2077474-0", "2077474-1"),
            ("is_kennitala", "450401-3150", "450401-3160"),
            ("ie_pps", "1234567T", "1234567A"),
            ("cz_birth_number", "710319/2745", "710319/2746"),
            ("cz_tax_id", "CZ 25123891", "CZ 25123890"),
            ("hu_tax_id", "8071592153", "8071592154"),
            ("ro_cnp", "1630615123457", "1630615123458"),
            ("ro_cui", "185 472 90", "185 472 91"),
            ("bg_egn", "752316 926 3", "752316 926 4"),
            ("gr_afm", "023456780", "123456781"),
            ("gr_amka", "01013099997", "01013099998"),
            ("hr_oib", "33392005961", "33392005962"),
            ("si_tax", "15012557", "15012558"),
            ("jmbg", "0101006500006", "0101006500007"),
            ("ee_isikukood", "36805280109", "36805280108"),
            ("lt_asmens_kodas", "33309240064", "33309240063"),
            ("lv_personas_kods", "161175-19997", "161175-19998"),
        ] {
            assert_eq!(validate(name, good), Some(true), "{name} {good}");
            assert_eq!(validate(name, bad), Some(false), "{name} {bad}");
        }
    }
}

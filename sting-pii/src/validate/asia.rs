//! Numbers that the states of Asia, Africa and Oceania issue.

use super::checksum::{luhn, mod11_2, verhoeff};
use super::digits::{Compact, exactly, is_date, is_short_date, number, pair, uniform, weighted};
use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check("au_tfn", 11.0, au_tfn),
    check("au_abn", 89.0, au_abn),
    check("au_acn", 10.0, au_acn),
    check("au_medicare", 10.0, au_medicare),
    check("nz_ird", 11.0, nz_ird),
    check("nz_nhi", 11.0, nz_nhi),
    check("cn_id", 200.0, cn_id),
    check("cn_uscc", 31.0, cn_uscc),
    check("hk_hkid", 11.0, hk_hkid),
    check("tw_id", 10.0, tw_id),
    check("jp_my_number", 11.0, jp_my_number),
    check("jp_corporate", 9.0, jp_corporate),
    check("kr_rrn", 20.0, |v| kr_resident(v, 1..=4)),
    check("kr_frn", 20.0, |v| kr_resident(v, 5..=8)),
    check("kr_brn", 10.0, kr_brn),
    check("sg_nric", 26.0, sg_nric),
    check("sg_uen", 10.0, sg_uen),
    check("th_tnin", 11.0, th_tnin),
    check("my_nric", 20.0, my_nric),
    check("id_nik", 20.0, id_nik),
    check("in_aadhaar", 10.0, in_aadhaar),
    check("in_gstin", 36.0, in_gstin),
    check("in_gstin_shape", 1.2, |v| in_gstin_state(Compact::new(v).as_bytes())),
    check("in_pan", 4.0, in_pan),
    check("il_id", 10.0, |v| exactly::<9>(v).is_some_and(|d| luhn(&d) && !uniform(&d))),
    check("tr_id", 100.0, tr_id),
    check("tr_vkn", 10.0, tr_vkn),
    check("za_id", 60.0, za_id),
    check("ng_nin", 10.0, |v| exactly::<11>(v).is_some_and(|d| verhoeff(&d) && !uniform(&d))),
    check("ae_id", 10.0, |v| exactly::<15>(v).is_some_and(|d| d[..3] == [7, 8, 4] && luhn(&d))),
    check("sa_id", 10.0, |v| exactly::<10>(v).is_some_and(|d| matches!(d[0], 1 | 2) && luhn(&d))),
    check("eg_id", 30.0, eg_id),
    check("ir_id", 11.0, ir_id),
    check("kz_iin", 40.0, kz_iin),
    check("ru_inn", 20.0, ru_inn),
    check("ru_snils", 100.0, ru_snils),
    check("ua_rnokpp", 10.0, ua_rnokpp),
];

fn au_tfn(value: &[u8]) -> bool {
    let full = exactly::<9>(value)
        .is_some_and(|d| weighted(&d, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11) && !uniform(&d));
    full || exactly::<8>(value)
        .is_some_and(|d| weighted(&d, &[10, 7, 8, 4, 6, 3, 5, 1]).is_multiple_of(11) && !uniform(&d))
}

/// Australian Business Register: one less in the first place, modulo 89.
fn au_abn(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|mut d| {
        if d[0] == 0 {
            return false;
        }
        d[0] -= 1;
        weighted(&d, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]).is_multiple_of(89)
    })
}

fn au_acn(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|d| {
        (10 - weighted(&d[..8], &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == d[8] && !uniform(&d)
    })
}

/// Ten digits and an issue number, perhaps with the place on the card.
fn au_medicare(value: &[u8]) -> bool {
    let fits = |d: &[u32]| matches!(d[0], 2..=6) && weighted(&d[..8], &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == d[8];
    exactly::<10>(value).is_some_and(|d| fits(&d)) || exactly::<11>(value).is_some_and(|d| fits(&d))
}

/// Inland Revenue: two sets of weights.
fn nz_ird(value: &[u8]) -> bool {
    let d = match (exactly::<9>(value), exactly::<8>(value)) {
        (Some(d), _) => d,
        (_, Some(e)) => [0, e[0], e[1], e[2], e[3], e[4], e[5], e[6], e[7]],
        _ => return false,
    };
    if !(10_000_000..=150_000_000).contains(&number(&d)) {
        return false;
    }
    let check = |weights| (11 - weighted(&d[..8], weights) % 11) % 11;
    let first = check(&[3, 2, 7, 6, 5, 4, 3, 2]);
    let last = if first == 10 { check(&[7, 4, 3, 2, 5, 2, 7, 6]) } else { first };
    last == d[8]
}

/// Ministry of Health, HISO 10046: the old form, modulo 11, and the one from 2022, modulo 23.
fn nz_nhi(value: &[u8]) -> bool {
    const ALPHABET: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 7]>::try_from(compact.as_bytes()) else { return false };
    let mut sum = 0;
    for (i, byte) in text[..6].iter().enumerate() {
        let rank = ALPHABET.iter().position(|letter| letter == byte).map(|rank| rank as u32 + 1);
        let Some(value) = rank.or_else(|| (*byte as char).to_digit(10)) else { return false };
        sum += value * (7 - i as u32);
    }
    match text[6] {
        check @ b'0'..=b'9' => sum % 11 != 0 && (11 - sum % 11) % 10 == u32::from(check - b'0'),
        check => ALPHABET[(22 - sum % 23) as usize] == check,
    }
}

/// GB 11643: a date, then ISO 7064 MOD 11-2.
fn cn_id(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 18]>::try_from(compact.as_bytes()) else { return false };
    exactly::<8>(&text[6..14]).is_some_and(|d| {
        let year = number(&d[..4]) as u32;
        (1850..=2100).contains(&year) && is_date(year, pair(&d, 4), pair(&d, 6))
    }) && mod11_2(&text)
}

/// GB 32100: powers of three, modulo 31.
fn cn_uscc(value: &[u8]) -> bool {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 18]>::try_from(compact.as_bytes()) else { return false };
    let (mut sum, mut weight) = (0, 1);
    for byte in &text[..17] {
        let Some(rank) = ALPHABET.iter().position(|symbol| symbol == byte) else { return false };
        sum += rank * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET[(31 - sum % 31) % 31] == text[17]
}

/// Immigration Department: one or two letters, six digits, and a check character modulo 11.
fn hk_hkid(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let text = compact.as_bytes();
    let letters = text.len().saturating_sub(7);
    if !(1..=2).contains(&letters) || !text[..letters].iter().all(u8::is_ascii_uppercase) {
        return false;
    }
    let rank = |b: u8| if b.is_ascii_digit() { u32::from(b - b'0') } else { u32::from(b - b'A') + 10 };
    // A missing first letter counts as a space, 36.
    let mut sum = if letters == 1 { 36 * 9 } else { 0 };
    for (byte, weight) in text[..text.len() - 1].iter().rev().zip(2..) {
        sum += rank(*byte) * weight;
    }
    let check = (11 - sum % 11) % 11;
    text[text.len() - 1] == if check == 10 { b'A' } else { b'0' + check as u8 }
}

/// Ministry of the Interior: the letter as two digits.
fn tw_id(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 10]>::try_from(compact.as_bytes()) else { return false };
    let Some(place) = b"ABCDEFGHJKLMNPQRSTUVXYWZIO".iter().position(|letter| *letter == text[0]) else {
        return false;
    };
    let Some(d) = exactly::<9>(&text[1..]) else { return false };
    let letter = place as u32 + 10;
    let sum = letter / 10 + letter % 10 * 9 + weighted(&d, &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
    matches!(d[0], 1 | 2 | 8 | 9) && sum.is_multiple_of(10)
}

/// Ordinance 85 of 2014.
fn jp_my_number(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|d| {
        let remainder = weighted(&d[..11], &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        d[11] == if remainder <= 1 { 0 } else { 11 - remainder } && !uniform(&d)
    })
}

/// National Tax Agency: the check digit comes first.
fn jp_corporate(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        d[0] == 9 - weighted(&d[1..], &[2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]) % 9 && d[0] != 0 && !uniform(&d)
    })
}

/// A date, a digit for sex and century, and a region. The check digit is not asked for: numbers
/// issued from October 2020 on have none.
fn kr_resident(value: &[u8], sex: std::ops::RangeInclusive<u32>) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        let century = if matches!(d[6], 1 | 2 | 5 | 6) { 1900 } else { 2000 };
        sex.contains(&d[6]) && is_date(century + pair(&d, 0), pair(&d, 2), pair(&d, 4)) && pair(&d, 7) <= 96
    })
}

/// National Tax Service.
fn kr_brn(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let sum = weighted(&d[..9], &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + d[8] * 5 / 10;
        (10 - sum % 10) % 10 == d[9] && !uniform(&d)
    })
}

/// Immigration and Checkpoints Authority.
fn sg_nric(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 9]>::try_from(compact.as_bytes()) else { return false };
    let Some(d) = exactly::<7>(&text[1..8]) else { return false };
    let sum = weighted(&d, &[2, 7, 6, 5, 4, 3, 2]);
    let (alphabet, offset) = match text[0] {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        b'M' => (b"XWUTRQPNJLK", 3),
        _ => return false,
    };
    let place = (sum + offset) % 11;
    // Series M counts from the other end.
    let place = if text[0] == b'M' { 10 - place } else { place };
    let alphabet = if text[0] == b'M' { b"KLJNPQRTUWX" } else { alphabet };
    alphabet[place as usize] == text[8]
}

/// ACRA: three forms, each with its own weights and alphabet.
fn sg_uen(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let text = compact.as_bytes();
    let digit = |b: &u8| (*b as char).to_digit(10);
    match text.len() {
        9 => {
            let Some(d) = exactly::<8>(&text[..8]) else { return false };
            b"XMKECAWLJDB"[(weighted(&d, &[10, 4, 9, 3, 8, 2, 7, 1]) % 11) as usize] == text[8]
        }
        10 if text[0].is_ascii_digit() => {
            let Some(d) = exactly::<9>(&text[..9]) else { return false };
            b"ZKCMDNERGWH"[(weighted(&d, &[10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11) as usize] == text[9]
        }
        10 => {
            const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWX0123456789";
            let ranks: Option<Vec<u32>> =
                text.iter().map(|b| ALPHABET.iter().position(|s| s == b).map(|rank| rank as u32)).collect();
            let Some(ranks) = ranks else { return false };
            let years = text[1..3].iter().all(|b| digit(b).is_some())
                && text[5..9].iter().all(|b| digit(b).is_some());
            let sum = weighted(&ranks[..9], &[4, 3, 5, 3, 10, 2, 2, 5, 7]);
            years && matches!(text[0], b'R' | b'S' | b'T') && ranks[9] == (sum + 11 - 5) % 11
        }
        _ => false,
    }
}

/// Department of Provincial Administration.
fn th_tnin(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        let sum = weighted(&d[..12], &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
        matches!(d[0], 1..=8) && (10..=96).contains(&pair(&d, 1)) && (11 - sum % 11) % 10 == d[12]
    })
}

/// A date and a place of birth.
fn my_nric(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|d| {
        is_short_date(pair(&d, 0), pair(&d, 2), pair(&d, 4))
            && !matches!(pair(&d, 6), 0 | 17..=20 | 69 | 70 | 73 | 80 | 81 | 94..=97)
    })
}

/// A district and a date, to whose day forty is added for women.
fn id_nik(value: &[u8]) -> bool {
    exactly::<16>(value).is_some_and(|d| {
        let day = pair(&d, 6) % 40;
        (11..=96).contains(&pair(&d, 0))
            && is_short_date(pair(&d, 10), pair(&d, 8), day)
            && number(&d[12..]) != 0
    })
}

/// UIDAI: Verhoeff; does not begin with 0 or 1, and is no palindrome.
fn in_aadhaar(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|d| {
        let palindrome = d.iter().eq(d.iter().rev());
        d[0] > 1 && !palindrome && verhoeff(&d)
    })
}

/// State codes, with 97 for other territory and 99 for the centre.
fn in_gstin_state(text: &[u8]) -> bool {
    text.get(..2).and_then(exactly::<2>).is_some_and(|d| matches!(pair(&d, 0), 1..=38 | 97 | 99))
}

/// A state, a PAN inside, and a check character modulo 36.
fn in_gstin(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    let Ok(text) = <[u8; 15]>::try_from(compact.as_bytes()) else { return false };
    let ranks = text.map(|b| (b as char).to_digit(36).unwrap_or(0));
    let sum: u32 = ranks[..14]
        .iter()
        .enumerate()
        .map(|(i, rank)| rank * (1 + i as u32 % 2))
        .map(|product| product / 36 + product % 36)
        .sum();
    in_gstin_state(&text) && text[13] == b'Z' && (36 - sum % 36) % 36 == ranks[14]
}

/// The fourth letter says who holds it.
fn in_pan(value: &[u8]) -> bool {
    let compact = Compact::new(value);
    compact.as_bytes().get(3).is_some_and(|b| b"ABCFGHJLPT".contains(b))
}

/// Directorate General of Civil Registration.
fn tr_id(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let odd: u32 = d[..9].iter().step_by(2).sum();
        let even: u32 = d[1..8].iter().step_by(2).sum();
        d[0] != 0 && (odd * 7 + 10 * even - even) % 10 == d[9] && d[..10].iter().sum::<u32>() % 10 == d[10]
    })
}

/// Revenue Administration.
fn tr_vkn(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let sum: u32 = d[..9]
            .iter()
            .enumerate()
            .map(|(i, digit)| {
                let shifted = (digit + 9 - i as u32) % 10;
                let product = shifted * (1 << (9 - i)) % 9;
                if shifted != 0 && product == 0 { 9 } else { product }
            })
            .sum();
        (10 - sum % 10) % 10 == d[9] && !uniform(&d)
    })
}

/// Department of Home Affairs: a date, a status of 0 to 2, and Luhn.
fn za_id(value: &[u8]) -> bool {
    exactly::<13>(value)
        .is_some_and(|d| is_short_date(pair(&d, 0), pair(&d, 2), pair(&d, 4)) && d[10] <= 2 && luhn(&d))
}

/// A century, a date and a governorate.
fn eg_id(value: &[u8]) -> bool {
    exactly::<14>(value).is_some_and(|d| {
        let century = match d[0] {
            2 => 1900,
            3 => 2000,
            _ => return false,
        };
        is_date(century + pair(&d, 1), pair(&d, 3), pair(&d, 5)) && matches!(pair(&d, 7), 1..=35 | 88)
    })
}

fn ir_id(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let remainder = weighted(&d[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        d[9] == if remainder < 2 { remainder } else { 11 - remainder } && !uniform(&d)
    })
}

/// A date, a digit for sex and century, and two sets of weights.
fn kz_iin(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|d| {
        let first = weighted(&d[..11], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) % 11;
        let check =
            if first == 10 { weighted(&d[..11], &[3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) % 11 } else { first };
        is_short_date(pair(&d, 0), pair(&d, 2), pair(&d, 4)) && matches!(d[6], 1..=6) && check == d[11]
    })
}

/// Federal Tax Service: ten digits for companies, twelve for people.
fn ru_inn(value: &[u8]) -> bool {
    let check = |d: &[u32], weights| weighted(d, weights) % 11 % 10;
    exactly::<10>(value)
        .is_some_and(|d| check(&d[..9], &[2, 4, 10, 3, 5, 9, 4, 6, 8]) == d[9] && !uniform(&d))
        || exactly::<12>(value).is_some_and(|d| {
            check(&d[..10], &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == d[10]
                && check(&d[..11], &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == d[11]
                && !uniform(&d)
        })
}

/// Pension Fund.
fn ru_snils(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let check = weighted(&d[..9], &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100;
        number(&d[..9]) > 1_001_998 && check == pair(&d, 9)
    })
}

/// State Tax Service.
fn ua_rnokpp(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let positive = weighted(&d[1..9], &[5, 7, 9, 4, 6, 10, 5, 7]) + 11 * 9;
        (positive - d[0]) % 11 % 10 == d[9] && !uniform(&d)
    })
}

#[cfg(test)]
mod tests {
    use crate::validate::{published_examples, validate};

    #[test]
    fn published() {
        published_examples(&[
            ("au_tfn", "123 456 782", "123 456 783"),
            ("au_abn", "51 824 753 556", "51 824 753 557"),
            ("au_acn", "004 085 616", "004 085 617"),
            ("au_medicare", "2123 45670 1", "2123 45680 1"),
            ("nz_ird", "49-091-850", "49-091-851"),
            ("nz_nhi", "ZAC5361", "ZAC5362"),
            ("nz_nhi", "ZBN77VL", "ZBN77VM"),
            ("cn_id", "11010519491231002X", "110105194912310021"),
            ("cn_uscc", "91110000600037341L", "91110000600037341M"),
            ("hk_hkid", "G123456(A)", "G123456(7)"),
            ("tw_id", "A123456789", "A123456788"),
            ("jp_my_number", "123456789018", "123456789019"),
            ("jp_corporate", "5835678256246", "5835678256247"),
            ("kr_rrn", "960121-1234567", "960231-1234567"),
            ("kr_brn", "116-82-00276", "116-82-00277"),
            ("sg_nric", "S1234567D", "S1234567E"),
            ("sg_nric", "F1234567N", "F1234567P"),
            ("sg_uen", "53125226D", "53125226E"),
            ("sg_uen", "T16RF0037C", "T16RF0037D"),
            ("th_tnin", "1234567890121", "1234567890122"),
            ("in_aadhaar", "234123412346", "234123412347"),
            ("in_gstin", "27AAPFU0939F1ZV", "27AAPFU0939F1ZW"),
            ("tr_id", "17291716060", "17291716061"),
            ("tr_vkn", "4540536920", "4540536921"),
            ("za_id", "7503305044089", "7503305044088"),
            ("il_id", "039337423", "039337424"),
            ("ir_id", "0499370899", "0499370898"),
            ("ru_inn", "7707083893", "7707083894"),
            ("ru_snils", "112-233-445 95", "112-233-445 96"),
            ("ua_rnokpp", "1759013776", "1759013777"),
        ]);
        assert_eq!(validate("kr_frn", "911124-5678901"), Some(true));
        assert_eq!(validate("eg_id", "29001011234567"), Some(true));
        assert_eq!(validate("my_nric", "770305-02-1234"), Some(true));
        assert_eq!(validate("id_nik", "3171011708450001"), Some(true));
    }
}

//! Accounts, cards, securities, wallets.

use super::checksum::{luhn, mod97};
use super::digits::{Compact, exactly, uniform, weighted};
use super::{Check, check};
use sha2::{Digest, Sha256};

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
    check("bitcoin", 1e6, bitcoin),
    check("ethereum", 2.0, ethereum),
    check("monero", 1e6, monero),
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

/// Base58Check (addresses that begin with 1 or 3) or Bech32 (BIP 173, BIP 350).
fn bitcoin(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    if value.len() > 3 && value[..3].eq_ignore_ascii_case(b"bc1") {
        bech32(value)
    } else {
        base58check(value)
    }
}

/// The number that base 58 writes, in `N` bytes, if it fits.
fn base58<const N: usize>(symbols: &[u8]) -> Option<[u8; N]> {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0_u8; N];
    for symbol in symbols {
        let mut carry = ALPHABET.iter().position(|s| s == symbol)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xFF) as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(bytes)
}

/// Blocks of eleven symbols hold eight bytes each, the last seven hold five; the last four bytes are
/// a checksum of the others.
fn monero(value: &[u8]) -> bool {
    let mut address = [0_u8; 69];
    if value.len() != 95 {
        return false;
    }
    for (symbols, bytes) in value.chunks(11).zip(address.chunks_mut(8)) {
        let block = match bytes.len() {
            8 => base58::<8>(symbols).map(Vec::from),
            _ => base58::<5>(symbols).map(Vec::from),
        };
        match block {
            Some(block) => bytes.copy_from_slice(&block),
            None => return false,
        }
    }
    keccak256(&address[..65])[..4] == address[65..]
}

fn base58check(value: &[u8]) -> bool {
    let Some(bytes) = base58::<25>(value) else { return false };
    let (payload, check) = bytes.split_at(21);
    (26..=35).contains(&value.len()) && Sha256::digest(Sha256::digest(payload))[..4] == *check
}

fn bech32(value: &[u8]) -> bool {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let mixed = value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    if mixed || value.len() < 14 || value.len() > 90 {
        return false;
    }
    let mut sum = 1_u32;
    let mut step = |digit: u32| {
        let top = sum >> 25;
        sum = (sum & 0x01FF_FFFF) << 5 ^ digit;
        for (i, generator) in
            [0x3B6A_57B2_u32, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3].iter().enumerate()
        {
            if top >> i & 1 == 1 {
                sum ^= generator;
            }
        }
    };
    // The human-readable part `bc`, spread out.
    [3, 3, 0, 2, 3].into_iter().for_each(&mut step);
    for symbol in &value[3..] {
        let Some(digit) = ALPHABET.iter().position(|s| *s == symbol.to_ascii_lowercase()) else {
            return false;
        };
        step(digit as u32);
    }
    matches!(sum, 1 | 0x2BC8_30A3)
}

/// Forty hexadecimal digits; those in mixed case carry the checksum of EIP-55.
fn ethereum(value: &[u8]) -> bool {
    let Some(address) =
        value.strip_prefix(b"0x").filter(|a| a.len() == 40 && a.iter().all(u8::is_ascii_hexdigit))
    else {
        return false;
    };
    let plain = !address.iter().any(u8::is_ascii_uppercase) || !address.iter().any(u8::is_ascii_lowercase);
    if plain {
        return true;
    }
    let hash = keccak256(&address.to_ascii_lowercase());
    address.iter().enumerate().all(|(i, b)| {
        let nibble = hash[i / 2] >> (4 * (1 - i % 2)) & 15;
        !b.is_ascii_alphabetic() || b.is_ascii_uppercase() == (nibble >= 8)
    })
}

/// Keccak with the padding that Ethereum uses, for messages of less than one block of 136 bytes.
fn keccak256(message: &[u8]) -> [u8; 32] {
    debug_assert!(message.len() < 136);
    let mut block = [0_u8; 136];
    block[..message.len()].copy_from_slice(message);
    block[message.len()] = 1;
    block[135] |= 0x80;
    let mut state = [0_u64; 25];
    for (lane, bytes) in state.iter_mut().zip(block.as_chunks::<8>().0) {
        *lane = u64::from_le_bytes(*bytes);
    }
    keccak_f(&mut state);
    let mut hash = [0; 32];
    for (bytes, lane) in hash.as_chunks_mut::<8>().0.iter_mut().zip(state) {
        *bytes = lane.to_le_bytes();
    }
    hash
}

/// FIPS 202, section 3.3.
fn keccak_f(a: &mut [u64; 25]) {
    const ROTATIONS: [u32; 24] =
        [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];
    const LANES: [usize; 24] =
        [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];
    let mut lfsr = 1_u8;
    for _ in 0..24 {
        let mut column = [0; 5];
        for (i, lane) in a.iter().enumerate() {
            column[i % 5] ^= lane;
        }
        for (i, lane) in a.iter_mut().enumerate() {
            *lane ^= column[(i + 4) % 5] ^ column[(i + 1) % 5].rotate_left(1);
        }
        let mut moved = a[1];
        for (lane, rotation) in LANES.into_iter().zip(ROTATIONS) {
            moved = std::mem::replace(&mut a[lane], moved.rotate_left(rotation));
        }
        for row in a.as_chunks_mut::<5>().0 {
            let old = *row;
            for i in 0..5 {
                row[i] = old[i] ^ !old[(i + 1) % 5] & old[(i + 2) % 5];
            }
        }
        for bit in 0..7 {
            if lfsr & 1 == 1 {
                a[0] ^= 1 << ((1 << bit) - 1);
            }
            lfsr = lfsr << 1 ^ if lfsr & 0x80 == 0 { 0 } else { 0x71 };
        }
    }
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
    use crate::validate::validate;

    #[test]
    fn published_examples() {
        for (name, good, bad) in [
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
        ] {
            assert_eq!(validate(name, good), Some(true), "{name} {good}");
            assert_eq!(validate(name, bad), Some(false), "{name} {bad}");
        }
    }
}
